//! Bit sets of conjunctions, one for each class of each column.

use std::cell::Cell;
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
    /// The constrained columns, and where their rows start.
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
    /// A table of so many conjunctions over these columns, each with the number of its classes. `part`
    /// is the constraint on a column of a conjunction, by its bit; one without stands for every class.
    pub fn new<'p>(
        conjunctions: usize,
        columns: &[(ColumnId, usize)],
        part: impl Fn(ColumnId, usize) -> Option<&'p Part>,
    ) -> Self {
        let half = half(conjunctions);
        let mut starts = Vec::with_capacity(columns.len());
        let mut rows = Vec::new();
        for (column, classes) in columns {
            let start = rows.len();
            // More words than 32 bits count are beyond every limit; such a table would refuse.
            starts.push((*column, u32::try_from(start).unwrap_or(u32::MAX)));
            let parts: Vec<Option<&Part>> =
                (0..conjunctions).map(|bit| part(*column, bit)).collect();
            let mut free = vec![0; half];
            for (bit, _) in parts.iter().enumerate().filter(|(_, part)| part.is_none()) {
                set_bit(&mut free, bit);
            }
            (0..classes * 2).for_each(|_| rows.extend_from_slice(&free));
            for (bit, part) in parts.into_iter().enumerate() {
                let Some(part) = part else { continue };
                for (offset, classes_that_stand) in [(0, &part.certain), (half, &part.possible)] {
                    let stand = classes_that_stand.iter().map(usize::from);
                    for class in stand.take_while(|class| class < classes) {
                        let at = start + class * 2 * half + offset;
                        set_bit(rows.get_mut(at..).unwrap_or_default(), bit);
                    }
                }
            }
        }
        Self { columns: starts.into(), conjunctions, half, rows: rows.into() }
    }

    /// How many words its rows take.
    pub fn size(&self) -> usize {
        self.rows.len()
    }

    /// How many words so many rows take.
    pub fn size_of(rows: usize, conjunctions: usize) -> usize {
        rows.saturating_mul(2 * half(conjunctions))
    }

    /// What deciding by a table costs, compared with others: a column costs something whatever its
    /// words, and each word half as much; so does a policy.
    pub fn cost(columns: usize, conjunctions: usize, policies: usize) -> usize {
        columns.saturating_mul(2 + half(conjunctions)).saturating_add(policies)
    }

    /// The conjunctions that are not certainly false for a class of a column.
    pub fn possible(&self, column: ColumnId, class: Class) -> &[u64] {
        let start =
            self.columns.iter().find(|(of, _)| *of == column).map(|(_, start)| place(*start));
        let at = start.map(|start| start + (usize::from(class) * 2 + 1) * self.half);
        at.and_then(|at| self.rows.get(at..at + self.half)).unwrap_or_default()
    }

    /// The columns that some conjunction constrains.
    pub fn columns(&self) -> impl Iterator<Item = ColumnId> + '_ {
        self.columns.iter().map(|(column, _)| *column)
    }

    /// Calls `found` with each word of bits, in order and as far as they hold for the row, until it
    /// breaks off.
    ///
    /// A class that the table does not have leaves nothing standing. Bits beyond the last conjunction
    /// may be set where no column is constrained.
    #[inline]
    pub fn each_word<B>(
        &self,
        row: &Row,
        found: impl FnMut(Standing) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        match self.half {
            1 => self.each_of_few::<2, B>(row, found),
            2 => self.each_of_few::<4, B>(row, found),
            4 => self.each_of_few::<8, B>(row, found),
            _ => self.each_of_many(row, found),
        }
    }

    /// The same of rows of so many words in both halves.
    #[inline]
    fn each_of_few<const WORDS: usize, B>(
        &self,
        row: &Row,
        found: impl FnMut(Standing) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let both: [u64; WORDS] = self.and(row, 0);
        let (certain, possible) = both.split_at(WORDS / 2);
        let standings = certain.iter().zip(possible);
        standings
            .map(|(certain, possible)| Standing { certain: *certain, possible: *possible })
            .try_for_each(found)
    }

    /// The same of rows of whole blocks, of which one half is read where every class is known.
    fn each_of_many<B>(
        &self,
        row: &Row,
        mut found: impl FnMut(Standing) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let known = self.columns.iter().all(|(column, _)| class(row, *column) != UNKNOWN);
        for first in (0..self.half).step_by(BLOCK) {
            let certain: [u64; BLOCK] = self.and(row, first);
            let possible = if known { certain } else { self.and(row, self.half + first) };
            for (certain, possible) in certain.into_iter().zip(possible) {
                found(Standing { certain, possible })?;
            }
        }
        ControlFlow::Continue(())
    }

    /// So many words of the rows, from `first`, ANDed.
    #[inline]
    fn and<const WORDS: usize>(&self, row: &Row, first: usize) -> [u64; WORDS] {
        let mut all = [u64::MAX; WORDS];
        let of_a_row = 2 * self.half;
        for (column, start) in &self.columns {
            let at = place(*start) + usize::from(class(row, *column)) * of_a_row + first;
            let words = self.rows.get(at..).and_then(<[u64]>::first_chunk::<WORDS>);
            let words = words.unwrap_or(const { &[0; WORDS] });
            all.iter_mut().zip(words).for_each(|(all, words)| *all &= words);
        }
        all
    }

    /// Each word of bits, with its place: what [`Table::each_word`] finds, found when it is asked for.
    pub fn standings(&self, row: &Row) -> impl Iterator<Item = (usize, Standing)> {
        let words = self.conjunctions.div_ceil(64);
        (0..words).step_by(BLOCK).flat_map(move |first| {
            let [certain, possible] = [0, self.half].map(|half| self.block(row, half + first));
            let standings = certain.into_iter().zip(possible);
            let standings = standings.map(|(certain, possible)| Standing { certain, possible });
            (first..words).zip(standings)
        })
    }

    /// The words of a block of one half of the rows, as many as there are.
    fn block(&self, row: &Row, first: usize) -> [u64; BLOCK] {
        let mut block = [0; BLOCK];
        let mut fill = |words: &[u64]| {
            block.iter_mut().zip(words).for_each(|(word, known)| *word = *known);
        };
        match self.half {
            1 => fill(&self.and::<1>(row, first)),
            2 => fill(&self.and::<2>(row, first)),
            4 => fill(&self.and::<4>(row, first)),
            _ => fill(&self.and::<BLOCK>(row, first)),
        }
        block
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
fn place(start: u32) -> usize {
    usize::try_from(start).unwrap_or(usize::MAX)
}
