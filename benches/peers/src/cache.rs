//! What a load costs on this machine, from each cache: each address comes from the load before.

use crate::clock::Clock;
use crate::measure::{float, quantile};

const LOADS: usize = 200_000;

/// The name of a size, and nanoseconds a load.
pub fn latencies() -> Vec<(String, f64)> {
    [("16 KiB", 16 << 10), ("512 KiB", 512 << 10), ("8 MiB", 8 << 20)]
        .map(|(name, bytes)| (name.to_owned(), latency(bytes)))
        .to_vec()
}

fn latency(bytes: usize) -> f64 {
    // One place a line of 64 bytes, all in one circle without a pattern.
    let lines = bytes / 64;
    let mut order: Vec<usize> = (1..lines).collect();
    fastrand::Rng::with_seed(7).shuffle(&mut order);
    let mut next = vec![0_usize; lines * 8];
    let mut at = 0;
    for line in order {
        next[at] = line * 8;
        at = line * 8;
    }
    let mut times: Vec<f64> = (0..9)
        .map(|_| {
            let clock = Clock::start();
            let mut at = 0;
            for _ in 0..LOADS {
                at = next[at];
            }
            std::hint::black_box(at);
            clock.nanoseconds() / float(LOADS)
        })
        .collect();
    quantile(&mut times, 0.5)
}
