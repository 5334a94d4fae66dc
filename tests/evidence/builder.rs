//! A configuration that is built in Rust is the one that is read, and is as strict.

use super::{NOW, corpus, instant, laptop, path, pdp, token};
use portcullis::{
    EvidenceConfig, Findings, Folder, Issuer, Limits, RsaAlgorithm, Verifier, standard,
};
use std::collections::BTreeMap;

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

/// What `tests/evidence/evidence.json` says.
fn built() -> EvidenceConfig {
    let hour = || "1h".parse().unwrap();
    let idp_kinds =
        ["caep-device-compliance-change", "caep-session-revoked", "caep-risk-level-change"];
    EvidenceConfig::new("tests")
        .audience(["https://vpn.council.example"])
        .issuer(
            Issuer::new("https://mdm.council.example")
                .keys(bytes("mdm.jwks.json"))
                .kinds(["native"])
                .max_age("8h".parse().unwrap())
                .may_set(["device.*"]),
        )
        .issuer(
            Issuer::new("https://partner.example")
                .key("partner", bytes("partner.pem"))
                .kinds(["native"])
                .max_age(hour())
                .with_binding_optional()
                .partner(["finance"])
                .may_set(["device.id", "device.claimed_posture", "device.compliant"])
                .when_unbound("device.claimed_posture", "containerised"),
        )
        .issuer(
            Issuer::new("veraison")
                .without_iss()
                .without_audience()
                .keys(bytes("veraison.jwks.json"))
                .kinds(["ear", "ear-dotted"])
                .max_age(hour())
                .with_binding_optional()
                .may_set(["device.*"]),
        )
        .issuer(
            Issuer::new("https://eat.example")
                .keys(bytes("eat.jwks.json"))
                .kinds(["eat"])
                .max_age(hour())
                .with_binding_optional()
                .may_set(["device.*"]),
        )
        .issuer(
            Issuer::new("https://tee.example")
                .without_audience()
                .keys(bytes("tee.jwks.json"))
                .kinds(["eat"])
                .max_age(hour())
                .with_binding_optional()
                .may_set(["device.*"])
                .only_nested(),
        )
        .issuer(
            Issuer::new("https://strict-tee.example")
                .without_audience()
                .keys(bytes("strict-tee.jwks.json"))
                .kinds(["eat"])
                .max_age(hour())
                .may_set(["device.*"])
                .only_nested(),
        )
        .issuer(
            Issuer::new("https://capped-tee.example")
                .without_audience()
                .keys(bytes("capped-tee.jwks.json"))
                .kinds(["eat"])
                .max_age(hour())
                .with_binding_optional()
                .may_set(["device.*"])
                .when_unbound("device.storage_encrypted", false)
                .only_nested(),
        )
        .issuer(
            Issuer::new("https://idp.example")
                .keys(bytes("idp.jwks.json"))
                .about(["https://mdm.council.example", "https://tee.example"])
                .kinds(idp_kinds)
                .may_set(["device.compliant", "device.compromised"]),
        )
        .issuer(
            Issuer::new("https://play.example")
                .keys(bytes("play.jwks.json"))
                .kinds(["play-integrity"])
                .max_age(hour())
                .with_binding_optional()
                .may_set(["device.*"]),
        )
        .issuer(
            Issuer::new("https://login.example")
                .key("entra", bytes("entra.pem"))
                .rsa_algorithm(RsaAlgorithm::Rs256)
                .kinds(["entra"])
                .max_age("24h".parse().unwrap())
                .with_binding_optional()
                .may_set(["device.id", "device.claimed_posture", "device.compliant"]),
        )
        .issuer(
            Issuer::new("https://hmac.example")
                .keys(bytes("shared.jwks.json"))
                .with_shared_secrets()
                .kinds(["native"])
                .max_age(hour())
                .with_binding_optional()
                .may_set(["device.*"]),
        )
}

fn refused(config: &EvidenceConfig) -> Findings {
    pdp().verifier_from(config).unwrap_err()
}

/// What is found in one issuer, as lines without their places.
fn found(issuer: Issuer) -> Vec<String> {
    let config = EvidenceConfig::new("c").audience(["us"]).issuer(issuer);
    let findings = refused(&config);
    findings.list().iter().map(|finding| format!("{}: {}", finding.code, finding.message)).collect()
}

/// An issuer in which nothing is wrong.
fn good() -> Issuer {
    Issuer::new("mdm")
        .keys(bytes("mdm.jwks.json"))
        .kinds(["native"])
        .max_age("8h".parse().unwrap())
        .may_set(["device.*"])
}

#[test]
fn a_configuration_built_is_the_configuration_read() {
    let read =
        EvidenceConfig::read(&Folder::new(path("")), "evidence.json", &Limits::default()).unwrap();
    assert_eq!(built(), read);
    assert_ne!(built().clock_difference("1s".parse().unwrap()), read);
    assert_ne!(built().issuer(good()), read);
}

#[test]
fn a_verifier_that_was_built_judges_the_corpus_as_one_that_was_read() {
    let (pdp, config) = (pdp(), built());
    let (built, read) = (pdp.verifier_from(&config).unwrap(), super::verifier());
    for case in corpus().iter().filter(|case| case.text("offered").is_none()) {
        let by = |verifier: &Verifier| super::attested_by(verifier, case).reason();
        assert_eq!(by(&built), by(&read), "{}", case.name());
    }
    // And forgets, and keeps its notices, when it is told anew.
    pdp.reload_verifier_from(&built, &EvidenceConfig::new("c").audience(["us"]).issuer(good()))
        .unwrap();
    let attested = built.verify(&token("laptop.token"), &laptop(), instant(NOW));
    assert_eq!(attested.reason().as_str(), "wrong-issuer");
}

#[test]
fn a_finding_names_the_line_of_the_code_that_says_what_is_wrong() {
    let line = line!() + 1;
    let issuer = good().may_set(["device.complaint"]);
    let findings = refused(&EvidenceConfig::new("c").audience(["us"]).issuer(issuer));
    let [finding] = findings.list() else { panic!("{findings}") };
    assert_eq!(finding.file, file!());
    assert_eq!((finding.at.line, finding.at.column), (line.try_into().unwrap(), 25));
    assert_eq!(finding.message, "unknown attribute `device.complaint`");
    assert_eq!(finding.help.as_deref(), Some("did you mean `device.compliant`?"));
}

#[test]
fn what_an_issuer_leaves_out_is_found_as_in_a_file() {
    assert_eq!(
        found(Issuer::new("mdm")),
        [
            "P0102: an issuer has no `kinds`",
            "P0102: an issuer has no `keys`",
            "P0102: an issuer has no `may_set`",
        ]
    );
    let file = br#"{ "evidence": "c", "audience": ["us"], "issuers": [ { "issuer": "mdm" } ] }"#;
    let files = BTreeMap::from([("evidence.json".to_owned(), file.to_vec())]);
    let vocabulary = standard(&Limits::default()).unwrap();
    let read = Verifier::read(&files, "evidence.json", &vocabulary, &Limits::default());
    let read: Vec<String> = read
        .unwrap_err()
        .list()
        .iter()
        .map(|finding| format!("{}: {}", finding.code, finding.message))
        .collect();
    assert_eq!(read, found(Issuer::new("mdm")));
}

#[test]
fn every_mistake_of_an_issuer_is_found() {
    let seconds = |text: &str| text.parse().unwrap();
    let cases: Vec<(Issuer, &str)> = vec![
        (good().kinds(["natve"]), "P0353: there is no kind of token `natve`"),
        (good().kinds(Vec::<String>::new()), "P0110: `kinds` is empty"),
        (good().audience(Vec::<String>::new()), "P0110: `audience` is empty"),
        (good().partner(Vec::<String>::new()), "P0110: `partner` is empty"),
        (good().max_age(seconds("0s")), "P0108: `max_age` is longer than nothing"),
        (good().max_age(seconds("-1h")), "P0108: `max_age` is longer than nothing"),
        (
            good().clock_difference(seconds("601s")),
            "P0401: `clock_difference` is between 0s and 10m",
        ),
        (
            good().clock_difference(seconds("-1s")),
            "P0401: `clock_difference` is between 0s and 10m",
        ),
        (good().kinds(["caep-session-revoked"]), "P0102: an issuer has no `about`"),
        (good().about(["idp"]), "P0105: `idp` is not a word of `about`"),
        (
            good().when_unbound("device.platform", "linux"),
            "P0207: nothing says which value of `device.platform` is better",
        ),
        (
            good().when_unbound("device.compliant", "yes"),
            "P0352: this is no value of `device.compliant`",
        ),
        (
            good().when_unbound("device.complaint", true),
            "P0104: unknown attribute `device.complaint`",
        ),
        (good().keys(bytes("shared.jwks.json")), "P0351: there is no usable key here"),
        (good().keys("no key"), "P0002: expected ident"),
        (good().key("k", "-----BEGIN PUBLIC KEY-----\n"), "P0351: this is no public key in PEM"),
        (
            good().key("entra", bytes("entra.pem")),
            "P0351: an RSA key in PEM needs `alg` beside it: RS256 or PS256",
        ),
    ];
    for (issuer, expected) in cases {
        assert_eq!(found(issuer), [expected]);
    }
}

#[test]
fn a_configuration_as_a_whole_is_checked() {
    let messages = |config: &EvidenceConfig| {
        let found = refused(config);
        found.list().iter().map(|finding| finding.message.clone()).collect::<Vec<String>>()
    };
    let config = || EvidenceConfig::new("c").audience(["us"]);
    assert_eq!(messages(&config()), ["nobody's word counts: no issuers"]);
    assert_eq!(messages(&EvidenceConfig::new("c").issuer(good())), ["an issuer has no `audience`"]);
    let twice = config().issuer(good()).issuer(good().keys(bytes("eat.jwks.json")));
    assert_eq!(messages(&twice), ["there are two issuers `mdm`"]);
    let kind = r#"{ "kind": "ours", "typ": ["ours+jwt"], "attributes": { "device.complaint": { "at": "/ok" } } }"#;
    let findings = refused(&config().kind("ours.json", kind).issuer(good()));
    assert_eq!(
        findings.to_string(),
        "ours.json:1:56: error[P0104]: unknown attribute `device.complaint`\n  help: did you mean `device.compliant`?"
    );
    let many = (0..5).fold(good(), |issuer, _| issuer.keys(bytes("eat.jwks.json")));
    assert_eq!(messages(&config().issuer(many)), ["5 keys have the `kid` `eat`; at most 4 may"]);
}

#[test]
fn a_kind_of_ones_own_is_given_as_the_text_of_its_file() {
    let kind = r#"{ "kind": "ours", "typ": ["portcullis-posture+jwt"], "attributes": { "device.id": { "at": "/jti" } } }"#;
    let issuer = Issuer::new("https://mdm.council.example")
        .keys(bytes("mdm.jwks.json"))
        .kinds(["ours"])
        .max_age("8h".parse().unwrap())
        .may_set(["device.id"]);
    let config = EvidenceConfig::new("c")
        .audience(["https://vpn.council.example"])
        .kind("ours.json", kind)
        .issuer(issuer);
    let verifier = pdp().verifier_from(&config).unwrap();
    let attested = verifier.verify(&token("laptop.token"), &laptop(), instant(NOW));
    let id = attested.values().find(|(name, _)| *name == "device.id").unwrap().1.to_string();
    assert_eq!((attested.reason().as_str(), id.as_str()), ("trusted", "t-1"));
}
