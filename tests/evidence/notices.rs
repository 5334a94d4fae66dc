//! Notices of change contradict earlier evidence, and nothing else.

use super::{NOW, held, instant, laptop, path, pdp, token, verifier};
use portcullis::{Folder, Limits, Pdp, Request, Verifier};
use serde_json::Value as Json;

fn request(pdp: &Pdp, verifier: &Verifier) -> Request {
    let mut request = pdp.request();
    request.set("action", "view").set("subject.factors", 2).at(instant(NOW));
    request.attest(&verifier.verify(&token("laptop.token"), &laptop(), instant(NOW)));
    request
}

fn contradicted(verifier: &Verifier) -> bool {
    verifier.verify(&token("laptop.token"), &laptop(), instant(NOW)).is_contradicted()
}

/// Whether the notice changed anything.
fn give(verifier: &Verifier, name: &str) -> bool {
    let noticed = verifier.notice(&token(name), instant(NOW));
    assert_eq!(noticed.reason().as_str(), "trusted");
    noticed.changed()
}

#[test]
fn a_notice_newer_than_the_evidence_contradicts_it_though_it_is_remembered() {
    let (pdp, verifier) = (pdp(), verifier());
    let before = request(&pdp, &verifier);
    assert_eq!(held(&before, "device.posture"), "managed");
    assert!(give(&verifier, "notice.token"));
    let after = request(&pdp, &verifier);
    assert_eq!(held(&after, "evidence.contradicted"), true);
    assert_eq!(held(&after, "device.compliant"), false);
    assert_eq!(held(&after, "device.posture"), "unmanaged");
}

#[test]
fn a_notice_names_its_device_and_another_device_is_not_touched() {
    let verifier = verifier();
    let noticed = verifier.notice(&token("notice.token"), instant(NOW));
    assert_eq!(noticed.device(), Some("LAPTOP-7"));
    let text = std::fs::read_to_string(path("many.tokens")).unwrap();
    let other = text.lines().next().unwrap();
    let attested = verifier.verify(other.as_bytes(), &laptop(), instant(NOW));
    assert!(attested.is_trusted() && !attested.is_contradicted());
}

#[test]
fn a_notice_about_a_tenant_contradicts_every_device_of_its_issuer() {
    let verifier = verifier();
    assert!(!contradicted(&verifier));
    assert!(give(&verifier, "tenant.token"));
    assert!(contradicted(&verifier));
    // Evidence of other issuers is not what it is about.
    let phone = verifier.verify(&token("phone.token"), &laptop(), instant(NOW));
    assert!(phone.is_trusted() && !phone.is_contradicted());
}

#[test]
fn notices_count_by_when_it_happened_and_not_by_when_they_came() {
    let verifier = verifier();
    assert!(give(&verifier, "recovered.token"));
    // It happened before the recovery.
    assert!(!give(&verifier, "notice.token"));
    assert!(!contradicted(&verifier));
    let verifier = super::verifier();
    assert!(give(&verifier, "notice.token"));
    assert!(contradicted(&verifier));
    assert!(give(&verifier, "recovered.token"));
    assert!(!contradicted(&verifier));
    // A replay of the bad news is no news.
    assert!(!give(&verifier, "notice.token"));
    assert!(!contradicted(&verifier));
}

#[test]
fn good_news_of_one_kind_does_not_take_back_bad_news_of_another() {
    let verifier = verifier();
    assert!(give(&verifier, "revoked.token"));
    assert!(give(&verifier, "recovered.token"));
    assert!(contradicted(&verifier));
}

#[test]
fn good_news_of_another_issuers_device_does_not_take_back_bad_news_of_one_of_the_same_name() {
    let verifier = verifier();
    assert!(give(&verifier, "notice.token"));
    assert!(give(&verifier, "tee-recovered.token"));
    assert!(contradicted(&verifier));
}

#[test]
fn a_notice_in_its_senders_own_names_is_about_devices_of_every_issuer_that_it_speaks_of() {
    let verifier = verifier();
    assert!(give(&verifier, "own-name.token"));
    assert!(contradicted(&verifier));
    // So that good news of one of them does not take it back from the other.
    assert!(give(&verifier, "tee-recovered.token"));
    assert!(contradicted(&verifier));
}

#[test]
fn a_notice_of_compromise_ends_open_sessions() {
    let pdp = Pdp::load("policies/council").unwrap();
    let verifier = pdp.verifier(path("evidence.json")).unwrap();
    let ends = |verifier: &Verifier| {
        let mut request = request(&pdp, verifier);
        request.set("action", "continue-session");
        let decision = pdp.decide(&request);
        let obligations: Vec<String> =
            decision.obligations().map(|obligation| obligation.name().to_owned()).collect();
        !decision.is_permit() && obligations.iter().any(|name| name == "terminate-sessions")
    };
    assert!(!ends(&verifier));
    assert!(give(&verifier, "risk.token"));
    assert!(ends(&verifier));
    assert_eq!(held(&request(&pdp, &verifier), "device.compromised"), true);
}

#[test]
fn notices_outlive_the_verifier_that_held_them() {
    let (pdp, first) = (pdp(), verifier());
    give(&first, "notice.token");
    give(&first, "tenant.token");
    give(&first, "risk.token");
    let saved = first.notices();
    let second = verifier();
    // Each is about the devices of two issuers.
    assert_eq!(second.restore_notices(saved.as_bytes()).unwrap(), 4);
    assert_eq!(second.notices(), saved);
    let request = request(&pdp, &second);
    assert_eq!(held(&request, "evidence.contradicted"), true);
    assert_eq!(held(&request, "device.compliant"), false);
    assert_eq!(held(&request, "device.compromised"), true);
}

#[test]
fn notices_that_cannot_be_read_are_refused_whole() {
    let verifier = verifier();
    give(&verifier, "notice.token");
    let saved: Json = serde_json::from_str(&verifier.notices()).unwrap();
    let second = super::verifier();
    let with = |key: &str, value: Json| {
        let mut notices = saved.clone();
        let all = notices["notices"].as_array_mut().unwrap();
        let mut other = all[0].clone();
        other[key] = value;
        all.push(other);
        notices.to_string()
    };
    for (key, value) in [
        ("at", Json::from("yesterday")),
        ("contradicts", Json::from("yes")),
        ("device", Json::from(7)),
        ("surprise", Json::Null),
        ("values", serde_json::json!({ "device.compliant": "no" })),
    ] {
        assert!(second.restore_notices(with(key, value).as_bytes()).is_err(), "{key}");
    }
    assert_eq!(second.notices(), r#"{"notices":[]}"#);
}

#[test]
fn when_there_is_no_room_for_more_devices_what_is_forgotten_counts_against_all() {
    let mut limits = Limits::default();
    limits.devices_with_notices = 0;
    let vocabulary = pdp().request();
    let folder = Folder::new(path(""));
    let verifier =
        Verifier::read(&folder, "evidence.json", vocabulary.vocabulary(), &limits).unwrap();
    assert!(!contradicted(&verifier));
    give(&verifier, "notice.token");
    // Of any device of that issuer, evidence from before the forgotten notice.
    let text = std::fs::read_to_string(path("many.tokens")).unwrap();
    let other = text.lines().next().unwrap();
    assert!(verifier.verify(other.as_bytes(), &laptop(), instant(NOW)).is_contradicted());
    let phone = verifier.verify(&token("phone.token"), &laptop(), instant(NOW));
    assert!(!phone.is_contradicted());
}

#[test]
fn a_notice_about_a_token_inside_another_contradicts_the_whole() {
    let verifier = verifier();
    let nested = || verifier.verify(&token("nested.token"), &laptop(), instant(NOW));
    assert!(nested().is_trusted() && !nested().is_contradicted());
    assert!(give(&verifier, "tee-revoked.token"));
    assert!(nested().is_trusted() && nested().is_contradicted());
}

#[test]
fn no_more_devices_are_held_than_may_be_whichever_issuers_they_are_of() {
    let mut limits = Limits::default();
    limits.devices_with_notices = 1;
    let (request, folder) = (pdp().request(), Folder::new(path("")));
    let verifier = Verifier::read(&folder, "evidence.json", request.vocabulary(), &limits).unwrap();
    // Its sender reports about the devices of two issuers.
    give(&verifier, "notice.token");
    give(&verifier, "tee-revoked.token");
    let held: Json = serde_json::from_str(&verifier.notices()).unwrap();
    let of_devices = held["notices"].as_array().unwrap().iter();
    assert_eq!(of_devices.filter(|notice| !notice["device"].is_null()).count(), 1);
    // What is forgotten counts against all of its issuer.
    assert!(contradicted(&verifier));
}

#[test]
fn restored_notices_set_nothing_that_their_sender_may_not_set_any_more() {
    let (pdp, first) = (pdp(), verifier());
    give(&first, "notice.token");
    let text = std::fs::read_to_string(path("evidence.json")).unwrap();
    let narrower = text.replace(
        r#""may_set": ["device.compliant", "device.compromised"]"#,
        r#""may_set": ["device.compromised"]"#,
    );
    assert_ne!(text, narrower);
    let mut files =
        std::collections::BTreeMap::from([("evidence.json".to_owned(), narrower.into_bytes())]);
    for entry in std::fs::read_dir(path("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".jwks.json") || name.ends_with(".pem") {
            files.insert(name.clone(), std::fs::read(path(&name)).unwrap());
        }
    }
    let request = pdp.request();
    let second =
        Verifier::read(&files, "evidence.json", request.vocabulary(), &Limits::default()).unwrap();
    assert_eq!(second.restore_notices(first.notices().as_bytes()).unwrap(), 1);
    let attested = second.verify(&token("laptop.token"), &laptop(), instant(NOW));
    assert!(attested.is_contradicted());
    let compliant: Vec<String> = attested
        .values()
        .filter(|(name, _)| *name == "device.compliant")
        .map(|(_, value)| value.to_string())
        .collect();
    assert_eq!(compliant, ["true"]);
}
