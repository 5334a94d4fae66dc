//! Each limit at its edge: exactly at it is accepted, one beyond is refused and the limit named.

use super::{Files, base, findings};
use portcullis::{Limits, Pdp, PolicySet, Prover};

/// Sets the limit of that name.
pub fn set(limits: &mut Limits, name: &str, most: usize) {
    let limit = match name {
        "file_bytes" => &mut limits.file_bytes,
        "request_bytes" => &mut limits.request_bytes,
        "depth" => &mut limits.depth,
        "batch" => &mut limits.batch,
        "rules" => &mut limits.rules,
        "attributes" => &mut limits.attributes,
        "obligations" => &mut limits.obligations,
        "conjunctions" => &mut limits.conjunctions,
        "classes" => &mut limits.classes,
        "proof_steps" => &mut limits.proof_steps,
        _ => panic!("no limit is called `{name}`"),
    };
    *limit = most;
}

fn limited(name: &str, most: usize) -> Limits {
    let mut limits = Limits::default();
    set(&mut limits, name, most);
    limits
}

fn with(name: &str, text: String) -> Files {
    let mut files = base();
    files.insert(name.to_owned(), text.into_bytes());
    files
}

/// Texts, numbered from 1 on and joined by commas.
fn list(count: usize, text: impl Fn(usize) -> String) -> String {
    (1..=count).map(text).collect::<Vec<_>>().join(", ")
}

fn policy(rules: usize, condition: &str) -> Files {
    let rule = |place| {
        format!(
            r#"{{ "id": "r{place}", "effect": "permit", "when": {condition}, "because": "…" }}"#
        )
    };
    with(
        "policy.json",
        format!(r#"{{ "policy": "p", "owner": "o", "rules": [{}] }}"#, list(rules, rule)),
    )
}

#[test]
fn the_bytes_of_a_file() {
    let longest = base().values().map(Vec::len).max().unwrap();
    assert_eq!(findings(&base(), &limited("file_bytes", longest)), "");
    assert_eq!(
        findings(&base(), &limited("file_bytes", longest - 1)),
        format!(
            "vocabulary.json:1:1: error[P0004]: the text has {longest} bytes; at most {} are read",
            longest - 1
        )
    );
}

#[test]
fn the_depth_of_a_file() {
    // The document, its rules, a rule and its condition are four levels.
    let nested = |more: usize| {
        policy(1, &format!("{}{{}}{}", r#"{ "not": "#.repeat(more), " }".repeat(more)))
    };
    assert_eq!(findings(&nested(4), &limited("depth", 8)), "");
    let found = findings(&nested(5), &limited("depth", 8));
    assert_eq!(found, "policy.json:1:129: error[P0005]: this is nested more than 8 levels deep");
    assert_eq!(findings(&nested(60), &Limits::default()), "");
    let found = findings(&nested(61), &Limits::default());
    assert!(found.ends_with("error[P0005]: this is nested more than 64 levels deep"), "{found}");
}

#[test]
fn the_rules_of_a_set() {
    assert_eq!(findings(&policy(5, r#"{ "action": "view" }"#), &limited("rules", 5)), "");
    assert_eq!(
        findings(&policy(6, r#"{ "action": "view" }"#), &limited("rules", 5)),
        "policy-set.json:1:1: error[P0401]: the set has 6 rules; at most 5 are compiled"
    );
}

#[test]
fn the_attributes_of_a_set_and_of_its_policies() {
    let vocabulary = |count: usize| {
        let more = list(count - 1, |place| format!(r#""a{place}": {{ "type": "bool" }}"#));
        format!(
            "{{ \"vocabulary\": \"v\", \"attributes\": {{ \"action\": {{ \"type\": \"string\" }},\n{more} }} }}"
        )
    };
    assert_eq!(findings(&with("vocabulary.json", vocabulary(3)), &limited("attributes", 3)), "");
    assert_eq!(
        findings(&with("vocabulary.json", vocabulary(4)), &limited("attributes", 3)),
        "vocabulary.json:2:53: error[P0401]: there are more than 3 attributes"
    );
    let own = |count: usize| {
        let own = r#"{ "type": "bool", "derive": [{ "value": true }] }"#;
        let own = list(count, |place| format!("\n\"p.a{place}\": {own}"));
        with(
            "policy.json",
            format!(r#"{{ "policy": "p", "owner": "o", "rules": [], "attributes": {{ {own} }} }}"#),
        )
    };
    assert_eq!(findings(&own(2), &limited("attributes", 15)), "");
    assert_eq!(
        findings(&own(3), &limited("attributes", 15)),
        "policy.json:4:1: error[P0401]: there are more than 15 attributes"
    );
}

#[test]
fn the_limits_of_a_set_that_uses_the_standard_vocabulary() {
    let extends = r#"{ "vocabulary": "v", "extends": "standard" }"#;
    let files = with("vocabulary.json", extends.to_owned());
    let longest = files.values().map(Vec::len).max().unwrap();
    let found = findings(&files, &limited("file_bytes", longest));
    assert_eq!(found, "", "what is built in is no file of the set");
    assert_eq!(
        findings(&files, &limited("attributes", 10)),
        "vocabulary.json:1:33: error[P0401]: the standard vocabulary: there are more than 10 attributes"
    );
}

#[test]
fn the_obligations_of_a_vocabulary() {
    let vocabulary = |count: usize| {
        let all = list(count, |place| format!("\n\"o{place}\": {{}}"));
        with(
            "vocabulary.json",
            format!(
                r#"{{ "vocabulary": "v", "attributes": {{ "action": {{ "type": "string" }} }}, "obligations": {{ {all} }} }}"#
            ),
        )
    };
    assert_eq!(findings(&vocabulary(3), &limited("obligations", 3)), "");
    assert_eq!(
        findings(&vocabulary(4), &limited("obligations", 3)),
        "vocabulary.json:5:1: error[P0401]: there are more than 3 obligations"
    );
    assert_eq!(findings(&vocabulary(64), &limited("obligations", 1_000)), "");
    assert_eq!(
        findings(&vocabulary(65), &limited("obligations", 1_000)),
        "vocabulary.json:66:1: error[P0401]: there are more than 64 obligations",
        "64 at most, whatever the limit"
    );
}

#[test]
fn the_conjunctions_of_a_condition() {
    // Every `any` of two that is and-ed doubles them.
    let doubled = |times: usize| {
        let any = |place: usize| {
            format!(
                r#"{{ "any": [{{ "subject.roles": {{ "contains": "a{place}" }} }}, {{ "subject.roles": {{ "contains": "b{place}" }} }}] }}"#
            )
        };
        policy(1, &format!(r#"{{ "all": [{}] }}"#, list(times, any)))
    };
    let refused = |most: usize| {
        format!(
            "policy.json:1:42: error[P0401]: the condition of `r1` comes to more than {most} conjunctions when its `any` are multiplied out\n  help: name a part of it as a derived attribute, or split the rule"
        )
    };
    assert_eq!(findings(&doubled(3), &limited("conjunctions", 8)), "");
    assert_eq!(findings(&doubled(3), &limited("conjunctions", 7)), refused(7));
    assert_eq!(findings(&doubled(8), &Limits::default()), "");
    assert_eq!(findings(&doubled(9), &Limits::default()), refused(256));
}

#[test]
fn the_classes_of_an_attribute() {
    // Three constants cut the numbers into four classes, and the unknown is a fifth.
    let cuts = |count: usize| {
        let cuts = list(count, |place| {
            format!(r#"{{ "subject.factors": {{ "at_least": {} }} }}"#, 10 * place)
        });
        policy(1, &format!(r#"{{ "any": [{cuts}] }}"#))
    };
    assert_eq!(findings(&cuts(3), &limited("classes", 5)), "");
    assert_eq!(
        findings(&cuts(4), &limited("classes", 5)),
        "policy-set.json:1:1: error[P0401]: the constants of this set cut `subject.factors` into 6 classes; at most 5 are compiled\n  help: use fewer constants with this attribute"
    );
}

#[test]
fn the_steps_of_a_proof() {
    let manifest = r#"{ "policy_set": "s", "vocabulary": "vocabulary.json", "policies": ["policy.json"],
        "guarantees": [ { "id": "g", "never": "permit", "when": { "action": "edit" } } ] }"#;
    let set =
        PolicySet::read(&with("policy-set.json", manifest.to_owned()), &Limits::default()).unwrap();
    let holds =
        |limits: &Limits| format!("{:?}", Prover::new(&set, limits).unwrap().guarantees()[0].holds);
    assert_eq!(holds(&Limits::default()), "Proved");
    assert_eq!(holds(&limited("proof_steps", 0)), "Unknown { budget: 0 }");
}

/// What a handle within some limits answers: the number of decisions, or why there are none.
fn ask(name: &str, most: usize, text: &str) -> Result<usize, String> {
    let pdp = Pdp::unavailable(limited(name, most));
    let answer = pdp.answer(text.as_bytes(), &mut pdp.request(), |_| {});
    answer
        .map(|answer| answer.json.matches("\"decision\":").count())
        .map_err(|error| error.to_string())
}

const WHO: &str = r#""subject":{"type":"user","id":"ann"},"action":{"name":"view"},"resource":{"type":"page","id":"1"}"#;

#[test]
fn the_bytes_of_a_request() {
    let text = format!("{{{WHO}}}");
    assert_eq!(text.len(), 99);
    assert_eq!(ask("request_bytes", 99, &text), Ok(1));
    let refused = "request:1:1: the text has 99 bytes; at most 98 are read".to_owned();
    assert_eq!(ask("request_bytes", 98, &text), Err(refused));
}

#[test]
fn the_depth_of_a_request() {
    assert_eq!(ask("depth", 4, &format!("{{{WHO},\n\"x\":[[[]]]}}")), Ok(1));
    let refused = "request:2:8: this is nested more than 4 levels deep".to_owned();
    assert_eq!(ask("depth", 4, &format!("{{{WHO},\n\"x\":[[[[]]]]}}")), Err(refused));
}

#[test]
fn the_evaluations_of_a_batch() {
    let batch = |count: usize| {
        format!("{{{WHO},\n\"evaluations\":[{}]}}", list(count, |_| "{}".to_owned()))
    };
    assert_eq!(ask("batch", 3, &batch(3)), Ok(3));
    let refused = "request:1:1: there are 4 evaluations; at most 3 are decided".to_owned();
    assert_eq!(ask("batch", 3, &batch(4)), Err(refused));
    assert_eq!(ask("depth", 64, &batch(1_000)), Ok(1_000));
    assert!(ask("depth", 64, &batch(1_001)).is_err());
}
