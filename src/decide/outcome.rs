//! The AND, then three tests.

use std::ops::ControlFlow;

use super::request::Request;
use crate::model::{AttributeId, Reason};
use crate::program::{Bucket, ColumnId, Program, Row, RuleEntry, Standing, UNKNOWN, Word, bits};

/// What a request comes to with some attributes at their best, whose row this is; and the place of
/// the bucket that says so.
pub(super) fn outcome(request: &Request, row: &Row, at_best: &[AttributeId]) -> (Reason, usize) {
    let program: &Program = request.program();
    if program.name.is_none() {
        return (Reason::Unavailable, usize::MAX);
    }
    let class = |column: ColumnId| row.get(column.index()).map_or(UNKNOWN, std::cell::Cell::get);
    let place = program.cuts.bucket(class, |_| {}).unwrap_or(usize::MAX);
    let Some(bucket) = program.buckets.get(place) else {
        return (Reason::Unavailable, usize::MAX);
    };
    let (reason, demanding) = weigh(bucket, row);
    let enforceable = || {
        // Usually the gateway can carry out whatever may be asked here.
        !demanding && bucket.obligations & !request.can_carry_out() == 0
            || needed(program, bucket, row)
                .all(|rule| request.cannot_carry_out(rule, row, at_best) == 0)
    };
    if reason == Reason::Permitted && !enforceable() {
        return (Reason::Unenforceable, place);
    }
    (reason, place)
}

/// The reason, as far as obligations do not matter; and whether one of a rule's that stands takes a
/// parameter from the request.
#[inline]
fn weigh(bucket: &Bucket, row: &Row) -> (Reason, bool) {
    let (mut governed, mut lacking, mut demanding) = (0, false, 0);
    // What stands of the policy whose shares are looked at.
    let (mut may_govern, mut permits) = (0, 0);
    let mut shares = bucket.shares.iter();
    let mut words = bucket.words.iter();
    let settled = bucket.table.each_word(row, |standing| {
        let Some(word) = words.next() else { return ControlFlow::Continue(()) };
        if standing.possible & word.denies | standing.certain & word.certain_denies != 0 {
            return ControlFlow::Break(Reason::Denied);
        }
        demanding |= requires(word, standing) & word.demanding;
        for _ in 0..word.shares {
            let Some(share) = shares.next() else { break };
            governed |= standing.certain & share.governs;
            may_govern |= standing.possible & share.governs;
            permits |= standing.certain & share.permits;
            if share.last {
                lacking |= may_govern != 0 && permits == 0;
                (may_govern, permits) = (0, 0);
            }
        }
        let permitted = governed != 0 && !lacking && (may_govern == 0 || permits != 0);
        if word.settles && permitted {
            return ControlFlow::Break(Reason::Permitted);
        }
        ControlFlow::Continue(())
    });
    let reason = match settled {
        ControlFlow::Break(reason) => reason,
        ControlFlow::Continue(()) if governed == 0 => Reason::NotGoverned,
        ControlFlow::Continue(()) if lacking => Reason::NotPermitted,
        ControlFlow::Continue(()) => Reason::Permitted,
    };
    (reason, demanding != 0)
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
