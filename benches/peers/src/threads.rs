//! One handle, one thread and two; and two while the set is replaced again and again.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use portcullis::{Limits, PolicySet};

use crate::measure::{float, nanoseconds, quantile};
use crate::neutral::{Typed, Workload};
use crate::ours::{self, Ours};
use crate::results::Threads;

/// Decisions that are timed together.
const GROUP: usize = 16;
const RELOAD: Duration = Duration::from_millis(50);

/// Typed values to decisions, in windows of one kind after the other.
pub fn threads(
    workload: &Workload,
    typed: &[Typed<'_>],
    rounds: usize,
    window: Duration,
) -> Threads {
    let ours = Ours::new(workload);
    let set = PolicySet::read(&ours::files(workload), &Limits::default()).unwrap();
    let reloads = AtomicUsize::new(0);
    let (mut one, mut two, mut reloaded) = (vec![], vec![], vec![]);
    let (mut quiet, mut busy) = (vec![], vec![]);
    for _ in 0..rounds {
        one.push(run(&ours, typed, 1, window, None, &mut vec![]));
        two.push(run(&ours, typed, 2, window, None, &mut quiet));
        reloaded.push(run(&ours, typed, 2, window, Some((&set, &reloads)), &mut busy));
    }
    Threads {
        workload: workload.name.clone(),
        one: quantile(&mut one, 0.5),
        two: quantile(&mut two, 0.5),
        reloaded: quantile(&mut reloaded, 0.5),
        p999_quiet: quantile(&mut quiet, 0.999),
        p999_reloaded: quantile(&mut busy, 0.999),
        reloads: reloads.into_inner(),
    }
}

/// So many threads, for so long: millions of decisions a second.
fn run(
    ours: &Ours,
    typed: &[Typed<'_>],
    count: usize,
    window: Duration,
    reload: Option<(&PolicySet, &AtomicUsize)>,
    groups: &mut Vec<f64>,
) -> f64 {
    let (start, stop) = (Barrier::new(count + 1), AtomicBool::new(false));
    let decide = |from: usize| {
        let mut request = ours.pdp.request();
        let mut took = vec![];
        let mut at = from;
        start.wait();
        while !stop.load(Ordering::Relaxed) {
            let begin = Instant::now();
            for _ in 0..GROUP {
                at = (at + 1) % typed.len();
                ours.pdp.renew(&mut request);
                ours.put(&mut request, &typed[at]);
                std::hint::black_box(ours.pdp.decide(&request).is_permit());
            }
            took.push(nanoseconds(begin) / float(GROUP));
        }
        took
    };
    thread::scope(|scope| {
        let decide = &decide;
        let threads: Vec<_> = (0..count)
            .map(|thread| scope.spawn(move || decide(thread * typed.len() / 2)))
            .collect();
        start.wait();
        let begin = Instant::now();
        while let Some(left) = window.checked_sub(begin.elapsed()) {
            if let Some((set, reloads)) = reload {
                ours.pdp.replace(set).unwrap();
                reloads.fetch_add(1, Ordering::Relaxed);
            }
            thread::sleep(left.min(RELOAD));
        }
        stop.store(true, Ordering::Relaxed);
        let seconds = begin.elapsed().as_secs_f64();
        let mut decisions = 0;
        for thread in threads {
            let took = thread.join().unwrap();
            decisions += took.len() * GROUP;
            groups.extend(took);
        }
        float(decisions) / seconds / 1e6
    })
}
