//! `portcullis diff`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use portcullis::{
    CannotCompare, Case, Consequence, Decision, Diff, Edit, Folder, Limits, Outcome, Pdp,
    PolicySet, Request, Suite, Verdict, diff, explain,
};

use super::{End, Format, Stop, show};

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of the policy set as it was
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The folder of the policy set as it is to be
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// How to write what differs
    #[arg(long, default_value = "text")]
    format: Format,
}

/// A policy set, ready to decide.
struct Loaded {
    folder: Folder,
    set: PolicySet,
    pdp: Pdp,
}

/// A test that does not pass under the new set.
struct Broken {
    name: String,
    place: String,
    /// Whether it is only among the tests of the old set.
    old: bool,
    details: Vec<String>,
}

/// Runs `diff`.
pub(crate) fn run(args: &Args) -> Result<End, Stop> {
    let limits = Limits::default();
    let load = |path: &PathBuf| {
        let folder = Folder::new(path);
        let stop = |findings| show::not_valid(&folder, &findings, args.format);
        let set = PolicySet::read(&folder, &limits).map_err(stop)?;
        let pdp = Pdp::new(&set).map_err(stop)?;
        Ok(Loaded { folder, set, pdp })
    };
    let (old, new) = (load(&args.old)?, load(&args.new)?);
    let found = diff(&old.set, &new.set, &limits).map_err(|error| match error {
        CannotCompare::OverLimit(findings) => show::not_valid(&new.folder, &findings, args.format),
        other => Stop::could_not_run(format!("the two sets cannot be compared: {other}")),
    })?;
    let broken = broken_tests(&old, &new, &limits, args.format)?;
    match args.format {
        Format::Text => show::print(&in_words(&old, &new, &found, &broken)),
        Format::Json => {
            show::print(&format!("{}\n", show::json(&in_json(&old, &new, &found, &broken))));
        }
    }
    Ok(if found.is_same() == Some(true) { End::Well } else { End::Refused })
}

/// The tests of the new set that do not pass, and those of the old one that did and do no more.
fn broken_tests(
    old: &Loaded,
    new: &Loaded,
    limits: &Limits,
    format: Format,
) -> Result<Vec<Broken>, Stop> {
    let read = |of: &Loaded, set: &PolicySet| {
        Suite::read(&of.folder, set, limits)
            .map_err(|findings| show::not_valid(&of.folder, &findings, format))
    };
    let failing = |suite: &Suite, pdp: &Pdp, old: bool| -> Vec<Broken> {
        let results = suite.run(&mut pdp.bench_request());
        let broken = results.into_iter().filter_map(|(test, verdict)| {
            let details = match verdict {
                Verdict::Pass => return None,
                Verdict::Fail(details) => details,
                Verdict::Invalid(trouble) => vec![format!("it is invalid: {trouble}")],
            };
            let place = format!("{}:{}", test.file, test.at);
            Some(Broken { name: test.name.clone(), place, old, details })
        });
        broken.collect()
    };
    let mut broken = failing(&read(new, &new.set)?, &new.pdp, false);
    let failed_before: BTreeSet<String> =
        failing(&read(old, &old.set)?, &old.pdp, true).into_iter().map(|test| test.name).collect();
    let known: BTreeSet<String> = broken.iter().map(|test| test.name.clone()).collect();
    let olds = failing(&read(old, &new.set.with_tests_of(&old.set))?, &new.pdp, true);
    broken.extend(
        olds.into_iter()
            .filter(|test| !known.contains(&test.name) && !failed_before.contains(&test.name)),
    );
    Ok(broken)
}

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const QUIET: Style = Style::new().dimmed();

fn heading(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Granted => "GRANTS",
        Outcome::Refused => "REFUSES",
        Outcome::Obligations => "OBLIGES",
    }
}

fn in_words(old: &Loaded, new: &Loaded, found: &Diff, broken: &[Broken]) -> String {
    let mut text = String::new();
    for edit in &found.edits {
        text.push_str(&edit_in_words(old, new, edit));
    }
    // Writing to a String cannot fail.
    for [policy, before, after] in &found.renamed {
        let _ = writeln!(text, "{policy}/{before} is now called {after}: no outcome changes\n");
    }
    for test in broken {
        let of = if test.old { ", a test of the old set" } else { "" };
        let _ = writeln!(text, "{BAD}BREAKS{BAD:#}  {}  ({}{of})", test.name, test.place);
        for detail in &test.details {
            let _ = writeln!(text, "        {detail}");
        }
    }
    if !broken.is_empty() {
        text.push('\n');
    }
    let counts = [Outcome::Granted, Outcome::Refused, Outcome::Obligations].map(|outcome| {
        let has = |edit: &&Edit| edit.changes.iter().any(|change| change.outcome == outcome);
        found.edits.iter().filter(has).count()
    });
    let [grants, refuses, obliges] = counts;
    let _ = match found.is_same() {
        Some(true) => writeln!(text, "no request changes outcome; {} break", tests(broken.len())),
        Some(false) => writeln!(
            text,
            "outcomes change: edits that grant {grants}, that refuse {refuses}, that change obligations {obliges}; {} break",
            tests(broken.len())
        ),
        None => writeln!(
            text,
            "no change of outcome was found, but it could not be told of all; {} break",
            tests(broken.len())
        ),
    };
    text
}

fn tests(count: usize) -> String {
    format!("{count} test{}", if count == 1 { "" } else { "s" })
}

fn edit_in_words(old: &Loaded, new: &Loaded, edit: &Edit) -> String {
    let mut text = String::new();
    let mut headings: Vec<&str> =
        edit.changes.iter().map(|change| heading(change.outcome)).collect();
    if headings.is_empty() {
        headings.push(if edit.undecided.is_empty() { "SAME" } else { "UNKNOWN" });
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{BAD}{}{BAD:#}  {}", headings.join(", "), edit.what);
    for (sign, style, lines) in
        [("-", BAD, &edit.before), ("+", GOOD, &edit.after), (" ", QUIET, &edit.kept)]
    {
        for line in lines {
            let _ = writeln!(text, "  {style}{sign} {line}{style:#}");
        }
    }
    for change in &edit.changes {
        let what = match change.outcome {
            Outcome::Granted => "what was refused is permitted",
            Outcome::Refused => "what was permitted is refused",
            Outcome::Obligations => "the decision stays, its obligations change",
        };
        let _ = writeln!(text, "  {what}, for example\n    {}", stated(&change.case));
        for (label, side) in [("before", old), ("after", new)] {
            let _ = writeln!(text, "    {label:<7} {}", decided(side, &change.case));
        }
        let still = match (change.still.as_slice(), change.outcome) {
            ([], _) | (_, Outcome::Obligations) => continue,
            (_, Outcome::Granted) => "still refused where these apply",
            (_, Outcome::Refused) => "refused before where these apply",
        };
        let more = change.still.len().saturating_sub(SHOWN);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let shown: Vec<&str> = change.still.iter().take(SHOWN).map(String::as_str).collect();
        let _ = writeln!(text, "    {QUIET}{still}: {}{more}{QUIET:#}", shown.join(", "));
    }
    for outcome in &edit.undecided {
        let word = heading(*outcome).to_lowercase();
        let _ = writeln!(text, "  whether it {word} could not be told within the budget");
    }
    text.push('\n');
    text
}

/// Of the rules that still refuse, so many are named; JSON names all.
const SHOWN: usize = 8;

/// A request, as the command line states one.
fn stated(case: &Case) -> String {
    let values = case.values.iter().map(|(name, value)| match value {
        Some(value) => format!("{name}={value}"),
        None => format!("{name}=(no value of its type)"),
    });
    let values: Vec<String> = values.collect();
    if values.is_empty() { "(nothing stated)".to_owned() } else { values.join(" ") }
}

fn request(side: &Loaded, case: &Case) -> Request {
    let mut request = side.pdp.bench_request();
    case.state(&mut request);
    request
}

fn word(decision: &Decision<'_>) -> &'static str {
    if decision.is_permit() { "PERMIT" } else { "DENY" }
}

/// The decision of one of the sets, in a line.
fn decided(side: &Loaded, case: &Case) -> String {
    let request = request(side, case);
    let decision = side.pdp.decide(&request);
    let obligations: Vec<String> = decision
        .obligations()
        .map(|obligation| {
            let parameters: Vec<String> = obligation
                .parameters()
                .map(|(name, value)| {
                    format!("{name} {}", serde_json::to_string(&value).unwrap_or_default())
                })
                .collect();
            match parameters.as_slice() {
                [] => obligation.name().to_owned(),
                all => format!("{} ({})", obligation.name(), all.join(", ")),
            }
        })
        .collect();
    let must = if obligations.is_empty() {
        String::new()
    } else {
        format!("; must {}", obligations.join(", "))
    };
    format!("{}  {}{must}", word(&decision), explain(&decision).administrator)
}

fn in_json(old: &Loaded, new: &Loaded, found: &Diff, broken: &[Broken]) -> serde_json::Value {
    let decision = |side: &Loaded, case: &Case| {
        let request = request(side, case);
        let decision = side.pdp.decide(&request);
        let obligations: Vec<_> = decision.obligations().collect();
        serde_json::json!({
            "decision": word(&decision).to_lowercase(),
            "reason": decision.reason().as_str(),
            "why": explain(&decision).administrator,
            "obligations": obligations,
        })
    };
    let change = |change: &Consequence| {
        serde_json::json!({
            "outcome": change.outcome,
            "request": change.case,
            "before": decision(old, &change.case),
            "after": decision(new, &change.case),
            "still": change.still,
        })
    };
    let edits = found.edits.iter().map(|edit| {
        serde_json::json!({
            "edited": edit.what.to_string(),
            "before": edit.before,
            "after": edit.after,
            "kept": edit.kept,
            "changes": edit.changes.iter().map(change).collect::<Vec<_>>(),
            "undecided": edit.undecided,
        })
    });
    let renamed = found.renamed.iter().map(|[policy, before, after]| {
        serde_json::json!({ "policy": policy, "before": before, "after": after })
    });
    let broken = broken.iter().map(|test| {
        serde_json::json!({ "name": test.name, "place": test.place, "of": if test.old { "old" } else { "new" }, "details": test.details })
    });
    serde_json::json!({
        "same": found.is_same(),
        "edits": edits.collect::<Vec<_>>(),
        "renamed": renamed.collect::<Vec<_>>(),
        "broken_tests": broken.collect::<Vec<_>>(),
    })
}
