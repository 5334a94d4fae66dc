//! One token, from bytes to what it states: every check that does not depend on what else is known.

use std::sync::Arc;

use super::account::{Belief, Notes};
use super::binding::{Binding, Confirmation, Nonces};
use super::jose::{Compact, Header, object};
use super::key;
use super::kind::{Kind, Moment};
use super::pointer::{Lookup, Pointer};
use super::rule::{Found, instant_of_milliseconds, instant_of_seconds, value};
use super::trust::{Signer, Terms, Trust};
use crate::json::Node;
use crate::model::{EvidenceReason, Instant, Statement, Value};

/// Evidence that verifies. Whether it is believed also takes the time and the connection.
#[derive(Debug)]
pub(super) struct Verified {
    pub statement: Arc<Statement>,
    pub issuer: Arc<Terms>,
    /// The device that it is about, as its issuer names it.
    pub device: Option<Box<str>>,
    confirmation: Option<Confirmation>,
    nonces: Nonces,
    times: Times,
    /// What the tokens inside verified as.
    pub inside: Vec<Verified>,
}

/// The times between which evidence counts.
#[derive(Clone, Copy, Debug)]
struct Times {
    /// When it was issued, less the clock difference.
    issued: Instant,
    /// Its `nbf`, less the clock difference.
    not_before: Option<Instant>,
    /// Its `exp`: at that instant it has expired.
    expires: Option<Instant>,
    /// The end of its issuer's maximum age.
    too_old: Instant,
}

/// A notice that verifies.
#[derive(Debug)]
pub(super) struct Report {
    pub kind: Box<str>,
    pub from: Arc<Terms>,
    /// The issuers whose evidence it is about.
    pub about: Vec<Box<str>>,
    /// The device; `None` for every device.
    pub device: Option<Box<str>>,
    pub statement: Statement,
}

impl Verified {
    /// Whether it counts now; if so, whether it is bound to the connection.
    pub(super) fn counts(&self, seen: &Binding, now: Instant) -> Result<bool, EvidenceReason> {
        self.times.check(now)?;
        let bound = self.bound(seen)?;
        if self.nonces.answer(seen) { Ok(bound) } else { Err(EvidenceReason::WrongNonce) }
    }

    /// Whether it is bound to the connection, and what is inside it to no other.
    fn bound(&self, seen: &Binding) -> Result<bool, EvidenceReason> {
        for inside in &self.inside {
            inside.bound(seen).map_err(|_| EvidenceReason::NestedNotTrusted)?;
        }
        match &self.confirmation {
            Some(confirmation) if confirmation.is_met_by(seen) => Ok(true),
            Some(_) => Err(EvidenceReason::BoundElsewhere),
            None if self.issuer.binding_required => Err(EvidenceReason::NotBound),
            None => Ok(false),
        }
    }

    /// The instant from which it counts no more.
    pub(super) fn ends(&self) -> Instant {
        self.times.ends()
    }
}

impl Times {
    fn ends(&self) -> Instant {
        self.expires.map_or(self.too_old, |expires| expires.min(self.too_old))
    }

    fn check(&self, now: Instant) -> Result<(), EvidenceReason> {
        if now < self.issued {
            Err(EvidenceReason::FromTheFuture)
        } else if self.not_before.is_some_and(|not_before| now < not_before) {
            Err(EvidenceReason::NotYetValid)
        } else if self.expires.is_some_and(|expires| now >= expires) {
            Err(EvidenceReason::Expired)
        } else if now >= self.too_old {
            Err(EvidenceReason::TooOld)
        } else {
            Ok(())
        }
    }
}

/// What a token is offered as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum As {
    Evidence { level: usize },
    Notice,
}

/// Verifies evidence: signature, issuer, kind, audience and form, and what its claims come to.
pub(super) fn evidence(
    trust: &Trust,
    token: &[u8],
    now: Instant,
    levels: usize,
    notes: &mut Notes,
) -> Result<Verified, EvidenceReason> {
    at_level(trust, token, now, (1, levels), notes)
}

fn at_level(
    trust: &Trust,
    token: &[u8],
    now: Instant,
    (level, levels): (usize, usize),
    notes: &mut Notes,
) -> Result<Verified, EvidenceReason> {
    accepted(trust, token, As::Evidence { level }, notes, |issuer, kind, claims, notes| {
        let times = Times::read(issuer, kind, claims)?;
        let confirmation = match claims.member("cnf") {
            None => None,
            Some(cnf) => Some(Confirmation::read(cnf)?),
        };
        let nonces = Nonces::read(&kind.nonce, claims)?;
        notes.believed("iat", || format!("issued at {}", times.issued_at(issuer)));
        notes.believed("exp", || format!("counts until {}", times.ends()));
        refuse(kind, claims, notes)?;
        let mut values = states(issuer, kind, claims, notes);
        if confirmation.is_none() {
            values.extend(caps(issuer, &values, notes));
        }
        let names = &issuer.names;
        let mut about_evidence = |name: &Arc<str>, value| values.push((Arc::clone(name), value));
        about_evidence(&names.issued_at, Value::Instant(times.issued_at(issuer)));
        about_evidence(&names.expires_at, Value::Instant(times.ends()));
        if level == 1 {
            about_evidence(&names.issuer, Value::Text(issuer.name.clone()));
        }
        if level == 1 || !issuer.partner.is_empty() {
            about_evidence(&names.partner, Value::Set(issuer.partner.clone()));
        }
        let (mut times, mut inside) = (times, Vec::new());
        for pointer in &kind.nested {
            for token in pointer.all(claims).into_iter().filter_map(token_inside) {
                let inner = nested(trust, token, now, (level, levels), notes)?;
                times.too_old = times.too_old.min(inner.times.ends());
                // Its values stand beside the outer token's: the worse of two counts.
                values.extend(inner.statement.values.iter().cloned());
                inside.push(inner);
            }
        }
        let statement = Statement { at: times.issued_at(issuer), contradicts: false, values };
        Ok(Verified {
            statement: Arc::new(statement),
            issuer: Arc::clone(issuer),
            device: kind.device(claims).map(Into::into),
            confirmation,
            nonces,
            times,
            inside,
        })
    })
}

/// Verifies a notice.
pub(super) fn notice(
    trust: &Trust,
    token: &[u8],
    now: Instant,
    notes: &mut Notes,
) -> Result<Report, EvidenceReason> {
    accepted(trust, token, As::Notice, notes, |issuer, kind, claims, notes| {
        refuse(kind, claims, notes)?;
        let at = date(claims, &kind.issued_at)?;
        let issued = claims.member("iat").map_or(Ok(at), number_date)?;
        if earlier(at.max(issued), issuer) > now {
            return Err(EvidenceReason::FromTheFuture);
        }
        let device = kind.device(claims).map(Into::into);
        let every = kind.every_device.as_ref().is_some_and(|when| when.holds(claims));
        if device.is_none() && !every {
            return Err(EvidenceReason::NoDevice);
        }
        let about = about(trust, issuer, kind.issuer_of_device(claims))?;
        let contradicts = kind.contradicts.as_ref().is_some_and(|when| when.holds(claims));
        let values = states(issuer, kind, claims, notes);
        let statement = Statement { at, contradicts, values };
        Ok(Report { kind: kind.name.clone(), from: Arc::clone(issuer), about, device, statement })
    })
}

/// The issuers whose evidence a notice is about, of those that its sender speaks of: the one by which
/// the device is named; all, where nobody is or the sender is, whose names are then theirs too.
fn about(
    trust: &Trust,
    sender: &Terms,
    named_by: Option<&Node<'_>>,
) -> Result<Vec<Box<str>>, EvidenceReason> {
    let Some(named_by) = named_by else { return Ok(sender.about.clone()) };
    let iss = named_by.text().ok_or(EvidenceReason::MalformedClaim)?;
    let is_its = |terms: &Terms| terms.iss.as_deref() == Some(iss);
    if is_its(sender) {
        return Ok(sender.about.clone());
    }
    let named = trust.signers.iter().map(|signer| &*signer.terms).filter(|terms| is_its(terms));
    let named = named.map(|terms| terms.name.clone()).filter(|name| sender.about.contains(name));
    Some(named.collect()).filter(|about: &Vec<_>| !about.is_empty()).ok_or(EvidenceReason::NoDevice)
}

/// The token at a place where one may be: alone, or as `["JWT", token]` (RFC 9711, section
/// 4.2.18.1). Claims there are the outer token's own, and tokens in CBOR say nothing here.
fn token_inside<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    match node.items() {
        Some([kind, token]) if kind.text() == Some("JWT") => token.text(),
        Some(_) => None,
        None => node.text(),
    }
}

/// Verifies a token inside another, by a signer of its own.
fn nested(
    trust: &Trust,
    token: &str,
    now: Instant,
    (level, levels): (usize, usize),
    notes: &mut Notes,
) -> Result<Verified, EvidenceReason> {
    let result = if level < levels {
        at_level(trust, token.as_bytes(), now, (level + 1, levels), notes)
    } else {
        Err(EvidenceReason::TooLong)
    };
    let counting = result.and_then(|inner| inner.times.check(now).map(|()| inner));
    counting.map_err(|reason| {
        notes.note(Belief::NotBelieved, || {
            ("a token inside".to_owned(), reason.meaning().to_owned())
        });
        EvidenceReason::NestedNotTrusted
    })
}

/// Checks all that evidence and notices share, the signature before any claim is read.
fn accepted<T>(
    trust: &Trust,
    token: &[u8],
    offered: As,
    notes: &mut Notes,
    then: impl FnOnce(&Arc<Terms>, &Kind, &Node<'_>, &mut Notes) -> Result<T, EvidenceReason>,
) -> Result<T, EvidenceReason> {
    let compact = Compact::open(token)?;
    let header = compact.header()?;
    let terms = &signer(trust, &compact, &header, notes)?.terms;
    let bytes = compact.claims()?;
    let claims = object(&bytes).ok_or(EvidenceReason::MalformedClaims)?;
    check_issuer(terms, &claims)?;
    notes.believed("iss", || format!("it is `{}`, whose key signed", terms.name));
    let fits = |kind: &&Arc<Kind>| {
        let offered_so = match offered {
            As::Evidence { level } => !kind.is_notice && (terms.only_nested == (level > 1)),
            As::Notice => kind.is_notice,
        };
        offered_so && kind.is_kind_of(header.typ(), &claims)
    };
    let kind = terms.kinds.iter().find(fits).ok_or(EvidenceReason::WrongKind)?;
    notes.believed("typ", || format!("the token is of kind `{}`", kind.name));
    check_audience(terms, &claims)?;
    notes.believed("aud", || match &terms.audience {
        Some(_) => "it names this service".to_owned(),
        None => "this issuer's tokens name nobody, as configured".to_owned(),
    });
    let accepted = then(terms, kind, &claims, notes)?;
    if notes.are_wanted() {
        note_unread(kind, &claims, notes);
    }
    Ok(accepted)
}

/// Whose key signed the token.
fn signer<'t>(
    trust: &'t Trust,
    compact: &Compact<'_>,
    header: &Header<'_>,
    notes: &mut Notes,
) -> Result<&'t Signer, EvidenceReason> {
    let mut reason = EvidenceReason::UnknownKey;
    for (signer, candidate) in trust.keys(header.kid()) {
        if compact.is_signed_by(candidate, header) {
            notes.believed("signature", || {
                let algorithm = key::name(candidate.algorithm).unwrap_or_default();
                format!("by a key of `{}`, with {algorithm}", signer.terms.name)
            });
            return Ok(signer);
        }
        // The reason that came nearest to a signature is told.
        if header.names_algorithm_of(candidate) {
            reason = EvidenceReason::BadSignature;
        } else if reason == EvidenceReason::UnknownKey {
            reason = EvidenceReason::WrongAlgorithm;
        }
    }
    Err(reason)
}

fn check_issuer(terms: &Terms, claims: &Node<'_>) -> Result<(), EvidenceReason> {
    match (&terms.iss, claims.member("iss")) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(EvidenceReason::WrongIssuer),
        (Some(_), None) => Err(EvidenceReason::MissingClaim),
        (Some(named), Some(node)) => match node.text() {
            None => Err(EvidenceReason::MalformedClaim),
            Some(iss) if *iss == **named => Ok(()),
            Some(_) => Err(EvidenceReason::WrongIssuer),
        },
    }
}

/// `aud` is a text or an array of them (RFC 7519, section 4.1.3), and names us.
fn check_audience(terms: &Terms, claims: &Node<'_>) -> Result<(), EvidenceReason> {
    let Some(ours) = &terms.audience else { return Ok(()) };
    let node = claims.member("aud").ok_or(EvidenceReason::MissingClaim)?;
    let named = node.items().unwrap_or(std::slice::from_ref(node)).iter().map(Node::text);
    if named.clone().any(|name| name.is_none()) {
        return Err(EvidenceReason::MalformedClaim);
    }
    if named.flatten().any(|name| ours.iter().any(|own| **own == *name)) {
        Ok(())
    } else {
        Err(EvidenceReason::WrongAudience)
    }
}

impl Times {
    fn read(issuer: &Terms, kind: &Kind, claims: &Node<'_>) -> Result<Self, EvidenceReason> {
        let named = |name: &str| match claims.member(name) {
            None => Ok(None),
            Some(node) => number_date(node).map(Some),
        };
        let issued = date(claims, &kind.issued_at)?;
        let (expires, not_before) = (named("exp")?, named("nbf")?);
        // Whatever the kind takes for the issue, a registered claim has its form.
        named("iat")?;
        if kind.must_expire && expires.is_none() {
            return Err(EvidenceReason::MissingClaim);
        }
        if expires.is_some_and(|expires| expires <= issued) {
            return Err(EvidenceReason::MalformedClaim);
        }
        let too_old = issued.as_micros().saturating_add(issuer.max_age.as_micros());
        Ok(Self {
            issued: earlier(issued, issuer),
            not_before: not_before.map(|not_before| earlier(not_before, issuer)),
            expires,
            too_old: Instant::from_micros(too_old),
        })
    }

    fn issued_at(&self, issuer: &Terms) -> Instant {
        let difference = issuer.clock_difference.as_micros();
        Instant::from_micros(self.issued.as_micros().saturating_add(difference))
    }
}

/// An instant, less the clock difference.
fn earlier(at: Instant, issuer: &Terms) -> Instant {
    Instant::from_micros(at.as_micros().saturating_sub(issuer.clock_difference.as_micros()))
}

/// The first of some dates that is among the claims.
fn date(claims: &Node<'_>, moments: &[Moment]) -> Result<Instant, EvidenceReason> {
    let mut stated = moments.iter().filter_map(|moment| Some((moment, moment.at.one(claims)?)));
    let (moment, node) = stated.next().ok_or(EvidenceReason::MissingClaim)?;
    if moment.in_milliseconds {
        instant_of_milliseconds(node).ok_or(EvidenceReason::MalformedClaim)
    } else {
        number_date(node)
    }
}

/// A date is a whole number of seconds; fractions, exponents and text are refused for every kind, as
/// RFC 9711, section 4.3.1, has it for `iat`.
fn number_date(node: &Node<'_>) -> Result<Instant, EvidenceReason> {
    node.integer().and_then(instant_of_seconds).ok_or(EvidenceReason::MalformedClaim)
}

fn refuse(kind: &Kind, claims: &Node<'_>, notes: &mut Notes) -> Result<(), EvidenceReason> {
    match kind.refuses.iter().find(|refusal| refusal.when.holds(claims)) {
        None => Ok(()),
        Some(refusal) => {
            notes.note(Belief::NotBelieved, || {
                (format!("kind `{}`", kind.name), refusal.because.to_string())
            });
            Err(EvidenceReason::RefusedByKind)
        }
    }
}

/// What the claims say of attributes that the issuer may set.
fn states(
    issuer: &Terms,
    kind: &Kind,
    claims: &Node<'_>,
    notes: &mut Notes,
) -> Vec<(Arc<str>, Value)> {
    // With room for what evidence states of itself.
    let mut values = Vec::with_capacity(kind.mappings.len() + 4);
    let mut lookup = Lookup::new(claims);
    for mapping in &kind.mappings {
        let name = &*mapping.name;
        match value(&mapping.rules, &mapping.kind, &mut lookup) {
            Found::Nothing => {}
            Found::Unfit => notes.note(Belief::NotBelieved, || {
                (name.to_owned(), "the claim is no value of it, so it is unknown".to_owned())
            }),
            Found::Value(value) if issuer.may_set(name) => {
                notes.believed(name, || value.to_string());
                values.push((Arc::clone(&mapping.name), value));
            }
            Found::Value(_) => notes.note(Belief::NotBelieved, || {
                (name.to_owned(), format!("`{}` may not set it", issuer.name))
            }),
        }
    }
    values
}

/// Of the attributes that evidence without binding states, the best that it can state. Both stand,
/// and the worse counts.
fn caps(issuer: &Terms, stated: &[(Arc<str>, Value)], notes: &mut Notes) -> Vec<(Arc<str>, Value)> {
    let caps = issuer.when_unbound.iter();
    let caps = caps.filter(|(name, _)| stated.iter().any(|(other, _)| other == name));
    caps.inspect(|(name, cap)| {
        notes.note(Belief::NotBelieved, || {
            (name.to_string(), format!("better than `{cap}`: the evidence is not bound"))
        });
    })
    .cloned()
    .collect()
}

/// Notes the claims that nothing reads.
fn note_unread(kind: &Kind, claims: &Node<'_>, notes: &mut Notes) {
    const READ: [&str; 7] = ["iss", "aud", "iat", "exp", "nbf", "cnf", super::kind::PROFILE];
    let places = kind.mappings.iter().flat_map(|mapping| &mapping.rules);
    let places = places.flat_map(super::rule::Rule::places);
    let dates = kind.issued_at.iter().map(|moment| &moment.at);
    let places = places.chain(&kind.device).chain(&kind.nonce).chain(&kind.nested).chain(dates);
    let read: Vec<&str> = places.filter_map(Pointer::first).collect();
    for member in claims.members().unwrap_or_default() {
        let key = member.key.as_ref();
        if !READ.contains(&key) && !read.contains(&key) {
            notes.note(Belief::NotRead, || {
                (key.to_owned(), format!("kind `{}` does not read it", kind.name))
            });
        }
    }
}
