//! How many instructions a decision takes, counted by callgrind: the same however busy the machine is.
//!
//! Without arguments it counts every workload and compares with `instructions.txt`, the committed
//! table; `--write` writes that table anew. With a workload and a number it runs the workload that many
//! times: this is what it has valgrind do, twice, so that the difference is that of the repetitions.

mod workloads;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, ExitCode};

use workloads::WORKLOADS;

/// Repetitions of the shorter and of the longer run.
const REPETITIONS: [u64; 2] = [200, 1_200];
/// A count may differ by so many per cent: compilers and C libraries differ, too.
const TOLERANCE: f64 = 4.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => compare(),
        ["--write"] => {
            std::fs::write(table_path(), table(&count_all())).expect("the table can be written");
            ExitCode::SUCCESS
        }
        [name, repetitions] => {
            let (_, run) = WORKLOADS.iter().find(|(known, _)| known == name).expect("a workload");
            run(repetitions.parse().expect("a number"));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("usage: portcullis-bench-instructions [--write | WORKLOAD REPETITIONS]");
            ExitCode::FAILURE
        }
    }
}

fn table_path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.txt")
}

/// Compares what is counted with the table, in both directions: what became cheaper is written down,
/// too, so that it is kept. With another compiler than the table's it only tells.
fn compare() -> ExitCode {
    let counted = count_all();
    let text = std::fs::read_to_string(table_path()).expect("the table can be read");
    let (made_with, rows) = text.split_once('\n').expect("a table with its compiler");
    let same_compiler = made_with == compiler();
    let known: BTreeMap<&str, f64> = rows
        .lines()
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(name, count)| (name.trim(), count.parse().expect("a count in the table")))
        .collect();
    let mut differs = false;
    for (name, count) in &counted {
        let change = known.get(name).map(|known| (*count as f64 / known - 1.0) * 100.0);
        let verdict = match change {
            Some(change) if change.abs() <= TOLERANCE => format!("{change:+.1} %"),
            Some(change) => format!("{change:+.1} %: beyond {TOLERANCE} %"),
            None => "not in the table".to_owned(),
        };
        differs |= change.is_none_or(|change| change.abs() > TOLERANCE);
        println!("{name:40} {count:>8}  {verdict}");
    }
    if differs && !same_compiler {
        eprintln!("the table was made with {made_with}; this is {}", compiler());
        return ExitCode::SUCCESS;
    }
    if differs {
        eprintln!("where that is meant: cargo run --release -- --write, and commit the table");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn count_all() -> Vec<(&'static str, u64)> {
    WORKLOADS.iter().map(|(name, _)| (*name, count(name))).collect()
}

/// The instructions of one repetition.
fn count(workload: &str) -> u64 {
    let [fewer, more] = REPETITIONS.map(|repetitions| instructions(workload, repetitions));
    (more - fewer) / (REPETITIONS[1] - REPETITIONS[0])
}

fn instructions(workload: &str, repetitions: u64) -> u64 {
    let me = std::env::current_exe().expect("this program has a path");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(me)
        .args([workload, &repetitions.to_string()])
        .output()
        .expect("valgrind runs: apt-get install valgrind");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{workload}: {told}");
    let collected = told.lines().find_map(|line| line.split_once("Collected : "));
    let (_, count) = collected.unwrap_or_else(|| panic!("callgrind says how many: {told}"));
    count.trim().parse().expect("a count")
}

/// The compiler at hand, as it names itself.
fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output().expect("rustc runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn table(counted: &[(&str, u64)]) -> String {
    let mut table = format!("{}\n", compiler());
    for (name, count) in counted {
        writeln!(table, "{name:40} {count:>8}").expect("writing to a String");
    }
    table
}
