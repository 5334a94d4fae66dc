//! The handle: deciding allocates nothing, and a policy set is replaced whole or not at all.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod counting;

use counting::allocations;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use portcullis::{Given, Instant, Limits, Pdp, PolicySet, Reason, Value};

fn solihull() -> Pdp {
    Pdp::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/solihull-2013")).unwrap()
}

/// A set that permits `view` and nothing else, unless told otherwise.
fn files(action: &str, extra_attributes: &str) -> BTreeMap<String, Vec<u8>> {
    let manifest = r#"{ "policy_set": "small", "vocabulary": "vocabulary.json", "policies": ["policy.json"] }"#;
    let vocabulary = format!(
        r#"{{ "vocabulary": "small", "attributes": {{ {extra_attributes}
            "action": {{ "type": "enum", "values": ["view", "edit"] }},
            "context.time": {{ "type": "instant" }},
            "subject.name": {{ "type": "string" }},
            "device.proved": {{ "type": "bool", "source": "evidence" }} }},
            "obligations": {{ "record": {{}}, "watch": {{}} }} }}"#
    );
    let policy = format!(
        r#"{{ "policy": "own", "owner": "us", "rules": [
            {{ "id": "the-permit", "effect": "permit", "when": {{ "action": "{action}" }},
               "because": "it is allowed", "obligations": ["record"] }} ] }}"#
    );
    BTreeMap::from([
        ("policy-set.json".to_owned(), manifest.as_bytes().to_vec()),
        ("vocabulary.json".to_owned(), vocabulary.into_bytes()),
        ("policy.json".to_owned(), policy.into_bytes()),
    ])
}

fn small(action: &str, extra_attributes: &str) -> PolicySet {
    PolicySet::read(&files(action, extra_attributes), &Limits::default()).unwrap()
}

#[test]
fn a_reused_request_is_stated_and_decided_without_allocating() {
    let pdp = solihull();
    let mut request = pdp.bench_request();
    let mut state = |action: &str, factors: i64, time: &str| {
        request.reset();
        request
            .set("action", action)
            .set("subject.factors", factors)
            .set("resource.service", "intranet");
        request
            .set("resource.handling", &["EMBARGOED", "RECIPIENTS ONLY"])
            .set("device.os_version", "17.4.1");
        request.set("evidence.trusted", true).set("context.time", time);
        let time: Instant = time.parse().unwrap();
        request.set("evidence.issued_at", time).set("device.claimed_posture", "containerised");
        let decision = pdp.decide(&request);
        decision.is_permit()
    };
    state("approve", 1, "2013-11-01T09:00:00Z");
    let counted = allocations(|| {
        for round in 0..100 {
            state(if round % 2 == 0 { "view" } else { "edit" }, round, "2013-11-01T09:00:00Z");
        }
    });
    assert_eq!(counted, 0);
}

/// A councillor reads in the work container: three obligations, a trial, and an end in sight.
const IN_THE_CONTAINER: &str = include_str!("authzen/in-the-container.json");

#[test]
fn a_permit_is_read_decided_and_answered_without_allocating() {
    let pdp = Pdp::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/council")).unwrap();
    let (mut request, mut answer) = (pdp.bench_request(), Vec::new());
    let mut answered = || {
        answer.clear();
        pdp.answer_into(IN_THE_CONTAINER.as_bytes(), &mut request, |_| {}, &mut answer).unwrap()
    };
    assert!(answered());
    assert_eq!(allocations(|| assert!((0..10).all(|_| answered()))), 0);
    let json: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(json["context"]["obligations"].as_array().unwrap().len(), 3);
}

#[test]
fn a_set_that_does_not_check_leaves_the_old_one_in_force_and_says_why() {
    let pdp = Pdp::new(&small("view", "")).unwrap();
    let found = pdp.reload_from(&files("veiw", "")).unwrap_err();
    assert_eq!(
        found.to_string(),
        "policy.json:2:75: error[P0105]: `veiw` is not a word of `action`\n  help: did you mean `view`?"
    );
    let mut request = pdp.request();
    assert!(pdp.decide(request.set("action", "view")).is_permit());
}

#[test]
fn a_request_made_before_a_reload_is_decided_by_the_new_set() {
    let pdp = Pdp::new(&small("view", "")).unwrap();
    let mut request = pdp.request();
    request.set("action", "view").set("subject.name", "Ada");
    assert!(pdp.decide(&request).is_permit());
    // Another attribute comes first, so that every place moves.
    pdp.replace(&small("edit", r#""a.first": { "type": "string" },"#)).unwrap();
    assert!(!pdp.decide(&request).is_permit());
    assert!(pdp.decide(request.set("action", "edit")).is_permit());
    assert_eq!(pdp.decide(&request).request().value("subject.name").unwrap().to_string(), "Ada");
}

#[test]
fn a_request_that_is_renewed_after_a_reload_is_decided_without_allocating_again() {
    let pdp = Pdp::new(&small("view", "")).unwrap();
    let mut request = pdp.request();
    request.set("action", "view");
    assert!(!pdp.renew(&mut request));
    pdp.replace(&small("edit", r#""a.first": { "type": "string" },"#)).unwrap();
    // Until it is renewed it can still be decided as it was made.
    assert!(request.decide().is_permit());
    assert!(pdp.renew(&mut request));
    assert_eq!(request.decide().reason(), Reason::NotPermitted);
    assert_eq!(allocations(|| assert!(!pdp.decide(&request).is_permit())), 0);
}

#[test]
fn what_another_request_states_is_stated_over_what_is_there() {
    let pdp = Pdp::new(&small("view", "")).unwrap();
    let mut host = pdp.bench_request();
    host.set("action", "view").set("device.proved", true);
    let mut request = pdp.request();
    request.set("action", "edit").set("subject.name", "Ada").put_all_of(&host);
    assert_eq!(request.value("action").unwrap().to_string(), "view");
    assert_eq!(request.value("subject.name").unwrap().to_string(), "Ada");
    assert_eq!(request.value("device.proved"), None, "a gateway cannot state it");
}

#[test]
fn a_default_of_the_old_set_is_not_carried_into_the_new_one() {
    let open = r#""door.open": { "type": "bool", "absent": true },"#;
    let pdp = Pdp::new(&small("view", open)).unwrap();
    let request = pdp.request();
    assert_eq!(request.value("door.open").unwrap().to_string(), "true");
    pdp.replace(&small("view", r#""door.open": { "type": "bool" },"#)).unwrap();
    assert_eq!(pdp.decide(&request).request().value("door.open"), None);
}

#[test]
fn a_missing_set_is_what_its_absent_says_and_a_malformed_one_is_unknown() {
    let marks = r#""paper.marks": { "type": "set", "values": ["secret", "draft"], "absent": [] },
                   "paper.readers": { "type": "set", "absent": ["clerk"] },"#;
    let pdp = Pdp::new(&small("view", marks)).unwrap();
    let mut request = pdp.request();
    assert_eq!(request.value("paper.marks").unwrap(), Value::Set(vec![]));
    assert_eq!(request.value("paper.readers").unwrap(), Value::Set(vec!["clerk".into()]));
    assert_eq!(request.set("paper.marks", Given::Words(&["sercet"])).value("paper.marks"), None);
    request.set("paper.marks", Given::Words(&["draft"]));
    assert_eq!(request.value("paper.marks").unwrap(), Value::Set(vec!["draft".into()]));
    assert_eq!(request.unset("paper.marks").value("paper.marks").unwrap(), Value::Set(vec![]));
}

#[test]
fn a_key_of_another_vocabulary_is_refused() {
    let pdp = Pdp::new(&small("view", "")).unwrap();
    let key = pdp.request().key("action").unwrap();
    assert!(pdp.decide(pdp.request().put(key, "view").unwrap()).is_permit());
    pdp.replace(&small("view", r#""a.first": { "type": "string" },"#)).unwrap();
    assert!(pdp.request().put(key, "view").is_err());
}

#[test]
fn a_gateway_cannot_state_what_only_evidence_sets_and_the_bench_can() {
    let pdp = Pdp::new(&small("view", "")).unwrap();
    assert_eq!(pdp.request().set("device.proved", true).value("device.proved"), None);
    assert!(pdp.bench_request().set("device.proved", true).value("device.proved").is_some());
}

#[test]
fn an_obligation_that_the_gateway_cannot_carry_out_refuses() {
    let pdp = Pdp::new(&small("view", "")).unwrap();
    let mut request = pdp.request();
    request.set("action", "view").can(["watch"]);
    assert_eq!(pdp.decide(&request).reason(), Reason::Unenforceable);
    assert_eq!(pdp.decide(&request).unenforceable().collect::<Vec<_>>(), ["record"]);
    request.can(["record"]);
    assert!(pdp.decide(&request).is_permit());
}

#[test]
fn without_a_valid_set_everything_is_refused_until_one_is_loaded() {
    let pdp = Pdp::unavailable(Limits::default());
    let mut request = pdp.request();
    request.set("action", "view");
    assert_eq!(pdp.decide(&request).reason(), Reason::Unavailable);
    assert!(pdp.reload("no-such-folder").is_err());
    assert_eq!(pdp.decide(&request).reason(), Reason::Unavailable);
    pdp.replace(&small("view", "")).unwrap();
    assert!(pdp.decide(&request).is_permit());
}

#[test]
fn a_malformed_value_is_not_replaced_by_the_default_of_a_missing_one() {
    let pdp =
        Pdp::new(&small("view", r#""door.open": { "type": "bool", "absent": true },"#)).unwrap();
    assert_eq!(pdp.request().set("door.open", Given::Malformed).value("door.open"), None);
    assert_eq!(pdp.request().set("door.open", "yes").value("door.open"), None);
}

#[test]
fn deciders_see_one_set_or_the_other_while_it_is_replaced() {
    let pdp = Pdp::new(&small("view", "")).unwrap();
    let sets = [small("view", ""), small("edit", r#""a.first": { "type": "string" },"#)];
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut request = pdp.request();
                while !done.load(Ordering::Relaxed) {
                    request.reset();
                    let decision = pdp.decide(request.set("action", "view"));
                    // One permits viewing, the other does not; neither leaves it undecided.
                    let fits =
                        if decision.is_permit() { Reason::Permitted } else { Reason::NotPermitted };
                    assert_eq!(decision.reason(), fits);
                }
            });
        }
        for round in 0..200 {
            pdp.replace(&sets[round % 2]).unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
}
