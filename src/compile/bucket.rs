//! One bucket: its table, and what its bits count for.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Effect;
use crate::program::{
    ArgumentValue, Bucket, ColumnId, Conjunction, Part, Program, Role, RuleEntry, Share, Table,
    Word,
};

/// What is known of the class of the columns that a bucket was cut by.
#[derive(Clone, Default)]
pub(super) struct Asked {
    /// It is a known one: the column says nothing more.
    pub(super) settled: BTreeSet<ColumnId>,
    /// It is the unknown one.
    pub(super) unknown: BTreeSet<ColumnId>,
}

fn conjunction(program: &Program, place: u32) -> Option<&Conjunction> {
    program.conjunctions.get(usize::try_from(place).ok()?)
}

pub(super) fn parts(program: &Program, place: u32) -> &[Part] {
    conjunction(program, place).map(|found| found.parts.as_slice()).unwrap_or_default()
}

/// The policy that a conjunction belongs to.
pub(super) fn policy(program: &Program, place: u32) -> Option<usize> {
    match conjunction(program, place)?.role {
        Role::Governs(policy) => Some(policy),
        Role::Rule(rule) => program.rule(rule).map(|rule| rule.policy),
    }
}

/// In which order the bits of a bucket are weighed: denies, which settle most, come first; what is
/// weighed only when it is asked for, last.
fn group(program: &Program, place: u32) -> (u8, usize) {
    let of_granting = |policy: usize| {
        let grants = program.policies.get(policy).is_some_and(|policy| policy.grants);
        if grants { (1, policy) } else { (3, 0) }
    };
    match conjunction(program, place).map(|found| found.role) {
        Some(Role::Governs(policy)) => of_granting(policy),
        Some(Role::Rule(rule)) => match program.rule(rule) {
            Some(rule) if rule.trial => (3, 0),
            Some(rule) => match rule.effect {
                Effect::Deny => (0, 0),
                Effect::Permit => of_granting(rule.policy),
                Effect::Require => (2, 0),
            },
            None => (3, 0),
        },
        None => (3, 0),
    }
}

/// A table of conjunctions given by their parts, for requests of which so much was asked.
pub(super) fn make_table(program: &Program, conjunctions: &[&[Part]], asked: &Asked) -> Table {
    let mentioned: BTreeSet<ColumnId> =
        conjunctions.iter().flat_map(|parts| parts.iter().map(|part| part.column)).collect();
    let with_classes = mentioned.difference(&asked.settled).filter_map(|column| {
        let classes = program.columns.get(column.index())?.classes();
        // Of a column whose class is known to be unknown, no other is looked up.
        Some((*column, if asked.unknown.contains(column) { 1 } else { classes }))
    });
    Table::new(conjunctions.len(), &with_classes.collect::<Vec<_>>(), |column, bit| {
        let parts = conjunctions.get(bit)?;
        let at = parts.binary_search_by_key(&column, |part| part.column).ok()?;
        parts.get(at)
    })
}

pub(super) fn make_bucket(program: &Program, conjunctions: &[u32], asked: &Asked) -> Bucket {
    let mut conjunctions = conjunctions.to_vec();
    conjunctions.sort_by_key(|place| (group(program, *place), *place));
    let parts: Vec<&[Part]> = conjunctions.iter().map(|place| parts(program, *place)).collect();
    let mut bucket = Bucket {
        table: make_table(program, &parts, asked),
        conjunctions: conjunctions.clone().into(),
        ..Bucket::default()
    };
    let mut words = vec![Word::default(); conjunctions.len().div_ceil(64)];
    let mut shares: BTreeMap<(usize, usize), Share> = BTreeMap::new();
    for (at, place) in conjunctions.iter().enumerate() {
        let (at, bit) = (at / 64, 1 << (at % 64));
        let (Some(found), Some(word)) = (conjunction(program, *place), words.get_mut(at)) else {
            continue;
        };
        match found.role {
            Role::Governs(policy) => shares.entry((at, policy)).or_default().governs |= bit,
            Role::Rule(rule) => {
                let Some(rule) = program.rule(rule).filter(|rule| !rule.trial) else { continue };
                match (rule.effect, rule.certain) {
                    (Effect::Permit, _) => {
                        shares.entry((at, rule.policy)).or_default().permits |= bit;
                    }
                    (Effect::Deny, false) => word.denies |= bit,
                    (Effect::Deny, true) => word.certain_denies |= bit,
                    (Effect::Require, _) => {}
                }
                if rule.on_permit {
                    let only_certain = rule.effect == Effect::Require && rule.certain;
                    let requires =
                        if only_certain { &mut word.certain_requires } else { &mut word.requires };
                    *requires |= bit;
                    bucket.obligations |= rule.obligations;
                    if takes_parameters(rule) {
                        word.demanding |= bit;
                    }
                }
            }
        }
    }
    // A policy that only restricts refuses nothing by its silence, and holds no permits.
    shares.retain(|(_, policy), _| program.policies.get(*policy).is_some_and(|own| own.grants));
    let mut later = None;
    for ((_, policy), share) in shares.iter_mut().rev() {
        let goes_on = later.replace(*policy) == Some(*policy);
        share.goes_on = if goes_on { u64::MAX } else { 0 };
    }
    for (at, _) in shares.keys() {
        if let Some(word) = words.get_mut(*at) {
            word.shares += 1;
        }
    }
    let governs = shares.iter().rev().find(|(_, share)| share.governs != 0);
    let last_governs = governs.map_or(0, |((at, _), _)| *at);
    let mut later = false;
    for (at, word) in words.iter_mut().enumerate().rev() {
        word.settles = !later && at >= last_governs;
        later |= word.denies | word.certain_denies | word.demanding != 0;
    }
    bucket.words = words.into();
    bucket.shares = shares.into_values().collect();
    bucket
}

/// Whether an obligation of a rule takes a parameter from the request.
fn takes_parameters(rule: &RuleEntry) -> bool {
    rule.arguments.iter().any(|argument| matches!(argument.value, ArgumentValue::Of(_)))
}
