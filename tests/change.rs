//! What a change does, against brute force: small sets of which every request is enumerated and judged
//! by the reference evaluator, before and after.
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
use generate::{Request, Set};
use portcullis::{Case, Limits, Outcome, PolicySet, Suite, cover, diff, mutate};
use reference::Answer;
use serde_json::{Value as Json, json};
use small::SmallSet;

fn read(set: &Set) -> PolicySet {
    let files = set.files();
    PolicySet::read(&files, &Limits::default())
        .unwrap_or_else(|findings| panic!("{set:?}\nis not valid: {findings}"))
}

fn permits(answer: &Answer) -> bool {
    matches!(answer.reason, "permitted" | "unenforceable")
}

/// How two answers differ; `None` if they do not, or if what an unenforceable permit carries is not
/// told.
fn outcome(before: &Answer, after: &Answer) -> Option<Outcome> {
    match (permits(before), permits(after)) {
        (false, true) => Some(Outcome::Granted),
        (true, false) => Some(Outcome::Refused),
        _ if before.reason == "unenforceable" || after.reason == "unenforceable" => None,
        _ => (before.obligations != after.obligations).then_some(Outcome::Obligations),
    }
}

/// The answers of a set to requests, which state nothing that it derives.
fn answers(set: &Set, requests: &[Request]) -> Vec<Answer> {
    requests.iter().map(|request| answer(set, request)).collect()
}

fn answer(set: &Set, request: &Request) -> Answer {
    let mut request = request.clone();
    let derived = |name: &String| {
        set.declarations().any(|(other, one)| other == name && one.get("derive").is_some())
    };
    request.values.retain(|name, _| !derived(name));
    // What a set does not declare is no business of its.
    request.values.retain(|name, _| set.declarations().any(|(other, _)| other == name));
    set.question(&request).answer()
}

fn as_request(case: &Case) -> Request {
    let json = |value: &Option<portcullis::Value>| match value {
        Some(value) => serde_json::to_value(value).unwrap(),
        None => json!({ "no": "value" }),
    };
    let values = case.values.iter().map(|(name, value)| (name.clone(), json(value)));
    Request { values: values.collect(), can: None }
}

#[test]
fn a_diff_finds_the_outcomes_that_change_and_no_others() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |word: &str| *counts.entry(word.to_owned()).or_default() += 1;
    for seed in 0..500 {
        let mut dice = Dice::new(seed);
        let old = SmallSet::new(&mut dice);
        let new = old.edited(&mut dice);
        let requests = old.requests_with(&new);
        let (before, after) = (answers(&old.set, &requests), answers(&new.set, &requests));
        let expected: BTreeSet<Outcome> =
            before.iter().zip(&after).filter_map(|(one, other)| outcome(one, other)).collect();
        let sets = [&old.set, &new.set];
        let found = match diff(&read(sets[0]), &read(sets[1]), &Limits::default()) {
            Ok(found) => found,
            Err(error) => panic!("{seed}: {sets:?}\n{error}"),
        };
        let undecided: BTreeSet<Outcome> =
            found.edits.iter().flat_map(|edit| edit.undecided.iter().copied()).collect();
        let mut told = BTreeSet::new();
        for change in found.edits.iter().flat_map(|edit| &edit.changes) {
            let request = as_request(&change.case);
            let both = sets.map(|set| answer(set, &request));
            let real = outcome(&both[0], &both[1]);
            let unenforceable = both.iter().any(|answer| answer.reason == "unenforceable");
            assert!(
                real == Some(change.outcome)
                    || unenforceable
                        && change.outcome == Outcome::Obligations
                        && permits(&both[0]) == permits(&both[1]),
                "{seed}: {sets:?}\n{change:?} is none: {both:?}"
            );
            if real.is_some() {
                told.insert(change.outcome);
            }
        }
        for outcome in &expected {
            assert!(
                told.contains(outcome)
                    || undecided.contains(outcome)
                    || unenforceable_only(&found, *outcome),
                "{seed}: {sets:?}\n{outcome:?} is missed: {found:?}"
            );
        }
        for outcome in &told {
            assert!(
                expected.contains(outcome),
                "{seed}: {sets:?}\n{outcome:?} is not among the requests: {found:?}"
            );
            count(&format!("{outcome:?}"));
        }
        undecided.iter().for_each(|_| count("undecided"));
        count(if told.is_empty() { "same" } else { "differ" });
        if !found.renamed.is_empty() {
            count("renamed");
        }
    }
    eprintln!("{counts:?}");
    let of = |word: &str| counts.get(word).copied().unwrap_or_default();
    assert!(of("same") > 50 && of("differ") > 90, "{counts:?}");
    assert!(of("Granted") > 35 && of("Refused") > 35 && of("Obligations") > 12, "{counts:?}");
    assert!(of("renamed") > 4 && of("undecided") < 10, "{counts:?}");
}

/// Whether such a change was told by a request whose permit cannot be carried out.
fn unenforceable_only(found: &portcullis::Diff, outcome: Outcome) -> bool {
    found.edits.iter().flat_map(|edit| &edit.changes).any(|change| change.outcome == outcome)
}

#[test]
fn a_set_is_the_same_as_itself_in_any_order_of_rules_and_under_other_names() {
    for seed in 0..60 {
        let old = SmallSet::new(&mut Dice::new(seed));
        let mut new = old.clone();
        for policy in &mut new.set.policies {
            let rules = policy["rules"].as_array_mut().unwrap();
            rules.reverse();
            for rule in rules {
                rule["id"] = json!(format!("renamed-{}", rule["id"].as_str().unwrap()));
                rule["because"] = json!("said otherwise");
            }
        }
        let found = diff(&read(&old.set), &read(&new.set), &Limits::default()).unwrap();
        assert_eq!(found.is_same(), Some(true), "{found:?}");
        assert!(found.edits.is_empty(), "{:?}\n{found:?}", old.set);
        let rules: usize =
            old.set.policies.iter().map(|p| p["rules"].as_array().unwrap().len()).sum();
        assert_eq!(found.renamed.len(), rules);
    }
}

#[test]
fn an_attribute_of_two_types_cannot_be_compared_and_is_named() {
    let mut old = SmallSet::new(&mut Dice::new(1));
    let mut new = old.clone();
    old.set.vocabulary["attributes"]["x.kept"] = json!({ "type": "integer" });
    new.set.vocabulary["attributes"]["x.kept"] = json!({ "type": "string" });
    let error = diff(&read(&old.set), &read(&new.set), &Limits::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`x.kept` is of type `integer` in the old set and `string` in the new one; give one of them another name"
    );
}

/// The set with tests of some requests, each of which expects what is so.
fn with_tests(set: &Set, requests: &[Request]) -> (PolicySet, BTreeMap<String, Vec<u8>>) {
    let tests: Vec<Json> = requests
        .iter()
        .enumerate()
        .map(|(place, request)| {
            let answer = answer(set, request);
            let obligations: Vec<Json> =
                answer.obligations.keys().map(|name| json!(name)).collect();
            let mut test = json!({ "name": format!("test {place}"), "request": request.values,
                "expect": if answer.reason == "permitted" { "permit" } else { "deny" } });
            if answer.obligations.values().all(BTreeMap::is_empty) {
                test["obligations"] = json!(obligations);
            }
            test
        })
        .collect();
    let mut files = set.files();
    let mut manifest: Json = serde_json::from_slice(&files["policy-set.json"]).unwrap();
    manifest["tests"] = json!(["tests.json"]);
    files.insert("policy-set.json".into(), manifest.to_string().into_bytes());
    files.insert("tests.json".into(), json!({ "tests": tests }).to_string().into_bytes());
    (PolicySet::read(&files, &Limits::default()).unwrap(), files)
}

#[test]
fn mutants_are_killed_survive_or_are_equivalent_as_enumeration_says() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..120 {
        let mut dice = Dice::new(10_000 + seed);
        let small = SmallSet::new(&mut dice);
        let requests = small.requests();
        let few: Vec<Request> = requests
            .iter()
            .filter(|request| small.is_valid(request) && dice.roll(12) == 0)
            .cloned()
            .collect();
        let (set, files) = with_tests(&small.set, &few);
        let suite = Suite::read(&files, &set, &Limits::default()).unwrap();
        let mutation = mutate(&set, &suite, &Limits::default(), 1_000).unwrap();
        let score =
            |of: fn(&portcullis::Score) -> usize| mutation.scores.iter().map(of).sum::<usize>();
        let alterations = portcullis::alterations(&set);
        let (mut killed, mut survived, mut equivalent) = (0, 0, 0);
        let before = answers(&small.set, &requests);
        for altered in alterations {
            // The suite, run the plain way.
            let pdp = portcullis::Pdp::new(&altered).unwrap();
            let results = suite.run(&mut pdp.bench_request());
            if results.iter().any(|(_, verdict)| *verdict != portcullis::Verdict::Pass) {
                killed += 1;
                continue;
            }
            let differs = requests.iter().zip(&before).any(|(request, before)| {
                let (after, _) = generate_answer(&pdp, &small.set, request);
                outcome(before, &after).is_some()
            });
            if differs { survived += 1 } else { equivalent += 1 }
        }
        let undecided = score(|score| score.undecided);
        assert_eq!(score(|score| score.killed), killed, "{seed}: {:?}", small.set);
        if undecided == 0 {
            assert_eq!(
                (score(|score| score.survived), score(|score| score.equivalent)),
                (survived, equivalent),
                "{seed}: {:?}\n{mutation:#?}",
                small.set
            );
        }
        // Every test that is handed over passes, and with all of them no survivor is left.
        let killers: Vec<&portcullis::Killer> =
            mutation.survivors.iter().filter_map(|survivor| survivor.test.as_ref()).collect();
        let mut files = files.clone();
        let mut all: Json = serde_json::from_slice(&files["tests.json"]).unwrap();
        let mut new: Vec<Json> =
            killers.iter().map(|one| serde_json::to_value(one).unwrap()).collect();
        all["tests"].as_array_mut().unwrap().append(&mut new);
        files.insert("tests.json".into(), all.to_string().into_bytes());
        let more = Suite::read(&files, &set, &Limits::default()).unwrap();
        let pdp = portcullis::Pdp::new(&set).unwrap();
        for (test, verdict) in more.run(&mut pdp.bench_request()) {
            assert_eq!(verdict, portcullis::Verdict::Pass, "{seed}: {test:?}");
        }
        let again = mutate(&set, &more, &Limits::default(), 0).unwrap();
        let left: Vec<_> = again.survivors.iter().filter(|one| !one.unstatable).collect();
        assert!(left.is_empty(), "{seed}: {:?}\n{left:?}", small.set);
        let coverage = cover(&set, &more, &Limits::default()).unwrap();
        assert_eq!(
            coverage.rules.len(),
            small.set.policies.iter().map(|p| p["rules"].as_array().unwrap().len()).sum::<usize>()
        );
        for (word, number) in [
            ("killed", killed),
            ("survived", survived),
            ("equivalent", equivalent),
            ("undecided", undecided),
        ] {
            *counts.entry(word).or_default() += number;
        }
    }
    eprintln!("{counts:?}");
    assert!(
        counts["killed"] > 1_000 && counts["survived"] > 500 && counts["equivalent"] > 300,
        "{counts:?}"
    );
    assert!(counts["undecided"] < 20, "{counts:?}");
}

#[path = "generate/compiled.rs"]
mod compiled;

/// What the crate answers to a request that states nothing derived.
fn generate_answer(
    pdp: &portcullis::Pdp,
    set: &Set,
    request: &Request,
) -> (Answer, Option<portcullis::Instant>) {
    compiled::answer(pdp, set, request)
}
