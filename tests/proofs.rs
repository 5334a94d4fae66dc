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

#[path = "generate/compiled.rs"]
mod compiled;
mod generate;
mod reference;

use std::cell::RefCell;
use std::collections::BTreeMap;

use compiled::as_stated;
use generate::{Request, Set, Sets, cases, for_all};
use portcullis::{Holds, Limits, PolicySet, Prover};
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

/// The set, with guarantees.
fn with_guarantees(set: &Set, guarantees: &[Json]) -> PolicySet {
    let mut files = set.files();
    let mut manifest: Json = serde_json::from_slice(&files["policy-set.json"]).unwrap();
    manifest["guarantees"] = json!(guarantees);
    files.insert("policy-set.json".to_owned(), manifest.to_string().into_bytes());
    PolicySet::read(&files, &Limits::default()).unwrap()
}

fn is_derived(set: &Set, name: &str) -> bool {
    set.declarations().any(|(other, a)| other == name && a.get("derive").is_some())
}

/// The requests as a gateway can make them: it cannot state what is derived, and does everything.
fn of_a_gateway(set: &Set, requests: &[Request]) -> Vec<Request> {
    let stated = |request: &Request| {
        let values = request.values.clone().into_iter();
        Request { values: values.filter(|(name, _)| !is_derived(set, name)).collect(), can: None }
    };
    requests.iter().map(stated).collect()
}

/// What is no value of any attribute.
fn no_value() -> Json {
    json!({ "no": "value" })
}

/// The same request with another value of one attribute, or none.
fn but(request: &Request, name: &str, instead: Option<Json>) -> Request {
    let mut values = request.values.clone();
    values.remove(name);
    values.extend(instead.map(|value| (name.to_owned(), value)));
    Request { values, can: None }
}

/// Whether the policies permit the request, whatever can be carried out.
fn permitted(set: &Set, request: &Request) -> bool {
    matches!(set.question(request).answer().reason, "permitted" | "unenforceable")
}

/// Some values of an attribute that are worse than this one.
fn worse(declaration: &Json, value: &Json) -> Vec<Json> {
    let up = declaration["better"] == "lower" || declaration["better"] == "earlier";
    let by = if up { 1 } else { -1 };
    match (declaration["type"].as_str().unwrap(), value) {
        ("bool", value) if *value == declaration["better"] => vec![json!(value != &json!(true))],
        ("integer", value) => {
            let number = value.as_i64().unwrap_or_default();
            [1, 2, 1_000].map(|step| json!(number.saturating_add(by * step))).to_vec()
        }
        ("enum", value) => {
            let groups = declaration["order"].as_array().cloned().unwrap_or_default();
            let has = |group: &Json| {
                group == value || group.as_array().is_some_and(|words| words.contains(value))
            };
            let Some(own) = groups.iter().position(has) else { return Vec::new() };
            let others = if up { &groups[own + 1..] } else { &groups[..own] };
            let words = |group: &Json| group.as_array().cloned().unwrap_or(vec![group.clone()]);
            others.iter().flat_map(words).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn a_withheld_or_worse_value_is_found_to_help_exactly_where_it_does() {
    let counts: RefCell<BTreeMap<&str, usize>> = RefCell::default();
    let count = |word| *counts.borrow_mut().entry(word).or_default() += 1;
    let mut limits = Limits::default();
    limits.proof_steps = 2_000;
    for_all(file!(), 300, cases(Sets::Any, 1, 12), |set, requests| {
        let mut guarantees = Vec::new();
        let attributes: Vec<(&String, &Json)> =
            set.declarations().filter(|(name, _)| name.matches('.').count() == 1).collect();
        for (name, declaration) in attributes {
            if declaration.get("derive").is_some() || name.starts_with('p') {
                continue;
            }
            for (claim, fits) in
                [("withholding", true), ("monotone", declaration.get("better").is_some())]
            {
                if fits {
                    for when in regions(set).into_iter().take(2) {
                        let id = format!("g{}", guarantees.len());
                        guarantees.push(json!({ "id": id, claim: name, "when": when }));
                    }
                }
            }
        }
        let mut refused = of_a_gateway(set, requests);
        refused.retain(|request| !permitted(set, request));
        let read = with_guarantees(set, &guarantees);
        for (guarantee, proof) in
            guarantees.iter().zip(Prover::new(&read, &limits).unwrap().guarantees())
        {
            let claim =
                if guarantee.get("monotone").is_some() { "monotone" } else { "withholding" };
            let name = guarantee[claim].as_str().unwrap();
            let declaration = set.declarations().find(|(other, _)| *other == name).unwrap().1;
            let helped = |request: &Request, other: &Request| {
                permitted(set, other)
                    && !permitted(set, request)
                    && holds(set, &guarantee["when"], request)
            };
            match proof.holds {
                Holds::Proved => {
                    count("proved");
                    for request in &refused {
                        let others = match (claim, request.values.get(name)) {
                            ("withholding", _) => vec![None, Some(no_value())],
                            (_, Some(value)) => {
                                worse(declaration, value).into_iter().map(Some).collect()
                            }
                            _ => vec![],
                        };
                        for other in others {
                            count("tried");
                            let other = but(request, name, other);
                            if helped(request, &other) {
                                return Err(format!(
                                    "{guarantee} is proved, but {other:?} is permitted"
                                ));
                            }
                        }
                    }
                }
                Holds::Broken(exception) => {
                    count(if claim == "monotone" { "worse helps" } else { "withholding helps" });
                    let request = as_stated(&exception.request);
                    let change = exception.change.expect("it is about two requests");
                    let instead = match change.instead {
                        Some(value) => serde_json::to_value(value).unwrap(),
                        None => no_value(),
                    };
                    let other = but(&request, &change.attribute, Some(instead));
                    if !helped(&request, &other) {
                        return Err(format!(
                            "{guarantee} is not broken by {request:?} and {other:?}"
                        ));
                    }
                }
                Holds::Unknown { .. } => count("unknown"),
            }
        }
        Ok(())
    });
    let counts = counts.into_inner();
    let of = |word| counts.get(word).copied().unwrap_or_default();
    eprintln!("{counts:?}");
    assert!(of("proved") > 500 && of("tried") > 5_000, "{counts:?}");
    assert!(of("worse helps") > 50 && of("withholding helps") > 50, "{counts:?}");
    assert!(of("unknown") * 50 < of("proved"), "{counts:?}");
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
        let read = with_guarantees(set, &guarantees);
        // What an obligation needs is another matter.
        let enforceable =
            |request: &&Request| set.question(request).answer().reason != "unenforceable";
        let requests = of_a_gateway(set, requests);
        let fair: Vec<&Request> = requests.iter().filter(enforceable).collect();
        for (guarantee, proof) in
            guarantees.iter().zip(Prover::new(&read, &limits).unwrap().guarantees())
        {
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
                    let witness = as_stated(&witness.request);
                    let reason = set.question(&witness).answer().reason;
                    if reason != "unenforceable" && !breaks(set, guarantee, &witness) {
                        return Err(format!("{guarantee} is broken, but not by {witness:?}"));
                    }
                }
                Holds::Unknown { .. } => count("unknown"),
            }
        }
        Ok(())
    });
    let counts = counts.into_inner();
    let of = |word| counts.get(word).copied().unwrap_or_default();
    assert!(of("proved") > 1_000 && of("broken") > 2_000, "{counts:?}");
    // Attributes are compared at random: some guarantees are given up, and said to be.
    assert!(of("unknown") * 100 < of("proved") + of("broken"), "{counts:?}");
}
