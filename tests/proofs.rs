//! Guarantees are decided rightly: what breaks one is a request that the reference evaluator judges
//! so too, and of one that is proved no generated request is an exception.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test stops at the first surprise"
)]

mod generate;
mod reference;

use std::cell::RefCell;
use std::collections::BTreeMap;

use generate::{Request, Set, Sets, cases, for_all};
use portcullis::{Holds, Limits, PolicySet, prove};
use serde_json::{Value as Json, json};

/// The conditions of the set's rules, and the one that is always true, as regions to claim things of.
fn regions(set: &Set) -> Vec<Json> {
    let shared = |condition: &Json| {
        let text = condition.to_string();
        let own =
            set.policies.iter().filter_map(|policy| policy["attributes"].as_object()).flatten();
        !own.map(|(name, _)| name).any(|name| text.contains(name.as_str()))
    };
    let rules = set.policies.iter().filter_map(|policy| policy["rules"].as_array()).flatten();
    let conditions = rules.map(|rule| rule["when"].clone()).filter(shared);
    std::iter::once(json!({})).chain(conditions.take(3)).collect()
}

/// Whether the condition is certainly true of the request, by the reference evaluator.
fn holds(set: &Set, when: &Json, request: &Request) -> bool {
    let policy = json!({ "policy": "region", "owner": "x",
        "rules": [{ "id": "in", "effect": "permit", "when": when, "because": "it is in the region" }] });
    let region = Set { vocabulary: set.vocabulary.clone(), policies: vec![policy] };
    region.question(request).answer().reason == "permitted"
}

/// Whether the request breaks the claim, by the reference evaluator.
fn breaks(set: &Set, guarantee: &Json, request: &Request) -> bool {
    if !holds(set, &guarantee["when"], request) {
        return false;
    }
    let answer = set.question(request).answer();
    let permitted = answer.reason == "permitted";
    match guarantee["permits_carry"].as_array() {
        Some(names) => {
            permitted
                && !names.iter().all(|name| answer.obligations.contains_key(name.as_str().unwrap()))
        }
        None if guarantee.get("never").is_some() => permitted,
        None => !permitted,
    }
}

#[test]
fn a_broken_guarantee_has_a_real_exception_and_a_proved_one_has_none() {
    let counts: RefCell<BTreeMap<&str, usize>> = RefCell::default();
    let count = |word| *counts.borrow_mut().entry(word).or_default() += 1;
    let mut limits = Limits::default();
    limits.proof_steps = 2_000;
    for_all(file!(), 500, cases(Sets::Any, 1, 24), |set, requests| {
        let obligations = set.vocabulary["obligations"].as_object().cloned().unwrap_or_default();
        let mut guarantees = Vec::new();
        for when in regions(set) {
            guarantees.push(json!({ "never": "permit", "when": when }));
            guarantees.push(json!({ "always": "permit", "when": when }));
            if let Some(name) = obligations.keys().next() {
                guarantees.push(json!({ "permits_carry": [name], "when": when }));
            }
        }
        for (place, guarantee) in guarantees.iter_mut().enumerate() {
            guarantee["id"] = json!(format!("g{place}"));
        }
        let mut files = set.files();
        let mut manifest: Json = serde_json::from_slice(&files["policy-set.json"]).unwrap();
        manifest["guarantees"] = json!(guarantees);
        files.insert("policy-set.json".to_owned(), manifest.to_string().into_bytes());
        let read = PolicySet::read(&files, &Limits::default()).unwrap();

        // A gateway cannot state what is derived; and what an obligation needs is another matter.
        let derived = |name: &String| {
            set.declarations().any(|(other, a)| other == name && a.get("derive").is_some())
        };
        let fair = |request: &&Request| {
            let reason = set.question(request).answer().reason;
            !request.values.keys().any(derived) && reason != "unenforceable"
        };
        let fair: Vec<&Request> = requests.iter().filter(fair).collect();
        for (guarantee, proof) in guarantees.iter().zip(prove(&read, &limits).unwrap()) {
            match proof.holds {
                Holds::Proved => {
                    count("proved");
                    if let Some(exception) =
                        fair.iter().find(|request| breaks(set, guarantee, request))
                    {
                        return Err(format!("{guarantee} is proved, but {exception:?} breaks it"));
                    }
                }
                Holds::Broken(witness) => {
                    count("broken");
                    let values = witness.stated().map(|(name, value)| {
                        (name.to_owned(), serde_json::to_value(value).unwrap())
                    });
                    let witness = Request { values: values.collect(), can: None };
                    let reason = set.question(&witness).answer().reason;
                    if reason != "unenforceable" && !breaks(set, guarantee, &witness) {
                        return Err(format!("{guarantee} is broken, but not by {witness:?}"));
                    }
                }
                Holds::Unknown { .. } => count("unknown"),
                Holds::NotDecided => return Err(format!("{guarantee} is not decided")),
            }
        }
        Ok(())
    });
    let counts = counts.into_inner();
    let of = |word| counts.get(word).copied().unwrap_or_default();
    assert!(of("proved") > 1_000 && of("broken") > 2_000, "{counts:?}");
    // Attributes are compared at random: some guarantees are given up, and said to be.
    assert!(of("unknown") * 10 < of("proved") + of("broken"), "{counts:?}");
}
