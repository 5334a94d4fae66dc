//! Bytes to tree, strictly.
//!
//! `serde_json` does the reading. Each level is read as raw values, which are slices of the text, so
//! a value's place is the distance of its slice from the start. The text is scanned once per level
//! of nesting: [`JsonLimits::depth`] bounds that.

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
    if let Some(offset) = too_deep(bytes, limits.depth) {
        let message = format!("this is nested more than {} levels deep", limits.depth);
        return Err(error(JsonErrorKind::TooDeep, offset, message, None));
    }
    let root: &RawValue =
        serde_json::from_str(text).map_err(|found| vec![syntax(&found, 0, text)])?;
    let mut reader = Reader { text, errors: Vec::new() };
    let node = reader.node(root);
    match node {
        Some(node) if reader.errors.is_empty() => Ok(node),
        _ => Err(reader.errors),
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

/// `serde_json`'s own words, at our place. `offset` is where the text that it read starts.
fn syntax(found: &serde_json::Error, offset: usize, text: &str) -> JsonError {
    let words = found.to_string();
    let message = words.split(" at line ").next().unwrap_or(&words).to_owned();
    let at = if offset == 0 {
        // Its columns count bytes.
        let line_start = text
            .split_inclusive('\n')
            .take(found.line().saturating_sub(1))
            .map(str::len)
            .sum::<usize>();
        Place::of(text.as_bytes(), line_start + found.column().saturating_sub(1))
    } else {
        Place::of(text.as_bytes(), offset)
    };
    JsonError { kind: JsonErrorKind::Syntax, at, message, help: None }
}

struct Reader<'a> {
    text: &'a str,
    errors: Vec<JsonError>,
}

impl<'a> Reader<'a> {
    /// The offset of a slice of the text.
    fn offset(&self, part: &str) -> usize {
        part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr())
    }

    fn place(&self, offset: usize) -> Place {
        Place::of(self.text.as_bytes(), offset)
    }

    /// Reads what `raw` holds; `None` where an error was noted.
    fn node(&mut self, raw: &'a RawValue) -> Option<Node<'a>> {
        let part = raw.get();
        let at = self.offset(part);
        let json = match part.as_bytes().first() {
            Some(b'{') => {
                let Members(pairs) = self.parse(part, at)?;
                Json::Object(self.members(pairs))
            }
            Some(b'[') => {
                let items: Vec<&'a RawValue> = self.parse(part, at)?;
                Json::Array(items.into_iter().filter_map(|item| self.node(item)).collect())
            }
            Some(b'"') => Json::String(self.parse::<Text<'a>>(part, at)?.0),
            Some(b't') => Json::Bool(true),
            Some(b'f') => Json::Bool(false),
            Some(b'n') => Json::Null,
            _ => Json::Number(part),
        };
        Some(Node { at, json })
    }

    fn members(&mut self, pairs: Vec<(&'a RawValue, &'a RawValue)>) -> Vec<Member<'a>> {
        let mut members: Vec<Member<'a>> = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let at = self.offset(key.get());
            let Some(Text(key)) = self.parse(key.get(), at) else { continue };
            let Some(node) = self.node(value) else { continue };
            members.push(Member { at, key, node });
        }
        self.refuse_duplicates(&members);
        members
    }

    fn refuse_duplicates(&mut self, members: &[Member<'a>]) {
        let mut sorted: Vec<&Member<'a>> = members.iter().collect();
        sorted.sort_by(|a, b| a.key.cmp(&b.key).then(a.at.cmp(&b.at)));
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

    fn parse<T: Deserialize<'a>>(&mut self, part: &'a str, at: usize) -> Option<T> {
        let read = serde_json::from_str(part);
        read.map_err(|found| self.note(|reader| syntax(&found, at.max(1), reader.text))).ok()
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

/// Text that is borrowed where it holds no escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The members of one object, duplicates and all.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    members.push(pair);
                }
                Ok(Members(members))
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
