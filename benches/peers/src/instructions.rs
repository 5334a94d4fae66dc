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

/// What the instructions of some lanes are spent on.
pub struct Profile {
    workloads: &'static [&'static str],
    lane: &'static str,
    /// What the files of the library and of its dependencies are for, by parts of their names. Code of the
    /// standard library counts for the file that it was last inlined from, since nearly all is inlined; the
    /// rest is the bench itself.
    files: &'static [(&'static str, &'static str)],
    /// The same of functions, whatever file they are in.
    functions: &'static [(&'static str, &'static str)],
}

const HOLDING: &str = "holding values against their declarations, and keeping them";
const WORDS: &str = "finding words by their text";
const WEIGHING: &str = "weighing what stands";

/// Of a typed decision at 22 rules.
pub const TYPED: Profile = Profile {
    workloads: &["owned-22"],
    lane: "Typed/Portcullis",
    files: &[
        ("src/model/lexicon.rs", WORDS),
        ("src/model/vocabulary.rs", WORDS),
        ("src/decide/request.rs", HOLDING),
        ("src/decide/slot.rs", HOLDING),
        ("src/decide/slots.rs", HOLDING),
        ("src/program/row.rs", HOLDING),
        ("src/program/column.rs", "finding where numbers lie"),
        ("src/program/table.rs", "ANDing rows"),
        ("src/program/cuts.rs", "finding the bucket"),
        ("src/decide/outcome.rs", WEIGHING),
        ("src/decide/decide.rs", WEIGHING),
        ("src/decide/decision.rs", WEIGHING),
        ("src/pdp/", "asking which set is in force"),
    ],
    functions: &[
        ("Request::reset", "forgetting the request before"),
        ("memcmp", WORDS),
        ("memcpy", HOLDING),
        ("memmove", HOLDING),
    ],
};

const READING: &str = "reading JSON";
const STATING: &str = "finding attributes, and stating their values";
const DECIDING: &str = "deciding, with what is tried as a remedy, and finding the rules behind it";
const TRYING: &str = "looking for the nearest permit and for remedies";
const TELLING: &str = "writing the answer";
const COPYING: &str = "copying, and allocating";

/// Of an answer to JSON in JSON.
pub const ANSWER: Profile = Profile {
    workloads: &["owned-1000", "crosscut-1000", "adversarial-1000"],
    lane: "Json/Portcullis",
    files: &[
        ("src/authzen/pass.rs", READING),
        ("src/authzen/read.rs", READING),
        ("src/json/", READING),
        ("serde_json", READING),
        ("serde", READING),
        ("sha2", "making its id"),
        ("digest", "making its id"),
        ("block-buffer", "making its id"),
        ("src/authzen/", TELLING),
        ("src/explain/words.rs", TELLING),
        ("src/explain/goal.rs", TELLING),
        ("src/explain/join.rs", TELLING),
        ("src/program/texts.rs", TELLING),
        ("src/decide/obligations.rs", TELLING),
        ("itoa", TELLING),
        ("src/explain/", TRYING),
        ("src/program/roster.rs", TRYING),
        ("src/program/levers.rs", TRYING),
        ("src/program/outline.rs", STATING),
        ("src/model/", STATING),
        ("src/decide/request.rs", STATING),
        ("src/decide/slot", STATING),
        ("src/decide/", DECIDING),
        ("src/program/", DECIDING),
        ("src/pdp/", DECIDING),
    ],
    functions: &[
        ("format_escaped", TELLING),
        ("memcmp", STATING),
        ("memcpy", COPYING),
        ("memmove", COPYING),
        ("malloc", COPYING),
        ("realloc", COPYING),
        ("calloc", COPYING),
        ("free", COPYING),
    ],
};

fn purpose_of(name: &str, of: &[(&str, &'static str)]) -> Option<&'static str> {
    of.iter().find(|(part, _)| name.contains(part)).map(|(_, purpose)| *purpose)
}

impl Profile {
    /// The workloads that it is of.
    pub fn workloads(&self) -> &'static [&'static str] {
        self.workloads
    }

    /// By what they are for, the instructions in each of the workloads; the most first. Empty without
    /// valgrind.
    pub fn spent(&self) -> Vec<(String, Vec<f64>)> {
        let mut spent: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for (place, workload) in self.workloads.iter().enumerate() {
            let Some(text) = written(workload, self.lane) else { return vec![] };
            for (purpose, cost) in self.costs(&text) {
                let each = spent.entry(purpose).or_insert_with(|| vec![0.0; self.workloads.len()]);
                each[place] += cost / float(REQUESTS);
            }
        }
        let mut spent: Vec<(String, Vec<f64>)> =
            spent.into_iter().map(|(purpose, costs)| (purpose.to_owned(), costs)).collect();
        spent.sort_by(|one, other| other.1.iter().sum::<f64>().total_cmp(&one.1.iter().sum()));
        spent
    }

    /// What the lines of a callgrind file cost, and for what.
    fn costs(&self, text: &str) -> Vec<(&'static str, f64)> {
        let (mut by_function, mut by_file, mut is_call) = (None, None, false);
        let mut costs = vec![];
        for line in text.lines() {
            if let Some(file) =
                ["fl=", "fi=", "fe="].iter().find_map(|mark| line.strip_prefix(mark))
            {
                let is_std = file.contains("/library/");
                by_file = if is_std { by_file } else { purpose_of(file, self.files) };
            } else if let Some(name) = line.strip_prefix("fn=") {
                by_function = purpose_of(name, self.functions);
            } else if line.starts_with("calls=") {
                // The next line has what the called function took.
                is_call = true;
            } else if let Some((_, cost)) = line
                .split_once(' ')
                .filter(|_| line.starts_with(|first: char| first.is_ascii_digit()))
            {
                if let (Some(purpose), false) = (by_function.or(by_file), is_call) {
                    costs.push((purpose, cost.parse().unwrap_or(0.0)));
                }
                is_call = false;
            }
        }
        costs
    }
}

/// What callgrind wrote of a lane.
fn written(workload: &str, lane: &str) -> Option<String> {
    let path = std::env::temp_dir().join(format!("portcullis-profile-{}", std::process::id()));
    let collected = callgrind(workload, lane, 1, &path.to_string_lossy());
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let _ = std::fs::remove_file(&path);
    collected.map(|_| text)
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
