//! Every request to a program, and the regions of them of which something is true.

use std::sync::Arc;

use batsat::Lit;

use super::search::Found;
use super::space::Space;
use super::statements::{Outcome, outcome};
use super::view::View;
use crate::decide::Request;
use crate::program::{Class, ClassSet, ColumnId, Program};

/// Every request, and what the policies say of it.
pub(super) struct Requests {
    pub(super) space: Space,
    pub(super) view: View,
    pub(super) stated: Outcome,
}

/// Requests that have some traits, whatever else is stated in them.
#[derive(Clone, Debug)]
pub struct Region {
    pub(crate) program: Arc<Program>,
    /// For each column that matters, the classes that it has.
    pub(crate) traits: Vec<(ColumnId, ClassSet)>,
    /// One of them, which states no more than it must.
    pub example: Request,
}

/// Regions, and whether that is all of them.
#[derive(Debug)]
pub struct Regions {
    /// Those that were found. They may overlap.
    pub found: Vec<Region>,
    /// Whether there is nothing outside of them.
    pub complete: bool,
}

/// Spaces for one question after the other. A space grows with every question, and searches take longer
/// in a large one: after so many questions another is made.
pub(super) struct Spaces<T, F> {
    make: F,
    current: Option<T>,
    asked: usize,
}

/// Questions that one space serves.
const QUESTIONS: usize = 8;

impl<T, F: Fn() -> T> Spaces<T, F> {
    pub(super) fn new(make: F) -> Self {
        Self { make, current: None, asked: 0 }
    }

    /// A space for the next question.
    pub(super) fn next(&mut self) -> &mut T {
        let serves = !self.asked.is_multiple_of(QUESTIONS);
        self.asked += 1;
        let current = self.current.take().filter(|_| serves);
        self.current.insert(current.unwrap_or_else(&self.make))
    }
}

impl Requests {
    pub(super) fn new(program: &Arc<Program>) -> Self {
        Self::seen_by(View::of(program))
    }

    /// As a view sees them.
    pub(super) fn seen_by(mut view: View) -> Self {
        let mut space = Space::new(&view.program);
        let stated = outcome(&mut space, &mut view);
        Self { space, view, stated }
    }

    /// At most so many regions of requests, all of which make `goal` true, and which are as large as
    /// they can be: among the requests of which `given` is true.
    pub(super) fn regions(
        &mut self,
        given: &[Lit],
        goal: Lit,
        most: usize,
        budget: usize,
    ) -> Regions {
        // The classes of all columns are asked for first, so that what is found tells of them.
        self.name_classes();
        let fresh = self.space.circuit.open();
        let mut assumed = given.to_vec();
        assumed.extend([goal, fresh]);
        let mut found = Vec::new();
        loop {
            let mut budget = budget;
            let values = match self.space.find_least(&assumed, &mut budget) {
                Found::Values(values) => values,
                Found::Nothing => return Regions { found, complete: true },
                Found::GaveUp => return Regions { found, complete: false },
            };
            if found.len() == most {
                return Regions { found, complete: false };
            }
            let example = self.space.request(&self.view, &values);
            let traits = self.widest(given, goal, &mut budget);
            let held: Vec<Lit> = traits
                .iter()
                .map(|(column, classes)| self.view.is_within(&mut self.space, *column, classes))
                .collect();
            self.space.circuit.require(held.into_iter().chain([fresh]).map(|literal| !literal));
            found.push(Region { program: Arc::clone(&self.view.program), traits, example });
        }
    }

    /// The traits of what was found last that make `goal` true by themselves: none can be left out
    /// or widened.
    fn widest(
        &mut self,
        given: &[Lit],
        goal: Lit,
        budget: &mut usize,
    ) -> Vec<(ColumnId, ClassSet)> {
        let mut traits = self.traits();
        // What says most for a person comes last, to be kept.
        traits.sort_by_key(|(column, _)| self.weight(*column));
        let headlines = |one: &&(ColumnId, ClassSet)| self.weight(one.0) > 0;
        let short: Vec<_> = traits.iter().filter(headlines).cloned().collect();
        if self.force(given, &short, goal, budget) {
            traits = short;
        }
        let mut place = 0;
        while place < traits.len() {
            let mut fewer = traits.clone();
            fewer.remove(place);
            if self.force(given, &fewer, goal, budget) {
                traits = fewer;
            } else {
                place += 1;
            }
        }
        for place in 0..traits.len() {
            self.widen(given, &mut traits, place, goal, budget);
        }
        traits.sort_by_key(|(column, _)| (std::cmp::Reverse(self.weight(*column)), *column));
        traits
    }

    /// Those of some reasons that are needed for there to be no request of which `assumed` and none of
    /// them is true: with fewer, there is one, or it could not be told.
    pub(super) fn needed<T>(
        &mut self,
        assumed: &[Lit],
        mut reasons: Vec<(T, Lit)>,
        budget: usize,
    ) -> Vec<T> {
        let mut place = 0;
        while place < reasons.len() {
            let others = reasons.iter().enumerate().filter(|(other, _)| *other != place);
            let none = others.map(|(_, (_, literal))| !*literal);
            let without: Vec<Lit> = assumed.iter().copied().chain(none).collect();
            let mut budget = budget;
            if matches!(self.space.find(&without, &mut budget), Found::Nothing) {
                reasons.remove(place);
            } else {
                place += 1;
            }
        }
        reasons.into_iter().map(|(reason, _)| reason).collect()
    }

    fn name_classes(&mut self) {
        let program = Arc::clone(&self.view.program);
        for (id, column) in (0..).map(ColumnId).zip(&program.columns) {
            for class in (0..column.classes()).filter_map(|class| Class::try_from(class).ok()) {
                let only = ClassSet::of(column.classes(), |other| other == class);
                self.view.is_within(&mut self.space, id, &only);
            }
        }
    }

    /// The class of every column, as it was found last.
    fn traits(&mut self) -> Vec<(ColumnId, ClassSet)> {
        let program = Arc::clone(&self.view.program);
        let mut traits = Vec::new();
        for (id, column) in (0..).map(ColumnId).zip(&program.columns) {
            for class in (0..column.classes()).filter_map(|class| Class::try_from(class).ok()) {
                let only = ClassSet::of(column.classes(), |other| other == class);
                let is = self.view.is_within(&mut self.space, id, &only);
                if self.space.circuit.holds(is) {
                    traits.push((id, only));
                    break;
                }
            }
        }
        traits
    }

    /// How much a column says to a person: what is derived sums up the rest.
    fn weight(&self, column: ColumnId) -> usize {
        let program = &self.view.program;
        let Some(column) = program.columns.get(column.index()) else { return 0 };
        let attribute = &program.vocabulary[column.attribute];
        match attribute.name.split('.').next() {
            _ if attribute.is_derived() => 2,
            Some("action") => 3,
            Some("resource") => 1,
            _ => 0,
        }
    }

    /// Whether `goal` is true of every request with these traits.
    fn force(
        &mut self,
        given: &[Lit],
        traits: &[(ColumnId, ClassSet)],
        goal: Lit,
        budget: &mut usize,
    ) -> bool {
        let mut assumed = given.to_vec();
        for (column, classes) in traits {
            assumed.push(self.view.is_within(&mut self.space, *column, classes));
        }
        assumed.push(!goal);
        matches!(self.space.find(&assumed, budget), Found::Nothing)
    }

    /// Whether there is a request with these traits, the one at `place` of which is this class.
    fn is_reached(
        &mut self,
        given: &[Lit],
        traits: &[(ColumnId, ClassSet)],
        (place, class): (usize, Class),
        budget: &mut usize,
    ) -> bool {
        let mut assumed = given.to_vec();
        for (other, (column, classes)) in traits.iter().enumerate() {
            let one = ClassSet::of(usize::from(class) + 1, |other| other == class);
            let classes = if other == place { &one } else { classes };
            assumed.push(self.view.is_within(&mut self.space, *column, classes));
        }
        !matches!(self.space.find(&assumed, budget), Found::Nothing)
    }

    /// Adds every class to a trait with which `goal` is still true, of requests that there are.
    fn widen(
        &mut self,
        given: &[Lit],
        traits: &mut [(ColumnId, ClassSet)],
        place: usize,
        goal: Lit,
        budget: &mut usize,
    ) {
        let Some((column, held)) = traits.get(place).cloned() else { return };
        let classes = self.view.program.columns.get(column.index()).map_or(0, |c| c.classes());
        let mut wide = held;
        for class in (0..classes).filter_map(|class| Class::try_from(class).ok()) {
            if wide.contains(class) || classes > MOST_WIDENED {
                continue;
            }
            let mut wider = traits.to_vec();
            let mut set = wide.clone();
            set.insert(class);
            if let Some(one) = wider.get_mut(place) {
                one.1 = set.clone();
            }
            if self.force(given, &wider, goal, budget)
                && self.is_reached(given, traits, (place, class), budget)
            {
                wide = set;
            }
        }
        if let Some(one) = traits.get_mut(place) {
            one.1 = wide;
        }
    }
}

/// A column of more classes is not widened one by one.
const MOST_WIDENED: usize = 64;

impl Region {
    /// Whether a request has all its traits.
    pub fn has(&self, request: &Request) -> bool {
        let request = request.translated(&self.program);
        self.traits.iter().all(|(column, classes)| classes.contains(request.class(*column)))
    }
}
