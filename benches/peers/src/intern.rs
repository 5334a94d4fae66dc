//! From typed values to dense classes, as fast as safe Rust does it.

/// The longest word that is held: a slot has 32 bytes.
const LONGEST: usize = 29;

/// The classes of words: a table that is looked into by a word's length and its last four bytes, made so
/// that nearly every word is found at once. There is no branch that depends on a length, which processors
/// guess wrong.
pub struct Interner {
    slots: Vec<Slot>,
    factor: u64,
    shift: u32,
}

#[derive(Clone, Copy)]
struct Slot {
    /// 0 where the slot is empty.
    class: u16,
    length: u8,
    bytes: [u8; LONGEST],
}

impl Slot {
    #[inline]
    fn is(&self, word: &[u8]) -> bool {
        self.bytes.get(..usize::from(self.length)) == Some(word)
    }
}

impl Interner {
    /// The n-th word gets class n + 1; every other word is of class 0.
    pub fn new(words: impl Iterator<Item = String>) -> Self {
        let words: Vec<String> = words.collect();
        let bits = (words.len() * 4).next_power_of_two().trailing_zeros();
        // Of some factors, the one under which the words are found soonest.
        let factors = (0..256_u64).map(|n| (0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(2 * n + 1)) | 1);
        let tables = factors.map(|factor| Self::with(&words, factor, bits));
        tables.min_by_key(|(_, steps)| *steps).unwrap().0
    }

    /// The table under a factor, and how far its words are from where they are looked for.
    fn with(words: &[String], factor: u64, bits: u32) -> (Self, usize) {
        let empty = Slot { bytes: [0; LONGEST], length: 0, class: 0 };
        let mut table = Self { slots: vec![empty; 1 << bits], factor, shift: 64 - bits };
        let mut far = 0;
        for (place, word) in words.iter().enumerate() {
            let mut at = table.place(word.as_bytes());
            while table.slots[at].class != 0 {
                at = (at + 1) % table.slots.len();
                far += 1;
            }
            let slot = &mut table.slots[at];
            slot.bytes[..word.len()].copy_from_slice(word.as_bytes());
            slot.length = u8::try_from(word.len()).unwrap();
            slot.class = u16::try_from(place + 1).unwrap();
        }
        (table, far)
    }

    #[inline]
    fn place(&self, word: &[u8]) -> usize {
        let tail = match word.last_chunk::<4>() {
            Some(tail) => u64::from(u32::from_le_bytes(*tail)),
            None => word.iter().fold(0, |tail, byte| tail << 8 | u64::from(*byte)),
        };
        let length = u64::try_from(word.len()).unwrap_or(0);
        let hash = (tail ^ length << 32).wrapping_mul(self.factor) >> self.shift;
        usize::try_from(hash).unwrap_or(0)
    }

    #[inline]
    pub fn class(&self, word: &str) -> u16 {
        let word = word.as_bytes();
        let mut at = self.place(word);
        while let Some(slot) = self.slots.get(at) {
            if slot.is(word) {
                return slot.class;
            }
            if slot.class == 0 {
                return 0;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        0
    }
}

/// The classes of a number: a table of all values up to where nothing is told apart any more.
pub struct Steps {
    classes: Vec<u8>,
    last: i64,
    /// A value of each class.
    examples: Vec<i64>,
}

impl Steps {
    /// From the values that begin a class, in order; there are so many values that may matter.
    pub fn new(begins: impl Iterator<Item = i64>, values: usize) -> Self {
        let mut examples = vec![0];
        examples.extend(begins);
        let mut classes = vec![0; values];
        for (class, begin) in examples.iter().enumerate() {
            classes[usize::try_from(*begin).unwrap()..].fill(u8::try_from(class).unwrap());
        }
        Self { last: i64::try_from(values).unwrap() - 1, classes, examples }
    }

    pub fn classes(&self) -> usize {
        self.examples.len()
    }

    pub fn example(&self, class: usize) -> i64 {
        self.examples[class]
    }

    #[inline]
    pub fn class(&self, value: i64) -> u8 {
        let at = usize::try_from(value.clamp(0, self.last)).unwrap_or(0);
        self.classes.get(at).copied().unwrap_or(0)
    }
}
