//! The reference set, for Portcullis alone: derived attributes, evidence, times and several owners on one
//! request are more than the others can be asked to express.

use std::hint::black_box;
use std::path::Path;

use portcullis::{Folder, Limits, Pdp, PolicySet, Request, Suite, Value};
use serde_json::json;

use crate::clock::Clock;
use crate::measure::{Budget, Lane, Task, Timing, measure, quantile};
use crate::ours::document;

/// Its own tests, asked as requests: the decisions that they expect are what is held against.
pub fn council(budget: Budget) -> Vec<(String, Timing)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/council");
    let limits = Limits::default();
    let set = PolicySet::read(&Folder::new(&folder), &limits).unwrap();
    let suite = Suite::read(&Folder::new(&folder), &set, &limits).unwrap();
    let pdp = Pdp::new(&set).unwrap();
    // A test may say what the gateway can do; the lanes' gateway can do all.
    let tests: Vec<_> = suite.tests.iter().filter(|test| test.can.is_none()).collect();
    let stated: Vec<Request> = tests
        .iter()
        .map(|test| {
            let mut request = pdp.bench_request();
            test.state(&mut request).unwrap();
            request
        })
        .collect();
    let permits: Vec<bool> = tests.iter().map(|test| test.expect.permit).collect();
    let json: Vec<String> = stated.iter().map(|request| document(values(request))).collect();
    let (mut one, mut other) = (pdp.bench_request(), pdp.bench_request());
    let mut lanes = vec![
        Lane::new("Portcullis", Task::Decide, |at| {
            black_box(pdp.decide(black_box(&stated[at]))).is_permit()
        }),
        Lane::new("Portcullis", Task::Typed, |at| {
            one.reset().put_all_of(black_box(&stated[at]));
            black_box(pdp.decide(&one)).is_permit()
        }),
        Lane::new("Portcullis", Task::Json, |at| {
            let answer = pdp.answer(black_box(json[at].as_bytes()), &mut other, |_| {});
            black_box(answer.unwrap()).permits
        }),
        Lane::new("serde_json", Task::Json, |at| {
            let parsed =
                serde_json::from_slice::<serde_json::Value>(black_box(json[at].as_bytes()));
            black_box(parsed).is_ok() && permits[at]
        }),
    ];
    let timings = measure(&mut lanes, &permits, budget);
    let names = lanes.iter().map(|lane| format!("{}: {}", lane.task.words(), lane.contender));
    names.zip(timings).collect()
}

fn values(request: &Request) -> Vec<(&str, serde_json::Value)> {
    let value = |value: Value| match value {
        Value::Bool(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Set(words) => json!(words),
        other => json!(other.to_string()),
    };
    request.stated().map(|(name, held)| (name, value(held))).collect()
}

/// Milliseconds to load and check it, without proofs and with them.
pub fn council_load(rounds: usize) -> (f64, f64) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/council");
    let load = |proves: bool| {
        let clock = Clock::start();
        let pdp = Pdp::unavailable(Limits::default());
        let pdp = if proves { pdp } else { pdp.without_proofs() };
        pdp.reload(&folder).unwrap();
        clock.nanoseconds() / 1e6
    };
    let (mut without, mut with) = (vec![], vec![]);
    for _ in 0..rounds {
        without.push(load(false));
        with.push(load(true));
    }
    (quantile(&mut without, 0.5), quantile(&mut with, 0.5))
}
