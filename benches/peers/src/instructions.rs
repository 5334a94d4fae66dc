//! Instructions a decision, exactly: this program again, one lane at a time, under valgrind's callgrind.

use std::process::Command;

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

fn collected(workload: &str, lane: &str, turns: usize) -> Option<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*counted*"])
        .arg(std::env::current_exe().ok()?)
        .args(["count", workload, lane, "--turns", &turns.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("Collected"))?;
    line.rsplit(' ').next()?.parse().ok()
}
