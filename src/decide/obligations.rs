//! Obligations of a decision: those of several rules, merged.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::decision::{Decision, on_refusal};
use super::outcome::{needed, outcome};
use super::row::Instead;
use crate::model::{AttributeId, Merge, ObligationId, ObligationType, Parameter, Reason, Value};
use crate::program::{ArgumentValue, RuleEntry, bits};

/// Something that the gateway must do along with a decision.
#[derive(Clone, Copy, Debug)]
pub struct Obligation<'d> {
    decision: &'d Decision<'d>,
    id: ObligationId,
    /// Whether it is brought by no rule as well: by a step-up.
    bare: bool,
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

impl Decision<'_> {
    /// What the gateway must do with it, in the order of the vocabulary.
    ///
    /// Of a permit, every one must be carried out, or it is none. Of a refusal, what the gateway
    /// cannot do changes nothing.
    pub fn obligations(&self) -> impl Iterator<Item = Obligation<'_>> {
        let step_ups = if self.is_permit() { 0 } else { self.step_ups() };
        // Of a permit, no more can be brought than what its part of the rules has.
        let bucket = self.bucket().filter(|_| self.is_permit());
        let most = bucket.map_or(u64::MAX, |bucket| bucket.obligations);
        let mut wanted = step_ups;
        let mut bringing = self.bringing_obligations();
        while wanted != most
            && let Some(rule) = bringing.next()
        {
            wanted |= rule.obligations;
        }
        ids(wanted).map(move |id| Obligation::new(self, id, step_ups & id.bit() != 0))
    }

    /// Which obligations a permit carries; of a refusal, none.
    pub fn obligations_of_permit(&self) -> impl Iterator<Item = ObligationId> {
        let bucket = self.bucket().filter(|_| self.is_permit());
        let rules =
            bucket.into_iter().flat_map(|bucket| needed(self.program(), bucket, self.row()));
        ids(rules.fold(0, |wanted, rule| wanted | rule.obligations))
    }

    /// The rules whose obligations it carries; one may come more than once.
    pub(super) fn bringing_obligations(&self) -> impl Iterator<Item = &RuleEntry> {
        let (permit, refusal) =
            if self.is_permit() { (self.bucket(), None) } else { (None, Some(self)) };
        let needed =
            permit.into_iter().flat_map(|bucket| needed(self.program(), bucket, self.row()));
        let brings = |rule: &RuleEntry, _| rule.obligations != 0 && self.attaches_to_refusal(rule);
        let on_deny =
            refusal.into_iter().flat_map(move |refusal| refusal.rules(on_refusal, brings));
        needed.chain(on_deny.map(|found| found.rule))
    }

    /// The obligations that ask for what alone keeps this from being a permit.
    fn step_ups(&self) -> u64 {
        if self.reason() == Reason::Unavailable {
            return 0;
        }
        let steps_up = |(id, attributes): (&ObligationId, &Vec<AttributeId>)| {
            let row = self.request().row_at_best(attributes);
            let permitted =
                outcome(self.request(), row, Instead::Best(attributes)).0 == Reason::Permitted;
            if permitted { id.bit() } else { 0 }
        };
        self.program().step_ups.iter().map(steps_up).fold(0, |bits, bit| bits | bit)
    }
}

impl<'d> Obligation<'d> {
    pub(super) fn new(decision: &'d Decision<'d>, id: ObligationId, bare: bool) -> Self {
        Self { decision, id, bare }
    }

    /// Its name, as in `limit-session`.
    pub fn name(&self) -> &'d str {
        &self.declaration().name
    }

    /// Its declaration.
    pub fn declaration(&self) -> &'d ObligationType {
        &self.decision.program().vocabulary[self.id]
    }

    /// Its parameters, merged over the rules that bring it.
    pub fn parameters(&self) -> impl Iterator<Item = (&'d str, Merged)> {
        let own = *self;
        let parameters = self.declaration().parameters.iter().enumerate();
        parameters.filter_map(move |(place, parameter)| {
            Some((parameter.name.as_str(), own.merged(place, parameter)?))
        })
    }

    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<Merged> {
        let mut parameters = self.declaration().parameters.iter().enumerate();
        let (place, parameter) = parameters.find(|(_, parameter)| parameter.name == name)?;
        self.merged(place, parameter)
    }

    fn merged(&self, place: usize, parameter: &Parameter) -> Option<Merged> {
        let Self { decision, id, bare } = *self;
        // A rule that brings the obligation and does not set the parameter means the default.
        let bringing =
            decision.bringing_obligations().filter(|rule| rule.obligations & id.bit() != 0);
        let values = bringing.filter_map(|rule| {
            let mut arguments = decision.program().arguments(rule).iter();
            let set = arguments.find(|set| set.obligation == id && set.parameter == place);
            let value = set.and_then(|set| match &set.value {
                ArgumentValue::Fixed(value) => Some(value.clone()),
                ArgumentValue::Of(attribute) => decision.request().value_of(*attribute),
            });
            value.or_else(|| parameter.default.clone())
        });
        merge(parameter.merge, values.chain(parameter.default.clone().filter(|_| bare)))
    }
}

/// The obligations of a set of bits.
fn ids(wanted: u64) -> impl Iterator<Item = ObligationId> {
    bits(0, wanted).filter_map(|place| u8::try_from(place).ok().map(ObligationId))
}

/// What values come to.
fn merge(merge: Merge, values: impl Iterator<Item = Value>) -> Option<Merged> {
    match merge {
        Merge::Least => values.min().map(Merged::One),
        Merge::Most => values.max().map(Merged::One),
        Merge::All => {
            let mut values: Vec<Value> = values.collect();
            values.sort();
            values.dedup();
            (!values.is_empty()).then_some(Merged::All(values))
        }
        Merge::Union => {
            let mut sets = values
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
        if self.parameters().next().is_some() {
            map.serialize_entry("parameters", &Parameters(self))?;
        }
        map.end()
    }
}
