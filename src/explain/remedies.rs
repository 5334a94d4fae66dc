//! The way forward: the smallest changes that really lead to a permit.
//!
//! Only attributes that declare a `remedy` are changed. What is offered was decided, so it is true; and
//! nothing smaller would do.

use super::goal::Goal;
use super::moves::Move;
use super::search::Search;
use crate::decide::Decision;
use crate::model::RemedyBy;
use crate::program::{ClassSet, Program, Target};

/// Remedies that are offered, at most.
const OFFERED: usize = 4;

/// A change of a refused request that leads to a permit.
#[derive(Clone, Debug)]
pub struct Remedy<'d> {
    /// What to change, by attribute.
    pub changes: Vec<Change<'d>>,
}

/// The change of one attribute.
#[derive(Clone, Debug)]
pub struct Change<'d> {
    /// The attribute's name.
    pub attribute: &'d str,
    /// What it must become.
    pub goal: Goal,
    /// Who can change it.
    pub by: RemedyBy,
    /// How, in words for them.
    pub say: &'d str,
}

impl Remedy<'_> {
    /// Who is needed: the one who is hardest to move.
    pub fn by(&self) -> RemedyBy {
        self.changes.iter().map(|change| change.by).max().unwrap_or(RemedyBy::Nobody)
    }

    /// What to do, in words.
    pub fn say(&self) -> String {
        self.steps().collect::<Vec<_>>().join("; ")
    }

    /// The same, step by step.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.changes.iter().map(|change| change.say).filter(|say| !say.is_empty())
    }
}

/// The remedies of a refusal, the easiest first; none for a permit.
pub fn remedies<'d>(decision: &'d Decision<'_>) -> Vec<Remedy<'d>> {
    let Some(bucket) = decision.bucket().filter(|_| !decision.is_permit()) else {
        return Vec::new();
    };
    let program: &Program = decision.request().program();
    let mut search = Search::new(decision.request());
    let mut found = search.run(bucket);
    drop_what_others_bring_about(program, &mut search, &mut found);
    let by = |moves: &Vec<Move>| moves.iter().filter_map(|one| Some(one.of(program)?.0.by)).max();
    found.sort_by_key(|moves| (by(moves), moves.len()));
    found.truncate(OFFERED);
    found.iter().map(|moves| remedy(program, moves, &search.reach_of(moves))).collect()
}

fn remedy<'d>(program: &'d Program, moves: &[Move], reached: &[ClassSet]) -> Remedy<'d> {
    let change = |(one, classes): (&Move, &ClassSet)| {
        let (lever, target) = one.of(program)?;
        let attribute = &program.vocabulary[lever.attribute];
        let goal = Goal::of(program, target.column, classes)?;
        let say = attribute.remedy.as_ref().and_then(|remedy| remedy.say.to_reach(goal.value()));
        Some(Change { attribute: &attribute.name, goal, by: lever.by, say: say.unwrap_or("") })
    };
    Remedy { changes: moves.iter().zip(reached).filter_map(change).collect() }
}

/// Of two ways to the same derived value, one that states it and one that brings it about, keeps the
/// latter: it says what to do.
fn drop_what_others_bring_about(
    program: &Program,
    search: &mut Search<'_>,
    found: &mut Vec<Vec<Move>>,
) {
    let derived = |one: &Move| {
        let (lever, target) = one.of(program)?;
        program.vocabulary[lever.attribute].is_derived().then_some(target)
    };
    let states = |moves: &Vec<Move>| moves.iter().any(|one| derived(one).is_some());
    if !found.iter().any(states) {
        return;
    }
    let bringing = found.iter().filter(|moves| !states(moves));
    let rows: Vec<_> = bringing.map(|moves| search.row_after(moves)).collect();
    let brought =
        |Target { column, class }: Target| rows.iter().any(|row| row.class(column) == class);
    found.retain(|moves| !moves.iter().filter_map(derived).any(brought));
}
