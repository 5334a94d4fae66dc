//! Decisions as AuthZEN responses, written as they are worked out.

use std::collections::BTreeMap;

use super::text::Text;
use crate::decide::{Decision, Obligation, RuleRef};
use crate::explain::{ForAdministrator, ForUser, NAMED, Remedy, named, remedies};

/// Adds the response that says what was decided. `id` tells it from others in a log.
pub fn write_decision(decision: &Decision<'_>, id: &str, out: &mut Vec<u8>) {
    let (remedies, withheld) = (&remedies(decision), &named(decision.withheld()));
    let mut out = Text::new(out);
    out.json(if decision.is_permit() { "{\"decision\":true" } else { "{\"decision\":false" });
    out.json(",\"context\":{\"id\":");
    out.string(id);
    out.json(",\"reason\":");
    out.string(decision.reason().as_str());
    // Text by language (BCP 47).
    out.json(",\"reason_admin\":{\"en\":");
    out.words(&ForAdministrator { decision, withheld });
    out.json("},\"reason_user\":{\"en\":");
    out.words(&ForUser { decision, remedies });
    out.json("}");
    let obligations = (1..).zip(decision.obligations());
    out.list((",\"obligations\":[", "]"), obligations, |out, (number, obligation)| {
        write_obligation(&obligation, (id, number), out);
    });
    let nearly = withheld.iter().map(|withheld| (withheld.rule, withheld.lacks.as_slice()));
    let mut determining = decision.determining().map(|rule| (rule, [].as_slice())).chain(nearly);
    let named = determining.by_ref().take(NAMED);
    out.list((",\"determining\":[", "]"), named, |out, (rule, lacks)| {
        write_rule(rule, out);
        let vocabulary = &decision.request().program().vocabulary;
        let failed = lacks.iter().map(|lack| &vocabulary[lack.attribute].name);
        out.list((",\"failed\":[", "]"), failed, |out, name| out.string(name));
        out.json("}");
    });
    if determining.next().is_some() {
        out.json(",\"determining_more\":true");
    }
    out.list((",\"remedies\":[", "]"), remedies.iter(), write_remedy);
    let mut trials = decision.trials();
    out.list((",\"trial\":[", "]"), trials.by_ref().take(NAMED), |out, rule| {
        write_rule(rule, out);
        out.json("}");
    });
    if trials.next().is_some() {
        out.json(",\"trial_more\":true");
    }
    if let Some(until) = decision.valid_until() {
        out.json(",\"valid_until\":");
        out.words(&until);
    }
    if let Some(set) = decision.policy_set() {
        out.json(",\"policy_set\":");
        out.string(set);
    }
    if !decision.digest().is_empty() {
        out.json(",\"digest\":");
        out.string(decision.digest());
    }
    out.json("}}");
}

/// Adds the response to an evaluation that cannot be read: a refusal.
pub fn write_failure(message: &str, out: &mut Vec<u8>) {
    let mut out = Text::new(out);
    out.json("{\"decision\":false,\"context\":{\"error\":{\"status\":400,\"message\":");
    out.string(message);
    out.json("}}}");
}

/// Adds an obligation of the AuthZEN obligations profile, draft 1: a number after the id of the
/// decision is its own. Its name stands among its parameters, by name.
fn write_obligation(obligation: &Obligation<'_>, (id, number): (&str, usize), out: &mut Text<'_>) {
    out.json("{\"id\":");
    out.words(&format_args!("{id}-{number}"));
    out.json(",\"type\":");
    out.value(&obligation.declaration().profile);
    out.json(",\"properties\":{");
    let parameters = &obligation.declaration().parameters;
    let names = || parameters.iter().map(|parameter| parameter.name.as_str()).chain(["name"]);
    let (mut next, mut some) = (names().min(), false);
    // There are few: to sort them would cost more.
    while let Some(name) = next {
        // A parameter that is called so gives way.
        let value = if name == "name" { None } else { obligation.parameter(name) };
        if name == "name" || value.is_some() {
            out.json(if some { "," } else { "" });
            some = true;
            out.string(name);
            out.json(":");
            match value {
                Some(value) => out.value(&value),
                None => out.string(obligation.name()),
            }
        }
        next = names().filter(|other| *other > name).min();
    }
    out.json("}}");
}

/// Adds a rule, without the end of the object.
fn write_rule(rule: RuleRef<'_>, out: &mut Text<'_>) {
    out.json("{\"policy\":");
    out.string(rule.policy());
    out.json(",\"rule\":");
    out.string(rule.id());
    out.json(",\"because\":");
    out.string(rule.because());
}

/// Adds a remedy.
fn write_remedy(out: &mut Text<'_>, remedy: &Remedy<'_>) {
    out.json("{\"change\":");
    let changes = remedy.changes.iter().map(|change| (change.attribute, &change.goal));
    out.value(&changes.collect::<BTreeMap<_, _>>());
    out.json(",\"by\":");
    out.value(&remedy.by());
    let say = remedy.say();
    if !say.is_empty() {
        out.json(",\"say\":");
        out.string(&say);
    }
    out.json(",\"then\":\"permit\"}");
}
