//! Obligations of a decision: those of several rules, merged.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::request::Request;
use crate::model::{Merge, ObligationId, ObligationType, Value};
use crate::program::{ArgumentValue, Program, RuleEntry};

/// Something that the gateway must do along with a decision.
#[derive(Clone, Debug)]
pub struct Obligation<'d> {
    of: &'d ObligationType,
    parameters: Vec<(&'d str, Merged)>,
}

/// The value of a parameter, after merging.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum Merged {
    /// One value.
    One(Value),
    /// Every different value, sorted.
    All(Vec<Value>),
}

impl<'d> Obligation<'d> {
    /// The obligation `id`, its parameters merged over the rules that bring it. `bare` if it is brought
    /// by no rule as well: by a step-up.
    pub(super) fn merged(
        program: &'d Program,
        request: &Request,
        id: ObligationId,
        rules: &[&RuleEntry],
        bare: bool,
    ) -> Self {
        let of = &program.vocabulary[id];
        let merged = of.parameters.iter().enumerate().filter_map(|(place, parameter)| {
            // A rule that brings the obligation and does not set the parameter means the default.
            let bringing = rules.iter().filter(|rule| rule.obligations & id.bit() != 0);
            let mut values: Vec<Value> = bringing
                .filter_map(|rule| {
                    let mut arguments = rule.arguments.iter();
                    let set = arguments.find(|set| set.obligation == id && set.parameter == place);
                    let value = set.and_then(|set| match &set.value {
                        ArgumentValue::Fixed(value) => Some(value.clone()),
                        ArgumentValue::Of(attribute) => request.value_of(*attribute),
                    });
                    value.or_else(|| parameter.default.clone())
                })
                .collect();
            values.extend(parameter.default.clone().filter(|_| bare));
            values.sort();
            values.dedup();
            Some((parameter.name.as_str(), merge(parameter.merge, values)?))
        });
        Self { of, parameters: merged.collect() }
    }

    /// Its name, as in `limit-session`.
    pub fn name(&self) -> &'d str {
        &self.of.name
    }

    /// Its declaration.
    pub fn declaration(&self) -> &'d ObligationType {
        self.of
    }

    /// Its parameters.
    pub fn parameters(&self) -> impl Iterator<Item = (&'d str, &Merged)> {
        self.parameters.iter().map(|(name, value)| (*name, value))
    }

    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&Merged> {
        self.parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// What sorted values, each once, come to.
fn merge(merge: Merge, values: Vec<Value>) -> Option<Merged> {
    match merge {
        Merge::Least => values.into_iter().next().map(Merged::One),
        Merge::Most => values.into_iter().next_back().map(Merged::One),
        Merge::All => (!values.is_empty()).then_some(Merged::All(values)),
        Merge::Union => {
            let mut sets = values
                .into_iter()
                .filter_map(|value| if let Value::Set(words) = value { Some(words) } else { None });
            let mut words = sets.next()?;
            words.extend(sets.flatten());
            words.sort();
            words.dedup();
            Some(Merged::One(Value::Set(words)))
        }
    }
}

impl Serialize for Obligation<'_> {
    /// `{ "name": …, "parameters": { … } }`, the parameters left out where there are none.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Parameters<'o, 'd>(&'o Obligation<'d>);
        impl Serialize for Parameters<'_, '_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.parameters())
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.name())?;
        if !self.parameters.is_empty() {
            map.serialize_entry("parameters", &Parameters(self))?;
        }
        map.end()
    }
}
