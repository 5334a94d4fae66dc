//! Timing in turns: every lane once a round, so that what else the machine does falls on all alike.

use std::time::Instant;

/// One contender at one task.
pub struct Lane<'a> {
    pub contender: String,
    pub task: Task,
    run: Box<dyn FnMut(&[u32]) -> usize + 'a>,
    /// Whether it takes the requests in an order of its own, all of them.
    whole: bool,
}

/// What is timed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Task {
    /// From what the contender can prepare of a request to permit or deny.
    Decide,
    /// The same, where each request is picked by the decision before.
    DecideChained,
    /// From typed values to permit or deny.
    Typed,
    /// The same, where each request is picked by the decision before.
    TypedChained,
    /// From typed values to the decision and the rules that made it.
    TypedRule,
}

impl<'a> Lane<'a> {
    /// A lane that decides one request, by its place, and says whether it is a permit.
    pub fn new(
        contender: impl Into<String>,
        task: Task,
        mut decide: impl FnMut(usize) -> bool + 'a,
    ) -> Self {
        let run = move |places: &[u32]| {
            let permits =
                places.iter().filter(|place| decide(usize::try_from(**place).unwrap_or(0)));
            permits.count()
        };
        Self { contender: contender.into(), task, run: Box::new(run), whole: false }
    }

    /// The same, but the next place is looked up by the place and the decision: see [`chain`].
    pub fn chained(
        contender: impl Into<String>,
        task: Task,
        next: &'a [[u32; 2]],
        mut decide: impl FnMut(usize) -> bool + 'a,
    ) -> Self {
        let run = move |places: &[u32]| {
            let (mut at, mut permits) = (0, 0);
            for _ in places {
                let permit = usize::from(decide(at));
                permits += permit;
                at = next.get(at).map_or(0, |next| usize::try_from(next[permit]).unwrap_or(0));
            }
            permits
        };
        Self { contender: contender.into(), task, run: Box::new(run), whole: true }
    }

    /// Runs it on these requests; how many were permits.
    pub fn run(&mut self, places: &[u32]) -> usize {
        (self.run)(places)
    }
}

/// A walk over all requests in which each decision picks the next: right decisions lead through all of
/// them in no order that can be foreseen, and a wrong one elsewhere.
pub fn chain(permits: &[bool]) -> Vec<[u32; 2]> {
    let mut order: Vec<usize> = (1..permits.len()).collect();
    fastrand::Rng::with_seed(1).shuffle(&mut order);
    order.insert(0, 0);
    let place = |at: usize| u32::try_from(order[at % order.len()]).unwrap();
    let mut next = vec![[0; 2]; permits.len()];
    for (at, from) in order.iter().enumerate() {
        let permit = usize::from(permits[*from]);
        next[*from][permit] = place(at + 1);
        next[*from][1 - permit] = place(at + 2);
    }
    next
}

/// How long one decision took, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// The median of the rounds, and their quartiles.
    pub median: f64,
    pub quartiles: (f64, f64),
    /// Of decisions timed in small groups, what 99 of 100 groups stay below; each by itself where one
    /// takes a microsecond.
    pub p99: f64,
    /// How many requests were timed each round.
    pub requests: usize,
}

/// How much time there is.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub rounds: usize,
    /// What a lane may take of a round, in nanoseconds.
    pub lane: f64,
}

/// Times every lane. `permits` is the right decision on each request.
///
/// # Panics
///
/// A lane came to other decisions.
pub fn measure(lanes: &mut [Lane<'_>], permits: &[bool], budget: Budget) -> Vec<Timing> {
    let places: Vec<Vec<u32>> = lanes
        .iter_mut()
        .map(|lane| {
            if lane.whole {
                return stride(permits.len(), permits.len());
            }
            let few = stride(permits.len(), 8);
            let start = Instant::now();
            lane.run(&few);
            let each = nanoseconds(start) / 8.0;
            stride(permits.len(), whole(budget.lane / each).clamp(16, permits.len()))
        })
        .collect();
    let mut each: Vec<Vec<f64>> = lanes.iter().map(|_| vec![]).collect();
    let mut groups: Vec<Vec<f64>> = lanes.iter().map(|_| vec![]).collect();
    for _ in 0..budget.rounds {
        for ((lane, places), each) in lanes.iter_mut().zip(&places).zip(&mut each) {
            let start = Instant::now();
            let found = lane.run(places);
            each.push(nanoseconds(start) / float(places.len()));
            let wanted =
                places.iter().filter(|place| permits[usize::try_from(**place).unwrap()]).count();
            assert_eq!(found, wanted, "{} decides otherwise ({:?})", lane.contender, lane.task);
        }
        for (at, (lane, places)) in lanes.iter_mut().zip(&places).enumerate() {
            if lane.whole {
                continue;
            }
            let group = whole(1_000.0 / each[at][0]).clamp(1, 64);
            for few in places.chunks_exact(group) {
                let start = Instant::now();
                lane.run(few);
                groups[at].push(nanoseconds(start) / float(group));
            }
        }
    }
    let timings =
        each.iter_mut().zip(&mut groups).zip(&places).map(|((each, groups), places)| Timing {
            median: quantile(each, 0.5),
            quartiles: (quantile(each, 0.25), quantile(each, 0.75)),
            p99: quantile(groups, 0.99),
            requests: places.len(),
        });
    timings.collect()
}

/// So many of the requests, evenly spread.
pub fn stride(all: usize, some: usize) -> Vec<u32> {
    (0..some).map(|at| u32::try_from(at * all / some).unwrap()).collect()
}

pub fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get(whole(float(last) * share + 0.5)).copied().unwrap_or(f64::NAN)
}

pub fn nanoseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e9
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn float(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped")]
fn whole(value: f64) -> usize {
    value as usize
}
