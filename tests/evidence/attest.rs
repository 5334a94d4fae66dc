//! What a request holds of evidence, and what a decision makes of it.

use super::{NOW, held, instant, laptop, path, pdp, token, verifier};
use portcullis::{Attested, Binding, Limits, Pdp, PolicySet, Request, Verifier};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// A verifier of unbound posture by two issuers with one key each.
struct Two {
    verifier: Verifier,
}

fn attested(name: &str, binding: &Binding) -> Attested {
    verifier().verify(&token(name), binding, instant(NOW))
}

fn asked(request: &mut Request) -> &mut Request {
    request
        .reset()
        .set("action", "view")
        .set("resource.classification", "OFFICIAL")
        .set("resource.service", "intranet")
        .set("subject.factors", 2)
        .at(instant(NOW))
}

#[test]
fn what_a_gateway_cannot_state_evidence_sets_and_derived_attributes_follow() {
    let pdp = pdp();
    let mut request = pdp.request();
    asked(&mut request).set("device.claimed_posture", "managed").set("evidence.trusted", true);
    assert_eq!(held(&request, "device.posture"), "unmanaged");
    request.attest(&attested("laptop.token", &laptop()));
    assert_eq!(held(&request, "device.claimed_posture"), "managed");
    assert_eq!(held(&request, "evidence.issuer"), "https://mdm.council.example");
    assert_eq!(held(&request, "evidence.issued_at"), "2026-03-02T08:59:00Z");
    assert_eq!(held(&request, "evidence.expires_at"), "2026-03-02T10:00:00Z");
    assert_eq!(held(&request, "evidence.partner"), json!([]));
    assert_eq!(held(&request, "evidence.believable"), true);
    assert_eq!(held(&request, "device.posture"), "managed");
    assert_eq!(held(request.reset(), "device.claimed_posture"), Json::Null);
}

#[test]
fn a_gateway_cannot_take_back_what_evidence_set() {
    let pdp = pdp();
    let mut request = pdp.request();
    request.attest(&Attested::absent());
    request.set("evidence.present", true).unset("evidence.trusted");
    assert_eq!(held(&request, "evidence.present"), false);
    assert_eq!(held(&request, "evidence.trusted"), false);
}

#[test]
fn no_evidence_is_present_false_and_nothing_else() {
    let absent = Attested::absent();
    assert_eq!(absent.reason().as_str(), "absent");
    let values: Vec<String> =
        absent.values().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(values, ["evidence.present=false", "evidence.trusted=false"]);
}

#[test]
fn evidence_sets_no_attribute_that_the_host_states() {
    let set = |source: &str| {
        let vocabulary = format!(
            r#"{{ "vocabulary": "v", "attributes": {{
                "device.compliant": {{ "type": "bool", "better": true, "source": "{source}" }},
                "action": {{ "type": "string" }} }} }}"#
        );
        BTreeMap::from([
            ("policy-set.json".to_owned(), br#"{ "policy_set": "s", "vocabulary": "v.json", "policies": ["p.json"] }"#.to_vec()),
            ("v.json".to_owned(), vocabulary.into_bytes()),
            ("p.json".to_owned(), br#"{ "policy": "p", "owner": "o", "rules": [ { "id": "r", "effect": "permit", "when": { "device.compliant": true }, "because": "b" } ] }"#.to_vec()),
        ])
    };
    let read = |source| PolicySet::read(&set(source), &Limits::default()).unwrap();
    let pdp = Pdp::new(&read("evidence")).unwrap();
    let mut request = pdp.request();
    request.attest(&attested("laptop.token", &laptop()));
    assert!(pdp.decide(&request).is_permit());
    // What was attested is carried into another set, unless there the host states it.
    pdp.replace(&read("evidence")).unwrap();
    assert!(pdp.decide(&request).is_permit());
    pdp.replace(&read("host")).unwrap();
    assert!(!pdp.decide(&request).is_permit());
    let mut of_host = pdp.request();
    of_host.attest(&attested("laptop.token", &laptop()));
    assert!(!pdp.decide(&of_host).is_permit());
}

impl Two {
    /// Tokens of two signers that state these claims of one device.
    fn new() -> Self {
        Self { verifier: verifier() }
    }

    fn attest(&self, request: &mut Request, names: &[&str]) {
        let case = |name: &str| {
            let file = path("corpus").join(format!("{name}.json"));
            let json: Json = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            json["token"].as_str().unwrap().to_owned()
        };
        for name in names {
            let token = case(name);
            request.attest(&self.verifier.verify(token.as_bytes(), &Binding::none(), instant(NOW)));
        }
    }
}

#[test]
fn of_two_tokens_the_worse_value_counts_in_either_order() {
    let (pdp, two) = (pdp(), Two::new());
    let good = "a-measurement-of-success";
    let fails = "a-measurement-of-fail";
    for names in [[good, fails], [fails, good]] {
        let mut request = pdp.request();
        two.attest(&mut request, &names);
        assert_eq!(held(&request, "device.storage_encrypted"), false, "{names:?}");
        assert_eq!(held(&request, "evidence.trusted"), true);
    }
}

#[test]
fn no_opinion_is_not_good_and_takes_nothing_from_another_tokens_word() {
    let (pdp, two) = (pdp(), Two::new());
    let mut request = pdp.request();
    two.attest(&mut request, &["a-measurement-of-not-run"]);
    assert_eq!(held(&request, "device.storage_encrypted"), Json::Null);
    two.attest(&mut request, &["a-measurement-of-success"]);
    assert_eq!(held(&request, "device.storage_encrypted"), true);
}

#[test]
fn of_values_that_do_not_compare_neither_counts() {
    let (pdp, two) = (pdp(), Two::new());
    let mut request = pdp.request();
    // Two issuers, two devices.
    two.attest(&mut request, &["the-token-of-rfc-9711-is-believed"]);
    assert_eq!(held(&request, "device.id"), "AZj1Ck_2wFhhyIYNE6Y4");
    assert_eq!(held(&request, "evidence.issuer"), "https://eat.example");
    two.attest(&mut request, &["a-strong-verdict-of-play-integrity-is-believed"]);
    assert_eq!(held(&request, "device.id"), Json::Null);
    assert_eq!(held(&request, "evidence.issuer"), Json::Null);
    // A third word for it does not settle it.
    two.attest(&mut request, &["the-token-of-rfc-9711-is-believed"]);
    assert_eq!(held(&request, "device.id"), Json::Null);
    // The earlier of the ends counts.
    assert_eq!(held(&request, "evidence.issued_at"), "2026-03-02T08:59:00Z");
    assert_eq!(held(&request, "evidence.expires_at"), "2026-03-02T09:10:00Z");
}

#[test]
fn a_token_that_is_not_believed_spoils_one_that_is() {
    let pdp = pdp();
    let bad = verifier().verify(b"x", &Binding::none(), instant(NOW));
    assert_eq!(bad.reason().as_str(), "not-compact");
    let good = attested("laptop.token", &laptop());
    for pair in [[&good, &bad], [&bad, &good]] {
        let mut request = pdp.request();
        asked(&mut request);
        for attested in pair {
            request.attest(attested);
        }
        assert_eq!(held(&request, "evidence.trusted"), false);
        assert_eq!(held(&request, "device.posture"), "unmanaged");
    }
}

#[test]
fn a_refusal_for_want_of_evidence_becomes_a_permit_with_it() {
    let pdp = Pdp::load("policies/quickstart").unwrap();
    let mut request = pdp.request();
    request
        .set("action", "view")
        .set("resource.classification", "OFFICIAL")
        .set("resource.sensitive", false);
    request.set("subject.factors", 2).at(instant(NOW));
    assert!(!pdp.decide(&request).is_permit());
    request.attest(&attested("laptop.token", &Binding::none()));
    assert!(!pdp.decide(&request).is_permit());
    request.reset().set("action", "view").set("resource.classification", "OFFICIAL");
    request.set("resource.sensitive", false).set("subject.factors", 2).at(instant(NOW));
    request.attest(&attested("laptop.token", &laptop()));
    assert!(pdp.decide(&request).is_permit());
}
