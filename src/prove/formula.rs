//! What is asked of all requests at once, over boxes of classes.

use std::collections::BTreeMap;

use crate::decide::Request;
use crate::program::{ClassSet, ColumnId, Part, Program};

/// What is left of a formula within a box of requests.
#[derive(Clone, Debug)]
pub(super) enum Rest {
    /// It is true of all of them.
    True,
    /// It is true of none of them.
    False,
    /// It comes to this.
    Open(Formula),
}

/// The classes that each column may still have.
#[derive(Clone, Debug)]
pub(super) struct Space(Vec<ClassSet>);

impl Space {
    /// Every request.
    pub(super) fn whole(program: &Program) -> Self {
        let all = |column: &crate::program::Column| ClassSet::of(column.classes(), |_| true);
        Self(program.columns.iter().map(all).collect())
    }

    /// The one request that this is.
    pub(super) fn of_row(program: &Program, request: &Request) -> Self {
        let ids = (0..).map(ColumnId);
        let only = |(id, column): (ColumnId, &crate::program::Column)| {
            ClassSet::of(column.classes(), |class| class == request.class(id))
        };
        Self(ids.zip(&program.columns).map(only).collect())
    }

    /// The classes that a column may have.
    pub(super) fn classes(&self, column: ColumnId) -> Option<&ClassSet> {
        self.0.get(column.index())
    }

    /// The part of it where the column has one of these classes.
    pub(super) fn within(&self, column: ColumnId, classes: &ClassSet) -> Self {
        self.narrowed(column, |held| held.intersection(classes))
    }

    /// The part of it where the column has none of these classes.
    pub(super) fn without(&self, column: ColumnId, classes: &ClassSet) -> Self {
        self.narrowed(column, |held| held.difference(classes))
    }

    /// The part of it where columns have these classes: `Some(None)` if that is all of it, `None` if
    /// it is nothing.
    pub(super) fn bound_by(&self, bound: &BTreeMap<ColumnId, ClassSet>) -> Option<Option<Self>> {
        if bound.values().any(ClassSet::is_empty) {
            return None;
        }
        let narrower = |(column, classes): &(&ColumnId, &ClassSet)| {
            self.classes(**column).is_some_and(|held| !held.is_within(classes))
        };
        let mut space: Option<Self> = None;
        for (column, classes) in bound.iter().filter(narrower) {
            space = Some(space.as_ref().unwrap_or(self).within(*column, classes));
        }
        Some(space)
    }

    fn narrowed(&self, column: ColumnId, narrow: impl Fn(&ClassSet) -> ClassSet) -> Self {
        let mut space = self.clone();
        if let Some(held) = space.0.get_mut(column.index()) {
            *held = narrow(held);
        }
        space
    }
}

/// A statement about a request.
#[derive(Clone, Debug)]
pub(super) enum Formula {
    /// A column has one of these classes.
    In(ColumnId, ClassSet),
    /// All of them.
    And(Vec<Formula>),
    /// Some of them.
    Or(Vec<Formula>),
    /// Not this.
    Not(Box<Formula>),
}

impl Formula {
    /// That a conjunction is certainly true.
    pub(super) fn certain(parts: &[Part]) -> Self {
        Self::And(parts.iter().map(|part| Self::In(part.column, part.certain.clone())).collect())
    }

    /// That a conjunction is not certainly false.
    pub(super) fn possible(parts: &[Part]) -> Self {
        Self::And(parts.iter().map(|part| Self::In(part.column, part.possible.clone())).collect())
    }

    pub(super) fn not(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// What is left of it within a box: what the box decides is dropped.
    pub(super) fn within(&self, space: &Space) -> Rest {
        match self {
            Self::In(column, classes) => match space.classes(*column) {
                Some(held) if held.is_within(classes) => Rest::True,
                Some(held) if held.meets(classes) => Rest::Open(self.clone()),
                _ => Rest::False,
            },
            Self::Not(part) => match part.within(space) {
                Rest::True => Rest::False,
                Rest::False => Rest::True,
                Rest::Open(rest) => Rest::Open(rest.not()),
            },
            Self::And(parts) => {
                let mut open = Vec::new();
                for part in parts {
                    match part.within(space) {
                        Rest::True => {}
                        Rest::False => return Rest::False,
                        Rest::Open(rest) => open.push(rest),
                    }
                }
                if open.is_empty() { Rest::True } else { Rest::Open(Self::And(open)) }
            }
            Self::Or(parts) => {
                let mut open = Vec::new();
                for part in parts {
                    match part.within(space) {
                        Rest::True => return Rest::True,
                        Rest::False => {}
                        Rest::Open(rest) => open.push(rest),
                    }
                }
                if open.is_empty() { Rest::False } else { Rest::Open(Self::Or(open)) }
            }
        }
    }

    /// The classes to which it binds columns within a box, if it is to be true (or false): of a
    /// disjunction, those that every part binds. Columns that it does not bind are left out.
    pub(super) fn bound(&self, space: &Space, wanted: bool) -> BTreeMap<ColumnId, ClassSet> {
        match self {
            Self::In(column, classes) => {
                let held = space.classes(*column);
                let bound = held.map(|held| {
                    if wanted { held.intersection(classes) } else { held.difference(classes) }
                });
                bound.map(|bound| (*column, bound)).into_iter().collect()
            }
            Self::Not(part) => part.bound(space, !wanted),
            Self::And(parts) | Self::Or(parts) => {
                let all = matches!(self, Self::And(_)) == wanted;
                let mut parts = parts.iter();
                let Some(first) = parts.next() else { return BTreeMap::new() };
                let mut bound = first.bound(space, wanted);
                for part in parts {
                    if !all && bound.is_empty() {
                        break;
                    }
                    let other = part.bound(space, wanted);
                    if all {
                        for (column, classes) in other {
                            let both = bound.get(&column).map(|held| held.intersection(&classes));
                            bound.insert(column, both.unwrap_or(classes));
                        }
                    } else {
                        bound.retain(|column, _| other.contains_key(column));
                        for (column, held) in &mut bound {
                            if let Some(classes) = other.get(column) {
                                *held = held.union(classes);
                            }
                        }
                    }
                }
                bound
            }
        }
    }

    /// A column to split an open box by: the classes that make some part true, and whether these are
    /// to be tried first. All parts are open.
    pub(super) fn split(&self, wanted: bool) -> Option<(ColumnId, ClassSet, bool)> {
        match self {
            Self::In(column, classes) => Some((*column, classes.clone(), wanted)),
            Self::Not(part) => part.split(!wanted),
            // Who must meet all starts where there are the fewest ways; who must meet one, with the
            // shortest.
            Self::And(parts) if wanted => {
                parts.iter().min_by_key(|part| part.ways(true))?.split(true)
            }
            Self::Or(parts) if !wanted => {
                parts.iter().min_by_key(|part| part.ways(false))?.split(false)
            }
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().min_by_key(|part| part.size())?.split(wanted)
            }
        }
    }

    /// Roughly how many ways there are to make it true, or false.
    fn ways(&self, wanted: bool) -> usize {
        match self {
            Self::In(..) => 1,
            Self::Not(part) => part.ways(!wanted),
            Self::And(parts) if wanted => {
                parts.iter().map(|part| part.ways(true)).min().unwrap_or(0)
            }
            Self::Or(parts) if !wanted => {
                parts.iter().map(|part| part.ways(false)).min().unwrap_or(0)
            }
            Self::And(parts) | Self::Or(parts) => parts.len(),
        }
    }

    /// How many constraints it has.
    fn size(&self) -> usize {
        match self {
            Self::In(..) => 1,
            Self::Not(part) => part.size(),
            Self::And(parts) | Self::Or(parts) => parts.iter().map(Self::size).sum(),
        }
    }
}
