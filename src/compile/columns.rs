//! Which columns there are: what the conditions of a set ask of a request, each question once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{
    AttributeId, Comparison, Condition, Constraint, Kind, Share, Value, Vocabulary, Words,
};
use crate::program::{
    Class, ClassSet, Column, ColumnId, NO, Question, Relation, UNKNOWN, YES, class_of_rank,
    class_of_text, nth_class,
};

/// What tells two columns apart.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Key {
    Value(AttributeId),
    Has(AttributeId, Box<str>),
    Empty(AttributeId),
    FromNow(AttributeId),
    Relates(AttributeId, Relation, AttributeId),
}

/// The constants that conditions compare a column with.
#[derive(Clone, Debug, Default)]
struct Constants {
    cuts: BTreeSet<i128>,
    texts: BTreeSet<Box<str>>,
}

/// The questions found so far.
#[derive(Clone, Debug)]
pub(super) struct Questions<'v> {
    vocabulary: &'v Vocabulary,
    found: BTreeMap<Key, Constants>,
}

/// The columns of a program.
#[derive(Clone, Debug)]
pub(super) struct Columns<'v> {
    vocabulary: &'v Vocabulary,
    pub(super) list: Vec<Column>,
    places: BTreeMap<Key, ColumnId>,
}

/// A constraint on one column: the known classes for which it is true.
pub(super) struct Literal {
    pub(super) column: ColumnId,
    pub(super) classes: usize,
    pub(super) truth: ClassSet,
}

/// One test, as literals: one of them must hold, or all.
pub(super) enum Literals {
    Any(Vec<Literal>),
    All(Vec<Literal>),
}

impl<'v> Questions<'v> {
    pub(super) fn new(vocabulary: &'v Vocabulary) -> Self {
        Self { vocabulary, found: BTreeMap::new() }
    }

    /// Notes what a condition asks.
    pub(super) fn note(&mut self, condition: &Condition) {
        condition.each_test(&mut |attribute, constraint| self.note_test(attribute, constraint));
    }

    /// Notes that the value of an attribute is asked for.
    pub(super) fn note_value(&mut self, attribute: AttributeId) {
        let is_set = matches!(self.vocabulary[attribute].kind, Kind::Set(_));
        let key = if is_set { Key::Empty(attribute) } else { Key::Value(attribute) };
        self.found.entry(key).or_default();
    }

    fn note_test(&mut self, attribute: AttributeId, constraint: &Constraint) {
        match constraint {
            Constraint::OneOf(values) => {
                let constants = self.found.entry(Key::Value(attribute)).or_default();
                for value in values {
                    match value {
                        Value::Text(text) => {
                            constants.texts.insert(text.clone());
                        }
                        value => constants
                            .cuts
                            .extend(value.rank().into_iter().flat_map(|rank| [rank, rank + 1])),
                    }
                }
            }
            Constraint::Compare(comparison, value) => {
                let constants = self.found.entry(Key::Value(attribute)).or_default();
                constants.cuts.extend(value.rank().map(|rank| cut(*comparison, rank)));
            }
            Constraint::FromNow(comparison, distance) => {
                let constants = self.found.entry(Key::FromNow(attribute)).or_default();
                constants.cuts.insert(cut(*comparison, i128::from(distance.as_micros())));
            }
            Constraint::Contains(_, words) => {
                for word in words {
                    self.found.entry(Key::Has(attribute, word.clone())).or_default();
                }
            }
            Constraint::Empty => {
                self.found.entry(Key::Empty(attribute)).or_default();
            }
            Constraint::CompareWith(..)
            | Constraint::SameAs(_)
            | Constraint::In(_)
            | Constraint::ContainsOf(..) => {
                let is_set =
                    |other: AttributeId| matches!(self.vocabulary[other].kind, Kind::Set(_));
                if let Some((relation, other)) = relation(constraint, is_set) {
                    self.found.entry(Key::Relates(attribute, relation, other)).or_default();
                }
            }
        }
    }

    /// Notes the listed words of attributes that are compared with texts and sets: with them, the
    /// relation follows from the values.
    pub(super) fn note_listed(&mut self) {
        let keys: Vec<Key> = self.found.keys().cloned().collect();
        for key in keys {
            let Key::Relates(left, _, right) = key else { continue };
            let listed = [left, right].map(|id| self.listed(id).unwrap_or_default());
            for word in listed.iter().flatten() {
                for attribute in [left, right] {
                    match self.vocabulary[attribute].kind {
                        Kind::String => {
                            let constants = self.found.entry(Key::Value(attribute)).or_default();
                            constants.texts.insert(word.clone());
                        }
                        Kind::Set(_) => {
                            self.found.entry(Key::Has(attribute, word.clone())).or_default();
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    fn listed(&self, attribute: AttributeId) -> Option<Vec<Box<str>>> {
        match &self.vocabulary[attribute].kind {
            Kind::Enum(words) => Some(words.list().to_vec()),
            Kind::Set(words) => words.clone(),
            _ => None,
        }
    }

    /// Notes every word of an attribute, so that its value follows from the classes.
    pub(super) fn note_each_word(&mut self, attribute: AttributeId) {
        self.note_value(attribute);
        if let Kind::Set(Some(words)) = &self.vocabulary[attribute].kind {
            for word in words {
                self.found.entry(Key::Has(attribute, word.clone())).or_default();
            }
        }
    }

    /// The attributes that are asked for.
    pub(super) fn attributes(&self) -> BTreeSet<AttributeId> {
        let mut attributes = BTreeSet::new();
        for key in self.found.keys() {
            match key {
                Key::Value(one) | Key::Has(one, _) | Key::Empty(one) | Key::FromNow(one) => {
                    attributes.insert(*one);
                }
                Key::Relates(one, _, other) => attributes.extend([*one, *other]),
            }
        }
        attributes
    }

    /// The columns that answer what was asked.
    pub(super) fn columns(self) -> Columns<'v> {
        let mut columns =
            Columns { vocabulary: self.vocabulary, list: vec![], places: BTreeMap::new() };
        for (key, constants) in self.found {
            let Ok(place) = u32::try_from(columns.list.len()) else { continue };
            columns.list.push(column(self.vocabulary, &key, constants));
            columns.places.insert(key, ColumnId(place));
        }
        columns
    }
}

fn column(vocabulary: &Vocabulary, key: &Key, constants: Constants) -> Column {
    let cuts = || constants.cuts.iter().copied().collect();
    let (attribute, question) = match key {
        Key::Value(attribute) => {
            let question = match &vocabulary[*attribute].kind {
                Kind::Bool => Question::Bool,
                Kind::Enum(words) => {
                    Question::Word(nth_class(words.list().len()).saturating_sub(1))
                }
                Kind::String => {
                    let texts: Vec<Box<str>> = constants.texts.iter().cloned().collect();
                    Question::Text(Arc::new(texts.into()))
                }
                Kind::Integer | Kind::Duration | Kind::Version | Kind::Instant => {
                    Question::Rank(cuts())
                }
                Kind::Set(_) => Question::Empty,
            };
            (*attribute, question)
        }
        Key::Has(attribute, word) => (*attribute, Question::Has(word.clone())),
        Key::Empty(attribute) => (*attribute, Question::Empty),
        Key::FromNow(attribute) => (*attribute, Question::FromNow(cuts())),
        Key::Relates(attribute, relation, other) => {
            (*attribute, Question::Relates(*relation, *other))
        }
    };
    Column { attribute, question }
}

/// The relation that a constraint on two attributes asks for, and the other attribute.
fn relation(
    constraint: &Constraint,
    set_on_the_right: impl Fn(AttributeId) -> bool,
) -> Option<(Relation, AttributeId)> {
    match constraint {
        Constraint::CompareWith(comparison, other) => {
            Some((Relation::Compares(*comparison), *other))
        }
        Constraint::SameAs(other) => Some((Relation::Same, *other)),
        Constraint::In(other) => Some((Relation::In, *other)),
        Constraint::ContainsOf(share, other) => {
            let relation =
                if set_on_the_right(*other) { Relation::Has(*share) } else { Relation::HasWord };
            Some((relation, *other))
        }
        Constraint::OneOf(_)
        | Constraint::Compare(..)
        | Constraint::Contains(..)
        | Constraint::Empty
        | Constraint::FromNow(..) => None,
    }
}

/// Where a comparison with a rank cuts: the least rank above the cut.
fn cut(comparison: Comparison, rank: i128) -> i128 {
    match comparison {
        Comparison::AtLeast | Comparison::Below => rank,
        Comparison::Above | Comparison::AtMost => rank + 1,
    }
}

impl Columns<'_> {
    /// The same columns, for a vocabulary with the same attributes and values, which may order words
    /// differently.
    pub(super) fn of<'w>(&self, vocabulary: &'w Vocabulary) -> Columns<'w> {
        Columns { vocabulary, list: self.list.clone(), places: self.places.clone() }
    }

    /// The column of the value of an attribute, if any condition asks for it.
    pub(super) fn of_value(&self, attribute: AttributeId) -> Option<ColumnId> {
        self.places.get(&Key::Value(attribute)).copied()
    }

    pub(super) fn column(&self, id: ColumnId) -> Option<&Column> {
        self.list.get(id.index())
    }

    /// The class of a value in the column of its attribute.
    pub(super) fn class_of(&self, attribute: AttributeId, value: &Value) -> Class {
        let column = self.of_value(attribute).and_then(|id| self.column(id));
        match (column.map(|column| &column.question), &self.vocabulary[attribute].kind, value) {
            (_, Kind::Bool, Value::Bool(value)) => {
                if *value {
                    YES
                } else {
                    NO
                }
            }
            (_, Kind::Enum(words), Value::Text(word)) => {
                words.position(word).map_or(UNKNOWN, nth_class)
            }
            (Some(Question::Text(texts)), _, Value::Text(text)) => class_of_text(texts, text),
            (Some(Question::Rank(cuts)), _, value) => {
                value.rank().map_or(UNKNOWN, |rank| class_of_rank(cuts, rank))
            }
            _ => UNKNOWN,
        }
    }

    /// What a test comes to.
    pub(super) fn literals(
        &self,
        attribute: AttributeId,
        constraint: &Constraint,
    ) -> Option<Literals> {
        let one = |key: Key, holds: &dyn Fn(Class, &Column) -> bool| {
            let id = *self.places.get(&key)?;
            let column = self.column(id)?;
            let classes = column.classes();
            let truth = ClassSet::of(classes, |class| class != UNKNOWN && holds(class, column));
            Some(Literal { column: id, classes, truth })
        };
        let yes = |key| one(key, &|class, _| class == YES);
        let literal = match constraint {
            Constraint::OneOf(values) => {
                let classes: BTreeSet<Class> =
                    values.iter().map(|value| self.class_of(attribute, value)).collect();
                one(Key::Value(attribute), &|class, _| classes.contains(&class))
            }
            Constraint::Compare(comparison, value) => {
                one(Key::Value(attribute), &|class, column| {
                    self.compares(column, class, *comparison, value)
                })
            }
            Constraint::FromNow(comparison, distance) => {
                let distance = Value::Duration(*distance);
                one(Key::FromNow(attribute), &|class, column| {
                    self.compares(column, class, *comparison, &distance)
                })
            }
            Constraint::Contains(share, words) => {
                let literals: Option<Vec<Literal>> =
                    words.iter().map(|word| yes(Key::Has(attribute, word.clone()))).collect();
                return Some(match share {
                    Share::Any => Literals::Any(literals?),
                    Share::All => Literals::All(literals?),
                });
            }
            Constraint::Empty => yes(Key::Empty(attribute)),
            Constraint::CompareWith(..)
            | Constraint::SameAs(_)
            | Constraint::In(_)
            | Constraint::ContainsOf(..) => {
                let is_set =
                    |other: AttributeId| matches!(self.vocabulary[other].kind, Kind::Set(_));
                let (relation, other) = relation(constraint, is_set)?;
                yes(Key::Relates(attribute, relation, other))
            }
        };
        literal.map(|literal| Literals::All(vec![literal]))
    }

    /// Whether the values of a class compare so with a value; all of them do, or none.
    fn compares(
        &self,
        column: &Column,
        class: Class,
        comparison: Comparison,
        value: &Value,
    ) -> bool {
        let order = match (&column.question, &self.vocabulary[column.attribute].kind, value) {
            (Question::Word(_), Kind::Enum(words), Value::Text(word)) => {
                compare_words(words, class, word)
            }
            (Question::Rank(cuts) | Question::FromNow(cuts), ..) => {
                value.rank().map(|rank| lowest_rank(cuts, class).cmp(&rank))
            }
            _ => None,
        };
        comparison.holds(order)
    }
}

fn compare_words(words: &Words, class: Class, word: &str) -> Option<std::cmp::Ordering> {
    words.compare(usize::from(class).checked_sub(1)?, words.position(word)?)
}

/// A rank of the class: its lowest, or for the first class one below every cut.
fn lowest_rank(cuts: &[i128], class: Class) -> i128 {
    match usize::from(class).checked_sub(2) {
        Some(at) => cuts.get(at).copied().unwrap_or(i128::MAX),
        None => cuts.first().map_or(0, |cut| cut - 1),
    }
}
