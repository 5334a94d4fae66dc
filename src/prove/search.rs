//! The search for requests of which statements are true.

use std::sync::Arc;

use batsat::Lit;

use super::circuit::Solved;
use super::realise::{Values, realise};
use super::space::{Asked, FactId, Space, VariableId, class_of};
use super::view::View;
use super::words;
use crate::decide::{Request, Standing};
use crate::model::{Kind, Value};
use crate::program::{Class, Question, Relation, UNKNOWN, answer};

/// What a search came to.
#[derive(Debug)]
pub(super) enum Found {
    /// Values of facts; the circuit says what else is true of them.
    Values(Values),
    /// There are none.
    Nothing,
    /// It gave up: there may be some.
    GaveUp,
}

impl Space {
    /// Looks for facts of which all these statements are true. `budget` is used up: by conflicts, and
    /// by classes that turn out not to come together.
    pub(super) fn find(&mut self, assumed: &[Lit], budget: &mut usize) -> Found {
        let mut assumed = assumed.to_vec();
        // While it is assumed, what is doubtful is left out: in this search, and in no other.
        let mut sure: Option<Lit> = None;
        loop {
            words::relate(self);
            match self.circuit.solve(&assumed, budget) {
                Solved::Yes => {}
                Solved::No if sure.is_some() => return Found::GaveUp,
                Solved::No => return Found::Nothing,
                Solved::GaveUp => return Found::GaveUp,
            }
            *budget = budget.saturating_sub(1);
            let values = match realise(self) {
                Ok(values) => values,
                Err(blame) => {
                    self.circuit.require(blame.into_iter().map(|literal| !literal));
                    continue;
                }
            };
            let actual: Vec<(VariableId, Class)> = self
                .variables()
                .map(|(id, variable)| (id, self.actual_class(variable.asked, &values)))
                .collect();
            if actual.iter().all(|(id, class)| self.class(*id) == *class) {
                return Found::Values(values);
            }
            // The values do not have the classes that were found; they may do nevertheless.
            let blamed: Vec<Lit> = self.blamed(&actual);
            let mut as_is = assumed.clone();
            for (id, class) in actual {
                as_is.push(self.has_class(id, class));
            }
            if self.circuit.solve(&as_is, budget) == Solved::Yes {
                return Found::Values(values);
            }
            let sure = *sure.get_or_insert_with(|| self.circuit.open());
            assumed.push(sure);
            self.circuit.require(blamed.into_iter().chain([sure]).map(|literal| !literal));
        }
    }

    /// The same, with facts that say no more than they must.
    pub(super) fn find_least(&mut self, assumed: &[Lit], budget: &mut usize) -> Found {
        let mut best = match self.find(assumed, budget) {
            Found::Values(values) => values,
            other => return other,
        };
        let mut assumed = assumed.to_vec();
        let facts: Vec<(FactId, Lit)> = self.facts().map(|(id, fact)| (id, fact.known)).collect();
        for (fact, known) in facts {
            if !best.contains_key(&fact) {
                assumed.push(!known);
                continue;
            }
            assumed.push(!known);
            match self.find(&assumed, budget) {
                Found::Values(values) => best = values,
                Found::Nothing | Found::GaveUp => {
                    assumed.pop();
                }
            }
        }
        // What was found last need not be the best: the circuit is to tell of that.
        match self.find(&assumed, budget) {
            Found::Values(values) => Found::Values(values),
            Found::Nothing | Found::GaveUp => Found::Values(best),
        }
    }

    /// The classes of everything about texts and sets, where such are not as was found; else of
    /// everything.
    fn blamed(&mut self, actual: &[(VariableId, Class)]) -> Vec<Lit> {
        let is_words = |space: &Self, asked: Asked| {
            let kind = |fact: FactId| matches!(space.kind(fact), Some(Kind::String | Kind::Set(_)));
            kind(asked.left) || asked.right.is_some_and(kind)
        };
        let all: Vec<(VariableId, Class, bool)> = self
            .variables()
            .map(|(id, variable)| (id, self.class(id), is_words(self, variable.asked)))
            .collect();
        let wrong = |(id, class): &(VariableId, Class)| self.class(*id) != *class;
        let only_words = actual
            .iter()
            .filter(|one| wrong(one))
            .all(|(id, _)| all.iter().any(|(other, _, words)| other == id && *words));
        let blamed: Vec<_> = all.iter().filter(|(.., words)| *words || !only_words).collect();
        blamed.into_iter().map(|(id, class, _)| self.has_class(*id, *class)).collect()
    }

    /// The class that values have.
    fn actual_class(&self, asked: Asked, values: &Values) -> Class {
        let (Some(question), Some(left)) = (self.question(asked), values.get(&asked.left)) else {
            return UNKNOWN;
        };
        let right = asked.right.and_then(|right| values.get(&right));
        match (question, right) {
            (Question::FromNow(cuts), Some(now)) => match (left.rank(), now.rank()) {
                (Some(instant), Some(now)) => crate::program::class_of_rank(cuts, instant - now),
                _ => UNKNOWN,
            },
            (Question::Relates(relation, _), Some(right)) => {
                answer(related(*relation, left, right))
            }
            (Question::FromNow(_) | Question::Relates(..), None) => UNKNOWN,
            (question, _) => class_of(question, self.kind(asked.left), left).unwrap_or(UNKNOWN),
        }
    }

    /// The request that a view sees.
    pub(super) fn request(&self, view: &View, values: &Values) -> Request {
        let mut request = Request::new(Arc::clone(&view.program), Standing::Bench);
        for attribute in view.program.vocabulary.attribute_ids() {
            let value = view.fact(attribute).and_then(|fact| values.get(&fact));
            match value {
                Some(value) => request.assume(attribute, value),
                None => request.forget(attribute),
            }
        }
        request
    }
}

fn related(relation: Relation, left: &Value, right: &Value) -> bool {
    match (relation, left, right) {
        (Relation::Same, left, right) => left == right,
        (Relation::In, Value::Text(word), Value::Set(words))
        | (Relation::HasWord, Value::Set(words), Value::Text(word)) => words.contains(word),
        (Relation::Has(share), Value::Set(ours), Value::Set(theirs)) => match share {
            crate::model::Share::Any => theirs.iter().any(|word| ours.contains(word)),
            crate::model::Share::All => theirs.iter().all(|word| ours.contains(word)),
        },
        (Relation::Compares(comparison), left, right) => {
            comparison.holds(left.rank().zip(right.rank()).map(|(left, right)| left.cmp(&right)))
        }
        _ => false,
    }
}
