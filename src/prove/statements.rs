//! What a program says, as formulas.

use super::formula::Formula;
use crate::model::{Effect, ObligationId};
use crate::program::{
    ClassSet, ColumnId, Conjunction, Part, Program, ProgramClaim, Question, Role, UNKNOWN, YES,
};

/// That a request is permitted: DESIGN's contract, word for word.
pub(super) fn permitted(program: &Program) -> Formula {
    let mut parts = Vec::new();
    let granting = || program.policies.iter().enumerate().filter(|(_, policy)| policy.grants);
    let governs = |policy: usize, read: fn(&[Part]) -> Formula| {
        Formula::Or(of_role(program, Role::Governs(policy)).map(|c| read(&c.parts)).collect())
    };
    parts.push(Formula::Or(
        granting().map(|(policy, _)| governs(policy, Formula::certain)).collect(),
    ));
    for (policy, _) in granting() {
        let permits = rules(program, |rule| rule.effect == Effect::Permit && rule.policy == policy);
        let permits = permits.map(|(_, conjunction)| Formula::certain(&conjunction.parts));
        let silent = governs(policy, Formula::possible).not();
        parts.push(Formula::Or(permits.chain(std::iter::once(silent)).collect()));
    }
    let denies = rules(program, |rule| rule.effect == Effect::Deny);
    parts.extend(denies.map(|(certain, conjunction)| stands(certain, conjunction).not()));
    Formula::And(parts)
}

/// That a permit carries an obligation.
pub(super) fn carries(program: &Program, obligation: ObligationId) -> Formula {
    let bringing =
        rules(program, |rule| rule.on_permit && rule.obligations & obligation.bit() != 0);
    Formula::Or(bringing.map(|(certain, conjunction)| stands(certain, conjunction)).collect())
}

/// What breaks a claim, of the requests that it is about; `None` if it is not decided yet.
pub(super) fn broken(
    program: &Program,
    claim: &ProgramClaim,
    when: &[Vec<Part>],
) -> Option<Formula> {
    let about = Formula::Or(when.iter().map(|parts| Formula::certain(parts)).collect());
    let permitted = permitted(program);
    Some(Formula::And(match claim {
        ProgramClaim::NeverPermit => vec![about, permitted],
        ProgramClaim::AlwaysPermit => vec![about, permitted.not()],
        ProgramClaim::PermitsCarry(obligations) => {
            let carried = obligations.iter().map(|obligation| carries(program, *obligation));
            vec![about, permitted, Formula::And(carried.collect()).not()]
        }
        ProgramClaim::NotDecided => return None,
    }))
}

/// What is true of every request that can be: derived attributes have the values that they derive,
/// and an attribute is known in all its columns or in none.
pub(super) fn real(program: &Program) -> Formula {
    let mut parts = Vec::new();
    for derivation in &program.derivations {
        let branch = |place: usize| {
            let bits = derivation.branch_of_bit.iter().zip(&derivation.conjunctions);
            let own = bits.filter(|(branch, _)| **branch == place);
            Formula::Or(own.map(|(_, parts)| Formula::certain(parts)).collect())
        };
        let last = derivation.classes.len().saturating_sub(1);
        let taken = derivation.classes.iter().enumerate().map(|(place, class)| {
            let value = Formula::In(derivation.column, only(program, derivation.column, *class));
            let earlier = (0..place).map(|earlier| branch(earlier).not());
            let own = (place != last).then(|| branch(place));
            Formula::And(std::iter::once(value).chain(own).chain(earlier).collect())
        });
        parts.push(Formula::Or(taken.collect()));
    }
    for column in (0..).map(ColumnId).take(program.columns.len()) {
        parts.extend(known_together(program, column));
        parts.extend(empty_has_nothing(program, column));
    }
    Formula::And(parts)
}

/// That a column is unknown exactly when an attribute is that it asks about.
fn known_together(program: &Program, id: ColumnId) -> Option<Formula> {
    let column = program.columns.get(id.index())?;
    let time = program.vocabulary.time();
    let asked = match &column.question {
        Question::FromNow(_) => vec![Some(column.attribute), time],
        Question::Relates(_, other) => vec![Some(column.attribute), Some(*other)],
        _ => vec![Some(column.attribute)],
    };
    let direct: Vec<ColumnId> = asked
        .into_iter()
        .flatten()
        .filter_map(|attribute| program.filled_by.get(attribute.index())?.first().copied())
        .filter(|direct| *direct != id)
        .collect();
    if direct.is_empty() {
        return None;
    }
    let unknown = |column: ColumnId| Formula::In(column, only(program, column, UNKNOWN));
    let some_unknown = || Formula::Or(direct.iter().map(|column| unknown(*column)).collect());
    Some(Formula::Or(vec![
        Formula::And(vec![unknown(id), some_unknown()]),
        Formula::And(vec![unknown(id).not(), some_unknown().not()]),
    ]))
}

/// That an empty set does not have the word that a column asks for.
fn empty_has_nothing(program: &Program, id: ColumnId) -> Option<Formula> {
    let column = program.columns.get(id.index())?;
    let Question::Has(_) = column.question else { return None };
    let is_empty = |other: &ColumnId| {
        program.columns.get(other.index()).is_some_and(|column| column.question == Question::Empty)
    };
    let empty =
        program.filled_by.get(column.attribute.index())?.iter().find(|other| is_empty(other))?;
    let yes = |column: ColumnId| Formula::In(column, only(program, column, YES));
    Some(Formula::Or(vec![yes(*empty).not(), yes(id).not()]))
}

fn only(program: &Program, column: ColumnId, class: u16) -> ClassSet {
    let classes = program.columns.get(column.index()).map_or(1, |column| column.classes());
    ClassSet::of(classes, |other| other == class)
}

fn of_role(program: &Program, role: Role) -> impl Iterator<Item = &Conjunction> {
    program.conjunctions.iter().filter(move |conjunction| conjunction.role == role)
}

/// The conjunctions of rules that count, with whether only certain truth makes the rule take part.
fn rules(
    program: &Program,
    which: impl Fn(&crate::program::RuleEntry) -> bool,
) -> impl Iterator<Item = (bool, &Conjunction)> {
    program.conjunctions.iter().filter_map(move |conjunction| {
        let Role::Rule(place) = conjunction.role else { return None };
        let rule = program.rule(place).filter(|rule| !rule.trial && which(rule))?;
        Some((rule.certain, conjunction))
    })
}

fn stands(certain: bool, conjunction: &Conjunction) -> Formula {
    if certain {
        Formula::certain(&conjunction.parts)
    } else {
        Formula::possible(&conjunction.parts)
    }
}
