//! What the project aims at, and whether this run meets it.

use std::collections::BTreeMap;

use crate::measure::Task;
use crate::report::{table, times};
use crate::results::{Measured, Results};

/// Something that is aimed at, and what was measured of it.
pub struct Target {
    what: String,
    bound: Bound,
    value: f64,
}

/// Which values meet a [`Target`].
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    fn at_most(what: &str, value: f64, most: f64) -> Self {
        Self { what: what.to_owned(), bound: Bound::AtMost(most), value }
    }

    fn at_least(what: &str, value: f64, least: f64) -> Self {
        Self { what: what.to_owned(), bound: Bound::AtLeast(least), value }
    }
}

/// What was measured of each target in some runs, one after the other.
pub type Runs = BTreeMap<String, Vec<f64>>;

/// Adds what this run measured to that of the runs before.
pub fn add_to(runs: &mut Runs, results: &Results) {
    for target in targets(results).into_iter().chain(beside_parsing(results)) {
        runs.entry(target.what).or_default().push(target.value);
    }
}

/// Every target of which something was measured, but those beside parsing.
pub fn targets(results: &Results) -> Vec<Target> {
    let mut found = vec![];
    let mut at_most = |what: &str, value: Option<f64>, most: f64| {
        found.extend(value.map(|value| Target::at_most(what, value, most)));
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
        found.extend(value.map(|value| Target::at_least(what, value, least)));
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
    found
}

/// The targets beside parsing.
pub fn beside_parsing(results: &Results) -> Vec<Target> {
    let mut found = vec![];
    for of in results.workloads.iter().filter(|of| of.mix == "realistic") {
        let parse = of.median(Task::Json, "serde_json");
        let ours = of.median(Task::Json, "Portcullis");
        if let Some((ours, parse)) = ours.zip(parse) {
            let what = format!("JSON to JSON, beside parsing: {}", of.workload);
            found.push(Target::at_most(&what, ours / parse, 1.0));
        }
    }
    if let Some(stream) = &results.stream {
        let (one, two) = (stream.one / stream.parsed, stream.two / stream.one);
        found.push(Target::at_least("`--stream` on one core beside parsing", one, 0.8));
        found.push(Target::at_least("`--stream` on two cores beside one", two, 1.8));
    }
    found
}

/// Targets as a table: the median of all runs says whether they are met.
pub fn judged(targets: &[Target], runs: &Runs) -> String {
    let rows = targets.iter().map(|Target { what, bound, value }| {
        let mut values = runs.get(what).cloned().unwrap_or_else(|| vec![*value]);
        let each: Vec<String> = values.iter().copied().map(figure).collect();
        values.sort_by(f64::total_cmp);
        let median = values.get(values.len() / 2).copied().unwrap_or(*value);
        let (met, by, bound) = match *bound {
            Bound::AtMost(most) => {
                (median <= most, median / most, format!("at most {}", figure(most)))
            }
            Bound::AtLeast(least) => {
                (median >= least, least / median, format!("at least {}", figure(least)))
            }
        };
        let verdict = if met { "met".to_owned() } else { format!("missed, by {}", times(by)) };
        vec![what.clone(), bound, figure(median), each.join(", "), verdict]
    });
    table(&["target", "", "median", "of", ""], rows.collect())
}

fn figure(value: f64) -> String {
    if value < 100.0 {
        format!("{value:.2}").trim_end_matches(".00").to_owned()
    } else {
        format!("{value:.0}")
    }
}

fn floor(of: &Measured, task: Task) -> Option<f64> {
    Some(of.median(task, "Portcullis")? / of.median(task, "floor")?)
}
