//! One native posture token a key type, and the ways to verify it that the benches compare.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use portcullis::{Binding, Folder, Instant, Limits, Verifier, standard};
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
pub fn token(algorithm: &str) -> String {
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
pub fn verifier(remembered_tokens: usize) -> Verifier {
    let mut limits = Limits::default();
    limits.remembered_tokens = remembered_tokens;
    let vocabulary = standard(&limits).unwrap();
    Verifier::read(&Folder::new(folder()), "evidence.json", &vocabulary, &limits).unwrap()
}

/// The connection and the instant for which the tokens count.
pub fn seen() -> (Binding, Instant) {
    let certificate = Binding::certificate_thumbprint(b"the certificate of LAPTOP-7");
    (Binding::none().with_certificate(certificate), "2026-03-02T09:00:00Z".parse().unwrap())
}

/// The signature by `ring`, and the JSON of header and claims by `serde_json`: what nobody can leave
/// out.
pub fn bare(algorithm: &'static str) -> impl Fn(&str) -> (Json, Json) {
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
pub fn decode(algorithm: &str) -> impl Fn(&str) -> Json {
    let key = DecodingKey::from_jwk(&jwk(algorithm)).unwrap();
    let mut validation = Validation::new(algorithm.parse::<Algorithm>().unwrap());
    validation.validate_exp = false;
    validation.set_audience(&["https://vpn.council.example"]);
    validation.set_issuer(&["https://mdm.council.example"]);
    move |token| jsonwebtoken::decode::<Json>(token, &key, &validation).unwrap().claims
}

/// The benches of a process, `decode` on the backend that its `main` installed.
#[macro_export]
macro_rules! side_by_side {
    ($backend:ident) => {
        use $crate::{ALGORITHMS, bare, decode, seen, token, verifier};
        use divan::{Bencher, black_box};

        fn main() {
            jsonwebtoken::crypto::$backend::DEFAULT_PROVIDER.install_default().unwrap();
            divan::main();
        }

        #[divan::bench(args = ALGORITHMS)]
        fn a_ring_and_parsing(bencher: Bencher<'_, '_>, algorithm: &'static str) {
            let (token, bare) = (token(algorithm), bare(algorithm));
            bencher.bench(|| bare(black_box(&token)));
        }

        #[divan::bench(args = ALGORITHMS)]
        fn b_portcullis(bencher: Bencher<'_, '_>, algorithm: &str) {
            let (token, verifier, (binding, now)) = (token(algorithm), verifier(0), seen());
            assert!(verifier.verify(token.as_bytes(), &binding, now).is_trusted());
            bencher.bench(|| verifier.verify(black_box(token.as_bytes()), &binding, now));
        }

        #[divan::bench(args = ALGORITHMS)]
        fn c_portcullis_remembered(bencher: Bencher<'_, '_>, algorithm: &str) {
            let (token, verifier, (binding, now)) = (token(algorithm), verifier(100), seen());
            assert!(verifier.verify(token.as_bytes(), &binding, now).is_trusted());
            bencher.bench(|| verifier.verify(black_box(token.as_bytes()), &binding, now));
        }

        #[divan::bench(args = ALGORITHMS)]
        fn d_jsonwebtoken_decode(bencher: Bencher<'_, '_>, algorithm: &str) {
            let (token, decode) = (token(algorithm), decode(algorithm));
            bencher.bench(|| decode(black_box(&token)));
        }
    };
}
