//! With signed evidence: verified each time, remembered, and without any.

use std::path::Path;

use portcullis::{Binding, Folder, Instant, Limits, Pdp, Verifier, standard};
use serde_json::Value;

use crate::clock::Clock;
use crate::measure::quantile;

/// From a token and typed values to the decision on the quickstart set, in nanoseconds. The token makes
/// the difference: without it, it is a refusal.
pub fn evidence(rounds: usize) -> Vec<(String, f64)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("tests/evidence");
    let pdp = Pdp::load(root.join("policies/quickstart")).unwrap();
    let token = |algorithm: &str| -> String {
        let name = format!("corpus/a-token-signed-with-{algorithm}-is-believed.json");
        let case: Value =
            serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        case["token"].as_str().unwrap().to_owned()
    };
    let verifier = |remembered_tokens: usize| {
        let mut limits = Limits::default();
        limits.remembered_tokens = remembered_tokens;
        let vocabulary = standard(&limits).unwrap();
        Verifier::read(&Folder::new(&folder), "evidence.json", &vocabulary, &limits).unwrap()
    };
    let certificate = Binding::certificate_thumbprint(b"the certificate of LAPTOP-7");
    let binding = Binding::none().with_certificate(certificate);
    let now: Instant = "2026-03-02T09:00:00Z".parse().unwrap();
    let (forgets, remembers) = (verifier(0), verifier(100));
    let mut request = pdp.request();
    let mut decide = |evidence: Option<(&Verifier, &str)>| {
        request.reset().at(now).set("action", "view").set("resource.classification", "OFFICIAL");
        request.set("resource.sensitive", false).set("subject.factors", 1);
        if let Some((verifier, token)) = evidence {
            request.attest(&verifier.verify(token.as_bytes(), &binding, now));
        }
        let permit = pdp.decide(&request).is_permit();
        assert_eq!(permit, evidence.is_some(), "evidence decides");
    };
    let tokens = ["es256", "eddsa", "rs256"].map(|algorithm| (algorithm, token(algorithm)));
    let mut kinds = vec![("without evidence".to_owned(), None)];
    for (algorithm, token) in &tokens {
        let name = algorithm.to_uppercase();
        kinds.push((format!("{name}, remembered"), Some((&remembers, token.as_str()))));
        kinds.push((format!("{name}, verified each time"), Some((&forgets, token.as_str()))));
    }
    let mut took: Vec<Vec<f64>> = kinds.iter().map(|_| vec![]).collect();
    for _ in 0..rounds {
        for ((_, evidence), took) in kinds.iter().zip(&mut took) {
            let clock = Clock::start();
            for _ in 0..10 {
                decide(*evidence);
            }
            took.push(clock.nanoseconds() / 10.0);
        }
    }
    kinds
        .into_iter()
        .zip(took)
        .map(|((name, _), mut took)| (name, quantile(&mut took, 0.5)))
        .collect()
}
