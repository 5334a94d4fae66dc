//! From classes to values that a gateway could have sent.
//!
//! The classes of one attribute's columns are not independent: an instant has one distance from now,
//! and two texts that are the same are one text. Here values are found that have all the classes, or
//! it is said which classes cannot come together.

use std::collections::{BTreeMap, BTreeSet};

use batsat::Lit;

use super::numbers::Numbers;
use super::space::{FactId, Space, VariableId};
use super::words;
use crate::model::{Comparison, Kind, Value};
use crate::program::{Class, Question, Relation, YES};

/// The values of the facts that are known.
pub(super) type Values = BTreeMap<FactId, Value>;

/// Values with the classes that were found.
///
/// # Errors
///
/// There are none: statements that cannot all be true.
pub(super) fn realise(space: &mut Space) -> Result<Values, BTreeSet<Lit>> {
    let mut values = Values::new();
    for (fact, rank) in numbers(space)? {
        let value = space.kind(fact).and_then(|kind| kind.value_of_rank(rank));
        values.extend(value.map(|value| (fact, value)));
    }
    // A fact may be known of which only that is asked.
    for (fact, of) in space.facts().filter(|(_, fact)| space.circuit.holds(fact.known)) {
        match &space.program.vocabulary[of.attribute].kind {
            Kind::Bool => {
                values.insert(fact, Value::Bool(false));
            }
            Kind::Enum(words) => {
                let first = words.list().first();
                values.extend(first.map(|word| (fact, Value::Text(word.clone()))));
            }
            _ => {}
        }
    }
    for (id, variable) in space.variables() {
        let place = usize::from(space.class(id)).checked_sub(1);
        let fact = variable.asked.left;
        let value = match (space.question(variable.asked), space.kind(fact), place) {
            (Some(Question::Bool), _, Some(place)) => Value::Bool(place == 1),
            (Some(Question::Word(_)), Some(Kind::Enum(words)), Some(place)) => {
                let Some(word) = words.list().get(place) else { continue };
                Value::Text(word.clone())
            }
            _ => continue,
        };
        values.insert(fact, value);
    }
    let (texts, sets) = words::texts(space);
    values.extend(texts.into_iter().map(|(fact, text)| (fact, Value::Text(text))));
    for (fact, mut words) in sets {
        words.sort();
        words.dedup();
        values.insert(fact, Value::Set(words));
    }
    Ok(values)
}

fn is_number(kind: &Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Duration | Kind::Version | Kind::Instant)
}

/// Ranks for the numbers, instants and versions that are known.
fn numbers(space: &mut Space) -> Result<Vec<(FactId, i128)>, BTreeSet<Lit>> {
    let known: Vec<FactId> = space
        .facts()
        .filter(|(id, fact)| {
            space.kind(*id).is_some_and(is_number) && space.circuit.holds(fact.known)
        })
        .map(|(id, _)| id)
        .collect();
    let place = |fact: FactId| known.binary_search(&fact).ok();
    let mut numbers = Numbers::new(known.len());
    for (position, fact) in known.iter().enumerate() {
        let is_known = space.known(*fact);
        if let Some((least, most)) = space.kind(*fact).map(range) {
            numbers.at_least(position, least, is_known);
            numbers.at_most(position, most, is_known);
        }
        if let Some(rank) = space.pinned(*fact).and_then(Value::rank) {
            numbers.at_least(position, rank, is_known);
            numbers.at_most(position, rank, is_known);
        }
    }
    for (above, below) in space.below.clone() {
        if let (Some(high), Some(low)) = (place(above), place(below)) {
            let (above, below) = (space.known(above), space.known(below));
            let both = space.circuit.and([above, below]);
            numbers.difference(low, high, -1, both);
        }
    }
    let asked: Vec<(VariableId, super::space::Asked)> =
        space.variables().map(|(id, variable)| (id, variable.asked)).collect();
    for (id, asked) in asked {
        let (class, Some(left)) = (space.class(id), place(asked.left)) else { continue };
        let right = asked.right.and_then(place);
        match (space.question(asked).cloned(), right) {
            (Some(Question::Rank(cuts)), _) => {
                let (low, high) = (space.at_least(id, class), space.at_least(id, class + 1));
                if let Some(least) = cut(&cuts, class, 2) {
                    numbers.at_least(left, least, low);
                }
                if let Some(beyond) = cut(&cuts, class, 1) {
                    numbers.at_most(left, beyond - 1, !high);
                }
            }
            (Some(Question::FromNow(cuts)), Some(now)) => {
                let (low, high) = (space.at_least(id, class), space.at_least(id, class + 1));
                if let Some(least) = cut(&cuts, class, 2) {
                    numbers.difference(now, left, -least, low);
                }
                if let Some(beyond) = cut(&cuts, class, 1) {
                    numbers.difference(left, now, beyond - 1, !high);
                }
            }
            (Some(Question::Relates(relation, _)), Some(right)) => {
                let why = space.has_class(id, class);
                relates(&mut numbers, relation, class == YES, (left, right), why);
            }
            _ => {}
        }
    }
    Ok(known.iter().copied().zip(numbers.solve()?).collect())
}

fn relates(
    numbers: &mut Numbers<Lit>,
    relation: Relation,
    holds: bool,
    (left, right): (usize, usize),
    why: Lit,
) {
    // `above` is how far the left may lie above the right, `below` how far below.
    let (above, below) = match (relation, holds) {
        (Relation::Compares(Comparison::AtLeast), true)
        | (Relation::Compares(Comparison::Below), false) => (None, Some(0)),
        (Relation::Compares(Comparison::Above), true)
        | (Relation::Compares(Comparison::AtMost), false) => (None, Some(-1)),
        (Relation::Compares(Comparison::AtMost), true)
        | (Relation::Compares(Comparison::Above), false) => (Some(0), None),
        (Relation::Compares(Comparison::Below), true)
        | (Relation::Compares(Comparison::AtLeast), false) => (Some(-1), None),
        (Relation::Same, true) => (Some(0), Some(0)),
        (Relation::Same, false) => return numbers.apart(left, right, why),
        _ => return,
    };
    if let Some(most) = above {
        numbers.difference(left, right, most, why);
    }
    if let Some(most) = below {
        numbers.difference(right, left, most, why);
    }
}

/// The cut below a class, or the one above it.
fn cut(cuts: &[i128], class: Class, back: usize) -> Option<i128> {
    cuts.get(usize::from(class).checked_sub(back)?).copied()
}

/// The ranks that a kind of values has, as far as they can be written: instants in years of four
/// digits, durations of some ten thousand years.
fn range(kind: &Kind) -> (i128, i128) {
    const YEAR_1000: i128 = -30_610_224_000_000_000;
    const YEAR_9000: i128 = 221_845_392_000_000_000;
    const LONGEST: i128 = 600_000_000_000_000_000;
    match kind {
        Kind::Instant => (YEAR_1000, YEAR_9000),
        Kind::Duration => (-LONGEST, LONGEST),
        Kind::Version => (0, i128::MAX),
        _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
    }
}
