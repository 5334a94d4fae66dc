//! What `jsonwebtoken` (11.1, and 9.3 with CVE-2026-25537) lets through with its usual validation is
//! refused here, and nothing of its process-wide state is touched.

use super::{NOW, corpus, instant, laptop, token, verifier};

/// Each row of what was measured of it: what the token is, and the case of the corpus that shows it.
const LET_THROUGH: [(&str, &str, &str); 12] = [
    ("issuer and audience configured, no issuer in the token", "no issuer", "missing-claim"),
    ("issuer and audience configured, no audience in the token", "no audience", "missing-claim"),
    ("the issuer is a number", "the issuer is a number", "malformed-claim"),
    ("iat listed as required, and not there", "no iat", "missing-claim"),
    ("exp of the wrong type, not listed as required", r#"exp written "never""#, "malformed-claim"),
    ("nbf of the wrong type", r#"nbf written "never""#, "malformed-claim"),
    ("nbf in 2100", "not valid before 2100", "not-yet-valid"),
    ("iat in 2100", "issued in 2100", "from-the-future"),
    ("exp a float", "exp written 1772442600.5", "malformed-claim"),
    ("another type of token", "a token of type 'secevent+jwt'", "wrong-kind"),
    ("an unknown critical extension", "crit asks for exp", "unknown-extension"),
    ("within its leeway after exp", "expired within the clock difference", "expired"),
];

#[test]
fn what_the_jwt_crate_lets_through_is_refused() {
    let (corpus, verifier) = (corpus(), verifier());
    for (what, name, expected) in LET_THROUGH {
        let case = corpus.iter().find(|case| case.name() == name);
        let case = case.unwrap_or_else(|| panic!("there is no case `{name}`"));
        let attested = verifier.verify(case.token(), &case.binding(), instant(NOW));
        assert_eq!(attested.reason().as_str(), expected, "{what}");
    }
}

#[test]
fn the_systems_clock_changes_nothing() {
    let (verifier, token) = (verifier(), token("laptop.token"));
    let reason = |at: &str| verifier.verify(&token, &laptop(), instant(at)).reason().as_str();
    for (at, expected) in [
        ("1970-01-01T00:00:00Z", "from-the-future"),
        ("2026-03-02T09:00:00Z", "trusted"),
        ("2026-03-02T10:00:00Z", "expired"),
        ("9999-01-01T00:00:00Z", "expired"),
    ] {
        assert_eq!(reason(at), expected, "{at}");
    }
}

#[test]
fn no_provider_is_installed_for_the_process() {
    verifier().verify(&token("laptop.token"), &laptop(), instant(NOW));
    // The crate has no backend; its first use of one would panic, and there is none to use.
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--features", "evidence", "--edges", "normal"])
        .args(["--format", "{p} {f}", "--prefix", "none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let line = tree.lines().find(|line| line.starts_with("jsonwebtoken ")).unwrap();
    assert!(!line.contains("aws_lc_rs") && !line.contains("rust_crypto"), "{line}");
    for backend in ["aws-lc-rs ", "p256 ", "rsa ", "ed25519-dalek "] {
        assert!(!tree.lines().any(|line| line.starts_with(backend)), "{backend}");
    }
}
