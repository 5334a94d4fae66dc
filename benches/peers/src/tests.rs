//! Small workloads on which everybody must agree; and that a contender which does not is found out.

use crate::contest::{Field, Loaded};
use crate::generate::{Shape, WORKLOADS, workload};
use crate::hand;
use crate::measure::{Budget, Lane, Task, measure};
use crate::neutral::{ACTION, OWNER, Workload};
#[cfg(feature = "engines")]
use crate::neutral::{DAYS, FACTORS, MINUTE, Rule, TAMPERED, Test};
use crate::report::fill;

fn small() -> [Workload; 5] {
    [
        ("owned-22", Shape::Hand),
        ("small-owned", Shape::Owned { owners: 6, each: 8 }),
        ("small-crossed", Shape::Crossed { owners: 6, each: 8, across: 30 }),
        ("small-crosscut", Shape::Crosscut(300)),
        ("small-adversarial", Shape::Adversarial(60)),
    ]
    .map(|(name, shape)| workload(name, shape, 200))
}

#[test]
fn the_floor_and_portcullis_come_to_the_decisions_of_the_scan_by_its_rules() {
    for workload in small() {
        let mut loaded = Loaded::new(&workload);
        for requests in [&workload.realistic, &workload.uniform] {
            loaded.on(&Field::new(&workload, requests));
        }
    }
}

#[cfg(feature = "engines")]
#[test]
fn every_peer_comes_to_the_decisions_of_the_scan_as_shipped_and_by_owner() {
    for workload in small() {
        for requests in [&workload.realistic, &workload.uniform] {
            let field = Field::new(&workload, requests);
            let peers = crate::peers::Peers::new(&field, std::time::Duration::from_secs(600));
            for (name, (shipped, by_owner)) in peers.compared() {
                assert_eq!(shipped, 200, "{name}");
                assert_eq!(by_owner, if workload.is_owned() { 200 } else { 0 }, "{name}");
            }
        }
    }
}

#[cfg(feature = "engines")]
#[test]
fn every_peer_reads_numbers_at_their_edges_and_lets_a_later_deny_override() {
    let rule = |permits, owner, when: Vec<(usize, Test)>| Rule {
        permits,
        owner,
        when,
        obligations: vec![],
    };
    let factors = rule(true, Some(0), vec![(FACTORS, Test::AtLeast(2))]);
    let rules = vec![
        factors.clone(),
        factors,
        rule(true, Some(1), vec![(MINUTE, Test::Between(420, 1_139))]),
        rule(true, None, vec![(ACTION, Test::OneOf(vec![0, 1])), (DAYS, Test::AtMost(7))]),
        rule(false, None, vec![(DAYS, Test::AtLeast(31))]),
        rule(false, None, vec![(TAMPERED, Test::OneOf(vec![1]))]),
    ];
    let with = |owner, action, days, factors, minute, tampered| {
        [owner, 3, action, 3, 1, 0, 1, 1, days, factors, minute, 0, 1, 1, tampered, 1]
    };
    let (requests, permits): (Vec<_>, Vec<_>) = [
        (with(0, 9, 30, 2, 0, 0), true),
        (with(0, 9, 30, 1, 0, 0), false),
        (with(0, 9, 31, 2, 0, 0), false),
        (with(0, 9, 30, 2, 0, 1), false),
        (with(1, 9, 30, 2, 419, 0), false),
        (with(1, 9, 30, 2, 420, 0), true),
        (with(1, 9, 30, 2, 1_139, 0), true),
        (with(1, 9, 30, 2, 1_140, 0), false),
        // Of an owner that no rule names.
        (with(2, 1, 7, 0, 0, 0), true),
        (with(2, 1, 8, 0, 0, 0), false),
        (with(2, 2, 7, 3, 600, 0), false),
    ]
    .into_iter()
    .unzip();
    let owners = ["one", "another", "a-stranger"].map(str::to_owned).to_vec();
    let workload =
        Workload { name: "edges".to_owned(), owners, rules, realistic: vec![], uniform: vec![] };
    let field = Field::new(&workload, &requests);
    assert_eq!(field.permits, permits);
    let peers = crate::peers::Peers::new(&field, std::time::Duration::from_secs(600));
    for (name, compared) in peers.compared() {
        assert_eq!(compared, (11, 11), "{name}");
    }
}

#[test]
fn every_measured_lane_comes_to_as_many_permits_as_the_scan() {
    let workload = workload("owned-22", Shape::Hand, 100);
    let field = Field::new(&workload, &workload.realistic);
    let mut loaded = Loaded::new(&workload);
    let both = loaded.on(&field);
    let mut lanes = both.lanes(&field);
    let budget = Budget { rounds: 3, lane: 1e4, slow: 1e6 };
    // Portcullis, the floor, the chain, parsing, and C.
    assert_eq!(measure(&mut lanes, &field.permits, budget).len(), 18);
}

#[test]
#[should_panic(expected = "a liar decides otherwise")]
fn a_lane_that_decides_otherwise_ends_the_run() {
    let permits = [true, false, true, false];
    let mut lanes = [Lane::new("a liar", Task::Decide, |_| true)];
    measure(&mut lanes, &permits, Budget { rounds: 3, lane: 1e4, slow: 1e6 });
}

#[test]
fn a_chained_walk_visits_every_request_once_where_every_decision_is_right() {
    let permits = [true, false, false, true, true, false, true];
    let next = crate::measure::chain(&permits);
    let mut visited = vec![];
    let mut at = 0;
    for _ in 0..permits.len() {
        visited.push(at);
        at = usize::try_from(next[at][usize::from(permits[at])]).unwrap();
    }
    visited.sort_unstable();
    assert_eq!(visited, [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn the_scan_lets_denies_override_and_permits_nothing_by_default() {
    let workload = workload("owned-22", Shape::Hand, 1);
    // The council's own managed device views OFFICIAL information.
    let request = [0, 3, 0, 3, 1, 0, 1, 1, 0, 2, 600, 0, 1, 1, 0, 1];
    let verdict = workload.oracle(&request);
    assert_eq!((verdict.permit, verdict.rules), (true, vec![10]));
    let mut tampered = request;
    tampered[14] = 1;
    let verdict = workload.oracle(&tampered);
    assert_eq!((verdict.permit, verdict.rules), (false, vec![0]));
    let mut administers = request;
    administers[ACTION] = 9;
    let verdict = workload.oracle(&administers);
    assert_eq!((verdict.permit, verdict.rules), (false, vec![]));
    let mut strange = request;
    strange[OWNER] = 4;
    assert!(!workload.oracle(&strange).permit);
    assert_eq!(hand::rules().len(), 22);
}

#[test]
fn requests_as_gateways_meet_them_are_permits_mostly_and_always_the_same() {
    for (name, shape) in WORKLOADS.into_iter().filter(|(name, _)| name.ends_with("100")) {
        let once = workload(name, shape, 400);
        let permits = once.realistic.iter().filter(|request| once.oracle(request).permit).count();
        assert!((240..=392).contains(&permits), "{name}: {permits} of 400");
        assert_eq!(once.realistic, workload(name, shape, 400).realistic);
    }
}

#[test]
fn tables_are_replaced_between_their_marks_and_prose_is_kept() {
    let page = "before\n<!-- a -->\nold\n<!-- /a -->\nafter\n";
    assert_eq!(fill(page, "a", "new\n"), "before\n<!-- a -->\nnew\n<!-- /a -->\nafter\n");
    assert_eq!(fill(page, "b", "new\n"), page);
}
