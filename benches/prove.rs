//! What proofs cost, and how that grows: run `cargo bench --bench prove`.
//!
//! So many organisations, each with 20 rules about its own data, under 100 rules of a baseline that
//! cut across all of them; at 588 organisations, the size of the PSN in 2014.

#![allow(missing_docs, reason = "benches are named for what they measure")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench stops at the first surprise"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use divan::Bencher;
use portcullis::{Folder, Holds, Limits, Matters, Pdp, PolicySet, Prover, diff};
use serde_json::{Value as Json, json};

fn main() {
    divan::main();
}

/// The same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn some<'w>(&mut self, words: &[&'w str], most: usize) -> Vec<&'w str> {
        let start = self.below(words.len());
        let count = 1 + self.below(most);
        words.iter().cycle().skip(start).take(count.min(words.len())).copied().collect()
    }
}

const ACTIONS: [&str; 6] = ["view", "edit", "download", "print", "share", "sync"];
const POSTURES: [&str; 3] = ["managed", "containerised", "thin-client"];

fn condition(numbers: &mut Numbers) -> Json {
    let mut when = json!({
        "action": numbers.some(&ACTIONS, 3),
        "device.posture": numbers.some(&POSTURES, 2),
        "subject.factors": { "at_least": numbers.below(3) },
    });
    match numbers.below(4) {
        0 => when["resource.sensitive"] = json!(false),
        1 => {
            when["context.network_path"] =
                json!(numbers.some(&["internet", "corporate", "walled-garden"], 2))
        }
        2 => when["subject.business_need"] = json!(true),
        _ => {
            when["evidence.issued_at"] =
                json!({ "newer_than": format!("{}m", 15 * (1 + numbers.below(4))) })
        }
    }
    when
}

fn organisation(numbers: &mut Numbers, place: usize) -> Json {
    let rules: Vec<Json> = (0..20)
        .map(|rule| {
            let deny = rule % 5 == 4;
            let obligations: Vec<&str> = if rule % 4 == 0 { vec!["record-access"] } else { vec![] };
            let effect = if deny { "deny" } else { "permit" };
            json!({ "id": format!("rule-{rule}"), "effect": effect, "when": condition(numbers),
                "obligations": if deny { vec![] } else { obligations }, "because": "a bench" })
        })
        .collect();
    let name = format!("organisation-{place}");
    json!({ "policy": name, "owner": name, "governs": { "resource.owner": name }, "rules": rules })
}

fn baseline(numbers: &mut Numbers) -> Json {
    let mut rules: Vec<Json> = (0..100)
        .map(|rule| {
            let mut when = condition(numbers);
            when["resource.service"] = json!(format!("service-{}", numbers.below(40)));
            json!({ "id": format!("across-{rule}"), "effect": "deny", "when": when, "because": "a bench" })
        })
        .collect();
    let because = "a bench";
    rules.extend([
        json!({ "id": "never-unmanaged", "effect": "deny", "when": { "device.posture": "unmanaged" }, "because": because }),
        json!({ "id": "never-secret", "effect": "deny",
            "when": { "resource.classification": { "not": "OFFICIAL" } }, "because": because }),
        json!({ "id": "recorded", "effect": "require", "when": { "action": "share" },
            "obligations": ["record-access"], "because": because }),
    ]);
    json!({ "policy": "baseline", "owner": "everybody", "only_restricts": true, "rules": rules })
}

/// A set of so many organisations.
fn network(organisations: usize) -> PolicySet {
    edited_network(organisations, 0)
}

/// The same, with the first rule of so many organisations asking for one factor more.
fn edited_network(organisations: usize, edited: usize) -> PolicySet {
    let mut numbers = Numbers(1);
    let mut files = BTreeMap::new();
    let mut names = vec!["baseline.json".to_owned()];
    files.insert("baseline.json".to_owned(), baseline(&mut numbers).to_string().into_bytes());
    for place in 0..organisations {
        let name = format!("organisation-{place}.json");
        let mut organisation = organisation(&mut numbers, place);
        if place < edited {
            organisation["rules"][0]["when"]["subject.factors"] = json!({ "at_least": 3 });
        }
        files.insert(name.clone(), organisation.to_string().into_bytes());
        names.push(name);
    }
    let manifest = json!({ "policy_set": "network", "vocabulary": "standard", "policies": names, "guarantees": [
        { "id": "no-unmanaged-device", "never": "permit", "when": { "device.posture": "unmanaged" } },
        { "id": "nothing-secret", "never": "permit", "when": { "resource.classification": "SECRET" } },
        { "id": "no-lost-claims", "never": "permit", "when": { "device.claimed_posture": "unmanaged" } },
        { "id": "shares-are-recorded", "permits_carry": ["record-access"], "when": { "action": "share" } },
        { "id": "nobody-else", "never": "permit", "when": { "resource.owner": "nobody-in-particular" } },
        { "id": "no-approval", "never": "permit", "when": { "action": "approve" } },
        { "id": "more-factors-never-hurt", "monotone": "subject.factors", "when": { "action": "view" } },
        { "id": "lost-container-facts", "withholding": "device.container.*", "when": {} },
        { "id": "lost-need", "withholding": "subject.business_need", "when": {} },
        { "id": "lost-sensitivity", "withholding": "resource.sensitive", "when": {} } ] });
    files.insert("policy-set.json".to_owned(), manifest.to_string().into_bytes());
    PolicySet::read(&files, &Limits::default()).unwrap()
}

fn council_folder() -> Folder {
    Folder::new(council_path())
}

fn council_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/council")
}

fn council() -> PolicySet {
    PolicySet::read(&council_folder(), &Limits::default()).unwrap()
}

#[divan::bench(args = [1, 10, 100, 588], sample_count = 1, sample_size = 1)]
fn network_guarantees(bencher: Bencher<'_, '_>, organisations: usize) {
    let prover = Prover::new(&network(organisations), &Limits::default()).unwrap();
    bencher.bench_local(|| {
        let unknown = |holds: &Holds| matches!(holds, Holds::Unknown { .. });
        assert!(!prover.guarantees().iter().any(|proof| unknown(&proof.holds)));
    });
}

#[divan::bench(args = [1, 10, 100, 588], sample_count = 1, sample_size = 1)]
fn network_statuses(bencher: Bencher<'_, '_>, organisations: usize) {
    let prover = Prover::new(&network(organisations), &Limits::default()).unwrap();
    bencher.bench_local(|| {
        assert!(!prover.statuses().iter().any(|one| matches!(one.matters, Matters::Unknown)));
    });
}

#[divan::bench(args = [1, 10, 100], sample_count = 1, sample_size = 1)]
fn network_withheld(bencher: Bencher<'_, '_>, organisations: usize) {
    let prover = Prover::new(&network(organisations), &Limits::default()).unwrap();
    bencher.bench_local(|| assert!(prover.silences().undecided.is_empty()));
}

/// Five edits.
#[divan::bench(args = [10, 100, 588], sample_count = 1, sample_size = 1)]
fn network_diff(bencher: Bencher<'_, '_>, organisations: usize) {
    let (old, new) = (network(organisations), edited_network(organisations, 5));
    bencher
        .bench_local(|| assert_eq!(diff(&old, &new, &Limits::default()).unwrap().edits.len(), 5));
}

/// What a gateway pays: the reference set read, compiled, and its guarantees proved.
#[divan::bench(sample_count = 20)]
fn council_load() -> Pdp {
    Pdp::load(council_path()).unwrap()
}

/// The same, with the guarantees taken on trust.
#[divan::bench(sample_count = 20)]
fn council_load_on_trust() -> Pdp {
    let pdp = Pdp::unavailable(Limits::default()).without_proofs();
    pdp.reload_from(&council_folder()).unwrap();
    pdp
}

/// Compiling what was read already.
#[divan::bench(args = [100, 588], sample_count = 3)]
fn network_compile(bencher: Bencher<'_, '_>, organisations: usize) {
    let set = network(organisations);
    bencher.bench_local(|| {
        let pdp = Pdp::unavailable(Limits::default()).without_proofs();
        pdp.replace(&set).unwrap();
        pdp
    });
}

/// The reference set read, compiled for proofs, and reviewed.
#[divan::bench(sample_count = 5)]
fn council_read_and_review() -> usize {
    let set = council();
    Prover::new(&set, &Limits::default()).unwrap().review(&set).findings.len()
}

/// Guarantees, withheld values and statuses of the reference set.
#[divan::bench(sample_count = 5)]
fn council_review(bencher: Bencher<'_, '_>) {
    let set = council();
    let prover = Prover::new(&set, &Limits::default()).unwrap();
    bencher.bench_local(|| prover.review(&set).findings.len());
}
