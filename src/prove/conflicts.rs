//! Where a permit and a deny meet: requests that the one would permit but for the other.

use std::sync::Arc;

use batsat::Lit;

use super::named::Named;
use super::requests::Requests;
use super::search::Found;
use crate::decide::Request;
use crate::model::Effect;
use crate::program::Program;

/// A permit and a deny that both count for some request, which would be permitted without the deny.
#[derive(Debug)]
pub struct Conflict {
    /// The rule that permits it.
    pub permit: Named,
    /// The rule that refuses it, alone.
    pub deny: Named,
    /// Such a request. It states no more than it must.
    pub example: Request,
}

/// Every conflict of a policy set.
#[derive(Debug)]
pub struct Conflicts {
    /// Those that were found, by the deny, then by the permit, in the order of the program.
    pub found: Vec<Conflict>,
    /// Whether there are no others: the search did not give up.
    pub complete: bool,
}

/// Finds every conflict.
pub(crate) fn conflicts(program: &Arc<Program>, budget: usize) -> Conflicts {
    let mut all = Requests::new(program);
    let mut conflicts = Conflicts { found: Vec::new(), complete: true };
    let of = |effect: Effect| {
        let rules = program.rules.iter().enumerate();
        let rules = rules.filter(move |(_, rule)| rule.effect == effect && !rule.trial);
        rules.filter_map(|(place, _)| Some((place, Named::of_rule(program, place)?)))
    };
    for (deny, refuses) in of(Effect::Deny) {
        let but_for = permitted_but_for(&all, program, deny);
        let mut steps = budget;
        if matches!(all.space.find(&but_for, &mut steps), Found::Nothing) {
            continue;
        }
        for (permit, permits) in of(Effect::Permit) {
            let Some(counts) = all.stated.counts.get(permit) else { continue };
            let both: Vec<Lit> = but_for.iter().copied().chain([*counts]).collect();
            let mut steps = budget;
            match all.space.find_least(&both, &mut steps) {
                Found::Nothing => {}
                Found::GaveUp => conflicts.complete = false,
                Found::Values(values) => {
                    let example = all.space.request(&all.view, &values);
                    let (permit, deny) = (permits, refuses.clone());
                    conflicts.found.push(Conflict { permit, deny, example });
                }
            }
        }
    }
    conflicts
}

/// That this deny refuses, and nothing else does.
fn permitted_but_for(all: &Requests, program: &Program, deny: usize) -> Vec<Lit> {
    let counts = program.rules.iter().zip(&all.stated.counts).enumerate();
    let denies = counts.filter(|(_, (rule, _))| rule.effect == Effect::Deny);
    let only = denies.map(|(place, (_, counts))| if place == deny { *counts } else { !*counts });
    let agreed = all.stated.agreed.iter().map(|(_, agrees)| *agrees);
    std::iter::once(all.stated.governed).chain(agreed).chain(only).collect()
}
