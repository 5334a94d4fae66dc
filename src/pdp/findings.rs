//! What proofs find wrong with a policy set.

use std::collections::{BTreeMap, BTreeSet};

use super::prover::Prover;
use crate::decide::{Request, decide};
use crate::explain::explain;
use crate::json::Place;
use crate::model::{Code, Finding, Severity};
use crate::policy::{Guarantee, MANIFEST, PolicySet};
use crate::prove::{
    Exception, GivenAway, Holds, Matters, Named, Proof, RuleStatus, Silence, Silences,
};

/// What there is to say of guarantees that are not proved.
fn of_guarantees(set: &PolicySet, proofs: &[Proof]) -> Vec<Finding> {
    let guarantees = set.guarantees().iter().zip(proofs);
    guarantees.filter_map(|(guarantee, proof)| of_guarantee(guarantee, &proof.holds)).collect()
}

fn of_guarantee(guarantee: &Guarantee, holds: &Holds) -> Option<Finding> {
    let id = &guarantee.id;
    let (severity, code, message, help) = match holds {
        Holds::Proved => return None,
        Holds::Broken(exception) => (
            Severity::Error,
            Code::BrokenGuarantee,
            format!("the guarantee `{id}` does not hold"),
            Some(witness(exception)),
        ),
        Holds::Unknown { budget } => (
            Severity::Warning,
            Code::NotProved,
            format!("whether the guarantee `{id}` holds could not be told in {budget} steps"),
            None,
        ),
    };
    let (file, at) = (guarantee.file.clone(), guarantee.at);
    Some(Finding { code, severity, file, at, message, help })
}

/// A request that breaks a guarantee, and the decision on it.
fn witness(exception: &Exception) -> String {
    let decision = decide(&exception.request);
    let word = if decision.is_permit() { "permit" } else { "deny" };
    let change = exception.change.as_ref().map_or(String::new(), |change| match &change.instead {
        Some(value) => format!("; with {}={value} instead, it is a permit", change.attribute),
        None => format!("; without {}, it is a permit", change.attribute),
    });
    let why = explain(&decision).administrator;
    format!("the request {} is a {word}{change}: {why}", stated(&exception.request))
}

/// The values of a request, as the command takes them.
fn stated(request: &Request) -> String {
    let stated = request.stated().map(|(name, value)| format!("{name}={value}"));
    let garbled = request.malformed().map(|name| format!("{name}=(no value of its type)"));
    let values: Vec<String> = stated.chain(garbled).collect();
    if values.is_empty() { "that states nothing".to_owned() } else { values.join(" ") }
}

/// What there is to say of values that can be withheld with profit, and of which it could not be told.
fn of_silences(silences: &Silences) -> Vec<Finding> {
    let start = Place { line: 1, column: 1 };
    let at = |severity, code, message, help| Finding {
        code,
        severity,
        file: MANIFEST.to_owned(),
        at: start,
        message,
        help: Some(help),
    };
    let undeclared = silences.found.iter().filter(|silence| silence.declared.is_empty());
    let help = |silence: &Silence| {
        format!(
            "the request {} is a deny; without {}, it is a permit. write what refuses it so that unknown refuses too; or say that unknown is all right there: `absent`, a `certain` deny, a `certain` branch",
            stated(&silence.request),
            silence.attribute
        )
    };
    let found = undeclared.map(|silence| {
        let message = format!("withholding `{}` turns a refusal into a permit", silence.attribute);
        at(Severity::Error, Code::SilenceHelps, message, help(silence))
    });
    let undecided = silences.undecided.iter().map(|attribute| {
        let message = format!("whether withholding `{attribute}` can help could not be told");
        let help = "raise the limit of steps, or ask for less in one condition".to_owned();
        at(Severity::Warning, Code::NotProved, message, help)
    });
    found.chain(undecided).collect()
}

/// What there is to say of rules that make no difference.
fn of_statuses(set: &PolicySet, statuses: &[RuleStatus]) -> Vec<Finding> {
    let owners: BTreeMap<&str, &str> =
        set.policies().iter().map(|policy| (policy.name.as_str(), policy.owner.as_str())).collect();
    let say = |status: &RuleStatus| {
        let rule = status.rule.rule.as_ref()?;
        let (message, help) = match &status.matters {
            Matters::Needed(_) | Matters::Explains | Matters::Trial => return None,
            Matters::Redundant(others) => (
                format!("the rule `{rule}` makes no difference to any request"),
                format!("{} say the same wherever it counts", names(others)),
            ),
            Matters::Dead { hidden_by, .. } if hidden_by.is_empty() => (
                format!("the rule `{rule}` never counts"),
                "no request meets its condition, or nothing is left to decide where one does"
                    .to_owned(),
            ),
            Matters::Dead { hidden_by, example } => {
                let owner = |policy: &str| owners.get(policy).copied();
                let own = owner(&status.rule.policy);
                let theirs = hidden_by.iter().filter(|hider| owner(&hider.policy) != own);
                let theirs: Vec<&str> = theirs.filter_map(|hider| owner(&hider.policy)).collect();
                let refused = format!("wherever it would, {} refuses", names(hidden_by));
                let theirs: BTreeSet<&str> = theirs.into_iter().collect();
                if theirs.is_empty() {
                    let message = format!("the rule `{rule}` never counts");
                    return Some((Severity::Warning, Code::IdleRule, message, Some(refused)));
                }
                let owners: Vec<String> = theirs.iter().map(|owner| format!("`{owner}`")).collect();
                let who = if owners.len() == 1 { "who does not" } else { "who do not" };
                let message = format!(
                    "the rule `{rule}` permits what is for {} to permit, {who}",
                    owners.join(" and ")
                );
                let example = example.as_ref().map_or(String::new(), |request| {
                    format!("; for example the request {}", stated(request))
                });
                let help = format!("{refused}{example}");
                return Some((Severity::Error, Code::NotTheirs, message, Some(help)));
            }
            Matters::Unknown => {
                let message = format!("whether the rule `{rule}` matters could not be told");
                return Some((Severity::Warning, Code::NotProved, message, None));
            }
        };
        Some((Severity::Warning, Code::IdleRule, message, Some(help)))
    };
    let mut found = Vec::new();
    for status in statuses {
        let Some((severity, code, message, help)) = say(status) else { continue };
        let policy = set.policies().iter().find(|policy| policy.name == status.rule.policy);
        let rule = policy.and_then(|policy| {
            policy.rules.iter().find(|rule| Some(&rule.id) == status.rule.rule.as_ref())
        });
        let (Some(policy), Some(rule)) = (policy, rule) else { continue };
        let (file, at) = (policy.file.clone(), rule.at);
        found.push(Finding { code, severity, file, at, message, help });
    }
    found
}

/// What there is to say of words that give away hidden facts.
fn of_given_away(set: &PolicySet, given_away: &[GivenAway]) -> Vec<Finding> {
    let say = |GivenAway { attribute, by, proved }: &GivenAway| {
        let first = by.first()?;
        let policy = set.policies().iter().find(|policy| policy.name == first.policy)?;
        let rule = policy.rules.iter().find(|rule| Some(&rule.id) == first.rule.as_ref())?;
        let (code, message) = if *proved {
            let message = format!(
                "what {} tell{} the user gives away `{attribute}`, which is hidden",
                names(by),
                if by.len() == 1 { "s" } else { "" }
            );
            (Code::GivesAway, message)
        } else {
            let what = "gives away a hidden attribute could not be told";
            (Code::NotProved, format!("whether what {} tells the user {what}", names(by)))
        };
        let help = "say what a deny that does not test it says, too, so that nobody can tell which of them it was".to_owned();
        let (severity, file, at) = (Severity::Warning, policy.file.clone(), rule.at);
        Some(Finding { code, severity, file, at, message, help: Some(help) })
    };
    given_away.iter().filter_map(say).collect()
}

/// Rules and silent policies, by name.
fn names(list: &[Named]) -> String {
    let names: Vec<String> = list.iter().map(Named::to_string).collect();
    names.join(", ")
}

/// Everything that proofs say of a policy set.
#[derive(Debug)]
pub struct Review {
    /// Every guarantee, decided.
    pub guarantees: Vec<Proof>,
    /// Every attribute that can be withheld with profit.
    pub silences: Silences,
    /// Whether each rule matters.
    pub statuses: Vec<RuleStatus>,
    /// What is wrong: false guarantees, and values that can be withheld with profit though no author
    /// declared it, and permits that are for another owner to give, who does not, are errors; rules
    /// that make no difference, words that give away hidden facts, and what could not be told,
    /// warnings.
    pub findings: Vec<Finding>,
}

impl Prover {
    /// Proves what there is to prove of the set.
    pub fn review(&self, set: &PolicySet) -> Review {
        let (guarantees, silences, statuses) =
            (self.guarantees(), self.silences(), self.statuses());
        let mut findings = of_guarantees(set, &guarantees);
        findings.extend(of_silences(&silences));
        findings.extend(of_statuses(set, &statuses));
        findings.extend(of_given_away(set, &self.given_away()));
        Review { guarantees, silences, statuses, findings }
    }

    /// What is wrong with the guarantees of the set: false ones are errors.
    pub(super) fn broken_guarantees(&self, set: &PolicySet) -> Vec<Finding> {
        of_guarantees(set, &self.guarantees())
    }
}
