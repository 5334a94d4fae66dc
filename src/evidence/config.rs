//! What a verifier is told: who signs, and how far they are believed.

use super::said::{Said, Spot};
use crate::model::{Duration, Given, Value};

/// The configuration of a verifier: whose word about devices counts, and how far.
///
/// This is what a file `evidence.json` says ([`EvidenceConfig::read`]), for a host that has its keys and
/// names elsewhere. It is as strict: everything is checked when a verifier is made of it, and a finding
/// names the line of the code that said what is wrong.
///
/// ```
/// use portcullis::{EvidenceConfig, Issuer, Pdp};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keys = std::fs::read("tests/evidence/mdm.jwks.json")?;
/// let manager = Issuer::new("https://mdm.council.example")
///     .keys(keys) // a JWK set, or a public key in PEM
///     .kinds(["native"])
///     .max_age("8h".parse()?)
///     .may_set(["device.*"]);
/// let config =
///     EvidenceConfig::new("council").audience(["https://vpn.council.example"]).issuer(manager);
///
/// let pdp = Pdp::load("policies/quickstart")?;
/// let verifier = pdp.verifier_from(&config)?;
///
/// // What is wrong is found at the code that says it:
/// let vague = Issuer::new("https://district.example").kinds(["natve"]);
/// let findings = pdp.verifier_from(&config.issuer(vague)).unwrap_err().to_string();
/// assert!(findings.contains("error[P0353]: there is no kind of token `natve`\n  help: did you mean `native`?"));
/// assert!(findings.contains("error[P0102]: an issuer has no `may_set`"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a configuration does nothing until a verifier is made of it"]
pub struct EvidenceConfig {
    pub(super) name: Said<Box<str>>,
    pub(super) audience: Option<Names>,
    pub(super) clock_difference: Option<Said<Duration>>,
    pub(super) kinds: Vec<Document>,
    pub(super) issuers: Vec<Issuer>,
}

/// One whose word counts: whose tokens are believed, how they are told, and how far they are believed.
///
/// What must be said is `keys`, `kinds` and `may_set`; of evidence also `max_age`, and of an issuer that
/// only sends notices `about`. Keys and caps add up; of everything else the last word counts.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an issuer counts as part of a configuration"]
pub struct Issuer {
    pub(super) name: Said<Box<str>>,
    pub(super) iss: Iss,
    pub(super) keys: Option<Said<Vec<KeyFile>>>,
    pub(super) rsa_algorithm: Option<RsaAlgorithm>,
    pub(super) shared_secrets: bool,
    pub(super) kinds: Option<Names>,
    pub(super) audience: Audience,
    pub(super) max_age: Option<Said<Duration>>,
    pub(super) clock_difference: Option<Said<Duration>>,
    pub(super) binding_required: bool,
    pub(super) may_set: Option<Names>,
    pub(super) partner: Option<Names>,
    pub(super) when_unbound: Vec<Cap>,
    pub(super) only_nested: bool,
    pub(super) about: Option<Names>,
}

/// The algorithm of RSA keys that do not say their own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RsaAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
}

/// Names, and where each is.
pub(super) type Names = Said<Vec<Said<Box<str>>>>;

/// The best value of an attribute that evidence without binding can state; `None` for what is no value
/// of any attribute.
pub(super) type Cap = Said<(Box<str>, Option<Value>)>;

/// The bytes of a file, or what stands for one. Its name is where it is found, and no part of it.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub name: Box<str>,
    pub bytes: Vec<u8>,
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

/// A file of keys, and the name of the one key that has no place for it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KeyFile {
    pub document: Document,
    pub kid: Option<Box<str>>,
}

/// The `iss` of an issuer's tokens.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Iss {
    /// The issuer's name.
    Own,
    Other(Box<str>),
    /// They have none.
    Absent,
}

/// Whom an issuer's tokens are for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Audience {
    /// Those of the whole configuration.
    OfAll,
    Own(Names),
    /// Its tokens name nobody.
    Nobody,
}

#[track_caller]
fn names(names: impl IntoIterator<Item = impl Into<Box<str>>>) -> Names {
    let at = Spot::of_caller();
    let said = |name| Said { what: name, at: at.clone() };
    let what = names.into_iter().map(|name| said(name.into())).collect();
    Said { what, at }
}

impl EvidenceConfig {
    /// A configuration of this name, in which nobody's word counts yet.
    #[track_caller]
    pub fn new(name: impl Into<Box<str>>) -> Self {
        Self {
            name: Said::by_caller(name.into()),
            audience: None,
            clock_difference: None,
            kinds: Vec::new(),
            issuers: Vec::new(),
        }
    }

    /// Who we are: tokens name one of these, unless their issuer has an audience of its own.
    #[track_caller]
    pub fn audience(self, who: impl IntoIterator<Item = impl Into<Box<str>>>) -> Self {
        Self { audience: Some(names(who)), ..self }
    }

    /// How far ahead an issuer's clock may run: 60 s unless said otherwise, 10 minutes at most.
    #[track_caller]
    pub fn clock_difference(self, difference: Duration) -> Self {
        Self { clock_difference: Some(Said::by_caller(difference)), ..self }
    }

    /// Adds a kind of token to those that ship: the JSON of its mapping file. `file` is its name in
    /// findings.
    pub fn kind(mut self, file: impl Into<Box<str>>, json: impl Into<Vec<u8>>) -> Self {
        self.kinds.push(Document { name: file.into(), bytes: json.into() });
        self
    }

    /// Adds an issuer.
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(issuer);
        self
    }
}

impl Issuer {
    /// An issuer of this name, which is the `iss` of its tokens unless that is said.
    #[track_caller]
    pub fn new(name: impl Into<Box<str>>) -> Self {
        Self::named(Said::by_caller(name.into()))
    }

    pub(super) fn named(name: Said<Box<str>>) -> Self {
        Self {
            name,
            iss: Iss::Own,
            keys: None,
            rsa_algorithm: None,
            shared_secrets: false,
            kinds: None,
            audience: Audience::OfAll,
            max_age: None,
            clock_difference: None,
            binding_required: true,
            may_set: None,
            partner: None,
            when_unbound: Vec::new(),
            only_nested: false,
            about: None,
        }
    }

    /// The `iss` of its tokens, where that is not its name.
    pub fn iss(self, iss: impl Into<Box<str>>) -> Self {
        Self { iss: Iss::Other(iss.into()), ..self }
    }

    /// Its tokens have no `iss`, as those of verifiers of attestations often do not.
    pub fn without_iss(self) -> Self {
        Self { iss: Iss::Absent, ..self }
    }

    /// Adds the keys of a JWK set, or one public key in PEM.
    #[track_caller]
    pub fn keys(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.key_file(bytes.into(), None)
    }

    /// Adds one public key in PEM, by the `kid` that its tokens have.
    #[track_caller]
    pub fn key(self, kid: impl Into<Box<str>>, pem: impl Into<Vec<u8>>) -> Self {
        self.key_file(pem.into(), Some(kid.into()))
    }

    #[track_caller]
    fn key_file(mut self, bytes: Vec<u8>, kid: Option<Box<str>>) -> Self {
        let name = format!("keys of `{}`", self.name.what).into();
        let keys = self.keys.get_or_insert(Said::by_caller(Vec::new()));
        keys.what.push(KeyFile { document: Document { name, bytes }, kid });
        self
    }

    /// The algorithm of its RSA keys that do not say theirs.
    pub fn rsa_algorithm(self, algorithm: RsaAlgorithm) -> Self {
        Self { rsa_algorithm: Some(algorithm), ..self }
    }

    /// Its symmetric keys count. Whoever verifies with one can also sign with it.
    pub fn with_shared_secrets(self) -> Self {
        Self { shared_secrets: true, ..self }
    }

    /// The kinds of token that it may send.
    #[track_caller]
    pub fn kinds(self, kinds: impl IntoIterator<Item = impl Into<Box<str>>>) -> Self {
        Self { kinds: Some(names(kinds)), ..self }
    }

    /// Who we are to this issuer.
    #[track_caller]
    pub fn audience(self, who: impl IntoIterator<Item = impl Into<Box<str>>>) -> Self {
        Self { audience: Audience::Own(names(who)), ..self }
    }

    /// Its tokens name nobody: then a token for any service is believed by all.
    pub fn without_audience(self) -> Self {
        Self { audience: Audience::Nobody, ..self }
    }

    /// How old a token of its may be, whatever its `exp`.
    #[track_caller]
    pub fn max_age(self, age: Duration) -> Self {
        Self { max_age: Some(Said::by_caller(age)), ..self }
    }

    /// How far ahead its clock may run.
    #[track_caller]
    pub fn clock_difference(self, difference: Duration) -> Self {
        Self { clock_difference: Some(Said::by_caller(difference)), ..self }
    }

    /// Its evidence may lack a binding to the connection.
    pub fn with_binding_optional(self) -> Self {
        Self { binding_required: false, ..self }
    }

    /// The attributes that it may set; `device.*` stands for all of that beginning.
    #[track_caller]
    pub fn may_set(self, attributes: impl IntoIterator<Item = impl Into<Box<str>>>) -> Self {
        Self { may_set: Some(names(attributes)), ..self }
    }

    /// It is a partner, and its word counts under these agreements.
    #[track_caller]
    pub fn partner(self, agreements: impl IntoIterator<Item = impl Into<Box<str>>>) -> Self {
        Self { partner: Some(names(agreements)), ..self }
    }

    /// The best value of an attribute that its evidence can state without binding. Text stands for
    /// words, instants, durations and versions.
    #[track_caller]
    pub fn when_unbound<'v>(
        mut self,
        attribute: impl Into<Box<str>>,
        best: impl Into<Given<'v>>,
    ) -> Self {
        self.when_unbound.push(Said::by_caller((attribute.into(), owned(best.into()))));
        self
    }

    /// It is believed only as a token inside another.
    pub fn only_nested(self) -> Self {
        Self { only_nested: true, ..self }
    }

    /// The issuers whose evidence its notices are about.
    #[track_caller]
    pub fn about(self, issuers: impl IntoIterator<Item = impl Into<Box<str>>>) -> Self {
        Self { about: Some(names(issuers)), ..self }
    }
}

fn owned(given: Given<'_>) -> Option<Value> {
    Some(match given {
        Given::Bool(value) => Value::Bool(value),
        Given::Integer(value) => Value::Integer(value),
        Given::Instant(value) => Value::Instant(value),
        Given::Duration(value) => Value::Duration(value),
        Given::Text(text) => Value::Text(text.into()),
        Given::Words(words) => Value::Set(words.iter().map(|word| (*word).into()).collect()),
        Given::Malformed => return None,
    })
}
