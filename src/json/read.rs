//! Bytes to tree, strictly.
//!
//! `serde_json` does the reading. Each level is read as raw values, which are slices of the text, so
//! a value's place is the distance of its slice from the start. A value is scanned once per level
//! that it lies below: [`JsonLimits::depth`] bounds that.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Json, Member, Node, Place};

/// How much input is accepted.
#[derive(Clone, Copy, Debug)]
pub struct JsonLimits {
    /// Bytes of text, at most.
    pub bytes: usize,
    /// Levels of arrays and objects, at most.
    pub depth: usize,
}

/// What is wrong with a text that should be JSON.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct JsonError {
    /// The kind of trouble.
    pub kind: JsonErrorKind,
    /// Where it is.
    pub at: Place,
    /// What it is, in words.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// The kinds of [`JsonError`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JsonErrorKind {
    /// More bytes than [`JsonLimits::bytes`].
    TooLong,
    /// The bytes are not UTF-8.
    NotText,
    /// The text is not JSON, or goes on after it.
    Syntax,
    /// More levels than [`JsonLimits::depth`].
    TooDeep,
    /// An object has a key twice.
    DuplicateKey,
}

/// Reads one JSON document.
///
/// # Errors
///
/// The bytes are too many, are not UTF-8 or not exactly one JSON document, nest too deep, or an
/// object in them has a key twice. Every key that is written twice is reported; of the other
/// troubles, the first. At most 100 are.
pub fn read<'a>(bytes: &'a [u8], limits: &JsonLimits) -> Result<Node<'a>, Vec<JsonError>> {
    let error = |kind, offset, message: String, help: Option<&str>| {
        vec![JsonError {
            kind,
            at: Place::of(bytes, offset),
            message,
            help: help.map(str::to_owned),
        }]
    };
    if bytes.len() > limits.bytes {
        let message =
            format!("the text has {} bytes; at most {} are read", bytes.len(), limits.bytes);
        return Err(error(JsonErrorKind::TooLong, 0, message, None));
    }
    let text = std::str::from_utf8(bytes).map_err(|found| {
        let help = Some("save the file as UTF-8 text");
        error(JsonErrorKind::NotText, found.valid_up_to(), "this is not UTF-8 text".into(), help)
    })?;
    if text.trim().is_empty() {
        let help = Some("a JSON document starts with `{`");
        return Err(error(JsonErrorKind::Syntax, 0, "there is no text here".into(), help));
    }
    let mut reader =
        Reader { text, most_levels: limits.depth, is_too_deep: false, errors: Vec::new() };
    match reader.document() {
        Some(node) if reader.errors.is_empty() && !reader.is_too_deep => Ok(node),
        // Where it is too deep nothing else is told: what is wrong may be what makes it so.
        _ => Err(match too_deep(bytes, limits.depth) {
            None => reader.errors,
            Some(offset) => {
                let message = format!("this is nested more than {} levels deep", limits.depth);
                error(JsonErrorKind::TooDeep, offset, message, None)
            }
        }),
    }
}

/// Where arrays and objects first nest more than so many levels deep.
fn too_deep(bytes: &[u8], most: usize) -> Option<usize> {
    let (mut level, mut in_text, mut escaped) = (0_usize, false, false);
    bytes.iter().position(|byte| {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'[' | b'{') => level += 1,
            (false, b']' | b'}') => level = level.saturating_sub(1),
            _ => {}
        }
        level > most
    })
}

/// `serde_json`'s own words, at our place. `part` is the text that it read.
fn syntax(found: &serde_json::Error, part: &str, text: &str) -> JsonError {
    let words = found.to_string();
    let message = words.split(" at line ").next().unwrap_or(&words).to_owned();
    let offset = if part.len() == text.len() {
        // Its columns count bytes.
        let lines = text.split_inclusive('\n').take(found.line().saturating_sub(1));
        lines.map(str::len).sum::<usize>() + found.column().saturating_sub(1)
    } else {
        offset(part, text)
    };
    let at = Place::of(text.as_bytes(), offset);
    JsonError { kind: JsonErrorKind::Syntax, at, message, help: None }
}

/// Where in the text a slice of it starts.
fn offset(part: &str, text: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

struct Reader<'a> {
    text: &'a str,
    most_levels: usize,
    is_too_deep: bool,
    errors: Vec<JsonError>,
}

impl<'a> Reader<'a> {
    /// Reads the whole; `None` where an error was noted.
    fn document(&mut self) -> Option<Node<'a>> {
        let start = self.text.trim_start_matches([' ', '\t', '\n', '\r']);
        if start.starts_with(['{', '[']) {
            // Reading its first level checks the form of all of it.
            return self.node(start, self.text, 1);
        }
        let raw: &'a RawValue = self.parse(self.text)?;
        self.node(raw.get(), raw.get(), 1)
    }

    /// Reads the value that begins at `start`, in a part of the text that holds nothing else and whose
    /// form was checked already, unless it is the whole.
    fn node(&mut self, start: &'a str, part: &'a str, level: usize) -> Option<Node<'a>> {
        let at = offset(start, self.text);
        let first = start.as_bytes().first();
        if matches!(first, Some(b'{' | b'[')) && level > self.most_levels {
            self.is_too_deep = true;
            return None;
        }
        let json = match first {
            Some(b'{') => {
                let Entries(entries) = self.parse(part)?;
                Json::Object(self.members(entries, level))
            }
            Some(b'[') => {
                let items: Vec<&'a RawValue> = self.parse(part)?;
                let nodes = items.into_iter().map(RawValue::get);
                Json::Array(nodes.filter_map(|item| self.node(item, item, level + 1)).collect())
            }
            Some(b'"') => Json::String(self.string(part)?),
            Some(b't') => Json::Bool(true),
            Some(b'f') => Json::Bool(false),
            Some(b'n') => Json::Null,
            _ => Json::Number(part),
        };
        Some(Node { at, json })
    }

    fn members(
        &mut self,
        entries: Vec<(&'a RawValue, &'a RawValue)>,
        level: usize,
    ) -> Vec<Member<'a>> {
        let mut members: Vec<Member<'a>> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let at = offset(key.get(), self.text);
            let Some(key) = self.string(key.get()) else { continue };
            let Some(node) = self.node(value.get(), value.get(), level + 1) else { continue };
            members.push(Member { at, key, node });
        }
        self.refuse_duplicates(&members);
        members
    }

    /// The text that a string in quotation marks, whose form was checked, stands for.
    fn string(&mut self, part: &'a str) -> Option<Cow<'a, str>> {
        let inside = part.strip_prefix('"').and_then(|part| part.strip_suffix('"'));
        match inside.filter(|inside| !inside.contains('\\')) {
            Some(plain) => Some(Cow::Borrowed(plain)),
            None => self.parse(part).map(Cow::Owned),
        }
    }

    fn refuse_duplicates(&mut self, members: &[Member<'a>]) {
        let mut sorted: Vec<&Member<'a>> = members.iter().collect();
        // By length first, so that most keys are told apart by that alone.
        sorted.sort_unstable_by_key(|member| (member.key.len(), &member.key, member.at));
        for pair in sorted.windows(2) {
            let [first, second] = pair else { continue };
            if first.key == second.key {
                let (first, at) = (first.at, second.at);
                self.note(|reader| JsonError {
                    kind: JsonErrorKind::DuplicateKey,
                    at: reader.place(at),
                    message: format!("the key `{}` is written twice", second.key),
                    help: Some(format!(
                        "it was written first at {}; keep one",
                        reader.place(first)
                    )),
                });
            }
        }
    }

    fn parse<T: Deserialize<'a>>(&mut self, part: &'a str) -> Option<T> {
        let read = serde_json::from_str(part);
        read.map_err(|found| self.note(|reader| syntax(&found, part, reader.text))).ok()
    }

    fn place(&self, offset: usize) -> Place {
        Place::of(self.text.as_bytes(), offset)
    }

    /// Notes an error, unless there are many already: finding a place takes time.
    fn note(&mut self, error: impl FnOnce(&Self) -> JsonError) {
        if self.errors.len() < MOST_ERRORS {
            let error = error(self);
            self.errors.push(error);
        }
    }
}

/// Of one document, so many errors are reported.
const MOST_ERRORS: usize = 100;

/// The keys and values of one object, duplicates and all.
struct Entries<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(16);
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]
mod tests {
    use super::{Json, JsonErrorKind, JsonLimits, MOST_ERRORS, Place, read};

    const LIMITS: JsonLimits = JsonLimits { bytes: 100, depth: 3 };

    #[test]
    fn every_duplicate_key_is_found_with_its_place() {
        let errors = read(b"{\"a\": {\"b\": 1,\n \"\\u0062\": 2}, \"a\": 3}", &LIMITS).unwrap_err();
        let places: Vec<(JsonErrorKind, Place)> = errors.iter().map(|e| (e.kind, e.at)).collect();
        let duplicate = JsonErrorKind::DuplicateKey;
        assert_eq!(
            places,
            [(duplicate, Place { line: 2, column: 2 }), (duplicate, Place { line: 2, column: 16 })]
        );
    }

    #[test]
    fn text_after_the_document_is_an_error() {
        assert_eq!(read(b"{} {}", &LIMITS).unwrap_err()[0].at, Place { line: 1, column: 4 });
    }

    #[test]
    fn depth_and_length_are_refused_just_beyond_their_limits() {
        assert!(read(b"[[[1]]]", &LIMITS).is_ok());
        assert_eq!(read(b"[[[[1]]]]", &LIMITS).unwrap_err()[0].kind, JsonErrorKind::TooDeep);
        assert!(
            read(&[b' '; 99].iter().copied().chain(*b"1").collect::<Vec<u8>>(), &LIMITS).is_ok()
        );
        let long: Vec<u8> = [b' '; 100].iter().copied().chain(*b"1").collect();
        assert_eq!(read(&long, &LIMITS).unwrap_err()[0].kind, JsonErrorKind::TooLong);
    }

    #[test]
    fn half_a_surrogate_is_an_error_at_its_place() {
        let error = &read(br#"{"a": "\ud800"}"#, &LIMITS).unwrap_err()[0];
        assert_eq!((error.kind, error.at), (JsonErrorKind::Syntax, Place { line: 1, column: 7 }));
    }

    #[test]
    fn of_very_many_errors_some_are_reported_without_delay() {
        let many = format!("{{{}\"\":0}}", "\"\":0,".repeat(200_000));
        let limits = JsonLimits { bytes: 2_000_000, depth: 3 };
        assert_eq!(read(many.as_bytes(), &limits).unwrap_err().len(), MOST_ERRORS);
    }

    #[test]
    fn numbers_keep_their_text() {
        let document = read(b"[1.0, -7]", &LIMITS).unwrap();
        assert!(matches!(document.items().unwrap()[0].json, Json::Number("1.0")));
        assert_eq!(document.items().unwrap()[0].integer(), None);
        assert_eq!(document.items().unwrap()[1].integer(), Some(-7));
    }
}
