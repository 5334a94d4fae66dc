//! Lists of words that are looked up often.

use rustc_hash::FxHashMap;

/// A list of different words, each found by its text.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    list: Vec<Box<str>>,
    /// The place of each word, if there are more than a few.
    places: FxHashMap<Box<str>, usize>,
}

/// So few words are sooner compared than hashed.
const FEW: usize = 6;

impl Lexicon {
    /// The place of a word in the list.
    pub fn position(&self, word: &str) -> Option<usize> {
        if self.list.len() <= FEW {
            self.list.iter().position(|listed| **listed == *word)
        } else {
            self.places.get(word).copied()
        }
    }

    /// Adds a word.
    pub(crate) fn push(&mut self, word: Box<str>) {
        self.list.push(word);
        if self.list.len() > FEW {
            self.index();
        }
    }

    fn index(&mut self) {
        // A word that is listed twice is found where it stands first.
        let words = self.list.iter().cloned().zip(0..).skip(self.places.len());
        for (word, place) in words {
            self.places.entry(word).or_insert(place);
        }
    }
}

impl From<Vec<Box<str>>> for Lexicon {
    fn from(list: Vec<Box<str>>) -> Self {
        let mut lexicon = Self { list, places: FxHashMap::default() };
        if lexicon.list.len() > FEW {
            lexicon.index();
        }
        lexicon
    }
}

impl std::ops::Deref for Lexicon {
    type Target = [Box<str>];

    /// The words, in order.
    fn deref(&self) -> &[Box<str>] {
        &self.list
    }
}

impl Eq for Lexicon {}

impl PartialEq for Lexicon {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}
