//! Evidence: what is believed, what is not, and with which reason.
//!
//! `tests/evidence/corpus` holds one token a file, each with the reason that it must earn and, where
//! it is believed, values that it must attest. `tests/evidence/generate.py` wrote them once.

#![cfg(feature = "evidence")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "evidence/attest.rs"]
mod attest;
#[path = "evidence/builder.rs"]
mod builder;
#[path = "evidence/config.rs"]
mod config;
mod counting;
#[path = "evidence/jwt_crate.rs"]
mod jwt_crate;
#[path = "evidence/memory.rs"]
mod memory;
#[path = "evidence/notices.rs"]
mod notices;
#[path = "evidence/vectors.rs"]
mod vectors;

use portcullis::{Attested, Binding, EvidenceReason, Instant, Pdp, Request, Verifier};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The instant at which the corpus is verified, unless a case says otherwise.
const NOW: &str = "2026-03-02T09:00:00Z";

fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evidence").join(name)
}

fn token(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap().trim_ascii().to_vec()
}

/// A handle on the set that the tests decide by.
fn pdp() -> Pdp {
    Pdp::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/solihull-2013")).unwrap()
}

fn verifier() -> Verifier {
    pdp().verifier(path("evidence.json")).unwrap()
}

fn thumbprint(text: &str) -> [u8; 32] {
    Binding::thumbprint(text).unwrap()
}

/// The connection of LAPTOP-7.
fn laptop() -> Binding {
    Binding::none()
        .with_certificate(Binding::certificate_thumbprint(b"the certificate of LAPTOP-7"))
}

/// One case of the corpus.
struct Case {
    json: Json,
}

impl Case {
    fn text(&self, key: &str) -> Option<&str> {
        self.json[key].as_str()
    }

    fn name(&self) -> &str {
        self.text("name").unwrap()
    }

    fn token(&self) -> &[u8] {
        self.text("token").unwrap().as_bytes()
    }

    fn binding(&self) -> Binding {
        let mut binding = Binding::none();
        if let Some(text) = self.text("certificate") {
            binding = binding.with_certificate(thumbprint(text));
        }
        if let Some(text) = self.text("key") {
            binding = binding.with_key(thumbprint(text));
        }
        if let Some(nonce) = self.text("nonce") {
            binding = binding.with_nonce(nonce);
        }
        binding
    }
}

fn corpus() -> Vec<Case> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(path("corpus")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let case = |path: &PathBuf| Case {
        json: serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap(),
    };
    paths.iter().map(case).collect()
}

fn attested_by(verifier: &Verifier, case: &Case) -> Attested {
    verifier.verify(case.token(), &case.binding(), instant(NOW))
}

/// What a request holds of an attribute, as JSON.
fn held(request: &Request, name: &str) -> Json {
    request.value(name).map_or(Json::Null, |value| serde_json::to_value(value).unwrap())
}

#[test]
fn every_token_of_the_corpus_earns_its_reason() {
    let (pdp, verifier) = (pdp(), verifier());
    let mut differ = Vec::new();
    for case in corpus() {
        let reason = if case.text("offered") == Some("notice") {
            // A verifier of its own, so that no case contradicts another.
            let verifier = pdp.verifier(path("evidence.json")).unwrap();
            verifier.notice(case.token(), instant(NOW)).reason()
        } else {
            attested_by(&verifier, &case).reason()
        };
        if reason.as_str() != case.text("reason").unwrap() {
            differ.push(format!("{}: {reason}, not {}", case.name(), case.text("reason").unwrap()));
        }
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn what_is_believed_attests_what_the_case_says_and_what_is_not_attests_nothing() {
    let (pdp, verifier) = (pdp(), verifier());
    for case in corpus().iter().filter(|case| case.text("offered").is_none()) {
        let attested = attested_by(&verifier, case);
        let mut request = pdp.request();
        request.attest(&attested);
        let name = case.name();
        assert_eq!(held(&request, "evidence.present"), true, "{name}");
        assert_eq!(held(&request, "evidence.trusted"), attested.is_trusted(), "{name}");
        if !attested.is_trusted() {
            assert_eq!(attested.values().count(), 2, "{name}");
            assert_eq!(held(&request, "device.id"), Json::Null, "{name}");
            continue;
        }
        assert_eq!(held(&request, "evidence.contradicted"), false, "{name}");
        if let Some(bound) = case.json["bound"].as_bool() {
            assert_eq!(held(&request, "evidence.bound"), bound, "{name}");
        }
        for (attribute, expected) in case.json["attests"].as_object().into_iter().flatten() {
            assert_eq!(&held(&request, attribute), expected, "{name}: {attribute}");
        }
    }
}

#[test]
fn the_account_of_a_token_ends_with_the_same_reason() {
    let verifier = verifier();
    for case in corpus().iter().filter(|case| case.text("offered").is_none()) {
        let account = verifier.account(case.token(), &case.binding(), instant(NOW));
        assert_eq!(account.attested.reason(), attested_by(&verifier, case).reason());
        let last = account.lines.last().unwrap();
        assert_eq!(last.why, account.attested.reason().meaning(), "{}", case.name());
    }
}

#[test]
fn the_corpus_holds_enough_and_earns_every_reason() {
    let cases = corpus();
    let refused = cases.iter().filter(|case| case.text("reason") != Some("trusted"));
    assert!(refused.count() >= 120);
    let earned: BTreeSet<&str> = cases.iter().map(|case| case.text("reason").unwrap()).collect();
    let all: BTreeSet<&str> = EvidenceReason::ALL
        .iter()
        .map(|reason| reason.as_str())
        .filter(|r| *r != "absent")
        .collect();
    assert_eq!(earned, all);
}

#[test]
fn no_token_of_the_corpus_is_believed_without_its_last_byte_or_with_one_bit_changed() {
    let verifier = verifier();
    for case in corpus().iter().filter(|case| case.text("reason") == Some("trusted")) {
        let (binding, now) = (case.binding(), instant(NOW));
        let token = case.token();
        let believed = |bytes: &[u8]| verifier.verify(bytes, &binding, now).is_trusted();
        // It is remembered, unless it is a notice, and what is no more than like it is not taken for it.
        assert_eq!(believed(token), case.text("offered").is_none(), "{}", case.name());
        assert!(!believed(&token[..token.len() - 1]), "{}", case.name());
        for place in (0..token.len()).step_by(7) {
            let mut changed = token.to_vec();
            changed[place] ^= 1;
            assert!(!believed(&changed), "{}: byte {place}", case.name());
        }
    }
}

#[test]
fn a_token_of_the_most_bytes_is_read_and_one_more_is_not() {
    let verifier = verifier();
    let reason = |bytes: usize| {
        verifier.verify(&vec![b'x'; bytes], &Binding::none(), instant(NOW)).reason().as_str()
    };
    assert_eq!((reason(16_384), reason(16_385)), ("not-compact", "too-long"));
    let noticed = verifier.notice(&[b'x'; 16_385], instant(NOW));
    assert_eq!((noticed.reason().as_str(), noticed.changed()), ("too-long", false));
}

#[test]
fn the_schema_of_the_native_token_has_the_claims_that_its_kind_reads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| -> Json {
        serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
    };
    let (schema, kind) =
        (read("docs/posture-token.schema.json"), read("src/evidence/kinds/native.json"));
    fn places(schema: &Json, at: &str, found: &mut BTreeSet<String>) {
        for (name, inner) in schema["properties"].as_object().unwrap() {
            let at = format!("{at}/{name}");
            match inner["properties"].is_object() {
                true => places(inner, &at, found),
                false => drop(found.insert(at)),
            }
        }
    }
    let mut described = BTreeSet::new();
    places(&schema["properties"]["device"], "/device", &mut described);
    let mappings = kind["attributes"].as_object().unwrap().values();
    let read: BTreeSet<String> =
        mappings.map(|mapping| mapping["at"].as_str().unwrap().to_owned()).collect();
    assert_eq!(described, read);
}

#[test]
fn the_reasons_have_stable_words() {
    let words: Vec<&str> = EvidenceReason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(
        words,
        [
            "trusted",
            "absent",
            "too-long",
            "not-compact",
            "malformed-header",
            "unknown-extension",
            "unknown-key",
            "wrong-algorithm",
            "bad-signature",
            "malformed-claims",
            "wrong-issuer",
            "wrong-kind",
            "missing-claim",
            "malformed-claim",
            "wrong-audience",
            "from-the-future",
            "not-yet-valid",
            "expired",
            "too-old",
            "refused-by-kind",
            "no-device",
            "nested-not-trusted",
            "not-bound",
            "bound-elsewhere",
            "wrong-nonce",
        ]
    );
}
