//! The handle that a gateway keeps for evidence.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::account::{Account, Belief, Notes};
use super::believe::{self, Verified};
use super::binding::Binding;
use super::check::check;
use super::config::EvidenceConfig;
use super::kept;
use super::memory::Memory;
use super::notices::Notices;
use super::read::read;
use super::trust::Trust;
use crate::file::Source;
use crate::model::{
    Attested, EvidenceReason, Finding, Findings, Instant, Limits, Vocabulary, contradict,
};

/// Tells which evidence can be believed: tokens in, attested values out, or a reason.
///
/// One verifier serves any number of threads. It reads no clock, and fetches nothing: keys are handed
/// to it. It remembers what it verified, so that a token that is shown again costs no signature.
#[derive(Debug)]
pub struct Verifier {
    trust: ArcSwap<Trust>,
    memory: Memory,
    notices: Notices,
    limits: Limits,
}

/// What became of a notice of change.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use = "a notice that is not believed changes nothing"]
pub struct Noticed {
    reason: EvidenceReason,
    device: Option<Box<str>>,
    changed: bool,
}

impl Noticed {
    /// Why it is believed, or is not.
    pub fn reason(&self) -> EvidenceReason {
        self.reason
    }

    /// The device that it is about, as its evidence names it; `None` for every device, or where the
    /// notice is not believed.
    pub fn device(&self) -> Option<&str> {
        self.device.as_deref()
    }

    /// Whether anything that is held changed: then open sessions are worth another decision. A
    /// notice that is no news, because a later one is held, changes nothing.
    pub fn changed(&self) -> bool {
        self.changed
    }
}

impl Verifier {
    /// A verifier of a configuration. Attributes are those of `vocabulary`.
    ///
    /// # Errors
    ///
    /// The configuration is not valid. Every finding is given.
    pub fn new(
        config: &EvidenceConfig,
        vocabulary: &Vocabulary,
        limits: &Limits,
    ) -> Result<Self, Findings> {
        let (trust, found) = check(config, vocabulary, limits);
        valid(trust, found).map(|trust| Self::of(trust, limits))
    }

    /// Reads a configuration: the file at `path` of a source, and those that it names. Attributes are
    /// those of `vocabulary`.
    ///
    /// # Errors
    ///
    /// A file cannot be read or is not valid. Every finding is given.
    pub fn read(
        source: &dyn Source,
        path: &str,
        vocabulary: &Vocabulary,
        limits: &Limits,
    ) -> Result<Self, Findings> {
        read_trust(source, path, vocabulary, limits).map(|trust| Self::of(trust, limits))
    }

    fn of(trust: Trust, limits: &Limits) -> Self {
        Self {
            trust: ArcSwap::from_pointee(trust),
            memory: Memory::new(limits),
            notices: Notices::new(limits),
            limits: limits.clone(),
        }
    }

    /// Replaces the configuration, keys and all, by another one. Notices are kept.
    ///
    /// # Errors
    ///
    /// As [`Verifier::new`]. The old one stays in force.
    pub fn replace(
        &self,
        config: &EvidenceConfig,
        vocabulary: &Vocabulary,
    ) -> Result<(), Findings> {
        let (trust, found) = check(config, vocabulary, &self.limits);
        valid(trust, found).map(|trust| self.trust_anew(&trust))
    }

    /// Replaces the configuration by one that is read. Notices are kept.
    ///
    /// # Errors
    ///
    /// As [`Verifier::read`]. The old one stays in force.
    pub fn reload(
        &self,
        source: &dyn Source,
        path: &str,
        vocabulary: &Vocabulary,
    ) -> Result<(), Findings> {
        let trust = read_trust(source, path, vocabulary, &self.limits)?;
        self.trust_anew(&trust);
        Ok(())
    }

    fn trust_anew(&self, trust: &Trust) {
        self.trust.rcu(|old| trust.in_generation(old.generation + 1));
    }

    /// Replaces the keys of one issuer by those of a JWK set, or one key in PEM. A key that is not
    /// among them counts no more from the next verification on, remembered tokens included.
    ///
    /// # Errors
    ///
    /// There is no such issuer, or the keys cannot be used. The old ones stay in force.
    pub fn replace_keys(&self, issuer: &str, keys: &[u8]) -> Result<(), Findings> {
        let keys = self.trust.load().read_keys(issuer, keys, &self.limits)?;
        self.trust.rcu(|trust| trust.with_keys(issuer, &keys));
        Ok(())
    }

    /// Verifies a token, for a connection and an instant.
    ///
    /// This does not fail: evidence that is not believed is attested as such, with its reason. A
    /// token that was verified before costs no signature, and allocates nothing.
    pub fn verify(&self, token: &[u8], binding: &Binding, now: Instant) -> Attested {
        self.attested(token, binding, now).unwrap_or_else(Attested::not_trusted)
    }

    fn attested(
        &self,
        token: &[u8],
        binding: &Binding,
        now: Instant,
    ) -> Result<Attested, EvidenceReason> {
        if token.len() > self.limits.token_bytes {
            return Err(EvidenceReason::TooLong);
        }
        let trust = self.trust.load();
        if let Some(verified) = self.memory.recall(token, trust.generation) {
            return self.for_connection(&verified, binding, now);
        }
        let levels = self.limits.token_depth;
        let verified = believe::evidence(&trust, token, now, levels, &mut Notes::unwanted())?;
        let verified = Arc::new(verified);
        let attested = self.for_connection(&verified, binding, now)?;
        // Whoever copied tokens, and does not hold their keys, gets nothing remembered.
        self.memory.remember(token, &verified, trust.generation, now);
        Ok(attested)
    }

    fn for_connection(
        &self,
        verified: &Verified,
        binding: &Binding,
        now: Instant,
    ) -> Result<Attested, EvidenceReason> {
        let bound = verified.counts(binding, now)?;
        let inside = verified.inside.iter().any(|inside| self.is_contradicted(inside));
        let notices = self.notices.about(&verified.issuer.name, verified.device.as_deref());
        Ok(Attested::trusted(Arc::clone(&verified.statement), bound, notices, inside))
    }

    /// Whether a notice says that a token inside another no longer holds, or one inside it.
    fn is_contradicted(&self, verified: &Verified) -> bool {
        let notices = self.notices.about(&verified.issuer.name, verified.device.as_deref());
        contradict(&notices, verified.statement.at)
            || verified.inside.iter().any(|inside| self.is_contradicted(inside))
    }

    /// The same, with an account of what was believed, claim by claim: for people. Nothing is
    /// remembered.
    pub fn account(&self, token: &[u8], binding: &Binding, now: Instant) -> Account {
        let mut notes = Notes::wanted();
        let result = if token.len() > self.limits.token_bytes {
            Err(EvidenceReason::TooLong)
        } else {
            let levels = self.limits.token_depth;
            let trust = self.trust.load();
            let verified = believe::evidence(&trust, token, now, levels, &mut notes);
            verified.and_then(|verified| self.for_connection(&verified, binding, now))
        };
        let attested = result.unwrap_or_else(Attested::not_trusted);
        let belief = if attested.is_trusted() { Belief::Believed } else { Belief::NotBelieved };
        let reason = attested.reason();
        notes.note(belief, || ("the token".to_owned(), reason.meaning().to_owned()));
        Account { attested, lines: notes.into_lines() }
    }

    /// Takes a notice of change: a Security Event Token (RFC 8417). Evidence that is not younger than
    /// what it reports is contradicted from now on.
    pub fn notice(&self, token: &[u8], now: Instant) -> Noticed {
        let trust = self.trust.load();
        let report = if token.len() > self.limits.token_bytes {
            Err(EvidenceReason::TooLong)
        } else {
            believe::notice(&trust, token, now, &mut Notes::unwanted())
        };
        match report {
            Err(reason) => Noticed { reason, device: None, changed: false },
            Ok(report) => {
                let device = report.device.clone();
                let changed = self.notices.hold(report);
                Noticed { reason: EvidenceReason::Trusted, device, changed }
            }
        }
    }

    /// Every notice that is held, as JSON for [`Verifier::restore_notices`].
    pub fn notices(&self) -> String {
        kept::write(&self.notices.all())
    }

    /// Holds notices that were held before, beside those that are held already. Returns how many
    /// there were.
    ///
    /// # Errors
    ///
    /// The bytes are not what [`Verifier::notices`] writes. Nothing is changed.
    pub fn restore_notices(&self, json: &[u8]) -> Result<usize, Findings> {
        let kept = kept::read(json, &self.trust.load(), &self.limits)?;
        let count = kept.len();
        for notice in kept {
            self.notices.keep(notice);
        }
        Ok(count)
    }
}

fn read_trust(
    source: &dyn Source,
    path: &str,
    vocabulary: &Vocabulary,
    limits: &Limits,
) -> Result<Trust, Findings> {
    let (config, mut found) = read(source, path, limits);
    let Some(config) = config else { return Err(found.into()) };
    let (trust, also_found) = check(&config, vocabulary, limits);
    found.extend(also_found);
    valid(trust, found)
}

/// What is valid, or what was found, by file and place.
fn valid(trust: Trust, mut found: Vec<Finding>) -> Result<Trust, Findings> {
    let mut files: Vec<String> = Vec::new();
    for finding in &found {
        if !files.contains(&finding.file) {
            files.push(finding.file.clone());
        }
    }
    found.sort_by_key(|finding| (files.iter().position(|file| *file == finding.file), finding.at));
    Findings::or_warnings(found).map(|_| trust)
}
