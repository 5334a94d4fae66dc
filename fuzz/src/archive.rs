//! Several files in one input, to be read and written by hand: each starts with a line `=== path`.

use portcullis::{Finding, Findings, MANIFEST};
use std::collections::BTreeMap;

pub type Files = BTreeMap<String, Vec<u8>>;

/// The files. What comes before the first path is the manifest.
pub fn unpack(archive: &[u8]) -> Files {
    let (mut files, mut path) = (Files::new(), MANIFEST.to_owned());
    for line in archive.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(b"=== ") {
            Some(name) => path = String::from_utf8_lossy(name.trim_ascii()).into_owned(),
            None => files.entry(path.clone()).or_default().extend_from_slice(line),
        }
    }
    files
}

/// An error names its trouble; every finding has words and a place inside its file.
pub fn check_errors(files: &Files, findings: &Findings) {
    let is_error = |finding: &Finding| finding.severity == portcullis::Severity::Error;
    assert!(findings.list().iter().any(is_error), "refused without an error: {findings}");
    check_findings(files, findings.list());
}

pub fn check_findings(files: &Files, findings: &[Finding]) {
    for finding in findings {
        assert!(!finding.message.is_empty(), "{finding:?} says nothing");
        // The standard vocabulary is a file that no set holds.
        let Some(file) = files.get(&finding.file) else { continue };
        let text = String::from_utf8_lossy(file);
        let line = text.split('\n').nth(finding.at.line - 1);
        let columns = line.map(|line| line.chars().count() + 1);
        assert!(
            columns.is_some_and(|columns| (1..=columns).contains(&finding.at.column)),
            "{finding} points outside of its file"
        );
    }
}
