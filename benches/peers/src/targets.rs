//! What the project aims at, and whether this run meets it.

use crate::measure::Task;
use crate::report::{table, times};
use crate::results::{Measured, Results};

/// Every target of which something was measured, but those beside parsing.
pub fn targets(results: &Results) -> String {
    let mut rows = vec![];
    let mut at_most = |what: &str, value: Option<f64>, most: f64| {
        if let Some(value) = value {
            rows.push(row(what, value, most, value <= most, "at most"));
        }
    };
    let realistic = || results.workloads.iter().filter(|of| of.mix == "realistic");
    for of in realistic() {
        let name = &of.workload;
        at_most(&format!("decide only, beside the floor: {name}"), floor(of, Task::Decide), 3.0);
        at_most(&format!("typed values, beside the floor: {name}"), floor(of, Task::Typed), 2.5);
    }
    let grown = |from: &str, to: &str| {
        let of =
            |name: &str| results.of(name, "realistic")?.median(Task::TypedChained, "Portcullis");
        Some(of(to)? / of(from)?)
    };
    at_most(
        "latency of 588 organisations beside 22 rules",
        grown("owned-22", "organisations"),
        2.5,
    );
    at_most(
        "latency of 10 000 rules that cut across beside 22",
        grown("owned-22", "crosscut-10000"),
        25.0,
    );
    let allocated = realistic().filter_map(|of| of.timing(Task::Typed, "Portcullis"));
    let most = allocated.map(|timing| timing.allocations).reduce(f64::max);
    at_most("allocations a decision", most, 0.0);
    for of in &results.threads {
        let ratio = of.p999_reloaded / of.p999_quiet;
        at_most(&format!("p99.9 with reloads beside quiet: {}", of.workload), Some(ratio), 3.0);
    }
    at_most(
        "loading and proving the council's set, ms",
        results.council_load.map(|load| load.1),
        100.0,
    );
    for load in results.loads.iter().filter(|load| load.contender == "Portcullis") {
        let bytes = crate::measure::float(usize::try_from(load.bytes).unwrap_or(0));
        let each = bytes / crate::measure::float(load.rules);
        at_most(&format!("bytes a rule: {}", load.workload), Some(each), 200.0);
        if load.workload == "organisations" {
            at_most("loading the 588 organisations' set, ms", Some(load.milliseconds), 1_000.0);
        }
    }
    let mut at_least = |what: &str, value: Option<f64>, least: f64| {
        if let Some(value) = value {
            rows.push(row(what, value, least, value >= least, "at least"));
        }
    };
    for of in realistic() {
        let Some(ours) = of.median(Task::Typed, "Portcullis") else { continue };
        let name = &of.workload;
        let shipped = match of.rules {
            ..100 => 40.0,
            100..1_000 => 100.0,
            _ => 500.0,
        };
        let fastest = of.fastest_peer(Task::Typed, false).map(|(_, median)| median / ours);
        at_least(&format!("beside the fastest peer as shipped: {name}"), fastest, shipped);
        let fastest = of.fastest_peer(Task::Typed, true).map(|(_, median)| median / ours);
        at_least(&format!("beside the fastest peer by owner: {name}"), fastest, 40.0);
        let cedar = match of.rules {
            ..100 => 300.0,
            100..1_000 => 1_000.0,
            1_000..10_000 => 10_000.0,
            _ => 100_000.0,
        };
        let ratio = of.median(Task::Typed, "cedar").map(|median| median / ours);
        at_least(&format!("beside Cedar as shipped: {name}"), ratio, cedar);
    }
    for of in &results.threads {
        let name = &of.workload;
        at_least(&format!("two threads beside one: {name}"), Some(of.two / of.one), 1.9);
        at_least(&format!("the same, with reloads: {name}"), Some(of.reloaded / of.one), 1.8);
    }
    table(&["target", "", "measured", ""], rows)
}

/// The targets beside parsing.
pub fn beside_parsing(results: &Results) -> String {
    let mut rows = vec![];
    for of in results.workloads.iter().filter(|of| of.mix == "realistic") {
        let parse = of.median(Task::Json, "serde_json");
        let ours = of.median(Task::Json, "Portcullis");
        if let Some((ours, parse)) = ours.zip(parse) {
            let what = format!("JSON to JSON, beside parsing: {}", of.workload);
            rows.push(row(&what, ours / parse, 1.0, ours <= parse, "at most"));
        }
    }
    if let Some(stream) = &results.stream {
        let mut at_least = |what: &str, value: f64, least: f64| {
            rows.push(row(what, value, least, value >= least, "at least"));
        };
        at_least("`--stream` on one core beside parsing", stream.one / stream.parsed, 0.8);
        at_least("`--stream` on two cores beside one", stream.two / stream.one, 1.8);
    }
    table(&["target", "", "measured", ""], rows)
}

fn floor(of: &Measured, task: Task) -> Option<f64> {
    Some(of.median(task, "Portcullis")? / of.median(task, "floor")?)
}

fn row(what: &str, value: f64, bound: f64, met: bool, word: &str) -> Vec<String> {
    let by = if value > bound { value / bound } else { bound / value };
    let verdict = if met { "met".to_owned() } else { format!("missed, by {}", times(by)) };
    let figure = |value: f64| {
        if value < 100.0 {
            format!("{value:.2}").trim_end_matches(".00").to_owned()
        } else {
            format!("{value:.0}")
        }
    };
    vec![what.to_owned(), format!("{word} {}", figure(bound)), figure(value), verdict]
}
