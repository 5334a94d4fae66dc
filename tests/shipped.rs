//! The policy sets that ship: they hold, their tests pass, and withholding a fact never helps.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use portcullis::{
    Decision, Folder, Goal, Instant, Kind, Limits, Pdp, PolicySet, Reason, RuleRef, Stated, Suite,
    Value, Verdict, remedies, spelled, standard,
};

fn folder(set: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies").join(set)
}

/// Every policy set in `policies`.
fn shipped() -> Vec<(String, PolicySet, Suite)> {
    let mut names: Vec<String> = std::fs::read_dir(folder(""))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("policy-set.json").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 2);
    let read = |name: String| {
        let source = Folder::new(folder(&name));
        let set =
            PolicySet::read(&source, &Limits::default()).unwrap_or_else(|found| panic!("{found}"));
        let suite = Suite::read(&source, &set, &Limits::default())
            .unwrap_or_else(|found| panic!("{found}"));
        (name, set, suite)
    };
    names.into_iter().map(read).collect()
}

#[test]
fn every_shipped_test_passes_and_no_set_has_a_warning() {
    for (name, set, suite) in shipped() {
        assert_eq!((set.warnings(), suite.warnings.as_slice()), (&[][..], &[][..]), "{name}");
        let pdp = Pdp::new(&set).unwrap();
        for (test, verdict) in suite.run(&mut pdp.bench_request()) {
            assert_eq!(verdict, Verdict::Pass, "{name}: {}", test.name);
        }
    }
}

#[test]
fn there_are_sixty_tests_and_three_tables() {
    let mut tests = 0;
    let mut tables = BTreeSet::new();
    for (name, _, suite) in shipped() {
        for test in &suite.tests {
            match test.name.split_once(": ").filter(|(_, cell)| cell.contains(" × ")) {
                Some((table, _)) => tables.insert((name.clone(), table.to_owned())),
                None => {
                    tests += 1;
                    true
                }
            };
        }
    }
    assert!(tests >= 60 && tables.len() >= 3, "{tests} tests, {} tables", tables.len());
}

#[test]
fn every_rule_is_decided_by_some_test() {
    for (name, set, suite) in shipped() {
        let pdp = Pdp::new(&set).unwrap();
        let mut request = pdp.bench_request();
        let mut deciding: BTreeSet<(String, String)> = BTreeSet::new();
        for test in &suite.tests {
            test.state(&mut request).unwrap();
            let decision = pdp.decide(&request);
            let rules = decision.determining().chain(decision.trials()).chain(decision.requiring());
            deciding.extend(rules.map(|rule| (rule.policy().to_owned(), rule.id().to_owned())));
        }
        for policy in set.policies() {
            for rule in &policy.rules {
                let decided = deciding.contains(&(policy.name.clone(), rule.id.clone()));
                assert!(decided, "{name}: no test is decided by {}/{}", policy.name, rule.id);
            }
        }
    }
}

/// Whether the author said that unknown is all right here: the request was refused by nothing but
/// denies that are `certain`.
fn refused_only_on_what_is_known(set: &PolicySet, decision: &Decision<'_>) -> bool {
    let rules = || {
        set.policies().iter().flat_map(|policy| policy.rules.iter().map(move |rule| (policy, rule)))
    };
    let certain = |found: RuleRef<'_>| {
        rules().any(|(policy, rule)| {
            policy.name == found.policy() && rule.id == found.id() && rule.certain
        })
    };
    decision.reason() == Reason::Denied && decision.determining().all(certain)
}

/// The attributes that the author said may be unknown: `certain` branches of derived attributes read
/// them, or they have an `absent`.
fn declared_open(set: &PolicySet) -> BTreeSet<String> {
    let vocabulary = set.vocabulary();
    let mut open = BTreeSet::new();
    for attribute in vocabulary.attributes() {
        if attribute.absent.is_some() {
            open.insert(attribute.name.clone());
        }
        for branch in attribute.derive.iter().filter(|branch| branch.certain) {
            branch.when.each_test(&mut |id, _| {
                open.insert(vocabulary[id].name.clone());
            });
        }
    }
    open
}

#[test]
fn withholding_or_garbling_any_one_fact_of_a_refused_request_never_permits_it() {
    let (mut tried, mut opened) = (0, 0);
    for (name, set, suite) in shipped() {
        let pdp = Pdp::new(&set).unwrap();
        let mut request = pdp.bench_request();
        let declared = declared_open(&set);
        for test in suite.tests.iter().filter(|test| !test.expect.permit) {
            test.state(&mut request).unwrap();
            let known_bad = refused_only_on_what_is_known(&set, &pdp.decide(&request));
            // A derived attribute that a test states outright is no fact that anyone could withhold.
            let is_fact = |name: &&String| {
                let id = set.vocabulary().attribute(name);
                id.is_some_and(|id| !set.vocabulary()[id].is_derived())
            };
            for attribute in test.request.keys().filter(is_fact) {
                let open = known_bad || declared.contains(attribute);
                for stated in [Stated::Null, Stated::Malformed("garbled".into())] {
                    test.state(&mut request).unwrap();
                    // Whether it is a value of the attribute does not matter here.
                    let _ = stated.state(&mut request, attribute);
                    let permitted = pdp.decide(&request).is_permit();
                    assert!(!permitted || open, "{name}: {} without {attribute}", test.name);
                    tried += 1;
                    opened += usize::from(permitted);
                }
            }
        }
    }
    assert!(tried > 3_000 && opened * 50 < tried, "{tried} tried, {opened} opened by declaration");
}

#[test]
fn the_standard_vocabulary_documents_every_attribute_and_obligation() {
    let vocabulary = standard(&Limits::default()).unwrap();
    for attribute in vocabulary.attributes() {
        assert!(
            attribute.means.as_ref().is_some_and(|means| means.len() > 10),
            "{}",
            attribute.name
        );
    }
    for obligation in vocabulary.obligations() {
        assert!(
            obligation.means.as_ref().is_some_and(|means| means.len() > 10),
            "{}",
            obligation.name
        );
    }
}

#[test]
fn the_standard_vocabulary_has_the_names_that_gateways_speak() {
    const NAMES: &str = "subject.id subject.type subject.organisation subject.role subject.roles subject.vetting \
        subject.business_need subject.factors subject.authenticated_at device.id device.ownership \
        device.claimed_posture device.posture device.platform device.os_version device.os_supported \
        device.days_since_missed_update device.update_due device.tampered device.compromised \
        device.reported_lost device.compliant device.storage_encrypted device.screen_lock \
        device.secure_boot device.malware_protection device.hardware_attested device.container.product \
        device.container.product_version device.container.assurance device.container.assurance_scheme \
        device.container.assurance_valid_until device.container.encrypted device.container.pin_set \
        device.container.remote_wipe_available device.thin_client.local_storage \
        device.thin_client.clipboard_to_device device.thin_client.drive_mapping \
        device.thin_client.printing evidence.present evidence.trusted evidence.issuer evidence.partner \
        evidence.issued_at evidence.expires_at evidence.bound evidence.contradicted resource.id \
        resource.type resource.exists resource.service resource.owner resource.owner_relationship \
        resource.classification resource.sensitive resource.handling resource.descriptors \
        resource.impact resource.zone resource.contains_supplier_data resource.named_recipients \
        resource.embargo_ends action context.time context.network_path context.country \
        context.emergency.requested context.emergency.account_named context.emergency.device_named \
        context.emergency.location_named context.emergency.window organisation.name \
        organisation.psn_certificate_until organisation.psn_connection organisation.transition_until \
        organisation.extension_until recipient.name recipient.psn_certificate_until \
        recipient.psn_connection";
    let vocabulary = standard(&Limits::default()).unwrap();
    for name in NAMES.split_whitespace() {
        assert!(vocabulary.attribute(name).is_some(), "{name}");
    }
    let action = vocabulary.attribute("action").unwrap();
    let Kind::Enum(words) = &vocabulary[action].kind else { panic!("action is an enum") };
    let actions: Vec<&str> = words.list().iter().map(|word| &**word).collect();
    assert_eq!(
        actions,
        [
            "view",
            "edit",
            "sync",
            "download",
            "print",
            "share",
            "forward-to-personal-account",
            "publish",
            "approve",
            "administer",
            "continue-session"
        ]
    );
}

/// The value that a goal asks for, where it names one; its nearest, where it gives a bound.
fn reach(goal: &Goal, now: Option<Instant>) -> Option<String> {
    let bound = |bounds: &[(&'static str, Value)]| {
        let reached = bounds.iter().find(|(word, _)| *word != "below");
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
        Goal::Any(goals) => goals.iter().find_map(|goal| reach(goal, now)),
        Goal::NoneOf(_) | Goal::Has(..) | Goal::Empty(_) | Goal::Relates(..) | Goal::Known => None,
    }
}

#[test]
fn every_offered_change_really_permits_and_no_part_of_it_does() {
    let mut offered = 0;
    for (name, set, suite) in shipped() {
        let pdp = Pdp::new(&set).unwrap();
        let mut request = pdp.bench_request();
        let mut tried = pdp.bench_request();
        for test in suite.tests.iter().filter(|test| !test.expect.permit) {
            test.state(&mut request).unwrap();
            let decision = pdp.decide(&request);
            let Some(Value::Instant(now)) = request.value("context.time") else { continue };
            for remedy in remedies(&decision) {
                let changes: Option<Vec<(&str, String)>> = remedy
                    .changes
                    .iter()
                    .map(|change| Some((change.attribute, reach(&change.goal, Some(now))?)))
                    .collect();
                let Some(changes) = changes else { continue };
                offered += 1;
                for chosen in 0..1_usize << changes.len() {
                    test.state(&mut tried).unwrap();
                    for (place, (attribute, text)) in changes.iter().enumerate() {
                        if chosen >> place & 1 == 1 {
                            spelled(set.vocabulary(), attribute, text)
                                .state(&mut tried, attribute)
                                .unwrap();
                        }
                    }
                    let whole = chosen + 1 == 1 << changes.len();
                    let permitted = pdp.decide(&tried).is_permit();
                    assert_eq!(
                        permitted, whole,
                        "{name}: {}: {changes:?} chosen {chosen:b}",
                        test.name
                    );
                }
            }
        }
    }
    assert!(offered > 300, "only {offered} changes were offered");
}
