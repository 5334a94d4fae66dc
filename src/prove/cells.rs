//! What given values come to, whatever else a request states: the cells of a matrix.

use std::sync::Arc;

use batsat::Lit;

use super::requests::Requests;
use super::search::Found;
use super::statements::carries;
use crate::model::{AttributeId, ObligationId, Value};
use crate::program::Program;

/// What requests with given values come to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cell {
    /// Whether they are permitted.
    pub comes: Comes,
    /// Obligations that every permit of them carries.
    pub always: Vec<String>,
    /// Obligations that some permits of them carry, and others do not.
    pub sometimes: Vec<String>,
}

/// Whether requests with given values are permitted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Comes {
    /// Each of them is.
    Permitted,
    /// None of them is.
    Refused,
    /// Some are, as these other attributes have it; more may matter where there are more ways to a
    /// permit than were looked at.
    Depends {
        /// The names of the attributes.
        on: Vec<String>,
        /// Whether no others matter.
        complete: bool,
    },
    /// There are none: the values do not come together.
    Impossible,
    /// The search gave up.
    Unknown,
}

/// Ways to a permit that are looked at, to tell what one depends on.
const WAYS: usize = 4;

/// Every request with some values in common, asked about again and again.
pub(crate) struct Cells {
    all: Requests,
    given: Vec<Lit>,
    budget: usize,
}

impl Cells {
    /// Requests with these values.
    pub(crate) fn new(
        program: &Arc<Program>,
        given: &[(AttributeId, Value)],
        budget: usize,
    ) -> Self {
        let mut all = Requests::new(program);
        let given = all.given(given);
        Self { all, given, budget }
    }

    /// What those come to that have these values besides.
    pub(crate) fn cell(&mut self, values: &[(AttributeId, Value)]) -> Cell {
        let mut given = self.given.clone();
        given.extend(self.all.given(values));
        let permitted = self.all.stated.permitted;
        let (permits, refuses) = (self.is_any(&given, permitted), self.is_any(&given, !permitted));
        let comes = match (permits, refuses) {
            (Some(false), Some(false)) => Comes::Impossible,
            (Some(true), Some(false)) => Comes::Permitted,
            (Some(false), Some(true)) => Comes::Refused,
            (Some(true), Some(true)) => self.depends(&given, permitted),
            (None, _) | (_, None) => Comes::Unknown,
        };
        let (mut always, mut sometimes) = (Vec::new(), Vec::new());
        if matches!(comes, Comes::Permitted | Comes::Depends { .. }) {
            given.push(permitted);
            (always, sometimes) = self.obligations(&given);
        }
        Cell { comes, always, sometimes }
    }

    /// Whether there is such a request of which this is true; `None` if the search gave up.
    fn is_any(&mut self, given: &[Lit], goal: Lit) -> Option<bool> {
        let assumed: Vec<Lit> = given.iter().copied().chain([goal]).collect();
        let mut budget = self.budget;
        match self.all.space.find(&assumed, &mut budget) {
            Found::Values(_) => Some(true),
            Found::Nothing => Some(false),
            Found::GaveUp => None,
        }
    }

    fn depends(&mut self, given: &[Lit], permitted: Lit) -> Comes {
        let regions = self.all.regions(given, permitted, WAYS, self.budget);
        let program = &self.all.view.program;
        let traits = regions.found.iter().flat_map(|region| &region.traits);
        let columns = traits.filter_map(|(column, _)| program.columns.get(column.index()));
        let mut on: Vec<String> =
            columns.map(|column| program.vocabulary[column.attribute].name.clone()).collect();
        on.sort_unstable();
        on.dedup();
        Comes::Depends { on, complete: regions.complete }
    }

    /// The obligations that all of these permits carry, and those that some do. What could not be
    /// told is counted among the latter.
    fn obligations(&mut self, permits: &[Lit]) -> (Vec<String>, Vec<String>) {
        let (mut always, mut sometimes) = (Vec::new(), Vec::new());
        let program = Arc::clone(&self.all.view.program);
        for (place, obligation) in (0..).zip(program.vocabulary.obligations()) {
            let carried = carries(&mut self.all.space, &mut self.all.view, ObligationId(place));
            let name = obligation.name.clone();
            match (self.is_any(permits, carried), self.is_any(permits, !carried)) {
                (Some(false), _) => {}
                (_, Some(false)) => always.push(name),
                _ => sometimes.push(name),
            }
        }
        (always, sometimes)
    }
}
