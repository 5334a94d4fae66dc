//! From typed values to dense classes, as fast as safe Rust does it.

/// The classes of words: a table with open addressing. Words of up to 16 bytes are compared as two
/// numbers, which hold all of them.
pub struct Interner {
    slots: Vec<Slot>,
    /// The words of more than 16 bytes, by class less one; the others are empty.
    long: Vec<String>,
    factor: u64,
    shift: u32,
}

#[derive(Clone, Copy)]
struct Slot {
    print: Print,
    /// 0 where the slot is empty.
    class: u16,
}

/// The length of a word, its first bytes and its last.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
struct Print {
    length: usize,
    first: u64,
    last: u64,
}

impl Print {
    #[inline]
    fn of(word: &str) -> Self {
        let bytes = word.as_bytes();
        let length = bytes.len();
        let (first, last) = if let (Some(first), Some(last)) =
            (bytes.first_chunk::<8>(), bytes.last_chunk::<8>())
        {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) =
            (bytes.first_chunk::<4>(), bytes.last_chunk::<4>())
        {
            (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
        } else {
            let byte = |at: usize| u64::from(bytes.get(at).copied().unwrap_or(0));
            (byte(0) | byte(1) << 8, byte(2))
        };
        Self { length, first, last }
    }

    #[inline]
    fn hash(&self, factor: u64) -> u64 {
        let length = u64::try_from(self.length).unwrap_or(0);
        (self.first ^ self.last.rotate_left(29) ^ length).wrapping_mul(factor)
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
        let empty = Slot { print: Print::default(), class: 0 };
        let mut slots = vec![empty; 1 << bits];
        let shift = 64 - bits;
        let mut far = 0;
        for (place, word) in words.iter().enumerate() {
            let print = Print::of(word);
            let mut at = usize::try_from(print.hash(factor) >> shift).unwrap();
            while slots[at].class != 0 {
                at = (at + 1) % slots.len();
                far += 1;
            }
            slots[at] = Slot { print, class: u16::try_from(place + 1).unwrap() };
        }
        let long =
            words.iter().map(|word| if word.len() > 16 { word.clone() } else { String::new() });
        (Self { slots, long: long.collect(), factor, shift }, far)
    }

    #[inline]
    pub fn class(&self, word: &str) -> u16 {
        let print = Print::of(word);
        let mut at = usize::try_from(print.hash(self.factor) >> self.shift).unwrap_or(0);
        while let Some(slot) = self.slots.get(at) {
            if slot.class == 0 {
                return 0;
            }
            if slot.print == print
                && (print.length <= 16
                    || self.long.get(usize::from(slot.class) - 1).is_some_and(|long| long == word))
            {
                return slot.class;
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
