//! What would satisfy a condition, in the words of the policy language.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::join::{join, quote};
use crate::decide::Request;
use crate::model::{AttributeId, Comparison, Kind, Share, Value};
use crate::program::{Class, ClassSet, ColumnId, NO, Program, Question, Relation, UNKNOWN, YES};

/// A constraint that some classes of a column come to, as an author would write it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Goal {
    /// One of these values.
    OneOf(Vec<Value>),
    /// None of these values.
    NoneOf(Vec<Value>),
    /// Within bounds.
    Bounds(Vec<(&'static str, Value)>),
    /// At a distance from now within bounds.
    FromNow(Vec<(&'static str, Value)>),
    /// One of these.
    Any(Vec<Self>),
    /// A set with the word, or without it.
    Has(Box<str>, bool),
    /// A set without words, or with some.
    Empty(bool),
    /// Related so to another attribute, or not.
    Relates(&'static str, String, bool),
    /// Known, whatever it is.
    Known,
}

impl Goal {
    /// What the classes of a column come to.
    pub(crate) fn of(program: &Program, column: ColumnId, wanted: &ClassSet) -> Option<Self> {
        let column = program.columns.get(column.index())?;
        let kind = &program.vocabulary[column.attribute].kind;
        let (yes, no) = (wanted.contains(YES), wanted.contains(NO));
        Some(match &column.question {
            _ if (1..column.classes())
                .all(|class| Class::try_from(class).is_ok_and(|class| wanted.contains(class))) =>
            {
                Self::Known
            }
            Question::Bool => Self::OneOf(vec![Value::Bool(yes)]),
            Question::Word(_) => {
                let Kind::Enum(words) = kind else { return None };
                let word = |class: Class| {
                    Some(Value::Text(words.list().get(usize::from(class).checked_sub(1)?)?.clone()))
                };
                Self::OneOf(
                    wanted.iter().filter(|class| *class != UNKNOWN).filter_map(word).collect(),
                )
            }
            Question::Text(texts) => {
                let listed = |with: bool| {
                    let texts = (2..)
                        .zip(texts.iter())
                        .filter(|(class, _)| wanted.contains(*class) == with);
                    texts.map(|(_, text)| Value::Text(text.clone())).collect()
                };
                if wanted.contains(1) {
                    Self::NoneOf(listed(false))
                } else {
                    Self::OneOf(listed(true))
                }
            }
            Question::Rank(cuts) => {
                Self::of_runs(wanted, |run| Self::Bounds(bounds(cuts, run, kind)))
            }
            Question::FromNow(cuts) => {
                Self::of_runs(wanted, |run| Self::FromNow(bounds(cuts, run, &Kind::Duration)))
            }
            Question::Has(word) => Self::Has(word.clone(), !no),
            Question::Empty => Self::Empty(!no),
            Question::Relates(relation, other) => Self::Relates(
                relation_word(*relation),
                program.vocabulary[*other].name.clone(),
                !no,
            ),
        })
    }

    /// What runs of classes come to, one after the other.
    fn of_runs(wanted: &ClassSet, goal: impl Fn((Class, Class)) -> Self) -> Self {
        let mut runs: Vec<(Class, Class)> = Vec::new();
        for class in wanted.iter().filter(|class| *class != UNKNOWN) {
            match runs.last_mut().filter(|(_, last)| *last + 1 == class) {
                Some((_, last)) => *last = class,
                None => runs.push((class, class)),
            }
        }
        match runs.as_slice() {
            [run] => goal(*run),
            runs => Self::Any(runs.iter().map(|run| goal(*run)).collect()),
        }
    }

    /// One value to reach, if there is just one.
    pub(crate) fn value(&self) -> Option<&Value> {
        if let Self::OneOf(values) = self
            && let [value] = values.as_slice()
        {
            return Some(value);
        }
        None
    }
}

fn relation_word(relation: Relation) -> &'static str {
    match relation {
        Relation::Compares(comparison) => comparison_word(comparison),
        Relation::Same => "same_as",
        Relation::In => "in",
        Relation::HasWord => "contains",
        Relation::Has(Share::Any) => "contains_any",
        Relation::Has(Share::All) => "contains_all",
    }
}

fn comparison_word(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::AtLeast => "at_least",
        Comparison::AtMost => "at_most",
        Comparison::Above => "above",
        Comparison::Below => "below",
    }
}

/// The bounds of a run of classes, from the first to the last.
fn bounds(cuts: &[i128], (first, last): (Class, Class), kind: &Kind) -> Vec<(&'static str, Value)> {
    let mut bounds = Vec::new();
    let cut = |class: Class, back: usize| cuts.get(usize::from(class).checked_sub(back)?).copied();
    if let Some(value) = cut(first, 2).and_then(|cut| kind.value_of_rank(cut)) {
        bounds.push(("at_least", value));
    }
    if let Some(cut) = cut(last, 1) {
        // Whole numbers read better with the bound that is still allowed.
        let (word, rank) =
            if *kind == Kind::Integer { ("at_most", cut - 1) } else { ("below", cut) };
        bounds.extend(kind.value_of_rank(rank).map(|value| (word, value)));
    }
    bounds
}

impl Serialize for Goal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Map<'g>(&'g [(&'static str, Value)]);
        impl Serialize for Map<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(word, value)| (word, value)))
            }
        }
        fn one<S: Serializer>(
            serializer: S,
            key: &str,
            value: &impl Serialize,
        ) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry(key, value)?;
            map.end()
        }
        match self {
            Self::OneOf(values) => match values.as_slice() {
                [value] => value.serialize(serializer),
                values => values.serialize(serializer),
            },
            Self::NoneOf(values) => one(serializer, "not", values),
            Self::Bounds(bounds) => Map(bounds).serialize(serializer),
            Self::FromNow(bounds) => one(serializer, "from_now", &Map(bounds)),
            Self::Any(goals) => one(serializer, "any", goals),
            Self::Has(word, true) => one(serializer, "contains", word),
            Self::Has(word, false) => one(serializer, "contains_none", &[word]),
            Self::Empty(empty) => one(serializer, "empty", empty),
            Self::Relates(word, other, holds) => {
                let mut inner = serializer.serialize_map(Some(1))?;
                let word = if *holds { (*word).to_owned() } else { format!("not {word}") };
                inner.serialize_entry(&word, other)?;
                inner.end()
            }
            Self::Known => one(serializer, "known", &true),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneOf(values) => join(f, " or ", values, quote),
            Self::NoneOf(values) => {
                f.write_str("not ")?;
                join(f, " or ", values, quote)
            }
            Self::Bounds(bounds) => join(f, " and ", bounds, |f, (word, value)| {
                spaced(f, word)?;
                f.write_str(" ")?;
                value.fmt(f)
            }),
            Self::FromNow(bounds) => {
                join(f, " and ", bounds, |f, (word, value)| f.write_str(&from_now(word, value)))
            }
            Self::Any(goals) => join(f, " or ", goals, |f, goal| goal.fmt(f)),
            Self::Has(word, true) => write!(f, "a set with `{word}`"),
            Self::Has(word, false) => write!(f, "a set without `{word}`"),
            Self::Empty(true) => f.write_str("empty"),
            Self::Empty(false) => f.write_str("not empty"),
            Self::Relates(word, other, holds) => {
                f.write_str(if *holds { "" } else { "not " })?;
                spaced(f, word)?;
                write!(f, " `{other}`")
            }
            Self::Known => f.write_str("known"),
        }
    }
}

/// Writes a word of the policy language as several.
fn spaced(f: &mut fmt::Formatter<'_>, word: &str) -> fmt::Result {
    join(f, " ", word.split('_'), |f, part| f.write_str(part))
}

/// A bound on the distance from now, in words: `at most 15m ago`, `in the future`.
fn from_now(word: &str, bound: &Value) -> String {
    use std::cmp::Ordering::{Equal, Greater, Less};
    const SECOND: i128 = 1_000_000;
    let micros = bound.rank().unwrap_or_default();
    // A bound that a condition leaves out is one microsecond further.
    let left_out = micros.rem_euclid(SECOND) == 1;
    let base = if left_out { micros - 1 } else { micros };
    let length = Kind::Duration.value_of_rank(base.abs());
    let length = length.map_or_else(String::new, |value| value.to_string());
    let than = match (word == "at_least", left_out, base.cmp(&0)) {
        (true, false, Equal) => return "now or later".to_owned(),
        (true, true, Equal) => return "in the future".to_owned(),
        (false, false, Equal) => return "before now".to_owned(),
        (false, true, Equal) => return "past".to_owned(),
        (true, false, Less) | (false, true, Greater) => "at most",
        (true, true, Less) | (false, false, Greater) => "less than",
        (false, false, Less) | (true, true, Greater) => "more than",
        (true, false, Greater) | (false, true, Less) => "at least",
    };
    format!("{than} {length} {}", if base < 0 { "ago" } else { "from now" })
}

/// Writes the value of an attribute of a request: what it is, or that it is not known.
pub(crate) fn write_stated(
    f: &mut fmt::Formatter<'_>,
    request: &Request,
    attribute: AttributeId,
) -> fmt::Result {
    match request.value_of(attribute) {
        Some(Value::Set(words)) if words.is_empty() => f.write_str("it is empty"),
        Some(value) => {
            f.write_str("it is ")?;
            quote(f, value)
        }
        None if request.is_malformed(attribute) => f.write_str("what was stated is no value of it"),
        None => f.write_str("it is not known"),
    }
}
