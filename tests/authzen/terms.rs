//! Values that are unknown, evidence, obligations and remedies: the policy set `terms`.

use super::{answer_in, bench, decisions, has_the_shape_of_a_response, load};
use portcullis::Instant;
use serde_json::{Value as Json, json};

/// A request that is permitted on the bench, changed at the paths given; `null` stays.
fn view(changes: &[(&str, Json)]) -> Json {
    let mut request = json!({
        "subject": { "type": "user", "id": "ann", "properties": { "factors": 2, "roles": ["archivist"] } },
        "action": { "name": "view" },
        "resource": { "type": "record", "id": "r-1", "properties": {
            "status": "open", "labels": [], "embargo_ends": "2026-06-01T00:00Z" } },
        "context": { "time": "2026-03-02T09:00Z", "idle": "2m", "device": { "managed": true, "os_version": "17.1" } } });
    for (attribute, value) in changes {
        let path = at(attribute);
        let (parent, name) = path.rsplit_once('/').unwrap();
        request.pointer_mut(parent).unwrap()[name] = value.clone();
    }
    request
}

/// Where the value of an attribute stands in a request.
fn at(attribute: &str) -> String {
    let rest = |name: &str| attribute.strip_prefix(name).unwrap_or_default().replace('.', "/");
    match attribute.split('.').next().unwrap() {
        "action" if attribute == "action" => "/action/name".to_owned(),
        "action" => format!("/action/properties{}", rest("action")),
        "subject" | "resource" if attribute.ends_with(".id") => {
            format!("/{}", attribute.replace('.', "/"))
        }
        "subject" => format!("/subject/properties{}", rest("subject")),
        "resource" => format!("/resource/properties{}", rest("resource")),
        "context" => format!("/context{}", rest("context")),
        _ => format!("/context/{}", attribute.replace('.', "/")),
    }
}

/// The answer with its id and digest taken out, which are checked by their form.
fn without_id(mut answer: Json) -> Json {
    has_the_shape_of_a_response(&answer);
    let context = answer["context"].as_object_mut().unwrap();
    let id = context.remove("id").unwrap();
    let digest = context.remove("digest").unwrap();
    let hexadecimal = digest.as_str().unwrap().strip_prefix("sha-256:").unwrap();
    assert!(hexadecimal.chars().all(|c| c.is_ascii_hexdigit()), "{digest}");
    for (place, obligation) in (1..)
        .zip(context.get_mut("obligations").and_then(Json::as_array_mut).unwrap_or(&mut vec![]))
    {
        let own = obligation.as_object_mut().unwrap().remove("id").unwrap();
        assert_eq!(own, format!("{}-{place}", id.as_str().unwrap()));
    }
    answer
}

#[test]
fn a_permit_says_why_and_on_what_terms() {
    let pdp = load("terms");
    let request =
        view(&[("resource.status", json!("closed")), ("resource.labels", json!(["personal"]))]);
    assert_eq!(
        without_id(bench(&pdp, &request)),
        json!({ "decision": true, "context": {
            "reason": "permitted",
            "reason_admin": { "en": "permitted by `archive/staff-view` (Terms 1: viewing is for managed devices and two factors.)" },
            "reason_user": { "en": "You can do this." },
            "obligations": [
                { "type": "custom", "properties": { "name": "record-access" } },
                { "type": "custom", "properties": {
                    "name": "limit-session", "minutes": 20, "pause": "15m", "until": "2026-06-01T00:00:00Z",
                    "reasons": ["personal", "viewing"], "watchers": ["archivist", "owner"], "watermark": true } },
                { "type": "notification", "properties": { "name": "tell-the-owner", "resource": ["r-1"] } } ],
            "determining": [
                { "policy": "archive", "rule": "staff-view", "because": "Terms 1: viewing is for managed devices and two factors." } ],
            "trial": [
                { "policy": "archive", "rule": "closed-records", "because": "Terms 7, on trial: closed records are for nobody." } ],
            "valid_until": "2026-06-01T00:00:00Z",
            "policy_set": "terms" } })
    );
}

#[test]
fn the_members_of_an_answer_keep_their_order() {
    let pdp = load("terms");
    let changes = [("resource.status", json!("closed")), ("resource.labels", json!(["personal"]))];
    let bytes = view(&changes).to_string();
    let answer = pdp.answer(bytes.as_bytes(), &mut pdp.bench_request(), |_| {}).unwrap().json;
    let parsed: Json = serde_json::from_str(&answer).unwrap();
    let member = |name: &str| parsed["context"][name].as_str().unwrap().to_owned();
    let answer = answer.replace(&member("id"), "ID").replace(&member("digest"), "DIGEST");
    assert_eq!(
        answer,
        [
            r#"{"decision":true,"context":{"id":"ID","reason":"permitted","#,
            r#""reason_admin":{"en":"permitted by `archive/staff-view` (Terms 1: viewing is for managed devices and two factors.)"},"#,
            r#""reason_user":{"en":"You can do this."},"obligations":["#,
            r#"{"id":"ID-1","type":"custom","properties":{"name":"record-access"}},"#,
            r#"{"id":"ID-2","type":"custom","properties":{"minutes":20,"name":"limit-session","pause":"15m","reasons":["personal","viewing"],"#,
            r#""until":"2026-06-01T00:00:00Z","watchers":["archivist","owner"],"watermark":true}},"#,
            r#"{"id":"ID-3","type":"notification","properties":{"name":"tell-the-owner","resource":["r-1"]}}],"#,
            r#""determining":[{"policy":"archive","rule":"staff-view","because":"Terms 1: viewing is for managed devices and two factors."}],"#,
            r#""trial":[{"policy":"archive","rule":"closed-records","because":"Terms 7, on trial: closed records are for nobody."}],"#,
            r#""valid_until":"2026-06-01T00:00:00Z","policy_set":"terms","digest":"DIGEST"}}"#,
        ]
        .concat()
    );
}

#[test]
fn a_refusal_says_why_and_what_to_do() {
    let pdp = load("terms");
    let denied = view(&[("subject.roles", json!([]))]);
    assert_eq!(
        without_id(bench(&pdp, &denied)),
        json!({ "decision": false, "context": {
            "reason": "denied",
            "reason_admin": { "en": "denied by `archive/embargo` (Terms 5: nothing before the embargo ends.)" },
            "reason_user": { "en": "This record is not open yet." },
            "obligations": [{ "type": "session_termination", "properties": { "name": "end-sessions" } }],
            "determining": [{ "policy": "archive", "rule": "embargo", "because": "Terms 5: nothing before the embargo ends." }],
            "valid_until": "2026-06-01T00:00:00Z",
            "policy_set": "terms" } })
    );
    let lacking = view(&[("subject.factors", json!(1)), ("resource.readers", json!(["bea"]))]);
    assert_eq!(
        without_id(bench(&pdp, &lacking)),
        json!({ "decision": false, "context": {
            "reason": "not-permitted",
            "reason_admin": { "en": "`archive` permits nothing here; nearest is `staff-view`, which lacks `subject.factors` at least 2 (it is `1`)" },
            "reason_user": { "en": "You cannot do this as things are. Complete a second factor." },
            "obligations": [{ "type": "step-up", "properties": { "name": "ask-for-a-factor" } }],
            "determining": [
                { "policy": "archive", "rule": "staff-view", "failed": ["subject.factors"],
                  "because": "Terms 1: viewing is for managed devices and two factors." } ],
            "remedies": [
                { "change": { "subject.factors": { "at_least": 2 } }, "by": "user", "say": "Complete a second factor", "then": "permit" } ],
            "valid_until": "2026-06-01T00:00:00Z",
            "policy_set": "terms" } })
    );
}

#[test]
fn a_remedy_that_is_applied_leads_to_a_permit_and_no_part_of_it_does() {
    let pdp = load("terms");
    let device = json!({ "managed": false, "os_version": "16.4.1" });
    let refused = [
        (view(&[("subject.factors", json!(1))]), json!({ "subject.factors": { "at_least": 2 } })),
        (
            view(&[("subject.factors", json!(null))]),
            json!({ "subject.factors": { "at_least": 2 } }),
        ),
        (view(&[("device.managed", json!(false))]), json!({ "device.managed": true })),
        (
            view(&[("device.os_version", json!("16"))]),
            json!({ "device.os_version": { "at_least": "17.0" } }),
        ),
        (
            view(&[("subject.factors", json!(1)), ("context.device", device)]),
            json!({ "subject.factors": { "at_least": 2 }, "device.managed": true, "device.os_version": { "at_least": "17.0" } }),
        ),
    ];
    for (request, change) in refused {
        let answer = bench(&pdp, &request);
        assert_eq!(decisions(&answer), false);
        let remedies = answer["context"]["remedies"].as_array().unwrap();
        assert_eq!(Vec::from_iter(remedies.iter().map(|remedy| &remedy["change"])), [&change]);
        let steps = Vec::from_iter(change.as_object().unwrap());
        for taken in 0..1_usize << steps.len() {
            let mut changed = request.clone();
            for (place, (attribute, goal)) in steps.iter().enumerate() {
                if taken >> place & 1 == 1 {
                    let value = goal.get("at_least").unwrap_or(goal);
                    *changed.pointer_mut(&at(attribute)).unwrap() = value.clone();
                }
            }
            let all = taken + 1 == 1 << steps.len();
            assert_eq!(decisions(&bench(&pdp, &changed)), all, "{changed}");
        }
    }
    for hopeless in
        [view(&[("action", json!("erase"))]), view(&[("subject.roles", json!(["clerk"]))])]
    {
        assert_eq!(bench(&pdp, &hopeless)["context"].get("remedies"), None);
    }
}

#[test]
fn a_gateway_cannot_state_evidence_or_derived_attributes_and_the_bench_can() {
    let pdp = load("terms");
    let on = |standing: &str, request: &Json| {
        let mut held = if standing == "bench" { pdp.bench_request() } else { pdp.request() };
        decisions(&answer_in(&pdp, &mut held, request.to_string().as_bytes()).unwrap())
    };
    let stated = view(&[]);
    assert_eq!((on("bench", &stated), on("gateway", &stated)), (json!(true), json!(false)));
    let derived = view(&[("context.device", json!({ "posture": "managed" }))]);
    assert_eq!((on("bench", &derived), on("gateway", &derived)), (json!(true), json!(false)));
    let worse = view(&[("device.posture", json!("unmanaged"))]);
    assert_eq!((on("bench", &worse), on("gateway", &worse)), (json!(false), json!(false)));
    let neither = view(&[("context.device", json!({})), ("subject.id", json!("bea"))]);
    assert_eq!((on("bench", &neither), on("gateway", &neither)), (json!(false), json!(false)));
    let reader = view(&[
        ("context.device", json!(7)),
        ("resource.readers", json!(["ann"])),
        ("resource.embargo_ends", json!("2026-03-02T09:00:00Z")),
    ]);
    let answer = answer_in(&pdp, &mut pdp.request(), reader.to_string().as_bytes()).unwrap();
    assert_eq!(decisions(&answer), true, "{answer}");
    assert_eq!(answer["context"]["determining"][0]["rule"], "readers-view");
}

#[test]
fn what_the_caller_finishes_counts_over_what_the_document_says() {
    let pdp = load("terms");
    let bytes = view(&[]).to_string();
    let finished = pdp.answer(bytes.as_bytes(), &mut pdp.bench_request(), |request| {
        request.at("2026-05-31T23:59:59Z".parse::<Instant>().unwrap()).set("subject.factors", 1);
    });
    let answer: Json = serde_json::from_str(&finished.unwrap().json).unwrap();
    assert_eq!(answer["context"]["reason"], "not-permitted");
    assert_eq!(answer["context"]["valid_until"], "2026-06-01T00:00:00Z");
}

/// A clerk prints, changed at the paths given.
fn print(changes: &[(&str, Json)]) -> Json {
    let mut request = view(&[
        ("subject.roles", json!(["clerk"])),
        ("resource.embargo_ends", json!("2026-01-01T00:00:00Z")),
    ]);
    request["action"] = json!({ "name": "print", "properties": { "copies": 3 } });
    for (path, value) in changes {
        *request.pointer_mut(&at(path)).unwrap() = value.clone();
    }
    request
}

#[test]
fn a_value_of_another_type_is_unknown_and_no_error() {
    let pdp = load("terms");
    let fits = [
        ("action.copies", json!(3)),
        ("action.copies", json!(-9_223_372_036_854_775_808_i64)),
        ("subject.roles", json!(["x", "clerk", "clerk"])),
        ("resource.labels", json!([])),
        ("resource.labels", json!(["legal", "legal"])),
        ("context.idle", json!("PT9M")),
        ("context.idle", json!("9m 59s")),
        ("resource.embargo_ends", json!("2026-03-02T09:00Z")),
        ("subject.factors", json!("many, but nobody asks")),
    ];
    for (path, value) in fits {
        let answer = bench(&pdp, &print(&[(path, value.clone())]));
        assert_eq!(decisions(&answer), true, "{path} {value}: {answer}");
        assert_eq!(answer["context"].get("obligations"), None, "{path} {value}");
    }
    let (huge, one_and_a_half) = (json!(9_223_372_036_854_775_808_u64), json!(1.5));
    for value in [
        json!("3"),
        json!(3.0),
        one_and_a_half,
        huge,
        json!(true),
        json!([3]),
        json!({}),
        json!(null),
    ] {
        let answer = bench(&pdp, &print(&[("action.copies", value.clone())]));
        assert_eq!(decisions(&answer), false, "copies {value}: {answer}");
        assert_eq!(
            answer["context"]["determining"][0]["failed"],
            json!(["action.copies"]),
            "{value}"
        );
    }
    let unknown = [
        ("subject.roles", json!("clerk")),
        ("subject.roles", json!(["clerk", 1])),
        ("subject.roles", json!({ "clerk": true })),
        ("resource.status", json!("OPEN")),
        ("resource.status", json!("")),
        ("resource.status", json!(["open"])),
        ("context.idle", json!("9")),
        ("context.idle", json!(9)),
        ("resource.embargo_ends", json!("2026-01-01")),
        ("resource.embargo_ends", json!(1_767_225_600)),
        ("resource.embargo_ends", json!(null)),
        ("context.time", json!("2026-03-02T09:00")),
        ("context.time", json!({})),
        ("context.time", json!(null)),
    ];
    for (path, value) in unknown {
        let answer = bench(&pdp, &print(&[(path, value.clone())]));
        assert_eq!(decisions(&answer), false, "{path} {value}: {answer}");
    }
    for one_is_not_listed in [json!(["legal", "secret"]), json!("legal"), json!([1]), json!(null)] {
        let answer = bench(&pdp, &print(&[("resource.labels", one_is_not_listed.clone())]));
        assert_eq!(decisions(&answer), true, "{one_is_not_listed}");
        let duty = &answer["context"]["obligations"][1]["properties"]["name"];
        assert_eq!(duty, "tell-the-owner", "unknown labels may be personal: {answer}");
    }
}

#[test]
fn null_is_the_same_as_missing() {
    let pdp = load("terms");
    let all = ["factors", "roles"].map(|name| format!("/subject/properties/{name}"));
    let more =
        ["status", "labels", "embargo_ends"].map(|name| format!("/resource/properties/{name}"));
    let rest = ["/context/time", "/context/idle", "/context/device/managed", "/context/device"]
        .map(str::to_owned);
    for path in all.into_iter().chain(more).chain(rest) {
        let (mut null, mut missing) = (view(&[]), view(&[]));
        *null.pointer_mut(&path).unwrap() = json!(null);
        let (parent, name) = path.rsplit_once('/').unwrap();
        missing.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        assert_eq!(without_id(bench(&pdp, &null)), without_id(bench(&pdp, &missing)), "{path}");
    }
    let certification = load("certification");
    for (status, decision) in
        [(json!(null), true), (json!("active"), true), (json!("Active"), false), (json!(0), false)]
    {
        let write = json!({
            "subject": { "type": "user", "id": "alice" }, "action": { "name": "write" },
            "resource": { "type": "record", "id": "record-1", "properties": { "status": status } } });
        assert_eq!(
            decisions(&bench(&certification, &write)),
            decision,
            "`absent` is for what is missing: {status}"
        );
    }
}
