//! `portcullis explain`.

use portcullis::{Decision, Ends, Lasts, Prover, RuleRef, Value, ends, explain, only_missing};
use serde_json::{Value as Json, json};

use super::request::{Asked, RequestArgs};
use super::words::{BAD, GOOD, by, heading, item, obligation, paragraph, wrapped};
use super::{End, Format, Stop, show};

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    request: RequestArgs,
    /// How to write the explanation
    #[arg(long, default_value = "text")]
    format: Format,
}

/// The fewest facts that force a decision, if they could be told.
type Forcing = Option<Vec<(String, Option<Value>)>>;

/// Runs `explain`.
pub(crate) fn run(args: &Args) -> Result<End, Stop> {
    let mut asked = Asked::read(&args.request, args.format)?;
    let limits = asked.pdp.limits().clone();
    let prover = Prover::new(&asked.set, &limits)
        .map_err(|findings| Stop::could_not_run(findings.to_string()))?;
    let (explained, permits) = match args.format {
        Format::Text => {
            let (said, permits) =
                asked.each(|decision| in_words(decision, &prover.forcing(decision)))?;
            let said = said
                .into_iter()
                .map(|said| said.unwrap_or_else(|trouble| format!("not a request: {trouble}\n")));
            (said.collect::<Vec<_>>().join("\n"), permits)
        }
        Format::Json => {
            let (said, permits) =
                asked.each(|decision| in_json(decision, &prover.forcing(decision)))?;
            let said = said
                .into_iter()
                .map(|said| said.unwrap_or_else(|trouble| json!({ "error": trouble })));
            let explanations: Vec<Json> = said.collect();
            (format!("{}\n", show::json(&json!({ "explanations": explanations }))), permits)
        }
    };
    show::print(&explained);
    Ok(if permits { End::Well } else { End::Refused })
}

/// Rules to be told of: those that made the decision, else the permits that came nearest.
fn rules<'d>(decision: &'d Decision<'_>) -> Vec<(RuleRef<'d>, &'static str)> {
    let made = if decision.is_permit() { "permits" } else { "refuses" };
    let made = decision.determining().map(|rule| (rule, made));
    let nearest = decision.withheld().map(|withheld| (withheld.rule, "came nearest"));
    made.chain(nearest).collect()
}

fn in_words(decision: &Decision<'_>, forcing: &Forcing) -> String {
    let explanation = explain(decision);
    let (style, word) = if decision.is_permit() { (GOOD, "PERMIT") } else { (BAD, "DENY") };
    let mut text = format!("{style}{word}{style:#} {}\n", decision.reason());
    text += &heading("why");
    text += &paragraph(&explanation.administrator);
    for (rule, role) in rules(decision) {
        let (policy, id, owner) = (rule.policy(), rule.id(), rule.owner());
        text += &item(&format!("`{policy}/{id}` of `{owner}` {role}: {}", rule.because()));
        text += &rule.authority().map_or(String::new(), |authority| {
            wrapped("    ", 4, &format!("authority: {authority}"))
        });
    }
    if let Some(missing) = only_missing(decision) {
        text += &heading("what is missing");
        text += &paragraph(&missing.to_string());
    }
    let whatever = "these facts force it, whatever the others are";
    match forcing {
        Some(facts) => {
            text += &heading(whatever);
            let facts: Vec<String> = facts.iter().map(in_force).collect();
            let none = || "none is needed: every request is decided so".to_owned();
            text += &paragraph(&if facts.is_empty() { none() } else { facts.join("; ") });
        }
        None => {
            text += &heading("which facts force it could not be told");
            text += &paragraph(
                "a derived value was stated that goes with no facts, or the search gave up",
            );
        }
    }
    text += &heading("what the user is told");
    text += &paragraph(&explanation.user);
    let owed: Vec<String> = decision.obligations().map(|owed| obligation(&owed)).collect();
    if !owed.is_empty() {
        text += &heading("what the gateway must do");
        owed.iter().for_each(|owed| text += &item(owed));
    }
    if !explanation.remedies.is_empty() {
        text += &heading("ways forward, each enough by itself");
        for remedy in &explanation.remedies {
            let changes = remedy.changes.iter();
            let changes: Vec<String> =
                changes.map(|change| format!("`{}` {}", change.attribute, change.goal)).collect();
            let say = remedy.say();
            let say = if say.is_empty() { String::new() } else { format!("{say}: ") };
            text += &item(&format!("{}: {say}{}", by(remedy.by()), changes.join(", ")));
        }
    }
    if let Some(ends) = ends(decision) {
        text += &of_ends(&ends);
    }
    let trials: Vec<RuleRef<'_>> = decision.trials().collect();
    if !trials.is_empty() {
        text += &heading("on trial, which changes nothing");
        for rule in trials {
            let (policy, id, effect) = (rule.policy(), rule.id(), rule.effect().word());
            text += &item(&format!("`{policy}/{id}` would {effect}: {}", rule.because()));
        }
    }
    text
}

/// A fact that forces a decision.
fn in_force((name, value): &(String, Option<Value>)) -> String {
    match value {
        Some(Value::Set(words)) if words.is_empty() => format!("`{name}` is empty"),
        Some(value) => format!("`{name}` is `{value}`"),
        None => format!("`{name}` is not known"),
    }
}

fn of_ends(ends: &Ends) -> String {
    let mut text = heading("what would end it");
    text += &match &ends.time {
        Lasts::Forever => item("time alone never does"),
        Lasts::AtLeast(Some(at)) => {
            item(&format!("time does not before {at}; further was not looked"))
        }
        Lasts::AtLeast(None) => item("the time of the request is not known, so nor is its end"),
        Lasts::Until(end) => {
            let then = end.decision();
            let causes: Vec<String> = end.causes.iter().map(cause).collect();
            let why = explain(&then).administrator;
            item(&format!(
                "time, at {}, by {}: then {}, as {why}",
                end.at,
                causes.join(" and "),
                then.reason()
            ))
        }
    };
    for (name, goals) in &ends.facts {
        let goals: Vec<String> = goals.iter().map(ToString::to_string).collect();
        text += &item(&format!("`{name}`, were it {}", goals.join(", or ")));
    }
    text
}

/// What time moves: an instant, or the time itself, which a rule or a policy is limited to.
fn cause((name, value): &(String, Option<Value>)) -> String {
    match value {
        _ if name == "context.time" => "the window of a rule".to_owned(),
        Some(value) => format!("`{name}`, which is `{value}`"),
        None => format!("`{name}`"),
    }
}

fn in_json(decision: &Decision<'_>, forcing: &Forcing) -> Json {
    let explanation = explain(decision);
    let rule = |(rule, role): &(RuleRef<'_>, &str)| {
        json!({
            "policy": rule.policy(), "rule": rule.id(), "owner": rule.owner(), "role": role,
            "because": rule.because(), "authority": rule.authority(),
        })
    };
    let rules: Vec<Json> = rules(decision).iter().map(rule).collect();
    let missing = only_missing(decision).map(|missing| {
        json!({ "attribute": missing.attribute, "goal": missing.goal, "say": missing.to_string() })
    });
    let forced = forcing.as_ref().map(|facts| {
        let facts = facts.iter().map(|(name, value)| json!({ "attribute": name, "value": value }));
        facts.collect::<Vec<Json>>()
    });
    let remedies = explanation.remedies.iter().map(|remedy| {
        let changes =
            remedy.changes.iter().map(|change| (change.attribute.to_owned(), json!(change.goal)));
        let change: serde_json::Map<String, Json> = changes.collect();
        json!({ "by": remedy.by(), "say": remedy.say(), "change": change })
    });
    let remedies: Vec<Json> = remedies.collect();
    let obligations: Vec<_> = decision.obligations().collect();
    json!({
        "decision": decision.is_permit(), "reason": decision.reason().as_str(),
        "administrator": explanation.administrator, "user": explanation.user,
        "rules": rules, "only_missing": missing, "forced_by": forced,
        "obligations": obligations, "remedies": remedies,
        "valid_until": decision.valid_until().map(|at| at.to_string()),
        "ends": ends(decision).map(|ends| ends_in_json(&ends)),
    })
}

fn ends_in_json(ends: &Ends) -> Json {
    let facts = ends.facts.iter().map(|(name, goals)| json!({ "attribute": name, "is": goals }));
    let facts: Vec<Json> = facts.collect();
    let time = match &ends.time {
        Lasts::Forever => json!({ "ends": false }),
        Lasts::AtLeast(at) => json!({ "not_before": at.map(|at| at.to_string()) }),
        Lasts::Until(end) => {
            let causes: Vec<&str> = end.causes.iter().map(|(name, _)| name.as_str()).collect();
            let then = end.decision();
            let administrator = explain(&then).administrator;
            json!({ "ends": true, "at": end.at.to_string(), "by": causes,
                    "then": { "reason": then.reason().as_str(), "administrator": administrator } })
        }
    };
    json!({ "time": time, "facts": facts })
}
