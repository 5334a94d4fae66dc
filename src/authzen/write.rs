//! Decisions as AuthZEN responses.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::decide::{Decision, Merged, Obligation, RuleRef, Withheld};
use crate::explain::{Goal, Remedy, explain};
use crate::model::{Instant, Profile, Reason, RemedyBy};

/// The response to one evaluation.
#[derive(Debug, Serialize)]
pub struct Response<'d> {
    decision: bool,
    context: Context<'d>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Context<'d> {
    Decided(Box<Decided<'d>>),
    Failed { error: Failure },
}

/// Why one evaluation of a batch could not be read.
#[derive(Debug, Serialize)]
struct Failure {
    status: u16,
    message: String,
}

#[derive(Debug, Serialize)]
struct Decided<'d> {
    id: &'d str,
    reason: Reason,
    reason_admin: InEnglish,
    reason_user: InEnglish,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    obligations: Vec<WrittenObligation<'d>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    determining: Vec<Determining<'d>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remedies: Vec<WrittenRemedy<'d>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trial: Vec<Determining<'d>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_set: Option<&'d str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    digest: &'d str,
}

/// Text by language (BCP 47).
#[derive(Debug, Serialize)]
struct InEnglish {
    en: String,
}

/// An obligation of the AuthZEN obligations profile, draft 1.
#[derive(Debug, Serialize)]
struct WrittenObligation<'d> {
    id: String,
    #[serde(rename = "type")]
    profile: Profile,
    properties: BTreeMap<&'d str, Property<'d>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Property<'d> {
    Name(&'d str),
    Parameter(Merged),
}

#[derive(Debug, Serialize)]
struct Determining<'d> {
    policy: &'d str,
    rule: &'d str,
    because: &'d str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<&'d str>,
}

#[derive(Debug, Serialize)]
struct WrittenRemedy<'d> {
    change: BTreeMap<&'d str, Goal>,
    by: RemedyBy,
    #[serde(skip_serializing_if = "String::is_empty")]
    say: String,
    then: &'static str,
}

impl<'d> Response<'d> {
    /// The response that says what was decided. `id` tells it from others in a log.
    pub fn of(decision: &'d Decision<'_>, id: &'d str) -> Self {
        let explanation = explain(decision);
        let program = decision.request().program();
        let withheld =
            decision.withheld().into_iter().map(|Withheld { rule, lacks }| Determining {
                failed: lacks
                    .iter()
                    .map(|lack| program.vocabulary[lack.attribute].name.as_str())
                    .collect(),
                ..determining(rule)
            });
        let obligations = decision.obligations().enumerate();
        Self {
            decision: decision.is_permit(),
            context: Context::Decided(Box::new(Decided {
                id,
                reason: decision.reason(),
                reason_admin: InEnglish { en: explanation.administrator },
                reason_user: InEnglish { en: explanation.user },
                obligations: obligations
                    .map(|(place, obligation)| written(id, place, &obligation))
                    .collect(),
                determining: decision.determining().map(determining).chain(withheld).collect(),
                remedies: explanation.remedies.iter().map(remedy).collect(),
                trial: decision.trials().map(determining).collect(),
                valid_until: decision.valid_until(),
                policy_set: decision.policy_set(),
                digest: decision.digest(),
            })),
        }
    }

    /// The response to an evaluation of a batch that cannot be read: a refusal.
    pub fn failed(message: String) -> Self {
        Self {
            decision: false,
            context: Context::Failed { error: Failure { status: 400, message } },
        }
    }
}

fn determining(rule: RuleRef<'_>) -> Determining<'_> {
    Determining {
        policy: rule.policy(),
        rule: rule.id(),
        because: rule.because(),
        failed: Vec::new(),
    }
}

fn written<'d>(decision: &str, place: usize, obligation: &Obligation<'d>) -> WrittenObligation<'d> {
    let name = std::iter::once(("name", Property::Name(obligation.name())));
    let parameters =
        obligation.parameters().map(|(name, value)| (name, Property::Parameter(value.clone())));
    WrittenObligation {
        id: format!("{decision}-{}", place + 1),
        profile: obligation.declaration().profile,
        properties: parameters.chain(name).collect(),
    }
}

fn remedy<'d>(remedy: &Remedy<'d>) -> WrittenRemedy<'d> {
    let change = remedy.changes.iter().map(|change| (change.attribute, change.goal.clone()));
    WrittenRemedy { change: change.collect(), by: remedy.by(), say: remedy.say(), then: "permit" }
}
