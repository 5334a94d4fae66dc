//! The AND, then three tests.

use std::ops::ControlFlow;

use super::request::Request;
use super::row::Instead;
use crate::model::Reason;
use crate::program::{Bucket, ColumnId, Program, Row, RuleEntry, Standing, Word};

/// What a request comes to with some values in place of those stated, whose row this is; and the place
/// of the bucket that says so.
#[inline(always)]
pub(crate) fn outcome(request: &Request, row: &Row, instead: Instead<'_>) -> (Reason, usize) {
    let program: &Program = request.program();
    if program.name.is_none() {
        return (Reason::Unavailable, usize::MAX);
    }
    let class = |column: ColumnId| row.class(column);
    let place = program.cuts.bucket(class, |_| {}).unwrap_or(usize::MAX);
    let Some(bucket) = program.buckets.get(place) else {
        return (Reason::Unavailable, usize::MAX);
    };
    let weighing = weigh(bucket, row);
    let reason = weighing.reason();
    // Usually the gateway can carry out whatever may be asked here. The reason is looked at last: it
    // is what a processor cannot foresee.
    let covered = weighing.demanding == 0 && bucket.obligations & !request.can_carry_out() == 0;
    if !covered && reason == Reason::Permitted && !is_enforceable(request, bucket, row, instead) {
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
    /// Policies that may govern and permit nothing.
    lacking: u64,
    demanding: u64,
    /// Whether the policy that goes on in the next word may govern, as far as was seen.
    may_govern: bool,
    /// Whether it permits.
    permits: bool,
}

impl Weighing {
    /// Adding all bits of a run to some of them carries into the bit after it if there are any: so one
    /// addition asks that of every policy of a word, and what is carried out of the word is of the policy
    /// that goes on in the next.
    #[inline(always)]
    fn add(&mut self, word: &Word, found: Standing) {
        let Standing { certain, possible } = found;
        self.denies |= word.denying(found);
        self.demanding |= word.requiring(found) & word.demanding;
        self.governed |= certain & word.governs;
        let may_govern = possible & word.governs | u64::from(self.may_govern);
        let permits = certain & word.permits | u64::from(self.permits);
        let (some_govern, may_govern) = may_govern.overflowing_add(word.runs);
        let (some_permit, permits) = permits.overflowing_add(word.runs);
        self.lacking |= some_govern & !some_permit & word.ends;
        (self.may_govern, self.permits) = (may_govern, permits);
    }

    /// Whether later words cannot change the reason, given one that settles.
    fn is_settled(&self, word: &Word) -> bool {
        let permitted = self.governed != 0 && self.lacking == 0;
        let without_rest = !self.may_govern || self.permits;
        self.denies != 0 || word.settles && permitted && without_rest
    }

    #[inline(always)]
    fn reason(&self) -> Reason {
        match (self.denies != 0, self.governed != 0, self.lacking != 0) {
            (true, ..) => Reason::Denied,
            (_, false, _) => Reason::NotGoverned,
            (_, _, true) => Reason::NotPermitted,
            (_, _, false) => Reason::Permitted,
        }
    }
}

/// What is found of a bucket, as far as obligations do not matter.
#[inline(always)]
fn weigh(bucket: &Bucket, row: &Row) -> Weighing {
    match bucket.table.words() {
        1 => weigh_few::<1>(bucket, row),
        _ => weigh_more(bucket, row),
    }
}

/// Apart from the usual, which needs less room and is quicker for it.
#[inline(never)]
fn weigh_more(bucket: &Bucket, row: &Row) -> Weighing {
    match bucket.table.words() {
        2 => weigh_few::<2>(bucket, row),
        4 => weigh_few::<4>(bucket, row),
        _ => weigh_many(bucket, row),
    }
}

#[inline(always)]
fn weigh_few<const WORDS: usize>(bucket: &Bucket, row: &Row) -> Weighing {
    let mut weighing = Weighing::default();
    let (certain, possible) = bucket.table.standing::<WORDS>(row);
    for ((word, certain), possible) in bucket.words.iter().zip(certain).zip(possible) {
        weighing.add(word, Standing { certain, possible });
    }
    weighing
}

/// Apart from the rest, which needs less room and is quicker for it.
#[inline(never)]
fn weigh_many(bucket: &Bucket, row: &Row) -> Weighing {
    let mut weighing = Weighing::default();
    let mut words = bucket.words.iter();
    bucket.table.each_word(row, |standing| {
        let Some(word) = words.next() else { return ControlFlow::Break(()) };
        weighing.add(word, standing);
        if weighing.is_settled(word) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    weighing
}

/// Whether the gateway can carry out every obligation of a permit.
#[inline(never)]
fn is_enforceable(request: &Request, bucket: &Bucket, row: &Row, instead: Instead<'_>) -> bool {
    needed(request.program(), bucket, row)
        .all(|rule| request.cannot_carry_out(rule, row, instead) == 0)
}

/// The rules whose obligations attach to a permit; one may come more than once.
pub(super) fn needed<'p>(
    program: &'p Program,
    bucket: &'p Bucket,
    row: &'p Row,
) -> impl Iterator<Item = &'p RuleEntry> {
    let requiring = bucket.standing(row, Word::requiring);
    requiring.filter_map(|(place, _)| program.rule_of(place).map(|(_, rule)| rule))
}
