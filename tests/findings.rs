//! What is wrong with an author's files: every finding with its place and the way out.
//!
//! `tests/findings/*.txt` are policy sets with something wrong in them, each with the findings that
//! it must earn, word for word. Files that a case does not give are those of `tests/findings/base`.
//! `UPDATE=1 cargo test --test findings` rewrites what is expected; read what changed.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "findings/limits.rs"]
mod limits;

use portcullis::{Code, Findings, Limits, Pdp, PolicySet, Suite, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Files = BTreeMap<String, Vec<u8>>;

/// Codes that are given by `portcullis check`, which proves and runs tests; `tests/cli.rs` has a case,
/// but for a proof that is too long.
const EARNED_ELSEWHERE: [Code; 10] = [
    Code::NotProved,
    Code::InvalidTest,
    Code::BrokenGuarantee,
    Code::SilenceHelps,
    Code::IdleRule,
    Code::NotTheirs,
    Code::GivesAway,
    Code::UnusableKey,
    Code::UnfitMapping,
    Code::UnknownKind,
];

/// One case: what it is about, its limits, its files, and what they must earn.
struct Case {
    path: PathBuf,
    limits: Limits,
    files: Files,
    expected: String,
}

impl Case {
    fn read(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut sections = text.split("\n== ");
        let prose = sections.next().unwrap();
        let stated = prose.lines().filter_map(|line| line.strip_prefix("limits: "));
        let mut case =
            Self { path, limits: Limits::default(), files: base(), expected: String::new() };
        for (name, most) in
            stated.flat_map(str::split_whitespace).map(|part| part.split_once('=').unwrap())
        {
            limits::set(&mut case.limits, name, most.parse().unwrap());
        }
        for section in sections {
            let (header, text) = section.split_once('\n').unwrap();
            let text = text.strip_suffix('\n').unwrap_or(text);
            let latin_1 = || text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
            match header.split_once(", in Latin-1") {
                _ if header == "finds" => case.expected = text.to_owned(),
                Some((name, _)) => drop(case.files.insert(name.to_owned(), latin_1())),
                None => drop(case.files.insert(header.to_owned(), text.into())),
            }
        }
        case
    }

    fn name(&self) -> &str {
        self.path.file_stem().unwrap().to_str().unwrap()
    }
}

fn cases() -> Vec<Case> {
    let entries = std::fs::read_dir("tests/findings").unwrap().map(|entry| entry.unwrap().path());
    let mut paths =
        Vec::from_iter(entries.filter(|path| path.extension().is_some_and(|end| end == "txt")));
    paths.sort();
    paths.into_iter().map(Case::read).collect()
}

/// A set without findings.
fn base() -> Files {
    let file = |name: &str| {
        let path = Path::new("tests/findings/base").join(name);
        (name.to_owned(), std::fs::read(path).unwrap())
    };
    Files::from(["policy-set.json", "vocabulary.json", "policy.json"].map(file))
}

/// Everything that reading and compiling a set and reading its tests finds.
fn findings(files: &Files, limits: &Limits) -> String {
    let mut found = Vec::new();
    let words = |findings: &Findings| findings.to_string();
    match PolicySet::read(files, limits) {
        Err(findings) => found.push(words(&findings)),
        Ok(set) => {
            found.extend(set.warnings().iter().map(ToString::to_string));
            match Pdp::unavailable(limits.clone()).replace(&set) {
                Err(findings) => found.push(words(&findings)),
                Ok(warnings) => found.extend(warnings.iter().map(ToString::to_string)),
            }
            match Suite::read(files, &set, limits) {
                Err(findings) => found.push(words(&findings)),
                Ok(suite) => found.extend(suite.warnings.iter().map(ToString::to_string)),
            }
        }
    }
    found.join("\n")
}

#[test]
fn every_case_earns_the_findings_that_it_expects() {
    let mut differ = Vec::new();
    for case in cases() {
        let found = findings(&case.files, &case.limits);
        if found == case.expected.trim_end() {
            continue;
        }
        if std::env::var_os("UPDATE").is_some() {
            let text = std::fs::read_to_string(&case.path).unwrap();
            let (given, _) = text.split_once("\n== finds\n").unwrap();
            std::fs::write(&case.path, format!("{given}\n== finds\n{found}\n")).unwrap();
        } else {
            differ.push(format!(
                "{}\nexpected:\n{}\nfound:\n{found}\n",
                case.name(),
                case.expected
            ));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn every_code_has_a_case_that_earns_it() {
    let cases = cases();
    for code in Code::ALL {
        let earned = cases.iter().any(|case| {
            case.name().starts_with(code.as_str()) && case.expected.contains(&format!("[{code}]"))
        });
        let elsewhere = EARNED_ELSEWHERE.contains(code);
        assert!(
            earned != elsewhere,
            "{code} needs a case, tests/findings/{code}-….txt, or has one too many"
        );
    }
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(known.len(), Code::ALL.len(), "no code is used twice");
}

#[test]
fn a_case_that_is_named_after_a_code_earns_nothing_else() {
    for case in cases().iter().filter(|case| case.name().starts_with('P')) {
        let code = case.name().split('-').next().unwrap();
        let codes =
            case.expected.lines().filter_map(|line| line.split_once('[')?.1.split_once("]: "));
        for (earned, _) in codes {
            assert_eq!(earned, code, "{}", case.name());
        }
    }
}

#[test]
fn findings_stand_in_the_order_of_their_place_within_each_file() {
    for case in cases() {
        let Err(findings) = PolicySet::read(&case.files, &case.limits) else { continue };
        let mut last = BTreeMap::new();
        for finding in findings.list() {
            let before = last.insert(&finding.file, finding.at);
            assert!(before.is_none_or(|before| before <= finding.at), "{}: {finding}", case.name());
        }
    }
}

#[test]
fn every_finding_names_a_file_and_a_place_in_it_and_is_short() {
    for case in cases() {
        let Err(findings) = PolicySet::read(&case.files, &case.limits) else { continue };
        for finding in findings.list() {
            let bytes = &case.files[&finding.file];
            let lines = Vec::from_iter(bytes.split(|byte| *byte == b'\n'));
            let line = String::from_utf8_lossy(lines[finding.at.line - 1]);
            assert!(finding.at.column <= line.chars().count() + 1, "{}: {finding}", case.name());
            let (words, help) = (&finding.message, finding.help.as_deref().unwrap_or_default());
            assert!(words.len() + help.len() <= 400, "{}: {finding}", case.name());
            assert!(!words.ends_with('.') && !words.contains('\n'), "{}: {finding}", case.name());
        }
    }
}

#[test]
fn the_base_of_all_cases_has_no_findings() {
    assert_eq!(findings(&base(), &Limits::default()), "");
}

/// AUTH-06: a test that passes only because its request is malformed.
#[test]
fn a_malformed_request_makes_a_test_invalid_and_not_a_pass() {
    let mut files = base();
    let manifest = r#"{ "policy_set": "small", "vocabulary": "vocabulary.json", "policies": ["policy.json"], "tests": ["t.json"] }"#;
    files.insert("policy-set.json".to_owned(), manifest.into());
    let test = |request: &str| {
        let text = format!(
            r#"{{ "tests": [ {{ "name": "t", "request": {request}, "expect": "deny" }} ] }}"#
        );
        let mut files = files.clone();
        files.insert("t.json".to_owned(), text.into_bytes());
        let set = PolicySet::read(&files, &Limits::default()).unwrap();
        let suite = Suite::read(&files, &set, &Limits::default()).unwrap();
        let pdp = Pdp::new(&set).unwrap();
        let verdicts = suite.run(&mut pdp.bench_request());
        verdicts[0].1.clone()
    };
    assert_eq!(test(r#"{ "action": "edit" }"#), Verdict::Pass);
    assert!(matches!(test(r#"{ "action": "view" }"#), Verdict::Fail(_)));
    let cases = [
        (r#"{ "action": "veiw" }"#, "`veiw` is no value of `action`; did you mean `view`?"),
        (r#"{ "actoin": "view" }"#, "unknown attribute `actoin`; did you mean `action`?"),
        (
            r#"{ "subject.factors": "2" }"#,
            "`2` is no value of `subject.factors`; it is a whole number",
        ),
        (
            r#"{ "subject.factors": 1.5 }"#,
            "`1.5` is no value of `subject.factors`; it is a whole number",
        ),
        (
            r#"{ "resource.labels": ["legal", "x"] }"#,
            "`legal, x` is no value of `resource.labels`; it is one of `personal`, `legal`",
        ),
        (
            r#"{ "context.time": "2026-03-02" }"#,
            "`2026-03-02` is no value of `context.time`; it is an instant, as `2014-03-31T23:59:59+01:00`",
        ),
        (
            r#"{ "device.lost": { "yes": 1 } }"#,
            "`{\"yes\":1}` is no value of `device.lost`; it is true or false",
        ),
    ];
    for (request, trouble) in cases {
        assert_eq!(test(request), Verdict::Invalid(trouble.to_owned()));
    }
    assert_eq!(test(r#"{ "action": null, "device.lost": null }"#), Verdict::Pass, "null withholds");
}
