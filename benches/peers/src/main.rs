//! What a decision costs in Portcullis, beside other engines and beside bit rows written by hand.

mod boundary;
mod cache;
mod chain;
mod clock;
mod contest;
mod council;
mod evidence;
mod floor;
mod generate;
mod hand;
mod instructions;
mod intern;
mod load;
mod measure;
mod neutral;
mod ours;
#[cfg(feature = "engines")]
mod peers;
mod plot;
mod report;
mod results;
mod stream;
mod targets;
#[cfg(test)]
mod tests;
mod threads;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::contest::{Field, Loaded};
use crate::generate::{WORKLOADS, workload};
use crate::instructions::REQUESTS;
use crate::measure::{Budget, Lane, counted, measure, stride};
use crate::neutral::Workload;
#[cfg(feature = "engines")]
use crate::peers::Peers;
use crate::results::{Measured, Results};

/// Measures decisions in one run, on the same requests, all contenders in turns.
#[derive(Parser)]
struct Arguments {
    /// Only these workloads, with a comma between several: `owned`, `crosscut-100`, `council`.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Fewer rounds and requests.
    #[arg(long)]
    quick: bool,
    /// Portcullis and the floor alone.
    #[arg(long)]
    without_peers: bool,
    /// Counts instructions as well, under valgrind.
    #[arg(long)]
    instructions: bool,
    /// The command `portcullis`, built with its feature `cli`, for what `decide --stream` takes.
    #[arg(long)]
    portcullis: Option<PathBuf>,
    /// Keeps what each run measured of the targets in this file: their table is of all that it has.
    #[arg(long)]
    runs: Option<PathBuf>,
    /// Writes docs/speed.md and its plots; else the tables are printed.
    #[arg(long)]
    write: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs one lane a number of times, for a counter of instructions.
    Count {
        /// The name of a workload.
        workload: String,
        /// The task and the contender: `Decide/floor`, `Typed/Portcullis`.
        lane: String,
        #[arg(long, default_value_t = 1)]
        turns: usize,
    },
}

/// How much of everything.
struct Pace {
    requests: usize,
    budget: Budget,
    /// For how long a slow peer's decisions are compared.
    patience: Duration,
    window: Duration,
    lines: usize,
    loads: usize,
}

impl Pace {
    fn of(quick: bool) -> Self {
        if quick {
            Self {
                requests: 1_000,
                budget: Budget { rounds: 11, lane: 1e6, slow: 1e8 },
                patience: Duration::from_millis(500),
                window: Duration::from_millis(200),
                lines: 20_000,
                loads: 1,
            }
        } else {
            Self {
                requests: 4_000,
                budget: Budget { rounds: 31, lane: 2e6, slow: 5e8 },
                patience: Duration::from_secs(10),
                window: Duration::from_millis(500),
                lines: 200_000,
                loads: 5,
            }
        }
    }
}

fn main() {
    let arguments = Arguments::parse();
    if let Some(Command::Count { workload, lane, turns }) = &arguments.command {
        return count(workload, lane, *turns);
    }
    let pace = Pace::of(arguments.quick);
    let mut results = Results { cache: cache::latencies(), ..Results::default() };
    let wanted = |name: &str| {
        let kind = name.split('-').next().unwrap_or(name);
        arguments.only.is_empty() || arguments.only.iter().any(|only| only == name || only == kind)
    };
    for (name, shape) in WORKLOADS.into_iter().filter(|(name, _)| wanted(name)) {
        let workload = workload(name, shape, pace.requests);
        let mut loaded = Loaded::new(&workload);
        for mix in ["realistic", "uniform"] {
            eprintln!("{name}, {mix}");
            let with_peers = !arguments.without_peers && mix == "realistic";
            results.workloads.push(contest(&workload, &mut loaded, mix, with_peers, &pace));
        }
        results.loads.extend(load::loads(&workload, pace.loads));
        if ["owned-22", "owned-1000"].contains(&name) {
            let field = Field::new(&workload, &workload.realistic);
            let rounds = pace.budget.rounds / 2;
            results.threads.push(threads::threads(&workload, &field.typed, rounds, pace.window));
        }
        if name == "owned-100"
            && let Some(path) = &arguments.portcullis
        {
            results.stream = stream::stream(&workload, path, pace.lines, pace.budget.rounds / 3);
        }
    }
    if wanted("council") {
        eprintln!("council, evidence");
        results.council = council::council(pace.budget);
        results.council_load = Some(council::council_load(pace.budget.rounds / 2));
        results.evidence = evidence::evidence(pace.budget.rounds * 3);
    }
    if arguments.instructions {
        eprintln!("instructions");
        results.instructions = instructions::instructions();
        results.typed_profile = instructions::TYPED.spent();
        results.answer_profile = instructions::ANSWER.spent();
    }
    if let Some(path) = &arguments.runs {
        let before = std::fs::read(path).unwrap_or_else(|_| b"{}".to_vec());
        let mut runs = serde_json::from_slice(&before).unwrap();
        targets::add_to(&mut runs, &results);
        std::fs::write(path, serde_json::to_vec(&runs).unwrap()).unwrap();
        results.runs = runs;
    }
    let run = about(&arguments);
    if arguments.write {
        report::write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs"), &results, &run);
    } else {
        for (name, text) in report::tables(&results, &run) {
            println!("## {name}\n\n{text}");
        }
    }
}

fn contest(
    workload: &Workload,
    loaded: &mut Loaded,
    mix: &'static str,
    with_peers: bool,
    pace: &Pace,
) -> Measured {
    let requests = if mix == "realistic" { &workload.realistic } else { &workload.uniform };
    let field = Field::new(workload, requests);
    #[cfg(feature = "engines")]
    let peers = with_peers.then(|| Peers::new(&field, pace.patience));
    #[cfg(not(feature = "engines"))]
    let _ = (with_peers, pace.patience);
    let emptiness = loaded.emptiness(&field);
    let both = loaded.on(&field);
    let mut lanes = both.lanes(&field);
    #[cfg(feature = "engines")]
    if let Some(peers) = &peers {
        peers.lanes(&field, &mut lanes);
    }
    let timings = measure(&mut lanes, &field.permits, pace.budget);
    let named = lanes.iter().map(|lane| (lane.task, lane.contender.clone()));
    let timings = named.zip(timings).collect();
    #[cfg(feature = "engines")]
    let compared = peers.as_ref().map(Peers::compared).unwrap_or_default();
    #[cfg(not(feature = "engines"))]
    let compared = vec![];
    Measured {
        workload: workload.name.clone(),
        mix,
        rules: workload.rules.len(),
        requests: requests.len(),
        permits: field.permits.iter().filter(|permit| **permit).count() * 100 / requests.len(),
        timings,
        emptiness,
        compared,
    }
}

/// What ran, and on what.
fn about(arguments: &Arguments) -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    let pace = if arguments.quick { "a quick run" } else { "a full run" };
    format!(
        "This is {pace}, on a shared machine of {cores} cores ({model}) with a load of {load} at its end."
    )
}

fn count(name: &str, lane: &str, turns: usize) {
    let (name, shape) = WORKLOADS.iter().find(|(known, _)| *known == name).unwrap();
    let workload = workload(name, *shape, REQUESTS);
    let field = Field::new(&workload, &workload.realistic);
    let name = |own: &Lane<'_>| format!("{:?}/{}", own.task, own.contender);
    let mut loaded = Loaded::new(&workload);
    let both = loaded.on(&field);
    let mut lane = both.lanes(&field).into_iter().find(|own| name(own) == lane).unwrap();
    let places = stride(REQUESTS, REQUESTS);
    for _ in 0..turns {
        println!("{} permits of {REQUESTS}", counted(&mut lane, &places));
    }
}
