//! The shape of the house: which layer may import which, and what is deliberately absent.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Bottom-up: a layer imports only those named on its right, which stand above it in this table.
const LAYERS: &[(&str, &[&str])] = &[
    ("json", &[]),
    ("model", &["json"]),
    ("file", &["json", "model"]),
    ("evidence", &["file", "json", "model"]),
    ("program", &["model"]),
    ("policy", &["file", "json", "model"]),
    ("compile", &["json", "model", "policy", "program"]),
    ("decide", &["model", "program"]),
    ("prove", &["decide", "model", "program"]),
    ("explain", &["decide", "model", "program", "prove"]),
    ("authzen", &["decide", "explain", "json", "model", "program"]),
    ("suite", &["decide", "explain", "file", "json", "model", "policy"]),
    ("change", &["compile", "decide", "model", "policy", "program", "prove", "suite"]),
    (
        "pdp",
        &[
            "authzen", "compile", "decide", "evidence", "explain", "file", "json", "model",
            "policy", "program", "prove",
        ],
    ),
    // The C boundary sees what any other user of the crate sees.
    ("ffi", &[]),
];

/// What the core must not touch, with the layers that may.
const ABSENT: &[(&str, &[&str])] = &[
    ("std::fs", &["pdp"]),
    ("std::env", &[]),
    ("SystemTime", &[]),
    ("std::time::Instant", &[]),
    ("thread_local!", &["ffi"]),
    ("\nstatic ", &["ffi"]),
    ("pub static ", &[]),
    // Of the JWT crate only types are used: its validation, its clock and its provider are not.
    ("jsonwebtoken::decode", &[]),
    ("DecodingKey", &[]),
    ("Validation", &[]),
    ("CryptoProvider", &[]),
    ("println!", &[]),
    ("use super::super", &[]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("tests.rs")
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The code of a file: no comments, no tests.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or("");
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The layers that some code names as `crate::layer`, also within `crate::{…}`.
fn imports(code: &str) -> BTreeSet<String> {
    let first_word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut found = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            None => {
                found.insert(first_word(after));
            }
            Some(group) => {
                // Each item of the outer braces starts with a layer; what is in inner braces does not.
                let mut depth = 0;
                let mut items = vec![String::new()];
                for c in group.chars() {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    match (c, depth) {
                        (_, ..0) => break,
                        (',', 0) => items.push(String::new()),
                        _ => items.last_mut().unwrap().push(c),
                    }
                }
                found.extend(items.iter().map(|item| first_word(item)));
            }
        }
    }
    found.remove("");
    found
}

#[test]
fn imports_are_found_in_groups_too() {
    let found = imports(
        "use crate::{json::Place, model::{self, policy::X}};\nlet x = crate::suite::run();",
    );
    assert_eq!(found, BTreeSet::from(["json", "model", "suite"].map(str::to_owned)));
}

#[test]
fn every_layer_imports_only_those_below_it() {
    let allowed: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let order: Vec<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    for (place, (name, below)) in LAYERS.iter().enumerate() {
        for other in *below {
            assert!(order[..place].contains(other), "{name} stands above {other}");
        }
        // The C boundary is asked about below: the names that it imports may be called as layers are.
        let folder = if *name == "ffi" { Vec::new() } else { sources(&src().join(name)) };
        for path in folder {
            for import in imports(&code(&path)) {
                let fine = import == *name || allowed[name].contains(&import.as_str());
                assert!(fine, "{}: {name} may not import {import}", path.display());
            }
        }
    }
}

/// What others do with the crate is enough for C: only names that the root gives out, in no group of
/// which a layer is named.
#[test]
fn the_c_boundary_imports_nothing_but_the_crate_root() {
    for path in sources(&src().join("ffi")) {
        for after in code(&path).split("crate::").skip(1) {
            let group = after.strip_prefix('{').and_then(|after| after.split_once('}'));
            let group = group.map_or("", |(group, _)| group);
            assert!(!group.contains("::"), "{}: {group}", path.display());
            let first: String =
                after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let rest = after.strip_prefix(&first).unwrap_or("");
            let of_root = !rest.starts_with("::") || first.starts_with(char::is_uppercase);
            assert!(of_root || first == "ffi", "{}: {first}", path.display());
        }
    }
}

/// Without the C boundary not even an attribute can let `unsafe` in.
#[test]
fn unsafe_code_is_let_into_the_c_boundary_only() {
    let root = std::fs::read_to_string(src().join("lib.rs")).unwrap();
    assert!(root.contains("#![cfg_attr(not(feature = \"capi\"), forbid(unsafe_code))]"));
    assert!(root.contains("#![cfg_attr(feature = \"capi\", deny(unsafe_code))]"));
    let lets = "#[expect(unsafe_code, reason = \"C passes pointers: this layer alone follows them\")]\nmod ffi;";
    assert!(root.contains(lets));
    assert_eq!(root.matches("unsafe_code").count(), 3);
    for path in sources(&src()) {
        let inside = path.starts_with(src().join("ffi")) || path.ends_with("src/lib.rs");
        assert!(inside || !code(&path).contains("unsafe"), "{}", path.display());
    }
}

#[test]
fn every_folder_of_the_library_is_a_layer() {
    let mut folders: Vec<String> = std::fs::read_dir(src())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir() && entry.file_name() != "bin")
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let mut layers: Vec<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    layers.sort();
    assert_eq!(folders, layers);
}

#[test]
fn within_a_layer_no_file_imports_its_contents_page_in_a_circle() {
    for (layer, _) in LAYERS {
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for path in sources(&src().join(layer)) {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let targets = code(&path);
            let siblings = targets.split("super::").skip(1).map(|after| {
                after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
            });
            let siblings =
                siblings.filter(|sibling| src().join(layer).join(format!("{sibling}.rs")).exists());
            edges.insert(name, siblings.collect());
        }
        let mut done: BTreeSet<String> = BTreeSet::new();
        while let Some(next) =
            edges.iter().find(|(name, uses)| !done.contains(*name) && uses.is_subset(&done))
        {
            done.insert(next.0.clone());
        }
        let circle: Vec<&String> = edges.keys().filter(|name| !done.contains(*name)).collect();
        assert!(circle.is_empty(), "{layer}: {circle:?} import each other in a circle");
    }
}

#[test]
fn the_core_reads_no_clock_file_environment_or_global() {
    for path in sources(&src()) {
        let relative = path.strip_prefix(src()).unwrap();
        let layer = relative.iter().next().unwrap().to_str().unwrap();
        if layer == "bin" {
            continue;
        }
        let code = code(&path);
        for (word, except) in ABSENT {
            let found = code.contains(word) && !except.contains(&layer);
            assert!(!found, "{}: `{word}` has no place here", relative.display());
        }
    }
}

#[test]
fn no_file_of_the_library_grows_beyond_five_hundred_lines_of_code() {
    for path in sources(&src()) {
        let lines = code(&path).lines().filter(|line| !line.trim().is_empty()).count();
        assert!(lines <= 500, "{} has {lines} lines of code", path.display());
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for path in sources(&src()) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//! ") || text.starts_with("#!["),
            "{} has no first line",
            path.display()
        );
    }
}

#[test]
fn the_bare_library_depends_on_little() {
    let manifest =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let dependencies =
        manifest.split("[dependencies]").nth(1).and_then(|rest| rest.split("\n[").next());
    let required: Vec<&str> = dependencies
        .unwrap_or_else(|| panic!("no dependencies"))
        .lines()
        .filter(|line| line.contains('=') && !line.contains("optional = true"))
        .map(|line| line.split(['=', ' ']).next().unwrap())
        .collect();
    assert_eq!(
        required,
        [
            "arc-swap",
            "batsat",
            "jiff",
            "once_cell",
            "serde",
            "serde_json",
            "sha2",
            "strsim",
            "thiserror"
        ]
    );
}

#[test]
fn every_dependency_supports_the_oldest_compiler_that_we_do() {
    let version = |text: &str| -> Vec<u32> {
        let numbers = text.split('.').map(|part| part.parse().unwrap());
        numbers.chain(std::iter::repeat(0)).take(3).collect()
    };
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--all-features", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 20);
    for package in packages {
        if let Some(theirs) = package["rust_version"].as_str() {
            assert!(version(theirs) <= ours, "{} needs Rust {theirs}", package["name"]);
        }
    }
}
