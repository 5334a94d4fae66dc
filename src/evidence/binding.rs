//! The tie between a token and the connection that it came over.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq;

use super::pointer::Pointer;
use crate::json::Node;
use crate::model::EvidenceReason;

/// What the gateway saw of the connection: the SHA-256 thumbprints of the client's certificate and
/// key, where it proved to hold them, and the nonce that it challenged the device with. A gateway
/// reports only what the handshake or a proof showed, never what a header says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Binding {
    certificate: Option<[u8; 32]>,
    key: Option<[u8; 32]>,
    /// The SHA-256 of the nonce.
    nonce: Option<[u8; 32]>,
}

impl Binding {
    /// A connection on which no key was shown.
    pub const fn none() -> Self {
        Self { certificate: None, key: None, nonce: None }
    }

    /// With a certificate: the SHA-256 of its DER, which `x5t#S256` is (RFC 8705, section 3.1).
    #[must_use]
    pub const fn with_certificate(self, thumbprint: [u8; 32]) -> Self {
        Self { certificate: Some(thumbprint), ..self }
    }

    /// With a key: the SHA-256 thumbprint of its JWK (RFC 7638), which `jkt` is (RFC 9449,
    /// section 6.1).
    #[must_use]
    pub const fn with_key(self, thumbprint: [u8; 32]) -> Self {
        Self { key: Some(thumbprint), ..self }
    }

    /// With the nonce that the gateway gave the device to answer, in the text that it gave. Then only
    /// evidence that repeats it is believed (`eat_nonce`; RFC 9711, section 4.1). A nonce is given
    /// once, and to one device: it is for the gateway to see to that.
    #[must_use]
    pub fn with_nonce(self, nonce: impl AsRef<[u8]>) -> Self {
        Self { nonce: Some(sha_256(nonce.as_ref())), ..self }
    }

    /// A thumbprint written as base64url, as tokens have it, or as hexadecimal digits, perhaps with
    /// colons, as TLS libraries print it; `None` if the text is neither.
    ///
    /// ```
    /// # use portcullis::Binding;
    /// let digits = "9F:86:D0:81:88:4C:7D:65:9A:2F:EA:A0:C5:5A:D0:15:A3:BF:4F:1B:2B:0B:82:2C:D1:5D:6C:15:B0:F0:0A:08";
    /// assert_eq!(
    ///     Binding::thumbprint(digits),
    ///     Binding::thumbprint("n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg")
    /// );
    /// ```
    pub fn thumbprint(text: &str) -> Option<[u8; 32]> {
        if text.len() == 43 {
            return thumbprint(text);
        }
        let mut digits = text.bytes().filter(|byte| *byte != b':');
        let mut bytes = [0; 32];
        for byte in &mut bytes {
            let mut digit = || char::from(digits.next()?).to_digit(16);
            *byte = u8::try_from(digit()? << 4 | digit()?).ok()?;
        }
        digits.next().is_none().then_some(bytes)
    }

    /// The thumbprint of a certificate in DER.
    pub fn certificate_thumbprint(der: &[u8]) -> [u8; 32] {
        sha_256(der)
    }
}

/// The key that whoever presents a token must hold (RFC 7800).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Confirmation {
    certificate: Option<[u8; 32]>,
    key: Option<[u8; 32]>,
}

impl Confirmation {
    /// Reads `cnf`. Of its members those that can be checked here are; one that has none of them
    /// asks for a proof that cannot be had, so that no connection meets it.
    pub(super) fn read(cnf: &Node<'_>) -> Result<Self, EvidenceReason> {
        let malformed = EvidenceReason::MalformedClaim;
        cnf.members().ok_or(malformed)?;
        let stated = |member: &str| match cnf.member(member) {
            None => Ok(None),
            Some(node) => node.text().and_then(thumbprint).map(Some).ok_or(malformed),
        };
        let (certificate, key) = (stated("x5t#S256")?, stated("jkt")?);
        let of_jwk = match cnf.member("jwk") {
            None => None,
            Some(jwk) => Some(jwk_thumbprint(jwk).ok_or(malformed)?),
        };
        match (key, of_jwk) {
            (Some(key), Some(of_jwk)) if key != of_jwk => Err(malformed),
            _ => Ok(Self { certificate, key: key.or(of_jwk) }),
        }
    }

    /// Whether the connection showed every key that the token names.
    pub(super) fn is_met_by(&self, seen: &Binding) -> bool {
        let met = |named: &Option<[u8; 32]>, seen: &Option<[u8; 32]>| match (named, seen) {
            (None, _) => true,
            // In a time that does not depend on where they differ.
            (Some(named), Some(seen)) => named.ct_eq(seen).into(),
            (Some(_), None) => false,
        };
        (self.certificate.is_some() || self.key.is_some())
            && met(&self.certificate, &seen.certificate)
            && met(&self.key, &seen.key)
    }
}

/// The nonces that a token repeats, by their SHA-256: so that comparing takes the same time whatever
/// they are, and however long.
#[derive(Clone, Debug)]
pub(super) struct Nonces(Box<[[u8; 32]]>);

/// The claim of a nonce (RFC 9711, section 4.1).
const EAT_NONCE: &str = "eat_nonce";

impl Nonces {
    /// The nonces at the first of some places that is there: one text, or an array of them.
    pub(super) fn read(places: &[Pointer], claims: &Node<'_>) -> Result<Self, EvidenceReason> {
        let malformed = EvidenceReason::MalformedClaim;
        // Whatever the kind takes for the nonce, a registered claim has its form.
        let has_its_form = |node: &Node<'_>| match node.items() {
            None => is_eat_nonce(node),
            Some(items) => items.len() >= 2 && items.iter().all(is_eat_nonce),
        };
        if !claims.member(EAT_NONCE).is_none_or(has_its_form) {
            return Err(malformed);
        }
        let Some(node) = places.iter().find_map(|place| place.one(claims)) else {
            return Ok(Self(Box::default()));
        };
        let nonces = node.items().unwrap_or(std::slice::from_ref(node)).iter();
        let digest = |node: &Node<'_>| Some(sha_256(node.text()?.as_bytes()));
        nonces.map(digest).collect::<Option<_>>().map(Self).ok_or(malformed)
    }

    /// Whether the nonce that the gateway gave is among them; so it is if it gave none.
    pub(super) fn answer(&self, seen: &Binding) -> bool {
        let Some(given) = &seen.nonce else { return true };
        let none = subtle::Choice::from(0);
        self.0.iter().fold(none, |found, nonce| found | nonce.ct_eq(given)).into()
    }
}

/// Whether this is text of 8 to 88 bytes, as a nonce in JSON is.
fn is_eat_nonce(node: &Node<'_>) -> bool {
    node.text().is_some_and(|text| (8..=88).contains(&text.len()))
}

fn thumbprint(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    (URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()? == bytes.len()).then_some(bytes)
}

/// The SHA-256 thumbprint of a public JWK: of its required members, by name (RFC 7638, section 3).
fn jwk_thumbprint(jwk: &Node<'_>) -> Option<[u8; 32]> {
    let required: &[&str] = match jwk.member("kty")?.text()? {
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        "RSA" => &["e", "kty", "n"],
        _ => return None,
    };
    let member = |name: &&str| {
        let value = jwk.member(name)?;
        value.text()?;
        Some(format!("\"{name}\":{}", value.canonical()))
    };
    let members: Vec<String> = required.iter().map(member).collect::<Option<_>>()?;
    Some(sha_256(format!("{{{}}}", members.join(",")).as_bytes()))
}

/// The SHA-256 of some bytes.
fn sha_256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().unwrap_or_default()
}
