//! The floor: bit rows bucketed by owner, written by hand for this one form of policy.
//!
//! Plain safe Rust with nothing in it but what these workloads need: every value known, one set of
//! rules, words and thresholds only, the first rule that decides and no obligations. A row of bits for
//! each class of each attribute tells which rules it leaves standing; the AND of one row an attribute is
//! what holds, denies first. It is the yardstick, so whatever makes it faster belongs in it.

use std::array::from_fn;

use crate::intern::{Interner, Steps};
use crate::neutral::{
    ATTRIBUTES, Domain, FLAGS, NUMBERS, OWNER, Request, Test, Typed, WORDS, Workload, number,
};

/// Rows of all attributes, at most: classes are bytes, and a row's place needs no check.
const ROWS: usize = 128;
/// Where a block keeps which bits are denies, and the number of its first rule.
const DENIES: usize = ROWS - 2;
const FIRST: usize = ROWS - 1;
/// Words that are weighed at once where there are many.
const WIDE: usize = 8;

/// The dense classes of a request: the row of each attribute, and the bucket.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Classes {
    rows: [u8; 16],
    bucket: u16,
}

/// Whether it is a permit, and which rule decided first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Decided {
    pub permit: bool,
    /// In the floor's own order; `None` where no rule holds.
    pub rule: Option<u32>,
}

pub struct Floor {
    words: [Interner; WORDS],
    numbers: [Steps; NUMBERS],
    /// The row of the first class of each attribute.
    offsets: [u8; 16],
    owned: bool,
    /// The first attribute that has rows: the owner has none where buckets or no rule tell it apart.
    from: usize,
    rows: Rows,
    /// The rule, by the floor's own number.
    rules: Vec<usize>,
}

enum Rows {
    /// For each bucket a block of rows, of one word, or of two or four side by side.
    One(Blocks<1>),
    Two(Blocks<2>),
    Four(Blocks<4>),
    /// One bucket: for each row so many chunks of words.
    Many {
        chunks: usize,
        rows: Vec<[u64; WIDE]>,
        denies: u32,
    },
}

struct Blocks<const W: usize>(Vec<[[u64; W]; ROWS]>);

impl Floor {
    pub fn new(workload: &Workload) -> Self {
        let owned = workload.is_owned();
        let tests_owner = workload.rules.iter().any(|rule| names(&rule.when, OWNER).is_some());
        let from = usize::from(owned || !tests_owner);
        let words: [Interner; WORDS] = from_fn(|attribute| {
            Interner::new(
                (0..classes_of(workload, attribute))
                    .map(|place| workload.word(attribute, number(place)).to_owned()),
            )
        });
        let numbers: [Steps; NUMBERS] = from_fn(|at| steps(workload, WORDS + at));
        let counts: [usize; 16] = from_fn(|attribute| match attribute {
            OWNER if from == 1 => 0,
            0..WORDS => classes_of(workload, attribute) + 1,
            _ if attribute < WORDS + NUMBERS => numbers[attribute - WORDS].classes(),
            _ => 2,
        });
        let mut offsets = [0; 16];
        let mut rows = 0;
        for (offset, count) in offsets.iter_mut().zip(counts) {
            *offset = u8::try_from(rows).unwrap();
            rows += count;
        }
        assert!(rows <= DENIES, "{rows} rows do not fit");

        let buckets = if owned { workload.owners.len() } else { 1 };
        // Denies before permits, so that the first bit decides.
        let of_bucket = |bucket: usize| -> Vec<usize> {
            // Bucket 0 is that of owners that no rule names.
            let owner = bucket.checked_sub(1);
            let mut places: Vec<usize> = (0..workload.rules.len())
                .filter(|place| {
                    let rule = &workload.rules[*place];
                    let of = rule.owner.is_none_or(|of| Some(of) == owner);
                    !owned
                        || of
                            && names(&rule.when, OWNER).is_none_or(|test| {
                                owner.is_some_and(|owner| test.holds(number(owner)))
                            })
                })
                .collect();
            places.sort_by_key(|place| (workload.rules[*place].permits, *place));
            places
        };
        let members: Vec<Vec<usize>> = (0..buckets).map(of_bucket).collect();
        let most = members.iter().map(Vec::len).max().unwrap().div_ceil(64);
        let stands = |place: usize, attribute: usize, class: usize| {
            let Some(test) = names(&workload.rules[place].when, attribute) else { return true };
            match attribute {
                OWNER if owned => true,
                // Class 0 is of words that no rule knows.
                0..WORDS => class.checked_sub(1).is_some_and(|place| test.holds(number(place))),
                _ if attribute < WORDS + NUMBERS => {
                    test.holds(numbers[attribute - WORDS].example(class))
                }
                _ => test.holds(number(class)),
            }
        };
        let each_row = || {
            (0..16).flat_map(|attribute| {
                (0..counts[attribute])
                    .map(move |class| (usize::from(offsets[attribute]) + class, attribute, class))
            })
        };
        let blocks = Members { workload, members: &members, rows: &each_row, stands: &stands };
        let rows = if most <= 1 {
            Rows::One(blocks.blocks())
        } else if most <= 2 {
            Rows::Two(blocks.blocks())
        } else if most <= 4 {
            Rows::Four(blocks.blocks())
        } else {
            assert_eq!(buckets, 1, "a bucket of an owner has at most 256 rules");
            let chunks = most.div_ceil(WIDE);
            let mut table = vec![[0; WIDE]; rows * chunks];
            for (row, attribute, class) in each_row() {
                for (word, places) in members[0].chunks(64).enumerate() {
                    table[row * chunks + word / WIDE][word % WIDE] =
                        mask(places, |place| stands(place, attribute, class));
                }
            }
            let denies = members[0].iter().filter(|place| !workload.rules[**place].permits).count();
            Rows::Many { chunks, rows: table, denies: u32::try_from(denies).unwrap() }
        };
        Self { words, numbers, offsets, owned, from, rows, rules: members.concat() }
    }

    /// The rule of the workload that one of the floor's is.
    pub fn rule(&self, own: u32) -> usize {
        self.rules[usize::try_from(own).unwrap()]
    }

    /// The classes that typed values come to.
    #[inline]
    pub fn classes(&self, typed: &Typed<'_>) -> Classes {
        let words: [u16; WORDS] = from_fn(|at| self.words[at].class(typed.words[at]));
        let numbers: [u8; NUMBERS] = from_fn(|at| self.numbers[at].class(typed.numbers[at]));
        let mut rows = self.offsets;
        let bucket = if self.owned { words[OWNER] } else { 0 };
        for at in self.from..WORDS {
            // There are at most 128 rows, so that a class that is no bucket is a byte.
            rows[at] += words[at].to_le_bytes()[0];
        }
        for at in 0..NUMBERS {
            rows[WORDS + at] += numbers[at];
        }
        for at in 0..FLAGS {
            rows[WORDS + NUMBERS + at] += u8::from(typed.flags[at]);
        }
        Classes { rows, bucket }
    }

    #[inline]
    pub fn decide(&self, classes: &Classes) -> Decided {
        match &self.rows {
            Rows::One(blocks) => blocks.decide(self.from, classes),
            Rows::Two(blocks) => blocks.decide(self.from, classes),
            Rows::Four(blocks) => blocks.decide(self.from, classes),
            Rows::Many { chunks, rows, denies } if self.from == 1 => {
                many::<1>(*chunks, rows, *denies, classes)
            }
            Rows::Many { chunks, rows, denies } => many::<0>(*chunks, rows, *denies, classes),
        }
    }

    /// Where rows are long, for a request: how many words there are, how many are empty once its rows are
    /// ANDed, and how many are empty in one of the rows, which is all that a second level of words, with a
    /// bit for each of the first that is not empty, could tell beforehand.
    pub fn emptiness(&self, classes: &Classes) -> Option<[usize; 3]> {
        let Rows::Many { chunks, rows, .. } = &self.rows else { return None };
        let words = self.rules.len().div_ceil(64);
        let each = |word: usize| {
            let row = move |row: &u8| rows[usize::from(*row) * chunks + word / WIDE][word % WIDE];
            classes.rows[self.from..].iter().map(row)
        };
        let empty = (0..words).filter(|word| each(*word).fold(u64::MAX, |all, of| all & of) == 0);
        let told = (0..words).filter(|word| each(*word).any(|of| of == 0));
        Some([words, empty.count(), told.count()])
    }

    /// Every rule that made the decision, as places in the workload, in order.
    pub fn determining(&self, request: &Request, workload: &Workload) -> Vec<usize> {
        let classes = self.classes(&workload.typed(request));
        let bits: Vec<(u64, u64, u64)> = match &self.rows {
            Rows::One(blocks) => blocks.words(self.from, &classes),
            Rows::Two(blocks) => blocks.words(self.from, &classes),
            Rows::Four(blocks) => blocks.words(self.from, &classes),
            Rows::Many { chunks, rows, denies } => (0..chunks * WIDE)
                .map(|word| {
                    let rows = classes.rows[self.from..]
                        .iter()
                        .map(|row| rows[usize::from(*row) * chunks + word / WIDE][word % WIDE]);
                    let first = number(word) * 64;
                    let here = (i64::from(*denies) - first).clamp(0, 64);
                    let denies = if here == 64 { u64::MAX } else { (1 << here) - 1 };
                    (rows.fold(u64::MAX, |all, row| all & row), denies, first.unsigned_abs())
                })
                .collect(),
        };
        let denied = bits.iter().any(|(standing, denies, _)| standing & denies != 0);
        let mut rules = vec![];
        for (standing, denies, first) in bits {
            let counted = if denied { standing & denies } else { standing };
            for bit in (0..64).filter(|bit| counted >> bit & 1 == 1) {
                rules.push(self.rule(u32::try_from(first + bit).unwrap()));
            }
        }
        rules.sort_unstable();
        rules
    }
}

impl<const W: usize> Blocks<W> {
    #[inline]
    fn decide(&self, from: usize, classes: &Classes) -> Decided {
        let block = &self.0[usize::from(classes.bucket)];
        let standing = if from == 1 {
            standing::<W, 1>(block, classes)
        } else {
            standing::<W, 0>(block, classes)
        };
        let mut first = u32::try_from(block[FIRST][0]).unwrap_or(0);
        for (standing, denies) in standing.iter().zip(&block[DENIES]) {
            if *standing != 0 {
                let bit = standing.trailing_zeros();
                return Decided { permit: denies >> bit & 1 == 0, rule: Some(first + bit) };
            }
            first += 64;
        }
        Decided { permit: false, rule: None }
    }

    /// For each word what stands, which of it are denies, and the number of its first rule.
    fn words(&self, from: usize, classes: &Classes) -> Vec<(u64, u64, u64)> {
        let block = &self.0[usize::from(classes.bucket)];
        let rows = classes.rows[from..].iter().map(|row| block[usize::from(*row)]);
        let standing = rows.fold([u64::MAX; W], |all, row| from_fn(|word| all[word] & row[word]));
        let words = standing.into_iter().zip(block[DENIES]).zip((0..).step_by(64));
        words.map(|((standing, denies), at)| (standing, denies, block[FIRST][0] + at)).collect()
    }
}

#[inline]
fn standing<const W: usize, const FROM: usize>(
    block: &[[u64; W]; ROWS],
    classes: &Classes,
) -> [u64; W] {
    let mut standing = [u64::MAX; W];
    for at in FROM..16 {
        let row = &block[usize::from(classes.rows[at]) % ROWS];
        for (all, word) in standing.iter_mut().zip(row) {
            *all &= word;
        }
    }
    standing
}

/// The rules of each bucket, and what makes their rows.
struct Members<'a, R, S> {
    workload: &'a Workload,
    members: &'a [Vec<usize>],
    rows: &'a R,
    /// Whether a rule stands for a class of an attribute.
    stands: &'a S,
}

impl<R, I, S> Members<'_, R, S>
where
    R: Fn() -> I,
    I: Iterator<Item = (usize, usize, usize)>,
    S: Fn(usize, usize, usize) -> bool,
{
    fn blocks<const W: usize>(&self) -> Blocks<W> {
        let mut first = 0;
        let blocks = self.members.iter().map(|places| {
            let mut block = [[0; W]; ROWS];
            for (word, places) in places.chunks(64).enumerate() {
                for (row, attribute, class) in (self.rows)() {
                    block[row][word] = mask(places, |place| (self.stands)(place, attribute, class));
                }
                block[DENIES][word] = mask(places, |place| !self.workload.rules[place].permits);
            }
            block[FIRST][0] = first;
            first += u64::try_from(places.len()).unwrap();
            block
        });
        Blocks(blocks.collect())
    }
}

fn many<const FROM: usize>(
    chunks: usize,
    rows: &[[u64; WIDE]],
    denies: u32,
    classes: &Classes,
) -> Decided {
    let of: [&[[u64; WIDE]]; 16] = from_fn(|at| {
        let from = usize::from(classes.rows[at]) * chunks;
        &rows[from..from + chunks]
    });
    for chunk in 0..chunks {
        let mut standing = of[FROM][chunk];
        for row in &of[FROM + 1..] {
            for (all, word) in standing.iter_mut().zip(row[chunk]) {
                *all &= word;
            }
        }
        if standing != [0; WIDE] {
            let word = standing.iter().position(|word| *word != 0).unwrap_or(0);
            let place = u32::try_from(chunk * WIDE + word).unwrap_or(0) * 64;
            let rule = place + standing[word].trailing_zeros();
            return Decided { permit: rule >= denies, rule: Some(rule) };
        }
    }
    Decided { permit: false, rule: None }
}

fn names(when: &[(usize, Test)], attribute: usize) -> Option<&Test> {
    when.iter().find(|(named, _)| *named == attribute).map(|(_, test)| test)
}

/// The words that have a class; the last owner is named by no rule.
fn classes_of(workload: &Workload, attribute: usize) -> usize {
    match ATTRIBUTES[attribute].1 {
        Domain::Owner => workload.owners.len() - 1,
        domain => domain.size(0),
    }
}

/// The classes of a number: values that no rule tells apart share one.
fn steps(workload: &Workload, attribute: usize) -> Steps {
    let most = ATTRIBUTES[attribute].1.size(0);
    let tests: Vec<&Test> =
        workload.rules.iter().filter_map(|rule| names(&rule.when, attribute)).collect();
    let differ = |value: i64| tests.iter().any(|test| test.holds(value) != test.holds(value - 1));
    Steps::new((1..number(most)).filter(|value| differ(*value)), most)
}

fn mask(places: &[usize], holds: impl Fn(usize) -> bool) -> u64 {
    let bits = places.iter().enumerate().filter(|(_, place)| holds(**place));
    bits.fold(0, |mask, (bit, _)| mask | 1 << bit)
}
