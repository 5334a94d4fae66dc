//! What a request holds of one attribute.

use std::cmp::Ordering;
use std::fmt::Write;

use crate::model::{Attribute, Better, Given, Instant, Kind, SetBy, Value, Version};
use crate::program::{Class, Question, UNKNOWN, answer, class_of_rank, class_of_text};

/// Whether a value is known.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum State {
    /// Nothing was stated, and the attribute has no `absent`.
    #[default]
    Missing,
    /// What was stated is no value of the attribute.
    Malformed,
    /// The value is known.
    Known,
}

/// Words, in one buffer that is kept when they are cleared.
#[derive(Clone, Debug, Default)]
pub(crate) struct WordList {
    text: String,
    ends: Vec<usize>,
}

impl WordList {
    #[inline]
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Holds one text, which is no word.
    fn keep(&mut self, text: &str) {
        self.clear();
        self.text.push_str(text);
    }

    /// Holds what another does.
    fn hold(&mut self, other: &Self) {
        self.text.clone_from(&other.text);
        self.ends.clone_from(&other.ends);
    }

    fn push(&mut self, word: &str) {
        self.text.push_str(word);
        self.ends.push(self.text.len());
    }

    /// The words.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.text.get(start..*end).unwrap_or(""))
    }

    /// Whether `word` is one of them.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.iter().any(|held| held == word)
    }

    fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// A value as it is read: what it is compared by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reading<'a> {
    /// Nothing is known.
    Unknown,
    /// The rank of a bool (0, 1), a number, a version or an instant; the place of a listed word.
    Rank(i128),
    /// Text.
    Text(&'a str),
    /// Words.
    Words(&'a WordList),
}

/// What a known value is compared by.
#[derive(Clone, Copy, Debug, Default)]
enum Form {
    #[default]
    Rank,
    Text,
    Words,
}

/// The value of one attribute, in buffers that are kept when it is cleared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    rank: i128,
    /// In which turn of its request it was written.
    pub(super) turn: u32,
    pub(super) state: State,
    /// Whether it is the attribute's `absent`, and was not stated.
    defaulted: bool,
    /// Whether evidence attested it.
    attested: bool,
    form: Form,
    /// The text that a string or version was given as, or the words of a set: apart, since most
    /// attributes have none.
    words: Option<Box<WordList>>,
}

// Two in a cache line.
const _: () = assert!(size_of::<Slot>() <= 32);

impl Slot {
    /// What stands where nothing is stated of an attribute: its `absent`, if it has one.
    pub(super) fn blank(attribute: &Attribute) -> Self {
        let mut blank = Self::default();
        if let Some(absent) = &attribute.absent {
            blank.hold(&attribute.kind, absent);
            blank.defaulted = true;
        }
        blank
    }

    /// Holds what another does.
    pub(super) fn copy(&mut self, other: &Self) {
        let mut words = self.words.take();
        if let Some(others) = &other.words {
            words.get_or_insert_default().hold(others);
        }
        *self = Self { words, ..*other };
    }

    /// Holds a value that is its rank, or that what was given is none.
    #[inline]
    pub(super) fn write_rank(&mut self, rank: Option<i128>) {
        self.state = if rank.is_some() { State::Known } else { State::Malformed };
        self.form = Form::Rank;
        self.defaulted = false;
        self.attested = false;
        self.rank = rank.unwrap_or_default();
    }

    /// Holds a text.
    #[inline]
    pub(super) fn write_text(&mut self, text: &str) {
        self.write_rank(Some(0));
        self.form = Form::Text;
        self.words().keep(text);
    }

    /// Holds a value of another type, given as text, or that it is none.
    pub(super) fn write_spelled(&mut self, kind: &Kind, text: &str) {
        match kind {
            Kind::Version => {
                self.write_rank(text.parse().ok().map(Version::rank));
                self.words().keep(text);
            }
            Kind::Duration => {
                let value: Option<crate::model::Duration> = text.parse().ok();
                self.write_rank(value.map(|value| i128::from(value.as_micros())));
            }
            Kind::Instant => {
                let value: Option<Instant> = text.parse().ok();
                self.write_rank(value.map(|value| i128::from(value.as_micros())));
            }
            Kind::Bool | Kind::Integer | Kind::Enum(_) | Kind::String | Kind::Set(_) => {
                self.write_rank(None);
            }
        }
    }

    /// Holds words, or that they are none that the attribute takes.
    pub(super) fn write_words(&mut self, kind: &Kind, words: &[&str]) {
        let Kind::Set(listed) = kind else { return self.write_rank(None) };
        let known =
            |word: &&str| listed.as_ref().is_none_or(|listed| listed.iter().any(|l| **l == **word));
        self.write_rank(words.iter().all(known).then_some(0));
        self.form = Form::Words;
        let held = self.words();
        held.clear();
        words.iter().for_each(|word| held.push(word));
    }

    /// Where it holds text or words.
    fn words(&mut self) -> &mut WordList {
        self.words.get_or_insert_default()
    }

    /// Holds a value as it is held elsewhere, or that it is none of the attribute's.
    pub(super) fn hold(&mut self, kind: &Kind, value: &Value) {
        let rank = match (kind, value) {
            (Kind::Bool, Value::Bool(_))
            | (Kind::Integer, Value::Integer(_))
            | (Kind::Duration, Value::Duration(_))
            | (Kind::Instant, Value::Instant(_))
            | (Kind::Version, Value::Version(_)) => value.rank(),
            (Kind::Enum(words), Value::Text(word)) => {
                words.position(word).and_then(|place| i128::try_from(place).ok())
            }
            (Kind::String, Value::Text(_)) => Some(0),
            (Kind::Set(None), Value::Set(_)) => Some(0),
            (Kind::Set(Some(listed)), Value::Set(words)) => {
                words.iter().all(|word| listed.contains(word)).then_some(0)
            }
            _ => None,
        };
        self.state = if rank.is_some() { State::Known } else { State::Malformed };
        self.form = match kind {
            Kind::String => Form::Text,
            Kind::Set(_) => Form::Words,
            _ => Form::Rank,
        };
        self.defaulted = false;
        self.attested = false;
        self.rank = rank.unwrap_or_default();
        match value {
            Value::Text(text) => self.words().keep(text),
            Value::Version(version) => {
                let held = self.words();
                held.clear();
                // Writing to a String cannot fail.
                let _ = write!(held.text, "{version}");
            }
            Value::Set(words) => {
                let held = self.words();
                held.clear();
                words.iter().for_each(|word| held.push(word));
            }
            _ => {}
        }
    }

    /// Holds a value that evidence attests: of two that differ the worse. Where nothing says which
    /// is worse, the value is unknown, which never helps.
    pub(super) fn attest(&mut self, attribute: &Attribute, value: &Value) {
        if !self.attested {
            self.hold(&attribute.kind, value);
            self.attested = true;
            return;
        }
        match self.compared_with(&attribute.kind, value).zip(attribute.better) {
            Some((Ordering::Greater, Better::Greater) | (Ordering::Less, Better::Lesser)) => {
                self.hold(&attribute.kind, value);
                self.attested = true;
            }
            Some(_) => {}
            None if self.is(&attribute.kind, value) => {}
            None => self.state = State::Malformed,
        }
    }

    /// How the value held compares with another; `None` if they do not, or it is unknown.
    fn compared_with(&self, kind: &Kind, value: &Value) -> Option<Ordering> {
        let held = Some(self.rank).filter(|_| self.state == State::Known)?;
        match (kind, value) {
            (Kind::Enum(words), Value::Text(word)) => {
                words.compare(usize::try_from(held).ok()?, words.position(word)?)
            }
            _ => Some(held.cmp(&value.rank()?)),
        }
    }

    /// Whether the value held is this one.
    fn is(&self, kind: &Kind, value: &Value) -> bool {
        self.state == State::Known
            && match value {
                Value::Text(text) if *kind == Kind::String => self.text() == &**text,
                Value::Set(words) => {
                    let held = self.words.iter().flat_map(|held| held.iter());
                    held.eq(words.iter().map(|word| &**word))
                }
                _ => self.compared_with(kind, value) == Some(Ordering::Equal),
            }
    }

    /// Whether evidence attested the value.
    pub(super) fn is_attested(&self) -> bool {
        self.attested
    }

    /// Takes the value to be attested, as it was under another vocabulary.
    pub(super) fn keep_attested(&mut self) {
        self.attested = true;
    }

    /// The value, to compare by.
    #[inline]
    pub(super) fn reading(&self) -> Reading<'_> {
        match (self.state, self.form) {
            (State::Missing | State::Malformed, _) => Reading::Unknown,
            (State::Known, Form::Rank) => Reading::Rank(self.rank),
            (State::Known, Form::Text) => Reading::Text(self.text()),
            (State::Known, Form::Words) => {
                self.words.as_deref().map_or(Reading::Unknown, Reading::Words)
            }
        }
    }

    /// Gives the value as it was stated, if it was: to hold it under another vocabulary.
    pub(super) fn give<T>(&self, kind: &Kind, take: impl FnOnce(Given<'_>) -> T) -> Option<T> {
        let number = i64::try_from(self.rank).unwrap_or_default();
        let given = match (self.state, kind) {
            _ if self.is_blank() => return None,
            (State::Missing, _) => return None,
            (State::Malformed, _) => Given::Malformed,
            (State::Known, Kind::Bool) => Given::Bool(self.rank != 0),
            (State::Known, Kind::Integer) => Given::Integer(number),
            (State::Known, Kind::Duration) => {
                Given::Duration(crate::model::Duration::from_micros(number))
            }
            (State::Known, Kind::Instant) => Given::Instant(Instant::from_micros(number)),
            (State::Known, Kind::String | Kind::Version) => Given::Text(self.text()),
            (State::Known, Kind::Enum(words)) => {
                let word =
                    usize::try_from(self.rank).ok().and_then(|place| words.list().get(place));
                Given::Text(word.map_or("", |word| word))
            }
            (State::Known, Kind::Set(_)) => {
                let words: Vec<&str> = self.words.iter().flat_map(|held| held.iter()).collect();
                return Some(take(Given::Words(&words)));
            }
        };
        Some(take(given))
    }

    /// Whether nothing was stated.
    pub(super) fn is_blank(&self) -> bool {
        self.state == State::Missing || self.defaulted
    }

    /// Whether a value was stated, and is one.
    pub(super) fn is_stated(&self) -> bool {
        self.state == State::Known && !self.defaulted
    }

    /// The text that a string or a version was given as.
    pub(super) fn text(&self) -> &str {
        self.words.as_deref().map_or("", |held| &held.text)
    }

    /// Whether evidence may set an attribute.
    pub(super) fn may_attest(attribute: &Attribute) -> bool {
        attribute.source == SetBy::Evidence && !attribute.is_derived()
    }
}

/// The class of a value in a column that asks of it alone.
pub(super) fn class_of(question: &Question, reading: Reading<'_>) -> Class {
    match (question, reading) {
        (Question::Bool | Question::Word(_), Reading::Rank(rank)) => {
            i64::try_from(rank).map_or(UNKNOWN, class_of_place)
        }
        (Question::Rank(cuts), Reading::Rank(rank)) => class_of_rank(cuts, rank),
        (Question::Text(texts), Reading::Text(text)) => class_of_text(texts, text),
        (Question::Has(word), Reading::Words(words)) => answer(words.has(word)),
        (Question::Empty, Reading::Words(words)) => answer(words.is_empty()),
        _ => UNKNOWN,
    }
}

/// The class of a word by its place, and of a truth value: they count from 1.
#[inline]
pub(super) fn class_of_place(place: i64) -> Class {
    Class::try_from(place.wrapping_add(1)).unwrap_or(UNKNOWN)
}
