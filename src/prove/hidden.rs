//! Whether what a refused person is told gives away what they may not learn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use batsat::Lit;

use super::named::Named;
use super::requests::Requests;
use super::search::Found;
use crate::model::{AttributeId, Effect};
use crate::program::{Program, Question, Text};

/// Words that only those are told against whom a hidden fact stands.
#[derive(Debug)]
pub struct GivenAway {
    /// The hidden attribute.
    pub attribute: String,
    /// The denies that test it and say the words; no deny says them of a request that none of these
    /// refuses.
    pub by: Vec<Named>,
    /// Whether it was proved: else the search gave up.
    pub proved: bool,
}

/// Finds what words give away: for each hidden attribute, and the words of each deny that tests it,
/// whether somebody is told them whom none of these denies refuses.
pub(crate) fn given_away(program: &Arc<Program>, budget: usize) -> Vec<GivenAway> {
    let vocabulary = &program.vocabulary;
    let hidden: Vec<AttributeId> =
        vocabulary.attribute_ids().filter(|id| vocabulary[*id].hidden).collect();
    if hidden.is_empty() {
        return Vec::new();
    }
    let tested = tested(program);
    let mut by_words: BTreeMap<Option<Text>, Vec<usize>> = BTreeMap::new();
    for (place, rule) in program.rules.iter().enumerate() {
        if rule.effect == Effect::Deny && !rule.trial {
            by_words.entry(rule.tell_user).or_default().push(place);
        }
    }
    let mut all = Requests::new(program);
    let mut found = Vec::new();
    for attribute in hidden {
        let tests = |rule: &usize| tested.get(rule).is_some_and(|ids| ids.contains(&attribute));
        for (words, denies) in &by_words {
            let (by, others): (Vec<usize>, Vec<usize>) =
                denies.iter().partition(|rule| tests(rule));
            if by.is_empty() {
                continue;
            }
            let counts = |rule: &usize| all.stated.counts.get(*rule).copied();
            let mut told: Vec<Lit> = by.iter().filter_map(counts).map(|counts| !counts).collect();
            if words.is_none() {
                // Nothing is said in general where a deny has words of its own.
                let speaking = by_words.iter().filter(|(words, _)| words.is_some());
                let speaking = speaking.flat_map(|(_, denies)| denies).filter_map(counts);
                told.extend(speaking.map(|counts| !counts));
            }
            let others: Vec<Lit> = others.iter().filter_map(counts).collect();
            told.push(all.space.circuit.or(others));
            let mut budget = budget;
            let proved = match all.space.find(&told, &mut budget) {
                Found::Values(_) => continue,
                Found::Nothing => true,
                Found::GaveUp => false,
            };
            let by = by.into_iter().filter_map(|rule| Named::of_rule(program, rule)).collect();
            let attribute = vocabulary[attribute].name.clone();
            found.push(GivenAway { attribute, by, proved });
        }
    }
    found
}

/// The attributes that each rule tests, also by way of derived ones.
fn tested(program: &Program) -> BTreeMap<usize, BTreeSet<AttributeId>> {
    let mut tested: BTreeMap<usize, BTreeSet<AttributeId>> = BTreeMap::new();
    for (place, parts) in program.conjunctions.iter().enumerate() {
        let Some((rule, _)) = program.rule_of(place) else { continue };
        let ids = tested.entry(rule).or_default();
        for part in parts.iter() {
            let Some(column) = program.columns.get(part.column.index()) else { continue };
            let other = match column.question {
                Question::Relates(_, other) => Some(other),
                _ => None,
            };
            for id in [Some(column.attribute), other].into_iter().flatten() {
                ids.insert(id);
                program.vocabulary.add_bases(id, ids);
            }
        }
    }
    tested
}
