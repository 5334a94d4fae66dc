//! Sets of classes.

use super::bits::bits;

/// The number of a class of values of one column. [`UNKNOWN`] is that of the unknown value.
pub type Class = u16;

/// The class of a value that is not known; the known ones count from 1.
pub const UNKNOWN: Class = 0;

/// A set of classes of one column.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClassSet {
    /// The first 64: nearly always all, so that nothing is allocated.
    first: u64,
    /// The others, in words of 64.
    others: Box<[u64]>,
}

impl ClassSet {
    /// The set of those of the first `classes` that `holds` accepts.
    pub fn of(classes: usize, holds: impl Fn(Class) -> bool) -> Self {
        let others = vec![0; classes.div_ceil(64).saturating_sub(1)].into();
        let mut set = Self { first: 0, others };
        for class in (0..classes).filter_map(|class| Class::try_from(class).ok()) {
            if holds(class) {
                set.insert(class);
            }
        }
        set
    }

    /// The words of 64.
    fn words(&self) -> impl Iterator<Item = u64> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// Adds a class.
    pub fn insert(&mut self, class: Class) {
        let (word, bit) = (usize::from(class) / 64, 1 << (class % 64));
        let Some(other) = word.checked_sub(1) else {
            self.first |= bit;
            return;
        };
        if other >= self.others.len() {
            let others = self.others.iter().copied().chain(std::iter::repeat(0));
            self.others = others.take(word).collect();
        }
        if let Some(word) = self.others.get_mut(other) {
            *word |= bit;
        }
    }

    /// Whether the class is in it.
    #[inline]
    pub fn contains(&self, class: Class) -> bool {
        let word = match usize::from(class / 64).checked_sub(1) {
            None => self.first,
            Some(other) => self.others.get(other).copied().unwrap_or(0),
        };
        word >> (class % 64) & 1 == 1
    }

    /// Whether no class is in it.
    pub fn is_empty(&self) -> bool {
        self.words().all(|word| word == 0)
    }

    /// The classes that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let others = self.others.iter().zip(&other.others).map(|(own, other)| own & other);
        Self { first: self.first & other.first, others: others.collect() }
    }

    /// Whether every class is in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        let others = other.words().chain(std::iter::repeat(0));
        self.words().zip(others).all(|(own, other)| own & !other == 0)
    }

    /// Whether some class is in both.
    pub fn meets(&self, other: &Self) -> bool {
        self.words().zip(other.words()).any(|(own, other)| own & other != 0)
    }

    /// Whether it has just one class.
    pub fn is_single(&self) -> bool {
        self.words().map(u64::count_ones).sum::<u32>() == 1
    }

    /// Its classes, in order.
    pub fn iter(&self) -> impl Iterator<Item = Class> + '_ {
        let words = self.words().enumerate();
        words
            .flat_map(|(word, in_word)| bits(word, in_word))
            .filter_map(|class| Class::try_from(class).ok())
    }
}

/// A set of classes, or what is outside of it.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'p> {
    /// The set.
    Inside(&'p ClassSet),
    /// What is outside of it.
    Outside(&'p ClassSet),
}

impl Wanted<'_> {
    /// Whether the class is wanted.
    pub fn has(self, class: Class) -> bool {
        match self {
            Self::Inside(classes) => classes.contains(class),
            Self::Outside(classes) => !classes.contains(class),
        }
    }
}
