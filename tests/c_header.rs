//! The header and the boundary say the same: every prototype, every number, the version.
//!
//! The header is written by hand, since it is the manual. Here it is compared with the sources of the
//! boundary; `tests/c/run` compares it with the library that they come to, and the unit tests of the
//! boundary compare the structs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const HEADER: &str = include_str!("../include/portcullis.h");

fn boundary() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ffi");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(PathBuf, String)> =
        files.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect();
    files.sort();
    files
}

/// Text without comments, its white space made single.
fn plain(text: &str) -> String {
    let mut rest = text;
    let mut code = String::new();
    while let Some((before, comment)) = rest.split_once("/*") {
        code += before;
        rest = comment.split_once("*/").unwrap().1;
    }
    code += rest;
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The prototypes of the header, by name.
fn declared() -> BTreeMap<String, String> {
    let mut continued = false;
    let mut code = String::new();
    for line in HEADER.lines() {
        let directive = continued || line.starts_with('#');
        continued = directive && line.ends_with('\\');
        code += if directive { "" } else { line };
        code.push('\n');
    }
    let mut found = BTreeMap::new();
    for statement in plain(&code).split(';') {
        let statement = statement.rsplit(['{', '}']).next().unwrap().trim();
        let starts = ["portcullis_status ", "uint32_t ", "void ", "const char *"];
        let Some((before, _)) = statement.split_once('(') else { continue };
        if starts.iter().any(|start| statement.starts_with(start)) {
            let name = before.rsplit([' ', '*']).next().unwrap();
            found.insert(name.to_owned(), statement.to_owned());
        }
    }
    found
}

/// How C writes a type of the boundary.
fn c_type(rust: &str) -> String {
    let known = match rust {
        "i32" => "int32_t",
        "i64" => "int64_t",
        "u32" => "uint32_t",
        "u64" | "Carried" => "uint64_t",
        "usize" | "ObligationCount" => "size_t",
        "Str" => "portcullis_str",
        "Verdict" => "portcullis_decision",
        "ReasonNumber" => "portcullis_reason",
        "ReasonOfEvidence" => "portcullis_evidence_reason",
        "Options" => "portcullis_options",
        "BindingSettings" => "portcullis_binding",
        "FindingRecord" => "portcullis_finding",
        "ValueRecord" => "portcullis_value",
        "RuleRecord" => "portcullis_rule",
        "RemedyRecord" => "portcullis_remedy",
        "ChangeRecord" => "portcullis_change",
        "PdpObject" => "portcullis_pdp",
        "RequestObject" | "Single<RequestObject>" => "portcullis_request",
        "FindingsObject" => "portcullis_findings",
        "VerifierObject" => "portcullis_verifier",
        other => {
            return other
                .strip_prefix("*mut ")
                .unwrap_or_else(|| panic!("`{other}` has no C type"))
                .to_owned()
                + " *";
        }
    };
    known.to_owned()
}

/// A pointer to a type, as C writes it before a name.
fn to(kind: &str) -> String {
    if kind.ends_with('*') { format!("{kind}*") } else { format!("{kind} *") }
}

/// The parameters of an entry, as C writes them.
fn c_parameters(parameters: &str) -> String {
    let mut written = Vec::new();
    let mut rest = parameters.trim().trim_end_matches(',');
    while !rest.is_empty() {
        let (parameter, after) = if let Some(pair) = rest.strip_prefix('(') {
            let (names, after) = pair.split_once("):").unwrap();
            let (kind, after) = after.split_once(',').unwrap_or((after, ""));
            let (pointer, length) = names.split_once(", ").unwrap();
            let start = match kind.trim() {
                "text" | "bytes" | "stated" | "lent" => "const char *",
                "words" => "const portcullis_str *",
                "files" => "const portcullis_file *",
                "buffer" | "room" => "char *",
                other => panic!("unknown kind `{other}`"),
            };
            (format!("{start}{pointer}, size_t {length}"), after)
        } else {
            let (parameter, after) = rest.split_once(',').unwrap_or((rest, ""));
            let (name, kind) = parameter.split_once(": ").unwrap();
            let (kind, rust) = kind.trim().split_once(' ').unwrap();
            let kind_of = c_type(rust);
            let start = match kind {
                "shared" | "tried" | "kept" | "named" | "settings" | "lent" => {
                    format!("const {kind_of} *")
                }
                "changed" | "alone" | "maybe" | "freed" | "out" | "wish" | "record" => to(&kind_of),
                "value" => match (name, rust) {
                    ("status", "i32") => "portcullis_status ".to_owned(),
                    ("reason", "i32") => "portcullis_evidence_reason ".to_owned(),
                    ("why", "i32") => "portcullis_reason ".to_owned(),
                    _ => format!("{kind_of} "),
                },
                other => panic!("unknown kind `{other}`"),
            };
            (format!("{start}{}", name.trim()), after)
        };
        written.push(parameter);
        rest = after.trim();
    }
    if written.is_empty() { "void".to_owned() } else { written.join(", ") }
}

/// The prototypes that the entries of the boundary come to, by name.
fn written() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (path, text) in boundary() {
        if path.ends_with("entry.rs") || path.ends_with("panics.rs") {
            continue;
        }
        for entry in text.split("\nentry! {\n").skip(1) {
            let lines = entry.lines().filter(|line| !line.trim_start().starts_with("///"));
            let entry = lines.collect::<Vec<_>>().join(" ");
            let entry = entry.split_whitespace().collect::<Vec<_>>().join(" ");
            let entry = entry.strip_prefix("fn ").unwrap();
            let (name, rest) = entry.split_once('(').unwrap();
            // The parameters end where the body begins.
            let (signature, _) = rest.split_once(" {").unwrap();
            let (parameters, gives) = match signature.rsplit_once(") -> ") {
                Some((parameters, gives)) => (parameters, gives),
                None => (signature.strip_suffix(')').unwrap(), "Status"),
            };
            let gives = match gives {
                "Status" => "portcullis_status ",
                "()" => "void ",
                "u32" => "uint32_t ",
                "*const c_char" => "const char *",
                other => panic!("unknown result `{other}`"),
            };
            found.insert(name.to_owned(), format!("{gives}{name}({})", c_parameters(parameters)));
        }
    }
    found
}

#[test]
fn every_function_of_the_boundary_is_declared_as_it_is() {
    let (declared, written) = (declared(), written());
    assert!(written.len() >= 70, "{}", written.len());
    for (name, prototype) in &written {
        assert_eq!(declared.get(name), Some(prototype), "{name}");
    }
    assert_eq!(declared.keys().collect::<Vec<_>>(), written.keys().collect::<Vec<_>>());
}

/// How many parameters a prototype has, in C or in Rust.
fn parameters(prototype: &str) -> usize {
    let list = prototype.split_once('(').unwrap().1.rsplit_once(')').unwrap().0;
    list.split(',').filter(|parameter| !["", "void"].contains(&parameter.trim())).count()
}

#[test]
fn the_fuzz_target_declares_every_function_with_as_many_parameters() {
    let abi = include_str!("../fuzz/src/boundary/abi.rs");
    let functions = abi.split("pub fn ").skip(1).map(|function| {
        let function = function.split(';').next().unwrap();
        (function.split('(').next().unwrap(), parameters(function))
    });
    let declared = declared();
    let of_the_header = declared.iter().map(|(name, code)| (name.as_str(), parameters(code)));
    assert_eq!(functions.collect::<BTreeMap<_, _>>(), of_the_header.collect::<BTreeMap<_, _>>());
}

/// The words of a Rust name, as C writes a constant.
fn shouted(name: &str) -> String {
    let mut shouted = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !shouted.is_empty() {
            shouted.push('_');
        }
        shouted.extend(c.to_uppercase());
    }
    shouted
}

#[test]
fn every_number_of_the_boundary_is_the_header_s() {
    const PREFIXES: [(&str, &str); 9] = [
        ("pub enum Status", "E_"),
        ("pub enum Verdict", ""),
        ("ReasonNumber of", ""),
        ("EffectNumber of", "EFFECT_"),
        ("ByNumber of", "BY_"),
        ("SeverityNumber of", ""),
        ("pub enum KindNumber", ""),
        ("pub enum Level", "LOG_"),
        ("\nreasons!", "EVIDENCE_"),
    ];
    let header = plain(HEADER);
    let mut stated: BTreeMap<String, i32> = BTreeMap::new();
    for block in header.split("enum {").skip(1) {
        for item in block.split_once('}').unwrap().0.split(',') {
            let (name, number) = item.split_once('=').unwrap();
            stated.insert(name.trim().to_owned(), number.trim().parse().unwrap());
        }
    }
    let sources: String = boundary().into_iter().map(|(_, text)| text).collect();
    let mut expected = BTreeMap::from([
        ("PORTCULLIS_EVIDENCE_NOT_LOOKED_AT".to_owned(), 0),
        ("PORTCULLIS_RULES_DETERMINING".to_owned(), 1),
        ("PORTCULLIS_RULES_REQUIRING".to_owned(), 2),
        ("PORTCULLIS_RULES_TRIAL".to_owned(), 3),
        ("PORTCULLIS_RULES_NEAREST".to_owned(), 4),
    ]);
    for (start, prefix) in PREFIXES {
        let block = sources.split(start).nth(1).unwrap_or_else(|| panic!("no {start}"));
        let block = block.split_once('{').unwrap().1.split_once('}').unwrap().0;
        for item in block
            .lines()
            .filter(|line| !line.trim().starts_with("//"))
            .flat_map(|line| line.split(','))
        {
            let Some((name, number)) = item.split_once('=') else { continue };
            let name = match (prefix, name.trim()) {
                ("E_", "Ok") => "PORTCULLIS_OK".to_owned(),
                // `PORTCULLIS_VERSION` is that of the library.
                ("", "Version") => "PORTCULLIS_VERSION_TEXT".to_owned(),
                (prefix, name) => format!("PORTCULLIS_{prefix}{}", shouted(name)),
            };
            expected.insert(name, number.trim().parse().unwrap());
        }
    }
    assert_eq!(stated, expected);
}

#[test]
fn the_header_has_the_version_of_the_crate() {
    let defined = |name: &str| {
        let line = HEADER.split(&format!("#define {name} ")).nth(1).unwrap();
        line.lines().next().unwrap().trim_matches('"').to_owned()
    };
    assert_eq!(defined("PORTCULLIS_VERSION"), env!("CARGO_PKG_VERSION"));
    assert_eq!(defined("PORTCULLIS_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MAJOR"));
    assert_eq!(defined("PORTCULLIS_VERSION_MINOR"), env!("CARGO_PKG_VERSION_MINOR"));
    assert_eq!(defined("PORTCULLIS_VERSION_PATCH"), env!("CARGO_PKG_VERSION_PATCH"));
    let number = "(PORTCULLIS_VERSION_MAJOR * 1000000 + PORTCULLIS_VERSION_MINOR * 1000 + PORTCULLIS_VERSION_PATCH)";
    assert!(plain(HEADER).contains(number));
    let abi = defined("PORTCULLIS_ABI_VERSION");
    let version = boundary().into_iter().find(|(path, _)| path.ends_with("version.rs")).unwrap().1;
    assert!(version.contains(&format!("const ABI: u32 = {abi};")));
}

#[test]
fn no_function_is_exported_but_by_the_macro_that_guards_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let exports = ["no_mangle", "export_name", "link_section"];
            let count = code.filter(|line| exports.iter().any(|word| line.contains(word))).count();
            found.extend((count > 0).then(|| (path.file_name().unwrap().to_owned(), count)));
        }
    }
    assert_eq!(found, [("entry.rs".into(), 1)]);
}

/// In the others there is no way to follow a pointer but through these.
#[test]
fn only_four_files_follow_pointers() {
    let code = |text: &str| -> String {
        text.lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let mut found: Vec<String> = boundary()
        .into_iter()
        .filter(|(_, text)| code(text).contains("unsafe"))
        .map(|(path, _)| path.file_name().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "tests.rs")
        .collect();
    found.sort();
    assert_eq!(found, ["entry.rs", "objects.rs", "pointers.rs", "types.rs"]);
}
