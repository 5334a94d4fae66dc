//! Compact JSON Web Signatures (RFC 7515).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::key::{Key, name};
use crate::json::{self, JsonLimits, Node};
use crate::model::EvidenceReason;

/// A token whose header was read, and whose claims were not.
#[derive(Debug)]
pub(super) struct Compact<'t> {
    /// The `alg` of the header: compared with that of the key, and never followed.
    pub algorithm: Box<str>,
    /// The `kid` of the header.
    pub key: Option<Box<str>>,
    /// The `typ` of the header: lower case, without `application/` (RFC 7515, section 4.1.9).
    pub typ: Option<Box<str>>,
    signed: &'t [u8],
    claims: &'t [u8],
    signature: Vec<u8>,
}

/// How deep the JSON of a token may nest.
const DEPTH: usize = 16;

/// Reads a JSON object of a token strictly.
pub(super) fn object<'a>(bytes: &'a [u8]) -> Option<Node<'a>> {
    let limits = JsonLimits { bytes: bytes.len(), depth: DEPTH };
    json::read(bytes, &limits).ok().filter(|node| node.members().is_some())
}

impl<'t> Compact<'t> {
    /// Opens a token: three parts in base64url, and a header that asks for nothing unknown.
    ///
    /// `jwk`, `jku`, `x5u` and `x5c` are not read: keys come from the configuration alone.
    pub(super) fn open(token: &'t [u8]) -> Result<Self, EvidenceReason> {
        let mut parts = token.split(|byte| *byte == b'.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(EvidenceReason::NotCompact);
        };
        let decoded =
            |part: &[u8]| URL_SAFE_NO_PAD.decode(part).map_err(|_| EvidenceReason::NotCompact);
        let (header_json, signature) = (decoded(header)?, decoded(signature)?);
        let signed = token.get(..header.len() + 1 + claims.len()).unwrap_or_default();
        let header = object(&header_json).ok_or(EvidenceReason::MalformedHeader)?;
        let text = |member: &str| match header.member(member) {
            None => Ok(None),
            Some(node) => node.text().map(Some).ok_or(EvidenceReason::MalformedHeader),
        };
        let algorithm = text("alg")?.ok_or(EvidenceReason::MalformedHeader)?.into();
        let key = text("kid")?.map(Into::into);
        let typ = text("typ")?.map(media_type);
        if header.member("crit").is_some() {
            return Err(EvidenceReason::UnknownExtension);
        }
        Ok(Self { algorithm, key, typ, signed, claims, signature })
    }

    /// Whether this key signed it, by its own algorithm.
    pub(super) fn is_signed_by(&self, key: &Key) -> bool {
        self.names_algorithm_of(key) && key.verifies(self.signed, &self.signature)
    }

    /// Whether the header names the algorithm of the key.
    pub(super) fn names_algorithm_of(&self, key: &Key) -> bool {
        name(key.algorithm) == Some(&*self.algorithm)
    }

    /// The bytes of the claims. Not to be read before the signature was verified.
    pub(super) fn claims(&self) -> Result<Vec<u8>, EvidenceReason> {
        URL_SAFE_NO_PAD.decode(self.claims).map_err(|_| EvidenceReason::NotCompact)
    }
}

/// A media type as it is compared.
pub(super) fn media_type(typ: &str) -> Box<str> {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").unwrap_or(&typ).into()
}
