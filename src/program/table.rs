//! Bit sets of conjunctions, one for each class of each column.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::classes::{Class, UNKNOWN};
use super::column::ColumnId;
use super::conjunction::{Part, Parts};
use super::interner::at;
use super::row::Row;

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
/// A row says what is certainly true. That is also what is not certainly false, unless the class is the
/// unknown one, for which nothing is certainly false; and the last bit of each row says that the class is
/// known. So one AND is enough where everything asked is known, and tells whether it was.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The constrained columns, and for each the row of the unknown class, which those of the others
    /// follow.
    columns: Arc<[(ColumnId, u32)]>,
    /// How many of them, the first, have their classes in place; see [`Row`].
    in_place: usize,
    /// How many conjunctions.
    conjunctions: usize,
    /// Words of a row.
    words: usize,
    /// A row of all, which is what is not certainly false for any unknown class; then, for each column, a
    /// row a class.
    rows: Box<[u64]>,
}

/// Of long rows, so many words are ANDed at a time: a cache line.
const BLOCK: usize = 8;

impl Table {
    /// A table of conjunctions over the columns that they constrain and for which `classes` gives the
    /// number of classes to be looked up. One without a part on a column stands for every class.
    pub fn over(conjunctions: &[Parts<'_>], classes: impl Fn(ColumnId) -> Option<usize>) -> Self {
        let words = words(conjunctions.len());
        let parts = conjunctions.iter().flat_map(|parts| parts.iter());
        let mentioned: BTreeSet<ColumnId> = parts.map(|part| part.column).collect();
        let mut columns = Vec::with_capacity(mentioned.len());
        let mut rows = vec![0; words];
        (0..conjunctions.len()).for_each(|bit| set_bit(&mut rows, bit));
        for column in mentioned {
            let Some(classes) = classes(column) else { continue };
            let start = rows.len();
            // More rows than 32 bits count are beyond every limit; such a table would refuse.
            let unknown = start.checked_div(words).and_then(|row| u32::try_from(row).ok());
            columns.push((column, unknown.unwrap_or(u32::MAX)));
            let parts: Vec<Option<&Part>> =
                conjunctions.iter().map(|parts| parts.on(column)).collect();
            let mut free = vec![0; words];
            for (bit, _) in parts.iter().enumerate().filter(|(_, part)| part.is_none()) {
                set_bit(&mut free, bit);
            }
            (0..classes).for_each(|_| rows.extend_from_slice(&free));
            let mut stand = |row: usize, bit: usize| {
                set_bit(rows.get_mut(start + row * words..).unwrap_or_default(), bit);
            };
            for (bit, part) in parts.into_iter().enumerate() {
                let Some(part) = part else { continue };
                let certain = part.certain.iter().map(usize::from);
                certain.take_while(|class| *class < classes).for_each(|class| stand(class, bit));
            }
            (1..classes).for_each(|known| stand(known, words * 64 - 1));
        }
        Self {
            in_place: columns.iter().filter(|(column, _)| Row::is_in_place(*column)).count(),
            columns: columns.into(),
            conjunctions: conjunctions.len(),
            words,
            rows: rows.into(),
        }
    }

    /// Shares its list of columns with the tables that have the same: the list is where deciding begins,
    /// and is at hand if the last decision read it, whichever table that was by.
    pub fn share_columns(&mut self, lists: &mut BTreeSet<Arc<[(ColumnId, u32)]>>) {
        if let Some(same) = lists.get(&self.columns) {
            self.columns = Arc::clone(same);
        } else {
            lists.insert(Arc::clone(&self.columns));
        }
    }

    /// How many words its rows take.
    pub fn size(&self) -> usize {
        self.rows.len()
    }

    /// How many words the rows of columns with so many classes take.
    pub fn size_of(classes: impl Iterator<Item = usize>, conjunctions: usize) -> usize {
        classes.sum::<usize>().saturating_add(1).saturating_mul(words(conjunctions))
    }

    /// What deciding by a table costs, compared with others, as counted in instructions: a column costs
    /// something whatever its words, and each word something whatever the columns.
    pub fn cost(columns: usize, conjunctions: usize) -> usize {
        let words = words(conjunctions);
        columns.saturating_mul(4 + words).saturating_add(words.saturating_mul(13))
    }

    /// The conjunctions that are not certainly false for a class of a column.
    pub fn possible(&self, column: ColumnId, class: Class) -> &[u64] {
        let unknown = self.columns.iter().find(|(of, _)| *of == column).map(|(_, row)| *row);
        unknown.map_or(&[], |unknown| self.row(possible_row(unknown, class)))
    }

    fn row(&self, row: u32) -> &[u64] {
        let start = at(row).saturating_mul(self.words);
        self.rows.get(start..start.saturating_add(self.words)).unwrap_or_default()
    }

    /// The conjunctions that are certainly true for a class of the column at a place of [`Table::columns`].
    pub fn certain_for(&self, place: usize, class: Class) -> &[u64] {
        let unknown = self.columns.get(place).map(|(_, row)| *row);
        unknown.map_or(&[], |unknown| self.row(certain_row(unknown, class)))
    }

    /// The columns that some conjunction constrains.
    pub fn columns(&self) -> impl Iterator<Item = ColumnId> + '_ {
        self.columns.iter().map(|(column, _)| *column)
    }

    /// How many words a row has: 1, 2, 4, or whole blocks.
    #[inline]
    pub fn words(&self) -> usize {
        self.words
    }

    /// The conjunctions that are certainly true. `WORDS` is what [`Table::words`] gives.
    ///
    /// A class that the table does not have leaves nothing standing. Bits beyond the last conjunction
    /// mean nothing.
    #[inline(always)]
    pub fn certainly<const WORDS: usize>(&self, row: &Row) -> [u64; WORDS] {
        self.and(row, |unknown, class| at(certain_row(unknown, class)))
    }

    /// The same, and the conjunctions that are not certainly false.
    #[inline(always)]
    pub fn standing<const WORDS: usize>(&self, row: &Row) -> ([u64; WORDS], [u64; WORDS]) {
        let certain = self.certainly(row);
        let is_known = certain.last().is_some_and(|last| last >> 63 == 1);
        (certain, if is_known { certain } else { self.possible_for(row) })
    }

    /// Apart from what is usual, which is quicker for it.
    #[inline(never)]
    fn possible_for<const WORDS: usize>(&self, row: &Row) -> [u64; WORDS] {
        self.and(row, |unknown, class| at(possible_row(unknown, class)))
    }

    /// Calls `found` with each word of rows of whole blocks, in order, until it breaks off.
    pub fn each_word(&self, row: &Row, mut found: impl FnMut(Standing) -> ControlFlow<()>) {
        let is_known = self.is_known(row);
        for block in 0..self.words / BLOCK {
            let certain = self.and_block(row, block, certain_row);
            let possible =
                if is_known { certain } else { self.and_block(row, block, possible_row) };
            for (certain, possible) in certain.into_iter().zip(possible) {
                if found(Standing { certain, possible }).is_break() {
                    return;
                }
            }
        }
    }

    /// Whether every class is known.
    fn is_known(&self, row: &Row) -> bool {
        self.columns.iter().all(|(column, _)| row.class(*column) != UNKNOWN)
    }

    /// A block of rows of whole blocks.
    #[inline(always)]
    fn and_block(
        &self,
        row: &Row,
        block: usize,
        which: impl Fn(u32, Class) -> u32,
    ) -> [u64; BLOCK] {
        let blocks = self.words / BLOCK;
        self.and(row, move |unknown, class| {
            at(which(unknown, class)).wrapping_mul(blocks).wrapping_add(block)
        })
    }

    /// So many words of a row of each column, ANDed: those at a place, counted in as many, that is given
    /// the row of the unknown class and the class.
    #[inline(always)]
    fn and<const WORDS: usize>(
        &self,
        row: &Row,
        place: impl Fn(u32, Class) -> usize,
    ) -> [u64; WORDS] {
        self.and_each(row, place).unwrap_or([0; WORDS])
    }

    /// The same; `None` at once where a row is missing: a jump that is never taken costs less than a
    /// choice.
    #[inline(always)]
    fn and_each<const WORDS: usize>(
        &self,
        row: &Row,
        place: impl Fn(u32, Class) -> usize,
    ) -> Option<[u64; WORDS]> {
        let (in_place, elsewhere) = self.columns.split_at_checked(self.in_place)?;
        let all = [u64::MAX; WORDS];
        let all = self.and_by(all, in_place, |column| row.in_place(column), &place)?;
        if elsewhere.is_empty() {
            return Some(all);
        }
        self.and_elsewhere(all, elsewhere, row, &place)
    }

    /// Apart from small sets, which are quicker for it.
    #[inline(never)]
    fn and_elsewhere<const WORDS: usize>(
        &self,
        all: [u64; WORDS],
        columns: &[(ColumnId, u32)],
        row: &Row,
        place: impl Fn(u32, Class) -> usize,
    ) -> Option<[u64; WORDS]> {
        self.and_by(all, columns, |column| row.elsewhere(column), place)
    }

    /// Some words, ANDed with those of some columns. Four columns are gone through at a time.
    #[inline(always)]
    fn and_by<const WORDS: usize>(
        &self,
        mut all: [u64; WORDS],
        columns: &[(ColumnId, u32)],
        class: impl Fn(ColumnId) -> Option<Class>,
        place: impl Fn(u32, Class) -> usize,
    ) -> Option<[u64; WORDS]> {
        let (rows, _) = self.rows.as_chunks::<WORDS>();
        let mut and = |(column, unknown): &(ColumnId, u32)| {
            let words = rows.get(place(*unknown, class(*column)?))?;
            all.iter_mut().zip(words).for_each(|(all, words)| *all &= words);
            Some(())
        };
        let (fours, others) = columns.as_chunks::<4>();
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
        self.standings_where(row, |_| true)
    }

    /// The same; but those of a block of which no word is wanted are left out.
    pub fn standings_where(
        &self,
        row: &Row,
        wanted: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = (usize, Standing)> {
        let (words, mut at, mut block) = (self.conjunctions.div_ceil(64), 0, [[0; BLOCK]; 2]);
        std::iter::from_fn(move || {
            while at < words {
                let in_block = at % BLOCK;
                if in_block == 0 {
                    let end = words.min(at + BLOCK);
                    if !(at..end).any(&wanted) {
                        at = end;
                        continue;
                    }
                    block = self.standing_block(row, at / BLOCK);
                }
                let place = at;
                at += 1;
                let [certain, possible] = &block;
                let certain = certain.get(in_block).copied()?;
                let possible = possible.get(in_block).copied()?;
                return Some((place, Standing { certain, possible }));
            }
            None
        })
    }

    /// What stands in the words of a block: what is certainly true, and what is not certainly false.
    fn standing_block(&self, row: &Row, place: usize) -> [[u64; BLOCK]; 2] {
        match self.words {
            1 => block_of(self.standing::<1>(row)),
            2 => block_of(self.standing::<2>(row)),
            4 => block_of(self.standing::<4>(row)),
            _ => {
                let certain = self.and_block(row, place, certain_row);
                let is_known = self.is_known(row);
                [certain, if is_known { certain } else { self.and_block(row, place, possible_row) }]
            }
        }
    }
}

/// So many words as blocks.
fn block_of<const WORDS: usize>(
    (certain, possible): ([u64; WORDS], [u64; WORDS]),
) -> [[u64; BLOCK]; 2] {
    let block = |words: [u64; WORDS]| {
        let mut block = [0; BLOCK];
        block.iter_mut().zip(words).for_each(|(word, known)| *word = known);
        block
    };
    [block(certain), block(possible)]
}

/// Words of a row: 1, 2, 4, or whole blocks. The last bit is no conjunction's.
#[inline]
fn words(conjunctions: usize) -> usize {
    match conjunctions / 64 + 1 {
        few @ 1..=4 => few.next_power_of_two(),
        many => many.next_multiple_of(BLOCK),
    }
}

/// Of the rows of a column, that of what is certainly true for a class, given that of the unknown one.
#[inline]
fn certain_row(unknown: u32, class: Class) -> u32 {
    unknown.wrapping_add(u32::from(class))
}

/// That of what is not certainly false.
#[inline]
fn possible_row(unknown: u32, class: Class) -> u32 {
    if class == UNKNOWN { 0 } else { certain_row(unknown, class) }
}

fn set_bit(row: &mut [u64], bit: usize) {
    if let Some(word) = row.get_mut(bit / 64) {
        *word |= 1 << (bit % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{ClassSet, Conjunctions, NO, YES};

    /// Conjunctions that want `yes` and `no` in turn of one column, and of a second one nothing that it
    /// has.
    fn table(conjunctions: usize, far: u32) -> Table {
        let part = |column: u32, wanted: Class| Part {
            column: ColumnId(column),
            certain: ClassSet::of(3, |class| class == wanted),
        };
        let wants = [[part(0, YES), part(far, YES)], [part(0, NO), part(far, YES)]];
        let all: Conjunctions = wants.into_iter().cycle().take(conjunctions).collect();
        Table::over(&all.iter().collect::<Vec<_>>(), |_| Some(3))
    }

    #[test]
    fn what_is_not_known_is_possible_and_not_certain_at_every_seam_of_words() {
        for count in (1..=5).chain(61..=66).chain(125..=130).chain(253..=258).chain(510..=514) {
            // The second column is in place, or elsewhere.
            for (far, (first, second)) in
                [(YES, YES), (NO, YES), (UNKNOWN, YES), (YES, UNKNOWN), (YES, NO)]
                    .into_iter()
                    .flat_map(|classes| [(1, classes), (200, classes)])
            {
                let table = table(count, far);
                let row = Row::new(201);
                row.set(ColumnId(0), first);
                row.set(ColumnId(far), second);
                let mut seen = 0;
                for (word, standing) in table.standings(&row) {
                    for bit in 0..64.min(count - word * 64) {
                        let wanted = if bit % 2 == 0 { YES } else { NO };
                        let certain = (first, second) == (wanted, YES);
                        let possible = certain
                            || [wanted, UNKNOWN].contains(&first)
                                && [YES, UNKNOWN].contains(&second);
                        let found = (standing.certain >> bit & 1, standing.possible >> bit & 1);
                        assert_eq!(
                            found,
                            (u64::from(certain), u64::from(possible)),
                            "{count} {bit}"
                        );
                        seen += 1;
                    }
                }
                assert_eq!(seen, count);
            }
        }
    }
}
