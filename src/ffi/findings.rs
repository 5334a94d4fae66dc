//! What is found in a policy set.

use super::entry::entry;
use super::objects::{Held, Standing, given};
use super::pointers::Out;
use super::status::Status;
use super::told::{Text, view_if_any};
use super::types::{FindingRecord, SeverityNumber, portcullis_findings};
use crate::Finding;

/// Findings; they never change.
pub struct FindingsObject {
    standing: Standing,
    list: Vec<Told>,
    whole: String,
}

struct Told {
    severity: SeverityNumber,
    line: usize,
    column: usize,
    code: Text,
    file: Text,
    message: Text,
    help: Option<Text>,
}

impl Held for FindingsObject {
    type C = portcullis_findings;
    fn standing(&self) -> &Standing {
        &self.standing
    }
}

/// Hands findings to C, if there are any and they are wanted.
pub fn hand_over(findings: &[Finding], to: Option<Out<'_, *mut portcullis_findings>>) {
    let Some(to) = to else { return };
    if findings.is_empty() {
        return;
    }
    let told = |finding: &Finding| Told {
        severity: finding.severity.into(),
        line: finding.at.line,
        column: finding.at.column,
        code: Text::new(finding.code.as_str()),
        file: Text::new(finding.file.as_str()),
        message: Text::new(finding.message.as_str()),
        help: finding.help.as_deref().map(Text::new),
    };
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    to.set(given(FindingsObject {
        standing: Standing::default(),
        list: findings.iter().map(told).collect(),
        whole: lines.join("\n"),
    }));
}

entry! {
    /// How many findings there are.
    fn portcullis_findings_count(findings: shared FindingsObject, count: out usize) {
        count.set(findings.list.len());
        Ok(())
    }
}

entry! {
    /// One of the findings.
    fn portcullis_findings_at(findings: shared FindingsObject, place: value usize, finding: record FindingRecord) {
        let told = findings.list.get(place).ok_or(Status::Nothing)?;
        finding.set(FindingRecord {
            size: 0,
            severity: told.severity,
            reserved: 0,
            line: told.line,
            column: told.column,
            code: told.code.view(),
            file: told.file.view(),
            message: told.message.view(),
            help: view_if_any(told.help.as_ref()),
        });
        Ok(())
    }
}

entry! {
    /// All findings as text, one after the other.
    fn portcullis_findings_text(
        findings: shared FindingsObject,
        (text, text_capacity): buffer,
        text_len: out usize,
    ) {
        text.set(findings.whole.as_bytes(), &text_len)
    }
}

entry! {
    /// Frees findings.
    fn portcullis_findings_free(findings: freed FindingsObject) -> () {
        Ok(())
    }
}
