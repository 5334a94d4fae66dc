//! What evidence attests: values of attributes, and why there are no more.

use std::fmt;
use std::sync::Arc;

use super::{Instant, Value};

/// What one token attests of a device: values of attributes, or, with the reason, none.
///
/// There is always one, whatever the token was: evidence that is not believed is a device that could
/// not prove its posture, and says so (`evidence.present` is true, `evidence.trusted` false). It is
/// made by a verifier, holds for the instant and connection that it was made for, and is handed to
/// [`crate::Request::attest`]. A clone costs no allocation.
#[derive(Clone, Debug)]
pub struct Attested {
    reason: EvidenceReason,
    bound: bool,
    contradicted: bool,
    token: Option<Arc<Statement>>,
    /// Notices about the device, and about every device.
    notices: [Option<Arc<[Statement]>>; 2],
}

/// Values that a token or a notice states.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// The token's issue, or what happened.
    pub at: Instant,
    /// Whether evidence issued until then no longer holds.
    pub contradicts: bool,
    /// By name, each name once.
    pub values: Vec<(Arc<str>, Value)>,
}

macro_rules! reasons {
    ($($(#[$doc:meta])+ $name:ident = $word:literal,)+) => {
        /// Why evidence is believed, or is not. Their words are stable.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum EvidenceReason { $($(#[$doc])+ $name,)+ }

        impl EvidenceReason {
            /// Its word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
        }
    };
}

reasons! {
    /// The evidence is believed.
    Trusted = "trusted",
    /// There is no evidence.
    Absent = "absent",
    /// The token has more bytes than are read.
    TooLong = "too-long",
    /// The bytes are not three parts in base64url (RFC 7515, section 7.1).
    NotCompact = "not-compact",
    /// The header is not a strict JSON object with the members of RFC 7515, section 4.1.
    MalformedHeader = "malformed-header",
    /// The header demands an extension that is not known (`crit`; RFC 7515, section 4.1.11).
    UnknownExtension = "unknown-extension",
    /// No configured key has the `kid` of the header.
    UnknownKey = "unknown-key",
    /// The `alg` of the header is not that of the key.
    WrongAlgorithm = "wrong-algorithm",
    /// The signature does not verify.
    BadSignature = "bad-signature",
    /// The claims are not a strict JSON object; a key written twice is not strict.
    MalformedClaims = "malformed-claims",
    /// The `iss` is not that of the key's owner.
    WrongIssuer = "wrong-issuer",
    /// The `typ`, the profile or the claims are those of no kind that is accepted from this issuer.
    WrongKind = "wrong-kind",
    /// A claim that the kind requires is missing.
    MissingClaim = "missing-claim",
    /// A registered claim has the wrong type or form.
    MalformedClaim = "malformed-claim",
    /// The token is for somebody else.
    WrongAudience = "wrong-audience",
    /// It was issued, or what it reports happened, later than the clock difference forgives.
    FromTheFuture = "from-the-future",
    /// Its `nbf` has not come.
    NotYetValid = "not-yet-valid",
    /// Its `exp` has come.
    Expired = "expired",
    /// It is older than its issuer's maximum age.
    TooOld = "too-old",
    /// It contradicts itself, or its kind is never believed in this form.
    RefusedByKind = "refused-by-kind",
    /// It names no device as the kind demands, or one of an issuer that its sender does not speak of.
    NoDevice = "no-device",
    /// A token inside it is not believed.
    NestedNotTrusted = "nested-not-trusted",
    /// It must be bound to a connection, and is bound to none.
    NotBound = "not-bound",
    /// It is bound to a key that the gateway did not see on this connection.
    BoundElsewhere = "bound-elsewhere",
    /// It does not repeat the nonce that the gateway gave.
    WrongNonce = "wrong-nonce",
}

impl EvidenceReason {
    /// What it means, for the administrator.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Trusted => "the evidence is believed",
            Self::Absent => "there is no evidence",
            Self::TooLong => "the token is longer than is read",
            Self::NotCompact => "this is not three parts in base64url, joined by dots",
            Self::MalformedHeader => "the header is not a strict JSON object of the right members",
            Self::UnknownExtension => "the header demands an extension that is not known",
            Self::UnknownKey => "no key in force has the `kid` of the header",
            Self::WrongAlgorithm => "the `alg` of the header is not that of the key",
            Self::BadSignature => "the signature does not verify under a key in force",
            Self::MalformedClaims => {
                "the claims are not a strict JSON object, or a key is written twice"
            }
            Self::WrongIssuer => "`iss` is not the issuer that the key belongs to",
            Self::WrongKind => "the token is of no kind that is accepted from this issuer",
            Self::MissingClaim => "a claim that the kind requires is missing",
            Self::MalformedClaim => "a claim has the wrong type or form",
            Self::WrongAudience => "`aud` does not name this service",
            Self::FromTheFuture => "it speaks of a later time than now",
            Self::NotYetValid => "it is not valid yet",
            Self::Expired => "it has expired",
            Self::TooOld => "it is older than is accepted from this issuer",
            Self::RefusedByKind => "its kind refuses what it says of itself",
            Self::NoDevice => "it names no device that it can be about",
            Self::NestedNotTrusted => "a token inside it is not believed",
            Self::NotBound => "it is not bound to a key, and must be",
            Self::BoundElsewhere => "it is bound to a key that this connection did not show",
            Self::WrongNonce => "it does not repeat the nonce that the gateway gave",
        }
    }
}

impl fmt::Display for EvidenceReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const YES: &Value = &Value::Bool(true);
const NO: &Value = &Value::Bool(false);

fn truth(value: bool) -> &'static Value {
    if value { YES } else { NO }
}

impl Attested {
    /// That no evidence came with the request: `evidence.present` is false.
    pub fn absent() -> Self {
        Self::not_trusted(EvidenceReason::Absent)
    }

    /// Evidence that is not believed.
    pub(crate) fn not_trusted(reason: EvidenceReason) -> Self {
        Self { reason, bound: false, contradicted: false, token: None, notices: [None, None] }
    }

    /// Evidence that is believed, the notices that are held about its device, and whether a token
    /// inside it is contradicted.
    pub(crate) fn trusted(
        token: Arc<Statement>,
        bound: bool,
        notices: [Option<Arc<[Statement]>>; 2],
        contradicted_inside: bool,
    ) -> Self {
        let contradicted = contradicted_inside || contradict(&notices, token.at);
        Self { reason: EvidenceReason::Trusted, bound, contradicted, token: Some(token), notices }
    }

    /// Why it is believed, or is not.
    pub fn reason(&self) -> EvidenceReason {
        self.reason
    }

    /// Whether it is believed.
    pub fn is_trusted(&self) -> bool {
        self.reason == EvidenceReason::Trusted
    }

    /// Whether the token is bound to a key or certificate that the gateway saw on this connection.
    pub fn is_bound(&self) -> bool {
        self.bound
    }

    /// Whether a notice that is not older than the token says that it no longer holds.
    pub fn is_contradicted(&self) -> bool {
        self.contradicted
    }

    /// The values that it sets. A name may come more than once: the worse value counts.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        let of_all = [
            ("evidence.present", truth(self.reason != EvidenceReason::Absent)),
            ("evidence.trusted", truth(self.is_trusted())),
        ];
        let of_trusted = [
            ("evidence.bound", truth(self.bound)),
            ("evidence.contradicted", truth(self.contradicted)),
        ];
        let of_trusted = of_trusted.into_iter().filter(|_| self.is_trusted());
        let notices = self.token.iter().flat_map(|token| bearing_on(&self.notices, token.at));
        let stated = self.token.as_deref().into_iter().chain(notices);
        let stated = stated.flat_map(|statement| &statement.values);
        of_all.into_iter().chain(of_trusted).chain(stated.map(|(name, value)| (&**name, value)))
    }
}

/// Whether one of these notices says that evidence issued at `issued_at` no longer holds.
pub(crate) fn contradict(notices: &[Option<Arc<[Statement]>>; 2], issued_at: Instant) -> bool {
    bearing_on(notices, issued_at).any(|notice| notice.contradicts)
}

/// The notices that are not older than evidence issued at `issued_at`.
fn bearing_on(
    notices: &[Option<Arc<[Statement]>>; 2],
    issued_at: Instant,
) -> impl Iterator<Item = &Statement> {
    let all = notices.iter().flatten().flat_map(|held| held.iter());
    all.filter(move |notice| notice.at >= issued_at)
}
