//! Bit sets of conjunctions, one for each class of each column.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::classes::{Class, UNKNOWN};
use super::column::ColumnId;
use super::conjunction::Part;

/// The classes of a request, by column.
pub type Row = [Cell<Class>];

/// The conjunctions that one word of bits stands for, as far as they hold.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Those that are certainly true.
    pub certain: u64,
    /// Those that are not certainly false.
    pub possible: u64,
}

/// For every class of every column that some conjunction constrains, the conjunctions that it leaves
/// standing. The AND of one row a column is all of Kleene's logic: a conjunction is as true as its
/// least true part.
///
/// A row has two halves: what is certainly true, and what is not certainly false. They differ where
/// the class is unknown, and nowhere else.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The constrained columns, and the first row of each.
    columns: Box<[(ColumnId, u32)]>,
    /// How many conjunctions.
    conjunctions: usize,
    /// Words of half a row.
    half: usize,
    /// For each column a row a class.
    rows: Box<[u64]>,
}

/// Of long rows, so many words are ANDed at a time: a cache line.
const BLOCK: usize = 8;

impl Table {
    /// A table of conjunctions over the columns that they constrain and for which `classes` gives the
    /// number of classes to be looked up. One without a part on a column stands for every class.
    pub fn over(conjunctions: &[&[Part]], classes: impl Fn(ColumnId) -> Option<usize>) -> Self {
        let half = half(conjunctions.len());
        let parts = conjunctions.iter().flat_map(|parts| parts.iter());
        let mentioned: BTreeSet<ColumnId> = parts.map(|part| part.column).collect();
        let mut starts = Vec::with_capacity(mentioned.len());
        let mut rows = Vec::new();
        for column in mentioned {
            let Some(classes) = classes(column) else { continue };
            let start = rows.len();
            // More rows than 32 bits count are beyond every limit; such a table would refuse.
            let first = start.checked_div(2 * half).and_then(|row| u32::try_from(row).ok());
            starts.push((column, first.unwrap_or(u32::MAX)));
            let parts: Vec<Option<&Part>> =
                conjunctions.iter().map(|parts| part_on(parts, column)).collect();
            let mut free = vec![0; half];
            for (bit, _) in parts.iter().enumerate().filter(|(_, part)| part.is_none()) {
                set_bit(&mut free, bit);
            }
            (0..classes * 2).for_each(|_| rows.extend_from_slice(&free));
            for (bit, part) in parts.into_iter().enumerate() {
                let Some(part) = part else { continue };
                for (offset, classes_that_stand) in [(0, &part.certain), (half, &part.possible)] {
                    let stand = classes_that_stand.iter().map(usize::from);
                    for class in stand.take_while(|class| *class < classes) {
                        let at = start + class * 2 * half + offset;
                        set_bit(rows.get_mut(at..).unwrap_or_default(), bit);
                    }
                }
            }
        }
        Self { columns: starts.into(), conjunctions: conjunctions.len(), half, rows: rows.into() }
    }

    /// How many words its rows take.
    pub fn size(&self) -> usize {
        self.rows.len()
    }

    /// How many words so many rows take.
    pub fn size_of(rows: usize, conjunctions: usize) -> usize {
        rows.saturating_mul(2 * half(conjunctions))
    }

    /// What deciding by a table costs, compared with others, as counted in instructions: a column costs
    /// something whatever its words, and each word something whatever the columns.
    pub fn cost(columns: usize, conjunctions: usize) -> usize {
        let half = half(conjunctions);
        columns.saturating_mul(4 + half).saturating_add(half.saturating_mul(13))
    }

    /// The conjunctions that are not certainly false for a class of a column.
    pub fn possible(&self, column: ColumnId, class: Class) -> &[u64] {
        let first = self.columns.iter().find(|(of, _)| *of == column).map(|(_, first)| at(*first));
        let words = first.map(|first| (first + usize::from(class)) * 2 * self.half + self.half);
        words.and_then(|words| self.rows.get(words..words + self.half)).unwrap_or_default()
    }

    /// For each column the conjunctions that are certainly true for its class, as far as it goes.
    pub fn certain<'t>(&'t self, row: &Row) -> impl Iterator<Item = (ColumnId, &'t [u64])> {
        self.columns.iter().map(|(column, first)| {
            let class = row.get(column.index()).map_or(UNKNOWN, Cell::get);
            let words = (at(*first) + usize::from(class)) * 2 * self.half;
            (*column, self.rows.get(words..words + self.half).unwrap_or_default())
        })
    }

    /// The columns that some conjunction constrains.
    pub fn columns(&self) -> impl Iterator<Item = ColumnId> + '_ {
        self.columns.iter().map(|(column, _)| *column)
    }

    /// How many words a row has: 2, 4, 8, or whole blocks.
    #[inline]
    pub fn words_in_a_row(&self) -> usize {
        2 * self.half
    }

    /// Both halves of the rows, ANDed: what is certainly true, and what is not certainly false. `WORDS`
    /// is what [`Table::words_in_a_row`] gives.
    ///
    /// A class that the table does not have leaves nothing standing. Bits beyond the last conjunction
    /// may be set where no column is constrained.
    #[inline]
    pub fn whole<const WORDS: usize>(&self, row: &Row) -> [u64; WORDS] {
        self.and(row, 1, 0)
    }

    /// Calls `found` with each word of rows of whole blocks, in order, until it breaks off. One half is
    /// read where every class is known.
    pub fn each_word(&self, row: &Row, mut found: impl FnMut(Standing) -> ControlFlow<()>) {
        let known = self.columns.iter().all(|(column, _)| class(row, *column) != UNKNOWN);
        let blocks = self.half / BLOCK;
        for block in 0..blocks {
            let certain: [u64; BLOCK] = self.and(row, 2 * blocks, block);
            let possible = if known { certain } else { self.and(row, 2 * blocks, blocks + block) };
            for (certain, possible) in certain.into_iter().zip(possible) {
                if found(Standing { certain, possible }).is_break() {
                    return;
                }
            }
        }
    }

    /// So many words of each row, ANDed: where a row is so many times as long, those at a place.
    #[inline(always)]
    fn and<const WORDS: usize>(&self, row: &Row, times: usize, place: usize) -> [u64; WORDS] {
        let words = |row: usize| row.wrapping_mul(times).wrapping_add(place);
        self.and_each(row, words).unwrap_or([0; WORDS])
    }

    /// The same; `None` at once where a row is missing: a jump that is never taken costs less than a
    /// choice. Four columns are gone through at a time.
    #[inline(always)]
    fn and_each<const WORDS: usize>(
        &self,
        row: &Row,
        place: impl Fn(usize) -> usize,
    ) -> Option<[u64; WORDS]> {
        let (rows, _) = self.rows.as_chunks::<WORDS>();
        let mut all = [u64::MAX; WORDS];
        let mut and = |(column, first): &(ColumnId, u32)| {
            let class = row.get(column.index())?.get();
            let words = rows.get(place(at(first.wrapping_add(u32::from(class)))))?;
            all.iter_mut().zip(words).for_each(|(all, words)| *all &= words);
            Some(())
        };
        let (fours, others) = self.columns.as_chunks::<4>();
        for [first, second, third, fourth] in fours {
            and(first)?;
            and(second)?;
            and(third)?;
            and(fourth)?;
        }
        for column in others {
            and(column)?;
        }
        Some(all)
    }

    /// Each word of bits, with its place.
    pub fn standings(&self, row: &Row) -> impl Iterator<Item = (usize, Standing)> {
        let words = self.conjunctions.div_ceil(64);
        (0..words).step_by(BLOCK).flat_map(move |first| {
            let (certain, possible) = match self.half {
                1 => self.halves::<2>(row),
                2 => self.halves::<4>(row),
                4 => self.halves::<8>(row),
                half => {
                    let (block, blocks) = (first / BLOCK, half / BLOCK);
                    let at = |place: usize| self.and(row, 2 * blocks, place);
                    (at(block), at(blocks + block))
                }
            };
            let standings = certain.into_iter().zip(possible);
            let standings = standings.map(|(certain, possible)| Standing { certain, possible });
            (first..words).zip(standings)
        })
    }

    /// Both halves of rows of so many words, each as a block.
    fn halves<const WORDS: usize>(&self, row: &Row) -> ([u64; BLOCK], [u64; BLOCK]) {
        let all: [u64; WORDS] = self.whole(row);
        let (certain, possible) = all.split_at(WORDS / 2);
        let block = |half: &[u64]| {
            let mut block = [0; BLOCK];
            block.iter_mut().zip(half).for_each(|(word, known)| *word = *known);
            block
        };
        (block(certain), block(possible))
    }
}

/// Words of half a row: 1, 2, 4, or whole blocks.
#[inline]
fn half(conjunctions: usize) -> usize {
    match conjunctions.div_ceil(64) {
        few @ 0..=4 => few.next_power_of_two(),
        many => many.next_multiple_of(BLOCK),
    }
}

/// The constraint of a conjunction on a column.
fn part_on(parts: &[Part], column: ColumnId) -> Option<&Part> {
    let at = parts.binary_search_by_key(&column, |part| part.column).ok()?;
    parts.get(at)
}

fn set_bit(row: &mut [u64], bit: usize) {
    if let Some(word) = row.get_mut(bit / 64) {
        *word |= 1 << (bit % 64);
    }
}

#[inline]
fn class(row: &Row, column: ColumnId) -> Class {
    row.get(column.index()).map_or(UNKNOWN, Cell::get)
}

#[inline]
fn at(row: u32) -> usize {
    usize::try_from(row).unwrap_or(usize::MAX)
}
