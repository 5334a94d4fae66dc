//! Conjunctions of one kind, to find those that a request nearly meets.

use super::bits::bits;
use super::classes::Class;
use super::column::{Column, ColumnId};
use super::conjunction::{Conjunctions, Parts};
use super::levers::Levers;
use super::row::Row;
use super::table::Table;

/// Some conjunctions, with a table over all of them: what a request lacks is found for 64 at a time.
/// Only explanations need it.
#[derive(Clone, Debug)]
pub struct Roster {
    /// Their places, by bit.
    conjunctions: Box<[usize]>,
    table: Table,
    /// The columns that they constrain, those that the fewest levers move first.
    columns: Box<[Constrained]>,
}

/// A column that some conjunctions of a [`Roster`] constrain.
#[derive(Clone, Copy, Debug)]
struct Constrained {
    column: ColumnId,
    /// Its place in the table.
    place: usize,
    /// The levers that move it, as [`Movers::bits`].
    movers: u64,
    /// The effort that it takes.
    effort: usize,
}

/// How far something is from being met: the facts that are lacking, and the effort that these take.
pub type Distance = (usize, usize);

/// Conjunctions of a [`Roster`] that lack a column.
#[derive(Clone, Copy, Debug)]
pub struct Lacking<'r> {
    roster: &'r Roster,
    /// The column.
    pub column: ColumnId,
    /// Its place in the table.
    place: usize,
    word: usize,
    bits: u64,
}

impl Lacking<'_> {
    /// Their places, in order.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        self.roster.places(self.word, self.bits)
    }

    /// Whether one of them would lack the column no more if it had this class.
    pub fn is_met_by(&self, class: Class) -> bool {
        let standing = self.roster.table.certain_for(self.place, class);
        standing.get(self.word).is_some_and(|standing| standing & self.bits != 0)
    }
}

/// Numbers of 64 conjunctions, by their bits: the first word has the lowest bit of every number. Too large
/// ones are as large as can be.
#[derive(Clone, Copy)]
struct Sums<const BITS: usize>([u64; BITS]);

impl<const BITS: usize> Sums<BITS> {
    const ZERO: Self = Self([0; BITS]);

    /// Adds one to the numbers of some.
    fn add_one(&mut self, to: u64) {
        let full = self.0.iter().fold(to, |full, word| full & word);
        let mut carry = to & !full;
        for word in &mut self.0 {
            (*word, carry) = (*word ^ carry, *word & carry);
        }
    }

    /// Adds so much to the numbers of some.
    fn add(&mut self, to: u64, number: usize) {
        for bit in (0..BITS).filter(|bit| number >> bit & 1 == 1) {
            let mut carry = to;
            for word in self.0.iter_mut().skip(bit) {
                (*word, carry) = (*word ^ carry, *word & carry);
            }
            self.0.iter_mut().for_each(|word| *word |= carry);
        }
    }

    /// Those whose numbers are at most so much, as far as numbers tell.
    fn at_most(&self, most: usize) -> u64 {
        let most = most.min((1 << BITS) - 1);
        let (mut less, mut equal) = (0, u64::MAX);
        for (bit, word) in self.0.iter().enumerate().rev() {
            if most >> bit & 1 == 1 {
                less |= equal & !word;
                equal &= word;
            } else {
                equal &= !word;
            }
        }
        less | equal
    }

    /// Those whose numbers are less than so much, as far as numbers tell.
    fn less_than(&self, number: usize) -> u64 {
        number.checked_sub(1).map_or(0, |most| self.at_most(most))
    }
}

impl Roster {
    /// Those at these places among all conjunctions over some columns, each of which takes an effort.
    pub(super) fn new(
        places: impl Iterator<Item = usize>,
        all: &Conjunctions,
        columns: &[Column],
        levers: &Levers,
        effort: impl Fn(ColumnId) -> usize,
    ) -> Self {
        let conjunctions: Box<[usize]> = places.collect();
        let parts = |place: &usize| all.get(*place).unwrap_or_default();
        let parts: Vec<Parts<'_>> = conjunctions.iter().map(parts).collect();
        let classes = |column: ColumnId| columns.get(column.index()).map(Column::classes);
        let table = Table::over(&parts, classes);
        let movers = |column: ColumnId| levers.of_column.get(column.index());
        let constrained = |(place, column)| Constrained {
            column,
            place,
            movers: movers(column).map_or(0, |movers| movers.bits),
            effort: effort(column),
        };
        let mut columns: Box<[Constrained]> =
            table.columns().enumerate().map(constrained).collect();
        columns.sort_by_key(|own| movers(own.column).map_or(0, |movers| movers.levers.len()));
        Self { conjunctions, table, columns }
    }

    /// How many words of bits they are.
    pub fn words(&self) -> usize {
        self.conjunctions.len().div_ceil(64)
    }

    /// Each column, and the conjunctions that its class leaves certainly true.
    fn columns(&self, row: &Row) -> Vec<(&Constrained, &[u64])> {
        let certain = |own: &Constrained| self.table.certain_for(own.place, row.class(own.column));
        self.columns.iter().map(|own| (own, certain(own))).collect()
    }

    /// Calls `found` with the places of those that may be the nearest, in order; `found` returns how far the
    /// nearest is by then. What is at least as far is left out: a column is lacking for one fact or more.
    pub fn each_nearer(&self, row: &Row, mut found: impl FnMut(usize) -> Distance) {
        let columns = self.columns(row);
        let mut nearest = (usize::MAX, usize::MAX);
        for word in 0..self.words() {
            let lacks = || columns.iter().map(|(own, words)| (!of_word(words, word), own.effort));
            let mut facts = Sums::<3>::ZERO;
            lacks().for_each(|(lack, _)| facts.add_one(lack));
            // Of what is as far, nothing takes less effort than none.
            let (distance, effort) = nearest;
            let near =
                if effort == 0 { facts.less_than(distance) } else { facts.at_most(distance) };
            let near = near & self.existing(word);
            if near == 0 {
                continue;
            }
            let mut efforts = Sums::<8>::ZERO;
            lacks().for_each(|(lack, effort)| efforts.add(lack & near, effort));
            let nearer = |(distance, effort): Distance| {
                facts.less_than(distance) | facts.at_most(distance) & efforts.less_than(effort)
            };
            let mut left = near & nearer(nearest);
            while let Some(bit) = bits(0, left).next() {
                let Some(place) = self.conjunctions.get(word * 64 + bit) else { break };
                nearest = found(*place);
                left &= nearer(nearest) & !(1 << bit);
            }
        }
    }

    /// Calls `found` with those that lack something and can be met by moving so many columns at most by
    /// these levers, of which none that share one are counted: each once, with the column that it lacks
    /// which the fewest move. `found` returns whether to go on.
    pub fn each_lack<'r>(
        &'r self,
        row: &Row,
        levers: u64,
        most: usize,
        mut found: impl FnMut(Lacking<'r>) -> bool,
    ) {
        let columns = self.columns(row);
        let stay = || columns.iter().filter(|(own, _)| own.movers & levers == 0);
        let moved = || columns.iter().filter(|(own, _)| own.movers & levers != 0);
        for word in 0..self.words() {
            let possible =
                stay().fold(self.existing(word), |all, (_, words)| all & of_word(words, word));
            if possible == 0 {
                continue;
            }
            let (mut apart, mut moved_by) = (Sums::<3>::ZERO, [0_u64; 64]);
            for (own, words) in moved() {
                let lack = possible & !of_word(words, word);
                if lack == 0 {
                    continue;
                }
                let movers = || bits(0, own.movers & levers);
                let by = movers().filter_map(|mover| moved_by.get(mover).copied());
                let new = lack & !by.fold(0, |moved, by| moved | by);
                movers().for_each(|mover| {
                    moved_by.get_mut(mover).into_iter().for_each(|moved| *moved |= new);
                });
                apart.add_one(new);
            }
            let mut left = possible & apart.at_most(most);
            for (own, words) in moved() {
                let lack = left & !of_word(words, word);
                left &= !lack;
                let lacking = Lacking {
                    roster: self,
                    column: own.column,
                    place: own.place,
                    word,
                    bits: lack,
                };
                if lack != 0 && !found(lacking) {
                    return;
                }
            }
        }
    }

    fn places(&self, word: usize, of_word: u64) -> impl Iterator<Item = usize> {
        bits(word, of_word).filter_map(|bit| self.conjunctions.get(bit).copied())
    }

    /// The bits of a word that are conjunctions.
    fn existing(&self, word: usize) -> u64 {
        let count = self.conjunctions.len().saturating_sub(word * 64);
        if count < 64 { (1 << count) - 1 } else { u64::MAX }
    }
}

/// A word of a row.
fn of_word(words: &[u64], word: usize) -> u64 {
    words.get(word).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Sums;

    #[test]
    fn numbers_of_64_are_added_up_as_far_as_their_bits_go() {
        for set in 0..20_usize {
            let mut sums = Sums::<3>::ZERO;
            (0..20).for_each(|n| sums.add_one(u64::from(n < set) | u64::from(n < 3) << 7));
            for most in 0..10 {
                let near = sums.at_most(most);
                let told = |count: usize| count.min(7) <= most;
                assert_eq!(told(set), near & 1 == 1, "{set} of at most {most}");
                assert_eq!(told(3), near >> 7 & 1 == 1, "3 of at most {most}");
                assert_eq!(sums.less_than(most + 1), near);
            }
        }
    }

    #[test]
    fn numbers_that_are_added_may_be_any() {
        for (first, second) in (0..20).flat_map(|first| (0..20).map(move |second| (first, second)))
        {
            let mut sums = Sums::<5>::ZERO;
            sums.add(1 | 1 << 63, first);
            sums.add(1 << 63, second);
            for most in 0..40 {
                let near = sums.at_most(most);
                assert_eq!(first <= most, near & 1 == 1, "{first} of at most {most}");
                let both = (first + second).min(31);
                assert_eq!(both <= most, near >> 63 == 1, "{first} + {second} of at most {most}");
            }
        }
        assert_eq!(Sums::<5>::ZERO.less_than(0), 0);
    }
}
