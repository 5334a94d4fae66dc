//! The search for a request of which a formula is true.

use std::sync::Arc;

use super::formula::{Formula, Space, Truth};
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
    let mut search = Search { program, goal, steps: budget, doubts: false };
    match search.within(&Space::whole(program)) {
        Some(request) => Found::Request(Box::new(request)),
        None if search.steps == 0 || search.doubts => Found::GaveUp,
        None => Found::Nothing,
    }
}

struct Search<'p> {
    program: &'p Arc<Program>,
    goal: Formula,
    steps: usize,
    /// Whether a box was left that no request could be made of, though nothing showed that none is.
    doubts: bool,
}

impl Search<'_> {
    fn within(&mut self, space: &Space) -> Option<Request> {
        if self.steps == 0 {
            return None;
        }
        self.steps -= 1;
        let (column, classes, inside_first) = match self.goal.truth(space) {
            Truth::None => return None,
            Truth::Open => self.goal.split(space, true)?,
            Truth::All => match realise(self.program, space, &self.goal) {
                Realised::Request(request) => return Some(*request),
                Realised::Impossible => return None,
                Realised::Doubtful => {
                    self.doubts = true;
                    return None;
                }
                Realised::Split(column, classes) => (column, classes, true),
            },
        };
        let (inside, outside) = (space.within(column, &classes), space.without(column, &classes));
        let (first, second) = if inside_first { (inside, outside) } else { (outside, inside) };
        self.within(&first).or_else(|| self.within(&second))
    }
}
