//! What a decision costs in Portcullis, beside what it could cost.

mod chain;
mod floor;
mod generate;
mod hand;
mod intern;
mod measure;
mod neutral;
mod ours;

use std::hint::black_box;

use clap::Parser;

use crate::floor::{Classes, Floor};
use crate::generate::WORKLOADS;
use crate::measure::{Budget, Lane, Task, chain, measure};
use crate::neutral::{Request, Typed, Verdict, Workload};
use crate::ours::Ours;

/// Measures decisions in one run, on the same requests, all contenders in turns.
#[derive(Parser)]
struct Arguments {
    /// Only workloads whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Fewer rounds and requests: a run of a minute.
    #[arg(long)]
    quick: bool,
}

fn main() {
    let arguments = Arguments::parse();
    let requests = if arguments.quick { 1_000 } else { 4_000 };
    let budget = if arguments.quick {
        Budget { rounds: 11, lane: 5e5 }
    } else {
        Budget { rounds: 31, lane: 2e6 }
    };
    for (name, shape) in WORKLOADS {
        if arguments.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let workload = generate::workload(name, shape, requests);
        let ours = Ours::new(&workload);
        let floor = Floor::new(&workload);
        for (mix, requests) in [("realistic", &workload.realistic), ("uniform", &workload.uniform)]
        {
            side_by_side(&workload, &ours, &floor, mix, requests, budget);
        }
    }
}

fn side_by_side(
    workload: &Workload,
    ours: &Ours,
    floor: &Floor,
    mix: &str,
    requests: &[Request],
    budget: Budget,
) {
    let verdicts: Vec<Verdict> = requests.iter().map(|request| workload.oracle(request)).collect();
    let permits: Vec<bool> = verdicts.iter().map(|verdict| verdict.permit).collect();
    let typed: Vec<Typed<'_>> = requests.iter().map(|request| workload.typed(request)).collect();
    let stated: Vec<portcullis::Request> = typed.iter().map(|typed| ours.stated(typed)).collect();
    let classes: Vec<Classes> = typed.iter().map(|typed| floor.classes(typed)).collect();
    for (at, verdict) in verdicts.iter().enumerate() {
        let decision = ours.pdp.decide(&stated[at]);
        assert_eq!(decision.is_permit(), verdict.permit, "{} {at}", workload.name);
        assert_eq!(ours::determining(&decision), verdict.rules, "{} {at}", workload.name);
        let decided = floor.decide(&classes[at]);
        assert_eq!(decided.permit, verdict.permit, "{} {at}", workload.name);
        assert_eq!(decided.rule.map(|rule| floor.rule(rule)), verdict.rules.first().copied());
        assert_eq!(floor.determining(&requests[at], workload), verdict.rules);
    }
    let next = chain(&permits);
    let known: Vec<chain::Known> = if workload.name == "owned-22" {
        requests.iter().map(chain::Known::of).collect()
    } else {
        vec![]
    };
    let (mut one, mut other, mut third) =
        (ours.pdp.request(), ours.pdp.request(), ours.pdp.request());
    let mut lanes = vec![
        Lane::new("floor", Task::Decide, |at| {
            black_box(floor.decide(black_box(&classes[at]))).permit
        }),
        Lane::new("portcullis", Task::Decide, |at| {
            black_box(ours.pdp.decide(black_box(&stated[at]))).is_permit()
        }),
        Lane::chained("floor", Task::DecideChained, &next, |at| floor.decide(&classes[at]).permit),
        Lane::chained("portcullis", Task::DecideChained, &next, |at| {
            ours.pdp.decide(&stated[at]).is_permit()
        }),
        Lane::new("floor", Task::Typed, |at| {
            black_box(floor.decide(&floor.classes(black_box(&typed[at])))).permit
        }),
        Lane::new("portcullis", Task::Typed, |at| {
            ours.put(&mut one, black_box(&typed[at]));
            black_box(ours.pdp.decide(&one)).is_permit()
        }),
        Lane::chained("floor", Task::TypedChained, &next, |at| {
            floor.decide(&floor.classes(&typed[at])).permit
        }),
        Lane::chained("portcullis", Task::TypedChained, &next, |at| {
            ours.put(&mut other, &typed[at]);
            ours.pdp.decide(&other).is_permit()
        }),
        Lane::new("portcullis", Task::TypedRule, |at| {
            ours.put(&mut third, black_box(&typed[at]));
            let decision = ours.pdp.decide(&third);
            black_box(decision.determining().next());
            decision.is_permit()
        }),
    ];
    if workload.name == "owned-22" {
        for (at, verdict) in verdicts.iter().enumerate() {
            let rule = verdict.rules.first().copied();
            assert_eq!(chain::decide(&known[at]), (verdict.permit, rule));
        }
        lanes.push(Lane::new("chain", Task::Typed, |at| {
            black_box(chain::decide(black_box(&known[at]))).0
        }));
    }
    let timings = measure(&mut lanes, &permits, budget);
    let share = permits.iter().filter(|permit| **permit).count() * 100 / permits.len();
    println!("{} {mix}: {} rules, {share} % permits", workload.name, workload.rules.len());
    for (lane, timing) in lanes.iter().zip(&timings) {
        let beside =
            lanes.iter().position(|other| other.contender == "floor" && other.task == lane.task);
        let ratio = beside.map_or(f64::NAN, |at| timing.median / timings[at].median);
        println!(
            "  {:<14} {:<11} {:>8.1} ns  [{:.1}, {:.1}]  p99 {:>8.1}  {ratio:>5.2} x",
            format!("{:?}", lane.task),
            lane.contender,
            timing.median,
            timing.quartiles.0,
            timing.quartiles.1,
            timing.p99
        );
    }
}
