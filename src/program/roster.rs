//! Conjunctions of one kind, to find those that a request nearly meets.

use super::bits::bits;
use super::column::{Column, ColumnId};
use super::conjunction::{Conjunction, Part};
use super::table::{Row, Table};

/// Some conjunctions, with a table over all of them: what a request lacks is found for 64 at a time.
/// Only explanations need it.
#[derive(Clone, Debug)]
pub struct Roster {
    /// Their places, by bit.
    conjunctions: Box<[usize]>,
    table: Table,
}

/// Bits of a count.
const BITS: usize = 3;

impl Roster {
    /// Those at these places among all conjunctions over some columns.
    pub(super) fn new(
        places: impl Iterator<Item = usize>,
        all: &[Conjunction],
        columns: &[Column],
    ) -> Self {
        let conjunctions: Box<[usize]> = places.collect();
        let parts = |place: &usize| all.get(*place).map_or(&[][..], |found| &found.parts);
        let parts: Vec<&[Part]> = conjunctions.iter().map(parts).collect();
        let classes = |column: ColumnId| columns.get(column.index()).map(Column::classes);
        Self { conjunctions, table: Table::over(&parts, classes) }
    }

    /// The places of those that lack nothing in the columns that `which` picks, in order.
    pub fn meeting(
        &self,
        row: &Row,
        which: impl Fn(ColumnId) -> bool,
    ) -> impl Iterator<Item = usize> {
        let picked = self.table.certain(row).filter(|(column, _)| which(*column));
        let rows: Vec<&[u64]> = picked.map(|(_, row)| row).collect();
        let meets = move |word: usize| {
            let words = rows.iter().map(|row| row.get(word).copied().unwrap_or(0));
            words.fold(u64::MAX, |all, word| all & word)
        };
        let words = 0..self.conjunctions.len().div_ceil(64);
        words.flat_map(move |word| self.places(word, meets(word)))
    }

    /// Calls `found` with the places of those that lack few columns, in order: what lacks more than
    /// `found` returned last may be left out.
    pub fn each_near(&self, row: &Row, mut found: impl FnMut(usize) -> usize) {
        let rows: Vec<&[u64]> = self.table.certain(row).map(|(_, row)| row).collect();
        let mut most = usize::MAX;
        for word in 0..self.conjunctions.len().div_ceil(64) {
            let lacks = rows.iter().map(|row| !row.get(word).copied().unwrap_or(0));
            let near = at_most(&count(lacks), most);
            self.places(word, near).for_each(|place| most = found(place));
        }
    }

    fn places(&self, word: usize, of_word: u64) -> impl Iterator<Item = usize> {
        bits(word, of_word).filter_map(|bit| self.conjunctions.get(bit).copied())
    }
}

/// How many of some words have each bit, as far as the bits of a count go: the first word has the lowest
/// bit of every count.
fn count(words: impl Iterator<Item = u64>) -> [u64; BITS] {
    let mut counts = [0; BITS];
    for word in words {
        let full = counts.iter().fold(u64::MAX, |full, count| full & count);
        let mut carry = word & !full;
        for count in &mut counts {
            (*count, carry) = (*count ^ carry, *count & carry);
        }
    }
    counts
}

/// The bits whose counts are at most so much, as far as counts tell.
fn at_most(counts: &[u64; BITS], most: usize) -> u64 {
    let most = most.min((1 << BITS) - 1);
    let (mut less, mut equal) = (0, u64::MAX);
    for (bit, count) in counts.iter().enumerate().rev() {
        if most >> bit & 1 == 1 {
            less |= equal & !count;
            equal &= count;
        } else {
            equal &= !count;
        }
    }
    less | equal
}

#[cfg(test)]
mod tests {
    use super::{at_most, count};

    #[test]
    fn bits_are_counted_up_to_seven() {
        for set in 0..20_usize {
            let words: Vec<u64> =
                (0..20).map(|n| u64::from(n < set) | u64::from(n < 3) << 7).collect();
            let counts = count(words.into_iter());
            for most in 0..10 {
                let near = at_most(&counts, most);
                let told = |count: usize| count.min(7) <= most;
                assert_eq!(told(set), near & 1 == 1, "{set} of at most {most}");
                assert_eq!(told(3), near >> 7 & 1 == 1, "3 of at most {most}");
            }
        }
    }
}
