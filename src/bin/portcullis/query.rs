//! `portcullis query`.

use portcullis::{Answered, Folder, Limits, Named, Pdp, PolicySet, Prover, Query, Regions};
use serde_json::{Value as Json, json};

use super::request::given;
use super::words::{item, paragraph, spelled, stated};
use super::{End, Format, SetArg, Stop, show};

/// Arguments of `query`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    set: SetArg,
    /// Which decision to look for
    outcome: Outcome,
    /// Values that the requests state, as device.ownership=personal; words of a set are joined by
    /// commas
    #[arg(value_name = "name=value")]
    given: Vec<String>,
    /// Kinds of request that are shown, at most
    #[arg(long, value_name = "N", default_value_t = 5)]
    most: usize,
    /// How to write the answer
    #[arg(long, default_value = "text")]
    format: Format,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Outcome {
    /// Requests that are permitted
    Permit,
    /// Requests that are refused
    Deny,
}

/// Runs `query`.
pub(crate) fn run(args: &Args) -> Result<End, Stop> {
    let folder = Folder::new(&args.set.set);
    let limits = Limits::default();
    let stop = |findings| show::not_valid(&folder, &findings, args.format);
    let set = PolicySet::read(&folder, &limits).map_err(stop)?;
    let pdp = Pdp::new(&set).map_err(stop)?;
    let prover = Prover::new(&set, &limits).map_err(stop)?;
    let given = given(&prover, &pdp, &args.given)?;
    let query = Query { permitted: args.outcome == Outcome::Permit, given };
    let answered = prover.query(&query, args.most.max(1));
    if matches!(answered, Answered::Unknown) {
        let message = "whether there is such a request could not be told in the steps that a search may take; give more values";
        return Err(Stop::could_not_run(message));
    }
    let given: Vec<String> = query
        .given
        .iter()
        .map(|(id, value)| format!("{}={}", set.vocabulary()[*id].name, spelled(value)))
        .collect();
    match args.format {
        Format::Text => show::print(&in_words(args.outcome, &given.join(" "), &answered)),
        Format::Json => show::print(&format!("{}\n", show::json(&in_json(&given, &answered)))),
    }
    Ok(if matches!(answered, Answered::Some(_)) { End::Well } else { End::Refused })
}

fn in_words(outcome: Outcome, given: &str, answered: &Answered) -> String {
    let verb = if outcome == Outcome::Permit { "permitted" } else { "refused" };
    let with = if given.is_empty() { String::new() } else { format!(" with {given}") };
    match answered {
        Answered::Some(regions) => some(verb, &with, regions),
        Answered::Nobody { guarantees, because } => {
            let mut text = format!("nobody: no request{with} is {verb}\n");
            if !guarantees.is_empty() {
                let names: Vec<String> =
                    guarantees.iter().map(|name| format!("`{name}`")).collect();
                text += &paragraph(&format!("guaranteed, and proved, by {}", names.join(", ")));
            }
            if !because.is_empty() {
                text += &paragraph("because each of them meets one of these:");
                because.iter().for_each(|name| text += &item(&refuser(name)));
            }
            text
        }
        Answered::Unknown => String::new(),
    }
}

fn some(verb: &str, with: &str, regions: &Regions) -> String {
    let mut text = format!("{verb}{with}, whatever else is stated, is every request of which:\n");
    for (place, region) in (1..).zip(&regions.found) {
        text += &format!("\n{place}.\n");
        let traits = region.traits();
        if traits.is_empty() {
            text += &item("nothing more is asked");
        }
        traits.iter().for_each(|one| text += &item(&one.to_string()));
        text += &paragraph(&format!("for example: {}", stated(&region.example)));
    }
    let rest = if regions.complete { "no other is" } else { "there are more: --most N shows them" };
    text += &format!("\n{rest}\n");
    text
}

fn refuser(name: &Named) -> String {
    match &name.rule {
        Some(_) => format!("the deny {name}"),
        None => format!("`{}`, which governs it and has no permit for it", name.policy),
    }
}

fn in_json(given: &[String], answered: &Answered) -> Json {
    match answered {
        Answered::Some(regions) => {
            let found = regions.found.iter().map(|region| {
                let example = region.example.stated();
                let example = example.map(|(name, value)| (name.to_owned(), json!(value)));
                let example: serde_json::Map<String, Json> = example.collect();
                json!({ "traits": region.traits(), "example": example })
            });
            let found: Vec<Json> = found.collect();
            json!({ "given": given, "some": found, "complete": regions.complete })
        }
        Answered::Nobody { guarantees, because } => {
            let because = because
                .iter()
                .map(|Named { policy, rule }| json!({ "policy": policy, "rule": rule }));
            let because: Vec<Json> = because.collect();
            json!({ "given": given, "nobody": { "guarantees": guarantees, "because": because } })
        }
        Answered::Unknown => json!({ "given": given, "unknown": true }),
    }
}
