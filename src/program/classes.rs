//! Sets of classes.

use super::bits::bits;

/// The number of a class of values of one column. [`UNKNOWN`] is that of the unknown value.
pub type Class = u16;

/// The class of a value that is not known; the known ones count from 1.
pub const UNKNOWN: Class = 0;

/// A set of classes of one column.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClassSet(Box<[u64]>);

impl ClassSet {
    /// The set of those of the first `classes` that `holds` accepts.
    pub fn of(classes: usize, holds: impl Fn(Class) -> bool) -> Self {
        let mut set = Self(vec![0; classes.div_ceil(64)].into());
        for class in (0..classes).filter_map(|class| Class::try_from(class).ok()) {
            if holds(class) {
                set.insert(class);
            }
        }
        set
    }

    /// Adds a class.
    pub fn insert(&mut self, class: Class) {
        let (word, bit) = (usize::from(class) / 64, class % 64);
        if word >= self.0.len() {
            let words = self.0.iter().copied().chain(std::iter::repeat(0));
            self.0 = words.take(word + 1).collect();
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << bit;
        }
    }

    /// Whether the class is in it.
    pub fn contains(&self, class: Class) -> bool {
        self.0.get(usize::from(class) / 64).is_some_and(|word| word >> (class % 64) & 1 == 1)
    }

    /// Whether no class is in it.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The classes that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(left, right)| left & right).collect())
    }

    /// The classes that are in one of them.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(left, right)| left | right).collect())
    }

    /// The classes that are in this and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        Self(self.0.iter().zip(others).map(|(own, other)| own & !other).collect())
    }

    /// Whether every class is in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        self.0.iter().zip(others).all(|(own, other)| own & !other == 0)
    }

    /// Whether some class is in both.
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(own, other)| own & other != 0)
    }

    /// Whether it has just one class.
    pub fn is_single(&self) -> bool {
        self.0.iter().map(|word| word.count_ones()).sum::<u32>() == 1
    }

    /// Its classes, in order.
    pub fn iter(&self) -> impl Iterator<Item = Class> + '_ {
        let words = self.0.iter().enumerate();
        words
            .flat_map(|(word, in_word)| bits(word, *in_word))
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
