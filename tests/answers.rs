//! What is answered about every request is true of generated ones: matrices, queries, conflicts, and
//! what forces a decision, each against the reference evaluator.
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
use std::collections::{BTreeMap, BTreeSet};

use compiled::{as_stated, stated};
use generate::{Request, Set, Sets, cases, for_all};
use portcullis::{
    Answered, AttributeId, Comes, Kind, Limits, Pdp, PolicySet, Prover, Query, Value,
};
use serde_json::{Value as Json, json};

/// The request as a gateway can make it: it cannot state what is derived, and does everything.
fn of_a_gateway(set: &Set, request: &Request) -> Request {
    let derived = |name: &String| {
        set.declarations().any(|(other, one)| other == name && one.get("derive").is_some())
    };
    let values = request.values.clone().into_iter();
    Request { values: values.filter(|(name, _)| !derived(name)).collect(), can: None }
}

/// Whether the policies permit the request, whatever can be carried out.
fn permitted(set: &Set, request: &Request) -> bool {
    matches!(set.question(request).answer().reason, "permitted" | "unenforceable")
}

/// The value of each attribute with listed words, or of a truth value, that the request states.
fn listed(set: &PolicySet, request: &Request) -> BTreeMap<AttributeId, Value> {
    let value = |(name, json): (&String, &Json)| {
        let id = set.vocabulary().attribute(name)?;
        let value = match (&set.vocabulary()[id].kind, json) {
            (Kind::Bool, Json::Bool(value)) => Value::Bool(*value),
            (Kind::Enum(words), Json::String(word)) => {
                words.position(word)?;
                Value::Text(word.as_str().into())
            }
            _ => return None,
        };
        Some((id, value))
    };
    request.values.iter().filter_map(value).collect()
}

#[test]
fn what_is_answered_about_every_request_is_true_of_each() {
    let counts: RefCell<BTreeMap<&str, usize>> = RefCell::default();
    let count = |word| *counts.borrow_mut().entry(word).or_default() += 1;
    let mut limits = Limits::default();
    limits.proof_steps = 2_000;
    for_all(file!(), 100, cases(Sets::Any, 1, 16), |set, requests| {
        let read = PolicySet::read(&set.files(), &Limits::default()).unwrap();
        let (pdp, prover) = (Pdp::new(&read).unwrap(), Prover::new(&read, &limits).unwrap());
        let requests: Vec<Request> = requests.iter().map(|one| of_a_gateway(set, one)).collect();

        // A cell says what comes of every request that states its two values.
        for request in &requests {
            let values: Vec<(AttributeId, Value)> = listed(&read, request).into_iter().collect();
            let [(row, of_row), (column, of_column), ..] = values.as_slice() else { continue };
            let cells = prover.matrix(
                &[],
                (*row, std::slice::from_ref(of_row)),
                (*column, std::slice::from_ref(of_column)),
            );
            let cell = &cells[0][0];
            let answer = set.question(request).answer();
            let comes = permitted(set, request);
            let fits = match cell.comes {
                Comes::Permitted => comes,
                Comes::Refused => !comes,
                Comes::Impossible => false,
                Comes::Depends { .. } | Comes::Unknown => true,
            };
            if !fits {
                return Err(format!("{request:?} is in a cell that is {:?}", cell.comes));
            }
            count(match cell.comes {
                Comes::Permitted => "permit cells",
                Comes::Refused => "deny cells",
                _ => "other cells",
            });
            if answer.reason == "permitted" {
                let carried: BTreeSet<&str> =
                    answer.obligations.keys().map(String::as_str).collect();
                let may: BTreeSet<&str> =
                    cell.always.iter().chain(&cell.sometimes).map(String::as_str).collect();
                let always = cell.always.iter().all(|name| carried.contains(name.as_str()));
                if !always || !carried.is_subset(&may) {
                    return Err(format!("{request:?} carries {carried:?}, not {cell:?}"));
                }
            }
        }

        // Nobody is nobody, and an example is one.
        for wanted in [true, false] {
            let query = Query { permitted: wanted, given: Vec::new() };
            match prover.query(&query, 3) {
                Answered::Nobody { .. } => {
                    count("nobody");
                    if let Some(one) = requests.iter().find(|one| permitted(set, one) == wanted) {
                        return Err(format!("nobody, but {one:?}"));
                    }
                }
                Answered::Some(regions) => {
                    for region in regions.found {
                        count("regions");
                        let example = as_stated(&region.example);
                        if permitted(set, &example) != wanted {
                            return Err(format!("{region} has the example {example:?}"));
                        }
                    }
                }
                Answered::Unknown => count("unknown"),
            }
        }

        // Without the deny, the example of a conflict is permitted.
        for conflict in prover.conflicts().found.into_iter().take(4) {
            count("conflicts");
            let example = as_stated(&conflict.example);
            let mut without = set.clone();
            for policy in &mut without.policies {
                if policy["policy"] == conflict.deny.policy {
                    let rules = policy["rules"].as_array_mut().unwrap();
                    rules.retain(|rule| rule["id"] != json!(conflict.deny.rule));
                }
            }
            if permitted(set, &example) || !permitted(&without, &example) {
                return Err(format!(
                    "{:?} against {:?}: {example:?}",
                    conflict.permit, conflict.deny
                ));
            }
        }

        // Whatever the other facts are, those that force a decision do.
        if let Some((first, others)) = requests.split_first() {
            let request = stated(&pdp, first);
            if let Some(facts) = prover.forcing(&pdp.decide(&request)) {
                count("forced");
                for other in others {
                    let mut changed = other.clone();
                    for (name, _) in &facts {
                        changed.values.remove(name);
                        let held = first.values.get(name).cloned();
                        changed.values.extend(held.map(|value| (name.clone(), value)));
                    }
                    if permitted(set, &changed) != permitted(set, first) {
                        return Err(format!("{facts:?} of {first:?} do not force it: {changed:?}"));
                    }
                }
            }
        }
        Ok(())
    });
    let counts = counts.into_inner();
    let enough = [
        ("permit cells", 20),
        ("deny cells", 200),
        ("other cells", 200),
        ("nobody", 20),
        ("regions", 200),
        ("conflicts", 50),
        ("forced", 60),
    ];
    for (word, least) in enough {
        assert!(counts.get(word).is_some_and(|found| *found >= least), "{word}: {counts:?}");
    }
}
