//! Instructions a decision, exactly: this program again, one lane at a time, under valgrind's callgrind.

use std::collections::BTreeMap;
use std::process::Command;

use crate::measure::float;

/// The requests of a counted run.
pub const REQUESTS: usize = 1_000;

/// The small workloads, and for each lane the instructions a decision; empty without valgrind.
pub fn instructions() -> Vec<(String, String, f64)> {
    let mut found = vec![];
    for workload in ["owned-22", "owned-100", "owned-1000", "crosscut-100", "crosscut-1000"] {
        for task in ["Decide", "Typed"] {
            for contender in ["floor", "Portcullis"] {
                let lane = format!("{task}/{contender}");
                let count = |turns: usize| collected(workload, &lane, turns);
                // The second turn is what a warmed-up decision takes.
                if let Some((first, both)) = count(1).zip(count(2)) {
                    found.push((workload.to_owned(), lane.clone(), (both - first) / 1_000.0));
                }
            }
        }
    }
    found
}

const HOLDING: &str = "holding values against their declarations, and keeping them";
const WORDS: &str = "finding words by their text";
const FORGETTING: &str = "forgetting the request before";

/// What the files of the library are for in a typed decision. Code of the standard library counts for the
/// file that it was last inlined from, since nearly all is inlined; the rest is the bench itself.
const FILES: [(&str, &str); 12] = [
    ("src/model/lexicon.rs", WORDS),
    ("src/model/vocabulary.rs", WORDS),
    ("src/decide/request.rs", HOLDING),
    ("src/decide/slot.rs", HOLDING),
    ("src/decide/slots.rs", HOLDING),
    ("src/program/column.rs", "finding where numbers lie"),
    ("src/program/table.rs", "ANDing rows"),
    ("src/program/cuts.rs", "finding the bucket"),
    ("src/decide/outcome.rs", "weighing what stands"),
    ("src/decide/decide.rs", "weighing what stands"),
    ("src/decide/decision.rs", "weighing what stands"),
    ("src/pdp/", "asking which set is in force"),
];

/// The same of functions, whatever file they are in.
const FUNCTIONS: [(&str, &str); 4] =
    [("Request::reset", FORGETTING), ("memcmp", WORDS), ("memcpy", HOLDING), ("memmove", HOLDING)];

fn purpose_of(name: &str, of: &[(&str, &'static str)]) -> Option<&'static str> {
    of.iter().find(|(part, _)| name.contains(part)).map(|(_, purpose)| *purpose)
}

/// What a typed decision at 22 rules spends its instructions on, the most first; empty without valgrind.
pub fn profile() -> Vec<(String, f64)> {
    let path = std::env::temp_dir().join(format!("portcullis-profile-{}", std::process::id()));
    let collected = callgrind("owned-22", "Typed/Portcullis", 1, &path.to_string_lossy());
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let _ = std::fs::remove_file(&path);
    if collected.is_none() {
        return vec![];
    }
    let mut spent: BTreeMap<&str, f64> = BTreeMap::new();
    let (mut by_function, mut by_file, mut is_call) = (None, None, false);
    for line in text.lines() {
        if let Some(file) = ["fl=", "fi=", "fe="].iter().find_map(|mark| line.strip_prefix(mark)) {
            let is_std = file.contains("/library/");
            by_file = if is_std { by_file } else { purpose_of(file, &FILES) };
        } else if let Some(name) = line.strip_prefix("fn=") {
            by_function = purpose_of(name, &FUNCTIONS);
        } else if line.starts_with("calls=") {
            // The next line has what the called function took.
            is_call = true;
        } else if let Some((_, cost)) =
            line.split_once(' ').filter(|_| line.starts_with(|first: char| first.is_ascii_digit()))
        {
            if let (Some(purpose), false) = (by_function.or(by_file), is_call) {
                *spent.entry(purpose).or_default() += cost.parse().unwrap_or(0.0) / float(REQUESTS);
            }
            is_call = false;
        }
    }
    let mut spent: Vec<(String, f64)> =
        spent.into_iter().map(|(purpose, cost)| (purpose.to_owned(), cost)).collect();
    spent.sort_by(|one, other| other.1.total_cmp(&one.1));
    spent
}

fn collected(workload: &str, lane: &str, turns: usize) -> Option<f64> {
    callgrind(workload, lane, turns, "/dev/null")
}

/// Runs a lane under callgrind, which writes what it found to `path`; how many instructions it took.
fn callgrind(workload: &str, lane: &str, turns: usize, path: &str) -> Option<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--compress-strings=no", "--compress-pos=no"])
        .args([format!("--callgrind-out-file={path}").as_str(), "--toggle-collect=*counted*"])
        .arg(std::env::current_exe().ok()?)
        .args(["count", workload, lane, "--turns", &turns.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("Collected"))?;
    line.rsplit(' ').next()?.parse().ok()
}
