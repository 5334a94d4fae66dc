//! Lists of words that are looked up often.

/// A list of different words, each found by its text.
///
/// The table that finds them is made for these very words, as few libraries can know theirs, and is
/// looked into once for nearly each of them.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    list: Vec<Box<str>>,
    /// The first word of each brief, where its hash says or soon after; a power of two of them, more
    /// than half of which are vacant.
    entries: Box<[Entry]>,
    /// What the hash is made by.
    factor: u64,
    /// What the hash is shifted by to be a place.
    shift: u32,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    brief: Brief,
    place: usize,
}

impl Entry {
    /// No text is so long.
    const VACANT: Self = Self { brief: Brief { head: 0, tail: 0, length: usize::MAX }, place: 0 };

    fn is_vacant(&self) -> bool {
        self.brief.length == usize::MAX
    }
}

/// Both ends of a text and its length: all of it, if it is short. It is compared without a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Brief {
    head: u64,
    tail: u64,
    length: usize,
}

impl Brief {
    /// A text of so many bytes is told by its brief alone.
    const WHOLE: usize = 16;

    /// Nothing but very short texts goes another way than the rest: a processor cannot foresee how long
    /// the next is.
    #[inline]
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let length = bytes.len();
        let (head, tail) = ends(bytes).unwrap_or_else(|| {
            (bytes.iter().fold(0, |head, byte| head << 8 | u64::from(*byte)), 0)
        });
        Self { head, tail, length }
    }

    /// A number that tells most texts apart in its upper bits.
    #[inline]
    fn hash(&self, factor: u64) -> u64 {
        let ends = self.head ^ self.tail.rotate_left(25);
        ends.wrapping_add(u64::try_from(self.length).unwrap_or(0)).wrapping_mul(factor)
    }
}

/// Two fours of bytes from the front and two from the back, which overlap in short texts, and are all of
/// one of up to sixteen; `None` of fewer than four.
#[inline]
fn ends(bytes: &[u8]) -> Option<(u64, u64)> {
    let four = |four: &[u8; 4]| u64::from(u32::from_le_bytes(*four));
    let inner = bytes.len() / 8 * 4;
    let (front, back) = (bytes.get(inner..)?, bytes.get(..bytes.len() - inner)?);
    let head = four(bytes.first_chunk()?) | four(front.first_chunk()?) << 32;
    let tail = four(bytes.last_chunk()?) | four(back.last_chunk()?) << 32;
    Some((head, tail))
}

impl Lexicon {
    /// The place of a word in the list; of one that is listed twice, the first.
    #[inline]
    pub fn position(&self, word: &str) -> Option<usize> {
        let brief = Brief::of(word);
        let place = self.find(&brief).ok()?;
        if brief.length > Brief::WHOLE {
            return self.position_from(place, word);
        }
        Some(place)
    }

    /// The place of a word, which is not before this one.
    #[inline(never)]
    fn position_from(&self, first: usize, word: &str) -> Option<usize> {
        let listed = self.list.iter().enumerate().skip(first);
        listed.into_iter().find(|(_, listed)| ***listed == *word).map(|(place, _)| place)
    }

    /// The place of the first word of a brief; or else where its entry would be.
    #[inline]
    fn find(&self, brief: &Brief) -> Result<usize, usize> {
        let hash = brief.hash(self.factor).wrapping_shr(self.shift);
        let mut at = usize::try_from(hash).unwrap_or(usize::MAX);
        loop {
            match self.entries.get(at) {
                Some(entry) if entry.brief == *brief => return Ok(entry.place),
                Some(entry) if !entry.is_vacant() => {}
                _ => return Err(at),
            }
            at = at.wrapping_add(1) & self.entries.len().wrapping_sub(1);
        }
    }

    /// Adds a word.
    pub(crate) fn push(&mut self, word: Box<str>) {
        let (brief, place) = (Brief::of(&word), self.list.len());
        self.list.push(word);
        if self.list.len() * 2 > self.entries.len() {
            self.arrange();
        } else {
            self.enter(Entry { brief, place });
        }
    }

    /// Enters the first word of a brief. Gives whether it is elsewhere than its hash says.
    fn enter(&mut self, entry: Entry) -> bool {
        let Err(at) = self.find(&entry.brief) else { return false };
        if let Some(vacant) = self.entries.get_mut(at) {
            *vacant = entry;
        }
        usize::try_from(entry.brief.hash(self.factor).wrapping_shr(self.shift)) != Ok(at)
    }

    /// Makes the table: by the factor, of some, that sends the fewest words elsewhere.
    fn arrange(&mut self) {
        let briefs: Vec<Brief> = self.list.iter().map(|word| Brief::of(word)).collect();
        let factors = (0..FACTORS).map(|n| FACTOR.wrapping_mul(2 * n + 1));
        if let Some(factor) = factors.min_by_key(|factor| self.arrange_by(*factor, &briefs)) {
            self.arrange_by(factor, &briefs);
        }
    }

    /// Makes the table by a factor. Gives how many words are elsewhere than their hash says.
    fn arrange_by(&mut self, factor: u64, briefs: &[Brief]) -> usize {
        let size = (briefs.len() * 2).next_power_of_two().max(2);
        (self.factor, self.shift) = (factor, size.leading_zeros() + 1);
        self.entries = vec![Entry::VACANT; size].into();
        let entries =
            briefs.iter().enumerate().map(|(place, brief)| Entry { brief: *brief, place });
        entries.filter(|entry| self.enter(*entry)).count()
    }
}

/// The first factor that is tried: odd, its bits even and irregular (the golden ratio of 64 bits).
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
/// How many are.
const FACTORS: u64 = 32;

impl From<Vec<Box<str>>> for Lexicon {
    fn from(list: Vec<Box<str>>) -> Self {
        let mut lexicon = Self { list, ..Self::default() };
        lexicon.arrange();
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
