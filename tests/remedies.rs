//! Remedies: what is offered leads to a permit, no part of it does, and nothing smaller would; over
//! thousands of requests to the shipped sets, and on small sets made for one point each.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod dice;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dice::Dice;
use portcullis::{
    Better, Folder, Goal, Instant, Kind, Limits, Pdp, PolicySet, RemedyBy, Request, Stated, Suite,
    Value, Vocabulary, remedies, spelled,
};
use serde_json::{Value as Json, json};

type Facts = BTreeMap<String, Stated>;

struct Shipped {
    set: PolicySet,
    pdp: Pdp,
    /// Every value that a test of the set states, by attribute.
    values: BTreeMap<String, Vec<Stated>>,
    requests: Vec<Facts>,
}

/// A shipped set, with the requests of its tests and so many variants of each.
fn shipped(name: &str, variants: usize) -> Shipped {
    let source = Folder::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("policies").join(name));
    let set = PolicySet::read(&source, &Limits::default()).unwrap();
    let suite = Suite::read(&source, &set, &Limits::default()).unwrap();
    let mut requests: Vec<Facts> = suite.tests.into_iter().map(|test| test.request).collect();
    let mut values: BTreeMap<String, Vec<Stated>> = BTreeMap::new();
    for (name, value) in requests.iter().flatten() {
        let known = values.entry(name.clone()).or_default();
        if !known.iter().any(|other| format!("{other:?}") == format!("{value:?}")) {
            known.push(value.clone());
        }
    }
    let names: Vec<String> = values.keys().cloned().collect();
    let mut dice = Dice::new(1);
    for seed in requests.clone() {
        for _ in 0..variants {
            let mut facts = seed.clone();
            for _ in 0..=dice.roll(4) {
                let name = &names[dice.roll(names.len())];
                let choice = dice.roll(values[name].len() + 1);
                let value = values[name].get(choice).cloned().unwrap_or(Stated::Null);
                facts.insert(name.clone(), value);
            }
            requests.push(facts);
        }
    }
    let pdp = Pdp::unavailable(Limits::default()).without_proofs();
    pdp.replace(&set).unwrap();
    Shipped { set, pdp, values, requests }
}

fn state(request: &mut Request, facts: &Facts) {
    request.reset();
    for (name, value) in facts {
        // A value that is none of the attribute's makes it unknown, which is what is wanted.
        let _ = value.state(request, name);
    }
}

/// A value that a goal asks for: the first or the last of a bound.
fn reach(goal: &Goal, now: Option<Instant>, last: bool) -> Option<String> {
    let bound = |bounds: &[(&'static str, Value)]| {
        let exact = || bounds.iter().filter(|(word, _)| *word != "below");
        let reached = if last { exact().next_back() } else { exact().next() };
        reached.map(|(_, value)| value.clone())
    };
    match goal {
        Goal::OneOf(values) => values.first().map(ToString::to_string),
        Goal::Bounds(bounds) => bound(bounds).map(|value| value.to_string()),
        Goal::FromNow(bounds) => {
            let Some(Value::Duration(distance)) = bound(bounds) else { return None };
            let micros = now?.as_micros().checked_add(distance.as_micros())?;
            Some(Instant::from_micros(micros).to_string())
        }
        Goal::Any(_)
        | Goal::NoneOf(_)
        | Goal::Has(..)
        | Goal::Empty(_)
        | Goal::Relates(..)
        | Goal::Known => None,
    }
}

#[test]
fn what_is_offered_permits_and_no_part_of_it_does() {
    let mut offered = 0;
    for name in ["quickstart", "solihull-2013", "council"] {
        let Shipped { set, pdp, requests, .. } = shipped(name, 3);
        let (mut request, mut tried) = (pdp.bench_request(), pdp.bench_request());
        for facts in &requests {
            state(&mut request, facts);
            let decision = pdp.decide(&request);
            let now = match request.value("context.time") {
                Some(Value::Instant(now)) => Some(now),
                _ => None,
            };
            for (remedy, last) in
                remedies(&decision).iter().flat_map(|remedy| [(remedy, false), (remedy, true)])
            {
                let changes: Option<Vec<(&str, String)>> = remedy
                    .changes
                    .iter()
                    .map(|change| Some((change.attribute, reach(&change.goal, now, last)?)))
                    .collect();
                let Some(changes) = changes else { continue };
                offered += 1;
                for chosen in 0..1_usize << changes.len() {
                    state(&mut tried, facts);
                    for (place, (attribute, text)) in changes.iter().enumerate() {
                        if chosen >> place & 1 == 1 {
                            let value = spelled(set.vocabulary(), attribute, text);
                            value.state(&mut tried, attribute).unwrap();
                        }
                    }
                    assert_eq!(
                        pdp.decide(&tried).is_permit(),
                        chosen + 1 == 1 << changes.len(),
                        "{name}: {facts:?}: {changes:?} chosen {chosen:b}"
                    );
                }
            }
        }
    }
    assert!(offered > 3_000, "only {offered} changes were looked at");
}

/// Whether a value is a way forward from what is held: no worse, and not the worse of two.
fn is_forward(vocabulary: &Vocabulary, name: &str, held: Option<&Value>, value: &Value) -> bool {
    let attribute = &vocabulary[vocabulary.attribute(name).unwrap()];
    let order = match (&attribute.kind, held, value) {
        (Kind::Bool, ..) => {
            let worst = attribute.better.map(|better| Value::Bool(better == Better::Lesser));
            return Some(value) != worst.as_ref();
        }
        (Kind::Enum(words), Some(Value::Text(held)), Value::Text(value)) => {
            words.compare(words.position(value).unwrap(), words.position(held).unwrap())
        }
        (Kind::Integer | Kind::Duration | Kind::Version | Kind::Instant, Some(held), value) => {
            Some(value.cmp(held))
        }
        _ => None,
    };
    !order.is_some_and(|order| match attribute.better {
        Some(Better::Greater) => order.is_lt(),
        Some(Better::Lesser) => order.is_gt(),
        None => false,
    })
}

/// The attributes that can be offered. Not texts and sets: what they have in common with each other is
/// not searched.
fn levers(vocabulary: &Vocabulary) -> BTreeSet<&str> {
    let attributes = vocabulary.attributes().iter().filter(|attribute| {
        let by = attribute.remedy.as_ref().map(|remedy| remedy.by);
        let searched = !matches!(attribute.kind, Kind::Set(_) | Kind::String);
        let offered = !attribute.hidden && !attribute.is_derived() && searched;
        offered && by.is_some_and(|by| by != RemedyBy::Nobody)
    });
    attributes.map(|attribute| attribute.name.as_str()).collect()
}

#[test]
fn no_change_of_one_attribute_or_two_is_missed() {
    let (mut ones, mut twos) = (0, 0);
    for (name, variants) in [("quickstart", 6), ("solihull-2013", 1), ("council", 1)] {
        let Shipped { set, pdp, values, requests } = shipped(name, variants);
        let vocabulary = set.vocabulary();
        let levers = levers(vocabulary);
        let (mut request, mut tried) = (pdp.bench_request(), pdp.bench_request());
        for (place, facts) in requests.iter().enumerate() {
            state(&mut request, facts);
            let decision = pdp.decide(&request);
            if decision.is_permit() {
                continue;
            }
            let offered = remedies(&decision).iter().map(|remedy| remedy.changes.len()).min();
            let mut moves: Vec<(&str, &Stated)> = Vec::new();
            for (attribute, values) in
                values.iter().filter(|(name, _)| levers.contains(name.as_str()))
            {
                for stated in values {
                    state(&mut tried, facts);
                    if stated.state(&mut tried, attribute).is_err() {
                        continue;
                    }
                    let (held, value) = (request.value(attribute), tried.value(attribute));
                    if value.is_some_and(|value| {
                        is_forward(vocabulary, attribute, held.as_ref(), &value)
                    }) {
                        moves.push((attribute, stated));
                    }
                }
            }
            let mut permits = |changes: &[(&str, &Stated)]| {
                state(&mut tried, facts);
                changes.iter().for_each(|(name, value)| value.state(&mut tried, name).unwrap());
                pdp.decide(&tried).is_permit()
            };
            for one in &moves {
                if permits(&[*one]) {
                    ones += 1;
                    assert_eq!(offered, Some(1), "{name}: {facts:?}: {one:?} is missed");
                }
            }
            if offered == Some(1) || place % 3 != 0 {
                continue;
            }
            for (at, one) in moves.iter().enumerate() {
                for other in moves.iter().skip(at + 1).filter(|other| other.0 != one.0) {
                    if permits(&[*one, *other]) {
                        twos += 1;
                        assert_eq!(
                            offered,
                            Some(2),
                            "{name}: {facts:?}: {one:?} {other:?} is missed"
                        );
                    }
                }
            }
        }
    }
    assert!(ones > 1_000 && twos > 30, "only {ones} changes of one, {twos} of two");
}

/// A handle on a set of one policy.
fn small(attributes: &Json, rules: &Json) -> Pdp {
    let files = BTreeMap::from(
        [
            (
                "policy-set.json",
                json!({ "policy_set": "small", "vocabulary": "v.json", "policies": ["p.json"] }),
            ),
            ("v.json", json!({ "vocabulary": "small", "attributes": attributes })),
            ("p.json", json!({ "policy": "p", "owner": "o", "rules": rules })),
        ]
        .map(|(name, file)| (name.to_owned(), file.to_string().into_bytes())),
    );
    let set = PolicySet::read(&files, &Limits::default()).unwrap_or_else(|found| panic!("{found}"));
    Pdp::new(&set).unwrap()
}

fn number() -> Json {
    json!({ "type": "integer", "better": "higher", "remedy": { "by": "user", "say": "More" } })
}

/// What is offered to a request, each change as `attribute goal`.
fn offered(pdp: &Pdp, facts: &[(&str, i64)]) -> Vec<Vec<String>> {
    let mut request = pdp.request();
    for (name, value) in facts {
        request.set(name, *value);
    }
    let decision = pdp.decide(&request);
    let remedies = remedies(&decision);
    let words = remedies.iter().map(|remedy| {
        remedy
            .changes
            .iter()
            .map(|change| format!("{} {}", change.attribute, change.goal))
            .collect()
    });
    words.collect()
}

#[test]
fn a_number_is_asked_for_as_far_as_it_permits_and_no_further() {
    let pdp = small(
        &json!({ "x": number() }),
        &json!([
            { "id": "enough", "effect": "permit", "when": { "x": { "at_least": 2 } }, "because": "." },
            { "id": "best", "effect": "permit", "when": { "x": { "at_least": 4 } }, "because": "." },
            { "id": "too-much", "effect": "deny", "when": { "x": { "at_least": 7 } }, "because": "." }
        ]),
    );
    assert_eq!(offered(&pdp, &[("x", 0)]), [["x at least 2 and at most 6"]]);
}

#[test]
fn of_two_numbers_only_the_nearest_pairs_are_asked_for() {
    let pdp = small(
        &json!({ "x": number(), "y": number() }),
        &json!([
            { "id": "even", "effect": "permit", "because": ".",
              "when": { "x": { "at_least": 2 }, "y": { "at_least": 2 } } },
            { "id": "more", "effect": "permit", "because": ".",
              "when": { "x": { "at_least": 5 }, "y": { "at_least": 1 } } }
        ]),
    );
    assert_eq!(
        offered(&pdp, &[("x", 0), ("y", 0)]),
        [["x at least 2", "y at least 2"], ["x at least 5", "y at least 1"]]
    );
}

#[test]
fn a_change_that_raises_a_deny_comes_with_the_change_that_avoids_it() {
    // No rule that stands speaks of `proved` before `x` is changed.
    let proved =
        json!({ "type": "bool", "better": true, "remedy": { "by": "user", "say": "Prove it" } });
    let pdp = small(
        &json!({ "x": number(), "proved": proved }),
        &json!([
            { "id": "enough", "effect": "permit", "when": { "x": { "at_least": 2 } }, "because": "." },
            { "id": "unproved", "effect": "deny", "because": ".",
              "when": { "x": { "at_least": 1 }, "proved": false } }
        ]),
    );
    assert_eq!(offered(&pdp, &[("x", 0)]), [["proved `true`", "x at least 2"]]);
}

#[test]
fn what_nobody_can_change_has_no_remedy() {
    let fixed = json!({ "type": "bool", "better": true, "remedy": { "by": "nobody" } });
    let pdp = small(
        &json!({ "x": number(), "fixed": fixed }),
        &json!([{ "id": "enough", "effect": "permit", "because": ".",
            "when": { "x": { "at_least": 2 }, "fixed": true } }]),
    );
    assert_eq!(offered(&pdp, &[("x", 0)]), Vec::<Vec<String>>::new());
}

#[test]
fn a_set_of_many_ways_ends_the_search_and_what_was_found_is_true() {
    // Each permit asks for three of forty numbers, each deny forbids another three to be high together.
    let mut dice = Dice::new(7);
    let attributes: BTreeMap<String, Json> =
        (0..40).map(|at| (format!("x{at}"), number())).collect();
    let rules: Vec<Json> = (0..600)
        .map(|place| {
            let mut when = BTreeMap::new();
            while when.len() < 3 {
                let least = 1 + dice.roll(20);
                when.insert(format!("x{}", dice.roll(40)), json!({ "at_least": least }));
            }
            let effect = if place % 2 == 0 { "permit" } else { "deny" };
            json!({ "id": format!("r{place}"), "effect": effect, "when": when, "because": "." })
        })
        .collect();
    let pdp = small(&json!(attributes), &json!(rules));
    let mut request = pdp.request();
    for at in 0..40 {
        request.set(&format!("x{at}"), 0);
    }
    let decision = pdp.decide(&request);
    let found = remedies(&decision);
    assert!(!found.is_empty());
    let mut tried = pdp.request();
    for remedy in &found {
        tried.put_all_of(&request);
        for change in &remedy.changes {
            let Goal::Bounds(bounds) = &change.goal else { panic!("{change:?}") };
            let [("at_least", Value::Integer(least)), ..] = bounds.as_slice() else {
                panic!("{change:?}")
            };
            tried.set(change.attribute, *least);
        }
        assert!(pdp.decide(&tried).is_permit(), "{remedy:?}");
    }
}
