//! The outline of a request document: where it states each attribute.

use crate::model::{AttributeId, Lexicon, Vocabulary};

/// The members that a request document of the AuthZEN Authorization API may have, as a tree, with the
/// attributes that each states. It is made once, so that a document can be read in one pass.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// Every entry; the first is that of the document.
    entries: Vec<Entry>,
}

/// The place of an entry in its outline.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EntryId(usize);

/// What a document may have at one place.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// What it must be.
    pub form: Form,
    /// The attributes that it states; nearly always one at most.
    pub attributes: Vec<AttributeId>,
    /// Its members that matter, by name.
    names: Lexicon,
    /// The entry of each.
    members: Vec<EntryId>,
    /// The members that it must have, as bits by their place.
    pub required: u64,
}

/// What a value in a document must be, by the specification.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Form {
    /// Anything: what does not fit an attribute makes it unknown.
    #[default]
    Anything,
    /// Text.
    Text,
    /// An object.
    Object,
    /// What makes it a batch.
    Batch,
}

/// The document, in its outline.
pub const DOCUMENT: EntryId = EntryId(0);

/// What the specification asks of every evaluation (sections 5.1 to 5.4, 6.1).
const SPECIFIED: [(&[&str], Form, bool); 13] = {
    use Form::{Batch, Object, Text};
    [
        (&["subject"], Object, true),
        (&["subject", "type"], Text, true),
        (&["subject", "id"], Text, true),
        (&["subject", "properties"], Object, false),
        (&["action"], Object, true),
        (&["action", "name"], Text, true),
        (&["action", "properties"], Object, false),
        (&["resource"], Object, true),
        (&["resource", "type"], Text, true),
        (&["resource", "id"], Text, true),
        (&["resource", "properties"], Object, false),
        (&["context"], Object, false),
        (&["evaluations"], Batch, false),
    ]
};

impl Outline {
    /// The outline of requests in a vocabulary.
    pub fn new(vocabulary: &Vocabulary) -> Self {
        let document = Entry { form: Form::Object, ..Entry::default() };
        let mut outline = Self { entries: vec![document] };
        for (path, form, required) in SPECIFIED {
            let (within, id) = outline.add(path.iter().copied());
            if let Some(entry) = outline.entries.get_mut(id.0) {
                entry.form = form;
            }
            if let Some(within) = outline.entries.get_mut(within.0).filter(|_| required) {
                within.required |= within.members.iter().position(|own| *own == id).map_or(0, bit);
            }
        }
        for attribute in vocabulary.attributes() {
            let (_, at) = outline.add(path_of(&attribute.name));
            let id = vocabulary.attribute(&attribute.name);
            if let (Some(entry), Some(id)) = (outline.entries.get_mut(at.0), id)
                && !entry.attributes.contains(&id)
            {
                entry.attributes.push(id);
            }
        }
        outline
    }

    /// The entry at a path from the document, and the one that it is a member of; new where there was
    /// none.
    fn add<'n>(&mut self, path: impl Iterator<Item = &'n str>) -> (EntryId, EntryId) {
        path.fold((DOCUMENT, DOCUMENT), |(_, within), name| {
            let new = EntryId(self.entries.len());
            let Some(entry) = self.entries.get_mut(within.0) else { return (within, within) };
            if let Some((_, id)) = entry.member(name) {
                return (within, id);
            }
            entry.names.push(name.into());
            entry.members.push(new);
            self.entries.push(Entry::default());
            (within, new)
        })
    }

    /// An entry.
    pub fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.entries.get(id.0)
    }
}

impl Entry {
    /// The member `name` and its place, if it matters.
    pub fn member(&self, name: &str) -> Option<(usize, EntryId)> {
        let place = self.names.position(name)?;
        Some((place, *self.members.get(place)?))
    }
}

/// The bit of the member at a place; none for one of very many.
pub fn bit(place: usize) -> u64 {
    u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or(0)
}

/// Where a document states an attribute: `subject.id` and `subject.type` are themselves, other
/// `subject.x` are properties, and likewise for `resource`; `action` is its name; everything else is
/// looked up in the context.
pub fn path_of(name: &str) -> impl Iterator<Item = &str> {
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    let (member, within, rest) = match (first, rest) {
        ("subject" | "resource", "id" | "type") => (first, None, rest),
        ("action", "") => (first, None, "name"),
        ("subject" | "resource" | "action", _) => (first, Some("properties"), rest),
        ("context", _) => (first, None, rest),
        _ => ("context", None, name),
    };
    std::iter::once(member).chain(within).chain(rest.split('.'))
}
