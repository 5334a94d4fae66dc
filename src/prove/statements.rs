//! What a program says of a request, as literals.

use std::collections::BTreeMap;
use std::sync::Arc;

use batsat::Lit;

use super::space::Space;
use super::view::View;
use crate::model::{Effect, ObligationId};
use crate::program::{RuleEntry, at};

/// The contract, word for word.
pub(super) struct Outcome {
    /// Whether the request is permitted: as the policies go, whatever the gateway can carry out.
    pub(super) permitted: Lit,
    /// That some granting policy certainly governs.
    pub(super) governed: Lit,
    /// For each granting policy that is looked at: that it does not govern, or permits.
    pub(super) agreed: Vec<(usize, Lit)>,
    /// For each rule: that it permits, refuses or requires; never, of a trial rule.
    pub(super) counts: Vec<Lit>,
}

/// What the policies come to.
pub(super) fn outcome(space: &mut Space, view: &mut View) -> Outcome {
    let (program, seen) = (Arc::clone(&view.program), Arc::clone(&view.seen));
    let never = space.circuit.never();
    let mut counts = vec![never; program.rules.len()];
    let mut permits: BTreeMap<usize, Vec<Lit>> = BTreeMap::new();
    let mut denied = Vec::new();
    let rules = seen.rules.iter().filter_map(|place| Some((*place, program.rules.get(*place)?)));
    for (place, rule) in rules.filter(|(_, rule)| !rule.trial) {
        let certain = rule.effect == Effect::Permit || rule.certain;
        let mut literal = view.stands(space, place, certain);
        if let Some(switch) = view.switches.rules.get(&place).copied() {
            let possible = view.stands(space, place, false);
            let switched = space.circuit.and([switch, possible]);
            literal = space.circuit.or([literal, switched]);
        }
        if let Some(count) = counts.get_mut(place) {
            *count = literal;
        }
        match rule.effect {
            Effect::Permit => permits.entry(at(rule.policy)).or_default().push(literal),
            Effect::Deny => denied.push(literal),
            Effect::Require => {}
        }
    }
    let mut governing = Vec::new();
    let mut agreed = Vec::new();
    let granting = |policy: &usize| program.policies.get(*policy).is_some_and(|entry| entry.grants);
    for policy in seen.policies.iter().copied().filter(granting) {
        governing.push(view.governs(space, policy, true));
        let silent = !view.governs(space, policy, false);
        let permits = permits.remove(&policy).unwrap_or_default();
        agreed.push((policy, space.circuit.or(permits.into_iter().chain([silent]))));
    }
    let governed = space.circuit.or(governing);
    let denied = space.circuit.or(denied);
    let all_agree: Vec<Lit> = agreed.iter().map(|(_, literal)| *literal).collect();
    let permitted = space.circuit.and(all_agree.into_iter().chain([governed, !denied]));
    Outcome { permitted, governed, agreed, counts }
}

/// That the obligations of a rule attach to a permit.
pub(super) fn attaches(space: &mut Space, view: &mut View, place: usize, rule: &RuleEntry) -> Lit {
    if rule.trial || !rule.on_permit {
        return space.circuit.never();
    }
    view.stands(space, place, rule.certain)
}

/// That a permit carries an obligation.
pub(super) fn carries(space: &mut Space, view: &mut View, obligation: ObligationId) -> Lit {
    let program = Arc::clone(&view.program);
    let mut each = Vec::new();
    for (place, rule) in program.rules.iter().enumerate() {
        if rule.obligations & obligation.bit() != 0 {
            each.push(attaches(space, view, place, rule));
        }
    }
    space.circuit.or(each)
}
