//! `portcullis test --mutate` and `--coverage`: whether the tests of a policy set are any good.

use std::fmt::Write as _;
use std::path::Path;

use portcullis::{
    Coverage, Covered, Findings, Killer, Limits, Mutation, PolicySet, Score, Suite, Survivor,
};

use super::{End, Format, Stop, show};

/// What is asked of `test --mutate`.
pub(crate) struct Wanted<'a> {
    /// How many tests to hand over.
    pub(crate) next: usize,
    /// Where to write them.
    pub(crate) write: Option<&'a Path>,
    pub(crate) format: Format,
}

/// Runs `test --mutate`.
pub(crate) fn mutate(
    set: &PolicySet,
    suite: &Suite,
    limits: &Limits,
    wanted: &Wanted<'_>,
    stop: impl FnOnce(Findings) -> Stop,
) -> Result<End, Stop> {
    let mutation = portcullis::mutate(set, suite, limits, wanted.next).map_err(stop)?;
    match wanted.format {
        Format::Text => show::print(&mutation_in_words(&mutation)),
        Format::Json => show::print(&format!("{}\n", show::json(&mutation_in_json(&mutation)))),
    }
    if let Some(path) = wanted.write {
        let file = format!("{}\n", tests_file(&mutation));
        std::fs::write(path, file).map_err(|error| {
            Stop::could_not_run(format!("cannot write `{}`: {error}", path.display()))
        })?;
    }
    Ok(if mutation.survivors.is_empty() { End::Well } else { End::Refused })
}

fn killers(mutation: &Mutation) -> impl Iterator<Item = &Killer> {
    mutation.survivors.iter().filter_map(|survivor| survivor.test.as_ref())
}

/// A file of tests.
#[derive(serde::Serialize)]
struct Tests<'m> {
    tests: Vec<&'m Killer>,
}

fn tests_file(mutation: &Mutation) -> String {
    show::json(&Tests { tests: killers(mutation).collect() })
}

/// The score in percent, rounded down: 100 is all.
fn percent(killed: usize, survived: usize) -> usize {
    (killed * 100).checked_div(killed + survived).unwrap_or(100)
}

fn mutation_in_words(mutation: &Mutation) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    for score in &mutation.scores {
        let Score { of, killed, survived, equivalent, undecided } = score;
        let total = killed + survived;
        let mut left_out = Vec::new();
        if *equivalent > 0 {
            left_out.push(format!("{equivalent} change nothing"));
        }
        if *undecided > 0 {
            left_out.push(format!("{undecided} could not be told"));
        }
        let left_out = if left_out.is_empty() {
            String::new()
        } else {
            format!("  ({})", left_out.join(", "))
        };
        let percent = percent(*killed, *survived);
        let _ = writeln!(text, "{percent:>4} %  {killed:>3} of {total:<3}  {of}{left_out}");
    }
    if !mutation.survivors.is_empty() {
        let _ = writeln!(text, "\nno test notices:");
    }
    for Survivor { of, how, unstatable, .. } in &mutation.survivors {
        let only = if *unstatable { "  (no test can show it)" } else { "" };
        let _ = writeln!(text, "  {of}: {how}{only}");
    }
    if killers(mutation).next().is_some() {
        let _ = writeln!(text, "\ntests that would notice:\n{}", tests_file(mutation));
    }
    let (killed, survived) = mutation.total();
    let equivalent: usize = mutation.scores.iter().map(|score| score.equivalent).sum();
    let undecided: usize = mutation.scores.iter().map(|score| score.undecided).sum();
    let _ = writeln!(
        text,
        "\n{killed} of {} alterations noticed, {} %; {equivalent} change nothing and are left out, {undecided} could not be told",
        killed + survived,
        percent(killed, survived)
    );
    text
}

fn mutation_in_json(mutation: &Mutation) -> serde_json::Value {
    let scores = mutation.scores.iter().map(|score| {
        serde_json::json!({
            "of": score.of.to_string(), "killed": score.killed, "survived": score.survived,
            "equivalent": score.equivalent, "undecided": score.undecided,
        })
    });
    let survivors = mutation.survivors.iter().map(|survivor| {
        serde_json::json!({
            "of": survivor.of.to_string(), "how": survivor.how, "test": survivor.test,
            "unstatable": survivor.unstatable,
        })
    });
    let (killed, survived) = mutation.total();
    serde_json::json!({
        "killed": killed, "survived": survived,
        "scores": scores.collect::<Vec<_>>(),
        "survivors": survivors.collect::<Vec<_>>(),
    })
}

/// Runs `test --coverage`.
pub(crate) fn cover(
    set: &PolicySet,
    suite: &Suite,
    limits: &Limits,
    format: Format,
) -> Result<End, Findings> {
    let coverage = portcullis::cover(set, suite, limits)?;
    match format {
        Format::Text => show::print(&coverage_in_words(&coverage)),
        Format::Json => show::print(&format!("{}\n", show::json(&coverage_in_json(&coverage)))),
    }
    let all = [&coverage.rules, &coverage.branches, &coverage.conditions];
    let well = all.into_iter().flatten().all(|covered| covered.by.is_some());
    Ok(if well { End::Well } else { End::Refused })
}

fn coverage_in_words(coverage: &Coverage) -> String {
    let mut text = String::new();
    let kinds = [
        ("rules", &coverage.rules),
        ("branches", &coverage.branches),
        ("conditions", &coverage.conditions),
    ];
    // Writing to a String cannot fail.
    for (_, list) in &kinds {
        for Covered { of, part, .. } in list.iter().filter(|covered| covered.by.is_none()) {
            let part = if part.is_empty() { String::new() } else { format!(": {part}") };
            let _ = writeln!(text, "no test decides {of}{part}");
        }
    }
    let counts = kinds.map(|(kind, list)| {
        let covered = list.iter().filter(|covered| covered.by.is_some()).count();
        format!("{covered} of {} {kind}", list.len())
    });
    let _ = writeln!(text, "decided by some test: {}", counts.join(", "));
    text
}

fn coverage_in_json(coverage: &Coverage) -> serde_json::Value {
    let list = |list: &[Covered]| -> Vec<serde_json::Value> {
        let each = list.iter().map(|covered| {
            serde_json::json!({ "of": covered.of.to_string(), "part": covered.part, "by": covered.by })
        });
        each.collect()
    };
    serde_json::json!({
        "rules": list(&coverage.rules), "branches": list(&coverage.branches),
        "conditions": list(&coverage.conditions),
    })
}
