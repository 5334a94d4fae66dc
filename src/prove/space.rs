//! The requests that there can be: facts, and the classes that they have in columns.
//!
//! A fact is an attribute of a request; a question about two requests at once has two facts of the
//! attributes in which they differ. What a column says of its facts is a variable of the circuit, by
//! a literal for every class: that it is this one or a later one.

use std::collections::BTreeMap;
use std::sync::Arc;

use batsat::Lit;

use super::circuit::Circuit;
use crate::model::{AttributeId, Kind, Value};
use crate::program::{Class, ClassSet, ColumnId, Program, Question};

/// The place of a fact in its space.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct FactId(usize);

/// The value that an attribute has, in one request or more.
pub(super) struct Fact {
    /// The attribute.
    pub(super) attribute: AttributeId,
    /// Whether it is known.
    pub(super) known: Lit,
    /// The value that it has if it is known, where that is settled.
    pub(super) pinned: Option<Value>,
}

/// A column, as it is asked of certain facts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Asked {
    /// The column.
    pub(super) column: ColumnId,
    /// The fact of its attribute.
    pub(super) left: FactId,
    /// The fact that it is related to, if it is to one; for a distance from now, the time.
    pub(super) right: Option<FactId>,
}

/// The place of a variable in its space.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct VariableId(usize);

/// The class of a column.
pub(super) struct Variable {
    /// What it is the class of.
    pub(super) asked: Asked,
    /// Whether the class is at least 1, 2 and so on: 1 is that it is known.
    from: Vec<Lit>,
}

/// Every request that there can be, as literals.
pub(super) struct Space {
    /// A program whose columns are asked about; others that share them may be, too.
    pub(super) program: Arc<Program>,
    pub(super) circuit: Circuit,
    facts: Vec<Fact>,
    variables: Vec<Variable>,
    places: BTreeMap<Asked, VariableId>,
    /// That a variable has one of some classes.
    within: BTreeMap<VariableId, BTreeMap<ClassSet, Lit>>,
    /// That one numeric fact is below another, by at least 1.
    pub(super) below: Vec<(FactId, FactId)>,
    /// How many variables have had their words related to those of the others.
    pub(super) related: usize,
}

impl Space {
    /// Every request to a program, and a fact for each of its attributes, in the order of their ids.
    pub(super) fn new(program: &Arc<Program>) -> Self {
        let mut space = Self {
            program: Arc::clone(program),
            circuit: Circuit::new(),
            facts: Vec::new(),
            variables: Vec::new(),
            places: BTreeMap::new(),
            within: BTreeMap::new(),
            below: Vec::new(),
            related: 0,
        };
        for attribute in program.vocabulary.attribute_ids() {
            space.fact(attribute, None);
        }
        space
    }

    /// Another fact of an attribute; perhaps one that has this value if it is known.
    pub(super) fn fact(&mut self, attribute: AttributeId, pinned: Option<Value>) -> FactId {
        let known = self.circuit.open();
        self.facts.push(Fact { attribute, known, pinned });
        FactId(self.facts.len() - 1)
    }

    /// The fact of an attribute in the request that is asked about first.
    pub(super) fn first(attribute: AttributeId) -> FactId {
        FactId(attribute.index())
    }

    /// Every fact.
    pub(super) fn facts(&self) -> impl Iterator<Item = (FactId, &Fact)> {
        (0..).map(FactId).zip(&self.facts)
    }

    /// The kind of values of a fact.
    pub(super) fn kind(&self, fact: FactId) -> Option<&Kind> {
        let attribute = self.facts.get(fact.0)?.attribute;
        Some(&self.program.vocabulary[attribute].kind)
    }

    /// Whether a fact is known.
    pub(super) fn known(&self, fact: FactId) -> Lit {
        self.facts.get(fact.0).map_or(self.circuit.never(), |fact| fact.known)
    }

    /// The value that a fact has if it is known, where that is settled.
    pub(super) fn pinned(&self, fact: FactId) -> Option<&Value> {
        self.facts.get(fact.0)?.pinned.as_ref()
    }

    /// Every variable.
    pub(super) fn variables(&self) -> impl Iterator<Item = (VariableId, &Variable)> {
        (0..).map(VariableId).zip(&self.variables)
    }

    /// What a variable is asked.
    pub(super) fn question(&self, asked: Asked) -> Option<&Question> {
        Some(&self.program.columns.get(asked.column.index())?.question)
    }

    /// The variable of a column that is asked of certain facts.
    pub(super) fn variable(&mut self, asked: Asked) -> VariableId {
        if let Some(place) = self.places.get(&asked) {
            return *place;
        }
        let known = match asked.right {
            Some(right) => [self.known(asked.left), self.known(right)].to_vec(),
            None => vec![self.known(asked.left)],
        };
        let known = self.circuit.and(known);
        let classes = self.program.columns.get(asked.column.index()).map_or(1, |c| c.classes());
        let mut from = vec![known];
        while from.len() + 1 < classes {
            let (next, last) = (self.circuit.open(), from.last().copied().unwrap_or(known));
            self.circuit.require([!next, last]);
            from.push(next);
        }
        let place = VariableId(self.variables.len());
        self.variables.push(Variable { asked, from });
        self.places.insert(asked, place);
        self.pin(place);
        place
    }

    /// Gives the variable of a pinned fact its class.
    fn pin(&mut self, place: VariableId) {
        let Some(variable) = self.variables.get(place.0) else { return };
        let Asked { left, right: None, .. } = variable.asked else { return };
        let Some(value) = self.pinned(left) else { return };
        let Some(question) = self.question(variable.asked) else { return };
        let Some(class) = class_of(question, self.kind(left), value) else { return };
        let known = self.known(left);
        let is = self.has_class(place, class);
        self.circuit.require([!known, is]);
    }

    /// That the class of a variable is at least this.
    pub(super) fn at_least(&self, place: VariableId, class: Class) -> Lit {
        let Some(before) = class.checked_sub(1) else { return self.circuit.always() };
        let variable = self.variables.get(place.0);
        let from = variable.and_then(|variable| variable.from.get(usize::from(before)));
        from.copied().unwrap_or(self.circuit.never())
    }

    /// That a variable has this class.
    pub(super) fn has_class(&mut self, place: VariableId, class: Class) -> Lit {
        let (from, beyond) = (self.at_least(place, class), self.at_least(place, class + 1));
        self.circuit.and([from, !beyond])
    }

    /// That a variable has one of these classes.
    pub(super) fn is_within(&mut self, place: VariableId, classes: &ClassSet) -> Lit {
        if let Some(literal) = self.within.get(&place).and_then(|within| within.get(classes)) {
            return *literal;
        }
        let mut runs: Vec<Lit> = Vec::new();
        let mut classes_left = classes.iter().peekable();
        while let Some(first) = classes_left.next() {
            let mut last = first;
            while let Some(next) = classes_left.next_if(|next| *next == last + 1) {
                last = next;
            }
            let (from, beyond) = (self.at_least(place, first), self.at_least(place, last + 1));
            runs.push(self.circuit.and([from, !beyond]));
        }
        let literal = self.circuit.or(runs);
        self.within.entry(place).or_default().insert(classes.clone(), literal);
        literal
    }

    /// The class of a variable in what was found last.
    pub(super) fn class(&self, place: VariableId) -> Class {
        let from = self.variables.get(place.0).map(|variable| variable.from.as_slice());
        let held = from.unwrap_or_default().iter().take_while(|from| self.circuit.holds(**from));
        Class::try_from(held.count()).unwrap_or_default()
    }
}

/// The class of a value in a column that asks of it alone.
pub(super) fn class_of(question: &Question, kind: Option<&Kind>, value: &Value) -> Option<Class> {
    use crate::program::{answer, class_of_rank, class_of_text, nth_class};
    Some(match (question, value) {
        (Question::Bool, Value::Bool(value)) => answer(*value),
        (Question::Word(_), Value::Text(word)) => {
            let Some(Kind::Enum(words)) = kind else { return None };
            nth_class(words.position(word)?)
        }
        (Question::Text(texts), Value::Text(text)) => class_of_text(texts, text),
        (Question::Rank(cuts), value) => class_of_rank(cuts, value.rank()?),
        (Question::Has(word), Value::Set(words)) => answer(words.contains(word)),
        (Question::Empty, Value::Set(words)) => answer(words.is_empty()),
        _ => return None,
    })
}
