//! A key, with the one algorithm that it verifies.

use std::fmt;

use jsonwebtoken::Algorithm;
use ring::hmac;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
    VerificationAlgorithm,
};

/// A key of an issuer.
pub(super) struct Key {
    /// Its `kid`. A token without one is verified by keys without one alone.
    pub id: Option<Box<str>>,
    pub algorithm: Algorithm,
    pub material: Material,
}

/// What `ring` verifies with.
pub(super) enum Material {
    /// An Ed25519 key or an uncompressed point.
    Point(Box<[u8]>),
    /// Modulus and exponent, big-endian, without leading zeros.
    Rsa { n: Box<[u8]>, e: Box<[u8]> },
    /// A shared secret.
    Secret(hmac::Key),
}

impl Key {
    /// Whether `signature` is one of `message` by this key.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let point = |algorithm: &'static dyn VerificationAlgorithm, point: &[u8]| {
            UnparsedPublicKey::new(algorithm, point).verify(message, signature).is_ok()
        };
        let rsa = |parameters: &RsaParameters, n: &[u8], e: &[u8]| {
            RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
        };
        match (self.algorithm, &self.material) {
            (Algorithm::EdDSA, Material::Point(key)) => point(&ED25519, key),
            (Algorithm::ES256, Material::Point(key)) => point(&ECDSA_P256_SHA256_FIXED, key),
            (Algorithm::ES384, Material::Point(key)) => point(&ECDSA_P384_SHA384_FIXED, key),
            (Algorithm::RS256, Material::Rsa { n, e }) => rsa(&RSA_PKCS1_2048_8192_SHA256, n, e),
            (Algorithm::PS256, Material::Rsa { n, e }) => rsa(&RSA_PSS_2048_8192_SHA256, n, e),
            (Algorithm::HS256, Material::Secret(key)) => {
                hmac::verify(key, message, signature).is_ok()
            }
            _ => false,
        }
    }
}

/// Its name and algorithm; a secret is never shown.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).field("algorithm", &self.algorithm).finish()
    }
}

/// The name of an algorithm in headers (RFC 7518, section 3.1; RFC 8037, section 3.1), if it is one
/// that keys here can have.
pub(super) fn name(algorithm: Algorithm) -> Option<&'static str> {
    ALGORITHMS.iter().find(|(_, named)| *named == algorithm).map(|(name, _)| *name)
}

/// The algorithms that keys can have.
pub(super) const ALGORITHMS: [(&str, Algorithm); 6] = [
    ("EdDSA", Algorithm::EdDSA),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("RS256", Algorithm::RS256),
    ("PS256", Algorithm::PS256),
    ("HS256", Algorithm::HS256),
];
