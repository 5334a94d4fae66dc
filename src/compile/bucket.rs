//! One bucket: its table, and what its bits count for.

use std::collections::BTreeSet;

use crate::model::Effect;
use crate::program::{
    Argument, ArgumentValue, Bucket, ColumnId, END, Parts, Program, Role, RuleEntry, Table, Word,
    at,
};

/// What is known of the class of the columns that a bucket was cut by.
#[derive(Clone, Default)]
pub(super) struct Asked {
    /// It is a known one: the column says nothing more.
    pub(super) settled: BTreeSet<ColumnId>,
    /// It is the unknown one.
    pub(super) unknown: BTreeSet<ColumnId>,
}

/// The parts of a conjunction; what ends a policy has none.
pub(super) fn parts(program: &Program, place: u32) -> Parts<'_> {
    program.conjunctions.get(at(place)).unwrap_or_default()
}

/// The policy that grants whose `governs` or permit a conjunction is.
pub(super) fn granting(program: &Program, place: u32) -> Option<usize> {
    let (group, policy) = group(program, place);
    (group == GRANTING).then_some(policy)
}

/// Whether a policy may permit. One that only restricts refuses nothing by its silence.
fn grants(program: &Program, policy: usize) -> bool {
    program.policies.get(policy).is_some_and(|policy| policy.grants)
}

/// The group of policies that grant, each by itself.
const GRANTING: u8 = 1;

/// In which order the bits of a bucket are weighed: denies, which settle most, come first; what is
/// weighed only when it is asked for, last.
fn group(program: &Program, place: u32) -> (u8, usize) {
    let of_granting = |policy: usize| {
        if grants(program, policy) { (GRANTING, policy) } else { (3, 0) }
    };
    match program.role(at(place)) {
        Some(Role::Governs(policy)) => of_granting(policy),
        Some(Role::Rule(rule)) => match program.rule(rule) {
            Some(rule) if rule.trial => (3, 0),
            Some(rule) => match rule.effect {
                Effect::Deny => (0, 0),
                Effect::Permit => of_granting(at(rule.policy)),
                Effect::Require => (2, 0),
            },
            None => (3, 0),
        },
        None => (3, 0),
    }
}

/// A table of conjunctions given by their parts, for requests of which so much was asked.
pub(super) fn make_table(program: &Program, conjunctions: &[Parts<'_>], asked: &Asked) -> Table {
    Table::over(conjunctions, |column| {
        let classes = program.columns.get(column.index())?.classes();
        // Of a column whose class is known to be unknown, no other is looked up.
        let classes = if asked.unknown.contains(&column) { 1 } else { classes };
        (!asked.settled.contains(&column)).then_some(classes)
    })
}

pub(super) fn make_bucket(program: &Program, conjunctions: &[u32], asked: &Asked) -> Bucket {
    let conjunctions = in_order(program, conjunctions);
    let parts: Vec<Parts<'_>> = conjunctions.iter().map(|place| parts(program, *place)).collect();
    let table = make_table(program, &parts, asked);
    let mut words = vec![Word::default(); conjunctions.len().div_ceil(64)];
    let mut obligations = 0;
    for (bit, place) in conjunctions.iter().enumerate() {
        let (bit, word) = (1 << (bit % 64), words.get_mut(bit / 64));
        let Some(word) = word else { continue };
        match program.role(at(*place)) {
            None => word.ends |= bit,
            Some(Role::Governs(policy)) if grants(program, policy) => {
                word.governs |= bit;
                word.runs |= bit;
            }
            Some(Role::Governs(_)) => {}
            Some(Role::Rule(rule)) => {
                let counts = |rule: &&RuleEntry| {
                    rule.effect != Effect::Permit || grants(program, at(rule.policy))
                };
                let Some(rule) = program.rule(rule).filter(counts) else { continue };
                obligations |= count(word, bit, rule, program.arguments(rule));
            }
        }
    }
    let governs = words.iter().rposition(|word| word.governs != 0).unwrap_or(0);
    let mut later = false;
    for (at, word) in words.iter_mut().enumerate().rev() {
        word.settles = !later && at >= governs;
        later |= word.denies | word.certain_denies | word.demanding != 0;
    }
    Bucket { table, conjunctions: conjunctions.into(), words: words.into(), obligations }
}

/// Conjunctions in the order of their bits, with what ends each policy that grants.
fn in_order(program: &Program, conjunctions: &[u32]) -> Vec<u32> {
    let mut sorted: Vec<_> =
        conjunctions.iter().map(|place| (group(program, *place), *place)).collect();
    sorted.sort_unstable();
    let policies = sorted.chunk_by(|(one, _), (other, _)| one == other);
    let with_ends = policies.flat_map(|policy| {
        let end = policy.first().filter(|((group, _), _)| *group == GRANTING).map(|_| END);
        policy.iter().map(|(_, place)| *place).chain(end)
    });
    with_ends.collect()
}

/// Notes in its word what the bit of a rule counts for; its obligations, if a permit may carry them.
fn count(word: &mut Word, bit: u64, rule: &RuleEntry, arguments: &[Argument]) -> u64 {
    if rule.trial {
        word.trials |= bit;
        return 0;
    }
    match (rule.effect, rule.certain) {
        (Effect::Permit, _) => {
            word.permits |= bit;
            word.runs |= bit;
        }
        (Effect::Deny, false) => word.denies |= bit,
        (Effect::Deny, true) => word.certain_denies |= bit,
        (Effect::Require, _) => {}
    }
    if !rule.on_permit || rule.obligations == 0 {
        return 0;
    }
    let only_certain = rule.effect == Effect::Require && rule.certain;
    *(if only_certain { &mut word.certain_requires } else { &mut word.requires }) |= bit;
    let from_request = |argument: &Argument| matches!(argument.value, ArgumentValue::Of(_));
    if arguments.iter().any(from_request) {
        word.demanding |= bit;
    }
    rule.obligations
}
