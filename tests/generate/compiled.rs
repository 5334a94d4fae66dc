//! The crate's side: everything that these tests use of its interface is here.
#![allow(dead_code, reason = "no test uses all of it")]

use super::generate::{Request, Set};
use super::reference::{Answer, Obligations, Rules, read};
use portcullis::{Decision, Given, Instant, Limits, Pdp, PolicySet, RuleRef};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Reads and compiles the set; generated ones are valid.
pub fn compile(files: &BTreeMap<String, Vec<u8>>) -> Pdp {
    let set = PolicySet::read(files, &Limits::default());
    let set = set.unwrap_or_else(|findings| panic!("a generated set is not valid: {findings}"));
    Pdp::new(&set).unwrap_or_else(|findings| panic!("a generated set does not compile: {findings}"))
}

/// The request to the compiled set, on the bench.
pub fn stated(pdp: &Pdp, request: &Request) -> portcullis::Request {
    let mut stated = pdp.bench_request();
    for (name, value) in &request.values {
        match value {
            Json::Null => stated.unset(name),
            Json::Bool(truth) => stated.set(name, *truth),
            Json::Number(number) => stated.set(name, number.as_i64().unwrap()),
            Json::String(text) => stated.set(name, text),
            Json::Array(words) => {
                let words = Vec::from_iter(words.iter().map(|word| word.as_str().unwrap()));
                stated.set(name, &words[..])
            }
            Json::Object(_) => stated.set(name, Given::Malformed),
        };
    }
    stated
}

/// A request that was found, as the reference evaluator takes it.
pub fn as_stated(request: &portcullis::Request) -> Request {
    let values = request.stated();
    let values =
        values.map(|(name, value)| (name.to_owned(), serde_json::to_value(value).unwrap()));
    let garbled = request.malformed().map(|name| (name.to_owned(), json!({ "no": "value" })));
    Request { values: values.chain(garbled).collect(), can: None }
}

/// The compiled form's answer, and until when it holds.
pub fn answer(pdp: &Pdp, set: &Set, request: &Request) -> (Answer, Option<Instant>) {
    let mut stated = stated(pdp, request);
    if let Some(can) = &request.can {
        stated.can(can.iter().map(String::as_str));
    }
    let decision = pdp.decide(&stated);
    assert_eq!(decision.is_permit(), decision.reason().as_str() == "permitted");
    let answer = Answer {
        reason: decision.reason().as_str(),
        determining: names(decision.determining()),
        obligations: obligations(set, &decision),
        trials: names(decision.trials()),
    };
    (answer, decision.valid_until())
}

fn names<'d>(rules: impl Iterator<Item = RuleRef<'d>>) -> Rules {
    let mut names = BTreeSet::new();
    for rule in rules {
        let is_new = names.insert((rule.policy().to_owned(), rule.id().to_owned()));
        assert!(is_new, "the rule {}/{} is given twice", rule.policy(), rule.id());
    }
    names
}

/// As serialized, its parameters read back by their types.
fn obligations(set: &Set, decision: &Decision<'_>) -> Obligations {
    let mut obligations = Obligations::new();
    for obligation in decision.obligations() {
        let json = serde_json::to_value(obligation).unwrap();
        let declared = &set.vocabulary["obligations"][obligation.name()]["parameters"];
        let parameter =
            |(name, value): (&String, &Json)| (name.clone(), parameter(&declared[name], value));
        let parameters =
            json["parameters"].as_object().into_iter().flatten().map(parameter).collect();
        let earlier = obligations.insert(obligation.name().to_owned(), parameters);
        assert_eq!(earlier, None, "the obligation {} is given twice", obligation.name());
    }
    let vocabulary = decision.request().vocabulary();
    let of_permit = decision.obligations_of_permit().map(|id| vocabulary[id].name.as_str());
    let expected = obligations.keys().map(String::as_str).filter(|_| decision.is_permit());
    assert_eq!(BTreeSet::from_iter(of_permit), BTreeSet::from_iter(expected));
    obligations
}

fn parameter(declaration: &Json, value: &Json) -> super::reference::Value {
    if declaration["merge"] != "all" {
        return read(declaration, value).unwrap();
    }
    let values = Vec::from_iter(
        value.as_array().unwrap().iter().map(|value| read(declaration, value).unwrap()),
    );
    assert!(values.is_sorted(), "{value} is not sorted");
    super::reference::Value::Several(BTreeSet::from_iter(values))
}
