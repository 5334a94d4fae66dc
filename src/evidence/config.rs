//! The configuration of a verifier: `evidence.json`, and the keys and kinds that it names.

use std::collections::BTreeMap;
use std::sync::Arc;

use jsonwebtoken::Algorithm;

use super::key::{ALGORITHMS, Key};
use super::keys::{KeyTerms, read_keys};
use super::kind::{Kind, SHIPPED};
use super::rule::{Found, Rule, value};
use crate::file::{File, Form, Source};
use crate::json::Node;
use crate::model::{
    Code, Duration, Finding, Findings, Limits, Severity, Value, Vocabulary, suggest,
};

/// A configuration in force.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub issuers: Vec<Issuer>,
    /// Counts the configurations of a verifier: what was verified under another is not remembered.
    pub generation: u64,
    /// The issuer and key at each place, by `kid`.
    by_kid: BTreeMap<Option<Box<str>>, Vec<(usize, usize)>>,
}

/// Who signs, and how far they are believed.
#[derive(Clone, Debug)]
pub(super) struct Issuer {
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
    pub partner: Vec<Box<str>>,
    /// The best that evidence without binding can state.
    pub when_unbound: Vec<(Box<str>, Value)>,
    /// Whether its tokens are believed only inside others.
    pub only_nested: bool,
    /// Whose evidence its notices are about.
    pub about: Vec<Box<str>>,
    key_terms: KeyTerms,
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

const DEFAULT_CLOCK_DIFFERENCE: Duration = Duration::from_micros(60_000_000);
const MOST_CLOCK_DIFFERENCE: Duration = Duration::from_micros(600_000_000);

const KEYS: [&str; 6] = ["evidence", "means", "audience", "clock_difference", "kinds", "issuers"];
const ISSUER_KEYS: [&str; 16] = [
    "issuer",
    "means",
    "iss",
    "keys",
    "rsa_algorithm",
    "shared_secrets",
    "kinds",
    "audience",
    "max_age",
    "clock_difference",
    "binding",
    "may_set",
    "partner",
    "when_unbound",
    "only_nested",
    "about",
];

impl Config {
    fn new(issuers: Vec<Issuer>, generation: u64) -> Self {
        let mut by_kid: BTreeMap<Option<Box<str>>, Vec<(usize, usize)>> = BTreeMap::new();
        for (place, issuer) in issuers.iter().enumerate() {
            for (key_place, key) in issuer.keys.iter().enumerate() {
                by_kid.entry(key.id.clone()).or_default().push((place, key_place));
            }
        }
        Self { issuers, generation, by_kid }
    }

    /// The keys of a name, and whose they are.
    pub(super) fn keys(&self, kid: &Option<Box<str>>) -> impl Iterator<Item = (&Issuer, &Key)> {
        let places = self.by_kid.get(kid).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|(issuer, key)| {
            let issuer = self.issuers.get(*issuer)?;
            Some((issuer, issuer.keys.get(*key)?))
        })
    }

    /// The same, in the next generation.
    pub(super) fn in_generation(&self, generation: u64) -> Self {
        Self { generation, ..self.clone() }
    }

    /// The same with other keys of one issuer.
    pub(super) fn with_keys(&self, issuer: &str, keys: &Arc<[Key]>) -> Self {
        let mut issuers = self.issuers.clone();
        for held in issuers.iter_mut().filter(|held| *held.terms.name == *issuer) {
            held.keys = Arc::clone(keys);
        }
        Self::new(issuers, self.generation + 1)
    }

    /// Reads the keys of one issuer anew.
    pub(super) fn read_keys(
        &self,
        issuer: &str,
        name: &str,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Arc<[Key]>, Findings> {
        let file = File::new(name, bytes);
        let Some(held) = self.issuers.iter().find(|held| *held.terms.name == *issuer) else {
            let names = self.issuers.iter().map(|issuer| &*issuer.terms.name);
            file.error(
                Code::BadName,
                0,
                format!("unknown issuer `{issuer}`"),
                Some(suggest(issuer, names)),
            );
            return Err(file.into_findings().into());
        };
        let keys = read_keys(&file, bytes, &held.terms.key_terms, limits);
        Findings::or_warnings(file.into_findings())?;
        let keys: Arc<[Key]> = keys.into();
        let changed = self.with_keys(issuer, &keys);
        match changed.too_many_of_a_name() {
            None => Ok(keys),
            Some(message) => {
                let file = File::new(name, bytes);
                file.error(Code::OverLimit, 0, message, None);
                Err(file.into_findings().into())
            }
        }
    }

    fn too_many_of_a_name(&self) -> Option<String> {
        let (kid, keys) =
            self.by_kid.iter().find(|(_, places)| places.len() > MOST_KEYS_OF_A_NAME)?;
        let kid = kid.as_ref().map_or("no `kid`".to_owned(), |kid| format!("the `kid` `{kid}`"));
        let most = MOST_KEYS_OF_A_NAME;
        Some(format!("{} keys have {kid}; at most {most} may", keys.len()))
    }

    /// Reads a configuration and the files that it names.
    pub(super) fn read(
        source: &dyn Source,
        path: &str,
        vocabulary: &Vocabulary,
        limits: &Limits,
    ) -> Result<Self, Findings> {
        let bytes = read_file(source, path, None)?;
        let file = File::new(path, &bytes);
        let mut found = Vec::new();
        let config = file.document(limits).and_then(|document| {
            let reader = Reader { source, vocabulary, limits, file: &file };
            reader.config(&document, &mut found)
        });
        found.splice(0..0, file.into_findings());
        Findings::or_warnings(found)?;
        config.ok_or_else(|| Findings::from(Vec::new()))
    }
}

/// The bytes of a file. `named_at` is where another file names it.
fn read_file(
    source: &dyn Source,
    path: &str,
    named_at: Option<(&File<'_>, usize)>,
) -> Result<Vec<u8>, Finding> {
    source.read(path).map_err(|trouble| {
        let (file, at) = match named_at {
            Some((file, at)) => (file.name(), file.place(at)),
            None => (path, crate::json::Place { line: 1, column: 1 }),
        };
        Finding {
            code: Code::UnreadableFile,
            severity: Severity::Error,
            file: file.to_owned(),
            at,
            message: format!("cannot read `{path}`: {trouble}"),
            help: None,
        }
    })
}

struct Reader<'r> {
    source: &'r dyn Source,
    vocabulary: &'r Vocabulary,
    limits: &'r Limits,
    file: &'r File<'r>,
}

impl Reader<'_> {
    fn config(&self, document: &Node<'_>, found: &mut Vec<Finding>) -> Option<Config> {
        let file = self.file;
        let form = file.form(document, "the configuration", &KEYS)?;
        form.required_text("evidence");
        let kinds = self.kinds(&form, found);
        let defaults = Defaults {
            audience: form.optional("audience").map(|node| names(file, node, "`audience`")),
            clock_difference: self.clock_difference(&form).unwrap_or(DEFAULT_CLOCK_DIFFERENCE),
        };
        let nodes = file.items(form.required("issuers")?, "`issuers`")?;
        if nodes.is_empty() {
            file.error(Code::EmptyList, document.at, "nobody's word counts: no issuers", None);
        }
        let mut issuers: Vec<Issuer> = Vec::new();
        for node in nodes {
            let Some(issuer) = self.issuer(node, &kinds, &defaults, found) else { continue };
            if issuers.iter().any(|earlier| earlier.terms.name == issuer.terms.name) {
                let message = format!("there are two issuers `{}`", issuer.terms.name);
                file.error(Code::DuplicateName, node.at, message, None);
            }
            issuers.push(issuer);
        }
        for issuer in &issuers {
            for about in &issuer.terms.about {
                if !issuers.iter().any(|other| other.terms.name == *about) {
                    let names = issuers.iter().map(|issuer| &*issuer.terms.name);
                    file.unknown_word(document.at, "`about`", about, names);
                }
            }
        }
        let config = Config::new(issuers, 0);
        if let Some(message) = config.too_many_of_a_name() {
            file.error(Code::OverLimit, document.at, message, None);
        }
        Some(config)
    }

    fn clock_difference(&self, form: &Form<'_, '_>) -> Option<Duration> {
        let node = form.optional("clock_difference")?;
        let difference = self.file.duration(node, "`clock_difference`")?;
        if difference < Duration::from_micros(0) || difference > MOST_CLOCK_DIFFERENCE {
            let message = "`clock_difference` is between 0s and 10m";
            self.file.error(Code::OverLimit, node.at, message, None);
        }
        Some(difference)
    }

    /// The kinds that ship, and those that the configuration names.
    fn kinds(&self, form: &Form<'_, '_>, found: &mut Vec<Finding>) -> Vec<Arc<Kind>> {
        let mut kinds = Vec::new();
        let mut read = |name: &str, bytes: &[u8], found: &mut Vec<Finding>| {
            let file = File::new(name, bytes);
            let kind = file
                .document(self.limits)
                .and_then(|document| Kind::read(&file, &document, self.vocabulary));
            found.extend(file.into_findings());
            kinds.extend(kind.map(Arc::new));
        };
        let own = form.optional("kinds").map(|node| self.file.texts(node, "`kinds`"));
        for (path, at) in own.unwrap_or_default() {
            match read_file(self.source, path, Some((self.file, at))) {
                Ok(bytes) => read(path, &bytes, found),
                Err(finding) => found.push(finding),
            }
        }
        for (name, text) in SHIPPED {
            // A vocabulary without the standard's attributes has no use for the kinds that ship.
            let mut unfit = Vec::new();
            read(name, text.as_bytes(), &mut unfit);
        }
        kinds
    }

    fn issuer(
        &self,
        node: &Node<'_>,
        kinds: &[Arc<Kind>],
        defaults: &Defaults,
        found: &mut Vec<Finding>,
    ) -> Option<Issuer> {
        let file = self.file;
        let form = file.form(node, "an issuer", &ISSUER_KEYS)?;
        let name: Box<str> = form.required_text("issuer")?.into();
        let kinds = self.kinds_of(&form, kinds);
        let is_null = |node: &Node<'_>| matches!(node.json, crate::json::Json::Null);
        let iss = match form.optional("iss") {
            None => Some(name.clone()),
            Some(node) if is_null(node) => None,
            Some(node) => Some(file.text(node, "`iss`")?.into()),
        };
        let audience = match form.optional("audience") {
            None if defaults.audience.is_none() => {
                form.required("audience");
                None
            }
            None => defaults.audience.clone(),
            Some(node) if is_null(node) => None,
            Some(node) => Some(names(file, node, "`audience`")),
        };
        let gives_evidence = kinds.iter().any(|kind| !kind.is_notice);
        let max_age = match form.optional("max_age") {
            Some(node) => self.positive(node, "`max_age`")?,
            None if gives_evidence => {
                form.required("max_age");
                Duration::from_micros(0)
            }
            None => Duration::from_micros(i64::MAX),
        };
        let binding = [("required", true), ("optional", false)];
        let binding_required = match form.optional("binding") {
            Some(node) => file.word(node, "`binding`", &binding)?,
            None => true,
        };
        let may_set = form.required("may_set").map(|node| self.may_set(node));
        let about = match form.optional("about") {
            Some(node) => names(file, node, "`about`"),
            None if gives_evidence => vec![name.clone()],
            None => {
                form.required("about");
                Vec::new()
            }
        };
        let algorithms: Vec<(&str, Algorithm)> =
            ALGORITHMS.into_iter().filter(|(name, _)| name.ends_with("S256")).collect();
        let rsa: Vec<(&str, Algorithm)> =
            algorithms.into_iter().filter(|(name, _)| ["RS256", "PS256"].contains(name)).collect();
        let key_terms = KeyTerms {
            algorithm: match form.optional("rsa_algorithm") {
                Some(node) => file.word(node, "`rsa_algorithm`", &rsa),
                None => None,
            },
            id: None,
            secrets: form.flag("shared_secrets"),
        };
        let keys = self.keys(&form, &key_terms, found);
        let terms = Terms {
            iss,
            audience,
            max_age,
            clock_difference: self.clock_difference(&form).unwrap_or(defaults.clock_difference),
            binding_required,
            may_set: may_set.unwrap_or_default(),
            partner: form
                .optional("partner")
                .map(|node| names(file, node, "`partner`"))
                .unwrap_or_default(),
            when_unbound: self.when_unbound(&form),
            only_nested: form.flag("only_nested"),
            about,
            kinds,
            key_terms,
            name,
        };
        Some(Issuer { terms: Arc::new(terms), keys: keys.into() })
    }

    fn positive(&self, node: &Node<'_>, what: &str) -> Option<Duration> {
        let duration = self.file.duration(node, what)?;
        if duration <= Duration::from_micros(0) {
            let message = format!("{what} is longer than nothing");
            self.file.error(Code::MalformedValue, node.at, message, None);
        }
        Some(duration)
    }

    fn kinds_of(&self, form: &Form<'_, '_>, kinds: &[Arc<Kind>]) -> Vec<Arc<Kind>> {
        let Some(node) = form.required("kinds") else { return Vec::new() };
        let mut found = Vec::new();
        for (name, at) in self.file.texts(node, "`kinds`") {
            match kinds.iter().find(|kind| *kind.name == *name) {
                Some(kind) => found.push(Arc::clone(kind)),
                None => {
                    let help = suggest(name, kinds.iter().map(|kind| &*kind.name));
                    let message = format!("there is no kind of token `{name}`");
                    self.file.error(Code::UnknownKind, at, message, Some(help));
                }
            }
        }
        if node.items().is_some_and(<[_]>::is_empty) {
            self.file.error(Code::EmptyList, node.at, "`kinds` is empty", None);
        }
        found
    }

    fn may_set(&self, node: &Node<'_>) -> Vec<Box<str>> {
        let mut allowed = Vec::new();
        for (name, at) in self.file.texts(node, "`may_set`") {
            let known = match name.strip_suffix('*') {
                Some(beginning) => {
                    let mut all = self.vocabulary.attributes().iter();
                    all.any(|attribute| attribute.name.starts_with(beginning))
                }
                None => self.vocabulary.attribute(name).is_some(),
            };
            if !known {
                let message = format!("unknown attribute `{name}`");
                let help = Some(self.vocabulary.suggest(name));
                self.file.error(Code::UnknownAttribute, at, message, help);
            }
            allowed.push(name.into());
        }
        allowed
    }

    fn when_unbound(&self, form: &Form<'_, '_>) -> Vec<(Box<str>, Value)> {
        let members = form
            .optional("when_unbound")
            .and_then(|node| self.file.members(node, "`when_unbound`"))
            .unwrap_or_default();
        let mut caps = Vec::new();
        for member in members {
            let name = member.key.as_ref();
            let Some(id) = self.vocabulary.attribute(name) else {
                let message = format!("unknown attribute `{name}`");
                let help = Some(self.vocabulary.suggest(name));
                self.file.error(Code::UnknownAttribute, member.at, message, help);
                continue;
            };
            let attribute = &self.vocabulary[id];
            match value(&[Rule::plain()], &attribute.kind, &member.node) {
                Found::Value(value) if attribute.better.is_some() => {
                    caps.push((name.into(), value));
                }
                Found::Value(_) => {
                    let message = format!("nothing says which value of `{name}` is better");
                    self.file.error(Code::BadBetter, member.at, message, None);
                }
                _ => {
                    let message = format!("this is no value of `{name}`");
                    self.file.error(Code::UnfitMapping, member.node.at, message, None);
                }
            }
        }
        caps
    }

    fn keys(&self, form: &Form<'_, '_>, terms: &KeyTerms, found: &mut Vec<Finding>) -> Vec<Key> {
        let items = form.required("keys").and_then(|node| self.file.items(node, "`keys`"));
        let mut keys = Vec::new();
        for node in items.unwrap_or_default() {
            let (path, terms, at) = match node.text() {
                Some(path) => (path, terms.clone(), node.at),
                None => {
                    let Some(form) = self.file.form(node, "a file of keys", &["file", "kid"])
                    else {
                        continue;
                    };
                    let Some(path) = form.required_text("file") else { continue };
                    let id = form.optional_text("kid").map(Into::into);
                    (path, KeyTerms { id, ..terms.clone() }, node.at)
                }
            };
            match read_file(self.source, path, Some((self.file, at))) {
                Err(finding) => found.push(finding),
                Ok(bytes) => {
                    let file = File::new(path, &bytes);
                    keys.extend(read_keys(&file, &bytes, &terms, self.limits));
                    found.extend(file.into_findings());
                }
            }
        }
        if items.is_some_and(<[_]>::is_empty) {
            self.file.error(
                Code::EmptyList,
                form.at(),
                "an issuer without keys signs nothing",
                None,
            );
        }
        keys
    }
}

/// What issuers have that do not say otherwise.
struct Defaults {
    audience: Option<Vec<Box<str>>>,
    clock_difference: Duration,
}

/// Names, at least one.
fn names(file: &File<'_>, node: &Node<'_>, what: &str) -> Vec<Box<str>> {
    let names: Vec<Box<str>> =
        file.texts(node, what).into_iter().map(|(name, _)| name.into()).collect();
    if names.is_empty() && node.items().is_some() {
        file.error(Code::EmptyList, node.at, format!("{what} is empty"), None);
    }
    names
}
