//! Conjunctions: what conditions come to.

use std::borrow::Cow;

use super::classes::{Class, ClassSet, UNKNOWN};
use super::column::ColumnId;
use super::interner::{Interner, at, place};

/// What a conjunction is a disjunct of.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// The `governs` of a policy.
    Governs(usize),
    /// The condition of a rule, and that its policy may govern.
    Rule(usize),
}

/// A constraint on one column. It is not certainly false for the classes for which it is certainly true,
/// and for the unknown one.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Part {
    /// The column.
    pub column: ColumnId,
    /// The classes for which it is certainly true.
    pub certain: ClassSet,
}

impl Part {
    /// Whether it is not certainly false for a class.
    pub fn is_possible(&self, class: Class) -> bool {
        class == UNKNOWN || self.certain.contains(class)
    }

    /// The classes for which it is certainly true, or not certainly false.
    pub fn classes(&self, certain: bool) -> Cow<'_, ClassSet> {
        let mut classes = Cow::Borrowed(&self.certain);
        if !certain && !self.certain.contains(UNKNOWN) {
            classes.to_mut().insert(UNKNOWN);
        }
        classes
    }

    /// Whether another part, on the same column, is certainly false where this is certainly true.
    pub fn excludes(&self, other: &Self) -> bool {
        !self.certain.contains(UNKNOWN) && !self.certain.meets(&other.certain)
    }
}

/// Conjunctions. Conditions are much alike, so that they share their parts.
#[derive(Clone, Debug, Default)]
pub struct Conjunctions {
    /// Every part, once.
    parts: Box<[Part]>,
    /// The parts of each conjunction, those of one after those of another.
    places: Box<[u32]>,
    /// Where each conjunction starts among these, and where the last ends.
    starts: Box<[u32]>,
}

/// The parts of a conjunction: constraints, all of which must hold, at most one a column, by column.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'p> {
    all: &'p [Part],
    own: &'p [u32],
}

impl Conjunctions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The parts of the conjunction at a place.
    pub fn get(&self, place: usize) -> Option<Parts<'_>> {
        let [start, end] = self.starts.get(place..)?.first_chunk()?;
        Some(Parts { all: &self.parts, own: self.places.get(at(*start)..at(*end))? })
    }

    /// The parts of each.
    pub fn iter(&self) -> impl Iterator<Item = Parts<'_>> {
        (0..self.len()).filter_map(|place| self.get(place))
    }
}

impl<C: IntoIterator<Item = Part>> FromIterator<C> for Conjunctions {
    fn from_iter<T: IntoIterator<Item = C>>(conjunctions: T) -> Self {
        let mut parts = Interner::default();
        let (mut places, mut starts) = (Vec::new(), vec![0]);
        for conjunction in conjunctions {
            places.extend(conjunction.into_iter().map(|part| parts.place(part)));
            starts.push(place(places.len()));
        }
        Self { parts: parts.into_list(), places: places.into(), starts: starts.into() }
    }
}

impl<'p> Parts<'p> {
    /// Each, by column.
    pub fn iter(self) -> impl Iterator<Item = &'p Part> {
        self.own.iter().filter_map(move |place| self.all.get(at(*place)))
    }

    /// The one on a column.
    pub fn on(self, column: ColumnId) -> Option<&'p Part> {
        let part = |place: &u32| self.all.get(at(*place));
        let own = self.own.binary_search_by_key(&Some(column), |place| Some(part(place)?.column));
        part(self.own.get(own.ok()?)?)
    }
}
