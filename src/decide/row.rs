//! Filling the columns that take more than one value: relations, distances from now, and derived
//! attributes.

use super::slot::{Reading, class_of};
use super::slots::Slots;
use crate::model::{AttributeId, Better, Kind, Share};
use crate::program::{
    Class, Column, Derivation, NO, Program, Question, Relation, Row, Step, UNKNOWN, YES, answer,
    bits, class_of_rank,
};

/// The values that a row is filled from.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    pub(super) program: &'a Program,
    pub(super) slots: &'a Slots,
    pub(super) instead: Instead<'a>,
}

/// Values that are taken in place of what a request states.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Instead<'a> {
    /// None.
    Nothing,
    /// The best that there are of these attributes.
    Best(&'a [AttributeId]),
    /// These.
    These(&'a [(AttributeId, Reading<'a>)]),
}

impl Instead<'_> {
    fn attributes(&self) -> impl Iterator<Item = AttributeId> {
        let (best, these) = match self {
            Self::Nothing => (&[][..], &[][..]),
            Self::Best(attributes) => (*attributes, &[][..]),
            Self::These(values) => (&[][..], *values),
        };
        best.iter().copied().chain(these.iter().map(|(attribute, _)| *attribute))
    }
}

impl<'a> Values<'a> {
    /// The value of an attribute, as stated.
    #[inline]
    pub(super) fn stated(&self, id: AttributeId) -> Reading<'a> {
        if let Instead::These(values) = self.instead
            && let Some((_, value)) = values.iter().find(|(attribute, _)| *attribute == id)
        {
            return *value;
        }
        self.slots.reading(id)
    }

    /// The value of an attribute; a derived one's is in the row already.
    pub(super) fn reading(&self, id: AttributeId, row: &Row) -> Reading<'a> {
        let attribute = &self.program.vocabulary[id];
        if let Instead::Best(attributes) = self.instead
            && attributes.contains(&id)
        {
            return self.best(id);
        }
        let stated = self.stated(id);
        if !attribute.is_derived() || !matches!(stated, Reading::Unknown) {
            return stated;
        }
        let derivation =
            self.program.derivations.iter().find(|derivation| derivation.attribute == id);
        let class = derivation.map_or(UNKNOWN, |derivation| row.class(derivation.column));
        // Classes of words and of truth values count from 1 in the order of their ranks.
        class.checked_sub(1).map_or(Reading::Unknown, |rank| Reading::Rank(i128::from(rank)))
    }

    fn best(&self, id: AttributeId) -> Reading<'a> {
        let attribute = &self.program.vocabulary[id];
        if attribute.kind == Kind::Instant {
            return self.now();
        }
        let Some(better) = attribute.better else { return self.stated(id) };
        let pick = |least: i128, greatest: i128| {
            Reading::Rank(if better == Better::Greater { greatest } else { least })
        };
        match &attribute.kind {
            Kind::Bool => pick(0, 1),
            Kind::Integer | Kind::Duration => pick(i128::from(i64::MIN), i128::from(i64::MAX)),
            Kind::Version => pick(0, i128::MAX),
            Kind::Enum(words) => pick(0, i128::try_from(words.list().len()).unwrap_or(1) - 1),
            Kind::Instant | Kind::String | Kind::Set(_) => self.stated(id),
        }
    }

    fn now(&self) -> Reading<'a> {
        self.program.vocabulary.time().map_or(Reading::Unknown, |time| self.stated(time))
    }

    fn class(&self, column: &Column, row: &Row) -> Class {
        let left = self.reading(column.attribute, row);
        match &column.question {
            Question::FromNow(cuts) => match (left, self.now()) {
                (Reading::Rank(instant), Reading::Rank(now)) => class_of_rank(cuts, instant - now),
                _ => UNKNOWN,
            },
            Question::Relates(relation, other) => {
                let right = self.reading(*other, row);
                self.relates(*relation, (column.attribute, left), (*other, right))
            }
            question => class_of(question, left),
        }
    }

    fn relates(
        &self,
        relation: Relation,
        (left_id, left): (AttributeId, Reading<'_>),
        (right_id, right): (AttributeId, Reading<'_>),
    ) -> Class {
        let kind = |id: AttributeId| &self.program.vocabulary[id].kind;
        let holds = match (relation, left, right) {
            (_, Reading::Unknown, _) | (_, _, Reading::Unknown) => return UNKNOWN,
            (Relation::Compares(comparison), Reading::Rank(left), Reading::Rank(right)) => {
                let order = match kind(left_id) {
                    Kind::Enum(words) => {
                        let places = usize::try_from(left).ok().zip(usize::try_from(right).ok());
                        places.and_then(|(left, right)| words.compare(left, right))
                    }
                    _ => Some(left.cmp(&right)),
                };
                comparison.holds(order)
            }
            (Relation::Same, left, right) => {
                match (word(kind(left_id), left), word(kind(right_id), right), left, right) {
                    (Some(left), Some(right), ..) => left == right,
                    (_, _, Reading::Rank(left), Reading::Rank(right)) => left == right,
                    _ => return UNKNOWN,
                }
            }
            (Relation::In, left, Reading::Words(set)) => match word(kind(left_id), left) {
                Some(word) => set.has(word),
                None => return UNKNOWN,
            },
            (Relation::HasWord, Reading::Words(set), right) => match word(kind(right_id), right) {
                Some(word) => set.has(word),
                None => return UNKNOWN,
            },
            (Relation::Has(Share::Any), Reading::Words(left), Reading::Words(right)) => {
                right.iter().any(|word| left.has(word))
            }
            (Relation::Has(Share::All), Reading::Words(left), Reading::Words(right)) => {
                right.iter().all(|word| left.has(word))
            }
            _ => return UNKNOWN,
        };
        answer(holds)
    }

    fn derive(&self, derivation: &Derivation, row: &Row) -> Class {
        let stated = self.stated(derivation.attribute);
        if let (Reading::Rank(_), Some(column)) =
            (stated, self.program.columns.get(derivation.column.index()))
        {
            return class_of(&column.question, stated);
        }
        let first = if derivation.table.words() == 1 {
            let [certain] = derivation.table.certainly(row);
            bits(0, certain).next()
        } else {
            let mut standings = derivation.table.standings(row);
            standings.find_map(|(word, standing)| bits(word, standing.certain).next())
        };
        let branch = first.and_then(|bit| derivation.branch_of_bit.get(bit));
        let class =
            branch.map_or(derivation.classes.last(), |branch| derivation.classes.get(*branch));
        class.copied().unwrap_or(UNKNOWN)
    }
}

/// The word that a reading is, if its attribute has words.
fn word<'a>(kind: &'a Kind, reading: Reading<'a>) -> Option<&'a str> {
    match (kind, reading) {
        (Kind::Enum(words), Reading::Rank(place)) => {
            words.list().get(usize::try_from(place).ok()?).map(|word| &**word)
        }
        (Kind::String, Reading::Text(text)) => Some(text),
        _ => None,
    }
}

/// Fills the columns that take more than one value.
pub(super) fn fill(values: &Values<'_>, row: &Row) {
    values.program.steps.iter().for_each(|step| fill_step(values, step, row));
}

fn fill_step(values: &Values<'_>, step: &Step, row: &Row) {
    let (column, class) = match step {
        Step::Column(id) => {
            let Some(column) = values.program.columns.get(id.index()) else { return };
            (*id, values.class(column, row))
        }
        Step::Derive(place) => {
            let Some(derivation) = values.program.derivations.get(*place) else { return };
            (derivation.column, values.derive(derivation, row))
        }
    };
    row.set(column, class);
}

/// Fills every column that depends on a value taken in place of what is stated, given the row of the
/// request as stated.
pub(super) fn fill_instead(values: &Values<'_>, row: &Row, stated: &Row) {
    row.copy(stated);
    for attribute in values.instead.attributes() {
        for id in values.program.filled_by.get(attribute.index()).into_iter().flatten() {
            if let Some(column) = values.program.columns.get(id.index()) {
                row.set(*id, values.class(column, row));
            }
        }
    }
    let time = values.program.vocabulary.time();
    for step in &values.program.steps {
        if values.is_affected(step, time, row, stated) {
            fill_step(values, step, row);
        }
    }
}

impl Values<'_> {
    /// Whether a step may come out otherwise for the values that are taken in place of those stated.
    fn is_affected(&self, step: &Step, time: Option<AttributeId>, row: &Row, stated: &Row) -> bool {
        let program = self.program;
        let taken = |id: AttributeId| self.instead.attributes().any(|taken| taken == id);
        let derived = |id: AttributeId| program.vocabulary[id].is_derived();
        match step {
            Step::Column(id) => {
                let Some(column) = program.columns.get(id.index()) else { return false };
                let other = match column.question {
                    Question::Relates(_, other) => Some(other),
                    _ => time,
                };
                let mut read = std::iter::once(column.attribute).chain(other);
                read.any(|id| taken(id) || derived(id))
            }
            Step::Derive(place) => {
                let Some(derivation) = program.derivations.get(*place) else { return false };
                let mut read = derivation.table.columns();
                taken(derivation.attribute) || read.any(|id| row.class(id) != stated.class(id))
            }
        }
    }
}

// What `answer` gives is what `Question::Bool` numbers its classes by.
const _: () = assert!(NO == 1 && YES == 2);
