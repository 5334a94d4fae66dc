//! What several commands say alike: obligations, values, requests, and lines that are not too long.

use anstyle::{AnsiColor, Style};
use portcullis::{Merged, Obligation, RemedyBy, Request, Value};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const ODD: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const QUIET: Style = Style::new().dimmed();

/// Columns of a line, where it can be broken.
const WIDTH: usize = 100;

/// Text in lines that are not too long: the first starts with `first`, the others with as many
/// spaces as `rest` says.
pub(crate) fn wrapped(first: &str, rest: usize, text: &str) -> String {
    let mut lines = String::new();
    let mut line = first.to_owned();
    let mut fresh = true;
    for word in text.split_whitespace() {
        let space = usize::from(!fresh);
        if !fresh && line.chars().count() + space + word.chars().count() > WIDTH {
            lines += line.trim_end();
            lines.push('\n');
            line = " ".repeat(rest);
            fresh = true;
        }
        if !fresh {
            line.push(' ');
        }
        line += word;
        fresh = false;
    }
    lines += line.trim_end();
    lines.push('\n');
    lines
}

/// A paragraph, indented.
pub(crate) fn paragraph(text: &str) -> String {
    wrapped("  ", 2, text)
}

/// An item of a list, its later lines indented below the first.
pub(crate) fn item(text: &str) -> String {
    wrapped("  - ", 4, text)
}

/// A heading over what follows.
pub(crate) fn heading(text: &str) -> String {
    format!("\n{QUIET}{text}{QUIET:#}\n")
}

/// `limit-session (minutes 60)`.
pub(crate) fn obligation(obligation: &Obligation<'_>) -> String {
    let parameters: Vec<String> =
        obligation.parameters().map(|(name, value)| format!("{name} {}", merged(&value))).collect();
    if parameters.is_empty() {
        obligation.name().to_owned()
    } else {
        format!("{} ({})", obligation.name(), parameters.join(", "))
    }
}

fn merged(value: &Merged) -> String {
    match value {
        Merged::One(value) => value.to_string(),
        Merged::All(values) => {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            values.join(", ")
        }
    }
}

pub(crate) fn by(by: RemedyBy) -> &'static str {
    match by {
        RemedyBy::User => "the user",
        RemedyBy::Administrator => "an administrator",
        RemedyBy::InformationOwner => "the information owner",
        RemedyBy::Nobody => "nobody",
    }
}

/// The values of a request as `decide` takes them, a shell's quotes included.
pub(crate) fn stated(request: &Request) -> String {
    let pairs =
        request.stated().map(|(name, value)| quoted(&format!("{name}={}", spelled(&value))));
    pairs.collect::<Vec<_>>().join(" ")
}

/// A value as the command line spells it.
pub(crate) fn spelled(value: &Value) -> String {
    match value {
        Value::Set(words) => {
            let words: Vec<&str> = words.iter().map(|word| &**word).collect();
            words.join(",")
        }
        value => value.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "=.-_:,+/@".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// One thing, or several.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
