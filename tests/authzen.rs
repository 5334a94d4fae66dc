//! AuthZEN Authorization API 1.0: what goes in, what comes out, and the traps between.
//!
//! `tests/authzen/*.json` are published requests with the answers that they must have; the policy
//! sets that give these answers are folders beside them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "authzen/one_pass.rs"]
mod one_pass;
#[path = "authzen/terms.rs"]
mod terms;

use portcullis::{Limits, Pdp, PolicySet, Request};
use serde_json::{Value as Json, json};

fn load(set: &str) -> Pdp {
    Pdp::load(format!("tests/authzen/{set}")).unwrap_or_else(|findings| panic!("{findings}"))
}

/// The answer in a request of the gateway or of the bench; an error is told in words.
fn answer_in(pdp: &Pdp, request: &mut Request, bytes: &[u8]) -> Result<Json, String> {
    let answer = pdp.answer(bytes, request, |_| {}).map_err(|error| error.to_string())?;
    let json: Json = serde_json::from_str(&answer.json).unwrap();
    let permits = match decisions(&json) {
        Json::Array(all) => all.iter().all(|decision| *decision == json!(true)),
        decision => decision == json!(true),
    };
    assert_eq!(answer.permits, permits);
    Ok(json)
}

/// The answer to a gateway.
fn answer(pdp: &Pdp, text: &str) -> Result<Json, String> {
    answer_in(pdp, &mut pdp.request(), text.as_bytes())
}

/// The answer on the author's bench.
fn bench(pdp: &Pdp, request: &Json) -> Json {
    answer_in(pdp, &mut pdp.bench_request(), request.to_string().as_bytes()).unwrap()
}

/// The decisions alone; that of every answer is true or false.
fn decisions(answer: &Json) -> Json {
    let one = |answer: &Json| json!(answer["decision"].as_bool().expect("a decision"));
    match answer.get("evaluations") {
        Some(all) => {
            assert_eq!(answer.as_object().unwrap().len(), 1, "there is no decision on the whole");
            all.as_array().unwrap().iter().map(one).collect()
        }
        None => one(answer),
    }
}

/// Runs every case of a file: in one request that is used again and in a fresh one, always with the
/// same bytes for an answer.
fn run(file: &str) -> usize {
    let text = std::fs::read_to_string(format!("tests/authzen/{file}")).unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    let pdp = load(file["set"].as_str().unwrap());
    let mut used = pdp.request();
    let cases = file["cases"].as_array().unwrap();
    for case in cases {
        let (name, bytes) = (&case["name"], case["request"].to_string());
        let mut answers = (0..3).map(|_| pdp.answer(bytes.as_bytes(), &mut used, |_| {}));
        let Ok(first) = answers.next().unwrap() else {
            assert_eq!(case["answer"], "error", "{name}");
            continue;
        };
        assert!(answers.all(|again| again.unwrap().json == first.json), "{name} is not idempotent");
        let fresh = pdp.answer(bytes.as_bytes(), &mut pdp.request(), |_| {}).unwrap();
        assert_eq!(fresh.json, first.json, "{name}");
        let json = serde_json::from_str(&first.json).unwrap();
        assert_eq!(decisions(&json), case["answer"], "{name}: {json}");
        for one in json["evaluations"].as_array().unwrap_or(&vec![json.clone()]) {
            has_the_shape_of_a_response(one);
        }
    }
    cases.len()
}

/// Every member that a response has is of the type that is promised.
fn has_the_shape_of_a_response(response: &Json) {
    let members =
        |json: &Json| Vec::from_iter(json.as_object().expect("an object").keys().cloned());
    assert_eq!(members(response), ["context", "decision"], "{response}");
    let context = &response["context"];
    if let Some(error) = context.get("error") {
        assert_eq!((&response["decision"], &error["status"]), (&json!(false), &json!(400)));
        assert!(error["message"].as_str().is_some_and(|words| !words.is_empty()), "{response}");
        return;
    }
    for (member, value) in context.as_object().unwrap() {
        let texts = |json: &Json, keys: &[&str]| keys.iter().all(|key| json[key].is_string());
        let every =
            |fits: &dyn Fn(&Json) -> bool| value.as_array().is_some_and(|all| all.iter().all(fits));
        let fits = match member.as_str() {
            "id" | "reason" | "policy_set" => value.is_string(),
            "digest" => value
                .as_str()
                .is_some_and(|digest| digest.starts_with("sha-256:") && digest.len() == 72),
            "valid_until" => {
                value.as_str().is_some_and(|until| until.parse::<portcullis::Instant>().is_ok())
            }
            "reason_admin" | "reason_user" => texts(value, &["en"]) && members(value) == ["en"],
            "obligations" => every(&|one| {
                texts(one, &["id", "type"])
                    && members(one) == ["id", "properties", "type"]
                    && texts(&one["properties"], &["name"])
            }),
            "determining" | "trial" => every(&|one| texts(one, &["policy", "rule", "because"])),
            "remedies" => every(&|one| {
                texts(one, &["by", "say"]) && one["then"] == "permit" && one["change"].is_object()
            }),
            _ => false,
        };
        assert!(fits, "`{member}` of {response}");
    }
    for always in ["id", "reason", "reason_admin", "reason_user", "policy_set", "digest"] {
        assert!(context.get(always).is_some(), "no `{always}` in {response}");
    }
}

#[test]
fn the_fixture_of_the_certification_scenario_is_decided_as_it_must_be() {
    assert_eq!(run("certification.json"), 31);
}

#[test]
fn the_published_examples_are_answered_as_published() {
    assert_eq!(run("examples.json"), 8);
}

#[test]
fn a_time_without_seconds_is_the_instant_that_it_is_with_them() {
    let pdp = load("documents");
    let at = |time: &str| {
        let request = json!({
            "subject": { "type": "user", "id": "alice@example.com" }, "action": { "name": "can_read" },
            "resource": { "type": "document", "id": "boxcarring.md" }, "context": { "time": time } });
        decisions(&answer(&pdp, &request.to_string()).unwrap())
    };
    // The policy permits from 22:22:00 UTC on.
    for time in ["2024-05-31T15:22-07:00", "2024-05-31T15:22:00-07:00", "2024-05-31T22:22Z"] {
        assert_eq!(at(time), true, "{time}");
    }
    for time in ["2024-05-31T15:21-07:00", "2024-05-31T22:21:59Z"] {
        assert_eq!(at(time), false, "{time} is before it");
    }
    for time in ["", "now", "2024-05-31", "2024-05-31T15:22", "1717194120"] {
        assert_eq!(at(time), false, "`{time}` is no time: unknown, and no error");
    }
}

/// Alice writes a record, with something more.
fn alice_writes(more: Json) -> Json {
    let mut request = json!({
        "subject": { "type": "user", "id": "alice" }, "action": { "name": "write" },
        "resource": { "type": "record", "id": "record-1" } });
    for (key, value) in more.as_object().unwrap() {
        request[key] = value.clone();
    }
    request
}

#[test]
fn an_empty_item_inherits_everything() {
    let pdp = load("certification");
    let archived =
        json!({ "type": "record", "id": "record-2", "properties": { "status": "archived" } });
    for (resource, decision) in
        [(json!({ "type": "record", "id": "record-1" }), true), (archived, false)]
    {
        let single = alice_writes(json!({ "resource": resource }));
        let batch = alice_writes(json!({ "resource": resource, "evaluations": [{}, {}] }));
        assert_eq!(decisions(&bench(&pdp, &single)), decision);
        assert_eq!(decisions(&bench(&pdp, &batch)), json!([decision, decision]));
    }
}

#[test]
fn a_default_is_replaced_as_a_whole() {
    let pdp = load("certification");
    let batch = alice_writes(json!({
        "resource": { "type": "record", "id": "record-2", "properties": { "status": "archived" } },
        "evaluations": [
            {},
            { "resource": { "type": "record", "id": "record-2" } },
            { "subject": { "type": "user", "id": "bob", "properties": { "role": "admin" } } } ] }));
    assert_eq!(decisions(&bench(&pdp, &batch)), json!([false, true, true]));

    let action = json!({ "name": "delete", "properties": { "soft": true } });
    let batch = alice_writes(
        json!({ "action": action, "evaluations": [{}, { "action": { "name": "delete" } }] }),
    );
    assert_eq!(decisions(&bench(&pdp, &batch)), json!([true, false]));

    let batch = json!({
        "subject": { "type": "user", "id": "alice@example.com" }, "action": { "name": "can_read" },
        "resource": { "type": "document", "id": "boxcarring.md" }, "context": { "time": "2024-06-01T00:00Z" },
        "evaluations": [{}, { "context": { "source": "without a time" } }, { "context": {} }] });
    assert_eq!(decisions(&bench(&load("documents"), &batch)), json!([true, false, false]));
}

#[test]
fn what_is_wrong_is_an_error_at_the_top_and_a_refusal_within_a_batch() {
    let pdp = load("certification");
    let good = [
        ("subject", r#"{"type":"user","id":"alice"}"#),
        ("action", r#"{"name":"write"}"#),
        ("resource", r#"{"type":"record","id":"record-1"}"#),
    ];
    let object = |members: &[(&str, &str)]| {
        let members = members.iter().map(|(name, value)| format!("\n\"{name}\":{value}"));
        format!("{{{}}}", Vec::from_iter(members).join(","))
    };
    // What is wrong comes last: in the fourth line, or in the third where it replaces something.
    let wrong = [
        ("resource", "", "1:1: `resource` is missing"),
        ("resource", "null", "4:12: `resource` is an object, not null"),
        ("resource", "[]", "4:12: `resource` is an object, not an array"),
        ("resource", r#"{"type":"record"}"#, "4:12: `resource.id` is missing"),
        ("resource", r#"{"id":7,"type":"record"}"#, "4:18: `resource.id` is text, not a number"),
        ("subject", r#"{"id":"alice"}"#, "4:11: `subject.type` is missing"),
        ("subject", r#"{"id":"a","type":null}"#, "4:28: `subject.type` is text, not null"),
        ("subject", r#""alice""#, "4:11: `subject` is an object, not text"),
        ("subject", "", "1:1: `subject` is missing"),
        ("action", "{}", "4:10: `action.name` is missing"),
        ("action", r#"{"name":true}"#, "4:18: `action.name` is text, not true or false"),
        (
            "action",
            r#"{"name":"write","properties":[1]}"#,
            "4:39: `action.properties` is an object, not an array",
        ),
        ("context", r#""now""#, "5:11: `context` is an object, not text"),
        ("context", "null", "5:11: `context` is an object, not null"),
    ];
    for (member, value, error) in wrong {
        let mut members = Vec::from(good);
        members.retain(|(name, _)| *name != member);
        let mut item = vec![];
        if !value.is_empty() {
            item.push((member, value));
        }
        let single = object(&[&members[..], &item[..]].concat());
        assert_eq!(answer(&pdp, &single).unwrap_err(), format!("request:{error}"), "{single}");

        let items = format!("[{},{},{}]", object(&good), object(&item), object(&good));
        members.push(("evaluations", &items));
        let answer = answer(&pdp, &object(&members)).unwrap();
        let message = error.split_once(": ").unwrap().1;
        let failure = json!({ "error": { "status": 400, "message": message } });
        let refusal = json!({ "decision": false, "context": failure });
        assert_eq!(answer["evaluations"][1], refusal);
        assert_eq!(decisions(&answer), json!([true, false, true]), "{error}");
    }
}

#[test]
fn a_document_of_another_form_is_an_error_with_its_place() {
    let pdp = load("certification");
    let cases = [
        ("[]", "request:1:1: a request is an object, not an array"),
        ("null", "request:1:1: a request is an object, not null"),
        ("\n  true", "request:2:3: a request is an object, not true or false"),
        ("{}", "request:1:1: `subject` is missing"),
        ("{\"evaluations\": []}", "request:1:1: `subject` is missing"),
        ("{\n\"evaluations\": {}}", "request:2:16: `evaluations` is an array, not an object"),
        ("{\"evaluations\": null}", "request:1:17: `evaluations` is an array, not null"),
        (
            "{\"evaluations\": [{}],\n \"options\": \"deny_on_first_deny\"}",
            "request:2:13: `options` is an object, not text",
        ),
    ];
    for (text, error) in cases {
        assert_eq!(answer(&pdp, text).unwrap_err(), error);
    }
    for word in [json!("execute-all"), json!(""), json!(1), json!(null), json!(["execute_all"])] {
        let text =
            json!({ "evaluations": [{}], "options": { "evaluations_semantic": word } }).to_string();
        let error = answer(&pdp, &text).unwrap_err();
        assert_eq!(
            error,
            "request:1:55: `evaluations_semantic` is `execute_all`, `deny_on_first_deny` or `permit_on_first_permit`"
        );
    }
    let odd = alice_writes(json!({ "evaluations": [{}, 1, "{}", null, [], {}] }));
    let odd = bench(&pdp, &odd);
    assert_eq!(decisions(&odd), json!([true, false, false, false, false, true]));
    assert_eq!(
        odd["evaluations"][1]["context"]["error"]["message"],
        "an evaluation is an object, not a number"
    );
    assert_eq!(
        odd["evaluations"][3]["context"]["error"]["message"],
        "an evaluation is an object, not null"
    );
}

const ALICE_READS: &str = "\"subject\":{\"type\":\"user\",\"id\":\"alice\"},\"action\":{\"name\":\"read\"},\"resource\":{\"type\":\"record\",\"id\":\"record-1\"}";

#[test]
fn json_that_is_not_strict_is_an_error_with_its_place_even_where_nobody_looks() {
    let pdp = load("certification");
    assert_eq!(decisions(&answer(&pdp, &format!("{{{ALICE_READS}}}")).unwrap()), true);
    let cases = [
        (
            "{ALICE,\n\"subject\":{\"type\":\"user\",\"id\":\"bob\"}}",
            "2:1: the key `subject` is written twice",
        ),
        ("{ALICE,\"context\":{\"a\":1,\n  \"a\":1}}", "2:3: the key `a` is written twice"),
        (
            "{ALICE,\n\"ignored\":{\"x\":[{\"é\":1,\"\\u00e9\":2}]}}",
            "2:24: the key `é` is written twice",
        ),
        (
            "{ALICE,\"evaluations\":[{},\n{\"z\":1,\"z\":null}]}",
            "2:8: the key `z` is written twice",
        ),
        ("{ALICE}\n {}", "2:2: trailing characters"),
        ("{ALICE}\n,", "2:1: trailing characters"),
        ("{ALICE,\n}", "2:1: trailing comma"),
        ("{ALICE,\n\"x\":[", "2:5: EOF while parsing a list"),
        ("{ALICE,\n'x':1}", "2:1: key must be a string"),
        ("{ALICE,\n\"x\":NaN}", "2:5: expected value"),
        ("{ALICE,\n\"x\":01}", "2:6: invalid number"),
        ("{ALICE,\n\"x\":\"\\ud800\"}", "2:5: unexpected end of hex escape"),
        ("", "1:1: there is no text here"),
        (" \n\t", "1:1: there is no text here"),
    ];
    for (text, error) in cases {
        let text = text.replace("ALICE", ALICE_READS);
        assert_eq!(answer(&pdp, &text).unwrap_err(), format!("request:{error}"), "{text}");
    }
    let latin_1 = answer_in(&pdp, &mut pdp.request(), b"{\"a\":\n\"\xe9\"}").unwrap_err();
    assert_eq!(latin_1, "request:2:2: this is not UTF-8 text");
    let marked = answer(&pdp, &format!("\u{feff}{{{ALICE_READS}}}")).unwrap_err();
    assert_eq!(marked, "request:1:1: expected value");
}

#[test]
fn what_is_too_deep_or_too_long_is_an_error_with_its_place_even_where_nobody_looks() {
    let pdp = load("certification");
    let nested = |levels: usize| {
        format!("{{{ALICE_READS},\n\"x\":{}{}}}", "[".repeat(levels), "]".repeat(levels))
    };
    assert_eq!(decisions(&answer(&pdp, &nested(63)).unwrap()), true);
    assert_eq!(
        answer(&pdp, &nested(64)).unwrap_err(),
        "request:2:68: this is nested more than 64 levels deep"
    );
    assert_eq!(
        answer(&pdp, &nested(200_000)).unwrap_err(),
        "request:2:68: this is nested more than 64 levels deep"
    );
    let open = "[".repeat(1 << 20);
    assert_eq!(
        answer(&pdp, &open).unwrap_err(),
        "request:1:65: this is nested more than 64 levels deep"
    );

    let padded = |bytes: usize| {
        let text = format!("{{{ALICE_READS}}}");
        text.clone() + &" ".repeat(bytes - text.len())
    };
    assert_eq!(decisions(&answer(&pdp, &padded(1_048_576)).unwrap()), true);
    assert_eq!(
        answer(&pdp, &padded(1_048_577)).unwrap_err(),
        "request:1:1: the text has 1048577 bytes; at most 1048576 are read"
    );
}

#[test]
fn unknown_members_are_ignored_at_every_level() {
    let pdp = load("certification");
    let strange = json!({
        "subject": { "type": "user", "id": "alice", "x": 1, "role": "admin", "properties": { "y": { "z": [] } } },
        "action": { "name": "write", "soft": true, "id": 4 },
        "resource": { "type": "record", "id": "record-1", "status": "archived", "name": null },
        "context": { "subject": { "id": "bob" }, "action": "read", "resource": { "status": "archived" } },
        "decision": false, "options": { "evaluations_semantic": 5 }, "page": {} });
    let answer = bench(&pdp, &strange);
    assert_eq!(decisions(&answer), true, "{answer}");
}

#[test]
fn a_batch_ends_where_its_semantic_says() {
    let pdp = load("certification");
    let (permit, deny, error) = (
        json!({ "action": { "name": "read" } }),
        json!({ "action": { "name": "delete" } }),
        json!({ "action": { "name": 1 } }),
    );
    let cases = [
        ("execute_all", json!([permit, error, deny, permit]), json!([true, false, false, true])),
        ("deny_on_first_deny", json!([permit, permit]), json!([true, true])),
        ("deny_on_first_deny", json!([permit, deny, permit]), json!([true, false])),
        ("deny_on_first_deny", json!([permit, error, permit]), json!([true, false])),
        ("deny_on_first_deny", json!([deny]), json!([false])),
        (
            "permit_on_first_permit",
            json!([deny, error, permit, permit]),
            json!([false, false, true]),
        ),
        ("permit_on_first_permit", json!([deny, error]), json!([false, false])),
        ("permit_on_first_permit", json!([permit, deny]), json!([true])),
    ];
    for (semantic, items, expected) in cases {
        let options = json!({ "evaluations_semantic": semantic });
        let batch = alice_writes(json!({ "evaluations": items, "options": options }));
        assert_eq!(decisions(&bench(&pdp, &batch)), expected, "{semantic} {items}");
    }
    let single = alice_writes(
        json!({ "evaluations": [], "options": { "evaluations_semantic": "deny_on_first_deny" } }),
    );
    assert_eq!(decisions(&bench(&pdp, &single)), true, "an empty batch is a single evaluation");
}

#[test]
fn the_same_bytes_have_the_same_answer_and_each_decision_its_own_id() {
    let bytes = alice_writes(json!({ "evaluations": [{}, {}] })).to_string();
    let (first, again) = (load("certification"), load("certification"));
    let json = |pdp: &Pdp| pdp.answer(bytes.as_bytes(), &mut pdp.request(), |_| {}).unwrap().json;
    assert_eq!(json(&first), json(&again), "even under another handle");
    let answer = answer(&first, &bytes).unwrap();
    let ids = [0, 1].map(|place| answer["evaluations"][place]["context"]["id"].as_str().unwrap());
    assert!(ids[0] != ids[1] && ids.iter().all(|id| id.len() == 16), "{ids:?}");
    let other = load("documents");
    assert_ne!(
        other.answer(bytes.as_bytes(), &mut other.request(), |_| {}).unwrap().json,
        json(&first)
    );
}

#[test]
fn a_handle_without_a_set_refuses_and_says_so() {
    let pdp = Pdp::unavailable(Limits::default());
    let answer = answer(&pdp, &alice_writes(json!({})).to_string()).unwrap();
    assert_eq!(answer["decision"], false);
    assert_eq!(answer["context"]["reason"], "unavailable");
    assert_eq!(answer["context"].get("policy_set"), None);
}

/// A policy that permits for as many reasons, and as many that would have to govern what they do not.
fn many(count: usize) -> Pdp {
    let mut files = std::collections::BTreeMap::new();
    let mut add =
        |name: &str, json: Json| files.insert(name.to_owned(), json.to_string().into_bytes());
    let rule = |place: usize, when: Json| json!({ "id": format!("reason-{place:02}"), "effect": "permit", "when": when, "because": "It is so." });
    let rules = |when: &Json| (0..count).map(|place| rule(place, when.clone())).collect::<Json>();
    let doubtful = json!({ "subject.known": true });
    let mut policies = vec!["main.json".to_owned()];
    add(
        "main.json",
        json!({ "policy": "main", "owner": "us", "governs": { "action": "read" },
                             "rules": rules(&json!({ "action": "read" })) }),
    );
    for place in 0..count {
        let name = format!("policy-{place:02}");
        add(
            &format!("{name}.json"),
            json!({ "policy": name, "owner": "them", "governs": { "action": "write", "subject.known": true },
                                             "rules": [rule(0, doubtful.clone())] }),
        );
        policies.push(format!("{name}.json"));
    }
    add(
        "words.json",
        json!({ "vocabulary": "words", "attributes": {
        "action": { "type": "string" }, "subject.id": { "type": "string" }, "subject.type": { "type": "string" },
        "subject.known": { "type": "bool" } } }),
    );
    add(
        "policy-set.json",
        json!({ "policy_set": "many", "vocabulary": "words.json", "policies": policies }),
    );
    Pdp::new(&PolicySet::read(&files, &Limits::default()).unwrap()).unwrap()
}

#[test]
fn an_answer_names_eight_rules_and_says_that_there_are_more() {
    let ask = |count: usize, action: &str| {
        let pdp = many(count);
        let request = json!({ "subject": { "type": "user", "id": "ann" }, "action": { "name": action },
                              "resource": { "type": "record", "id": "1" } });
        let answer =
            pdp.answer(request.to_string().as_bytes(), &mut pdp.request(), |_| {}).unwrap();
        serde_json::from_str::<Json>(&answer.json).unwrap()["context"].clone()
    };
    let named = |told: &Json| told["determining"].as_array().unwrap().len();
    let words = |told: &Json| told["reason_admin"]["en"].as_str().unwrap().to_owned();

    let told = ask(8, "read");
    assert_eq!((8, &Json::Null), (named(&told), &told["determining_more"]));
    assert!(words(&told).ends_with("`main/reason-07` (It is so.)"), "{told}");
    let told = ask(9, "read");
    assert_eq!((8, &Json::Bool(true)), (named(&told), &told["determining_more"]));
    assert!(words(&told).ends_with("`main/reason-07` (It is so.); and others"), "{told}");

    let told = ask(8, "write");
    assert_eq!((8, &Json::Null), (named(&told), &told["determining_more"]));
    assert!(!words(&told).contains("others"), "{told}");
    let told = ask(9, "write");
    assert_eq!((8, &Json::Bool(true)), (named(&told), &told["determining_more"]));
    assert!(
        words(&told).contains(
            "`policy-07` would need `subject.known` `true` (it is not known); and others. "
        ),
        "{told}"
    );
    assert!(words(&told).ends_with(". Other policies permit nothing here either"), "{told}");
}
