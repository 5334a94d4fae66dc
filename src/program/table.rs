//! Bit sets of conjunctions, one for each class of each column.

use std::cell::Cell;

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
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The constrained columns, and where their rows start.
    columns: Vec<(ColumnId, usize)>,
    /// How many conjunctions.
    conjunctions: usize,
    /// Words a row.
    words: usize,
    /// For each column: a row for *unknown and yet possible*, then one a class.
    rows: Vec<u64>,
}

impl Table {
    /// An empty table for so many conjunctions.
    pub fn new(conjunctions: usize) -> Self {
        Self { conjunctions, words: conjunctions.div_ceil(64), ..Self::default() }
    }

    /// Words of bits.
    pub fn words(&self) -> usize {
        self.words
    }

    /// The columns that some conjunction constrains.
    pub fn columns(&self) -> impl Iterator<Item = ColumnId> + '_ {
        self.columns.iter().map(|(column, _)| *column)
    }

    /// Adds a column of so many classes. `part` is the constraint on it of a conjunction, by its bit;
    /// one without stands for every class.
    pub fn add_column<'p>(
        &mut self,
        column: ColumnId,
        classes: usize,
        part: impl Fn(usize) -> Option<&'p Part>,
    ) {
        let start = self.rows.len();
        self.columns.push((column, start));
        let parts: Vec<Option<&Part>> = (0..self.conjunctions).map(part).collect();
        let mut free = vec![0; self.words];
        for (bit, _) in parts.iter().enumerate().filter(|(_, part)| part.is_none()) {
            if let Some(word) = free.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
        for _ in 0..=classes {
            self.rows.extend_from_slice(&free);
        }
        for (bit, part) in parts.into_iter().enumerate() {
            let Some(part) = part else { continue };
            if part.possible.contains(UNKNOWN) {
                self.set_bit(start, bit);
            }
            for class in part.certain.iter().map(usize::from).filter(|class| *class < classes) {
                self.set_bit(start + (class + 1) * self.words, bit);
            }
        }
    }

    fn set_bit(&mut self, row: usize, bit: usize) {
        if let Some(word) = self.rows.get_mut(row + bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }

    /// The conjunctions of one word of bits, as far as they hold for the row.
    ///
    /// A class that the table does not have leaves nothing standing that might permit, and
    /// everything that might refuse.
    pub fn word(&self, row: &Row, word: usize) -> Standing {
        let here = self.conjunctions.saturating_sub(word * 64);
        let all = if here >= 64 { u64::MAX } else { (1 << here) - 1 };
        let (mut certain, mut possible) = (all, all);
        for (column, start) in &self.columns {
            let class = row.get(column.index()).map_or(UNKNOWN, Cell::get);
            let at = start + (usize::from(class) + 1) * self.words + word;
            let known = self.rows.get(at).copied().unwrap_or(0);
            certain &= known;
            possible &= if class == UNKNOWN {
                self.rows.get(start + word).copied().unwrap_or(u64::MAX)
            } else {
                known
            };
        }
        Standing { certain, possible }
    }
}

/// The places of the bits that are set, counted from the first bit of word `word`.
pub fn bits(word: usize, mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = usize::try_from(bits.trailing_zeros()).ok().filter(|bit| *bit < 64)?;
        bits &= bits - 1;
        Some(word * 64 + bit)
    })
}
