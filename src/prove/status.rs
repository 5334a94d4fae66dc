//! Whether rules matter, and what is left unsaid.

use std::sync::Arc;

use batsat::Lit;

use super::named::Named;
use super::refusals::Refusal;
use super::requests::{Regions, Requests};
use super::search::Found;
use super::statements::attaches;
use crate::decide::Request;
use crate::model::{AttributeId, Effect, Merge, ObligationId, Value};
use crate::program::{Argument, ArgumentValue, Program, RuleEntry, at};

/// What came of one rule.
#[derive(Debug)]
pub struct RuleStatus {
    /// The rule.
    pub rule: Named,
    /// Whether it matters.
    pub matters: Matters,
}

/// Whether a rule matters: whether some request comes out differently without it. A permit is judged
/// among the permits of its policy, in what the whole set permits. A deny is judged in its policy,
/// which must not hang on what others refuse.
#[derive(Debug)]
pub enum Matters {
    /// This request does: in whether it is permitted, or in what is owed with the decision.
    Needed(Box<Request>),
    /// None does, because of these rules, which say the same wherever it counts.
    Redundant(Vec<Named>),
    /// None does, because it never comes to count.
    Dead {
        /// What refuses wherever its condition is met. Nothing does if no request meets it, or if
        /// nothing is permitted (or refused) wherever one does.
        hidden_by: Vec<Named>,
        /// A request that meets its condition.
        example: Option<Box<Request>>,
    },
    /// None does, but it says why: its policy permits nothing that it refuses.
    Explains,
    /// It is only recorded.
    Trial,
    /// The search gave up.
    Unknown,
}

/// What came of every rule, in the order of policies and rules by name.
pub(crate) fn statuses(program: &Arc<Program>, budget: usize) -> Vec<RuleStatus> {
    let mut whole = Statuses::new(Requests::new(program), budget);
    let mut found = Vec::with_capacity(program.rules.len());
    for policy in 0..program.policies.len() {
        let mut part = whole.around(policy);
        let statuses = part.as_mut().unwrap_or(&mut whole);
        for (place, rule) in
            program.rules.iter().enumerate().filter(|(_, r)| at(r.policy) == policy)
        {
            let matters = if rule.trial { Ok(Matters::Trial) } else { statuses.of(place, rule) };
            let matters = matters.unwrap_or(Matters::Unknown);
            found.push(RuleStatus { rule: statuses.named(place), matters });
        }
    }
    found
}

/// Requests that a policy governs and that no rule speaks of: every permit of the policy is
/// certainly false of them, and no deny of the set takes part. Among the requests with given values;
/// at most so many regions a policy.
pub(crate) fn gaps(
    program: &Arc<Program>,
    given: &[(AttributeId, Value)],
    most: usize,
    budget: usize,
) -> Vec<(String, Regions)> {
    let mut all = Requests::new(program);
    let given = all.given(given);
    let Requests { space, view, stated } = &mut all;
    let mut silent = Vec::new();
    let counts = program.rules.iter().zip(&stated.counts);
    let denies = counts.filter(|(rule, _)| rule.effect == Effect::Deny);
    let denies: Vec<Lit> = denies.map(|(_, literal)| !*literal).collect();
    for (policy, entry) in program.policies.iter().enumerate().filter(|(_, entry)| entry.grants) {
        let mut parts = denies.clone();
        parts.push(view.governs(space, policy, true));
        for (place, rule) in program.rules.iter().enumerate() {
            if at(rule.policy) == policy && rule.effect == Effect::Permit && !rule.trial {
                parts.push(!view.stands(space, place, false));
            }
        }
        silent.push((program.text(entry.name).to_owned(), space.circuit.and(parts)));
    }
    let mut regions =
        |(policy, goal): (String, Lit)| (policy, all.regions(&given, goal, most, budget));
    silent.into_iter().map(&mut regions).filter(|(_, regions)| !regions.found.is_empty()).collect()
}

struct Statuses {
    all: Requests,
    /// For each rule: that its obligations go with a permit, and with a refusal.
    on_permit: Vec<Lit>,
    on_deny: Vec<Lit>,
    /// What is taken to be so.
    given: Vec<Lit>,
    budget: usize,
}

struct GaveUp;

/// Statements, and rules with what they state.
type Owing = (Vec<Lit>, Vec<(usize, Lit)>);

impl Statuses {
    fn new(mut all: Requests, budget: usize) -> Self {
        let program = Arc::clone(&all.view.program);
        let Requests { space, view, .. } = &mut all;
        let never = space.circuit.never();
        let mut on_permit = vec![never; program.rules.len()];
        let mut on_deny = on_permit.clone();
        for place in view.seen.rules.clone() {
            let Some(rule) = program.rules.get(place) else { continue };
            let permit = attaches(space, view, place, rule);
            let governs = view.governs(space, at(rule.policy), true);
            let certain = view.stands(space, place, true);
            let counts = rule.on_deny && !rule.trial;
            let deny = if counts { space.circuit.and([governs, certain]) } else { never };
            for (list, literal) in [(&mut on_permit, permit), (&mut on_deny, deny)] {
                list.get_mut(place).into_iter().for_each(|own| *own = literal);
            }
        }
        Self { all, on_permit, on_deny, given: Vec::new(), budget }
    }

    /// The same for the rules of one policy, among the policies that can govern with it: in a set of
    /// many owners these are few. `None` if that would leave nothing out, or not be the same.
    fn around(&mut self, policy: usize) -> Option<Self> {
        let view = self.all.view.around(policy)?;
        // Nothing must be permitted while it is open whether the policy governs.
        let Requests { space, view: whole, stated } = &mut self.all;
        let (certain, possible) =
            (whole.governs(space, policy, true), whole.governs(space, policy, false));
        let mut budget = self.budget;
        let open = [stated.permitted, possible, !certain];
        let Found::Nothing = space.find(&open, &mut budget) else { return None };
        let mut part = Self::new(Requests::seen_by(view), self.budget);
        let Requests { space, view, .. } = &mut part.all;
        part.given = vec![view.governs(space, policy, true)];
        Some(part)
    }

    fn program(&self) -> Arc<Program> {
        Arc::clone(&self.all.view.program)
    }

    fn named(&self, place: usize) -> Named {
        let named = Named::of_rule(&self.all.view.program, place);
        named.unwrap_or_else(|| Named { policy: String::new(), rule: None })
    }

    fn of(&mut self, place: usize, rule: &RuleEntry) -> Result<Matters, GaveUp> {
        let never = self.all.space.circuit.never();
        let counts = self.all.stated.counts.get(place).copied().unwrap_or(never);
        let permitted = self.all.stated.permitted;
        let mut because = Vec::new();
        let mut lives = false;
        // Where its effect would show, and the rules of the same effect that may stand in for it.
        let shows = match rule.effect {
            Effect::Permit => Some(self.where_given(&[counts, permitted])),
            Effect::Deny => Some(vec![counts, self.agrees(at(rule.policy))]),
            Effect::Require => None,
        };
        if let Some(shows) = shows {
            let program = self.program();
            let peers = program.rules.iter().enumerate().filter(|(other, peer)| {
                *other != place && peer.effect == rule.effect && peer.policy == rule.policy
            });
            let all_counts = &self.all.stated.counts;
            let peers: Vec<(usize, Lit)> =
                peers.filter_map(|(other, _)| Some((other, *all_counts.get(other)?))).collect();
            match self.covered(&shows, &peers)? {
                Covered::Not(request) => return Ok(Matters::Needed(request)),
                Covered::Nowhere => {}
                Covered::By(peers) => {
                    lives = true;
                    because.extend(peers);
                }
            }
        }
        for (shows, peers) in self.owing(place, rule) {
            match self.covered(&shows, &peers)? {
                Covered::Not(request) => return Ok(Matters::Needed(request)),
                Covered::Nowhere => {}
                Covered::By(peers) => {
                    lives = true;
                    because.extend(peers);
                }
            }
        }
        because.sort_unstable();
        because.dedup();
        if lives {
            return Ok(Matters::Redundant(
                because.into_iter().map(|rule| self.named(rule)).collect(),
            ));
        }
        if rule.effect == Effect::Deny {
            match self.covered(&[counts], &[])? {
                Covered::Nowhere => {}
                Covered::Not(_) | Covered::By(_) => return Ok(Matters::Explains),
            }
        }
        self.hidden(rule, counts)
    }

    fn where_given(&self, statements: &[Lit]) -> Vec<Lit> {
        statements.iter().chain(&self.given).copied().collect()
    }

    /// That a policy permits, denies apart, or does not govern.
    fn agrees(&self, policy: usize) -> Lit {
        let agreed = self.all.stated.agreed.iter().find(|(granting, _)| *granting == policy);
        agreed.map_or(self.all.space.circuit.always(), |(_, literal)| *literal)
    }

    /// For each obligation of a rule: where it shows, and the rules that may stand in for it there.
    fn owing(&self, place: usize, rule: &RuleEntry) -> Vec<Owing> {
        let program = &self.all.view.program;
        let permitted = self.all.stated.permitted;
        let mut owing = Vec::new();
        for id in (0..program.vocabulary.obligations().len()).filter_map(|id| u8::try_from(id).ok())
        {
            let id = ObligationId(id);
            if rule.obligations & id.bit() == 0 {
                continue;
            }
            for (with, when) in [(&self.on_permit, permitted), (&self.on_deny, !permitted)] {
                let Some(own) = with.get(place) else { continue };
                let peers = program.rules.iter().zip(with).enumerate();
                let peers = peers.filter(|(other, (peer, _))| {
                    *other != place && stands_in(program, id, peer, rule)
                });
                let peers = peers.map(|(other, (_, literal))| (other, *literal)).collect();
                owing.push((self.where_given(&[*own, when]), peers));
            }
        }
        owing
    }

    /// Whether, wherever these statements are true, one of the peers' is.
    fn covered(&mut self, shows: &[Lit], peers: &[(usize, Lit)]) -> Result<Covered, GaveUp> {
        let mut assumed = shows.to_vec();
        let mut by: Vec<usize> = Vec::new();
        loop {
            let mut budget = self.budget;
            match self.all.space.find(&assumed, &mut budget) {
                Found::GaveUp => return Err(GaveUp),
                Found::Nothing if by.is_empty() => return Ok(Covered::Nowhere),
                Found::Nothing => return Ok(Covered::By(by)),
                Found::Values(values) => {
                    let circuit = &self.all.space.circuit;
                    let peer = peers.iter().find(|(_, literal)| circuit.holds(*literal));
                    let Some((peer, literal)) = peer else {
                        let request = self.all.space.request(&self.all.view, &values);
                        return Ok(Covered::Not(Box::new(request)));
                    };
                    by.push(*peer);
                    assumed.push(!*literal);
                }
            }
        }
    }

    /// What refuses (of a permit) wherever a rule's condition is met.
    fn hidden(&mut self, rule: &RuleEntry, counts: Lit) -> Result<Matters, GaveUp> {
        if rule.effect != Effect::Permit {
            return Ok(Matters::Dead { hidden_by: Vec::new(), example: None });
        }
        let mut refusals = self.all.refusals();
        // A deny says more than a silence.
        refusals.sort_by_key(|(name, _)| name.rule.is_none());
        let shows = self.where_given(&[counts]);
        let hidden_by = self.all.refusing(&shows, &refusals, self.budget).ok_or(GaveUp)?;
        let example = self.hidden_alone(counts, &refusals, &hidden_by);
        Ok(Matters::Dead { hidden_by, example })
    }

    /// A request that a rule permits and nothing refuses but one of these; else any that it permits.
    fn hidden_alone(
        &mut self,
        counts: Lit,
        refusals: &[Refusal],
        hidden_by: &[Named],
    ) -> Option<Box<Request>> {
        let alone = hidden_by.iter().map(|name| {
            let others = refusals.iter().filter(|(other, _)| other != name);
            let others = others.map(|(_, literal)| !*literal);
            std::iter::once(counts).chain(others).collect::<Vec<Lit>>()
        });
        let questions: Vec<Vec<Lit>> = alone.chain([vec![counts]]).collect();
        questions.into_iter().find_map(|assumed| {
            let mut budget = self.budget;
            let Found::Values(values) = self.all.space.find_least(&assumed, &mut budget) else {
                return None;
            };
            Some(Box::new(self.all.space.request(&self.all.view, &values)))
        })
    }
}

/// What came of asking whether peers stand in for a rule.
enum Covered {
    /// They do not here.
    Not(Box<Request>),
    /// It shows nowhere.
    Nowhere,
    /// These do, wherever it shows.
    By(Vec<usize>),
}

/// Whether a rule that brings the obligation makes no difference to another that does: its
/// parameters are as strict at least.
fn stands_in(program: &Program, id: ObligationId, peer: &RuleEntry, rule: &RuleEntry) -> bool {
    if peer.obligations & id.bit() == 0 {
        return false;
    }
    let parameters = program.vocabulary[id].parameters.iter().enumerate();
    let mut alike = parameters.map(|(place, parameter)| {
        let of = |rule: &RuleEntry| {
            let set =
                |argument: &&Argument| argument.obligation == id && argument.parameter == place;
            match program.arguments(rule).iter().find(set).map(|argument| argument.value.clone()) {
                None => parameter.default.clone().map(ArgumentValue::Fixed),
                value => value,
            }
        };
        match (of(rule), of(peer)) {
            (None, _) => true,
            (Some(ArgumentValue::Of(ours)), Some(ArgumentValue::Of(theirs))) => ours == theirs,
            (Some(ArgumentValue::Fixed(ours)), Some(ArgumentValue::Fixed(theirs))) => {
                as_strict(parameter.merge, &theirs, &ours)
            }
            _ => false,
        }
    });
    alike.all(|alike| alike)
}

/// Whether merging the second value with the first gives the first.
fn as_strict(merge: Merge, first: &Value, second: &Value) -> bool {
    match (merge, first, second) {
        (Merge::Least, ..) => first <= second,
        (Merge::Most, ..) => first >= second,
        (Merge::Union, Value::Set(first), Value::Set(second)) => {
            second.iter().all(|word| first.contains(word))
        }
        (Merge::All | Merge::Union, ..) => first == second,
    }
}
