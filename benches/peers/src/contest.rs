//! The contest of one workload: who takes part, and that all come to the same decisions.

use std::hint::black_box;

use crate::boundary::{InC, Side};
use crate::chain;
use crate::floor::{Classes, Floor};
use crate::measure::{Lane, Task, chain as walk};
use crate::neutral::{Request, Typed, Verdict, Workload};
use crate::ours::{self, Ours};

/// Requests to a workload, in every form that some contender takes.
pub struct Field<'w> {
    pub workload: &'w Workload,
    pub requests: &'w [Request],
    pub typed: Vec<Typed<'w>>,
    pub verdicts: Vec<Verdict>,
    pub permits: Vec<bool>,
    next: Vec<[u32; 2]>,
}

impl<'w> Field<'w> {
    pub fn new(workload: &'w Workload, requests: &'w [Request]) -> Self {
        let verdicts: Vec<Verdict> =
            requests.iter().map(|request| workload.oracle(request)).collect();
        let permits: Vec<bool> = verdicts.iter().map(|verdict| verdict.permit).collect();
        let typed = requests.iter().map(|request| workload.typed(request)).collect();
        let next = walk(&permits);
        Self { workload, requests, typed, verdicts, permits, next }
    }

    pub fn each<T>(&self, make: impl Fn(&Typed<'w>) -> T) -> Vec<T> {
        self.typed.iter().map(make).collect()
    }
}

/// What is loaded once for a workload.
pub struct Loaded {
    floor: Floor,
    ours: Ours,
    side: Side,
}

impl Loaded {
    pub fn new(workload: &Workload) -> Self {
        let (floor, ours) = (Floor::new(workload), Ours::new(workload));
        Self { floor, ours, side: Side::new(workload) }
    }

    /// What [`Floor::emptiness`] finds of all these requests together.
    pub fn emptiness(&self, field: &Field<'_>) -> Option<[usize; 3]> {
        let each = field.typed.iter().map(|typed| self.floor.emptiness(&self.floor.classes(typed)));
        each.reduce(|all, one| {
            let (all, one) = (all?, one?);
            Some(std::array::from_fn(|at| all[at] + one[at]))
        })?
    }

    /// The floor and Portcullis on these requests.
    ///
    /// # Panics
    ///
    /// They do not agree with the scan.
    pub fn on<'a, 'w>(&'a mut self, field: &Field<'w>) -> Both<'a, 'w> {
        let on_floor = OnFloor::new(field, &self.floor);
        Both { on_floor, on_ours: OnOurs::new(field, &self.ours, &mut self.side) }
    }
}

/// The floor and Portcullis on some requests.
pub struct Both<'a, 'w> {
    on_floor: OnFloor<'a>,
    on_ours: OnOurs<'a, 'w>,
}

impl Both<'_, '_> {
    pub fn lanes<'l>(&'l self, field: &'l Field<'_>) -> Vec<Lane<'l>> {
        let mut lanes = vec![];
        self.on_floor.lanes(field, &mut lanes);
        self.on_ours.lanes(field, &mut lanes);
        lanes
    }
}

/// The floor, and the classes of each request.
struct OnFloor<'a> {
    floor: &'a Floor,
    classes: Vec<Classes>,
    /// The requests in the chain's own types, where there is a chain.
    known: Vec<chain::Known>,
}

impl<'a> OnFloor<'a> {
    /// # Panics
    ///
    /// It decides otherwise than the scan, or by other rules.
    fn new(field: &Field<'_>, floor: &'a Floor) -> Self {
        let classes = field.each(|typed| floor.classes(typed));
        for (at, verdict) in field.verdicts.iter().enumerate() {
            let decided = floor.decide(&classes[at]);
            let rule = decided.rule.map(|rule| floor.rule(rule));
            let first = verdict.rules.first().copied();
            assert_eq!((decided.permit, rule), (verdict.permit, first), "the floor on {at}");
            let rules = floor.determining(&field.requests[at], field.workload);
            assert_eq!(rules, verdict.rules, "the floor's rules on {at}");
        }
        let mut known = vec![];
        if field.workload.name == "owned-22" {
            known.extend(field.requests.iter().map(chain::Known::of));
            for (at, verdict) in field.verdicts.iter().enumerate() {
                let first = verdict.rules.first().copied();
                assert_eq!(chain::decide(&known[at]), (verdict.permit, first), "the chain on {at}");
            }
        }
        Self { floor, classes, known }
    }

    fn lanes<'l>(&'l self, field: &'l Field<'_>, lanes: &mut Vec<Lane<'l>>) {
        let Self { floor, classes, known } = self;
        let typed = &field.typed;
        let on_classes = |at: usize| black_box(floor.decide(black_box(&classes[at]))).permit;
        let on_typed =
            |at: usize| black_box(floor.decide(&floor.classes(black_box(&typed[at])))).permit;
        lanes.extend([
            Lane::new("floor", Task::Decide, on_classes),
            Lane::chained("floor", Task::DecideChained, &field.next, on_classes),
            Lane::new("floor", Task::Typed, on_typed),
            Lane::chained("floor", Task::TypedChained, &field.next, on_typed),
            // Its decisions name a rule in any case.
            Lane::new("floor", Task::TypedRule, on_typed),
        ]);
        if !known.is_empty() {
            let on_known = |at: usize| black_box(chain::decide(black_box(&known[at]))).0;
            lanes.push(Lane::new("if chain", Task::Decide, on_known));
            lanes.push(Lane::chained("if chain", Task::DecideChained, &field.next, on_known));
        }
    }
}

/// A request that is kept, as the library's documentation advises.
#[repr(align(64))]
struct Kept(portcullis::Request);

/// Portcullis, and each request stated.
struct OnOurs<'a, 'w> {
    ours: &'a Ours,
    stated: Vec<Kept>,
    json: Vec<String>,
    in_c: Vec<InC<'w>>,
    side: &'a Side,
}

impl<'a, 'w> OnOurs<'a, 'w> {
    /// # Panics
    ///
    /// It decides otherwise than the scan, or by other rules.
    fn new(field: &Field<'w>, ours: &'a Ours, side: &'a mut Side) -> Self {
        let stated = field.each(|typed| Kept(ours.stated(typed)));
        for (at, verdict) in field.verdicts.iter().enumerate() {
            let decision = ours.pdp.decide(&stated[at].0);
            assert_eq!(decision.is_permit(), verdict.permit, "Portcullis on {at}");
            assert_eq!(ours::determining(&decision), verdict.rules, "Portcullis's rules on {at}");
        }
        let json =
            field.requests.iter().map(|request| ours::authzen(field.workload, request)).collect();
        let in_c = field.each(InC::of);
        side.state(&in_c);
        Self { ours, stated, json, in_c, side }
    }

    fn lanes<'l>(&'l self, field: &'l Field<'_>, lanes: &mut Vec<Lane<'l>>) {
        let Self { ours, stated, json, in_c, side } = self;
        let typed = &field.typed;
        let on_stated =
            |at: usize| black_box(ours.pdp.decide(black_box(&stated[at].0))).is_permit();
        let on_typed = || {
            let mut request = ours.pdp.request();
            move |at: usize| {
                ours.put(&mut request, black_box(&typed[at]));
                black_box(ours.pdp.decide(&request)).is_permit()
            }
        };
        let mut request = ours.pdp.request();
        let to_rule = move |at: usize| {
            ours.put(&mut request, black_box(&typed[at]));
            let decision = ours.pdp.decide(&request);
            black_box(decision.determining().next());
            decision.is_permit()
        };
        let mut request = ours.pdp.request();
        let by_name = move |at: usize| {
            ours.set(&mut request, black_box(&typed[at]));
            black_box(ours.pdp.decide(&request)).is_permit()
        };
        let mut request = ours.pdp.request();
        let mut answer = vec![];
        let answer = move |at: usize| {
            answer.clear();
            let document = black_box(json[at].as_bytes());
            let permits = ours.pdp.answer_into(document, &mut request, |_| {}, &mut answer);
            black_box(&answer);
            permits.unwrap()
        };
        lanes.extend([
            Lane::new("Portcullis", Task::Decide, on_stated),
            Lane::chained("Portcullis", Task::DecideChained, &field.next, on_stated),
            Lane::new("Portcullis", Task::Typed, on_typed()),
            Lane::chained("Portcullis", Task::TypedChained, &field.next, on_typed()),
            Lane::new("Portcullis", Task::TypedRule, to_rule),
            Lane::new("Portcullis", Task::TypedByName, by_name),
            Lane::new("Portcullis", Task::Json, answer),
            // What it is held against: merely parsing the request.
            Lane::new("serde_json", Task::Json, |at| {
                let parsed =
                    serde_json::from_slice::<serde_json::Value>(black_box(json[at].as_bytes()));
                black_box(parsed).is_ok() && field.permits[at]
            }),
            Lane::new("Portcullis from C", Task::Decide, |at| side.decide(at)),
            Lane::new("Portcullis from C", Task::Typed, |at| side.typed(&in_c[at])),
            Lane::new("Portcullis from C", Task::Json, |at| side.json(&json[at])),
        ]);
    }
}
