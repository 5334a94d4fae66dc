//! What a decision costs, beside what it could cost: run `cargo bench`.
//!
//! Read ratios within one run; the absolute figures are those of one machine at one moment.
//! Comparisons with other engines are a package of their own: `benches/peers`.

#![allow(missing_docs, reason = "benches are named for what they measure")]
#![expect(clippy::unwrap_used, reason = "a bench stops at the first surprise")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use divan::{Bencher, black_box};
use portcullis::{Limits, Pdp, PolicySet, Request};

fn main() {
    divan::main();
}

fn solihull() -> Pdp {
    Pdp::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/solihull-2013")).unwrap()
}

const REQUEST: &str = r#"{
    "subject": { "type": "user", "id": "ada", "properties": { "factors": 2, "roles": ["officer"] } },
    "action": { "name": "view" },
    "resource": { "type": "document", "id": "1", "properties": { "service": "intranet", "zone": "corporate",
        "owner_relationship": "own", "classification": "OFFICIAL", "contains_supplier_data": false } },
    "context": { "time": "2013-11-01T09:00:00Z", "network_path": "internet",
        "device": { "claimed_posture": "containerised", "tampered": false, "os_supported": true } } }"#;

fn state(request: &mut Request) {
    request
        .reset()
        .set("subject.factors", 2)
        .set("action", "view")
        .set("context.time", "2013-11-01T09:00:00Z");
    request.set("resource.service", "intranet").set("resource.zone", "corporate");
    request.set("resource.owner_relationship", "own").set("resource.classification", "OFFICIAL");
    request.set("resource.contains_supplier_data", false).set("context.network_path", "internet");
    request.set("device.claimed_posture", "containerised").set("device.tampered", false);
}

/// A shipped set of two policies: from a stated request to the decision.
#[divan::bench(sample_size = 2_000)]
fn shipped_set_decide(bencher: Bencher<'_, '_>) {
    let pdp = solihull();
    let mut request = pdp.bench_request();
    state(&mut request);
    bencher.bench_local(|| pdp.decide(black_box(&request)).is_permit());
}

/// The same, with the values stated anew by name each time.
#[divan::bench]
fn shipped_set_state_and_decide(bencher: Bencher<'_, '_>) {
    let pdp = solihull();
    let mut request = pdp.bench_request();
    bencher.bench_local(|| {
        state(black_box(&mut request));
        pdp.decide(&request).is_permit()
    });
}

/// AuthZEN JSON to AuthZEN JSON, with reasons, obligations and remedies.
#[divan::bench]
fn shipped_set_json_to_json(bencher: Bencher<'_, '_>) {
    json_to_json(bencher, &solihull(), REQUEST);
}

/// For comparison: `serde_json` merely parsing the same request.
#[divan::bench]
fn shipped_set_json_merely_parsed(bencher: Bencher<'_, '_>) {
    merely_parsed(bencher, REQUEST);
}

fn json_to_json(bencher: Bencher<'_, '_>, pdp: &Pdp, document: &str) {
    let (mut request, mut answer) = (pdp.bench_request(), Vec::new());
    bencher.bench_local(|| {
        answer.clear();
        let document = black_box(document).as_bytes();
        pdp.answer_into(document, &mut request, |_| {}, &mut answer).unwrap()
    });
}

fn merely_parsed(bencher: Bencher<'_, '_>, document: &str) {
    let parse = || serde_json::from_slice::<serde_json::Value>(black_box(document).as_bytes());
    bencher.bench_local(|| parse().unwrap());
}

/// A councillor reads in the work container.
const IN_THE_CONTAINER: &str = include_str!("../tests/authzen/in-the-container.json");

/// What is asked of the council's set.
const COUNCIL: [&str; 3] = ["permit", "step-up", "refusal"];

/// The request that is answered so.
fn council_request(answer: &str) -> String {
    match answer {
        "step-up" => IN_THE_CONTAINER
            .replace("\"visit-list\"", "\"mail\"")
            .replace("\"present\": true", "\"present\": false"),
        "refusal" => {
            IN_THE_CONTAINER.replace("\"reported_lost\": false", "\"reported_lost\": true")
        }
        _ => IN_THE_CONTAINER.to_owned(),
    }
}

/// The same on the council's set: a permit, a refusal that more of signing in would turn, and one that
/// it would not.
#[divan::bench(args = COUNCIL)]
fn council_json_to_json(bencher: Bencher<'_, '_>, answer: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/council");
    json_to_json(bencher, &Pdp::load(folder).unwrap(), &council_request(answer));
}

#[divan::bench(args = COUNCIL)]
fn council_json_merely_parsed(bencher: Bencher<'_, '_>, answer: &str) {
    merely_parsed(bencher, &council_request(answer));
}

/// So many owners, each with 20 rules about its own data.
fn owners(count: usize) -> Pdp {
    let mut policies = String::new();
    let mut names = String::new();
    let mut files = BTreeMap::new();
    for owner in 0..count {
        let mut rules = String::new();
        for rule in 0..20 {
            let comma = if rule == 0 { "" } else { "," };
            write!(
                rules,
                r#"{comma}{{ "id": "rule-{rule}", "effect": "{}", "because": "a bench",
                    "when": {{ "level": {{ "at_least": {rule} }}, "action": "a{}", "proved": {} }} }}"#,
                if rule % 5 == 0 { "deny" } else { "permit" },
                rule % 4,
                rule % 2 == 0,
            )
            .unwrap();
        }
        let policy = format!(
            r#"{{ "policy": "p{owner}", "owner": "o{owner}", "governs": {{ "owner": "o{owner}" }}, "rules": [{rules}] }}"#
        );
        files.insert(format!("p{owner}.json"), policy.into_bytes());
        write!(policies, "{}\"p{owner}.json\"", if owner == 0 { "" } else { "," }).unwrap();
        write!(names, "{}\"o{owner}\"", if owner == 0 { "" } else { "," }).unwrap();
    }
    let manifest = format!(
        r#"{{ "policy_set": "owners", "vocabulary": "v.json", "policies": [{policies}] }}"#
    );
    let vocabulary = r#"{ "vocabulary": "bench", "attributes": {
        "owner": { "type": "string" }, "level": { "type": "integer" }, "proved": { "type": "bool" },
        "action": { "type": "enum", "values": ["a0", "a1", "a2", "a3"] } } }"#;
    files.insert("policy-set.json".to_owned(), manifest.into_bytes());
    files.insert("v.json".to_owned(), vocabulary.as_bytes().to_vec());
    Pdp::new(&PolicySet::read(&files, &Limits::default()).unwrap()).unwrap()
}

/// How a decision grows with the number of owners: 20 rules each.
#[divan::bench(args = [1, 5, 50, 588], sample_size = 2_000)]
fn owners_decide(bencher: Bencher<'_, '_>, count: usize) {
    let pdp = owners(count);
    let requests: Vec<Request> = (0..256)
        .map(|place| {
            let mut request = pdp.request();
            let owner = format!("o{}", place * 7 % count);
            request.set("owner", &owner).set("level", i64::try_from(place % 23).unwrap());
            let action = format!("a{}", place % 4);
            request.set("action", &action).set("proved", place % 3 == 0);
            request
        })
        .collect();
    let mut next = 0;
    bencher.bench_local(|| {
        next = (next + 1) % requests.len();
        requests.get(next).is_some_and(|request| pdp.decide(black_box(request)).is_permit())
    });
}

/// Reading, checking and compiling.
#[divan::bench(args = [50, 588], sample_count = 5)]
fn owners_load(count: usize) -> Pdp {
    owners(black_box(count))
}
