//! What a run found.

use std::collections::BTreeMap;

use crate::measure::{Task, Timing};
use crate::targets::Runs;

/// Everything that a run found.
#[derive(Default)]
pub struct Results {
    pub workloads: Vec<Measured>,
    pub loads: Vec<Load>,
    pub threads: Vec<Threads>,
    pub council: Vec<(String, Timing)>,
    pub council_load: Option<(f64, f64)>,
    pub evidence: Vec<(String, f64)>,
    pub stream: Option<Stream>,
    pub cache: Vec<(String, f64)>,
    /// By workload and lane.
    pub instructions: Vec<(String, String, f64)>,
    /// Instructions of a typed decision, by what they are for.
    pub typed_profile: Vec<(String, Vec<f64>)>,
    /// Those of an answer in JSON.
    pub answer_profile: Vec<(String, Vec<f64>)>,
    /// What was measured of each target in this run and those before.
    pub runs: Runs,
}

/// One kind of request to one workload.
pub struct Measured {
    pub workload: String,
    pub mix: &'static str,
    pub rules: usize,
    pub requests: usize,
    /// Of a hundred requests.
    pub permits: usize,
    pub timings: BTreeMap<(Task, String), Timing>,
    /// Where the floor's rows are long, their words, and how many are empty: see `Floor::emptiness`.
    pub emptiness: Option<[usize; 3]>,
    /// How many decisions of a peer were compared with the scan's, as shipped and by owner.
    pub compared: Vec<(&'static str, (usize, usize))>,
}

/// What it takes to have a policy in force.
pub struct Load {
    pub workload: String,
    pub contender: String,
    pub rules: usize,
    /// From text to the first decision, in milliseconds.
    pub milliseconds: f64,
    /// What stays allocated.
    pub bytes: i64,
}

/// Decisions a second, in millions, and what 999 of 1 000 groups of decisions stay below, in nanoseconds.
pub struct Threads {
    pub workload: String,
    pub one: f64,
    pub two: f64,
    pub reloaded: f64,
    pub p999_quiet: f64,
    pub p999_reloaded: f64,
    pub reloads: usize,
}

/// Megabytes of NDJSON a second.
pub struct Stream {
    pub parsed: f64,
    pub one: f64,
    pub two: f64,
}

impl Results {
    pub fn of(&self, workload: &str, mix: &str) -> Option<&Measured> {
        self.workloads.iter().find(|of| of.workload == workload && of.mix == mix)
    }
}

impl Measured {
    pub fn timing(&self, task: Task, contender: &str) -> Option<Timing> {
        self.timings.get(&(task, contender.to_owned())).copied()
    }

    pub fn median(&self, task: Task, contender: &str) -> Option<f64> {
        Some(self.timing(task, contender)?.median)
    }

    /// The peer that is fastest at a task, as shipped or by owner.
    pub fn fastest_peer(&self, task: Task, by_owner: bool) -> Option<(&str, f64)> {
        let peers = self.timings.iter().filter(|((of, contender), _)| {
            let own = ["Portcullis", "Portcullis from C", "floor", "if chain", "serde_json"];
            *of == task
                && !own.contains(&contender.as_str())
                && contender.ends_with(" by owner") == by_owner
        });
        let medians = peers.map(|((_, contender), timing)| (contender.as_str(), timing.median));
        medians.min_by(|(_, a), (_, b)| a.total_cmp(b))
    }
}
