//! From claims to the value of one attribute.

use super::pointer::{Lookup, Pointer};
use super::test::{When, read_pointer};
use crate::file::File;
use crate::json::{Json, Node};
use crate::model::{Attribute, Code, Duration, Instant, Kind, Value};

/// One way to the value of an attribute.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    when: Option<When>,
    gives: Gives,
}

#[derive(Clone, Debug)]
enum Gives {
    Value(Value),
    Claim { at: Pointer, spelled: Spelled, words: Vec<(Box<str>, Box<str>)> },
}

/// How a claim spells the value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Spelled {
    /// As the type of the attribute has it in requests.
    Plainly,
    /// `"true"` or `"false"`, in any case.
    TextBool,
    /// Digits in text.
    TextInteger,
    /// A whole number of seconds; since 1970 for an instant.
    Seconds,
    /// The same in milliseconds, perhaps in text.
    Milliseconds,
}

/// What the rules of an attribute come to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Found {
    /// Nothing: the claims have no opinion.
    Nothing,
    /// A claim that is no value of the attribute.
    Unfit,
    /// A value.
    Value(Value),
}

/// The latest instant that claims may name: the end of the year 9999, where RFC 3339 ends.
const LATEST_SECOND: i64 = 253_402_300_799;

/// The instant of whole seconds since 1970 (`NumericDate`, RFC 7519, section 2, without fractions).
pub(super) fn instant_of_seconds(seconds: i64) -> Option<Instant> {
    (0..=LATEST_SECOND).contains(&seconds).then(|| Instant::from_micros(seconds * 1_000_000))
}

/// The instant of milliseconds since 1970, perhaps in text.
pub(super) fn instant_of_milliseconds(node: &Node<'_>) -> Option<Instant> {
    match claimed(&Kind::Instant, node, Spelled::Milliseconds, &[])? {
        Value::Instant(instant) => Some(instant),
        _ => None,
    }
}

/// The value that the first rule with something to say gives.
pub(super) fn value<'p>(rules: &'p [Rule], kind: &Kind, lookup: &mut Lookup<'p, '_, '_>) -> Found {
    for rule in rules {
        if rule.when.as_ref().is_some_and(|when| !when.holds(lookup.claims)) {
            continue;
        }
        match &rule.gives {
            Gives::Value(value) => return Found::Value(value.clone()),
            Gives::Claim { at, spelled, words } => {
                let value = if at.is_single() {
                    let Some(node) = lookup.one(at) else { continue };
                    claimed(kind, node, *spelled, words)
                } else {
                    let found = at.all(lookup.claims);
                    if found.is_empty() {
                        continue;
                    }
                    set(found.into_iter(), words).and_then(|words| fitting(kind, words))
                };
                return value.map_or(Found::Unfit, Found::Value);
            }
        }
    }
    Found::Nothing
}

impl Rule {
    /// The places that it looks at.
    pub(super) fn places(&self) -> Vec<&Pointer> {
        let own = match &self.gives {
            Gives::Claim { at, .. } => Some(at),
            Gives::Value(_) => None,
        };
        own.into_iter().chain(self.when.iter().flat_map(When::places)).collect()
    }

    /// Reads a rule for an attribute.
    pub(super) fn read(file: &File<'_>, node: &Node<'_>, attribute: &Attribute) -> Option<Self> {
        let form = file.form(node, "a mapping", &["when", "value", "at", "as", "words"])?;
        let when = match form.optional("when") {
            Some(node) => Some(When::read(file, node)?),
            None => None,
        };
        let unfit = |node: &Node<'_>, message: String| {
            file.error(Code::UnfitMapping, node.at, message, None);
        };
        let name = &attribute.name;
        let gives = match (form.optional("value"), form.optional("at")) {
            (Some(literal), None) => {
                for key in ["as", "words"] {
                    if let Some(node) = form.optional(key) {
                        unfit(node, format!("`{key}` says how `at` is spelled, and there is none"));
                    }
                }
                let Some(value) = claimed(&attribute.kind, literal, Spelled::Plainly, &[]) else {
                    unfit(literal, format!("this is no value of `{name}`"));
                    return None;
                };
                Gives::Value(value)
            }
            (None, Some(place)) => {
                let at = read_pointer(file, file.text(place, "`at`")?, place.at)?;
                if !at.is_single() && !matches!(attribute.kind, Kind::Set(_)) {
                    unfit(place, format!("`*` finds many values, and `{name}` has one"));
                }
                let spelled = match form.optional("as") {
                    None => Spelled::Plainly,
                    Some(node) => {
                        let spelled = file.word(node, "`as`", &SPELLINGS)?;
                        if !spelled.fits(&attribute.kind) {
                            unfit(node, format!("`{name}` is not spelled so"));
                        }
                        spelled
                    }
                };
                let words = form.optional("words").map(|node| read_words(file, node, attribute));
                Gives::Claim { at, spelled, words: words.unwrap_or_default() }
            }
            _ => {
                let message = "a mapping gives a `value`, or the claim `at` a place";
                let help = Some("keep one of `value` and `at`".to_owned());
                file.error(Code::MissingKey, node.at, message, help);
                return None;
            }
        };
        Some(Self { when, gives })
    }
}

const SPELLINGS: [(&str, Spelled); 4] = [
    ("text-bool", Spelled::TextBool),
    ("text-integer", Spelled::TextInteger),
    ("seconds", Spelled::Seconds),
    ("milliseconds", Spelled::Milliseconds),
];

impl Spelled {
    fn fits(self, kind: &Kind) -> bool {
        match self {
            Self::Plainly => true,
            Self::TextBool => *kind == Kind::Bool,
            Self::TextInteger => *kind == Kind::Integer,
            Self::Seconds | Self::Milliseconds => matches!(kind, Kind::Instant | Kind::Duration),
        }
    }
}

/// The words of a claim, and the words of the attribute that they stand for.
fn read_words(
    file: &File<'_>,
    node: &Node<'_>,
    attribute: &Attribute,
) -> Vec<(Box<str>, Box<str>)> {
    let members = file.members(node, "`words`").unwrap_or_default();
    let listed = |word: &str| match &attribute.kind {
        Kind::Enum(words) => words.position(word).is_some(),
        Kind::Set(Some(words)) => words.iter().any(|listed| **listed == *word),
        Kind::Set(None) | Kind::String => true,
        _ => false,
    };
    let mut words = Vec::new();
    for member in members {
        let Some(word) = file.text(&member.node, "a word") else { continue };
        if !listed(word) {
            let message = format!("`{word}` is not a word of `{}`", attribute.name);
            file.error(Code::UnfitMapping, member.node.at, message, None);
        }
        words.push((member.key.as_ref().into(), word.into()));
    }
    words
}

/// The value of an attribute that a claim spells.
fn claimed(
    kind: &Kind,
    node: &Node<'_>,
    spelled: Spelled,
    words: &[(Box<str>, Box<str>)],
) -> Option<Value> {
    match spelled {
        Spelled::Plainly => fitting(kind, stated(node, words)?),
        Spelled::TextBool => {
            let text = node.text()?;
            let is = |word: &str| text.eq_ignore_ascii_case(word);
            (is("true") || is("false")).then(|| Value::Bool(is("true")))
        }
        Spelled::TextInteger => {
            let text = node.text()?;
            let digits = text.strip_prefix('-').unwrap_or(text);
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| plain).map(Value::Integer)
        }
        Spelled::Seconds | Spelled::Milliseconds => {
            let number = match &node.json {
                Json::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                    text.parse().ok()?
                }
                _ => node.integer()?,
            };
            let unit = if spelled == Spelled::Seconds { 1_000_000 } else { 1_000 };
            let micros = number.checked_mul(unit)?;
            match kind {
                Kind::Instant => {
                    instant_of_seconds(micros.div_euclid(1_000_000))?;
                    Some(Value::Instant(Instant::from_micros(micros)))
                }
                _ => Some(Value::Duration(Duration::from_micros(micros))),
            }
        }
    }
}
/// What a value in JSON states: text stands for words, instants, durations and versions.
pub(super) fn stated(node: &Node<'_>, words: &[(Box<str>, Box<str>)]) -> Option<Value> {
    match &node.json {
        Json::Bool(value) => Some(Value::Bool(*value)),
        Json::Number(_) => node.integer().map(Value::Integer),
        Json::String(text) => Some(Value::Text(translated(text, words).into())),
        Json::Array(items) => set(items.iter(), words),
        Json::Null | Json::Object(_) => None,
    }
}

/// What is stated, as the type of an attribute has it; `None` if it is no value of it.
pub(super) fn fitting(kind: &Kind, stated: Value) -> Option<Value> {
    match (kind, stated) {
        (Kind::Duration, Value::Text(text)) => text.parse().ok().map(Value::Duration),
        (Kind::Version, Value::Text(text)) => text.parse().ok().map(Value::Version),
        (Kind::Instant, Value::Text(text)) => text.parse().ok().map(Value::Instant),
        (Kind::Enum(listed), Value::Text(word)) => {
            listed.position(&word).map(|_| Value::Text(word))
        }
        (Kind::Set(Some(listed)), Value::Set(words)) => {
            words.iter().all(|word| listed.contains(word)).then_some(Value::Set(words))
        }
        (Kind::Bool, value @ Value::Bool(_))
        | (Kind::Integer, value @ Value::Integer(_))
        | (Kind::Duration, value @ Value::Duration(_))
        | (Kind::Version, value @ Value::Version(_))
        | (Kind::Instant, value @ Value::Instant(_))
        | (Kind::String, value @ Value::Text(_))
        | (Kind::Set(None), value @ Value::Set(_)) => Some(value),
        _ => None,
    }
}

/// The set of the words at several places.
fn set<'n, 'd: 'n>(
    nodes: impl Iterator<Item = &'n Node<'d>>,
    words: &[(Box<str>, Box<str>)],
) -> Option<Value> {
    let word = |node: &'n Node<'d>| Some(translated(node.text()?, words).into());
    let mut found: Vec<Box<str>> = nodes.map(word).collect::<Option<_>>()?;
    found.sort();
    found.dedup();
    Some(Value::Set(found))
}

/// What a word of a claim stands for; itself, unless told otherwise.
fn translated<'w>(word: &'w str, words: &'w [(Box<str>, Box<str>)]) -> &'w str {
    words.iter().find(|(from, _)| **from == *word).map_or(word, |(_, to)| to)
}
