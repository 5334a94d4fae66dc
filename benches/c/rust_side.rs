//! What the boundary is measured against: the same questions, asked in Rust.
//!
//! Compiled by `benches/c/run` against the very crate that the C library was linked from, and called by
//! the C bench, so that both sides are timed in one process, in turns, by one clock.

use std::hint::black_box;

use portcullis::{Instant, Pdp, Request};

/// The set and the request of the bench.
pub struct Side {
    pdp: Pdp,
    request: Request,
}

fn state(request: &mut Request) {
    request.reset().set("subject.factors", 2).set("resource.sensitive", false);
    request.set("action", "view").set("device.posture", "containerised");
    request.set("resource.classification", "OFFICIAL").set("context.network_path", "internet");
    request.at(Instant::from_micros(1_772_442_000_000_000));
}

/// The set in `policies/quickstart`, and a request whose values are stated.
#[unsafe(no_mangle)]
pub extern "C" fn rust_side() -> *mut Side {
    let pdp = Pdp::load("policies/quickstart").unwrap();
    let mut request = pdp.bench_request();
    state(&mut request);
    Box::into_raw(Box::new(Side { pdp, request }))
}

/// Decides so many times; how many were permits.
///
/// # Safety
///
/// `side` comes from [`rust_side`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rust_decide(side: *mut Side, rounds: usize) -> usize {
    // SAFETY: promised above.
    let side = unsafe { &*side };
    (0..rounds).filter(|_| black_box(&side.pdp).decide(black_box(&side.request)).is_permit()).count()
}

/// States everything by name and decides, so many times.
///
/// # Safety
///
/// As above, and no other thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rust_state_and_decide(side: *mut Side, rounds: usize) -> usize {
    // SAFETY: promised above.
    let side = unsafe { &mut *side };
    let mut permits = 0;
    for _ in 0..rounds {
        state(black_box(&mut side.request));
        permits += usize::from(side.pdp.decide(&side.request).is_permit());
    }
    permits
}
