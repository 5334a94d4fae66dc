//! The reference policy set keeps the invariants of its statements of intent, over generated requests:
//! every request of its own tests, and each of those again with some values exchanged for others.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod dice;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use dice::Dice;
use portcullis::{
    Decision, Effect, Folder, Instant, Kind, Limits, Merged, Pdp, PolicySet, Reason, Request,
    SetBy, Source, Stated, Suite, explain,
};

type Facts = BTreeMap<String, Stated>;
type Duties = BTreeMap<String, Vec<(String, Merged)>>;

/// Exchanged values, a request of the tests: the more, the longer the tests take.
const VARIANTS: usize = 4;

/// The facts about a device's health that can be good, unknown and bad.
const HEALTH: [(&str, bool); 16] = [
    ("device.tampered", false),
    ("device.compromised", false),
    ("device.reported_lost", false),
    ("device.os_supported", true),
    ("device.compliant", true),
    ("device.storage_encrypted", true),
    ("device.screen_lock", true),
    ("device.secure_boot", true),
    ("device.malware_protection", true),
    ("device.container.encrypted", true),
    ("device.container.pin_set", true),
    ("device.container.remote_wipe_available", true),
    ("device.thin_client.local_storage", false),
    ("device.thin_client.clipboard_to_device", false),
    ("device.thin_client.drive_mapping", false),
    ("device.thin_client.printing", false),
];

struct Council {
    set: PolicySet,
    pdp: Pdp,
    requests: Vec<Facts>,
}

fn folder() -> Folder {
    Folder::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/council"))
}

/// The files of the set, for a test to change.
fn files() -> BTreeMap<String, Vec<u8>> {
    let folder = folder();
    let names = folder.list("").unwrap().into_iter().filter(|name| name.ends_with(".json"));
    names.map(|name| (name.clone(), folder.read(&name).unwrap())).collect()
}

fn changed(file: &str, from: &str, to: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = files();
    let text = String::from_utf8(files.get(file).unwrap().clone()).unwrap();
    assert!(text.contains(from), "{file} does not have {from}");
    files.insert(file.to_owned(), text.replacen(from, to, 1).into_bytes());
    files
}

fn read(files: &BTreeMap<String, Vec<u8>>) -> PolicySet {
    PolicySet::read(files, &Limits::default()).unwrap_or_else(|found| panic!("{found}"))
}

/// What `check` says of a changed set.
fn refused(files: &BTreeMap<String, Vec<u8>>) -> String {
    PolicySet::read(files, &Limits::default()).map(|_| ()).unwrap_err().to_string()
}

fn council() -> &'static Council {
    static COUNCIL: LazyLock<Council> = LazyLock::new(read_council);
    &COUNCIL
}

fn read_council() -> Council {
    let source = folder();
    let set =
        PolicySet::read(&source, &Limits::default()).unwrap_or_else(|found| panic!("{found}"));
    let suite = Suite::read(&source, &set, &Limits::default()).unwrap();
    let derived = |name: &String| {
        set.vocabulary().attribute(name).is_some_and(|id| set.vocabulary()[id].is_derived())
    };
    let mut seen = BTreeSet::new();
    let seeds: Vec<Facts> = suite
        .tests
        .into_iter()
        .map(|test| test.request)
        .filter(|facts| !facts.keys().any(derived) && seen.insert(format!("{facts:?}")))
        .collect();
    assert!(seeds.len() > 400);

    // Every value that a test states, by attribute, and no value at all.
    let mut values: BTreeMap<String, Vec<Stated>> = BTreeMap::new();
    for (name, value) in seeds.iter().flatten() {
        let known = values.entry(name.clone()).or_insert_with(|| vec![Stated::Null]);
        if !known.iter().any(|other| format!("{other:?}") == format!("{value:?}")) {
            known.push(value.clone());
        }
    }
    let names: Vec<String> = values.keys().cloned().collect();
    let mut dice = Dice::new(1);
    let mut requests = seeds.clone();
    for seed in &seeds {
        for _ in 0..VARIANTS {
            let mut facts = seed.clone();
            for _ in 0..=dice.roll(3) {
                let name = names.get(dice.roll(names.len())).unwrap();
                let choice = values.get(name).unwrap();
                facts.insert(name.clone(), choice.get(dice.roll(choice.len())).unwrap().clone());
            }
            requests.push(facts);
        }
    }
    let pdp = Pdp::new(&set).unwrap();
    Council { set, pdp, requests }
}

fn state(request: &mut Request, facts: &Facts) {
    request.reset();
    for (name, value) in facts {
        // A value that is none of the attribute's makes it unknown, which is what is wanted.
        let _ = value.state(request, name);
    }
}

fn with(facts: &Facts, changes: &[(&str, Stated)]) -> Facts {
    let mut facts = facts.clone();
    facts.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    facts
}

fn without(facts: &Facts, name: &str) -> Facts {
    let mut facts = facts.clone();
    facts.remove(name);
    facts
}

fn permits(council: &Council, request: &mut Request, facts: &Facts) -> bool {
    state(request, facts);
    council.pdp.decide(request).is_permit()
}

fn text(facts: &Facts, name: &str) -> String {
    facts.get(name).map_or_else(String::new, ToString::to_string)
}

fn is(facts: &Facts, name: &str, value: &str) -> bool {
    text(facts, name) == value
}

fn derived(request: &Request, name: &str) -> String {
    request.value(name).map_or_else(String::new, |value| value.to_string())
}

fn duties(decision: &Decision<'_>) -> Duties {
    let of = |obligation: portcullis::Obligation<'_>| {
        let parameters =
            obligation.parameters().map(|(name, value)| (name.to_owned(), value.clone()));
        (obligation.name().to_owned(), parameters.collect())
    };
    decision.obligations().map(of).collect()
}

fn names(decision: &Decision<'_>) -> BTreeSet<String> {
    decision.obligations().map(|obligation| obligation.name().to_owned()).collect()
}

fn deciders(decision: &Decision<'_>) -> BTreeSet<(String, String)> {
    decision.determining().map(|rule| (rule.policy().to_owned(), rule.id().to_owned())).collect()
}

/// Whether nothing but denies that ask for certainty refuse: what is known to be bad.
fn refused_on_what_is_known(set: &PolicySet, decision: &Decision<'_>) -> bool {
    let certain: BTreeSet<(&str, &str)> = set
        .policies()
        .iter()
        .flat_map(|policy| policy.rules.iter().map(move |rule| (policy, rule)))
        .filter(|(_, rule)| rule.certain && rule.effect == Effect::Deny)
        .map(|(policy, rule)| (policy.name.as_str(), rule.id.as_str()))
        .collect();
    decision.reason() == Reason::Denied
        && decision.determining().all(|rule| certain.contains(&(rule.policy(), rule.id())))
}

/// Whether what the request asks for is for anyone, or trivial and for any member.
fn is_for_anyone(request: &Request) -> bool {
    derived(request, "council.for_anyone") == "true"
}

/// Every attribute that only evidence sets, without a value.
fn without_evidence(council: &Council, facts: &Facts) -> Facts {
    let vocabulary = council.set.vocabulary();
    let mut facts = facts.clone();
    facts.retain(|name, _| {
        vocabulary.attribute(name).is_some_and(|id| vocabulary[id].source != SetBy::Evidence)
    });
    facts
}

#[test]
fn a_worse_health_fact_never_permits_and_never_removes_an_obligation() {
    let council = council();
    let mut request = council.pdp.bench_request();
    let mut tried = 0;
    for (turn, facts) in council.requests.iter().enumerate() {
        state(&mut request, facts);
        for (name, good) in HEALTH.iter().skip(turn % 5).step_by(5) {
            let order = [Stated::Bool(*good), Stated::Null, Stated::Bool(!good)];
            let mut before: Option<(bool, String, BTreeSet<String>)> = None;
            for value in &order {
                value.state(&mut request, name).unwrap();
                let posture = derived(&request, "council.posture");
                let decision = council.pdp.decide(&request);
                let now = (decision.is_permit(), posture, names(&decision));
                if let Some((permitted, posture, duties)) = before {
                    assert!(permitted || !now.0, "{name}: {value} permits {facts:?}");
                    let same = permitted && now.0 && posture == now.1;
                    assert!(!same || now.2.is_superset(&duties), "{name}: {value} frees {facts:?}");
                    tried += 1;
                }
                before = Some(now);
            }
            facts.get(*name).unwrap_or(&Stated::Null).state(&mut request, name).unwrap();
        }
        let permitted = [0, 1, 7, 8].map(|days| {
            Stated::Integer(days).state(&mut request, "device.days_since_missed_update").unwrap();
            council.pdp.decide(&request).is_permit()
        });
        assert!(permitted.is_sorted_by(|earlier, later| earlier >= later), "{facts:?}");
    }
    assert!(tried > 10_000, "{tried}");
}

#[test]
fn losing_the_evidence_altogether_never_permits_unless_what_it_proved_was_bad() {
    let council = council();
    let mut request = council.pdp.bench_request();
    let (mut tried, mut opened) = (0, 0);
    for facts in &council.requests {
        state(&mut request, facts);
        let decision = council.pdp.decide(&request);
        if decision.is_permit() {
            continue;
        }
        let known_bad = refused_on_what_is_known(&council.set, &decision);
        let permitted = permits(council, &mut request, &without_evidence(council, facts));
        assert!(!permitted || known_bad, "{facts:?}");
        tried += 1;
        opened += usize::from(permitted);
    }
    assert!(tried > 1_000 && opened * 20 < tried, "{tried} tried, {opened} opened");
}

#[test]
fn a_stricter_marking_never_permits_and_never_removes_an_obligation() {
    let council = council();
    let mut request = council.pdp.bench_request();
    let higher = ["CONFIDENTIAL", "SECRET", "TOP SECRET"];
    let instructions = ["RECIPIENTS ONLY", "ORGANISATION USE ONLY", "HMG USE ONLY", "EMBARGOED"];
    let mut tried = 0;
    for facts in &council.requests {
        let mut stricter: Vec<(&str, Stated)> = vec![("resource.sensitive", Stated::Bool(true))];
        let place = higher.iter().position(|word| is(facts, "resource.classification", word));
        let above = higher.get(place.map_or(0, |place| place + 1)..).unwrap();
        let above = above.iter().map(|word| Stated::Text((*word).to_owned()));
        stricter.extend(above.map(|word| ("resource.classification", word)));
        if let Some(Stated::Words(words)) = facts.get("resource.handling") {
            let more = instructions.map(|more| [words.as_slice(), &[more.to_owned()]].concat());
            stricter.extend(more.map(|words| ("resource.handling", Stated::Words(words))));
        }
        state(&mut request, facts);
        let decision = council.pdp.decide(&request);
        let (permitted, before) = (decision.is_permit(), names(&decision));
        for (name, marking) in &stricter {
            marking.state(&mut request, name).unwrap();
            let decision = council.pdp.decide(&request);
            assert!(permitted || !decision.is_permit(), "{name} {marking}: {facts:?}");
            let kept = !decision.is_permit() || names(&decision).is_superset(&before);
            assert!(kept, "{name} {marking}: {facts:?}");
            let _ = facts.get(*name).unwrap_or(&Stated::Null).state(&mut request, name);
            tried += 1;
        }
    }
    assert!(tried > 5_000, "{tried}");
}

#[test]
fn nothing_supplied_reaches_a_personally_owned_device_but_by_its_suppliers_own_terms() {
    let council = council();
    let mut request = council.pdp.bench_request();
    let (mut tried, mut permitted) = (0, 0);
    for facts in &council.requests {
        let facts = with(facts, &[("device.ownership", Stated::Text("personal".to_owned()))]);
        let supplied = [
            with(
                &facts,
                &[("resource.owner_relationship", Stated::Text("external-supplier".to_owned()))],
            ),
            with(&facts, &[("resource.zone", Stated::Text("psn-walled-garden".to_owned()))]),
            with(&facts, &[("resource.contains_supplier_data", Stated::Bool(true))]),
            with(&facts, &[("resource.contains_supplier_data", Stated::Null)]),
        ];
        for facts in supplied {
            tried += 1;
            if permits(council, &mut request, &facts) {
                permitted += 1;
                let z = is(&facts, "resource.owner", "central-department-z")
                    && is(&facts, "device.container.product", "ApprovedContainer")
                    && text(&facts, "context.time").as_str() >= "2026";
                assert!(z, "{facts:?}");
            }
        }
    }
    assert!(tried > 5_000 && permitted > 0, "{tried} tried, {permitted} permitted");
}

#[test]
fn nothing_above_official_is_ever_served() {
    let council = council();
    let mut request = council.pdp.bench_request();
    for facts in &council.requests {
        state(&mut request, facts);
        for word in ["CONFIDENTIAL", "SECRET", "TOP SECRET", "TOP-SECRET", ""] {
            request.set("resource.classification", word);
            assert!(!council.pdp.decide(&request).is_permit(), "{word}: {facts:?}");
        }
    }
}

#[test]
fn no_rule_that_the_council_adds_permits_what_a_supplier_refuses() {
    let council = council();
    let generous = r#""rules": [
        { "id": "generous", "effect": "permit", "when": {}, "because": "a test" },
        { "id": "generous-acceptance", "effect": "permit", "accepted_by": "head-of-communications",
          "until": "2099-01-01T00:00:00Z", "when": {}, "because": "a test" },"#;
    let mut files = changed("council.json", "\"rules\": [", generous);
    files.insert(
        "generous.json".to_owned(),
        br#"{ "policy": "generous", "owner": "council", "rules": [
              { "id": "everything", "effect": "permit", "when": {}, "because": "a test" } ] }"#
            .to_vec(),
    );
    let manifest = String::from_utf8(files.get("policy-set.json").unwrap().clone()).unwrap();
    let manifest = manifest.replace("\"council.json\"]", "\"council.json\", \"generous.json\"]");
    files.insert("policy-set.json".to_owned(), manifest.into_bytes());
    // The guarantees say it too, so the changed set may be refused before it is used.
    let Ok(wider) = Pdp::new(&read(&files)) else { return };

    let mut request = council.pdp.bench_request();
    let mut wide = wider.bench_request();
    let (mut tried, mut opened) = (0, 0);
    for facts in &council.requests {
        state(&mut wide, facts);
        let permitted = wider.decide(&wide).is_permit();
        opened += usize::from(permitted && !permits(council, &mut request, facts));
        let supplied = with(
            facts,
            &[("resource.owner_relationship", Stated::Text("external-supplier".to_owned()))],
        );
        if !permits(council, &mut request, &supplied) {
            state(&mut wide, &supplied);
            assert!(!wider.decide(&wide).is_permit(), "{supplied:?}");
            tried += 1;
        }
    }
    assert!(tried > 1_000 && opened > 100, "{tried} tried, {opened} opened elsewhere");
}

#[test]
fn without_evidence_there_is_only_what_is_for_anyone_or_what_an_acceptance_covers() {
    let council = council();
    let mut request = council.pdp.bench_request();
    let (mut tried, mut accepted) = (0, 0);
    for facts in &council.requests {
        state(&mut request, facts);
        if is_for_anyone(&request) || !council.pdp.decide(&request).is_permit() {
            continue;
        }
        tried += 1;
        state(&mut request, &without_evidence(council, facts));
        let decision = council.pdp.decide(&request);
        if decision.is_permit() {
            accepted += 1;
            assert!(decision.determining().any(|rule| rule.accepted_by().is_some()), "{facts:?}");
            assert!(["view", "continue-session"].contains(&text(facts, "action").as_str()));
        }
    }
    assert!(tried > 500 && accepted > 0, "{tried} tried, {accepted} accepted");
}

#[test]
fn copies_on_personal_devices_and_what_the_thin_client_shows_stay_where_they_are() {
    let council = council();
    let mut request = council.pdp.bench_request();
    let (mut copies, mut sessions) = (0, 0);
    for facts in &council.requests {
        state(&mut request, facts);
        let posture = derived(&request, "council.posture");
        let (published, open) =
            (derived(&request, "council.published") == "true", is_for_anyone(&request));
        let decision = council.pdp.decide(&request);
        if !decision.is_permit() {
            continue;
        }
        let duties = names(&decision);
        let copy = is(facts, "action", "sync") || is(facts, "action", "download");
        if copy && !published && is(facts, "device.ownership", "personal") {
            copies += 1;
            assert!(duties.contains("keep-data-inside-container"), "{facts:?}");
        }
        if posture == "thin-client" && !open {
            sessions += 1;
            assert!(
                duties.contains("no-local-storage") && duties.contains("block-download"),
                "{facts:?}"
            );
        }
    }
    assert!(copies > 10 && sessions > 40, "{copies} copies, {sessions} sessions");
}

#[test]
fn an_expiry_refuses_for_good() {
    let council = council();
    let mut request = council.pdp.bench_request();
    let hours: [i64; 9] = [0, 1, 8, 24, 25, 24 * 30, 24 * 200, 24 * 400, 24 * 4_000];
    let mut expired = 0;
    for facts in &council.requests {
        // An embargo that ends opens what it held back; that is no expiry.
        let embargoed = text(facts, "resource.handling").contains("EMBARGOED");
        let Ok(now) = text(facts, "context.time").parse::<Instant>() else { continue };
        let mut was = None;
        state(&mut request, facts);
        for later in hours {
            let then = Instant::from_micros(now.as_micros() + later * 3_600_000_000);
            request.at(then);
            let permitted = council.pdp.decide(&request).is_permit();
            let returned = was == Some(false) && permitted;
            assert!(!returned || embargoed || later == 0, "{then}: {facts:?}");
            if was == Some(true) && !permitted {
                expired += 1;
            }
            // Before the first permit there was no expiry.
            was = if was.is_none() && !permitted { None } else { Some(permitted) };
        }
    }
    assert!(expired > 500, "{expired}");
}

#[test]
fn nobody_learns_from_a_refusal_whether_a_record_exists() {
    let council = council();
    let mut request = council.pdp.bench_request();
    let mut tried = 0;
    for facts in council.requests.iter().step_by(29) {
        let mut answer = |exists, need| {
            let changes = [
                ("resource.exists", Stated::Bool(exists)),
                ("subject.business_need", Stated::Bool(need)),
            ];
            state(&mut request, &with(facts, &changes));
            let open = is_for_anyone(&request);
            let decision = council.pdp.decide(&request);
            assert!(!decision.is_permit() || open, "{facts:?}");
            (open, explain(&decision).user, duties(&decision))
        };
        let (open, missing, missing_duties) = answer(false, true);
        let (_, refused, refused_duties) = answer(true, false);
        if !open {
            assert_eq!((missing, missing_duties), (refused, refused_duties), "{facts:?}");
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn an_attribute_that_nobody_knows_changes_nothing_in_a_request_and_is_refused_in_a_rule() {
    let council = council();
    let mut request = council.pdp.bench_request();
    for facts in council.requests.iter().step_by(5) {
        state(&mut request, facts);
        let decision = council.pdp.decide(&request);
        let before = (decision.is_permit(), decision.reason(), duties(&decision));
        request.set("device.blessed", true).set("posture", "managed").set("", "x");
        let decision = council.pdp.decide(&request);
        assert_eq!(before, (decision.is_permit(), decision.reason(), duties(&decision)));
    }
    let found = refused(&changed(
        "council.json",
        "\"device.storage_encrypted\"",
        "\"device.storage_encryptd\"",
    ));
    assert!(
        found.contains("device.storage_encryptd") && found.contains("device.storage_encrypted"),
        "{found}"
    );
}

#[test]
fn neither_the_order_of_the_policies_nor_the_trial_rule_changes_a_decision() {
    let council = council();
    let order = "\"psn.json\", \"dwp.json\", \"central-department-x.json\", \"central-department-z.json\", \"baseline.json\", \"council.json\"";
    let reversed = "\"council.json\", \"baseline.json\", \"central-department-z.json\", \"central-department-x.json\", \"dwp.json\", \"psn.json\"";
    let other = Pdp::new(&read(&changed("policy-set.json", order, reversed))).unwrap();
    let untried = changed(
        "council.json",
        "\"effect\": \"deny\", \"trial\": true,\n      \"when\": { \"context.country\": { \"not\": \"GB\" } }",
        "\"effect\": \"deny\", \"trial\": true,\n      \"when\": {}",
    );
    let untried = Pdp::new(&read(&untried)).unwrap();
    let mut requests = [&council.pdp, &other, &untried].map(Pdp::bench_request);
    let mut trials = 0;
    for facts in &council.requests {
        let [first, second, third] = &mut requests;
        for request in [&mut *first, &mut *second, &mut *third] {
            state(request, facts);
        }
        let decisions = [council.pdp.decide(first), other.decide(second), untried.decide(third)];
        let [expected, others @ ..] = decisions.each_ref().map(|decision| {
            (decision.is_permit(), decision.reason(), duties(decision), deciders(decision))
        });
        assert!(others.iter().all(|other| *other == expected), "{facts:?}");
        let [.., last] = &decisions;
        trials += last.trials().count();
    }
    assert!(trials > 1_000, "{trials}");
}

#[test]
fn every_emergency_attempt_is_alerted_and_recorded() {
    let council = council();
    let mut request = council.pdp.bench_request();
    for facts in &council.requests {
        state(&mut request, &with(facts, &[("context.emergency.requested", Stated::Bool(true))]));
        let duties = names(&council.pdp.decide(&request));
        assert!(
            duties.contains("alert-shared-channel") && duties.contains("record-access"),
            "{facts:?}"
        );
    }
}

#[test]
fn an_emergency_never_opens_what_anybody_supplied() {
    let council = council();
    let mut request = council.pdp.bench_request();
    for facts in &council.requests {
        let supplied = with(
            facts,
            &[
                ("resource.owner_relationship", Stated::Text("external-supplier".to_owned())),
                ("context.emergency.requested", Stated::Bool(false)),
            ],
        );
        if permits(council, &mut request, &supplied) {
            continue;
        }
        let named = ["requested", "account_named", "device_named", "location_named"]
            .map(|name| (format!("context.emergency.{name}"), Stated::Bool(true)));
        let mut emergency = supplied.clone();
        emergency.extend(named);
        emergency.insert("context.emergency.window".to_owned(), Stated::Text("30m".to_owned()));
        assert!(!permits(council, &mut request, &emergency), "{emergency:?}");
    }
}

#[test]
fn garbling_any_fact_of_a_refused_request_never_permits_it() {
    let council = council();
    let mut request = council.pdp.bench_request();
    let open: BTreeSet<String> = council
        .set
        .vocabulary()
        .attributes()
        .iter()
        .flat_map(|attribute| attribute.derive.iter().filter(|branch| branch.certain))
        .fold(BTreeSet::new(), |mut open, branch| {
            branch.when.each_test(&mut |id, _| {
                open.insert(council.set.vocabulary()[id].name.clone());
            });
            open
        });
    let mut tried = 0;
    for facts in council.requests.iter().step_by(5) {
        state(&mut request, facts);
        let decision = council.pdp.decide(&request);
        if decision.is_permit() || refused_on_what_is_known(&council.set, &decision) {
            continue;
        }
        for name in facts.keys().filter(|name| !open.contains(*name)) {
            let garbled = with(facts, &[(name, Stated::Malformed("garbled".to_owned()))]);
            assert!(!permits(council, &mut request, &garbled), "{name}: {facts:?}");
            tried += 1;
        }
    }
    assert!(tried > 2_000, "{tried}");
}

/// A shipped request that looks at an OFFICIAL paper in the container, and is permitted.
fn paper_in_the_container(council: &Council) -> &Facts {
    let mut request = council.pdp.bench_request();
    let found = council.requests.iter().find(|facts| {
        permits(council, &mut request, facts)
            && text(facts, "action") == "view"
            && derived(&request, "council.marking") == "official"
            && derived(&request, "council.posture") == "containerised"
            && !is_for_anyone(&request)
    });
    found.unwrap()
}

#[test]
fn a_marking_that_is_not_there_was_not_made_and_one_that_cannot_be_read_is_refused() {
    let council = council();
    let paper = paper_in_the_container(council);
    let unreadable = [
        ("resource.classification", "OFFICAL"),
        ("resource.sensitive", "no"),
        ("resource.handling", "EMBARGOED"),
    ];
    let unclear = ("baseline".to_owned(), "marking-unclear".to_owned());
    for (marking, garbled) in unreadable {
        let mut request = council.pdp.bench_request();
        assert!(permits(council, &mut request, &without(paper, marking)), "{marking}");
        state(&mut request, paper);
        let decision = council.pdp.decide(request.set(marking, garbled));
        assert!(!decision.is_permit() && deciders(&decision).contains(&unclear), "{marking}");
    }
}

#[test]
fn the_administrator_reads_which_report_takes_a_device_down() {
    let council = council();
    let mut request = council.pdp.bench_request();
    state(&mut request, paper_in_the_container(council));
    request.set("action", "edit").set("device.days_since_missed_update", 8);
    let decision = council.pdp.decide(&request);
    let told = explain(&decision).administrator;
    let cause = "`device.container.sound` `true` (it is `false`, for want of `device.days_since_missed_update` at most 7 (it is `8`))";
    assert!(told.contains(cause), "{told}");
}

#[test]
fn the_review_of_intent_names_two_shipped_tests_at_the_edge_of_each_statement() {
    let source = folder();
    let suite = Suite::read(&source, &council().set, &Limits::default()).unwrap();
    let review = String::from_utf8(source.read("intent-review.md").unwrap()).unwrap();
    let sections: Vec<&str> = review.split("\n## ").skip(1).collect();
    assert_eq!(sections.len(), 22);
    for (number, section) in (1..).zip(sections) {
        assert!(section.starts_with(&format!("P{number:02} ")), "{section}");
        for (heading, permit) in [("- Last permitted: ", true), ("- First refused: ", false)] {
            let line = section.lines().find_map(|line| line.strip_prefix(heading)).unwrap();
            let (file, name) = line.split_once(", ").unwrap();
            let file = format!("tests/{}", file.trim_matches('`'));
            let name = name.trim_matches('"');
            let test = suite.tests.iter().find(|test| test.file == file && test.name == name);
            let test = test.unwrap_or_else(|| panic!("P{number:02}: no test `{name}` in {file}"));
            assert_eq!(test.expect.permit, permit, "P{number:02}: {name}");
        }
    }
}

#[test]
fn every_refusal_by_a_rule_has_words_for_the_user_and_every_rule_cites_its_statement() {
    for policy in council().set.policies() {
        for rule in &policy.rules {
            let cites = rule.because.starts_with('P')
                && rule.because.get(1..3).is_some_and(|number| number.parse::<u8>().is_ok());
            assert!(cites, "{}/{}: {}", policy.name, rule.id, rule.because);
            let told = rule.effect != Effect::Deny || rule.tell_user.is_some();
            assert!(told, "{}/{}", policy.name, rule.id);
        }
    }
}

#[test]
fn a_misspelt_posture_is_refused_before_use_with_the_nearest_word() {
    let found = refused(&changed(
        "council.json",
        "\"council.posture\": \"managed\"",
        "\"council.posture\": \"manged\"",
    ));
    assert!(
        found.contains("manged") && found.contains("`managed`") && found.contains("council.json"),
        "{found}"
    );
}

#[test]
fn a_risk_is_accepted_by_its_owner_and_not_for_ever() {
    let wrong = changed(
        "council.json",
        "\"accepted_by\": \"head-of-communications\"",
        "\"accepted_by\": \"head-of-ict\"",
    );
    let found = refused(&wrong);
    assert!(found.contains("head-of-ict") && found.contains("council.json"), "{found}");

    let endless = changed("council.json", ", \"until\": \"2026-04-01T00:00:00+01:00\"", "");
    let found = refused(&endless);
    assert!(found.contains("until") && found.contains("council.json"), "{found}");
}

#[test]
fn a_key_written_twice_is_refused_before_use() {
    let twice = changed(
        "council.json",
        "\"id\": \"managed-work\", \"effect\": \"permit\"",
        "\"id\": \"managed-work\", \"effect\": \"permit\", \"effect\": \"permit\"",
    );
    let found = refused(&twice);
    assert!(found.contains("effect") && found.contains("council.json"), "{found}");
}

#[test]
fn the_networks_terms_rest_on_no_word_that_the_council_declares() {
    let set = &council().set;
    let vocabulary = set.vocabulary();
    let owners = ["psn-authority", "dwp", "central-department-x", "central-department-z"];
    for policy in set.policies().iter().filter(|policy| owners.contains(&policy.owner.as_str())) {
        for rule in &policy.rules {
            rule.condition.each_test(&mut |id, _| {
                let name = &vocabulary[id].name;
                assert!(!name.starts_with("council."), "{}/{}: {name}", policy.name, rule.id);
            });
        }
    }
    // And the words of the standard vocabulary are the same for everybody: a set may say what a
    // missing one stands for, and of those that these terms rest on the council says nothing.
    let absent: Vec<&str> = vocabulary
        .attributes()
        .iter()
        .filter(|attribute| attribute.absent.is_some())
        .map(|attribute| attribute.name.as_str())
        .collect();
    let markings = ["resource.classification", "resource.sensitive", "resource.handling"];
    assert_eq!(
        absent,
        [&markings[..], &["context.emergency.requested", "organisation.name"]].concat()
    );
    let posture = vocabulary.attribute("device.posture").unwrap();
    assert!(matches!(vocabulary[posture].kind, Kind::Enum(_)));
}
