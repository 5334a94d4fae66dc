//! Who is believed, and how far: a configuration in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::key::Key;
use super::keys::{KeyTerms, read_keys};
use super::kind::Kind;
use crate::file::File;
use crate::model::{Code, Duration, Findings, Limits, Value, suggest};

/// Who is believed, and how far.
#[derive(Clone, Debug)]
pub(super) struct Trust {
    pub signers: Vec<Signer>,
    /// Counts the configurations of a verifier: what was verified under another is not remembered.
    pub generation: u64,
    /// The places of keys, of signer and key, by `kid`.
    by_kid: BTreeMap<Box<str>, Vec<(usize, usize)>>,
    /// The places of keys without `kid`.
    unnamed: Vec<(usize, usize)>,
}

/// Who signs, and with which keys.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    pub terms: Arc<Terms>,
    pub keys: Arc<[Key]>,
}

/// How far an issuer is believed.
#[derive(Debug)]
pub(super) struct Terms {
    pub name: Box<str>,
    /// The `iss` of its tokens; `None` where they have none.
    pub iss: Option<Box<str>>,
    pub kinds: Vec<Arc<Kind>>,
    /// One of these is in `aud`; `None` where its tokens name nobody.
    pub audience: Option<Vec<Box<str>>>,
    pub max_age: Duration,
    pub clock_difference: Duration,
    pub binding_required: bool,
    /// Names of attributes, or the beginnings of names, before a `*`.
    pub may_set: Vec<Box<str>>,
    /// The agreements under which its word counts, sorted, each once.
    pub partner: Vec<Box<str>>,
    /// The best that evidence without binding can state.
    pub when_unbound: Vec<(Arc<str>, Value)>,
    /// Whether its tokens are believed only inside others.
    pub only_nested: bool,
    /// Whose evidence its notices are about.
    pub about: Vec<Box<str>>,
    pub key_terms: KeyTerms,
    pub names: EvidenceNames,
}

/// The names of what evidence states of itself, made once.
#[derive(Debug)]
pub(super) struct EvidenceNames {
    pub issuer: Arc<str>,
    pub partner: Arc<str>,
    pub issued_at: Arc<str>,
    pub expires_at: Arc<str>,
}

impl Default for EvidenceNames {
    fn default() -> Self {
        Self {
            issuer: "evidence.issuer".into(),
            partner: "evidence.partner".into(),
            issued_at: "evidence.issued_at".into(),
            expires_at: "evidence.expires_at".into(),
        }
    }
}

impl Terms {
    /// Whether it may set an attribute.
    pub(super) fn may_set(&self, name: &str) -> bool {
        self.may_set.iter().any(|allowed| match allowed.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => **allowed == *name,
        })
    }
}

/// More keys of one name would cost an attacker's token as many verifications.
const MOST_KEYS_OF_A_NAME: usize = 4;

impl Trust {
    pub(super) fn new(signers: Vec<Signer>, generation: u64) -> Self {
        let mut by_kid: BTreeMap<Box<str>, Vec<(usize, usize)>> = BTreeMap::new();
        let mut unnamed = Vec::new();
        for (place, signer) in signers.iter().enumerate() {
            for (key_place, key) in signer.keys.iter().enumerate() {
                let places = match &key.id {
                    Some(id) => by_kid.entry(id.clone()).or_default(),
                    None => &mut unnamed,
                };
                places.push((place, key_place));
            }
        }
        Self { signers, generation, by_kid, unnamed }
    }

    /// The keys of a name, or without one, and whose they are.
    pub(super) fn keys(&self, kid: Option<&str>) -> impl Iterator<Item = (&Signer, &Key)> {
        let places = match kid {
            Some(kid) => self.by_kid.get(kid).map_or(&[][..], Vec::as_slice),
            None => &self.unnamed,
        };
        places.iter().filter_map(|(signer, key)| {
            let signer = self.signers.get(*signer)?;
            Some((signer, signer.keys.get(*key)?))
        })
    }

    /// The same, in the next generation.
    pub(super) fn in_generation(&self, generation: u64) -> Self {
        Self { generation, ..self.clone() }
    }

    /// The same with other keys of one issuer.
    pub(super) fn with_keys(&self, issuer: &str, keys: &Arc<[Key]>) -> Self {
        let mut signers = self.signers.clone();
        for held in signers.iter_mut().filter(|held| *held.terms.name == *issuer) {
            held.keys = Arc::clone(keys);
        }
        Self::new(signers, self.generation + 1)
    }

    /// Reads the keys of one issuer anew.
    pub(super) fn read_keys(
        &self,
        issuer: &str,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Arc<[Key]>, Findings> {
        let file = File::new("keys", bytes);
        let Some(held) = self.signers.iter().find(|held| *held.terms.name == *issuer) else {
            let names = self.signers.iter().map(|signer| &*signer.terms.name);
            let help = Some(suggest(issuer, names));
            file.error(Code::BadName, 0, format!("unknown issuer `{issuer}`"), help);
            return Err(file.into_findings().into());
        };
        let keys: Arc<[Key]> = read_keys(&file, bytes, &held.terms.key_terms, limits).into();
        if let Some(message) = self.with_keys(issuer, &keys).too_many_of_a_name() {
            file.error(Code::OverLimit, 0, message, None);
        }
        Findings::or_warnings(file.into_findings())?;
        Ok(keys)
    }

    /// That more keys have one name than may, in words.
    pub(super) fn too_many_of_a_name(&self) -> Option<String> {
        let named = self.by_kid.iter().map(|(kid, keys)| (format!("the `kid` `{kid}`"), keys));
        let unnamed = [("no `kid`".to_owned(), &self.unnamed)];
        let most = MOST_KEYS_OF_A_NAME;
        let (kid, keys) = named.chain(unnamed).find(|(_, keys)| keys.len() > most)?;
        Some(format!("{} keys have {kid}; at most {most} may", keys.len()))
    }
}
