//! The AND, then three tests.

use super::request::Request;
use crate::model::{AttributeId, Reason};
use crate::program::{Bucket, ColumnId, Program, Row, RuleEntry, Standing, UNKNOWN, bits};

/// What a request comes to with some attributes at their best, whose row this is; and the place of
/// the bucket that says so.
pub(super) fn outcome(request: &Request, row: &Row, at_best: &[AttributeId]) -> (Reason, usize) {
    let program: &Program = request.program();
    if program.name.is_none() {
        return (Reason::Unavailable, usize::MAX);
    }
    let class = |column: ColumnId| row.get(column.index()).map_or(UNKNOWN, std::cell::Cell::get);
    let place = program.find_bucket(class, |_| {}).unwrap_or(usize::MAX);
    let Some(bucket) = program.buckets.get(place) else {
        return (Reason::Unavailable, usize::MAX);
    };
    let reason = weigh(bucket, row);
    let enforceable = || {
        needed(program, bucket, row).all(|rule| request.cannot_carry_out(rule, row, at_best) == 0)
    };
    if reason == Reason::Permitted && !enforceable() {
        return (Reason::Unenforceable, place);
    }
    (reason, place)
}

/// Policies weighed at a time: as many as a word has bits.
const POLICIES: usize = 64;

fn weigh(bucket: &Bucket, row: &Row) -> Reason {
    let mut governed = false;
    let mut lacking = false;
    let mut first = 0;
    while first < bucket.policies.len().max(1) {
        let (mut certain, mut possible, mut permitting) = (0_u64, 0_u64, 0_u64);
        for word in 0..bucket.table.words() {
            let standing = bucket.table.word(row, word);
            if denies(bucket, word, standing) {
                return Reason::Denied;
            }
            let policies = |masks: &[u64], stands: u64| {
                let standing = stands & masks.get(word).copied().unwrap_or(0);
                bits(word, standing).fold(0_u64, |found, bit| {
                    let policy = bucket.policy_of_bit.get(bit).copied().unwrap_or(usize::MAX);
                    let place = policy.checked_sub(first).filter(|place| *place < POLICIES);
                    found | place.map_or(0, |place| 1 << place)
                })
            };
            certain |= policies(&bucket.governs, standing.certain);
            possible |= policies(&bucket.governs, standing.possible);
            permitting |= policies(&bucket.permits, standing.certain);
        }
        governed |= certain != 0;
        lacking |= possible & !permitting != 0;
        first += POLICIES;
    }
    match (governed, lacking) {
        (false, _) => Reason::NotGoverned,
        (true, true) => Reason::NotPermitted,
        (true, false) => Reason::Permitted,
    }
}

fn denies(bucket: &Bucket, word: usize, standing: Standing) -> bool {
    let mask = |masks: &[u64]| masks.get(word).copied().unwrap_or(0);
    standing.possible & mask(&bucket.denies) | standing.certain & mask(&bucket.certain_denies) != 0
}

/// The rules whose obligations attach to a permit; one may come more than once.
pub(super) fn needed<'p>(
    program: &'p Program,
    bucket: &'p Bucket,
    row: &'p Row,
) -> impl Iterator<Item = &'p RuleEntry> {
    (0..bucket.table.words()).flat_map(move |word| {
        let standing = bucket.table.word(row, word);
        let mask = |masks: &[u64]| masks.get(word).copied().unwrap_or(0);
        let requires = standing.possible & mask(&bucket.requires);
        let certain_requires = standing.certain & mask(&bucket.certain_requires);
        bits(word, requires | certain_requires)
            .filter_map(|bit| program.rule_of(*bucket.conjunctions.get(bit)?).map(|(_, rule)| rule))
    })
}
