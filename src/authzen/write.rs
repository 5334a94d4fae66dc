//! Decisions as AuthZEN responses, written as they are worked out.

use super::text::Text;
use crate::decide::{Decision, Obligation, RuleRef};
use crate::explain::{ForAdministrator, ForUser, NAMED, Named, Remedy, remedies};

/// Adds the response that says what was decided. `id` tells it from others in a log.
pub fn write_decision(decision: &Decision<'_>, id: &str, out: &mut Vec<u8>) {
    let (remedies, named) = (&remedies(decision), &Named::of(decision));
    let mut out = Text::new(out);
    out.json(if decision.is_permit() { "{\"decision\":true" } else { "{\"decision\":false" });
    out.json(",\"context\":{\"id\":");
    out.string(id);
    out.json(",\"reason\":");
    out.string(decision.reason().as_str());
    // Text by language (BCP 47).
    out.json(",\"reason_admin\":{\"en\":");
    out.words(&ForAdministrator { decision, named });
    out.json("},\"reason_user\":{\"en\":");
    out.words(&ForUser { decision, remedies });
    out.json("}");
    let obligations = (1..).zip(decision.obligations());
    out.list((",\"obligations\":[", "]"), obligations, |out, (number, obligation)| {
        write_obligation(&obligation, (id, number), out);
    });
    let nearly = named.withheld.iter().map(|withheld| (withheld.rule, withheld.lacks.as_slice()));
    let mut determining = named.determining().map(|rule| (rule, [].as_slice())).chain(nearly);
    let first = determining.by_ref().take(NAMED);
    out.list((",\"determining\":[", "]"), first, |out, (rule, lacks)| {
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
    out.quoted(|out| {
        out.json(id);
        out.json("-");
        out.value(&number);
    });
    out.json(",\"type\":");
    out.value(&obligation.declaration().profile);
    out.json(",\"properties\":{");
    let parameters = &obligation.declaration().parameters;
    let names = || parameters.iter().map(|parameter| parameter.name.as_str()).chain(["name"]);
    let mut before = "";
    for name in in_order(names) {
        // A parameter that is called so gives way.
        let value = if name == "name" { None } else { obligation.parameter(name) };
        if name == "name" || value.is_some() {
            out.json(before);
            before = ",";
            out.string(name);
            out.json(":");
            match value {
                Some(value) => out.value(&value),
                None => out.string(obligation.name()),
            }
        }
    }
    out.json("}}");
}

/// A few names, sorted, each once. To collect and sort them would cost more.
fn in_order<'n, N: Iterator<Item = &'n str>>(
    names: impl Fn() -> N,
) -> impl Iterator<Item = &'n str> {
    std::iter::successors(names().min(), move |last| names().filter(|name| name > last).min())
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
    out.json("{\"change\":{");
    let mut before = "";
    for name in in_order(|| remedy.changes.iter().map(|change| change.attribute)) {
        out.json(before);
        before = ",";
        out.string(name);
        out.json(":");
        let change = remedy.changes.iter().find(|change| change.attribute == name);
        out.value(&change.map(|change| &change.goal));
    }
    out.json("},\"by\":");
    out.value(&remedy.by());
    let say = remedy.say();
    if !say.is_empty() {
        out.json(",\"say\":");
        out.string(&say);
    }
    out.json(",\"then\":\"permit\"}");
}
