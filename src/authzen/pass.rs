//! A single evaluation in one pass: bytes to a stated request, without a tree.
//!
//! Only what is certainly one well-formed evaluation is taken. All else is left to the tree, which
//! is slower: what is no request, because the tree says what is wrong and where; batches; and the rare
//! document that this pass has no room for. So this may give up whenever it likes, and must not take
//! anything that the tree refuses, nor otherwise than the tree takes it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::decide::Request;
use crate::model::{AttributeId, Given, Limits};
use crate::program::{DOCUMENT, Entry, EntryId, Form, bit};

/// States the values of an evaluation; false where it is left to the tree. Then some of them may be
/// stated already.
pub fn state_in_one_pass(bytes: &[u8], limits: &Limits, request: &mut Request) -> bool {
    let text =
        if bytes.len() <= limits.request_bytes { std::str::from_utf8(bytes).ok() } else { None };
    let (Some(text), Some(_)) = (text, request.program().outline.entry(DOCUMENT)) else {
        return false;
    };
    request.reset();
    let mut pass = Pass { request, levels: limits.depth, keys: Few::default() };
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Value { pass: &mut pass, entry: Some(DOCUMENT) };
    value.deserialize(&mut json).is_ok() && json.end().is_ok()
}

/// What one pass over a document holds.
struct Pass<'r, 'de> {
    request: &'r mut Request,
    /// Levels of arrays and objects that may still be entered.
    levels: usize,
    /// The keys, of those that do not matter, of the objects that are open.
    keys: Few<'de>,
}

impl<'de> Pass<'_, 'de> {
    /// What is known of an entry; nothing of a value that has none.
    fn entry(&self, id: Option<EntryId>) -> Option<&Entry> {
        id.and_then(|id| self.request.program().outline.entry(id))
    }

    /// Whether an entry states an attribute.
    fn states(&self, id: Option<EntryId>) -> bool {
        self.entry(id).is_some_and(|entry| !entry.attributes.is_empty())
    }

    /// States the value of an entry. Each form of a value goes its own way, as in [`Request::state`].
    #[inline(always)]
    fn state<E: Error>(&mut self, id: Option<EntryId>, given: Option<Given<'_>>) -> Result<(), E> {
        let Some(entry) = self.entry(id) else { return Ok(()) };
        let fits = match entry.form {
            Form::Anything => true,
            Form::Text => matches!(given, Some(Given::Text(_))),
            Form::Object | Form::Batch => false,
        };
        if !fits {
            return left_to_the_tree();
        }
        if let [attribute, others @ ..] = entry.attributes.as_slice() {
            let (attribute, others) = (*attribute, others.len());
            self.request.state(attribute, given);
            if others > 0 {
                self.state_others(id, given);
            }
        }
        Ok(())
    }

    /// States the value of an entry for the attributes after its first.
    #[cold]
    fn state_others(&mut self, id: Option<EntryId>, given: Option<Given<'_>>) {
        let others = self.entry(id).map(|entry| entry.attributes.iter().skip(1).copied().collect());
        let others: Vec<AttributeId> = others.unwrap_or_default();
        others.into_iter().for_each(|attribute| self.request.state(attribute, given));
    }

    /// Reads what is inside an array or object.
    fn inside<T, E: Error>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let Some(levels) = self.levels.checked_sub(1) else { return left_to_the_tree() };
        self.levels = levels;
        let result = read(self);
        self.levels += 1;
        result
    }
}

fn left_to_the_tree<T, E: Error>() -> Result<T, E> {
    Err(E::custom("left to the tree"))
}

/// A few texts, without allocating.
struct Few<'de> {
    texts: [&'de str; Few::MOST],
    count: usize,
}

impl Default for Few<'_> {
    fn default() -> Self {
        Self { texts: [""; Few::MOST], count: 0 }
    }
}

impl<'de> Few<'de> {
    const MOST: usize = 32;

    fn push<E: Error>(&mut self, text: &'de str) -> Result<(), E> {
        let Some(place) = self.texts.get_mut(self.count) else { return left_to_the_tree() };
        *place = text;
        self.count += 1;
        Ok(())
    }

    fn from(&self, start: usize) -> &[&'de str] {
        self.texts.get(start..self.count).unwrap_or_default()
    }
}

/// A value, to be read by its entry. One without an entry states nothing, and is as strictly read.
struct Value<'p, 'r, 'de> {
    pass: &'p mut Pass<'r, 'de>,
    entry: Option<EntryId>,
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.pass.state(self.entry, None)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.pass.state(self.entry, Some(Given::Bool(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.pass.state(self.entry, Some(Given::Integer(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        let given = i64::try_from(value).map_or(Given::Malformed, Given::Integer);
        self.pass.state(self.entry, Some(given))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        if value == 0.0 && self.pass.states(self.entry) {
            // It may be `-0`, which is a whole number; only its text tells it from `-0.0`.
            return left_to_the_tree();
        }
        self.pass.state(self.entry, Some(Given::Malformed))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.pass.state(self.entry, Some(Given::Text(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { pass, entry } = self;
        // Above all a batch: it is long, and would be read for nothing.
        if pass.entry(entry).is_some_and(|entry| entry.form != Form::Anything) {
            return left_to_the_tree();
        }
        pass.inside(|pass| {
            if !pass.states(entry) {
                while items.next_element_seed(Value { pass, entry: None })?.is_some() {}
                return pass.state(entry, Some(Given::Malformed));
            }
            let (mut words, mut all_words) = (Few::default(), true);
            loop {
                let item = Item { pass, words: &mut words, all_words: &mut all_words };
                if items.next_element_seed(item)?.is_none() {
                    break;
                }
            }
            let given = if all_words { Given::Words(words.from(0)) } else { Given::Malformed };
            pass.state(entry, Some(given))
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { pass, entry } = self;
        let is_object = |entry: &Entry| {
            matches!(entry.form, Form::Anything | Form::Object) && entry.attributes.is_empty()
        };
        // An object where the value of an attribute should be is odd enough.
        if !pass.entry(entry).is_none_or(is_object) {
            return left_to_the_tree();
        }
        pass.inside(|pass| {
            let (before, mut seen) = (pass.keys.count, 0);
            while let Some(key) = members.next_key_seed(Key(pass.entry(entry)))? {
                let bit = key.member.map_or(0, |(place, _)| bit(place));
                if seen & bit != 0 {
                    return left_to_the_tree();
                }
                seen |= bit;
                if bit == 0 {
                    let Some(text) = key.text else { return left_to_the_tree() };
                    if pass.keys.from(before).contains(&text) {
                        return left_to_the_tree();
                    }
                    pass.keys.push(text)?;
                }
                let entry = key.member.map(|(_, id)| id);
                members.next_value_seed(Value { pass, entry })?;
            }
            pass.keys.count = before;
            let required = pass.entry(entry).map_or(0, |entry| entry.required);
            if required & !seen == 0 { Ok(()) } else { left_to_the_tree() }
        })
    }
}

/// An item of an array that should be words.
struct Item<'p, 'r, 'w, 'de> {
    pass: &'p mut Pass<'r, 'de>,
    words: &'w mut Few<'de>,
    all_words: &'w mut bool,
}

impl<'p, 'r, 'de> Item<'p, 'r, '_, 'de> {
    /// It is no word.
    fn ignored(self) -> Value<'p, 'r, 'de> {
        *self.all_words = false;
        Value { pass: self.pass, entry: None }
    }
}

impl<'de> DeserializeSeed<'de> for Item<'_, '_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Item<'_, '_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        self.words.push(text)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        left_to_the_tree()
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.ignored().visit_unit()
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.ignored().visit_bool(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.ignored().visit_i64(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.ignored().visit_u64(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.ignored().visit_f64(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        self.ignored().visit_seq(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<(), A::Error> {
        self.ignored().visit_map(members)
    }
}

/// The key of a member: what it is in an entry, and its text, if that can be borrowed.
struct Named<'de> {
    text: Option<&'de str>,
    member: Option<(usize, EntryId)>,
}

/// Reads a key, for a member of an entry.
struct Key<'e>(Option<&'e Entry>);

impl Key<'_> {
    fn named<'de>(&self, key: &str, text: Option<&'de str>) -> Named<'de> {
        Named { text, member: self.0.and_then(|entry| entry.member(key)) }
    }
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Named<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = Named<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(self.named(key, Some(key)))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.named(key, None))
    }
}
