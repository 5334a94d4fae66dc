//! Kinds of token: how one is told from others, and what its claims mean. They are files.

use std::sync::Arc;

use super::jose::{is_media_type, media_type};
use super::pointer::{Lookup, Pointer};
use super::rule::Rule;
use super::test::{When, read_pointer};
use crate::file::{File, Form};
use crate::json::Node;
use crate::model::{self, Code, SetBy, Vocabulary};

/// A kind of token.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub name: Box<str>,
    /// Whether it reports a change, in place of describing a device.
    pub is_notice: bool,
    /// The `typ` that its headers have: one of these.
    pub types: Vec<Box<str>>,
    /// The `eat_profile` that its claims have: one of these, if there are any.
    pub profiles: Vec<Box<str>>,
    /// Claims that are there.
    pub requires: Vec<Pointer>,
    /// Claims that are not there.
    pub forbids: Vec<Pointer>,
    /// When it was issued, or what it reports happened: the first of these that is there.
    pub issued_at: Vec<Moment>,
    /// Whether it must expire.
    pub must_expire: bool,
    /// Where the device is named: the first of these that is there.
    pub device: Vec<Pointer>,
    /// Where the nonce is that the gateway gave: the first of these that is there.
    pub nonce: Vec<Pointer>,
    /// When a notice is about every device.
    pub every_device: Option<When>,
    /// What is never believed.
    pub refuses: Vec<Refusal>,
    /// Where tokens with signers of their own are.
    pub nested: Vec<Pointer>,
    /// When a notice says that earlier evidence no longer holds.
    pub contradicts: Option<When>,
    /// What the claims say of attributes.
    pub mappings: Vec<Mapping>,
}

/// A date among the claims.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub at: Pointer,
    /// Whether it counts milliseconds, perhaps in text, in place of seconds.
    pub in_milliseconds: bool,
}

/// Claims that make a token unbelievable.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub when: When,
    pub because: Box<str>,
}

/// What the claims say of one attribute.
#[derive(Clone, Debug)]
pub(super) struct Mapping {
    /// The attribute's name.
    pub name: Arc<str>,
    /// The attribute's type.
    pub kind: model::Kind,
    /// The first that has something to say gives the value.
    pub rules: Vec<Rule>,
}

/// The profile of an Entity Attestation Token (RFC 9711, section 4.3.2).
pub(super) const PROFILE: &str = "eat_profile";

/// The kinds that ship.
pub(super) const SHIPPED: [(&str, &str); 9] = [
    ("native", include_str!("kinds/native.json")),
    ("eat", include_str!("kinds/eat.json")),
    ("ear", include_str!("kinds/ear.json")),
    ("ear-dotted", include_str!("kinds/ear-dotted.json")),
    ("caep-device-compliance-change", include_str!("kinds/caep-device-compliance-change.json")),
    ("caep-session-revoked", include_str!("kinds/caep-session-revoked.json")),
    ("caep-risk-level-change", include_str!("kinds/caep-risk-level-change.json")),
    ("play-integrity", include_str!("kinds/play-integrity.json")),
    ("entra", include_str!("kinds/entra.json")),
];

const KEYS: [&str; 17] = [
    "kind",
    "means",
    "use",
    "typ",
    "profiles",
    "requires",
    "forbids",
    "issued_at",
    "expires",
    "device",
    "nonce",
    "every_device",
    "refuses",
    "nested",
    "contradicts",
    "attributes",
    "notes",
];

impl Kind {
    /// Whether a token with such a type and claims is of this kind.
    pub(super) fn is_kind_of(&self, typ: Option<&str>, claims: &Node<'_>) -> bool {
        let profile = claims.member(PROFILE);
        let has = |pointer: &Pointer| pointer.is_in(claims);
        typ.is_some_and(|typ| self.types.iter().any(|own| is_media_type(typ, own)))
            && (self.profiles.is_empty()
                || profile
                    .and_then(Node::text)
                    .is_some_and(|profile| self.profiles.iter().any(|own| **own == *profile)))
            && self.requires.iter().all(has)
            && !self.forbids.iter().any(has)
    }

    /// The device that claims are about.
    pub(super) fn device<'n>(&self, claims: &'n Node<'_>) -> Option<&'n str> {
        let mut named = self.device.iter().filter_map(|pointer| pointer.one(claims));
        named.next()?.text().filter(|name| !name.is_empty())
    }

    /// The issuer whose name for the device that is, where the claims say: an `iss` beside it (RFC
    /// 9493, section 3.2.3).
    pub(super) fn issuer_of_device<'n, 'd>(&self, claims: &'n Node<'d>) -> Option<&'n Node<'d>> {
        let mut lookup = Lookup::new(claims);
        self.device.iter().find_map(|pointer| lookup.one(pointer))?;
        lookup.object()?.member("iss")
    }

    /// Reads a kind, for the attributes of a vocabulary.
    pub(super) fn read(
        file: &File<'_>,
        document: &Node<'_>,
        vocabulary: &Vocabulary,
    ) -> Option<Self> {
        let form = file.form(document, "a kind of token", &KEYS)?;
        let name = form.required_text("kind")?;
        let uses = [("evidence", false), ("notice", true)];
        let is_notice = match form.optional("use") {
            Some(node) => file.word(node, "`use`", &uses)?,
            None => false,
        };
        let types = texts(file, form.required("typ")?, "`typ`");
        let expires = [("required", true), ("optional", false)];
        let must_expire = match form.optional("expires") {
            Some(node) => file.word(node, "`expires`", &expires)?,
            None => false,
        };
        let issued_at = match form.optional("issued_at") {
            Some(node) => read_moments(file, node),
            None => vec![Moment { at: Pointer::parse("/iat")?, in_milliseconds: false }],
        };
        let when = |key: &str| match form.optional(key) {
            Some(node) => When::read(file, node).map(Some),
            None => Some(None),
        };
        let kind = Self {
            name: name.into(),
            is_notice,
            types: types.into_iter().map(media_type).collect(),
            profiles: form
                .optional("profiles")
                .map(|node| texts(file, node, "`profiles`").into_iter().map(Into::into).collect())
                .unwrap_or_default(),
            requires: pointers(file, &form, "requires"),
            forbids: pointers(file, &form, "forbids"),
            issued_at,
            must_expire,
            device: pointers(file, &form, "device"),
            nonce: match form.optional("nonce") {
                Some(_) => pointers(file, &form, "nonce"),
                None => vec![Pointer::parse("/eat_nonce")?],
            },
            every_device: when("every_device")?,
            refuses: read_refusals(file, &form),
            nested: pointers(file, &form, "nested"),
            contradicts: when("contradicts")?,
            mappings: read_mappings(file, &form, vocabulary),
        };
        for (key, misplaced) in [
            ("every_device", !is_notice),
            ("contradicts", !is_notice),
            ("nested", is_notice),
            ("nonce", is_notice),
            ("expires", is_notice),
        ] {
            if let Some(node) = form.optional(key).filter(|_| misplaced) {
                let word = if is_notice { "a notice" } else { "evidence" };
                file.error(Code::MisplacedKey, node.at, format!("{word} has no `{key}`"), None);
            }
        }
        if is_notice {
            form.required("device")?;
        }
        Some(kind)
    }
}

/// The texts of a list that says something.
fn texts<'n>(file: &File<'_>, node: &'n Node<'_>, what: &str) -> Vec<&'n str> {
    let texts: Vec<&str> = file.texts(node, what).into_iter().map(|(text, _)| text).collect();
    if texts.is_empty() && node.items().is_some() {
        file.error(Code::EmptyList, node.at, format!("{what} is empty"), None);
    }
    texts
}

fn pointers(file: &File<'_>, form: &Form<'_, '_>, key: &str) -> Vec<Pointer> {
    let Some(node) = form.optional(key) else { return Vec::new() };
    let texts = file.texts(node, &format!("`{key}`"));
    texts.into_iter().filter_map(|(text, at)| read_pointer(file, text, at)).collect()
}

fn read_moments(file: &File<'_>, node: &Node<'_>) -> Vec<Moment> {
    let moment = |node: &Node<'_>| {
        let (place, in_milliseconds) = match node.text() {
            Some(_) => (node, false),
            None => {
                let form = file.form(node, "a date", &["at", "as"])?;
                let units = [("seconds", false), ("milliseconds", true)];
                (form.required("at")?, file.word(form.required("as")?, "`as`", &units)?)
            }
        };
        let at = read_pointer(file, file.text(place, "the place of a date")?, place.at)?;
        Some(Moment { at, in_milliseconds })
    };
    let items = file.items(node, "`issued_at`").unwrap_or_default();
    if items.is_empty() && node.items().is_some() {
        file.error(Code::EmptyList, node.at, "`issued_at` is empty", None);
    }
    items.iter().filter_map(moment).collect()
}

fn read_refusals(file: &File<'_>, form: &Form<'_, '_>) -> Vec<Refusal> {
    let items = form.optional("refuses").and_then(|node| file.items(node, "`refuses`"));
    let refusal = |node: &Node<'_>| {
        let form = file.form(node, "a refusal", &["when", "because"])?;
        let because = form.required_text("because")?.into();
        Some(Refusal { when: When::read(file, form.required("when")?)?, because })
    };
    items.unwrap_or_default().iter().filter_map(refusal).collect()
}

fn read_mappings(file: &File<'_>, form: &Form<'_, '_>, vocabulary: &Vocabulary) -> Vec<Mapping> {
    let Some(node) = form.required("attributes") else { return Vec::new() };
    let mut mappings = Vec::new();
    for member in file.members(node, "`attributes`").unwrap_or_default() {
        let name = member.key.as_ref();
        let Some(id) = vocabulary.attribute(name) else {
            let message = format!("unknown attribute `{name}`");
            let help = Some(vocabulary.suggest(name));
            file.error(Code::UnknownAttribute, member.at, message, help);
            continue;
        };
        let attribute = &vocabulary[id];
        if attribute.source != SetBy::Evidence
            || attribute.is_derived()
            || name.starts_with("evidence.")
        {
            let message = format!("a mapping cannot set `{name}`");
            let help =
                "mappings set attributes with `\"source\": \"evidence\"`, other than `evidence.*`";
            file.error(Code::UnfitMapping, member.at, message, Some(help.to_owned()));
            continue;
        }
        let rules: Vec<Rule> = match member.node.items() {
            Some([]) => {
                file.error(Code::EmptyList, member.node.at, "there are no mappings here", None);
                continue;
            }
            Some(items) => {
                items.iter().filter_map(|item| Rule::read(file, item, attribute)).collect()
            }
            None => Rule::read(file, &member.node, attribute).into_iter().collect(),
        };
        mappings.push(Mapping { name: name.into(), kind: attribute.kind.clone(), rules });
    }
    mappings
}
