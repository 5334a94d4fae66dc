//! Files as what a verifier is given: `token` as it stands; `claims` under a signature that holds,
//! with the type of `typ`; and `kind.json`, a mapping of one's own named `fuzz`.

use super::archive::{check_errors, unpack};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis::{Attested, Binding, Instant, Limits, Verifier, Vocabulary, standard};
use ring::hmac;
use std::collections::BTreeMap;

const SECRET: &[u8; 32] = b"the secret of this fuzz target..";

/// Two issuers: one whose tokens name it and us, and one whose tokens name nobody.
fn config(kinds: &str, own: &str) -> String {
    let issuer = |name: &str, rest: &str| {
        format!(
            r#"{{ "issuer": "{name}", {rest} "keys": ["{name}.json"], "shared_secrets": true,
                  "kinds": [{kinds}{own}], "max_age": "1h", "binding": "optional",
                  "may_set": ["device.*"], "when_unbound": {{ "device.compliant": false }} }}"#
        )
    };
    let own = if own.is_empty() { "" } else { r#""kinds": ["kind.json"],"# };
    let named = issuer("named", "\"audience\": [\"us\"],");
    let unnamed = issuer("unnamed", "\"iss\": null, \"audience\": null,");
    format!(r#"{{ "evidence": "fuzz", {own} "issuers": [{named}, {unnamed}] }}"#)
}

const SHIPPED: &str = r#""native", "eat", "ear", "ear-dotted", "entra", "play-integrity",
    "caep-device-compliance-change", "caep-session-revoked", "caep-risk-level-change""#;

thread_local! {
    static VOCABULARY: Vocabulary = standard(&Limits::default()).unwrap();
}

type Files = BTreeMap<String, Vec<u8>>;

fn configured(files: &Files) -> Result<Verifier, portcullis::Findings> {
    VOCABULARY
        .with(|vocabulary| Verifier::read(files, "evidence.json", vocabulary, &Limits::default()))
}

/// The files of a verifier of the two issuers.
pub(super) fn config_files(kind: Option<&Vec<u8>>) -> Files {
    let keys = |kid: &str| {
        let secret = URL_SAFE_NO_PAD.encode(SECRET);
        format!(r#"{{ "keys": [ {{ "kty": "oct", "kid": "{kid}", "k": "{secret}" }} ] }}"#)
    };
    let own = if kind.is_some() { ", \"fuzz\"" } else { "" };
    let mut files = Files::from([
        ("evidence.json".to_owned(), config(SHIPPED, own).into_bytes()),
        ("named.json".to_owned(), keys("named").into_bytes()),
        ("unnamed.json".to_owned(), keys("unnamed").into_bytes()),
    ]);
    files.extend(kind.map(|kind| ("kind.json".to_owned(), kind.clone())));
    files
}

pub fn evidence(data: &[u8]) {
    let given = unpack(data);
    let own = config_files(given.get("kind.json"));
    let verifier = configured(&own).unwrap_or_else(|findings| {
        check_errors(&own, &findings);
        configured(&config_files(None)).unwrap()
    });
    let text = |name: &str| {
        let bytes = given.get(name).map_or(&b""[..], |bytes| bytes.trim_ascii());
        String::from_utf8_lossy(bytes).into_owned()
    };
    if let Some(token) = given.get("token") {
        // Nobody but this function knows the secret.
        assert!(!believed(&verifier, token));
    }
    let Some(claims) = given.get("claims") else { return };
    for kid in ["named", "unnamed"] {
        let token = sign(&text("typ"), kid, claims);
        let is_believed = believed(&verifier, token.as_bytes());
        let mut changed = token.clone().into_bytes();
        *changed.last_mut().unwrap() ^= 1;
        assert!(!believed(&verifier, &changed), "a changed signature is believed");
        let noticed = verifier.notice(token.as_bytes(), now());
        assert!(!(is_believed && noticed.changed()), "posture and notice at once");
    }
    let saved = verifier.notices();
    let other = configured(&own).unwrap_or_else(|_| configured(&config_files(None)).unwrap());
    other.restore_notices(saved.as_bytes()).unwrap();
    assert_eq!(other.notices(), saved);
}

pub(super) fn now() -> Instant {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// Whether a token is believed; the same when it is remembered, and when it is accounted for.
fn believed(verifier: &Verifier, token: &[u8]) -> bool {
    let spelled = |attested: &Attested| -> Vec<String> {
        attested.values().map(|(name, value)| format!("{name}={value}")).collect()
    };
    let verify = || verifier.verify(token, &Binding::none(), now());
    let (first, second) = (verify(), verify());
    let account = verifier.account(token, &Binding::none(), now());
    assert_eq!(spelled(&first), spelled(&second));
    assert_eq!(spelled(&first), spelled(&account.attested));
    assert_eq!(first.reason(), account.attested.reason());
    assert!(first.is_trusted() || spelled(&first).len() == 2, "{:?}", spelled(&first));
    // No token repeats what nobody was told.
    let challenged = Binding::none().with_nonce("a nonce that no input holds");
    assert!(!verifier.verify(token, &challenged, now()).is_trusted());
    first.is_trusted()
}

pub(super) fn sign(typ: &str, kid: &str, claims: &[u8]) -> String {
    let header = serde_json::json!({ "alg": "HS256", "typ": typ, "kid": kid }).to_string();
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims.trim_ascii())
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()));
    format!("{message}.{signature}")
}
