//! Instructions a decision, exactly: this program again, one lane at a time, under valgrind's callgrind.

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

/// What the functions of a typed decision are for, by a part of their names; what none of these is, is the
/// bench itself.
const PURPOSES: [(&str, &[&str]); 6] = [
    ("finding words by their text", &["::position"]),
    (
        "holding values against their declarations, and keeping them",
        &["Ours::put", "write_text", "memcpy", "memmove"],
    ),
    ("finding where numbers lie", &["Request::cut"]),
    ("ANDing rows and weighing what stands", &["outcome::weigh"]),
    (
        "all else of deciding: the set in force, the bucket, the reason",
        &["decide::decide", "Pdp::decide"],
    ),
    ("forgetting the request before", &["Request::reset"]),
];

/// What a typed decision at 22 rules spends its instructions on, the most first; empty without valgrind.
pub fn profile() -> Vec<(String, f64)> {
    let path = std::env::temp_dir().join(format!("portcullis-profile-{}", std::process::id()));
    let collected = callgrind("owned-22", "Typed/Portcullis", 1, &path.to_string_lossy());
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let _ = std::fs::remove_file(&path);
    if collected.is_none() {
        return vec![];
    }
    let mut spent = PURPOSES.map(|(purpose, _)| (purpose.to_owned(), 0.0));
    let (mut function, mut is_call) = ("", false);
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("fn=") {
            function = name;
        } else if line.starts_with("calls=") {
            // The next line has what the called function took.
            is_call = true;
        } else if let Some((_, cost)) =
            line.split_once(' ').filter(|_| line.starts_with(|first: char| first.is_ascii_digit()))
        {
            let names =
                |(_, names): &(&str, &[&str])| names.iter().any(|name| function.contains(name));
            let purpose = PURPOSES.iter().position(names);
            if let (Some(purpose), false) = (purpose, is_call) {
                spent[purpose].1 += cost.parse().unwrap_or(0.0) / float(REQUESTS);
            }
            is_call = false;
        }
    }
    spent.sort_by(|one, other| other.1.total_cmp(&one.1));
    spent.to_vec()
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
