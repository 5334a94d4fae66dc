//! What is asked of all requests at once, over boxes of classes.

use crate::decide::Request;
use crate::program::{ClassSet, ColumnId, Part, Program};

/// Truth of a formula over a box of requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Truth {
    /// True of all of them.
    All,
    /// True of none of them.
    None,
    /// True of some, or not yet known.
    Open,
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

    /// Its truth over a box.
    pub(super) fn truth(&self, space: &Space) -> Truth {
        match self {
            Self::In(column, classes) => match space.classes(*column) {
                Some(held) if held.is_within(classes) => Truth::All,
                Some(held) if held.meets(classes) => Truth::Open,
                _ => Truth::None,
            },
            Self::And(parts) => fold(parts, space, Truth::None, Truth::All),
            Self::Or(parts) => fold(parts, space, Truth::All, Truth::None),
            Self::Not(part) => match part.truth(space) {
                Truth::All => Truth::None,
                Truth::None => Truth::All,
                Truth::Open => Truth::Open,
            },
        }
    }

    /// A column to split an open box by: the classes that make some open part true, and whether
    /// these are to be tried first.
    pub(super) fn split(&self, space: &Space, wanted: bool) -> Option<(ColumnId, ClassSet, bool)> {
        match self {
            Self::In(column, classes) => Some((*column, classes.clone(), wanted)),
            Self::Not(part) => part.split(space, !wanted),
            Self::And(parts) | Self::Or(parts) => {
                let open = parts.iter().filter(|part| part.truth(space) == Truth::Open);
                // Whoever must satisfy all starts where there is least room; one is as good as another.
                let conjunctive = matches!(self, Self::And(_)) == wanted;
                let part = if conjunctive {
                    open.min_by_key(|part| part.width(space))
                } else {
                    open.min_by_key(|part| part.opened(space))
                };
                part?.split(space, wanted)
            }
        }
    }

    /// How many ways there are to make it true, roughly.
    fn width(&self, space: &Space) -> usize {
        match self {
            Self::In(..) => 1,
            Self::Not(part) => part.opened(space),
            Self::And(parts) => {
                let open = parts.iter().filter(|part| part.truth(space) == Truth::Open);
                open.map(|part| part.width(space)).min().unwrap_or(0)
            }
            Self::Or(parts) => parts.iter().filter(|part| part.truth(space) == Truth::Open).count(),
        }
    }

    /// How much of it is open, roughly.
    fn opened(&self, space: &Space) -> usize {
        match self {
            Self::In(..) => usize::from(self.truth(space) == Truth::Open),
            Self::Not(part) => part.opened(space),
            Self::And(parts) | Self::Or(parts) => parts.iter().map(|part| part.opened(space)).sum(),
        }
    }
}

/// The truth of several: `absorbing` if one of them is that, `neutral` if all of them are.
fn fold(parts: &[Formula], space: &Space, absorbing: Truth, neutral: Truth) -> Truth {
    let mut truth = neutral;
    for part in parts {
        match part.truth(space) {
            found if found == absorbing => return absorbing,
            Truth::Open => truth = Truth::Open,
            _ => {}
        }
    }
    truth
}
