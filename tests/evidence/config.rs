//! The configuration of a verifier is read strictly, with findings at their places.

use super::{path, pdp};
use portcullis::{Code, Limits, Verifier};
use std::collections::BTreeMap;

const KEY: &str = r#"{ "keys": [ { "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" } ] }"#;
const KIND: &str = r#"{ "kind": "ours", "typ": ["ours+jwt"], "attributes": { "device.compliant": { "at": "/ok" } } }"#;
const CONFIG: &str = r#"{ "evidence": "council", "audience": ["us"], "kinds": ["kind.json"],
  "issuers": [ { "issuer": "mdm", "keys": ["keys.json"], "kinds": ["ours"], "max_age": "8h",
                 "may_set": ["device.*"] } ] }"#;

/// What is found in a configuration of these files, in which the first text is replaced by the second.
fn found(file: &str, from: &str, to: &str) -> String {
    let mut files = BTreeMap::from([
        ("evidence.json".to_owned(), CONFIG.to_owned()),
        ("kind.json".to_owned(), KIND.to_owned()),
        ("keys.json".to_owned(), KEY.to_owned()),
    ]);
    let text = files.get_mut(file).unwrap();
    assert!(text.contains(from), "{from}");
    *text = text.replacen(from, to, 1);
    read(files)
}

fn read(files: BTreeMap<String, String>) -> String {
    let files: BTreeMap<String, Vec<u8>> =
        files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    let request = pdp().request();
    match Verifier::read(&files, "evidence.json", request.vocabulary(), &Limits::default()) {
        Ok(_) => String::new(),
        Err(findings) => findings.to_string(),
    }
}

#[test]
fn the_base_of_the_cases_is_valid_and_so_is_the_configuration_of_the_corpus() {
    assert_eq!(found("keys.json", "\"a\"", "\"b\""), "");
    super::verifier();
}

#[test]
fn every_mistake_is_found_at_its_place() {
    let cases: &[(&str, &str, &str, &str)] = &[
        (
            "evidence.json",
            "\"issuers\"",
            "\"isuers\"",
            "evidence.json:1:1: error[P0102]: the configuration has no `issuers`\n  help: add `\"issuers\": …`\nevidence.json:2:3: error[P0101]: unknown key `isuers` in the configuration\n  help: did you mean `issuers`?",
        ),
        (
            "evidence.json",
            "\"max_age\": \"8h\"",
            "\"max_age\": \"0s\"",
            "evidence.json:2:88: error[P0108]: `max_age` is longer than nothing",
        ),
        (
            "evidence.json",
            "\"max_age\": \"8h\",",
            "",
            "evidence.json:2:16: error[P0102]: an issuer has no `max_age`\n  help: add `max_age`",
        ),
        (
            "evidence.json",
            "[\"ours\"]",
            "[\"native\", \"our\"]",
            "evidence.json:2:78: error[P0353]: there is no kind of token `our`\n  help: did you mean `ours`?",
        ),
        (
            "evidence.json",
            "device.*",
            "device.complaint",
            "evidence.json:3:30: error[P0104]: unknown attribute `device.complaint`\n  help: did you mean `device.compliant`?",
        ),
        (
            "evidence.json",
            "\"audience\": [\"us\"],",
            "",
            "evidence.json:2:16: error[P0102]: an issuer has no `audience`\n  help: add `audience`",
        ),
        (
            "evidence.json",
            "\"keys.json\"",
            "\"key.json\"",
            "evidence.json:2:44: error[P0001]: cannot read `key.json`: there is no such file",
        ),
        (
            "evidence.json",
            "\"may_set\"",
            "\"binding\": \"no\", \"may_set\"",
            "evidence.json:3:29: error[P0105]: `no` is not a word of `binding`\n  help: it is one of `required`, `optional`",
        ),
        (
            "evidence.json",
            "\"may_set\"",
            "\"clock_difference\": \"1h\", \"may_set\"",
            "evidence.json:3:38: error[P0401]: `clock_difference` is between 0s and 10m",
        ),
        (
            "evidence.json",
            "\"may_set\"",
            "\"when_unbound\": { \"device.platform\": \"linux\" }, \"may_set\"",
            "evidence.json:3:36: error[P0207]: nothing says which value of `device.platform` is better",
        ),
        (
            "evidence.json",
            "\"may_set\"",
            "\"when_unbound\": { \"device.compliant\": \"yes\" }, \"may_set\"",
            "evidence.json:3:36: error[P0352]: this is no value of `device.compliant`",
        ),
        (
            "evidence.json",
            "} ] }",
            "}, { \"issuer\": \"mdm\", \"keys\": [], \"kinds\": [\"ours\"], \"max_age\": \"1h\", \"may_set\": [\"device.id\"] } ] }",
            "evidence.json:3:45: error[P0109]: there are two issuers `mdm`\nevidence.json:3:72: error[P0110]: an issuer without keys signs nothing",
        ),
        (
            "evidence.json",
            "\"may_set\"",
            "\"about\": [\"idp\"], \"may_set\"",
            "evidence.json:3:28: error[P0105]: `idp` is not a word of `about`\n  help: it is one of `mdm`",
        ),
        (
            "evidence.json",
            "[\"us\"]",
            "[]",
            "evidence.json:1:38: error[P0110]: `audience` is empty",
        ),
        (
            "evidence.json",
            "[\"us\"]",
            "[\"us\", 7]",
            "evidence.json:1:45: error[P0103]: `audience` is text, not a number",
        ),
        (
            "kind.json",
            "device.compliant",
            "device.complaint",
            "kind.json:1:56: error[P0104]: unknown attribute `device.complaint`\n  help: did you mean `device.compliant`?",
        ),
        (
            "kind.json",
            "device.compliant",
            "device.posture",
            "kind.json:1:56: error[P0352]: a mapping cannot set `device.posture`\n  help: mappings set attributes with `\"source\": \"evidence\"`, other than `evidence.*`",
        ),
        (
            "kind.json",
            "device.compliant",
            "evidence.trusted",
            "kind.json:1:56: error[P0352]: a mapping cannot set `evidence.trusted`\n  help: mappings set attributes with `\"source\": \"evidence\"`, other than `evidence.*`",
        ),
        (
            "kind.json",
            "/ok",
            "ok",
            "kind.json:1:84: error[P0108]: `ok` is no place in the claims\n  help: write a JSON Pointer, `/device/id`; `*` stands for every member or item",
        ),
        (
            "kind.json",
            "/ok",
            "/ok/*",
            "kind.json:1:84: error[P0352]: `*` finds many values, and `device.compliant` has one",
        ),
        (
            "kind.json",
            "\"at\": \"/ok\"",
            "\"at\": \"/ok\", \"value\": true",
            "kind.json:1:76: error[P0102]: a mapping gives a `value`, or the claim `at` a place\n  help: keep one of `value` and `at`",
        ),
        (
            "kind.json",
            "\"at\": \"/ok\"",
            "\"value\": \"true\"",
            "kind.json:1:87: error[P0352]: this is no value of `device.compliant`",
        ),
        (
            "kind.json",
            "\"at\": \"/ok\"",
            "\"at\": \"/ok\", \"as\": \"seconds\"",
            "kind.json:1:97: error[P0352]: `device.compliant` is not spelled so",
        ),
        (
            "kind.json",
            "\"at\": \"/ok\"",
            "\"at\": \"/ok\", \"when\": {}",
            "kind.json:1:99: error[P0110]: the condition is empty\n  help: leave `when` out where it always holds",
        ),
        (
            "kind.json",
            "\"at\": \"/ok\"",
            "\"at\": \"/ok\", \"when\": { \"/a\": { \"at_least\": 1, \"not\": 2 } }",
            "kind.json:1:107: error[P0103]: a test has one key, or `at_least` with `at_most`",
        ),
        ("kind.json", "[\"ours+jwt\"]", "[]", "kind.json:1:26: error[P0110]: `typ` is empty"),
        (
            "kind.json",
            "\"typ\"",
            "\"use\": \"notice\", \"device\": [\"/sub\"], \"nonce\": [\"/n\"], \"typ\"",
            "kind.json:1:65: error[P0304]: a notice has no `nonce`\nevidence.json:2:16: error[P0102]: an issuer has no `about`\n  help: add `about`",
        ),
        (
            "kind.json",
            "\"typ\"",
            "\"nonce\": [\"n\"], \"typ\"",
            "kind.json:1:29: error[P0108]: `n` is no place in the claims\n  help: write a JSON Pointer, `/device/id`; `*` stands for every member or item",
        ),
        (
            "kind.json",
            "\"typ\"",
            "\"contradicts\": { \"/a\": 1 }, \"typ\"",
            "kind.json:1:34: error[P0304]: evidence has no `contradicts`",
        ),
        (
            "keys.json",
            "Ed25519\",",
            "Ed448\",",
            "keys.json:1:11: error[P0351]: there is no usable key here\n  help: keys are Ed25519, P-256, P-384 or RSA, for signatures",
        ),
        (
            "keys.json",
            "\"kid\": \"a\"",
            "\"kid\": \"a\", \"use\": \"enc\"",
            "keys.json:1:11: error[P0351]: there is no usable key here\n  help: keys are Ed25519, P-256, P-384 or RSA, for signatures",
        ),
        (
            "keys.json",
            "\"kid\": \"a\"",
            "\"kid\": \"a\", \"alg\": \"ES256\"",
            "keys.json:1:13: error[P0351]: the `alg` does not fit the key",
        ),
        (
            "keys.json",
            "HURo",
            "HUR",
            "keys.json:1:13: error[P0351]: the `x` of an Ed25519 key is 32 bytes in base64url",
        ),
        (
            "keys.json",
            "\"crv\"",
            "\"crv\": \"P-256\", \"crv\"",
            "keys.json:1:45: error[P0006]: the key `crv` is written twice\n  help: it was written first at 1:29; keep one",
        ),
        (
            "keys.json",
            KEY,
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            "keys.json:1:1: error[P0351]: this is no public key in PEM\n  help: write a public key, `-----BEGIN PUBLIC KEY-----`: Ed25519, P-256, P-384 or RSA",
        ),
    ];
    let mut differ = String::new();
    for (file, from, to, expected) in cases {
        let got = found(file, from, to);
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        if sorted(&got) != sorted(expected) {
            differ.push_str(&format!("{file} {to}\n expected {expected:?}\n found    {got:?}\n"));
        }
    }
    assert!(differ.is_empty(), "{differ}");
}

#[test]
fn more_than_four_keys_of_one_name_are_refused() {
    let one = KEY.split_once('[').unwrap().1.rsplit_once(']').unwrap().0;
    let keys = |count: usize| format!("{{ \"keys\": [ {} ] }}", vec![one; count].join(", "));
    assert_eq!(found("keys.json", KEY, &keys(4)), "");
    assert_eq!(
        found("keys.json", KEY, &keys(5)),
        "evidence.json:1:1: error[P0401]: 5 keys have the `kid` `a`; at most 4 may"
    );
}

#[test]
fn weak_keys_are_refused() {
    let rsa = |bytes: usize| {
        format!(
            r#"{{ "keys": [ {{ "kty": "RSA", "alg": "RS256", "e": "AQAB", "n": "{}" }} ] }}"#,
            "_".repeat(bytes * 4 / 3)
        )
    };
    assert_eq!(found("keys.json", KEY, &rsa(258)), "");
    let short = found("keys.json", KEY, &rsa(192));
    assert!(short.contains("an RSA key has 2048 to 8192 bits"), "{short}");
    let secret = r#"{ "keys": [ { "kty": "oct", "k": "c2VjcmV0" } ] }"#;
    // A shared secret is no key at all, unless the configuration wants some.
    assert!(found("keys.json", KEY, secret).contains("there is no usable key here"));
}

#[test]
fn a_configuration_names_the_vocabulary_of_its_policy_set() {
    let pdp = portcullis::Pdp::load("tests/authzen/terms").unwrap();
    let findings = pdp.verifier(path("evidence.json")).unwrap_err();
    assert!(findings.list().iter().all(|finding| finding.code == Code::UnknownAttribute));
}
