//! Lists of words that are looked up often.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHashMap;

/// A list of different words, each found by its text.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    list: Vec<Box<str>>,
    /// The place of the first word of each brief. Even a few words are sooner hashed than compared one
    /// by one: where a search ends among them, a processor cannot foresee.
    places: FxHashMap<Brief, usize>,
}

/// Both ends of a text and its length: all of it, if it is short. It is compared without a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Brief {
    head: u64,
    tail: u64,
    length: usize,
}

impl Hash for Brief {
    /// By one number, which is enough to tell most texts apart.
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let ends = self.head ^ self.tail.rotate_left(25);
        hasher.write_u64(ends.wrapping_add(u64::try_from(self.length).unwrap_or(0)));
    }
}

impl Brief {
    /// A text of so many bytes is told by its brief alone.
    const WHOLE: usize = 16;

    #[inline]
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let eight = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        let four = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
        let (head, tail) = if bytes.len() >= 8 {
            (bytes.first_chunk().map_or(0, eight), bytes.last_chunk().map_or(0, eight))
        } else if bytes.len() >= 4 {
            (bytes.first_chunk().map_or(0, four), bytes.last_chunk().map_or(0, four))
        } else {
            (bytes.iter().fold(0, |head, byte| head << 8 | u64::from(*byte)), 0)
        };
        Self { head, tail, length: bytes.len() }
    }
}

impl Lexicon {
    /// The place of a word in the list; of one that is listed twice, the first.
    #[inline]
    pub fn position(&self, word: &str) -> Option<usize> {
        let brief = Brief::of(word);
        let place = *self.places.get(&brief)?;
        if brief.length <= Brief::WHOLE { Some(place) } else { self.position_from(place, word) }
    }

    /// The place of a word, which is not before this one.
    #[inline(never)]
    fn position_from(&self, first: usize, word: &str) -> Option<usize> {
        let listed = self.list.iter().enumerate().skip(first);
        listed.into_iter().find(|(_, listed)| ***listed == *word).map(|(place, _)| place)
    }

    /// Adds a word.
    pub(crate) fn push(&mut self, word: Box<str>) {
        self.places.entry(Brief::of(&word)).or_insert(self.list.len());
        self.list.push(word);
    }
}

impl From<Vec<Box<str>>> for Lexicon {
    fn from(list: Vec<Box<str>>) -> Self {
        let mut lexicon = Self::default();
        list.into_iter().for_each(|word| lexicon.push(word));
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

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test stops at the first surprise")]
mod tests {
    use super::Lexicon;

    #[test]
    fn a_word_is_found_by_all_of_its_text() {
        let words = [
            "",
            "a",
            "ab",
            "ba",
            "abc",
            "abcd",
            "abcde",
            "abcdefg",
            "abcdefgh",
            "0123456789abcdef",
            "0123456789abcdefg",
            "01234567-89abcdef",
            "01234567+89abcdef",
            "01234567=89abcdef",
            "a",
        ];
        for count in 0..=words.len() {
            let lexicon = Lexicon::from(words.map(Box::from)[..count].to_vec());
            for word in words.into_iter().chain(["b", "\0", "abcdefghi", "01234567?89abcdef"]) {
                let first = words[..count].iter().position(|listed| *listed == word);
                assert_eq!(first, lexicon.position(word), "{word} among {count}");
            }
        }
    }
}
