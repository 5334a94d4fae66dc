//! What the way forward costs, beside the decision that refuses: run `cargo bench --bench remedies`.

#![allow(missing_docs, reason = "benches are named for what they measure")]
#![expect(clippy::unwrap_used, reason = "a bench stops at the first surprise")]

use std::path::Path;

use divan::{Bencher, black_box};
use portcullis::{Decision, Folder, Limits, Pdp, PolicySet, Request, Suite, explain, remedies};

fn main() {
    divan::main();
}

/// The requests that the tests of the reference set refuse.
fn refused() -> (Pdp, Vec<Request>) {
    let folder = Folder::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/council"));
    let set = PolicySet::read(&folder, &Limits::default()).unwrap();
    let suite = Suite::read(&folder, &set, &Limits::default()).unwrap();
    let pdp = Pdp::unavailable(Limits::default()).without_proofs();
    pdp.replace(&set).unwrap();
    let requests = suite.tests.iter().map(|test| {
        let mut request = pdp.bench_request();
        test.state(&mut request).unwrap();
        request
    });
    let requests = requests.collect::<Vec<_>>().into_iter();
    let refused = requests.filter(|request| !request.decide().is_permit()).collect();
    (pdp, refused)
}

/// One refused request after the other, each with what `work` makes of its decision.
fn each(bencher: Bencher<'_, '_>, work: impl Fn(&Decision<'_>) -> usize + Sync) {
    let (pdp, requests) = refused();
    let mut next = 0;
    bencher.bench_local(|| {
        next = (next + 1) % requests.len();
        requests.get(next).map(|request| work(&pdp.decide(black_box(request))))
    });
}

#[divan::bench(sample_count = 2_000)]
fn refused_decide(bencher: Bencher<'_, '_>) {
    each(bencher, |decision| usize::from(decision.is_permit()));
}

#[divan::bench(sample_count = 2_000)]
fn refused_decide_and_remedies(bencher: Bencher<'_, '_>) {
    each(bencher, |decision| remedies(decision).len());
}

#[divan::bench(sample_count = 2_000)]
fn refused_decide_and_explain(bencher: Bencher<'_, '_>) {
    each(bencher, |decision| explain(decision).administrator.len());
}
