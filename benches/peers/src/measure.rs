//! Timing in turns: every lane once a round, so that what else the machine does falls on all alike.

use std::time::Instant;

use crate::clock::Clock;

/// One contender at one task.
pub struct Lane<'a> {
    pub contender: String,
    pub task: Task,
    run: Run<'a>,
    /// Whether it takes the requests in an order of its own, all of them.
    whole: bool,
}

/// Answers the requests at some places, and counts the permits.
type Run<'a> = Box<dyn FnMut(&[u32]) -> usize + 'a>;

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
    /// From typed values to the decision and a rule that made it.
    TypedRule,
    /// From values stated by name to permit or deny.
    TypedByName,
    /// From AuthZEN JSON to AuthZEN JSON.
    Json,
}

impl Task {
    pub fn words(self) -> &'static str {
        match self {
            Task::Decide => "decide only",
            Task::DecideChained => "decide only, chained",
            Task::Typed => "typed values to decision",
            Task::TypedChained => "typed values to decision, chained",
            Task::TypedRule => "typed values to decision and rule",
            Task::TypedByName => "values by name to decision",
            Task::Json => "AuthZEN JSON to AuthZEN JSON",
        }
    }
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
    /// The median of the rounds, and their quartiles: time of the processor.
    pub median: f64,
    pub quartiles: (f64, f64),
    /// Of decisions timed in small groups by the clock on the wall, what 99 of 100 groups stay below; each
    /// by itself where one takes a microsecond.
    pub p99: f64,
    /// Calls of the allocator a decision.
    pub allocations: f64,
}

/// How much time there is.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub rounds: usize,
    /// What a lane may take of a round, in nanoseconds.
    pub lane: f64,
    /// What a lane may take in all, where it needs more than that for the fewest requests.
    pub slow: f64,
}

/// How long a turn is at least, in nanoseconds.
const TURN: f64 = 500_000.0;
/// The fewest requests of a round: they must stand for all.
const FEWEST: usize = 16;

/// Times every lane. `permits` is the right decision on each request.
///
/// # Panics
///
/// A lane came to other decisions.
pub fn measure(lanes: &mut [Lane<'_>], permits: &[bool], budget: Budget) -> Vec<Timing> {
    let mut turns: Vec<Turns> =
        lanes.iter_mut().map(|lane| Turns::new(lane, permits, budget)).collect();
    for round in 0..budget.rounds {
        let now = |turns: &Turns| round < turns.rounds;
        for (lane, turns) in lanes.iter_mut().zip(&mut turns).filter(|(_, turns)| now(turns)) {
            turns.whole(lane);
        }
        for (lane, turns) in lanes.iter_mut().zip(&mut turns).filter(|(_, turns)| now(turns)) {
            turns.in_groups(lane);
        }
    }
    turns.into_iter().map(Turns::timing).collect()
}

/// What a lane does each round, and how long it took.
struct Turns {
    rounds: usize,
    /// How often the requests are gone through in a turn, so that it is long beside asking the clock.
    times: usize,
    places: Vec<u32>,
    permits: usize,
    allocations: f64,
    each: Vec<f64>,
    groups: Vec<f64>,
}

impl Turns {
    fn new(lane: &mut Lane<'_>, permits: &[bool], budget: Budget) -> Self {
        let all = permits.len();
        let few = stride(all, FEWEST.min(all));
        // Buffers that grow once are no cost of a decision.
        lane.run(&few);
        let counted = allocation_counter::measure(|| {
            lane.run(&few);
        });
        let allocations = float(usize::try_from(counted.count_total).unwrap()) / float(few.len());
        let each = rough(lane, &few);
        let (places, rounds) = if lane.whole {
            (stride(all, all), budget.rounds)
        } else {
            let places = stride(all, whole(budget.lane / each).clamp(few.len(), all));
            // Once whole and once in groups.
            let turns = whole(budget.slow / (2.0 * each * float(places.len())));
            (places, turns.clamp(3, budget.rounds))
        };
        let right = |place: &&u32| permits[usize::try_from(**place).unwrap()];
        let permits = places.iter().filter(right).count();
        let times = whole(TURN / (each * float(places.len()))).clamp(1, 64);
        Self { rounds, times, places, permits, allocations, each: vec![], groups: vec![] }
    }

    fn whole(&mut self, lane: &mut Lane<'_>) {
        // What other lanes drove from the caches comes back untimed: a gateway's own are warm. Where a
        // decision takes long, that is nothing beside it.
        if self.times > 1 {
            lane.run(&self.places);
        }
        let clock = Clock::start();
        let permits: usize = (0..self.times).map(|_| lane.run(&self.places)).sum();
        self.each.push(clock.nanoseconds() / float(self.places.len() * self.times));
        let wanted = self.permits * self.times;
        assert_eq!(permits, wanted, "{} decides otherwise ({:?})", lane.contender, lane.task);
    }

    fn in_groups(&mut self, lane: &mut Lane<'_>) {
        let Some(each) = self.each.first().filter(|_| !lane.whole) else { return };
        let group = whole(1_000.0 / each).clamp(1, 64);
        for few in self.places.chunks_exact(group) {
            let start = Instant::now();
            lane.run(few);
            self.groups.push(nanoseconds(start) / float(group));
        }
    }

    fn timing(mut self) -> Timing {
        Timing {
            median: quantile(&mut self.each, 0.5),
            quartiles: (quantile(&mut self.each, 0.25), quantile(&mut self.each, 0.75)),
            p99: quantile(&mut self.groups, 0.99),
            allocations: self.allocations,
        }
    }
}

/// Nanoseconds a decision, roughly: from as many passes as the clock needs.
fn rough(lane: &mut Lane<'_>, few: &[u32]) -> f64 {
    let mut passes = 1;
    loop {
        let clock = Clock::start();
        for _ in 0..passes {
            lane.run(few);
        }
        let took = clock.nanoseconds();
        if took > 50_000.0 {
            return took / float(passes * few.len());
        }
        passes *= 4;
    }
}

/// A lane alone, so many times over: for a counter of instructions, which is told the name of this.
#[inline(never)]
pub fn counted(lane: &mut Lane<'_>, places: &[u32]) -> usize {
    lane.run(places)
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

/// What has passed on the wall.
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
