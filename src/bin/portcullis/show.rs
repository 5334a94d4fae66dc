//! Writing to the terminal.

use std::io::Write;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use portcullis::{Code, Finding, Findings, Folder, Severity, Source};

use super::{End, Format, Stop};

/// Prints to standard output, in colour only on a terminal.
pub(crate) fn print(text: &str) {
    // A reader that went away wants no more.
    let _ = anstream::stdout().lock().write_all(text.as_bytes());
}

/// Prints to standard error.
fn print_error(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Says why a command could not do its work.
pub(crate) fn complain(message: &str) {
    if !message.is_empty() {
        let title = Level::ERROR.primary_title(message);
        print_error(&format!(
            "{}\n",
            Renderer::styled().render(&[annotate_snippets::Group::with_title(title)])
        ));
    }
}

/// The findings of a set that is not valid, shown; and how the command ends for it.
pub(crate) fn not_valid(folder: &Folder, findings: &Findings, format: Format) -> Stop {
    print_findings(folder, findings.list(), format);
    let unreadable = findings.list().iter().all(|finding| finding.code == Code::UnreadableFile);
    let end = if unreadable { End::CouldNotRun } else { End::NotValid };
    let errors =
        findings.list().iter().filter(|finding| finding.severity == Severity::Error).count();
    let message = match format {
        Format::Json => String::new(),
        Format::Text => {
            let plural = if errors == 1 { "" } else { "s" };
            format!(
                "the policy set in `{}` is not valid: {errors} error{plural}",
                folder.path().display()
            )
        }
    };
    Stop { end, message }
}

/// Shows findings: as text on standard error, as JSON on standard output.
pub(crate) fn print_findings(folder: &Folder, findings: &[Finding], format: Format) {
    match format {
        Format::Json => print(&format!("{}\n", json(&serde_json::json!({ "findings": findings })))),
        Format::Text => findings
            .iter()
            .for_each(|finding| print_error(&format!("{}\n\n", render(folder, finding)))),
    }
}

/// JSON for programs.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A finding with the line that it is about.
fn render(folder: &Folder, finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let path = folder.path().join(&finding.file).display().to_string();
    let title = level.primary_title(&finding.message).id(finding.code.as_str());
    let source = folder.read(&finding.file).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let line =
        source.as_deref().and_then(|text| text.lines().nth(finding.at.line.saturating_sub(1)));
    let mut group = match line.filter(|line| line.len() <= LONGEST_LINE) {
        Some(line) => {
            let start = line
                .char_indices()
                .nth(finding.at.column.saturating_sub(1))
                .map_or(line.len(), |(at, _)| at);
            let span = start..start + length(line.get(start..).unwrap_or(""));
            let snippet = Snippet::source(line).line_start(finding.at.line).path(path);
            title.element(snippet.annotation(AnnotationKind::Primary.span(span)))
        }
        None => {
            let origin = annotate_snippets::Origin::path(path)
                .line(finding.at.line)
                .char_column(finding.at.column);
            title.element(origin)
        }
    };
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help));
    }
    Renderer::styled().render(&[group])
}

/// A longer line is not shown.
const LONGEST_LINE: usize = 400;

/// How many bytes the JSON token at the start of `text` takes.
fn length(text: &str) -> usize {
    let quoted = text.strip_prefix('"').and_then(|rest| rest.find('"')).map(|end| end + 2);
    let bare = || text.find(|c: char| ",:]} \t".contains(c)).filter(|end| *end > 0);
    quoted.or_else(bare).unwrap_or_else(|| text.chars().next().map_or(0, char::len_utf8))
}
