//! From a box of classes to a request that a gateway could have sent.
//!
//! The classes of one attribute's columns are not independent: an instant has one distance from now,
//! and two texts that are the same are one text. Here values are found that have all the classes, or
//! it is shown that none have.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::differences::Differences;
use super::formula::{Formula, Rest, Space};
use crate::decide::{Request, Standing};
use crate::model::{AttributeId, Comparison, Kind, Value};
use crate::program::{Class, ClassSet, ColumnId, Program, Question, Relation, UNKNOWN, YES};

/// What a box comes to.
pub(super) enum Realised {
    /// This request of it: decided, and found to be so.
    Request(Box<Request>),
    /// No request is in it.
    Impossible,
    /// It must be split by these classes of a column before that can be said.
    Split(ColumnId, ClassSet),
    /// No request was found in it, and nothing shows that there is none.
    Doubtful,
}

/// Makes a request of a box of all of whose requests `goal` is true.
pub(super) fn realise(program: &Arc<Program>, space: &Space, goal: &Formula) -> Realised {
    let classes = Classes::chosen(program, space);
    let hull =
        classes.numbers(|column| space.classes(column).map(hull).unwrap_or((UNKNOWN, UNKNOWN)));
    if hull.is_none() {
        return Realised::Impossible;
    }
    let split = |(column, set)| Realised::Split(column, set);
    let Some(ranks) = classes.numbers(|column| (classes.class(column), classes.class(column)))
    else {
        let number = |id: AttributeId| is_number(&program.vocabulary[id].kind);
        return classes.undecided(space, number).map_or(Realised::Impossible, split);
    };
    let mut request = Request::new(Arc::clone(program), Standing::Bench);
    for (id, rank) in ranks {
        if let Some(value) = program.vocabulary[id].kind.value_of_rank(rank) {
            request.assume(id, &value);
        }
    }
    classes.state_words(&mut request);
    // The row of the request itself is what counts.
    let held = Space::of_row(program, &request);
    if matches!(goal.within(&held), Rest::True) {
        return Realised::Request(Box::new(request));
    }
    let missed = classes.missed(&request);
    classes.undecided(space, |id| missed.contains(&id)).map_or(Realised::Doubtful, split)
}

fn is_number(kind: &Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Duration | Kind::Version | Kind::Instant)
}

/// The first and the last known class.
fn hull(held: &ClassSet) -> (Class, Class) {
    let mut known = held.iter().filter(|class| *class != UNKNOWN);
    let first = known.next().unwrap_or(UNKNOWN);
    (first, known.last().unwrap_or(first))
}

/// A class for every column.
struct Classes<'p> {
    program: &'p Program,
    of: Vec<Class>,
}

impl<'p> Classes<'p> {
    /// Unknown where it may be, so that the request says no more than it must; else the first.
    fn chosen(program: &'p Program, space: &Space) -> Self {
        let first = |column: ColumnId| {
            space.classes(column).and_then(|held| held.iter().next()).unwrap_or(UNKNOWN)
        };
        Self { program, of: (0..).map(ColumnId).take(program.columns.len()).map(first).collect() }
    }

    fn class(&self, column: ColumnId) -> Class {
        self.of.get(column.index()).copied().unwrap_or(UNKNOWN)
    }

    fn columns(&self) -> impl Iterator<Item = (ColumnId, &'p crate::program::Column)> {
        (0..).map(ColumnId).zip(&self.program.columns)
    }

    /// Whether the attribute is known, by the first column that it alone fills.
    fn is_known(&self, attribute: AttributeId) -> bool {
        let first =
            self.program.filled_by.get(attribute.index()).and_then(|columns| columns.first());
        !self.program.vocabulary[attribute].is_derived()
            && first.is_some_and(|column| self.class(*column) != UNKNOWN)
    }

    /// A column about one of these attributes that may have several classes, and the one that was tried.
    fn undecided(
        &self,
        space: &Space,
        about: impl Fn(AttributeId) -> bool,
    ) -> Option<(ColumnId, ClassSet)> {
        self.columns().find_map(|(id, column)| {
            let other = if let Question::Relates(_, other) = &column.question {
                *other
            } else {
                column.attribute
            };
            space
                .classes(id)
                .filter(|held| !held.is_single() && (about(column.attribute) || about(other)))?;
            Some((id, ClassSet::of(column.classes(), |class| class == self.class(id))))
        })
    }

    /// The attributes whose columns a request did not fill as was meant.
    fn missed(&self, request: &Request) -> Vec<AttributeId> {
        let missed = self.columns().filter(|(id, _)| request.class(*id) != self.class(*id));
        missed
            .flat_map(|(_, column)| {
                let other = if let Question::Relates(_, other) = &column.question {
                    *other
                } else {
                    column.attribute
                };
                [column.attribute, other]
            })
            .collect()
    }

    /// Ranks for the numbers, instants and versions that are known, with every column between two
    /// classes; `None` if there are none such.
    fn numbers(
        &self,
        between: impl Fn(ColumnId) -> (Class, Class),
    ) -> Option<Vec<(AttributeId, i128)>> {
        let vocabulary = &self.program.vocabulary;
        let known: Vec<AttributeId> = vocabulary
            .attribute_ids()
            .filter(|id| is_number(&vocabulary[*id].kind) && self.is_known(*id))
            .collect();
        let place = |id: AttributeId| known.iter().position(|known| *known == id);
        let now = vocabulary.time().and_then(place);
        let mut differences = Differences::new(known.len());
        for (position, id) in known.iter().enumerate() {
            let (least, most) = range(&vocabulary[*id].kind);
            differences.bound(position, least, most);
        }
        let mut apart = Vec::new();
        for (id, column) in self.columns() {
            let Some(left) = place(column.attribute) else { continue };
            let (first, last) = between(id);
            match &column.question {
                Question::Rank(cuts) => {
                    let (least, most) = interval(cuts, first, last);
                    differences.bound(left, least, most);
                }
                Question::FromNow(cuts) => {
                    let Some(now) = now else { continue };
                    let (least, most) = interval(cuts, first, last);
                    differences.apart(left, now, least, most);
                }
                Question::Relates(relation, other) if first == last => {
                    let Some(right) = place(*other) else { continue };
                    match distance(*relation, first == YES) {
                        Some((least, most)) => differences.apart(left, right, least, most),
                        None => apart.push((left, right)),
                    }
                }
                _ => {}
            }
        }
        let ranks = differences.solve_with(&apart)?;
        Some(known.into_iter().zip(ranks).collect())
    }

    /// States values for bools, words, texts and sets.
    fn state_words(&self, request: &mut Request) {
        let vocabulary = &self.program.vocabulary;
        let mut texts: BTreeMap<AttributeId, Box<str>> = BTreeMap::new();
        for (id, column) in self.columns().filter(|(_, column)| self.is_known(column.attribute)) {
            let place = usize::from(self.class(id)).saturating_sub(1);
            let attribute = column.attribute;
            match &column.question {
                Question::Bool => request.assume(attribute, &Value::Bool(place == 1)),
                Question::Word(_) => {
                    if let Kind::Enum(words) = &vocabulary[attribute].kind
                        && let Some(word) = words.list().get(place)
                    {
                        texts.insert(attribute, word.clone());
                    }
                }
                Question::Text(known) => {
                    let fresh = || format!("some-{}", vocabulary[attribute].name).into();
                    let text = place.checked_sub(1).and_then(|place| known.get(place)).cloned();
                    texts.insert(attribute, text.unwrap_or_else(fresh));
                }
                _ => {}
            }
        }
        self.join_same(&mut texts);
        for (attribute, text) in &texts {
            request.assume(*attribute, &Value::Text(text.clone()));
        }
        for (attribute, words) in self.sets(&texts) {
            request.assume(attribute, &Value::Set(words));
        }
    }

    /// Gives texts that must be the same the same text: that of the one that is listed, if one is.
    fn join_same(&self, texts: &mut BTreeMap<AttributeId, Box<str>>) {
        for _ in 0..texts.len() {
            for (id, column) in self.columns() {
                let Question::Relates(Relation::Same, other) = &column.question else { continue };
                if self.class(id) != YES {
                    continue;
                }
                let (left, right) = (texts.get(&column.attribute), texts.get(other));
                let (Some(left), Some(right)) = (left.cloned(), right.cloned()) else { continue };
                let open = |id: AttributeId, text: &str| {
                    matches!(self.program.vocabulary[id].kind, Kind::String)
                        && text.starts_with("some-")
                };
                if open(column.attribute, &left) {
                    texts.insert(column.attribute, right);
                } else if open(*other, &right) {
                    texts.insert(*other, left);
                }
            }
        }
    }

    fn sets(
        &self,
        texts: &BTreeMap<AttributeId, Box<str>>,
    ) -> BTreeMap<AttributeId, Vec<Box<str>>> {
        let vocabulary = &self.program.vocabulary;
        let mut sets: BTreeMap<AttributeId, Vec<Box<str>>> = BTreeMap::new();
        let mut filled = Vec::new();
        for (id, column) in self.columns() {
            let yes = self.class(id) == YES;
            let known = self.is_known(column.attribute);
            match &column.question {
                Question::Has(word) if known => {
                    sets.entry(column.attribute).or_default().extend(yes.then(|| word.clone()));
                }
                Question::Empty if known => {
                    sets.entry(column.attribute).or_default();
                    filled.extend((!yes).then_some(column.attribute));
                }
                Question::Relates(Relation::In, other) if yes => {
                    sets.entry(*other).or_default().extend(texts.get(&column.attribute).cloned());
                }
                Question::Relates(Relation::HasWord, other) if yes => {
                    sets.entry(column.attribute).or_default().extend(texts.get(other).cloned());
                }
                _ => {}
            }
        }
        for (id, column) in self.columns().filter(|(id, _)| self.class(*id) == YES) {
            let Question::Relates(Relation::Has(_), other) = &column.question else { continue };
            let _ = id;
            let theirs = sets.get(other).cloned().unwrap_or_default();
            sets.entry(column.attribute).or_default().extend(theirs);
        }
        for attribute in filled {
            let set = sets.entry(attribute).or_default();
            if set.is_empty() {
                let asked = |word: &str| {
                    self.columns().any(|(_, column)| {
                        column.attribute == attribute
                            && matches!(&column.question, Question::Has(known) if **known == *word)
                    })
                };
                match &vocabulary[attribute].kind {
                    Kind::Set(Some(listed)) => {
                        set.extend(listed.iter().find(|word| !asked(word)).cloned())
                    }
                    _ => set.push("some-word".into()),
                }
            }
        }
        sets
    }
}

/// The least and the most rank of the classes from one to another.
fn interval(cuts: &[i128], first: Class, last: Class) -> (i128, i128) {
    let cut = |class: Class, back: usize| {
        usize::from(class).checked_sub(back).and_then(|at| cuts.get(at))
    };
    (cut(first, 2).copied().unwrap_or(i128::MIN), cut(last, 1).map_or(i128::MAX, |cut| cut - 1))
}

/// How far apart two numbers are that relate so, or do not; `None` if they only differ.
fn distance(relation: Relation, holds: bool) -> Option<(i128, i128)> {
    let (least, most) = match relation {
        Relation::Compares(Comparison::AtLeast) => (0, i128::MAX),
        Relation::Compares(Comparison::Above) => (1, i128::MAX),
        Relation::Compares(Comparison::AtMost) => (i128::MIN, 0),
        Relation::Compares(Comparison::Below) => (i128::MIN, -1),
        Relation::Same => return holds.then_some((0, 0)),
        Relation::In | Relation::HasWord | Relation::Has(_) => return Some((i128::MIN, i128::MAX)),
    };
    Some(match (holds, least) {
        (true, _) => (least, most),
        (false, i128::MIN) => (most + 1, i128::MAX),
        (false, _) => (i128::MIN, least - 1),
    })
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
