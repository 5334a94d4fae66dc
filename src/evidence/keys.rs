//! Reading keys: JWK sets (RFC 7517) and PEM (RFC 7468).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use ring::hmac;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject;

use super::key::{Key, Material, name};
use crate::file::File;
use crate::json::Node;
use crate::model::Code;

/// What the configuration says of a file of keys.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyTerms {
    /// The algorithm of RSA keys that do not state their own.
    pub algorithm: Option<Algorithm>,
    /// The name of a key in PEM, which has no place for one.
    pub id: Option<Box<str>>,
    /// Whether shared secrets are keys.
    pub secrets: bool,
}

/// The keys of a file: a JWK set, or else PEM. What is wrong is noted, and gives no key.
pub(super) fn read_keys(
    file: &File<'_>,
    bytes: &[u8],
    terms: &KeyTerms,
    limits: &crate::model::Limits,
) -> Vec<Key> {
    if bytes.trim_ascii_start().starts_with(b"-----BEGIN") {
        return read_pem(file, bytes, terms).into_iter().collect();
    }
    let Some(document) = file.document(limits) else { return Vec::new() };
    let Some(keys) = document.member("keys") else {
        let help = "write `{\"keys\": [ … ]}`, or the key as PEM";
        file.error(Code::MissingKey, document.at, "this is no JWK set", Some(help.to_owned()));
        return Vec::new();
    };
    let items = file.items(keys, "`keys`").unwrap_or_default();
    let read: Vec<Result<Option<Key>, Noted>> =
        items.iter().map(|node| read_jwk(file, node, terms)).collect();
    let all_passed_over = read.iter().all(|key| matches!(key, Ok(None)));
    let found: Vec<Key> = read.into_iter().filter_map(|key| key.ok().flatten()).collect();
    if all_passed_over {
        let help = "keys are Ed25519, P-256, P-384 or RSA, for signatures";
        file.error(Code::UnusableKey, keys.at, "there is no usable key here", Some(help.into()));
    }
    found
}

/// What is wrong was noted.
struct Noted;

/// One key of a set. Those for other uses and of unknown types are passed over, as RFC 7517,
/// section 5, has it; what looks like a key for us and is none is an error.
fn read_jwk(file: &File<'_>, node: &Node<'_>, terms: &KeyTerms) -> Result<Option<Key>, Noted> {
    let unusable = |message: &str| {
        file.error(Code::UnusableKey, node.at, message, None);
        Err(Noted)
    };
    let Ok(jwk) = serde_json::from_str::<Jwk>(&node.canonical()) else {
        let known = ["EC", "RSA", "OKP", "oct"];
        let kty = node.member("kty").and_then(Node::text).unwrap_or_default();
        return if known.contains(&kty) { unusable("this is no JWK") } else { Ok(None) };
    };
    let for_signatures =
        jwk.common.public_key_use.is_none_or(|used| used == PublicKeyUse::Signature)
            && jwk
                .common
                .key_operations
                .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    if !for_signatures {
        return Ok(None);
    }
    let stated = match jwk.common.key_algorithm {
        None => None,
        Some(stated) => match Algorithm::try_from(stated) {
            Ok(algorithm) if name(algorithm).is_some() => Some(algorithm),
            // A key for something else, or for an algorithm that is not offered here.
            Ok(_) | Err(_) => return Ok(None),
        },
    };
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let (algorithm, material) = match &jwk.algorithm {
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            match decoded(&key.x) {
                Some(x) if x.len() == 32 => (Algorithm::EdDSA, Material::Point(x.into())),
                _ => return unusable("the `x` of an Ed25519 key is 32 bytes in base64url"),
            }
        }
        AlgorithmParameters::EllipticCurve(key) => {
            let (algorithm, length) = match key.curve {
                EllipticCurve::P256 => (Algorithm::ES256, 32),
                EllipticCurve::P384 => (Algorithm::ES384, 48),
                _ => return Ok(None),
            };
            match (decoded(&key.x), decoded(&key.y)) {
                (Some(x), Some(y)) if x.len() == length && y.len() == length => {
                    let point: Vec<u8> = [vec![4], x, y].concat();
                    (algorithm, Material::Point(point.into()))
                }
                _ => return unusable("`x` and `y` must have the full length of the curve"),
            }
        }
        AlgorithmParameters::RSA(key) => {
            let (Some(n), Some(e)) = (decoded(&key.n), decoded(&key.e)) else {
                return unusable("`n` and `e` are numbers in base64url");
            };
            let Some(algorithm) = stated.or(terms.algorithm) else {
                return unusable(
                    "an RSA key needs an `alg`, here or in the configuration: RS256 or PS256",
                );
            };
            let material = Material::Rsa { n: unpadded(&n), e: unpadded(&e) };
            match &material {
                Material::Rsa { n, .. } if (256..=1024).contains(&n.len()) => (algorithm, material),
                _ => return unusable("an RSA key has 2048 to 8192 bits"),
            }
        }
        AlgorithmParameters::OctetKey(key) if terms.secrets => match decoded(&key.value) {
            Some(secret) if secret.len() >= 32 => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
                (Algorithm::HS256, Material::Secret(key))
            }
            _ => return unusable("a shared secret has at least 32 bytes in base64url"),
        },
        _ => return Ok(None),
    };
    if !fits(algorithm, &material)
        || stated.is_some_and(|stated| stated != algorithm)
        || jwk.common.key_algorithm == Some(KeyAlgorithm::UNKNOWN_ALGORITHM)
    {
        return unusable("the `alg` does not fit the key");
    }
    Ok(Some(Key { id: jwk.common.key_id.map(Into::into), algorithm, material }))
}

/// Whether an algorithm is one for such keys.
fn fits(algorithm: Algorithm, material: &Material) -> bool {
    match material {
        Material::Rsa { .. } => matches!(algorithm, Algorithm::RS256 | Algorithm::PS256),
        Material::Point(_) => {
            matches!(algorithm, Algorithm::EdDSA | Algorithm::ES256 | Algorithm::ES384)
        }
        Material::Secret(_) => algorithm == Algorithm::HS256,
    }
}

fn unpadded(number: &[u8]) -> Box<[u8]> {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    number.get(start..).unwrap_or_default().into()
}

/// A public key in PEM: a SubjectPublicKeyInfo (RFC 5280, section 4.1).
fn read_pem(file: &File<'_>, bytes: &[u8], terms: &KeyTerms) -> Option<Key> {
    let unusable = |message: &str| {
        let help = "write a public key, `-----BEGIN PUBLIC KEY-----`: Ed25519, P-256, P-384 or RSA";
        file.error(Code::UnusableKey, 0, message, Some(help.to_owned()));
        None
    };
    let Ok(der) = SubjectPublicKeyInfoDer::from_pem_slice(bytes) else {
        return unusable("this is no public key in PEM");
    };
    let (own, material) = if let Some(key) = after(&der, ED25519_HEAD, 32) {
        (Some(Algorithm::EdDSA), Material::Point(key.into()))
    } else if let Some(point) = after(&der, P256_HEAD, 65) {
        (Some(Algorithm::ES256), Material::Point(point.into()))
    } else if let Some(point) = after(&der, P384_HEAD, 97) {
        (Some(Algorithm::ES384), Material::Point(point.into()))
    } else if let Some(numbers) = rsa_numbers(&der) {
        (None, numbers)
    } else {
        return unusable("this key is of no kind that is known here");
    };
    let Some(algorithm) = own.or(terms.algorithm) else {
        return unusable("an RSA key in PEM needs `alg` beside it: RS256 or PS256");
    };
    if !fits(algorithm, &material)
        || own.is_some() && terms.algorithm.is_some_and(|t| t != algorithm)
    {
        return unusable("`alg` does not fit the key");
    }
    Some(Key { id: terms.id.clone(), algorithm, material })
}

// DER has one encoding of each of these heads, so that they are compared and not parsed.
const ED25519_HEAD: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
const P256_HEAD: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
const P384_HEAD: &[u8] = b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00";
const RSA_HEAD: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/// What follows a head, if it is so long.
fn after<'d>(der: &'d [u8], head: &[u8], length: usize) -> Option<&'d [u8]> {
    der.strip_prefix(head).filter(|rest| rest.len() == length)
}

/// Modulus and exponent of an RSA key.
fn rsa_numbers(der: &[u8]) -> Option<Material> {
    let whole = inside(der, 0x30)?.0;
    let bits = inside(whole.strip_prefix(RSA_HEAD)?, 0x03)?.0;
    let numbers = inside(bits.strip_prefix(&[0])?, 0x30)?.0;
    let (n, rest) = inside(numbers, 0x02)?;
    let (e, rest) = inside(rest, 0x02)?;
    let sized = (256..=1025).contains(&n.len()) && rest.is_empty();
    sized.then(|| Material::Rsa { n: unpadded(n), e: unpadded(e) })
}

/// The content of a DER element with this tag, and what follows it. Lengths of up to two bytes.
fn inside(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der.strip_prefix(&[tag])? {
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [length @ 0..=0x7f, rest @ ..] => (usize::from(*length), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}
