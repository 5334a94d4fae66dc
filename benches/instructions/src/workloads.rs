//! What is counted.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;

use portcullis::{Given, Instant, Key, Limits, Pdp, PolicySet, Request};

/// Does something so many times.
type Run = fn(u64);

/// The workloads, by name. The council's set is as it ships; `owners` are so many owners of 20 rules each.
pub const WORKLOADS: [(&str, Run); 9] = [
    ("council, decide", |times| decide(&council(), &FACTS, times)),
    ("council, state by key and decide", |times| state_and_decide(&council(), &FACTS, times)),
    ("council, state by name and decide", |times| name_and_decide(&council(), &FACTS, times)),
    ("council, and who permitted it", |times| determine(&council(), &FACTS, times)),
    ("council, JSON to JSON, permit", |times| answer(&council(), PERMITTED, times)),
    ("owners 1, decide", |times| decide(&owners(1), &OWNED, times)),
    ("owners 588, decide", |times| decide(&owners(588), &OWNED, times)),
    ("owners 588, state by key and decide", |times| state_and_decide(&owners(588), &OWNED, times)),
    ("owners 588, unknown owner, decide", |times| decide(&owners(588), &OWNED[1..], times)),
];

/// A value of an attribute.
type Fact = (&'static str, Given<'static>);

const NOW: &str = "2026-03-02T09:00:00Z";

/// Everyday work on a managed device.
const FACTS: [Fact; 37] = [
    ("subject.id", Given::Text("ada")),
    ("subject.type", Given::Text("user")),
    ("subject.organisation", Given::Text("council-a")),
    ("subject.vetting", Given::Text("passed")),
    ("subject.business_need", Given::Bool(true)),
    ("subject.factors", Given::Integer(2)),
    ("subject.authenticated_at", Given::Text("2026-03-02T08:50:00Z")),
    ("action", Given::Text("view")),
    ("resource.id", Given::Text("1")),
    ("resource.type", Given::Text("document")),
    ("resource.exists", Given::Bool(true)),
    ("resource.owner", Given::Text("council-a")),
    ("resource.owner_relationship", Given::Text("own")),
    ("resource.classification", Given::Text("OFFICIAL")),
    ("resource.sensitive", Given::Bool(false)),
    ("resource.zone", Given::Text("corporate")),
    ("resource.contains_supplier_data", Given::Bool(false)),
    ("context.network_path", Given::Text("corporate")),
    ("context.time", Given::Text(NOW)),
    ("device.id", Given::Text("LAPTOP-7")),
    ("device.claimed_posture", Given::Text("managed")),
    ("device.ownership", Given::Text("corporate")),
    ("device.platform", Given::Text("windows")),
    ("device.os_version", Given::Text("11.2")),
    ("device.os_supported", Given::Bool(true)),
    ("device.days_since_missed_update", Given::Integer(0)),
    ("device.tampered", Given::Bool(false)),
    ("device.compliant", Given::Bool(true)),
    ("device.storage_encrypted", Given::Bool(true)),
    ("device.screen_lock", Given::Bool(true)),
    ("device.secure_boot", Given::Bool(true)),
    ("device.malware_protection", Given::Bool(true)),
    ("evidence.present", Given::Bool(true)),
    ("evidence.trusted", Given::Bool(true)),
    ("evidence.bound", Given::Bool(true)),
    ("evidence.issued_at", Given::Text("2026-03-02T08:59:00Z")),
    ("evidence.expires_at", Given::Text("2026-03-02T10:00:00Z")),
];

const PERMITTED: &str = r#"{
    "subject": { "type": "user", "id": "ada", "properties": { "organisation": "council-a", "vetting": "passed",
        "business_need": true, "factors": 2, "authenticated_at": "2026-03-02T08:50:00Z" } },
    "action": { "name": "view" },
    "resource": { "type": "document", "id": "1", "properties": { "exists": true, "owner": "council-a",
        "owner_relationship": "own", "classification": "OFFICIAL", "sensitive": false, "zone": "corporate",
        "contains_supplier_data": false } },
    "context": { "time": "2026-03-02T09:00:00Z", "network_path": "corporate",
        "device": { "id": "LAPTOP-7", "claimed_posture": "managed", "ownership": "corporate", "os_supported": true,
            "days_since_missed_update": 0, "tampered": false, "compliant": true, "storage_encrypted": true,
            "screen_lock": true, "secure_boot": true, "malware_protection": true },
        "evidence": { "present": true, "trusted": true, "bound": true, "issued_at": "2026-03-02T08:59:00Z",
            "expires_at": "2026-03-02T10:00:00Z" } } }"#;

/// A request to the sets of many owners; without the first, of an unknown owner.
const OWNED: [Fact; 4] = [
    ("owner", Given::Text("o0")),
    ("level", Given::Integer(7)),
    ("action", Given::Text("a1")),
    ("proved", Given::Bool(false)),
];

fn council() -> Pdp {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/council");
    let pdp = Pdp::unavailable(Limits::default()).without_proofs();
    pdp.reload(folder).expect("the council's set is valid");
    pdp
}

/// So many owners, each with 20 rules about its own data.
fn owners(count: usize) -> Pdp {
    let mut files = BTreeMap::new();
    let mut names = Vec::new();
    for owner in 0..count {
        let mut rules = Vec::new();
        for rule in 0..20 {
            let effect = if rule % 5 == 0 { "deny" } else { "permit" };
            let (action, proved) = (rule % 4, rule % 2 == 0);
            rules.push(format!(
                r#"{{ "id": "rule-{rule}", "effect": "{effect}", "because": "a bench",
                    "when": {{ "level": {{ "at_least": {rule} }}, "action": "a{action}", "proved": {proved} }} }}"#
            ));
        }
        let rules = rules.join(",");
        let mut policy = String::new();
        write!(
            policy,
            r#"{{ "policy": "p{owner}", "owner": "o{owner}", "governs": {{ "owner": "o{owner}" }}, "rules": [{rules}] }}"#
        )
        .expect("writing to a String");
        names.push(format!("\"p{owner}.json\""));
        files.insert(format!("p{owner}.json"), policy.into_bytes());
    }
    let names = names.join(",");
    let manifest =
        format!(r#"{{ "policy_set": "owners", "vocabulary": "v.json", "policies": [{names}] }}"#);
    let vocabulary = r#"{ "vocabulary": "bench", "attributes": {
        "owner": { "type": "string" }, "level": { "type": "integer" }, "proved": { "type": "bool" },
        "action": { "type": "enum", "values": ["a0", "a1", "a2", "a3"] } } }"#;
    files.insert("policy-set.json".to_owned(), manifest.into_bytes());
    files.insert("v.json".to_owned(), vocabulary.as_bytes().to_vec());
    let set = PolicySet::read(&files, &Limits::default()).expect("the set is valid");
    Pdp::new(&set).expect("the set compiles")
}

fn stated(pdp: &Pdp, facts: &[Fact]) -> Request {
    let mut request = pdp.bench_request();
    for (name, value) in facts {
        request.set(name, *value);
    }
    request
}

fn decide(pdp: &Pdp, facts: &[Fact], times: u64) {
    let request = stated(pdp, facts);
    for _ in 0..times {
        black_box(pdp.decide(black_box(&request)).is_permit());
    }
}

fn determine(pdp: &Pdp, facts: &[Fact], times: u64) {
    let request = stated(pdp, facts);
    assert!(pdp.decide(&request).is_permit());
    for _ in 0..times {
        black_box(pdp.decide(black_box(&request)).determining().count());
    }
}

fn state_and_decide(pdp: &Pdp, facts: &[Fact], times: u64) {
    let mut request = pdp.bench_request();
    // Instants are parsed by whoever has them as text.
    let parsed = |value: &Given<'static>| match value {
        Given::Text(text) => text.parse::<Instant>().map_or(*value, Given::Instant),
        value => *value,
    };
    let facts: Vec<(Key, Given<'_>)> = facts
        .iter()
        .map(|(name, value)| (request.key(name).expect("an attribute"), parsed(value)))
        .collect();
    for _ in 0..times {
        request.reset();
        for (key, value) in black_box(&facts) {
            request.put(*key, *value).expect("the set is the same");
        }
        black_box(pdp.decide(&request).is_permit());
    }
}

fn name_and_decide(pdp: &Pdp, facts: &[Fact], times: u64) {
    let mut request = pdp.bench_request();
    for _ in 0..times {
        request.reset();
        for (name, value) in black_box(facts) {
            request.set(name, *value);
        }
        black_box(pdp.decide(&request).is_permit());
    }
}

fn answer(pdp: &Pdp, json: &str, times: u64) {
    let mut request = pdp.bench_request();
    for _ in 0..times {
        let answer = pdp.answer(black_box(json.as_bytes()), &mut request, |_| {});
        assert!(black_box(answer).is_ok_and(|answer| answer.permits));
    }
}
