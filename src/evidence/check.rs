//! From what a configuration says to who is believed: everything that its form does not show.

use std::sync::Arc;

use jsonwebtoken::Algorithm;

use super::config::{Audience, Document, EvidenceConfig, Iss, Issuer, Names, RsaAlgorithm};
use super::key::Key;
use super::keys::{KeyTerms, read_keys};
use super::kind::{Kind, SHIPPED};
use super::rule::fitting;
use super::said::Said;
use super::trust::{EvidenceNames, Signer, Terms, Trust};
use crate::file::File;
use crate::model::{Code, Duration, Finding, Limits, Value, Vocabulary, suggest};

const DEFAULT_CLOCK_DIFFERENCE: Duration = Duration::from_micros(60_000_000);
const MOST_CLOCK_DIFFERENCE: Duration = Duration::from_micros(600_000_000);
const NOTHING: Duration = Duration::from_micros(0);

/// Whom to believe by a configuration, in the words of a vocabulary; and what was found in it.
pub(super) fn check(
    config: &EvidenceConfig,
    vocabulary: &Vocabulary,
    limits: &Limits,
) -> (Trust, Vec<Finding>) {
    let mut check = Check { config, vocabulary, limits, found: Vec::new() };
    let kinds = check.all_kinds();
    if let Some(names) = &config.audience {
        check.not_empty(names, "`audience`");
    }
    if config.issuers.is_empty() {
        check.error(&config.name, Code::EmptyList, "nobody's word counts: no issuers", None);
    }
    let signers = config.issuers.iter().map(|issuer| check.signer(issuer, &kinds)).collect();
    check.names_of_issuers();
    let trust = Trust::new(signers, 0);
    if let Some(message) = trust.too_many_of_a_name() {
        check.error(&config.name, Code::OverLimit, message, None);
    }
    (trust, check.found)
}

struct Check<'c> {
    config: &'c EvidenceConfig,
    vocabulary: &'c Vocabulary,
    limits: &'c Limits,
    found: Vec<Finding>,
}

impl Check<'_> {
    fn error<T>(
        &mut self,
        said: &Said<T>,
        code: Code,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.found.push(said.at.error(code, message, help));
    }

    fn not_empty<T>(&mut self, list: &Said<Vec<T>>, what: &str) {
        if list.what.is_empty() {
            self.error(list, Code::EmptyList, format!("{what} is empty"), None);
        }
    }

    /// What an issuer must say.
    fn must_say(&mut self, issuer: &Issuer, key: &str) {
        let message = format!("an issuer has no `{key}`");
        self.error(&issuer.name, Code::MissingKey, message, Some(format!("add `{key}`")));
    }

    /// The kinds of the configuration, and those that ship.
    fn all_kinds(&mut self) -> Vec<Arc<Kind>> {
        let (limits, vocabulary) = (self.limits, self.vocabulary);
        let read = |name: &str, bytes: &[u8]| {
            let file = File::new(name, bytes);
            let document = file.document(limits);
            let kind = document.and_then(|document| Kind::read(&file, &document, vocabulary));
            (kind.map(Arc::new), file.into_findings())
        };
        let mut kinds = Vec::new();
        for Document { name, bytes } in &self.config.kinds {
            let (kind, found) = read(name, bytes);
            kinds.extend(kind);
            self.found.extend(found);
        }
        // A vocabulary without the standard's attributes has no use for the kinds that ship.
        kinds.extend(SHIPPED.iter().filter_map(|(name, text)| read(name, text.as_bytes()).0));
        kinds
    }

    fn signer(&mut self, issuer: &Issuer, kinds: &[Arc<Kind>]) -> Signer {
        let kinds = self.kinds(issuer, kinds);
        let gives_evidence = kinds.iter().any(|kind| !kind.is_notice);
        let gives_notices_alone = !kinds.is_empty() && !gives_evidence;
        let name = issuer.name.what.clone();
        let max_age = match &issuer.max_age {
            Some(age) if age.what <= NOTHING => {
                let message = "`max_age` is longer than nothing";
                self.error(age, Code::MalformedValue, message, None);
                NOTHING
            }
            Some(age) => age.what,
            None if gives_evidence => {
                self.must_say(issuer, "max_age");
                NOTHING
            }
            None => Duration::from_micros(i64::MAX),
        };
        let about = match &issuer.about {
            Some(_) => self.list(&issuer.about, "`about`"),
            None if gives_notices_alone => {
                self.must_say(issuer, "about");
                Vec::new()
            }
            None => vec![name.clone()],
        };
        let mut partner = self.list(&issuer.partner, "`partner`");
        partner.sort();
        partner.dedup();
        let key_terms = KeyTerms {
            algorithm: issuer.rsa_algorithm.map(|algorithm| match algorithm {
                RsaAlgorithm::Rs256 => Algorithm::RS256,
                RsaAlgorithm::Ps256 => Algorithm::PS256,
            }),
            id: None,
            secrets: issuer.shared_secrets,
        };
        let keys = self.keys(issuer, &key_terms);
        let terms = Terms {
            iss: match &issuer.iss {
                Iss::Own => Some(name.clone()),
                Iss::Other(iss) => Some(iss.clone()),
                Iss::Absent => None,
            },
            audience: self.audience(issuer),
            max_age,
            clock_difference: self.clock_difference(issuer),
            binding_required: issuer.binding_required,
            may_set: self.may_set(issuer),
            partner,
            when_unbound: self.caps(issuer),
            only_nested: issuer.only_nested,
            about,
            kinds,
            key_terms,
            names: EvidenceNames::default(),
            name,
        };
        Signer { terms: Arc::new(terms), keys: keys.into() }
    }

    /// Names that may be left out, and are some if they are not.
    fn list(&mut self, names: &Option<Names>, what: &str) -> Vec<Box<str>> {
        let Some(names) = names else { return Vec::new() };
        self.not_empty(names, what);
        names.what.iter().map(|name| name.what.clone()).collect()
    }

    fn kinds(&mut self, issuer: &Issuer, all: &[Arc<Kind>]) -> Vec<Arc<Kind>> {
        let Some(names) = &issuer.kinds else {
            self.must_say(issuer, "kinds");
            return Vec::new();
        };
        self.not_empty(names, "`kinds`");
        let mut kinds = Vec::new();
        for name in &names.what {
            match all.iter().find(|kind| *kind.name == *name.what) {
                Some(kind) => kinds.push(Arc::clone(kind)),
                None => {
                    let message = format!("there is no kind of token `{}`", name.what);
                    let help = suggest(&name.what, all.iter().map(|kind| &*kind.name));
                    self.error(name, Code::UnknownKind, message, Some(help));
                }
            }
        }
        kinds
    }

    fn audience(&mut self, issuer: &Issuer) -> Option<Vec<Box<str>>> {
        let names = |names: &Names| names.what.iter().map(|name| name.what.clone()).collect();
        match (&issuer.audience, &self.config.audience) {
            (Audience::Nobody, _) => None,
            (Audience::Own(own), _) => {
                self.not_empty(own, "`audience`");
                Some(names(own))
            }
            (Audience::OfAll, Some(of_all)) => Some(names(of_all)),
            (Audience::OfAll, None) => {
                self.must_say(issuer, "audience");
                None
            }
        }
    }

    fn clock_difference(&mut self, issuer: &Issuer) -> Duration {
        let said = issuer.clock_difference.as_ref().or(self.config.clock_difference.as_ref());
        let Some(difference) = said else { return DEFAULT_CLOCK_DIFFERENCE };
        if difference.what < NOTHING || difference.what > MOST_CLOCK_DIFFERENCE {
            let message = "`clock_difference` is between 0s and 10m";
            self.error(difference, Code::OverLimit, message, None);
        }
        difference.what
    }

    fn may_set(&mut self, issuer: &Issuer) -> Vec<Box<str>> {
        let Some(names) = &issuer.may_set else {
            self.must_say(issuer, "may_set");
            return Vec::new();
        };
        for said in &names.what {
            let name = &*said.what;
            let known = match name.strip_suffix('*') {
                Some(beginning) => {
                    let mut all = self.vocabulary.attributes().iter();
                    all.any(|attribute| attribute.name.starts_with(beginning))
                }
                None => self.vocabulary.attribute(name).is_some(),
            };
            if !known {
                self.unknown_attribute(said, name);
            }
        }
        names.what.iter().map(|name| name.what.clone()).collect()
    }

    fn caps(&mut self, issuer: &Issuer) -> Vec<(Arc<str>, Value)> {
        let mut caps = Vec::new();
        for said in &issuer.when_unbound {
            let (name, best) = (&*said.what.0, said.what.1.clone());
            let Some(id) = self.vocabulary.attribute(name) else {
                self.unknown_attribute(said, name);
                continue;
            };
            let attribute = &self.vocabulary[id];
            match best.and_then(|best| fitting(&attribute.kind, best)) {
                Some(value) if attribute.better.is_some() => caps.push((name.into(), value)),
                Some(_) => {
                    let message = format!("nothing says which value of `{name}` is better");
                    self.error(said, Code::BadBetter, message, None);
                }
                None => {
                    let message = format!("this is no value of `{name}`");
                    self.error(said, Code::UnfitMapping, message, None);
                }
            }
        }
        caps
    }

    fn unknown_attribute<T>(&mut self, said: &Said<T>, name: &str) {
        let help = Some(self.vocabulary.suggest(name));
        self.error(said, Code::UnknownAttribute, format!("unknown attribute `{name}`"), help);
    }

    fn keys(&mut self, issuer: &Issuer, terms: &KeyTerms) -> Vec<Key> {
        let Some(files) = &issuer.keys else {
            self.must_say(issuer, "keys");
            return Vec::new();
        };
        if files.what.is_empty() {
            let message = "an issuer without keys signs nothing";
            self.error(files, Code::EmptyList, message, None);
        }
        let mut keys = Vec::new();
        for said in &files.what {
            let file = File::new(&said.document.name, &said.document.bytes);
            let terms = KeyTerms { id: said.kid.clone(), ..terms.clone() };
            keys.extend(read_keys(&file, &said.document.bytes, &terms, self.limits));
            self.found.extend(file.into_findings());
        }
        keys
    }

    /// That no two issuers have one name, and that notices are about issuers that there are.
    fn names_of_issuers(&mut self) {
        let issuers = &self.config.issuers;
        let names = || issuers.iter().map(|issuer| &*issuer.name.what);
        for (place, issuer) in issuers.iter().enumerate() {
            if names().take(place).any(|earlier| *earlier == *issuer.name.what) {
                let message = format!("there are two issuers `{}`", issuer.name.what);
                self.error(&issuer.name, Code::DuplicateName, message, None);
            }
            for about in issuer.about.iter().flat_map(|about| &about.what) {
                if !names().any(|name| *name == *about.what) {
                    let message = format!("`{}` is not a word of `about`", about.what);
                    let help = Some(suggest(&about.what, names()));
                    self.error(about, Code::UnknownWord, message, help);
                }
            }
        }
    }
}
