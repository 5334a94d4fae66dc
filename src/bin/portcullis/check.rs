//! `portcullis check`.

use std::collections::{BTreeMap, BTreeSet};

use portcullis::{
    AttributeId, Code, Conflict, Conflicts, Declaration, Finding, Findings, Folder, Holds, Limits,
    Named, Pdp, PolicySet, Prover, Region, Review, Severity, Silence, Suite, Trait, Value, Verdict,
};
use serde_json::{Value as Json, json};

use super::request::given;
use super::words::{count, heading, item, stated};
use super::{End, Format, SetArg, Stop, show};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    set: SetArg,
    /// Values that narrow the requests of which it is shown that no rule speaks of them; more of
    /// these are shown then
    #[arg(value_name = "name=value")]
    given: Vec<String>,
    /// Show, too, where a permit and a deny meet: requests that are refused by the deny alone
    #[arg(long)]
    conflicts: bool,
    /// Refuse the set for warnings too
    #[arg(long)]
    strict: bool,
    /// How to write what was found
    #[arg(long, default_value = "text")]
    format: Format,
}

/// Runs `check`.
pub(crate) fn run(args: &Args) -> Result<End, Stop> {
    let folder = Folder::new(&args.set.set);
    let limits = Limits::default();
    let stop = |findings| show::not_valid(&folder, &findings, args.format);
    let set = PolicySet::read(&folder, &limits).map_err(stop)?;
    let pdp = Pdp::unavailable(limits.clone()).without_proofs();
    let mut warnings = set.warnings().to_vec();
    warnings.extend(pdp.replace(&set).map_err(stop)?);
    let suite = Suite::read(&folder, &set, &limits).map_err(stop)?;
    warnings.extend(suite.warnings.iter().cloned());
    warnings.extend(suite.run(&mut pdp.bench_request()).into_iter().filter_map(
        |(test, verdict)| match verdict {
            Verdict::Invalid(trouble) => Some(Finding {
                code: Code::InvalidTest,
                severity: Severity::Warning,
                file: test.file.clone(),
                at: test.at,
                message: format!("the test `{}` is invalid: {trouble}", test.name),
                help: None,
            }),
            Verdict::Pass | Verdict::Fail(_) => None,
        },
    ));
    let prover = Prover::new(&set, &limits).map_err(stop)?;
    let given = given(&prover, &pdp, &args.given)?;
    let review = prover.review(&set);
    warnings.extend(review.findings.iter().cloned());
    if warnings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(stop(Findings::from(warnings)));
    }
    let conflicts = args.conflicts.then(|| prover.conflicts());
    match args.format {
        Format::Text => {
            show::print_findings(&folder, &warnings, args.format);
            show::print(&summary(&set, &suite, &review, warnings.len()));
            show::print(&declared(&review));
            show::print(&gaps(&prover, &given));
            show::print(&conflicts.as_ref().map_or_else(String::new, meetings));
        }
        Format::Json => {
            let mut found = json!({ "findings": warnings });
            if let (Some(conflicts), Some(members)) = (&conflicts, found.as_object_mut()) {
                members.insert("conflicts".to_owned(), meetings_in_json(conflicts));
            }
            show::print(&format!("{}\n", show::json(&found)));
        }
    }
    Ok(if args.strict && !warnings.is_empty() { End::NotValid } else { End::Well })
}

fn summary(set: &PolicySet, suite: &Suite, review: &Review, warnings: usize) -> String {
    let rules: usize = set.policies().iter().map(|policy| policy.rules.len()).sum();
    let policies = set.policies().len();
    let mut counts = vec![
        count(policies, "policy", "policies"),
        count(rules, "rule", "rules"),
        count(suite.tests.len(), "test", "tests"),
    ];
    if !set.guarantees().is_empty() {
        let guarantees = count(set.guarantees().len(), "guarantee", "guarantees");
        let proofs = review.guarantees.iter();
        let proved = proofs.filter(|proof| matches!(proof.holds, Holds::Proved)).count();
        counts.push(format!("{guarantees} ({proved} proved)"));
    }
    format!("{}: {}; {}\n", set.name(), counts.join(", "), count(warnings, "warning", "warnings"))
}

/// Where withholding a value helps, as the author declared: by what lets it.
fn declared(review: &Review) -> String {
    let mut by_declaration: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Silence { attribute, instead, declared, .. } in &review.silences.found {
        let as_what = instead.as_ref().map_or(String::new(), |value| match value {
            Value::Set(words) if words.is_empty() => " (it counts as empty)".to_owned(),
            value => format!(" (it counts as {value})"),
        });
        for declaration in declared {
            let attributes = by_declaration.entry(words(declaration)).or_default();
            attributes.insert(format!("{attribute}{as_what}"));
        }
    }
    if by_declaration.is_empty() {
        return String::new();
    }
    let mut text =
        heading("unknown is declared to be all right, so that leaving a value out can help");
    for (declaration, attributes) in by_declaration {
        let attributes: Vec<String> = attributes.into_iter().collect();
        text += &item(&format!("by {declaration}: {}", attributes.join(", ")));
    }
    text
}

fn words(declaration: &Declaration) -> String {
    match declaration {
        Declaration::Absent => "`absent`".to_owned(),
        Declaration::Rule { policy, rule } => format!("the certain deny `{policy}/{rule}`"),
        Declaration::Branch { attribute, value } => {
            format!("the certain branch `{value}` of `{attribute}`")
        }
    }
}

/// Regions of gaps that are shown of each policy: of every request, and of some that are given.
const GAPS: usize = 3;
const GAPS_OF_GIVEN: usize = 6;

/// Requests that no rule speaks of.
fn gaps(prover: &Prover, given: &[(AttributeId, Value)]) -> String {
    let most = if given.is_empty() { GAPS } else { GAPS_OF_GIVEN };
    let mut text = String::new();
    for (policy, regions) in prover.gaps(given, most) {
        text += &heading(&format!(
            "no rule speaks of these requests to `{policy}`; the effective answer is deny"
        ));
        for region in &regions.found {
            text += &item(&in_short(region));
        }
        if !regions.complete {
            let more = "and more, which name=value after the set narrows: check SET action=view";
            text += &item(more);
        }
    }
    if text.is_empty() && !given.is_empty() {
        text += &heading("some rule speaks of every request with these values");
    }
    text
}

/// A region, of which what only keeps other rules away is merely named.
fn in_short(region: &Region) -> String {
    let (away, own): (Vec<Trait<'_>>, Vec<Trait<'_>>) =
        region.traits().into_iter().partition(Trait::only_excludes);
    let own: Vec<String> = own.iter().map(ToString::to_string).collect();
    let own = if own.is_empty() { "every request".to_owned() } else { own.join("; ") };
    let mut names: Vec<&str> = away.iter().map(|one| one.attribute).collect();
    names.dedup();
    match names.as_slice() {
        [] => own,
        names => format!("{own} (with nothing known against it in {})", names.join(", ")),
    }
}

/// Where permits and denies meet, by deny, with an example of the first permit.
fn meetings(conflicts: &Conflicts) -> String {
    let mut by_deny: BTreeMap<&Named, Vec<&Conflict>> = BTreeMap::new();
    for conflict in &conflicts.found {
        by_deny.entry(&conflict.deny).or_default().push(conflict);
    }
    let mut text = String::new();
    for (deny, met) in by_deny {
        text += &heading(&format!("{deny} alone refuses some of what these permit"));
        let permits: Vec<String> = met.iter().map(|met| met.permit.to_string()).collect();
        text += &item(&permits.join(", "));
        if let Some(Conflict { permit, example, .. }) = met.first() {
            text += &item(&format!("of {permit}, for example: {}", stated(example)));
        }
    }
    if !conflicts.complete {
        text += &heading("there may be more: a search gave up");
    }
    if text.is_empty() { heading("no permit and deny meet") } else { text }
}

fn meetings_in_json(conflicts: &Conflicts) -> Json {
    let found = conflicts.found.iter().map(|Conflict { permit, deny, example }| {
        let example = example.stated().map(|(name, value)| (name.to_owned(), json!(value)));
        let example: serde_json::Map<String, Json> = example.collect();
        let name = |named: &Named| json!({ "policy": named.policy, "rule": named.rule });
        json!({ "permit": name(permit), "deny": name(deny), "example": example })
    });
    let found: Vec<Json> = found.collect();
    json!({ "found": found, "complete": conflicts.complete })
}
