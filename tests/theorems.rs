//! The theorems of the contract, on generated policy sets and requests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a test stops at the first surprise"
)]

#[path = "generate/compiled.rs"]
mod compiled;
mod generate;
mod reference;

use compiled::{answer, compile};
use generate::{Request, Set, Sets, cases, for_all};
use portcullis::{Duration, Instant, Pdp};
use reference::{Answer, Obligations, Value};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

#[test]
fn withholding_a_value_never_turns_deny_into_permit() {
    for_all(file!(), 300, cases(Sets::WithoutDeclarations, 1, 12), |set, requests| {
        let pdp = compile(&set.files());
        for request in requests.iter().map(|request| without_derived(set, request)) {
            let (before, _) = answer(&pdp, set, &request);
            let variants = if is_permit(&before) { vec![] } else { withholding_one(set, &request) };
            for less in variants {
                let (after, _) = answer(&pdp, set, &less);
                if is_permit(&after) {
                    return Err(format!("from {request:?}\n{before:?}\nto {less:?}\n{after:?}"));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn withholding_a_value_never_loosens_the_terms_of_a_permit() {
    for_all(file!(), 300, cases(Sets::WithoutDeclarations, 1, 12), |set, requests| {
        let pdp = compile(&set.files());
        for request in requests.iter().map(|request| with_derived(set, request)) {
            let (before, _) = answer(&pdp, set, &request);
            let variants = if is_permit(&before) { withholding_one(set, &request) } else { vec![] };
            for less in variants {
                let (after, _) = answer(&pdp, set, &less);
                if is_permit(&after) && !is_as_strict(set, &before.obligations, &after.obligations)
                {
                    return Err(format!("from {request:?}\n{before:?}\nto {less:?}\n{after:?}"));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn adding_a_policy_never_turns_deny_into_permit_for_what_is_governed() {
    for_all(file!(), 300, cases(Sets::Any, 2, 12), |set, requests| {
        let (_, fewer) = set.policies.split_last().unwrap();
        let fewer = Set { policies: fewer.to_vec(), ..set.clone() };
        let (pdp_of_fewer, pdp) = (compile(&fewer.files()), compile(&set.files()));
        for request in requests {
            let (before, _) = answer(&pdp_of_fewer, &fewer, request);
            let (after, _) = answer(&pdp, set, request);
            if !is_permit(&before) && before.reason != "not-governed" && is_permit(&after) {
                return Err(format!("{request:?}\nfrom {before:?}\nto {after:?}"));
            }
        }
        Ok(())
    });
}

#[test]
fn trial_rules_never_change_a_decision() {
    for_all(file!(), 220, cases(Sets::Any, 1, 12), |set, requests| {
        let without = with_rules(set, |rules| rules.retain(|rule| rule["trial"] != true));
        let with_more = with_rules(set, |rules| {
            let trial = |mut rule: Json| {
                rule["id"] = json!(format!("trial-of-{}", rule["id"].as_str().unwrap()));
                rule["trial"] = json!(true);
                rule
            };
            rules.extend(rules.clone().into_iter().map(trial));
        });
        let pdps = [set, &without, &with_more].map(|set| compile(&set.files()));
        for request in requests {
            let [plain, without, with_more] =
                pdps.each_ref().map(|pdp| answer(pdp, set, request).0).map(apart_from_trials);
            if plain != without || plain != with_more {
                return Err(format!("{request:?}\n{plain:?}\n{without:?}\n{with_more:?}"));
            }
        }
        Ok(())
    });
}

#[test]
fn order_never_changes_an_answer() {
    for_all(file!(), 220, cases(Sets::Any, 1, 12), |set, requests| {
        let pdp = compile(&set.files());
        let files = set.files().into_iter();
        let reversed = files.map(|(name, bytes)| {
            let file: Json = serde_json::from_slice(&bytes).unwrap();
            (name, reversed(&file, "").into_bytes())
        });
        let pdp_of_reversed = compile(&reversed.collect());
        for request in requests {
            let (one, other) = (answer(&pdp, set, request), answer(&pdp_of_reversed, set, request));
            if one.0 != other.0 {
                return Err(format!("{request:?}\n{one:?}\n{other:?}"));
            }
        }
        Ok(())
    });
}

#[test]
fn a_decision_holds_until_it_says() {
    for_all(file!(), 220, cases(Sets::Any, 1, 8), |set, requests| {
        let pdp = compile(&set.files());
        requests.iter().try_for_each(|request| holds_until_it_says(&pdp, set, request))
    });
}

/// The best instant is the time of the request: that passes a constant while the request stays.
#[test]
fn a_refusal_holds_until_a_step_up_would_help() {
    let vocabulary = json!({
        "vocabulary": "step-up",
        "attributes": {
            "context.time": { "type": "instant" },
            "evidence.issued_at": {
                "type": "instant",
                "remedy": { "by": "user", "say": "…", "obligation": "step-up" }
            },
        },
        "obligations": { "step-up": { "type": "step-up" } },
    });
    let fresh = json!({ "evidence.issued_at": { "at_least": "2026-03-02T09:00:00Z" } });
    let rule = json!({ "id": "r", "effect": "permit", "when": fresh, "because": "…" });
    let policy = json!({ "policy": "p", "owner": "council", "rules": [rule] });
    let set = Set { vocabulary, policies: vec![policy] };
    for time in ["2026-03-02T08:59:00Z", "2026-03-02T09:00:00Z"] {
        let values = [("context.time".to_owned(), json!(time))].into();
        let request = Request { values, can: None };
        holds_until_it_says(&compile(&set.files()), &set, &request).unwrap();
    }
}

fn holds_until_it_says(pdp: &Pdp, set: &Set, request: &Request) -> Result<(), String> {
    let Some(now) = set.question(request).value("context.time") else { return Ok(()) };
    let now = Instant::from_micros(now.number());
    let (before, until) = answer(pdp, set, request);
    for later in instants_between(set, request, now, until) {
        let mut request = request.clone();
        request.values.insert("context.time".to_owned(), json!(later.to_string()));
        let (after, _) = answer(pdp, set, &request);
        if before != after {
            let until = until.map_or("ever".to_owned(), |until| until.to_string());
            return Err(format!("{request:?}\nuntil {until} {before:?}\nat {later} {after:?}"));
        }
    }
    match until.filter(|until| *until <= now) {
        Some(until) => {
            Err(format!("{request:?}\n{before:?}\nholds until {until}, not after {now}"))
        }
        None => Ok(()),
    }
}

fn is_permit(answer: &Answer) -> bool {
    answer.reason == "permitted"
}

fn apart_from_trials(answer: Answer) -> Answer {
    Answer { trials: BTreeSet::new(), ..answer }
}

fn derived(set: &Set) -> impl Iterator<Item = &String> {
    set.declarations()
        .filter(|(_, declaration)| declaration["derive"].is_array())
        .map(|(name, _)| name)
}

/// What a gateway could state.
fn without_derived(set: &Set, request: &Request) -> Request {
    let mut request = request.clone();
    derived(set).for_each(|name| drop(request.values.remove(name)));
    request
}

/// Every derived attribute stated outright, so that it keeps its value.
fn with_derived(set: &Set, request: &Request) -> Request {
    let values = derived(set).map(|name| match set.question(request).value(name).unwrap() {
        Value::Bool(truth) => (name.clone(), json!(truth)),
        Value::Text(word) => (name.clone(), json!(word)),
        other => panic!("{other:?} cannot be derived"),
    });
    let mut stated = request.clone();
    stated.values.extend(values);
    stated
}

/// The request with one value left out, and with one garbled.
fn withholding_one(set: &Set, request: &Request) -> Vec<Request> {
    let derived = BTreeSet::from_iter(derived(set));
    let names = request.values.keys().filter(|name| !derived.contains(name));
    let variants = names.flat_map(|name| {
        let (mut missing, mut garbled) = (request.clone(), request.clone());
        missing.values.remove(name);
        garbled.values.insert(name.clone(), json!({}));
        [missing, garbled]
    });
    variants.collect()
}

/// Whether everything owed before is owed after, on terms no looser.
fn is_as_strict(set: &Set, before: &Obligations, after: &Obligations) -> bool {
    before.iter().all(|(name, parameters)| {
        let declared = &set.vocabulary["obligations"][name]["parameters"];
        let is_kept = |(parameter, value): (&String, &Value)| {
            let later = after.get(name).and_then(|later| later.get(parameter));
            later.is_some_and(|later| match declared[parameter]["merge"].as_str() {
                Some("least") => later <= value,
                Some("most") => later >= value,
                _ => later.words().is_superset(&value.words()),
            })
        };
        after.contains_key(name) && parameters.iter().all(is_kept)
    })
}

fn with_rules(set: &Set, change: impl Fn(&mut Vec<Json>)) -> Set {
    let mut set = set.clone();
    for policy in &mut set.policies {
        change(policy["rules"].as_array_mut().unwrap());
    }
    set
}

/// The same file, every list whose order means nothing reversed, and every object's keys.
fn reversed(json: &Json, key: &str) -> String {
    match json {
        Json::Object(members) => {
            let members = members.iter().rev();
            let members =
                members.map(|(key, value)| format!("{}:{}", json!(key), reversed(value, key)));
            format!("{{{}}}", Vec::from_iter(members).join(","))
        }
        Json::Array(items) => {
            let mut items = Vec::from_iter(items.iter().map(|item| reversed(item, key)));
            if !["derive", "order"].contains(&key) {
                items.reverse();
            }
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

/// Instants at which something might change, from `now` to before `until`.
fn instants_between(
    set: &Set,
    request: &Request,
    now: Instant,
    until: Option<Instant>,
) -> BTreeSet<Instant> {
    let instant = |text: &str| text.parse::<Instant>().ok();
    let stated = set.declarations().filter(|(_, declaration)| declaration["type"] == "instant");
    let stated = stated.filter_map(|(name, _)| instant(request.values.get(name)?.as_str()?));
    let constants = generate::words::INSTANTS.iter().filter_map(|text| instant(text));
    let lengths =
        generate::words::DURATIONS.iter().filter_map(|text| text.parse::<Duration>().ok());
    let lengths =
        Vec::from_iter(lengths.flat_map(|length| [length.as_micros(), -length.as_micros()]));
    let near = |instant: Instant| {
        let moved = lengths.iter().map(move |length| instant.as_micros() + length);
        moved.flat_map(|micros| [micros - 1, micros, micros + 1]).map(Instant::from_micros)
    };
    let last = until.map(|until| Instant::from_micros(until.as_micros() - 1));
    let candidates = stated.chain(constants).chain([now]).flat_map(near).chain(last);
    candidates.filter(|later| *later > now && until.is_none_or(|until| *later < until)).collect()
}
