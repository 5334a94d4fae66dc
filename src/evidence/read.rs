//! Reading a configuration: `evidence.json`, and the files of keys and kinds that it names.

use super::config::{
    Audience, Cap, Document, EvidenceConfig, Iss, Issuer, KeyFile, Names, RsaAlgorithm,
};
use super::rule::stated;
use super::said::{Said, Spot};
use crate::file::{File, Form, Source};
use crate::json::{Json, Member, Node};
use crate::model::{Code, Duration, Finding, Findings, Limits};

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

impl EvidenceConfig {
    /// Reads a configuration: the file at `path` of a source, and those that it names.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or the configuration has not the form of one. What it says of issuers,
    /// kinds and attributes is checked when a verifier is made of it.
    pub fn read(source: &dyn Source, path: &str, limits: &Limits) -> Result<Self, Findings> {
        let (config, found) = read(source, path, limits);
        Findings::or_warnings(found)?;
        config.ok_or_else(|| Findings::from(Vec::new()))
    }
}

/// Reads as far as the form allows, and what was found on the way.
pub(super) fn read(
    source: &dyn Source,
    path: &str,
    limits: &Limits,
) -> (Option<EvidenceConfig>, Vec<Finding>) {
    let bytes = match source.read(path) {
        Ok(bytes) => bytes,
        Err(trouble) => {
            let file = File::new(path, b"");
            unreadable(&file, 0, path, &trouble);
            return (None, file.into_findings());
        }
    };
    let file = File::new(path, &bytes);
    let document = file.document(limits);
    let config = document.and_then(|document| Reader { source, file: &file }.config(&document));
    (config, file.into_findings())
}

fn unreadable(file: &File<'_>, at: usize, path: &str, trouble: &str) {
    file.error(Code::UnreadableFile, at, format!("cannot read `{path}`: {trouble}"), None);
}

struct Reader<'r> {
    source: &'r dyn Source,
    file: &'r File<'r>,
}

/// What may be left out, and what it is if it is there and can be read: `None` ends the reading.
macro_rules! optional {
    ($form:expr, $key:literal, $read:expr) => {
        match $form.optional($key) {
            Some(node) => Some($read(node)?),
            None => None,
        }
    };
}

impl Reader<'_> {
    fn config(&self, document: &Node<'_>) -> Option<EvidenceConfig> {
        let form = self.file.form(document, "the configuration", &KEYS)?;
        let name = form.required_text("evidence");
        let issuers = self.file.items(form.required("issuers")?, "`issuers`")?;
        let issuers: Vec<Option<Issuer>> = issuers.iter().map(|node| self.issuer(node)).collect();
        let kinds = optional!(form, "kinds", |node| self.kinds(node));
        Some(EvidenceConfig {
            name: self.said(name?.into(), document.at),
            audience: optional!(form, "audience", |node| self.names(node, "`audience`")),
            clock_difference: self.clock_difference(&form)?,
            kinds: kinds.unwrap_or_default(),
            issuers: issuers.into_iter().collect::<Option<_>>()?,
        })
    }

    fn issuer(&self, node: &Node<'_>) -> Option<Issuer> {
        let file = self.file;
        let form = file.form(node, "an issuer", &ISSUER_KEYS)?;
        let name = self.said(form.required_text("issuer")?.into(), node.at);
        let is_null = |node: &Node<'_>| matches!(node.json, Json::Null);
        let algorithms = [("RS256", RsaAlgorithm::Rs256), ("PS256", RsaAlgorithm::Ps256)];
        let binding = [("required", true), ("optional", false)];
        let duration =
            |node: &Node<'_>| Some(self.said(file.duration(node, "`max_age`")?, node.at));
        Some(Issuer {
            iss: match form.optional("iss") {
                None => Iss::Own,
                Some(node) if is_null(node) => Iss::Absent,
                Some(node) => Iss::Other(file.text(node, "`iss`")?.into()),
            },
            audience: match form.optional("audience") {
                None => Audience::OfAll,
                Some(node) if is_null(node) => Audience::Nobody,
                Some(node) => Audience::Own(self.names(node, "`audience`")?),
            },
            keys: optional!(form, "keys", |node| self.keys(node)),
            rsa_algorithm: optional!(form, "rsa_algorithm", |node| {
                file.word(node, "`rsa_algorithm`", &algorithms)
            }),
            shared_secrets: form.flag("shared_secrets"),
            kinds: optional!(form, "kinds", |node| self.names(node, "`kinds`")),
            max_age: optional!(form, "max_age", duration),
            clock_difference: self.clock_difference(&form)?,
            binding_required: optional!(form, "binding", |node| {
                file.word(node, "`binding`", &binding)
            })
            .unwrap_or(true),
            may_set: optional!(form, "may_set", |node| self.names(node, "`may_set`")),
            partner: optional!(form, "partner", |node| self.names(node, "`partner`")),
            when_unbound: optional!(form, "when_unbound", |node| self.caps(node))
                .unwrap_or_default(),
            only_nested: form.flag("only_nested"),
            about: optional!(form, "about", |node| self.names(node, "`about`")),
            ..Issuer::named(name)
        })
    }

    fn said<T>(&self, what: T, at: usize) -> Said<T> {
        Said { what, at: Spot { file: self.file.name().into(), at: self.file.place(at) } }
    }

    fn names(&self, node: &Node<'_>, what: &str) -> Option<Names> {
        let items = self.file.items(node, what)?;
        let name = |item: &Node<'_>| Some(self.said(self.file.text(item, what)?.into(), item.at));
        let read: Vec<Option<Said<Box<str>>>> = items.iter().map(name).collect();
        Some(self.said(read.into_iter().collect::<Option<_>>()?, node.at))
    }

    /// How far ahead a clock may run; `None` ends the reading.
    fn clock_difference(&self, form: &Form<'_, '_>) -> Option<Option<Said<Duration>>> {
        Some(optional!(form, "clock_difference", |node: &Node<'_>| {
            Some(self.said(self.file.duration(node, "`clock_difference`")?, node.at))
        }))
    }

    fn kinds(&self, node: &Node<'_>) -> Option<Vec<Document>> {
        let items = self.file.items(node, "`kinds`")?;
        let file = |item: &Node<'_>| self.document(self.file.text(item, "`kinds`")?, item.at);
        let read: Vec<Option<Document>> = items.iter().map(file).collect();
        read.into_iter().collect()
    }

    fn keys(&self, node: &Node<'_>) -> Option<Said<Vec<KeyFile>>> {
        let items = self.file.items(node, "`keys`")?;
        let read: Vec<Option<KeyFile>> = items.iter().map(|item| self.key_file(item)).collect();
        Some(self.said(read.into_iter().collect::<Option<_>>()?, node.at))
    }

    fn key_file(&self, node: &Node<'_>) -> Option<KeyFile> {
        if let Some(path) = node.text() {
            return Some(KeyFile { document: self.document(path, node.at)?, kid: None });
        }
        let form = self.file.form(node, "a file of keys", &["file", "kid"])?;
        let document = self.document(form.required_text("file")?, node.at)?;
        let kid = optional!(form, "kid", |node| self.file.text(node, "`kid`"));
        Some(KeyFile { document, kid: kid.map(Into::into) })
    }

    /// The file at a path that the configuration names.
    fn document(&self, path: &str, at: usize) -> Option<Document> {
        let bytes = self.source.read(path).map_err(|trouble| {
            unreadable(self.file, at, path, &trouble);
        });
        Some(Document { name: path.into(), bytes: bytes.ok()? })
    }

    fn caps(&self, node: &Node<'_>) -> Option<Vec<Cap>> {
        let members = self.file.members(node, "`when_unbound`")?;
        let cap = |member: &Member<'_>| {
            self.said((member.key.as_ref().into(), stated(&member.node, &[])), member.at)
        };
        Some(members.iter().map(cap).collect())
    }
}
