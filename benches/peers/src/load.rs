//! What it takes to have a policy in force: time and memory.

use allocation_counter::measure as count;
use portcullis::{Limits, Pdp, PolicySet};

use crate::clock::Clock;
use crate::floor::Floor;
use crate::measure::quantile;
use crate::neutral::Workload;
use crate::ours;
use crate::results::Load;

/// Loads the workload into Portcullis and the floor.
pub fn loads(workload: &Workload, rounds: usize) -> Vec<Load> {
    let files = ours::files(workload);
    vec![
        load(workload, "Portcullis", rounds, || {
            let set = PolicySet::read(&files, &Limits::default()).unwrap();
            Pdp::new(&set).unwrap()
        }),
        load(workload, "floor", rounds, || Floor::new(workload)),
    ]
}

/// Times a way to load, and counts what it leaves allocated.
pub fn load<T>(workload: &Workload, contender: &str, rounds: usize, make: impl Fn() -> T) -> Load {
    let mut kept = None;
    let info = count(|| kept = Some(make()));
    drop(kept);
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let clock = Clock::start();
            let made = make();
            let took = clock.nanoseconds() / 1e6;
            drop(made);
            took
        })
        .collect();
    Load {
        workload: workload.name.clone(),
        contender: contender.to_owned(),
        rules: workload.rules.len(),
        milliseconds: quantile(&mut times, 0.5),
        bytes: info.bytes_current,
    }
}
