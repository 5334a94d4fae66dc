//! Compact JSON Web Signatures (RFC 7515).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::key::{Key, name};
use crate::json::{self, JsonLimits, Node};
use crate::model::EvidenceReason;

/// The parts of a token, of which nothing was read.
#[derive(Debug)]
pub(super) struct Compact<'t> {
    header: Vec<u8>,
    claims: &'t str,
    signed: &'t [u8],
    signature: Vec<u8>,
}

/// The header of a token, whose claims were not read.
#[derive(Debug)]
pub(super) struct Header<'c>(Node<'c>);

/// How deep the JSON of a token may nest.
const DEPTH: usize = 16;

/// Reads a JSON object of a token strictly.
pub(super) fn object<'a>(bytes: &'a [u8]) -> Option<Node<'a>> {
    let limits = JsonLimits { bytes: bytes.len(), depth: DEPTH };
    json::read(bytes, &limits).ok().filter(|node| node.members().is_some())
}

impl<'t> Compact<'t> {
    /// Opens a token: three parts in base64url.
    pub(super) fn open(token: &'t [u8]) -> Result<Self, EvidenceReason> {
        let token = std::str::from_utf8(token).map_err(|_| EvidenceReason::NotCompact)?;
        let split = token.rsplit_once('.').and_then(|(signed, signature)| {
            let (header, claims) = signed.split_once('.')?;
            (!claims.contains('.')).then_some((signed, header, claims, signature))
        });
        let (signed, header, claims, signature) = split.ok_or(EvidenceReason::NotCompact)?;
        Ok(Self {
            header: decoded(header)?,
            claims,
            signed: signed.as_bytes(),
            signature: decoded(signature)?,
        })
    }

    /// The header, which asks for nothing unknown.
    ///
    /// `jwk`, `jku`, `x5u` and `x5c` are not read: keys come from the configuration alone.
    pub(super) fn header(&self) -> Result<Header<'_>, EvidenceReason> {
        let header = object(&self.header).ok_or(EvidenceReason::MalformedHeader)?;
        let is_text = |member: &str| header.member(member).is_none_or(|node| node.text().is_some());
        if header.member("alg").is_none() || !["alg", "kid", "typ"].into_iter().all(is_text) {
            return Err(EvidenceReason::MalformedHeader);
        }
        if header.member("crit").is_some() {
            return Err(EvidenceReason::UnknownExtension);
        }
        Ok(Header(header))
    }

    /// Whether this key signed it, by its own algorithm, which the header also names.
    pub(super) fn is_signed_by(&self, key: &Key, header: &Header<'_>) -> bool {
        header.names_algorithm_of(key) && key.verifies(self.signed, &self.signature)
    }

    /// The bytes of the claims. Not to be read before the signature was verified.
    pub(super) fn claims(&self) -> Result<Vec<u8>, EvidenceReason> {
        decoded(self.claims)
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, EvidenceReason> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| EvidenceReason::NotCompact)
}

impl Header<'_> {
    /// Its `kid`.
    pub(super) fn kid(&self) -> Option<&str> {
        self.0.member("kid")?.text()
    }

    /// Its `typ`.
    pub(super) fn typ(&self) -> Option<&str> {
        self.0.member("typ")?.text()
    }

    /// Whether its `alg` is that of the key. The token's word is compared, and never followed.
    pub(super) fn names_algorithm_of(&self, key: &Key) -> bool {
        let named = self.0.member("alg").and_then(Node::text);
        named.is_some() && named == name(key.algorithm)
    }
}

/// A media type as it is compared: lower case, without `application/` (RFC 7515, section 4.1.9).
pub(super) fn media_type(typ: &str) -> Box<str> {
    without_application(typ).to_ascii_lowercase().into()
}

/// Whether a `typ` is a media type, which is written as it is compared.
pub(super) fn is_media_type(typ: &str, media_type: &str) -> bool {
    without_application(typ).eq_ignore_ascii_case(media_type)
}

fn without_application(typ: &str) -> &str {
    const APPLICATION: &str = "application/";
    match typ.split_at_checked(APPLICATION.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(APPLICATION) => rest,
        _ => typ,
    }
}
