//! Things that are much alike, and their places in 32 bits.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash};

/// Things, each kept once and known by its place.
#[derive(Debug)]
pub struct Interner<T> {
    /// Hashed without chance: to compile a set takes the same steps each time.
    places: HashMap<T, u32, BuildHasherDefault<DefaultHasher>>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { places: HashMap::default() }
    }
}

impl<T: Eq + Hash> Interner<T> {
    /// The place of a thing among all; that of a new one is the last.
    pub fn place(&mut self, thing: T) -> u32 {
        let last = place(self.places.len());
        *self.places.entry(thing).or_insert(last)
    }

    /// All of them, in the order of their places.
    pub fn into_list(self) -> Box<[T]> {
        let mut list: Vec<(T, u32)> = self.places.into_iter().collect();
        list.sort_unstable_by_key(|(_, place)| *place);
        list.into_iter().map(|(thing, _)| thing).collect()
    }
}

/// A place in 32 bits. More are beyond every limit; then it is one where there is nothing.
pub fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The same, to look something up.
#[inline]
pub fn at(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
