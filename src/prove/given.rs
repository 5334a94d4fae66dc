//! Requests that state given values.

use std::sync::Arc;

use batsat::Lit;

use super::requests::Requests;
use super::space::Space;
use super::statements::outcome;
use super::view::View;
use crate::model::{AttributeId, Kind, Value};
use crate::program::{ClassSet, ColumnId, Program, Question, answer, nth_class};

impl Requests {
    /// Lets the request have these values from now on, as far as the literals that come back are true.
    pub(super) fn given(&mut self, given: &[(AttributeId, Value)]) -> Vec<Lit> {
        let program = Arc::clone(&self.view.program);
        let (listed, others): (Vec<_>, Vec<_>) =
            given.iter().partition(|(id, _)| listed_column(&program, *id).is_some());
        let mut literals = Vec::new();
        let mut view = self.view.clone();
        for (attribute, value) in &others {
            let fact = self.space.fact(*attribute, Some(value.clone()));
            literals.push(self.space.known(fact));
            view = view.but(*attribute, Some(fact));
        }
        if !others.is_empty() {
            self.stated = outcome(&mut self.space, &mut view);
            self.view = view;
        }
        for (attribute, value) in listed {
            literals.push(self.view.has_value(&mut self.space, *attribute, value));
        }
        literals
    }
}

/// The column that tells the listed words, or the truth value, of an attribute.
pub(super) fn listed_column(program: &Program, attribute: AttributeId) -> Option<ColumnId> {
    let columns = (0..).map(ColumnId).zip(&program.columns);
    let mut listed = columns.filter(|(_, column)| {
        column.attribute == attribute
            && matches!(column.question, Question::Bool | Question::Word(_))
    });
    listed.next().map(|(id, _)| id)
}

impl View {
    /// That an attribute with listed words, or a truth value, has this value.
    pub(super) fn has_value(
        &mut self,
        space: &mut Space,
        attribute: AttributeId,
        value: &Value,
    ) -> Lit {
        let program = Arc::clone(&self.program);
        let class = match (&program.vocabulary[attribute].kind, value) {
            (Kind::Enum(words), Value::Text(word)) => words.position(word).map(nth_class),
            (_, Value::Bool(value)) => Some(answer(*value)),
            _ => None,
        };
        let id = listed_column(&program, attribute);
        let column = id.and_then(|id| Some((id, program.columns.get(id.index())?)));
        match (class, column) {
            (Some(class), Some((id, column))) => {
                let only = ClassSet::of(column.classes(), |other| other == class);
                self.is_within(space, id, &only)
            }
            _ => space.circuit.never(),
        }
    }
}
