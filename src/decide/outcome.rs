//! The AND, then three tests.

use std::ops::ControlFlow;

use super::request::Request;
use super::row::Instead;
use crate::model::Reason;
use crate::program::{
    Bucket, ColumnId, Program, Row, RuleEntry, Share, Standing, UNKNOWN, Word, bits,
};

/// What a request comes to with some values in place of those stated, whose row this is; and the place
/// of the bucket that says so.
pub(crate) fn outcome(request: &Request, row: &Row, instead: Instead<'_>) -> (Reason, usize) {
    let program: &Program = request.program();
    if program.name.is_none() {
        return (Reason::Unavailable, usize::MAX);
    }
    let class = |column: ColumnId| row.get(column.index()).map_or(UNKNOWN, std::cell::Cell::get);
    let place = program.cuts.bucket(class, |_| {}).unwrap_or(usize::MAX);
    let Some(bucket) = program.buckets.get(place) else {
        return (Reason::Unavailable, usize::MAX);
    };
    let weighing = weigh(bucket, row);
    let reason = weighing.reason();
    // Usually the gateway can carry out whatever may be asked here. The reason is looked at last: it
    // is what a processor cannot foresee.
    let covered = weighing.demanding == 0 && bucket.obligations & !request.can_carry_out() == 0;
    let unenforceable = || {
        needed(program, bucket, row).any(|rule| request.cannot_carry_out(rule, row, instead) != 0)
    };
    if !covered && reason == Reason::Permitted && unenforceable() {
        return (Reason::Unenforceable, place);
    }
    (reason, place)
}

/// What is found of the words of a bucket, one after the other. There are no jumps in it that depend on
/// what is found: a processor could not foresee them.
#[derive(Clone, Copy, Default)]
struct Weighing {
    denies: u64,
    governed: u64,
    lacking: bool,
    demanding: u64,
    /// What stands of the policy whose shares are looked at.
    may_govern: u64,
    permits: u64,
}

impl Weighing {
    #[inline(always)]
    fn add<'b>(&mut self, word: &Word, shares: impl Iterator<Item = &'b Share>, found: Standing) {
        let Standing { certain, possible } = found;
        self.denies |= possible & word.denies | certain & word.certain_denies;
        self.demanding |= requires(word, found) & word.demanding;
        for share in shares {
            self.governed |= certain & share.governs;
            self.may_govern |= possible & share.governs;
            self.permits |= certain & share.permits;
            let done = share.goes_on == 0;
            self.lacking |= done & (self.may_govern != 0) & (self.permits == 0);
            self.may_govern &= share.goes_on;
            self.permits &= share.goes_on;
        }
    }

    /// Whether later words cannot change the reason, given one that settles.
    fn is_settled(&self, word: &Word) -> bool {
        let permitted = self.governed != 0 && !self.lacking;
        let without_rest = self.may_govern == 0 || self.permits != 0;
        self.denies != 0 || word.settles && permitted && without_rest
    }

    #[inline(always)]
    fn reason(&self) -> Reason {
        match (self.denies != 0, self.governed != 0, self.lacking) {
            (true, ..) => Reason::Denied,
            (_, false, _) => Reason::NotGoverned,
            (_, _, true) => Reason::NotPermitted,
            (_, _, false) => Reason::Permitted,
        }
    }
}

/// What is found of a bucket, as far as obligations do not matter.
#[inline]
fn weigh(bucket: &Bucket, row: &Row) -> Weighing {
    match bucket.table.words_in_a_row() {
        2 => weigh_few::<2>(bucket, row),
        4 => weigh_few::<4>(bucket, row),
        8 => weigh_few::<8>(bucket, row),
        _ => weigh_many(bucket, row),
    }
}

#[inline(always)]
fn weigh_few<const WORDS: usize>(bucket: &Bucket, row: &Row) -> Weighing {
    let mut weighing = Weighing::default();
    let mut shares = bucket.shares.iter();
    let standings: [u64; WORDS] = bucket.table.whole(row);
    let (certain, possible) = standings.split_at(WORDS / 2);
    for (word, (certain, possible)) in bucket.words.iter().zip(certain.iter().zip(possible)) {
        let standing = Standing { certain: *certain, possible: *possible };
        weighing.add(word, own(word, &mut shares), standing);
    }
    weighing
}

fn weigh_many(bucket: &Bucket, row: &Row) -> Weighing {
    let mut weighing = Weighing::default();
    let mut shares = bucket.shares.iter();
    let mut words = bucket.words.iter();
    bucket.table.each_word(row, |standing| {
        let Some(word) = words.next() else { return ControlFlow::Break(()) };
        weighing.add(word, own(word, &mut shares), standing);
        if weighing.is_settled(word) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    weighing
}

/// The shares of a word, which come next.
#[inline(always)]
fn own<'i, 'b>(
    word: &Word,
    shares: &'i mut std::slice::Iter<'b, Share>,
) -> impl Iterator<Item = &'b Share> + use<'i, 'b> {
    shares.take(usize::try_from(word.shares).unwrap_or(usize::MAX))
}

/// The bits of a word whose obligations attach to a permit.
#[inline]
fn requires(word: &Word, standing: Standing) -> u64 {
    standing.possible & word.requires | standing.certain & word.certain_requires
}

/// The rules whose obligations attach to a permit; one may come more than once.
pub(super) fn needed<'p>(
    program: &'p Program,
    bucket: &'p Bucket,
    row: &'p Row,
) -> impl Iterator<Item = &'p RuleEntry> {
    bucket.table.standings(row).zip(&bucket.words).flat_map(move |((place, standing), word)| {
        bits(place, requires(word, standing))
            .filter_map(|bit| program.rule_of(bucket.conjunction(bit)?).map(|(_, rule)| rule))
    })
}
