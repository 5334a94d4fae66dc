//! The compiled form agrees with the reference evaluator, on generated policy sets and requests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub,
    reason = "a test stops at the first surprise"
)]

#[path = "generate/compiled.rs"]
mod compiled;
mod generate;
mod reference;

use generate::{Request, Set, Sets, cases, for_all};
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeMap;

#[test]
fn the_compiled_form_agrees_with_the_reference() {
    let counts: RefCell<BTreeMap<&str, usize>> = RefCell::default();
    for_all(file!(), 900, cases(Sets::Any, 1, 24), |set, requests| {
        let pdp = compiled::compile(&set.files());
        for request in requests {
            let (compiled, _) = compiled::answer(&pdp, set, request);
            let reference = set.question(request).answer();
            if compiled != reference {
                return Err(format!(
                    "{request:?}\ncompiled: {compiled:?}\nreference: {reference:?}"
                ));
            }
            *counts.borrow_mut().entry(compiled.reason).or_default() += 1;
        }
        Ok(())
    });

    let counts = counts.into_inner();
    let pairs: usize = counts.values().sum();
    assert!(pairs >= 10_000, "only {pairs} decisions were compared");
    for reason in ["permitted", "denied", "not-permitted", "not-governed", "unenforceable"] {
        let count = counts.get(reason).copied().unwrap_or_default();
        assert!(count * 20 >= pairs, "too few decisions are {reason}: {counts:?}");
    }
}

/// The compiled form weighs policies by the word: none may be lost at the seams.
#[test]
fn every_policy_counts_however_many_there_are() {
    let vocabulary = json!({
        "vocabulary": "many",
        "attributes": { "device.managed": { "type": "bool" }, "resource.owner": { "type": "string" } },
        "obligations": { "record-access": {} },
    });
    let policy = |number: usize, when: &serde_json::Value| {
        json!({
            "policy": format!("p{number}"),
            "owner": "council",
            "governs": { "resource.owner": { "not": format!("o{number}") } },
            "rules": [{ "id": "r", "effect": "permit", "when": when, "because": "…" }],
        })
    };
    for odd_one in [0, 1, 62, 63, 64, 65, 127, 128, 129] {
        let always = json!({});
        let managed = json!({ "device.managed": true });
        let policies = (0..130).map(|n| policy(n, if n == odd_one { &managed } else { &always }));
        let set = Set { vocabulary: vocabulary.clone(), policies: policies.collect() };
        let pdp = compiled::compile(&set.files());
        for (managed, owner) in [(true, "x"), (false, "x"), (false, &format!("o{odd_one}"))] {
            let values = [("device.managed", json!(managed)), ("resource.owner", json!(owner))];
            let values = values.map(|(name, value)| (name.to_owned(), value)).into();
            let request = Request { values, can: None };
            let (compiled, _) = compiled::answer(&pdp, &set, &request);
            assert_eq!(compiled, set.question(&request).answer(), "{odd_one} {request:?}");
            assert_eq!(compiled.reason == "permitted", managed || owner != "x");
        }
    }
}

/// Two cuts deep, a value that the second asks for may be missing: that must lead to a bucket.
/// Policies with different numbers of permits lie across the words in every way, and end at their last bit.
#[test]
fn a_policy_that_lies_across_words_is_weighed_as_one() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut one_in = move |many: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random.is_multiple_of(many)
    };
    let mut seen = BTreeMap::new();
    for count in [1, 2, 9, 16, 21, 31, 32, 33, 62, 63, 64, 65, 90, 128] {
        let mut attributes = serde_json::Map::new();
        let mut policies = Vec::new();
        for number in 0..count {
            let (governs, permits) = (format!("g{number}"), format!("p{number}"));
            let rule = |place: usize| json!({ "id": format!("r{place}"), "effect": "permit", "because": "It is so.", "when": { &permits: true } });
            policies.push(json!({ "policy": format!("policy-{number:03}"), "owner": "us", "governs": { &governs: true },
                                  "rules": (0..1 + number % 7).map(rule).collect::<Vec<_>>() }));
            attributes.insert(governs, json!({ "type": "bool" }));
            attributes.insert(permits, json!({ "type": "bool" }));
        }
        let mut files = BTreeMap::from([
            (
                "v.json".to_owned(),
                json!({ "vocabulary": "v", "attributes": attributes }).to_string().into_bytes(),
            ),
            (
                "policy-set.json".to_owned(),
                json!({ "policy_set": "s", "vocabulary": "v.json",
                "policies": (0..count).map(|number| format!("{number}.json")).collect::<Vec<_>>() })
                .to_string()
                .into_bytes(),
            ),
        ]);
        for (number, policy) in policies.iter().enumerate() {
            files.insert(format!("{number}.json"), policy.to_string().into_bytes());
        }
        let pdp = compiled::compile(&files);
        let mut request = pdp.request();
        for _ in 0..400 {
            request.reset();
            let (mut governed, mut lacking) = (false, false);
            for number in 0..count {
                let governs = if one_in(2) { Some(!one_in(3)) } else { None };
                let permits = !one_in(2 * count as u64);
                governs.into_iter().for_each(|value| {
                    request.set(&format!("g{number}"), value);
                });
                request.set(&format!("p{number}"), permits);
                governed |= governs == Some(true);
                lacking |= governs != Some(false) && !permits;
            }
            let expected = match (governed, lacking) {
                (false, _) => "not-governed",
                (true, true) => "not-permitted",
                (true, false) => "permitted",
            };
            assert_eq!(expected, pdp.decide(&request).reason().as_str(), "{count} policies");
            *seen.entry(expected).or_insert(0) += 1;
        }
    }
    assert!(seen["permitted"] > 1_000 && seen["not-permitted"] > 1_000, "{seen:?}");
}

#[test]
fn a_missing_value_ends_in_a_bucket() {
    let vocabulary = json!({
        "vocabulary": "deep",
        "attributes": {
            "action": { "type": "enum", "values": ["view", "edit", "sync", "print"] },
            "resource.owner": { "type": "enum", "values": ["council", "dwp", "police"] },
            "subject.factors": { "type": "integer" },
        },
    });
    let words = |name: &str| vocabulary["attributes"][name]["values"].as_array().unwrap().iter();
    let cells =
        words("action").flat_map(|action| words("resource.owner").map(move |o| (action, o)));
    let rule = |(number, (factors, (action, owner)))| {
        let factors = json!({ "at_least": factors });
        let when = json!({ "action": action, "resource.owner": owner, "subject.factors": factors });
        json!({ "id": format!("r{number}"), "effect": "permit", "when": when, "because": "…" })
    };
    let rules = cells.flat_map(|cell| (0..40).map(move |factors| (factors, cell)));
    let rules = Vec::from_iter(rules.enumerate().map(rule));
    let policies = vec![json!({ "policy": "p", "owner": "council", "rules": rules })];
    let set = Set { vocabulary, policies };
    let pdp = compiled::compile(&set.files());
    let (done, waiting) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for missing in ["action", "resource.owner", "subject.factors", "nothing"] {
            let all = json!({ "action": "view", "resource.owner": "dwp", "subject.factors": 2 });
            let stated = all.as_object().unwrap().clone().into_iter();
            let values = stated.filter(|(name, _)| name != missing).collect();
            let request = Request { values, can: None };
            let (compiled, _) = compiled::answer(&pdp, &set, &request);
            done.send(compiled == set.question(&request).answer()).unwrap();
        }
    });
    for _ in 0..4 {
        assert_eq!(waiting.recv_timeout(std::time::Duration::from_secs(20)), Ok(true));
    }
}
