//! The search for a request of which a formula is true.

use std::sync::Arc;

use super::formula::{Formula, Rest, Space};
use super::realise::{Realised, realise};
use crate::decide::Request;
use crate::program::Program;

/// What a search came to.
#[derive(Debug)]
pub(super) enum Found {
    /// This request; it was decided, and it is so.
    Request(Box<Request>),
    /// There is none.
    Nothing,
    /// It gave up: there may be one.
    GaveUp,
}

/// Looks for a request of which `wanted` is true, among those of which `real` is.
pub(super) fn search(
    program: &Arc<Program>,
    wanted: Formula,
    real: &Formula,
    budget: usize,
) -> Found {
    let goal = Formula::And(vec![wanted, real.clone()]);
    let mut search = Search { program, goal: &goal, steps: budget, doubts: false };
    match search.within(&goal, &Space::whole(program)) {
        Some(request) => Found::Request(Box::new(request)),
        None if search.steps == 0 || search.doubts => Found::GaveUp,
        None => Found::Nothing,
    }
}

struct Search<'p> {
    program: &'p Arc<Program>,
    goal: &'p Formula,
    steps: usize,
    /// Whether a box was left that no request could be made of, though nothing showed that none is.
    doubts: bool,
}

impl Search<'_> {
    /// Looks within a box, given what an enclosing one left of the goal.
    fn within(&mut self, goal: &Formula, space: &Space) -> Option<Request> {
        if self.steps == 0 {
            return None;
        }
        self.steps -= 1;
        let mut space = space.clone();
        let mut rest = goal.within(&space);
        while let Rest::Open(open) = &rest {
            let narrowed = space.bound_by(&open.bound(&space, true))?;
            let Some(narrowed) = narrowed else { break };
            space = narrowed;
            rest = open.within(&space);
        }
        let (column, classes, inside_first) = match &rest {
            Rest::False => return None,
            Rest::Open(rest) => rest.split(true)?,
            Rest::True => match realise(self.program, &space, self.goal) {
                Realised::Request(request) => return Some(*request),
                Realised::Impossible => return None,
                Realised::Doubtful => {
                    self.doubts = true;
                    return None;
                }
                Realised::Split(column, classes) => (column, classes, true),
            },
        };
        let always = Formula::And(Vec::new());
        let rest = if let Rest::Open(rest) = &rest { rest } else { &always };
        let (inside, outside) = (space.within(column, &classes), space.without(column, &classes));
        let (first, second) = if inside_first { (inside, outside) } else { (outside, inside) };
        self.within(rest, &first).or_else(|| self.within(rest, &second))
    }
}
