//! What was verified is remembered, as long as it holds and no longer.

use super::counting::allocations;
use super::{NOW, instant, laptop, path, pdp, token, verifier};
use portcullis::{Attested, Binding, Limits, Verifier};

/// A verifier that remembers so many tokens, and so many of a device.
fn remembering(tokens: usize, of_device: usize) -> Verifier {
    let mut limits = Limits::default();
    limits.remembered_tokens = tokens;
    limits.remembered_tokens_of_device = of_device;
    let folder = portcullis::Folder::new(path(""));
    Verifier::read(&folder, "evidence.json", pdp().request().vocabulary(), &limits).unwrap()
}

/// Tokens of eight devices, one after the other.
fn many() -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(path("many.tokens")).unwrap();
    text.lines().map(|line| line.as_bytes().to_vec()).collect()
}

fn verify(verifier: &Verifier, token: &[u8]) -> Attested {
    let attested = verifier.verify(token, &laptop(), instant(NOW));
    assert!(attested.is_trusted(), "{}", attested.reason());
    attested
}

/// Whether a token is remembered: a verification that is not costs allocations.
fn is_remembered(verifier: &Verifier, token: &[u8]) -> bool {
    allocations(|| drop(verifier.verify(token, &laptop(), instant(NOW)))) == 0
}

#[test]
fn a_remembered_token_is_verified_and_attested_without_allocating() {
    let (pdp, verifier, token) = (pdp(), verifier(), token("laptop.token"));
    let (mut request, binding, now) = (pdp.request(), laptop(), instant(NOW));
    let mut ask = || {
        request.reset().set("action", "view").set("subject.factors", 2).at(now);
        request.attest(&verifier.verify(&token, &binding, now));
        let decision = pdp.decide(&request);
        std::hint::black_box(decision.is_permit());
    };
    ask();
    let counted = allocations(|| {
        for _ in 0..100 {
            ask();
        }
    });
    assert_eq!(counted, 0);
}

#[test]
fn a_token_that_is_not_believed_is_not_remembered() {
    let verifier = verifier();
    let mut token = token("laptop.token");
    let last = token.len() - 2;
    token[last] = if token[last] == b'A' { b'B' } else { b'A' };
    for _ in 0..2 {
        let attested = verifier.verify(&token, &laptop(), instant(NOW));
        assert_eq!(attested.reason().as_str(), "bad-signature");
    }
    assert!(!is_remembered(&verifier, &token));
}

#[test]
fn a_remembered_token_expires_and_is_bound_like_any_other() {
    let (verifier, token) = (verifier(), token("laptop.token"));
    verify(&verifier, &token);
    let reason = |binding: &Binding, at: &str| {
        verifier.verify(&token, binding, instant(at)).reason().as_str()
    };
    assert_eq!(reason(&laptop(), "2026-03-02T09:59:59Z"), "trusted");
    assert_eq!(reason(&laptop(), "2026-03-02T10:00:00Z"), "expired");
    assert_eq!(reason(&laptop(), "2026-03-02T08:57:59Z"), "from-the-future");
    assert_eq!(reason(&Binding::none(), NOW), "bound-elsewhere");
    assert_eq!(reason(&Binding::none().with_certificate([7; 32]), NOW), "bound-elsewhere");
}

#[test]
fn a_removed_key_is_distrusted_at_once_though_its_token_is_remembered() {
    let (verifier, token) = (verifier(), token("laptop.token"));
    verify(&verifier, &token);
    let keys = std::fs::read_to_string(path("mdm.jwks.json")).unwrap();
    let without: Vec<&str> = keys.lines().filter(|line| !line.contains("mdm-es256")).collect();
    verifier.replace_keys("https://mdm.council.example", without.join("\n").as_bytes()).unwrap();
    let reason = || verifier.verify(&token, &laptop(), instant(NOW)).reason().as_str();
    assert_eq!(reason(), "unknown-key");
    verifier.replace_keys("https://mdm.council.example", keys.as_bytes()).unwrap();
    assert_eq!(reason(), "trusted");
    // Keys that cannot be used leave the old ones in force.
    assert!(verifier.replace_keys("https://mdm.council.example", b"{}").is_err());
    assert!(verifier.replace_keys("nobody", keys.as_bytes()).is_err());
    assert_eq!(reason(), "trusted");
}

#[test]
fn a_reloaded_configuration_forgets_what_the_old_one_verified() {
    let (pdp, verifier, token) = (pdp(), verifier(), token("laptop.token"));
    verify(&verifier, &token);
    assert!(is_remembered(&verifier, &token));
    pdp.reload_verifier(&verifier, path("evidence.json")).unwrap();
    assert!(!is_remembered(&verifier, &token));
    assert!(is_remembered(&verifier, &token));
}

#[test]
fn one_device_occupies_no_more_than_its_places_whatever_it_sends() {
    let verifier = remembering(100, 2);
    let (useful, many) = (token("laptop.token"), many());
    verify(&verifier, &useful);
    // Every eighth token is of one device.
    let of_one: Vec<&Vec<u8>> = many.iter().step_by(8).collect();
    for token in &of_one {
        verify(&verifier, token);
    }
    let kept: Vec<bool> = of_one
        .iter()
        .map(|token| {
            // Asking would remember it again, in place of another.
            let verifier = remembering(100, 2);
            for token in &of_one {
                verify(&verifier, token);
            }
            is_remembered(&verifier, token)
        })
        .collect();
    assert_eq!(kept, [false, false, false, false, true, true]);
    assert!(is_remembered(&verifier, &useful));
}

#[test]
fn a_full_memory_keeps_what_is_used_and_takes_the_place_of_what_is_not() {
    let verifier = remembering(6, 2);
    let (useful, many) = (token("laptop.token"), many());
    verify(&verifier, &useful);
    for token in &many {
        verify(&verifier, token);
        // Whoever is used between two strangers stays.
        assert!(is_remembered(&verifier, &useful));
    }
    let kept = many.iter().rev().take_while(|token| is_remembered(&verifier, token)).count();
    assert!((1..=5).contains(&kept), "{kept}");
}

#[test]
fn a_memory_without_places_remembers_nothing_and_believes_as_much() {
    for verifier in [remembering(0, 4), remembering(4, 0)] {
        let token = token("laptop.token");
        verify(&verifier, &token);
        verify(&verifier, &token);
    }
}

#[test]
fn who_copied_a_token_and_does_not_hold_its_key_gets_nothing_remembered() {
    let (verifier, token) = (verifier(), token("laptop.token"));
    let refused = |binding: &Binding, at: &str, expected: &str| {
        let attested = verifier.verify(&token, binding, instant(at));
        assert_eq!(attested.reason().as_str(), expected);
    };
    refused(&Binding::none(), NOW, "bound-elsewhere");
    refused(&Binding::none().with_certificate([7; 32]), NOW, "bound-elsewhere");
    refused(&laptop(), "2026-03-02T10:00:00Z", "expired");
    refused(&laptop(), "2026-03-02T08:00:00Z", "from-the-future");
    refused(&laptop().with_nonce("a nonce of today"), NOW, "wrong-nonce");
    assert!(!is_remembered(&verifier, &token));
    assert!(is_remembered(&verifier, &token));
}

#[test]
fn copied_and_expired_tokens_of_many_devices_take_no_place_of_what_is_useful() {
    let verifier = remembering(6, 2);
    let (useful, many) = (token("laptop.token"), many());
    verify(&verifier, &useful);
    for token in many.iter().cycle().take(200) {
        assert!(!verifier.verify(token, &Binding::none(), instant(NOW)).is_trusted());
        let later = instant("2026-03-02T10:00:00Z");
        assert!(!verifier.verify(token, &laptop(), later).is_trusted());
    }
    assert!(is_remembered(&verifier, &useful));
}

#[test]
fn an_expired_token_gives_up_its_place_though_it_was_used() {
    let verifier = remembering(1, 4);
    let (early, later) = (token("laptop.token"), token("shared.token"));
    verify(&verifier, &early);
    assert!(is_remembered(&verifier, &early));
    // One place, and it is the turn of what has expired.
    let at = instant("2026-03-02T10:00:00Z");
    let attested = verifier.verify(&later, &Binding::none(), at);
    assert!(attested.is_trusted(), "{}", attested.reason());
    assert_eq!(allocations(|| drop(verifier.verify(&later, &Binding::none(), at))), 0);
}

#[test]
fn a_remembered_token_answers_the_nonce_of_each_connection() {
    let verifier = verifier();
    let token = token("nonce.token");
    let reason =
        |binding: Binding| verifier.verify(&token, &binding, instant(NOW)).reason().as_str();
    assert_eq!(reason(laptop().with_nonce("jkd8KL-8xQk")), "trusted");
    assert_eq!(reason(laptop().with_nonce("another nonce")), "wrong-nonce");
    assert_eq!(reason(laptop().with_nonce("")), "wrong-nonce");
    assert_eq!(reason(laptop()), "trusted");
    let binding = laptop().with_nonce("jkd8KL-8xQk");
    assert_eq!(allocations(|| drop(verifier.verify(&token, &binding, instant(NOW)))), 0);
}
