//! Regions of requests, in words.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::goal::Goal;
use crate::model::{Kind, Value};
use crate::program::{Question, UNKNOWN};
use crate::prove::Region;

/// What the requests of a region have in common: the values that an attribute may have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trait<'r> {
    /// The attribute.
    pub attribute: &'r str,
    /// The known values that it may have; `None` if none of them.
    pub is: Option<Goal>,
    /// Whether it may be unknown.
    pub or_unknown: bool,
}

impl Trait<'_> {
    /// Whether it does no more than keep another rule from taking part: not being known would do as
    /// well.
    pub fn only_excludes(&self) -> bool {
        self.is.is_some() && self.or_unknown
    }
}

impl Region {
    /// What its requests have in common, by attributes that matter; what only excludes other rules
    /// comes last. Several may be about one attribute.
    pub fn traits(&self) -> Vec<Trait<'_>> {
        let traits = self.traits.iter().filter_map(|(id, classes)| {
            let column = self.program.columns.get(id.index())?;
            let attribute = &self.program.vocabulary[column.attribute];
            // A derived value is always known.
            let or_unknown = classes.contains(UNKNOWN) && !attribute.is_derived();
            let is = match (classes.is_single() && classes.contains(UNKNOWN), &column.question) {
                (true, _) => None,
                (_, Question::Word(_)) => {
                    Some(shorter(Goal::of(&self.program, *id, classes)?, &attribute.kind))
                }
                _ => Some(Goal::of(&self.program, *id, classes)?),
            };
            Some(Trait { attribute: &attribute.name, is, or_unknown })
        });
        let mut traits: Vec<Trait<'_>> = traits.collect();
        traits.sort_by_key(Trait::only_excludes);
        traits
    }
}

/// Most of the listed words, said by those that are left out.
fn shorter(goal: Goal, kind: &Kind) -> Goal {
    let (Goal::OneOf(values), Kind::Enum(words)) = (&goal, kind) else { return goal };
    let all = words.list().iter().map(|word| Value::Text(word.clone()));
    let others: Vec<Value> = all.filter(|value| !values.contains(value)).collect();
    if others.len() * 2 < values.len() { Goal::NoneOf(others) } else { goal }
}

/// `action` is `sync` or `share`; `device.reported_lost` is `false`, or unknown.
impl fmt::Display for Trait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is ", self.attribute)?;
        match (&self.is, self.or_unknown) {
            (None, _) => f.write_str("unknown"),
            (Some(goal), false) => goal.fmt(f),
            (Some(goal), true) => write!(f, "{goal}, or unknown"),
        }
    }
}

/// `{ "attribute": …, "is": constraint, "or_unknown": true }`; without `is` where it is unknown.
impl Serialize for Trait<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("attribute", self.attribute)?;
        if let Some(goal) = &self.is {
            map.serialize_entry("is", goal)?;
        }
        if self.or_unknown {
            map.serialize_entry("or_unknown", &true)?;
        }
        map.end()
    }
}

/// `action` is `sync` or `share`; `device.posture` is `managed`.
impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let traits: Vec<String> = self.traits().iter().map(ToString::to_string).collect();
        if traits.is_empty() {
            f.write_str("every request")
        } else {
            f.write_str(&traits.join("; "))
        }
    }
}
