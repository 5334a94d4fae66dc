//! What is said of every request, against every request: sets so small that all their requests can be
//! listed and decided.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    missing_docs,
    reason = "a test stops at the first surprise"
)]

mod dice;
mod generate;
mod reference;
#[path = "change/small.rs"]
mod small;

use std::collections::{BTreeMap, BTreeSet};

use dice::Dice;
use generate::Set;
use portcullis::{
    Answered, Given, Holds, Limits, Matters, Named, Pdp, PolicySet, Prover, Query, Reason, Request,
    remedies,
};
use serde_json::{Value as Json, json};
use small::SmallSet;

/// Requests of one set that are worth listing in a test of thousands of sets.
const MOST: usize = 1_200;

fn read(set: &Set, guarantees: &[Json]) -> PolicySet {
    let mut files = set.files();
    let mut manifest: Json = serde_json::from_slice(&files["policy-set.json"]).unwrap();
    manifest["guarantees"] = json!(guarantees);
    files.insert("policy-set.json".to_owned(), manifest.to_string().into_bytes());
    PolicySet::read(&files, &Limits::default()).unwrap()
}

fn handle(set: &Set) -> Pdp {
    let pdp = Pdp::unavailable(Limits::default()).without_proofs();
    pdp.replace(&read(set, &[])).unwrap();
    pdp
}

fn state(request: &mut Request, name: &str, value: Option<&Json>) {
    match value {
        None => request.unset(name),
        Some(Json::Bool(value)) => request.set(name, *value),
        Some(Json::Number(value)) => request.set(name, value.as_i64().unwrap()),
        Some(Json::String(value)) => request.set(name, value.as_str()),
        Some(Json::Array(words)) => {
            let words: Vec<&str> = words.iter().map(|word| word.as_str().unwrap()).collect();
            request.set(name, Given::Words(&words))
        }
        Some(_) => request.set(name, Given::Malformed),
    };
}

type Values = BTreeMap<String, Json>;

fn stated<'r>(request: &'r mut Request, values: &Values) -> &'r mut Request {
    request.reset();
    for (name, value) in values {
        state(request, name, Some(value));
    }
    request
}

fn permits(pdp: &Pdp, request: &Request) -> bool {
    matches!(pdp.decide(request).reason(), Reason::Permitted | Reason::Unenforceable)
}

/// Whether it is permitted, and what is owed; the latter only where it can be carried out.
fn outcome(pdp: &Pdp, request: &Request) -> (bool, Option<String>) {
    let decision = pdp.decide(request);
    let owed = || serde_json::to_string(&decision.obligations().collect::<Vec<_>>()).unwrap();
    let enforceable = decision.reason() != Reason::Unenforceable;
    (permits(pdp, request), enforceable.then(owed))
}

#[derive(Default)]
struct Counts(BTreeMap<&'static str, usize>);

impl Counts {
    fn count(&mut self, word: &'static str) {
        *self.0.entry(word).or_default() += 1;
    }
}

/// One set, all its requests, and which are permitted.
struct Listed {
    set: Set,
    pdp: Pdp,
    prover: Prover,
    requests: Vec<Values>,
    permitted: Vec<bool>,
}

fn attributes(set: &Set) -> Vec<(String, Json)> {
    let stated = set.declarations().filter(|(_, declaration)| declaration.get("derive").is_none());
    stated.map(|(name, declaration)| (name.clone(), declaration.clone())).collect()
}

fn guarantees(set: &Set) -> Vec<Json> {
    let mut guarantees =
        vec![json!({ "never": "permit", "when": {} }), json!({ "always": "permit", "when": {} })];
    for (name, declaration) in attributes(set) {
        let claim = if declaration["type"] == "bool" { json!(true) } else { json!("x") };
        let fits = matches!(name.as_str(), "a.flag" | "a.word" | "a.other");
        guarantees.push(json!({ "withholding": name, "when": {} }));
        if fits {
            guarantees.push(json!({ "never": "permit", "when": { name.clone(): claim } }));
        }
    }
    for (place, guarantee) in guarantees.iter_mut().enumerate() {
        guarantee["id"] = json!(format!("g{place}"));
    }
    guarantees
}

/// Whether enumeration says that a guarantee holds.
fn really_holds(listed: &Listed, guarantee: &Json) -> bool {
    let when = guarantee["when"].as_object().unwrap();
    let about = |values: &Values| when.iter().all(|(name, value)| values.get(name) == Some(value));
    // A missing value may stand for one.
    let about = |values: &Values| {
        about(values)
            || when.iter().all(|(name, value)| {
                !values.contains_key(name)
                    && attributes(&listed.set)
                        .iter()
                        .any(|(other, one)| other == name && one.get("absent") == Some(value))
            }) && !when.is_empty()
    };
    let mut cases = listed.requests.iter().zip(&listed.permitted);
    if let Some(name) = guarantee["withholding"].as_str() {
        let mut request = listed.pdp.bench_request();
        return !cases.any(|(values, permitted)| {
            !permitted
                && [None, Some(json!({ "no": "value" }))].iter().any(|instead| {
                    stated(&mut request, values);
                    state(&mut request, name, instead.as_ref());
                    permits(&listed.pdp, &request)
                })
        });
    }
    let never = guarantee.get("never").is_some();
    !cases.any(|(values, permitted)| about(values) && *permitted == never)
}

fn check_guarantees(seed: u64, listed: &Listed, guarantees: &[Json], counts: &mut Counts) {
    let mut helped = BTreeSet::new();
    for (guarantee, proof) in guarantees.iter().zip(listed.prover.guarantees()) {
        let holds = match proof.holds {
            Holds::Proved => true,
            Holds::Broken(_) => false,
            Holds::Unknown { .. } => {
                counts.count("unknown");
                continue;
            }
        };
        assert_eq!(holds, really_holds(listed, guarantee), "{seed}: {:?}\n{guarantee}", listed.set);
        counts.count(if holds { "proved" } else { "broken" });
        if let (false, Some(name)) = (holds, guarantee["withholding"].as_str()) {
            helped.insert(name.to_owned());
        }
    }
    let silences = listed.prover.silences();
    assert!(silences.undecided.is_empty(), "{seed}: {:?}", listed.set);
    let found: BTreeSet<String> = silences.found.iter().map(|one| one.attribute.clone()).collect();
    assert_eq!(found, helped, "{seed}: {:?}", listed.set);
}

/// Who is permitted, and what no rule speaks of.
fn check_regions(seed: u64, listed: &Listed, counts: &mut Counts) {
    let mut request = listed.pdp.bench_request();
    for permitted in [true, false] {
        let query = Query { permitted, given: vec![] };
        let any = listed.permitted.contains(&permitted);
        match listed.prover.query(&query, 1_000) {
            Answered::Nobody { .. } => {
                counts.count("nobody");
                assert!(!any, "{seed}: {:?}", listed.set);
            }
            Answered::Some(regions) => {
                counts.count("somebody");
                assert!(any && regions.complete, "{seed}: {:?}", listed.set);
                for (values, one) in listed.requests.iter().zip(&listed.permitted) {
                    stated(&mut request, values);
                    let inside = regions.found.iter().any(|region| region.has(&request));
                    assert_eq!(inside, *one == permitted, "{seed}: {:?}\n{values:?}", listed.set);
                }
            }
            Answered::Unknown => counts.count("unknown"),
        }
    }
    for (_, regions) in listed.prover.gaps(&[], 20) {
        counts.count("gaps");
        for values in &listed.requests {
            stated(&mut request, values);
            if regions.found.iter().any(|region| region.has(&request)) {
                let reason = listed.pdp.decide(&request).reason();
                assert_eq!(reason, Reason::NotPermitted, "{seed}: {:?}\n{values:?}", listed.set);
            }
        }
    }
}

fn without(set: &Set, rule: &Named) -> Set {
    let mut set = set.clone();
    let policy = set.policies.iter_mut().find(|policy| policy["policy"] == rule.policy.as_str());
    let rules = policy.unwrap()["rules"].as_array_mut().unwrap();
    rules.retain(|one| one["id"].as_str() != rule.rule.as_deref());
    set
}

/// Rules matter exactly if some request comes out differently without them.
fn check_statuses(seed: u64, listed: &Listed, counts: &mut Counts) {
    let mut request = listed.pdp.bench_request();
    let before: Vec<(bool, Option<String>)> = listed
        .requests
        .iter()
        .map(|values| outcome(&listed.pdp, stated(&mut request, values)))
        .collect();
    for status in listed.prover.statuses() {
        let fewer = handle(&without(&listed.set, &status.rule));
        let mut request = fewer.bench_request();
        let differs = listed.requests.iter().zip(&before).any(|(values, (permitted, owed))| {
            let (after, owes) = outcome(&fewer, stated(&mut request, values));
            after != *permitted || matches!((owed, &owes), (Some(owed), Some(owes)) if owed != owes)
        });
        let policy =
            listed.set.policies.iter().find(|one| one["policy"] == status.rule.policy.as_str());
        let rule = policy.unwrap()["rules"].as_array().unwrap().iter();
        let rule =
            rule.clone().find(|one| one["id"].as_str() == status.rule.rule.as_deref()).unwrap();
        let needed = match status.matters {
            Matters::Needed(_) => true,
            Matters::Unknown => {
                counts.count("unknown");
                continue;
            }
            _ => false,
        };
        counts.count(if needed { "needed" } else { "idle" });
        // A deny is judged in its own policy; a parameter taken from the request, by where it comes from.
        let rules = listed.set.policies.iter().map(|policy| policy["rules"].to_string());
        let any_taken = rules.into_iter().any(|rules| rules.contains("\"attribute\""));
        let more = rule["effect"] == "deny" || any_taken;
        assert!(
            needed == differs || needed && more,
            "{seed}: {:?}\n{status:?} differs: {differs}",
            listed.set
        );
    }
}

#[test]
fn two_thousand_small_sets_are_answered_as_enumeration_does() {
    let mut counts = Counts::default();
    let mut sets = 0;
    for seed in 10_000.. {
        let small = SmallSet::new(&mut Dice::new(seed));
        let requests: Vec<Values> =
            small.requests().into_iter().map(|request| request.values).collect();
        if requests.len() > MOST {
            continue;
        }
        let guarantees = guarantees(&small.set);
        let prover = Prover::new(&read(&small.set, &guarantees), &Limits::default()).unwrap();
        let pdp = handle(&small.set);
        let mut request = pdp.bench_request();
        let permitted =
            requests.iter().map(|values| permits(&pdp, stated(&mut request, values))).collect();
        let listed = Listed { set: small.set, pdp, prover, requests, permitted };
        check_guarantees(seed, &listed, &guarantees, &mut counts);
        check_regions(seed, &listed, &mut counts);
        check_statuses(seed, &listed, &mut counts);
        sets += 1;
        if sets == 2_000 {
            break;
        }
    }
    let of = |word| counts.0.get(word).copied().unwrap_or_default();
    eprintln!("{:?}", counts.0);
    assert!(of("proved") > 3_000 && of("broken") > 3_000, "{:?}", counts.0);
    assert!(of("nobody") > 500 && of("somebody") > 2_000 && of("gaps") > 1_500, "{:?}", counts.0);
    assert!(of("needed") > 2_000 && of("idle") > 2_000 && of("unknown") < 20, "{:?}", counts.0);
}

/// The fewest attributes, three at most, that must change for a permit.
fn fewest_changes(listed: &Listed, from: &Values) -> Option<usize> {
    let names: Vec<(String, Vec<Json>)> = attributes(&listed.set)
        .into_iter()
        .map(|(name, declaration)| {
            let values = small::values(&name, &declaration);
            (name, values)
        })
        .collect();
    let mut request = listed.pdp.bench_request();
    (1..=3)
        .find(|size| {
            let subsets = 0..1_usize << names.len();
            subsets.filter(|subset| subset.count_ones() == *size).any(|subset| {
                let changed: Vec<&(String, Vec<Json>)> = (0..names.len())
                    .filter(|at| subset >> at & 1 == 1)
                    .map(|at| &names[at])
                    .collect();
                let ways: usize = changed.iter().map(|(_, values)| values.len()).product();
                (0..ways).any(|mut way| {
                    stated(&mut request, from);
                    for (name, values) in &changed {
                        state(&mut request, name, Some(&values[way % values.len()]));
                        way /= values.len();
                    }
                    listed.pdp.decide(&request).is_permit()
                })
            })
        })
        .map(|size| usize::try_from(size).unwrap())
}

#[test]
fn no_change_smaller_than_the_smallest_remedy_would_do() {
    let mut counts = Counts::default();
    for seed in 20_000..34_500 {
        let mut dice = Dice::new(seed);
        let mut set = SmallSet::new(&mut dice).set;
        for (_, declaration) in set.vocabulary["attributes"].as_object_mut().unwrap() {
            if declaration.get("derive").is_none() {
                declaration["remedy"] = json!({ "by": "user", "say": "Change it" });
            }
        }
        let requests: Vec<Values> = SmallSet { set: set.clone() }
            .requests()
            .into_iter()
            .map(|request| request.values)
            .collect();
        // A remedy asks for one value or bound of an attribute: not for several words of a set, nor for
        // any other text, nor for what another attribute happens to be.
        let compares = set.policies.iter().any(|policy| policy.to_string().contains("same_as"));
        if compares
            || set.declarations().any(|(name, _)| matches!(name.as_str(), "a.tags" | "a.text"))
        {
            continue;
        }
        let (prover, pdp) =
            (Prover::new(&read(&set, &[]), &Limits::default()).unwrap(), handle(&set));
        let listed = Listed { set, pdp, prover, requests, permitted: vec![] };
        let mut request = listed.pdp.bench_request();
        for _ in 0..12 {
            let values = &listed.requests[dice.roll(listed.requests.len())];
            let decision = listed.pdp.decide(stated(&mut request, values));
            if decision.is_permit() {
                continue;
            }
            let offered = remedies(&decision).iter().map(|remedy| remedy.changes.len()).min();
            let fewest = fewest_changes(&listed, values);
            // Nothing smaller than what is offered would do.
            let fair = match (offered, fewest) {
                (None, _) => true,
                (Some(offered), fewest) => fewest.is_some_and(|fewest| offered == fewest),
            };
            assert!(fair, "{seed}: {:?}\n{values:?}\n{offered:?} {fewest:?}", listed.set);
            counts.count(match (offered, fewest) {
                (None, None) => "no way",
                (None, Some(_)) => "not offered",
                (Some(1), _) => "one change",
                (Some(_), _) => "several changes",
            });
        }
    }
    eprintln!("{:?}", counts.0);
    let of = |word| counts.0.get(word).copied().unwrap_or_default();
    // Not offered is what makes a derived value worse.
    assert!(of("one change") > 3_000 && of("several changes") > 3_000, "{:?}", counts.0);
    assert!(of("not offered") * 20 < of("one change") + of("several changes"), "{:?}", counts.0);
}
