//! Two requests that differ in one attribute: whether withholding it, or a worse value, ever helps.

use std::cmp::Ordering;
use std::sync::Arc;

use batsat::Lit;

use super::requests::{Requests, Spaces};
use super::search::Found;
use super::space::{FactId, Space};
use super::statements::outcome;
use super::view::View;
use crate::decide::Request;
use crate::model::{AttributeId, Better, Effect, Kind, Value};
use crate::program::{Program, at, nth_class};

/// A refused request that is permitted once one value is withheld.
#[derive(Debug)]
pub struct Silence {
    /// The attribute whose value is withheld.
    pub attribute: String,
    /// What it is then: its `absent`, or unknown.
    pub instead: Option<Value>,
    /// The request that is refused. It states no more than it must where nothing is declared.
    pub request: Box<Request>,
    /// The declarations without which that would not help. If there are none, no author said that
    /// unknown is all right there.
    pub declared: Vec<Declaration>,
}

/// The author's word that unknown is all right somewhere.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Declaration {
    /// The attribute's `absent`.
    Absent,
    /// A deny that counts only when it is certain.
    Rule {
        /// Its policy.
        policy: String,
        /// Its name.
        rule: String,
    },
    /// A `certain` branch of a derived attribute, which gives this value.
    Branch {
        /// The attribute.
        attribute: String,
        /// The value.
        value: Value,
    },
}

/// Which attributes a request may withhold with profit.
#[derive(Debug)]
pub struct Silences {
    /// Those that were found.
    pub found: Vec<Silence>,
    /// Those of which it could not be told within the budget.
    pub undecided: Vec<String>,
}

/// Finds every attribute whose withholding, alone, turns a refusal into a permit.
///
/// Where none is found without a declaration, withholding any number of values never helps without
/// one: they may be withheld one after the other.
pub(crate) fn silences(program: &Arc<Program>, budget: usize) -> Silences {
    let mut silences = Silences { found: Vec::new(), undecided: Vec::new() };
    let mut spaces = Spaces::new(|| Requests::new(program));
    let mut switched = Spaces::new(|| Switched::new(program));
    for attribute in stated(program) {
        let name = &program.vocabulary[attribute].name;
        let might_help = might_help(spaces.next(), attribute, budget);
        if !might_help.contains(&true) {
            continue;
        }
        let switched = switched.next();
        let pairs = switched.pairs(attribute).into_iter().zip(might_help);
        for (pair, _) in pairs.filter(|(_, might_help)| *might_help) {
            let mut budget = budget;
            match switched.helps(&pair, attribute, &mut budget) {
                Ok(None) => {}
                Ok(Some(silence)) => silences.found.push(silence),
                Err(GaveUp) => silences.undecided.push(name.clone()),
            }
        }
    }
    silences
}

/// For each way to withhold an attribute, whether it may help, as declared. Of most it does not.
fn might_help(all: &mut Requests, attribute: AttributeId, budget: usize) -> Vec<bool> {
    let Requests { space, view, stated } = all;
    let pairs = withholding(space, view, attribute);
    let mut might_help = |pair: Pair| {
        let refused = [!stated.permitted];
        let helps: Vec<Lit> = pair.statements.into_iter().chain(refused).collect();
        let mut budget = budget;
        !matches!(space.find(&helps, &mut budget), Found::Nothing)
    };
    pairs.into_iter().map(&mut might_help).collect()
}

/// The attributes that a request states.
fn stated(program: &Program) -> impl Iterator<Item = AttributeId> + '_ {
    let asked = |id: &AttributeId| {
        program.columns.iter().any(|column| {
            let other = match &column.question {
                crate::program::Question::Relates(_, other) => Some(*other),
                crate::program::Question::FromNow(_) => program.vocabulary.time(),
                _ => None,
            };
            column.attribute == *id || other == Some(*id)
        })
    };
    let ids = program.vocabulary.attribute_ids();
    ids.filter(|id| !program.vocabulary[*id].is_derived()).filter(asked)
}

struct GaveUp;

/// Every request, as the author declared, and with the declarations as switches.
struct Switched {
    space: Space,
    view: View,
    permitted: Lit,
    switched: View,
    switched_permitted: Lit,
    declared: Vec<(Lit, Declaration)>,
}

/// A request and another that withholds a value, both ways.
struct BothWays {
    as_declared: Pair,
    switched: Pair,
}

impl Switched {
    fn new(program: &Arc<Program>) -> Self {
        let (mut space, mut view) = (Space::new(program), View::of(program));
        let permitted = outcome(&mut space, &mut view).permitted;
        let mut switched = View::of(program);
        let mut declared = Vec::new();
        for (place, rule) in program.rules.iter().enumerate() {
            if rule.effect == Effect::Deny && rule.certain && !rule.trial {
                let switch = space.circuit.open();
                switched.switches.rules.insert(place, switch);
                let policy = program.policies.get(at(rule.policy));
                let policy = policy.map_or("", |policy| program.text(policy.name)).to_owned();
                let rule = program.text(rule.id).to_owned();
                declared.push((switch, Declaration::Rule { policy, rule }));
            }
        }
        for derivation in &program.derivations {
            let attribute = &program.vocabulary[derivation.attribute];
            let branches = attribute.derive.iter().enumerate();
            for (place, branch) in branches.filter(|(_, branch)| branch.certain) {
                let switch = space.circuit.open();
                switched.switches.branches.insert((derivation.attribute, place), switch);
                let (attribute, value) = (attribute.name.clone(), branch.value.clone());
                declared.push((switch, Declaration::Branch { attribute, value }));
            }
        }
        let switched_permitted = outcome(&mut space, &mut switched).permitted;
        Self { space, view, permitted, switched, switched_permitted, declared }
    }

    fn pairs(&mut self, attribute: AttributeId) -> Vec<BothWays> {
        let as_declared = withholding(&mut self.space, &self.view, attribute);
        let switched = withholding(&mut self.space, &self.switched, attribute);
        let both = as_declared.into_iter().zip(switched);
        both.map(|(as_declared, switched)| BothWays { as_declared, switched }).collect()
    }

    /// That withholding helps as declared; and that it still does with these declarations switched
    /// off and no others.
    fn with(&self, pair: &BothWays, off: &[Lit]) -> Vec<Lit> {
        let switch = |switch: Lit| if off.contains(&switch) { switch } else { !switch };
        let switches = self.declared.iter().map(|(literal, _)| switch(*literal));
        let BothWays { as_declared, switched } = pair;
        let helps = as_declared.statements.iter().copied().chain([!self.permitted]);
        let still = switched.statements.iter().copied().chain([!self.switched_permitted]);
        helps.chain(still).chain(switches).collect()
    }

    /// What the second of a pair gains over the first, and why it may.
    fn helps(
        &mut self,
        pair: &BothWays,
        attribute: AttributeId,
        budget: &mut usize,
    ) -> Result<Option<Silence>, GaveUp> {
        let mut values = match self.space.find(&self.with(pair, &[]), budget) {
            Found::Nothing => return Ok(None),
            Found::GaveUp => return Err(GaveUp),
            Found::Values(values) => values,
        };
        let instead = self.space.request(&pair.as_declared.second, &values).value_of(attribute);
        let mut off: Vec<Lit> = self.declared.iter().map(|(switch, _)| *switch).collect();
        let mut let_it = Vec::new();
        if instead.is_some() {
            // What `absent` stands for is declared to be all right, whatever else is.
            let_it.push(Declaration::Absent);
        } else {
            match self.space.find_least(&self.with(pair, &off), budget) {
                Found::Nothing => let_it = self.fewest(pair, &mut off, budget),
                Found::GaveUp => return Err(GaveUp),
                Found::Values(found) => values = found,
            }
        }
        Ok(Some(Silence {
            attribute: self.view.program.vocabulary[attribute].name.clone(),
            instead,
            request: Box::new(self.space.request(&self.view, &values)),
            declared: let_it,
        }))
    }

    /// Declarations that must be switched off for it not to help: with fewer of them, it does.
    fn fewest(
        &mut self,
        pair: &BothWays,
        off: &mut Vec<Lit>,
        budget: &mut usize,
    ) -> Vec<Declaration> {
        for (switch, _) in self.declared.clone() {
            let fewer: Vec<Lit> = off.iter().copied().filter(|other| *other != switch).collect();
            if let Found::Nothing = self.space.find(&self.with(pair, &fewer), budget) {
                *off = fewer;
            }
        }
        let needed = self.declared.iter().filter(|(switch, _)| off.contains(switch));
        needed.map(|(_, declaration)| declaration.clone()).collect()
    }
}

/// A request and another that differs from it in one value: the other, and what makes it so.
pub(super) struct Pair {
    pub(super) second: View,
    /// That they differ so, and that the second is permitted.
    pub(super) statements: Vec<Lit>,
}

/// The pairs of which the second withholds the value of an attribute.
pub(super) fn withholding(space: &mut Space, view: &View, attribute: AttributeId) -> Vec<Pair> {
    let absent = view.program.vocabulary[attribute].absent.clone();
    let mut pairs = Vec::new();
    for instead in absent.map(Some).into_iter().chain([None]) {
        let fact = instead.map(|value| space.fact(attribute, Some(value)));
        let mut second = view.but(attribute, fact);
        let permitted = outcome(space, &mut second).permitted;
        let known = fact.map(|fact| space.known(fact));
        let statements = std::iter::once(permitted).chain(known).collect();
        pairs.push(Pair { second, statements });
    }
    pairs
}

/// The pair of which the second has a worse value of the attribute, if one value is worse than another.
pub(super) fn worsening(space: &mut Space, view: &View, attribute: AttributeId) -> Vec<Pair> {
    let better = view.program.vocabulary[attribute].better;
    let (Some(better), Some(good)) = (better, view.fact(attribute)) else { return Vec::new() };
    let bad = space.fact(attribute, None);
    let mut second = view.but(attribute, Some(bad));
    let permitted = outcome(space, &mut second).permitted;
    let mut statements = vec![permitted, space.known(good), space.known(bad)];
    statements.extend(worse(space, view, (good, bad), attribute, better));
    vec![Pair { second, statements }]
}

/// That one fact is worse than another of the same attribute. Numbers are held apart by the search.
fn worse(
    space: &mut Space,
    view: &View,
    (good, bad): (FactId, FactId),
    attribute: AttributeId,
    better: Better,
) -> Option<Lit> {
    let kind = view.program.vocabulary[attribute].kind.clone();
    let count = match &kind {
        Kind::Bool => 2,
        Kind::Enum(words) => words.list().len(),
        _ => {
            let (above, below) = if better == Better::Greater { (good, bad) } else { (bad, good) };
            space.below.push((above, below));
            return None;
        }
    };
    let order = |left: usize, right: usize| match &kind {
        Kind::Enum(words) => words.compare(left, right),
        _ => Some(left.cmp(&right)),
    };
    let wanted = if better == Better::Greater { Ordering::Less } else { Ordering::Greater };
    let mut pairs = Vec::new();
    for bad_place in 0..count {
        for good_place in 0..count {
            if order(bad_place, good_place) == Some(wanted) {
                let is_bad = class_is(space, view, bad, attribute, bad_place)?;
                let is_good = class_is(space, view, good, attribute, good_place)?;
                pairs.push(space.circuit.and([is_bad, is_good]));
            }
        }
    }
    Some(space.circuit.or(pairs))
}

/// That a fact has the value at this place of its list.
fn class_is(
    space: &mut Space,
    view: &View,
    fact: FactId,
    attribute: AttributeId,
    place: usize,
) -> Option<Lit> {
    let columns = view.program.filled_by.get(attribute.index())?;
    let column = *columns.first()?;
    let variable = space.variable(super::space::Asked { column, left: fact, right: None });
    Some(space.has_class(variable, nth_class(place)))
}
