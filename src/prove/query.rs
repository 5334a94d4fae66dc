//! Who could? Regions of requests for an outcome, or why there are none; and what forces a decision.

use std::collections::BTreeSet;
use std::sync::Arc;

use batsat::Lit;

use super::guarantees::is_permitted;
use super::named::Named;
use super::requests::{Regions, Requests};
use super::search::Found;
use super::space::Space;
use crate::decide::Request;
use crate::model::{AttributeId, Value};
use crate::program::{ClassSet, ColumnId, Program, ProgramClaim, Question};

/// What is asked: who, with these values, could be permitted, or refused?
#[derive(Clone, Debug)]
pub struct Query {
    /// Whether the request is permitted.
    pub permitted: bool,
    /// The values that it states.
    pub given: Vec<(AttributeId, Value)>,
}

/// What came of a query.
#[derive(Debug)]
pub enum Answered {
    /// Requests with these traits, and those that are given.
    Some(Regions),
    /// No request at all.
    Nobody {
        /// Guarantees that say so, which hold as the set stands.
        guarantees: Vec<String>,
        /// The rules that refuse, and the policies that are silent, wherever the values are met.
        because: Vec<Named>,
    },
    /// The search gave up.
    Unknown,
}

/// Answers a query with at most so many regions.
pub(crate) fn query(program: &Arc<Program>, asked: &Query, most: usize, budget: usize) -> Answered {
    let mut all = Requests::new(program);
    let given = all.given(&asked.given);
    let permitted = all.stated.permitted;
    let goal = if asked.permitted { permitted } else { !permitted };
    let regions = all.regions(&given, goal, most, budget);
    match (regions.found.is_empty(), regions.complete) {
        (true, true) => {
            let because = if asked.permitted {
                let refusals = all.refusals();
                all.refusing(&given, &refusals, budget)
            } else {
                Some(vec![])
            };
            let Some(because) = because else { return Answered::Unknown };
            Answered::Nobody { guarantees: guarantees(&mut all, &given, asked, budget), because }
        }
        (true, false) => Answered::Unknown,
        (false, _) => Answered::Some(regions),
    }
}

/// Guarantees that say that there is no such request.
fn guarantees(all: &mut Requests, given: &[Lit], asked: &Query, budget: usize) -> Vec<String> {
    let program = Arc::clone(&all.view.program);
    let mut saying = Vec::new();
    for guarantee in &program.guarantees {
        let says = match guarantee.claim {
            ProgramClaim::NeverPermit => asked.permitted,
            ProgramClaim::AlwaysPermit => !asked.permitted,
            _ => false,
        };
        if says {
            let about = all.view.certain(&mut all.space, &guarantee.when);
            let outside: Vec<Lit> = given.iter().copied().chain([!about]).collect();
            let mut budget = budget;
            if let Found::Nothing = all.space.find(&outside, &mut budget) {
                saying.push(guarantee.id.clone());
            }
        }
    }
    saying
}

/// The fewest attributes whose values in a request, or whose being unknown, force the decision on it:
/// whether it is permitted, whatever the others are. A derived value that is stated outright is such a
/// fact, in place of those that it is derived from. `None` if the search gave up, or if what is stated
/// outright goes with no request that a gateway could make.
pub(crate) fn forcing(
    program: &Arc<Program>,
    request: &Request,
    budget: usize,
) -> Option<Vec<AttributeId>> {
    let mut all = Requests::new(program);
    let permitted = all.stated.permitted;
    let other = if is_permitted(request) { !permitted } else { permitted };
    let held = Held::of(&mut all, request);
    // Facts that do not come together force nothing.
    let everything: Vec<Lit> = held.0.iter().map(|(_, literal)| *literal).collect();
    let mut first = budget;
    if !matches!(all.space.find(&everything, &mut first), Found::Values(_)) {
        return None;
    }
    let mut missed: Vec<BTreeSet<AttributeId>> = Vec::new();
    loop {
        let chosen = fewest(&missed)?;
        let mut assumed = held.literals(&chosen);
        assumed.push(other);
        let mut budget = budget;
        match all.space.find(&assumed, &mut budget) {
            Found::GaveUp => return None,
            Found::Nothing => return Some(chosen.into_iter().collect()),
            Found::Values(_) => {
                let differing = held.fewest_differing(&mut all, &chosen, other, &mut budget);
                if differing.is_empty() || missed.len() > MOST_ROUNDS {
                    return None;
                }
                missed.push(differing);
            }
        }
    }
}

/// Rounds of the search for the fewest attributes.
const MOST_ROUNDS: usize = 400;

/// What a request says, column by column, with the attributes that each is about.
struct Held(Vec<(Vec<AttributeId>, Lit)>);

impl Held {
    fn of(all: &mut Requests, request: &Request) -> Self {
        let program = Arc::clone(&all.view.program);
        let request = request.on_the_bench().translated(&program);
        // What is stated outright is a fact, and then what it is derived from is none.
        let outright: Vec<AttributeId> = program
            .vocabulary
            .attribute_ids()
            .filter(|id| program.vocabulary[*id].is_derived() && request.is_stated(*id))
            .collect();
        let mut beneath = BTreeSet::new();
        outright.iter().for_each(|id| program.vocabulary.add_bases(*id, &mut beneath));
        let is_fact = |id: &AttributeId| {
            outright.contains(id) || !program.vocabulary[*id].is_derived() && !beneath.contains(id)
        };
        let mut held = Vec::new();
        for (id, column) in (0..).map(ColumnId).zip(&program.columns) {
            let about = match &column.question {
                Question::Relates(_, other) => vec![column.attribute, *other],
                Question::FromNow(_) => {
                    std::iter::once(column.attribute).chain(program.vocabulary.time()).collect()
                }
                _ => vec![column.attribute],
            };
            if about.iter().all(is_fact) {
                let class = request.class(id);
                let only = ClassSet::of(column.classes(), |other| other == class);
                let literal = all.view.is_within(&mut all.space, id, &only);
                held.push((about, literal));
            }
        }
        Self(held)
    }

    /// That these attributes are as in the request.
    fn literals(&self, chosen: &BTreeSet<AttributeId>) -> Vec<Lit> {
        let own = self.0.iter().filter(|(about, _)| about.iter().all(|id| chosen.contains(id)));
        own.map(|(_, literal)| *literal).collect()
    }

    /// Attributes that must differ from the request for the other decision, given those that do not:
    /// with one fewer, there is none such. Something of the kind was found last.
    fn fewest_differing(
        &self,
        all: &mut Requests,
        chosen: &BTreeSet<AttributeId>,
        other: Lit,
        budget: &mut usize,
    ) -> BTreeSet<AttributeId> {
        let mut same = chosen.clone();
        let mut must = BTreeSet::new();
        let mut differing = self.differing(&all.space);
        while let Some(attribute) = differing.iter().find(|id| !must.contains(*id)).copied() {
            same.insert(attribute);
            let mut assumed = self.literals(&same);
            assumed.push(other);
            if let Found::Values(_) = all.space.find(&assumed, budget) {
                differing = self.differing(&all.space);
            } else {
                same.remove(&attribute);
                must.insert(attribute);
            }
        }
        differing
    }

    /// The attributes that are not as in the request, in what was found last.
    fn differing(&self, space: &Space) -> BTreeSet<AttributeId> {
        let wrong = || self.0.iter().filter(|(_, literal)| !space.circuit.holds(*literal));
        let alone: BTreeSet<AttributeId> = wrong()
            .filter_map(|(about, _)| if let [one] = about.as_slice() { Some(*one) } else { None })
            .collect();
        // Of two attributes that no longer relate as they did, one has changed at least.
        let related = wrong().filter(|(about, _)| !about.iter().any(|id| alone.contains(id)));
        let first = related.filter_map(|(about, _)| about.first().copied());
        alone.iter().copied().chain(first).collect()
    }
}

/// The fewest attributes of which every set has one; the first of them by id.
fn fewest(sets: &[BTreeSet<AttributeId>]) -> Option<BTreeSet<AttributeId>> {
    (0..=sets.len()).find_map(|most| hit(sets, &BTreeSet::new(), most))
}

fn hit(
    sets: &[BTreeSet<AttributeId>],
    chosen: &BTreeSet<AttributeId>,
    most: usize,
) -> Option<BTreeSet<AttributeId>> {
    let Some(missed) = sets.iter().find(|set| set.is_disjoint(chosen)) else {
        return Some(chosen.clone());
    };
    if most == 0 {
        return None;
    }
    missed.iter().find_map(|attribute| {
        let mut more = chosen.clone();
        more.insert(*attribute);
        hit(sets, &more, most - 1)
    })
}
