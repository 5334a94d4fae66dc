//! One native posture token a key type, and the ways to verify it that the benches compare.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use portcullis::{Binding, Folder, Limits, Verifier, standard};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::Value as Json;

pub const ALGORITHMS: [&str; 5] = ["EdDSA", "ES256", "ES384", "RS256", "PS256"];

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/evidence"))
}

/// The token of an algorithm, of the corpus.
fn token(algorithm: &str) -> String {
    let name = format!("a-token-signed-with-{}-is-believed.json", algorithm.to_lowercase());
    let bytes = std::fs::read(folder().join("corpus").join(name)).unwrap();
    let case: Json = serde_json::from_slice(&bytes).unwrap();
    case["token"].as_str().unwrap().to_owned()
}

fn jwk(algorithm: &str) -> Jwk {
    let bytes = std::fs::read(folder().join("mdm.jwks.json")).unwrap();
    let keys: JwkSet = serde_json::from_slice(&bytes).unwrap();
    let kid = format!("mdm-{}", algorithm.to_lowercase());
    keys.find(&kid).unwrap().clone()
}

/// A verifier that remembers so many tokens.
fn verifier(remembered_tokens: usize) -> Verifier {
    let mut limits = Limits::default();
    limits.remembered_tokens = remembered_tokens;
    let vocabulary = standard(&limits).unwrap();
    Verifier::read(&Folder::new(folder()), "evidence.json", &vocabulary, &limits).unwrap()
}

/// The connection and the instant for which the tokens count.
fn seen() -> (Binding, portcullis::Instant) {
    let certificate = Binding::certificate_thumbprint(b"the certificate of LAPTOP-7");
    (Binding::none().with_certificate(certificate), "2026-03-02T09:00:00Z".parse().unwrap())
}

/// The signature by `ring`, and the JSON of header and claims by `serde_json`: what nobody can leave
/// out.
fn bare(algorithm: &'static str) -> impl Fn(&str) -> (Json, Json) {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let parse = |bytes: &[u8]| serde_json::from_slice::<Json>(bytes).unwrap();
    let key = match jwk(algorithm).algorithm {
        AlgorithmParameters::OctetKeyPair(key) => (decode(&key.x), Vec::new()),
        AlgorithmParameters::EllipticCurve(key) => {
            ([vec![4], decode(&key.x), decode(&key.y)].concat(), Vec::new())
        }
        AlgorithmParameters::RSA(key) => (decode(&key.n), decode(&key.e)),
        _ => panic!("no such key"),
    };
    move |token| {
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = message.split_once('.').unwrap();
        let header = parse(&decode(header));
        let signature = decode(signature);
        let point = |algorithm: &'static dyn VerificationAlgorithm| {
            UnparsedPublicKey::new(algorithm, &key.0).verify(message.as_bytes(), &signature)
        };
        let rsa = |parameters| {
            RsaPublicKeyComponents { n: &key.0, e: &key.1 }.verify(
                parameters,
                message.as_bytes(),
                &signature,
            )
        };
        match algorithm {
            "EdDSA" => point(&ED25519),
            "ES256" => point(&ECDSA_P256_SHA256_FIXED),
            "ES384" => point(&ECDSA_P384_SHA384_FIXED),
            "RS256" => rsa(&RSA_PKCS1_2048_8192_SHA256),
            _ => rsa(&RSA_PSS_2048_8192_SHA256),
        }
        .unwrap();
        (header, parse(&decode(claims)))
    }
}

/// `jsonwebtoken`'s own `decode`, on the backend that the process installed. Its time checks are off:
/// it has no clock but the system's, and the token is of a fixed day.
fn decode(algorithm: &str) -> impl Fn(&str) -> Json {
    let key = DecodingKey::from_jwk(&jwk(algorithm)).unwrap();
    let mut validation = Validation::new(algorithm.parse::<Algorithm>().unwrap());
    validation.validate_exp = false;
    validation.set_audience(&["https://vpn.council.example"]);
    validation.set_issuer(&["https://mdm.council.example"]);
    move |token| jsonwebtoken::decode::<Json>(token, &key, &validation).unwrap().claims
}

/// The ways to verify one token, by name. `decode` is on the backend that the process installed.
pub fn ways(algorithm: &'static str) -> [(&'static str, Box<dyn Fn()>); 4] {
    let token: &'static str = token(algorithm).leak();
    let (binding, now) = seen();
    let by = |verifier: Verifier| {
        let verify = move || verifier.verify(black_box(token.as_bytes()), &binding, now);
        assert!(verify().is_trusted());
        Box::new(move || drop(black_box(verify())))
    };
    let (bare, decode) = (bare(algorithm), decode(algorithm));
    [
        ("bare", Box::new(move || drop(black_box(bare(black_box(token)))))),
        ("verifier", by(verifier(0))),
        ("remembered", by(verifier(100))),
        ("decode", Box::new(move || drop(black_box(decode(black_box(token)))))),
    ]
}

const ROUNDS: usize = 2_000;
const BATCH: f64 = 250e-6;

/// Times every way in short batches by turns, so that what else the machine does falls on all alike, and
/// prints medians; of what is compared within each round also the quartiles.
pub fn side_by_side(backend: &str) {
    println!("medians of {ROUNDS} rounds, and quartiles");
    for algorithm in ALGORITHMS {
        let ways = ways(algorithm).map(|(_, once)| {
            let each = seconds(10, &once);
            (once, (BATCH / each).ceil() as usize)
        });
        let round = |_| ways.each_ref().map(|(once, times)| seconds(*times, once));
        let rounds: Vec<[f64; 4]> = (0..ROUNDS).map(round).collect();
        let [bare, verifier, remembered, decode] =
            [0, 1, 2, 3].map(|way| quartiles(rounds.iter().map(|round| round[way] * 1e6))[1]);
        let [low, middle, high] = quartiles(rounds.iter().map(|round| round[1] / round[0]));
        let [few, percent, many] =
            quartiles(rounds.iter().map(|round| round[2] / round[0] * 100.0));
        println!(
            "{algorithm}: bare {bare:.2} µs; verifier {verifier:.2} µs, \
             {middle:.3} × bare ({low:.3} to {high:.3}); remembered {remembered:.3} µs, \
             {percent:.2} % of bare ({few:.2} to {many:.2}); {backend} {decode:.2} µs"
        );
    }
}

/// Seconds for doing something once, of so many times.
fn seconds(times: usize, once: impl Fn()) -> f64 {
    let start = Instant::now();
    (0..times).for_each(|_| once());
    start.elapsed().as_secs_f64() / times as f64
}

fn quartiles(numbers: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| sorted[sorted.len() * quarter / 4])
}
