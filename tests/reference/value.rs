//! Values: what the words of a request, a literal or a parameter come to.

use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Instants and durations are numbers too: of microseconds.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Value {
    Bool(bool),
    Number(i64),
    Version(Vec<u32>),
    Text(String),
    /// The words of a set, or all the values of a parameter.
    Several(BTreeSet<Value>),
}

impl Value {
    pub fn number(&self) -> i64 {
        if let Self::Number(number) = self { *number } else { panic!("{self:?} is no number") }
    }

    /// A word alone is a set of one.
    pub fn words(&self) -> BTreeSet<Self> {
        if let Self::Several(words) = self { words.clone() } else { [self.clone()].into() }
    }

    /// Words of an inner list of `order` do not compare with each other.
    pub fn compares(&self, bound: &str, other: &Self, declaration: &Json) -> bool {
        let ranks = ranks(declaration);
        let rank = |value: &Self| ranks.iter().position(|rank| rank.contains(value));
        let ordering = rank(self).cmp(&rank(other));
        let compare = self == other || ordering.is_ne() || rank(self).is_none();
        let ordering = ordering.then_with(|| self.cmp(other));
        match bound {
            "at_least" => compare && ordering.is_ge(),
            "at_most" => compare && ordering.is_le(),
            "above" => compare && ordering.is_gt(),
            _ => compare && ordering.is_lt(),
        }
    }
}

/// What the values that rules give a parameter come to.
pub fn merge(parameter: &Json, values: BTreeSet<Value>) -> Option<Value> {
    match parameter["merge"].as_str()? {
        "least" => values.first().cloned(),
        "most" => values.last().cloned(),
        _ if values.is_empty() => None,
        "union" => Some(Value::Several(values.iter().flat_map(Value::words).collect())),
        _ => Some(Value::Several(values)),
    }
}

/// Reads a value of a declared attribute or parameter; what cannot be read is unknown.
pub fn read(declaration: &Json, json: &Json) -> Option<Value> {
    let word = |json| {
        word(json).filter(|word| {
            let ranks = ranks(declaration);
            ranks.is_empty() || ranks.iter().any(|rank| rank.contains(word))
        })
    };
    match declaration["type"].as_str()? {
        "bool" => json.as_bool().map(Value::Bool),
        "integer" => json.as_i64().map(Value::Number),
        "duration" => duration(json.as_str()?).map(Value::Number),
        "instant" => instant(json.as_str()?).map(Value::Number),
        "version" => version(json.as_str()?).map(Value::Version),
        "set" => json.as_array()?.iter().map(word).collect::<Option<_>>().map(Value::Several),
        _ => word(json),
    }
}

/// The best value that there can be; an instant has none of its own.
pub fn best(declaration: &Json) -> Option<Value> {
    let is_high = declaration["better"] == "higher" || declaration["better"] == true;
    let ranks = ranks(declaration);
    match declaration["type"].as_str()? {
        "instant" => None,
        "bool" => Some(Value::Bool(is_high)),
        "version" => Some(Value::Version(vec![if is_high { u32::MAX / 2 } else { 0 }; 4])),
        "enum" => if is_high { ranks.last()?.last() } else { ranks.first()?.first() }.cloned(),
        _ => Some(Value::Number(if is_high { i64::MAX } else { i64::MIN })),
    }
}

/// The words listed; by `order`, lowest first.
fn ranks(declaration: &Json) -> Vec<Vec<Value>> {
    let listed = declaration["order"].as_array().or(declaration["values"].as_array());
    let rank = |rank: &Json| match rank.as_array() {
        Some(words) => words.iter().filter_map(word).collect(),
        None => word(rank).into_iter().collect(),
    };
    listed.into_iter().flatten().map(rank).collect()
}

pub fn word(json: &Json) -> Option<Value> {
    json.as_str().map(|word| Value::Text(word.to_owned()))
}

fn version(text: &str) -> Option<Vec<u32>> {
    let number = |part: &str| part.parse().ok().filter(|n| *n < 1 << 31 && !part.starts_with('+'));
    let mut numbers = text.split('.').map(number).collect::<Option<Vec<_>>>()?;
    numbers.resize(numbers.len().max(4), 0);
    (numbers.len() == 4).then_some(numbers)
}

fn instant(text: &str) -> Option<i64> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    i64::try_from(instant.as_nanosecond().div_euclid(1_000)).ok()
}

/// Refuses months and years, whose length varies.
pub fn duration(text: &str) -> Option<i64> {
    let span: jiff::Span = text.parse().ok()?;
    let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    i64::try_from(length.as_micros()).ok()
}
