//! Two programs over the same columns: requests on which they differ.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use batsat::Lit;

use super::search::Found;
use super::space::{Asked, FactId, Space, VariableId, class_of};
use super::statements::{Outcome, attaches, outcome};
use super::view::View;
use crate::model::{AttributeId, Effect, Merge, ObligationId, Value};
use crate::program::{
    ArgumentValue, Class, ColumnId, Program, Question, RuleEntry, YES, at, nth_class,
};

/// How a program reads an attribute, where the two do not read it alike.
#[derive(Clone, Debug)]
pub(crate) enum Reads {
    /// Only these words are values of it.
    Only(Vec<Box<str>>),
    /// It is missing in every request that is asked about, and stands for this.
    Missing(Option<Value>),
}

/// In what the outcomes of a request differ.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Differs {
    /// The first refuses, the second permits.
    Granted,
    /// The first permits, the second refuses.
    Refused,
    /// Both permit or both refuse, with other obligations: there is one that only one of them
    /// carries, or a parameter that rules set to other values.
    Obligations,
    /// In any of these.
    Any,
    /// As in obligations, where a parameter is the value of an attribute, which may come to the same.
    Perhaps,
}

/// The requests that are asked about: those of which a statement is true.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Within(Lit);

/// The requests to a program, and what it makes of them.
pub(crate) struct Side {
    program: Arc<Program>,
    view: View,
    outcome: Outcome,
}

/// What a search for a request came to.
#[derive(Debug)]
pub(crate) enum Search {
    /// The values of its attributes; where there is none, it is unknown or missing.
    Request(Vec<(AttributeId, Value)>),
    /// There is none.
    None,
    /// The budget was spent before that could be said.
    GaveUp,
}

/// Every request to several programs that share their columns.
pub(crate) struct Differ {
    space: Space,
}

impl Differ {
    /// Every request to a program, and to others with the same columns.
    pub(crate) fn new(program: &Arc<Program>) -> Self {
        Self { space: Space::new(program) }
    }

    /// What a program makes of the requests, which it reads so.
    pub(crate) fn side(&mut self, program: &Arc<Program>, reads: &[(AttributeId, Reads)]) -> Side {
        let mut view = View::of(program);
        for id in program.vocabulary.attribute_ids() {
            if program.vocabulary[id].is_derived() {
                // Whoever states it, here it follows from the others.
                view = view.but(id, None);
                continue;
            }
            let Some((_, read)) = reads.iter().find(|(read, _)| *read == id) else { continue };
            let fact = match read {
                Reads::Missing(None) => None,
                Reads::Missing(value) => {
                    let fact = self.space.fact(id, value.clone());
                    let known = self.space.known(fact);
                    self.space.circuit.require([known]);
                    Some(fact)
                }
                Reads::Only(words) => Some(self.narrowed(program, id, words)),
            };
            view = view.but(id, fact);
        }
        let outcome = outcome(&mut self.space, &mut view);
        Side { program: Arc::clone(program), view, outcome }
    }

    /// An attribute as one sees it who takes only these words for values: else it is unknown.
    fn narrowed(&mut self, program: &Program, id: AttributeId, words: &[Box<str>]) -> FactId {
        let space = &mut self.space;
        let (whole, narrow) = (Space::first(id), space.fact(id, None));
        let listed = |word: &str| words.iter().any(|listed| **listed == *word);
        let known = space.known(narrow);
        let mut no_others = vec![space.known(whole)];
        let mut has_some = [vec![!space.known(whole)], vec![!known]];
        for (column, of) in (0..).map(ColumnId).zip(&program.columns) {
            if of.attribute != id {
                continue;
            }
            let mut variable = |fact| space.variable(Asked { column, left: fact, right: None });
            let pair = match &of.question {
                Question::Word(_) | Question::Has(_) | Question::Empty => {
                    [variable(whole), variable(narrow)]
                }
                _ => continue,
            };
            match &of.question {
                Question::Word(_) => {
                    let crate::model::Kind::Enum(all) = &program.vocabulary[id].kind else {
                        continue;
                    };
                    for (place, word) in all.list().iter().enumerate() {
                        let [ours, theirs] = classes(space, pair, nth_class(place));
                        if listed(word) {
                            same(space, ours, theirs);
                        } else {
                            no_others.push(!ours);
                            space.circuit.require([!theirs]);
                        }
                    }
                }
                Question::Has(word) => {
                    let [ours, theirs] = classes(space, pair, YES);
                    if !listed(word) {
                        no_others.push(!ours);
                    }
                    let seen = space.circuit.and([known, ours]);
                    same(space, seen, theirs);
                    has_some.iter_mut().zip([ours, theirs]).for_each(|(some, has)| some.push(has));
                }
                _ => {
                    let [ours, theirs] = classes(space, pair, YES);
                    let seen = space.circuit.and([known, ours]);
                    same(space, seen, theirs);
                    has_some.iter_mut().zip([ours, theirs]).for_each(|(some, has)| some.push(has));
                }
            }
        }
        let no_others = space.circuit.and(no_others);
        same(space, known, no_others);
        if matches!(program.vocabulary[id].kind, crate::model::Kind::Set(_)) {
            // Every word is asked about: a set without any of them is empty.
            has_some.into_iter().for_each(|some| space.circuit.require(some));
        }
        narrow
    }

    /// Every request.
    pub(crate) fn everywhere(&self) -> Within {
        Within(self.space.circuit.always())
    }

    /// The requests in which these attributes are known.
    pub(crate) fn known(&mut self, attributes: &[AttributeId]) -> Within {
        let known = attributes.iter().map(|id| self.space.known(Space::first(*id)));
        let known: Vec<Lit> = known.collect();
        Within(self.space.circuit.and(known))
    }

    /// The requests in which nothing is stated of the attributes of which a missing value stands for
    /// one, as far as the columns tell.
    pub(crate) fn at_rest(&mut self, program: &Program) -> Within {
        let mut resting = Vec::new();
        for id in program.vocabulary.attribute_ids() {
            let attribute = &program.vocabulary[id];
            let Some(absent) = &attribute.absent else { continue };
            let left = Space::first(id);
            resting.push(self.space.known(left));
            for column in program.filled_by.get(id.index()).into_iter().flatten() {
                let question = program.columns.get(column.index()).map(|found| &found.question);
                let class = question.and_then(|asks| class_of(asks, Some(&attribute.kind), absent));
                let Some(class) = class else { continue };
                let asked = Asked { column: *column, left, right: None };
                let variable = self.space.variable(asked);
                resting.push(self.space.has_class(variable, class));
            }
        }
        Within(self.space.circuit.and(resting))
    }

    /// The requests in both regions.
    pub(crate) fn both(&mut self, one: Within, other: Within) -> Within {
        Within(self.space.circuit.and([one.0, other.0]))
    }

    /// The requests in some of these regions.
    pub(crate) fn some_of(&mut self, regions: &[Within]) -> Within {
        Within(self.space.circuit.or(regions.iter().map(|region| region.0)))
    }

    /// The requests in none of these regions.
    pub(crate) fn none_of(&mut self, regions: &[Within]) -> Within {
        Within(!self.some_of(regions).0)
    }

    /// The requests for which a rule may stand.
    pub(crate) fn standing(&mut self, side: &mut Side, rule: usize) -> Within {
        Within(side.view.stands(&mut self.space, rule, false))
    }

    /// The requests for which the conditions of two rules are not as true as each other.
    pub(crate) fn rule_changes(
        &mut self,
        (old, old_rule): (&mut Side, usize),
        (new, new_rule): (&mut Side, usize),
    ) -> Within {
        let both = [true, false].map(|certain| {
            let before = old.view.stands(&mut self.space, old_rule, certain);
            let after = new.view.stands(&mut self.space, new_rule, certain);
            xor(&mut self.space, before, after)
        });
        Within(self.space.circuit.or(both))
    }

    /// The requests for which policies do not govern alike.
    pub(crate) fn governs_changes(
        &mut self,
        (old, old_policy): (&mut Side, Option<usize>),
        (new, new_policy): (&mut Side, Option<usize>),
    ) -> Within {
        let never = self.space.circuit.never();
        let both = [true, false].map(|certain| {
            let space = &mut self.space;
            let before = old_policy.map(|policy| old.view.governs(space, policy, certain));
            let after = new_policy.map(|policy| new.view.governs(space, policy, certain));
            xor(space, before.unwrap_or(never), after.unwrap_or(never))
        });
        Within(self.space.circuit.or(both))
    }

    /// The requests for which an attribute has not the same class in both.
    pub(crate) fn value_changes(
        &mut self,
        old: &mut Side,
        new: &mut Side,
        id: AttributeId,
    ) -> Within {
        let mut differing = Vec::new();
        let program = Arc::clone(&new.program);
        for column in program.filled_by.get(id.index()).into_iter().flatten() {
            let count = program.columns.get(column.index()).map_or(0, |column| column.classes());
            for class in (0..count).filter_map(|class| Class::try_from(class).ok()) {
                let only = crate::program::ClassSet::of(count, |other| other == class);
                let before = old.view.is_within(&mut self.space, *column, &only);
                let after = new.view.is_within(&mut self.space, *column, &only);
                differing.push(xor(&mut self.space, before, after));
            }
        }
        Within(self.space.circuit.or(differing))
    }

    /// Looks for a request in a region on which the two differ so. `least` asks for one that states
    /// no more than it must.
    pub(crate) fn find(
        &mut self,
        (old, new): (&mut Side, &mut Side),
        differs: Differs,
        within: Within,
        least: bool,
        mut budget: usize,
    ) -> Search {
        let (before, after) = (old.outcome.permitted, new.outcome.permitted);
        let mut statements = vec![within.0];
        let exactly = differs != Differs::Perhaps;
        let mut obligations = || {
            let permits = self.obligations_differ(old, new, true, exactly);
            let refusals = self.obligations_differ(old, new, false, exactly);
            let circuit = &mut self.space.circuit;
            let permits = circuit.and([before, after, permits]);
            let refusals = circuit.and([!before, !after, refusals]);
            circuit.or([permits, refusals])
        };
        match differs {
            Differs::Granted => statements.extend([!before, after]),
            Differs::Refused => statements.extend([before, !after]),
            Differs::Obligations | Differs::Perhaps => statements.push(obligations()),
            Differs::Any => {
                let obligations = obligations();
                let decision = xor(&mut self.space, before, after);
                statements.push(self.space.circuit.or([decision, obligations]));
            }
        }
        let found = if least {
            self.space.find_least(&statements, &mut budget)
        } else {
            self.space.find(&statements, &mut budget)
        };
        match found {
            Found::Nothing => Search::None,
            Found::GaveUp => Search::GaveUp,
            Found::Values(values) => {
                let ids = new.program.vocabulary.attribute_ids();
                let stated =
                    ids.filter_map(|id| Some((id, values.get(&Space::first(id))?.clone())));
                Search::Request(stated.collect())
            }
        }
    }

    /// The denies that refuse some request of a region, and the granting policies that permit not all
    /// that they may govern of it.
    pub(crate) fn biting(
        &mut self,
        side: &Side,
        within: Within,
        budget: usize,
    ) -> (Vec<usize>, Vec<usize>) {
        let mut is_found = |literal: Lit| {
            let mut budget = budget;
            !matches!(self.space.find(&[within.0, literal], &mut budget), Found::Nothing)
        };
        let counting = side.program.rules.iter().zip(&side.outcome.counts).enumerate();
        let denies = counting.filter(|(_, (rule, _))| rule.effect == Effect::Deny && !rule.trial);
        let denies = denies.filter(|(_, (_, counts))| is_found(**counts));
        let denies = denies.map(|(place, _)| place).collect();
        let silent = side.outcome.agreed.iter().filter(|(_, agrees)| is_found(!*agrees));
        (denies, silent.map(|(policy, _)| *policy).collect())
    }

    fn obligations_differ(
        &mut self,
        old: &mut Side,
        new: &mut Side,
        permit: bool,
        exactly: bool,
    ) -> Lit {
        let mut differing = Vec::new();
        for place in 0..64 {
            let obligation = ObligationId(place);
            let before = self.bringing(old, obligation, permit);
            let after = self.bringing(new, obligation, permit);
            if before.is_empty() && after.is_empty() {
                continue;
            }
            let carried = [&before, &after]
                .map(|rules| self.space.circuit.or(rules.iter().map(|(_, brings)| *brings)));
            let [one, other] = carried;
            if exactly {
                differing.push(xor(&mut self.space, one, other));
            }
            let both = self.space.circuit.and(carried);
            for (in_old, in_new) in parameters(&old.program, &new.program, obligation) {
                let before = self.contributions(old, obligation, &before, in_old);
                let after = self.contributions(new, obligation, &after, in_new);
                let merge = |side: &Side, place: Option<usize>| {
                    let types = &side.program.vocabulary[obligation].parameters;
                    types.get(place?).map(|parameter| parameter.merge)
                };
                let merges = [merge(old, in_old), merge(new, in_new)];
                let alike = matches!(merges, [Some(one), Some(other)] if one == other);
                let of_request =
                    before.keys().chain(after.keys()).any(|key| matches!(key, Contribution::Of(_)));
                let is_exact = alike && !of_request;
                if is_exact != exactly {
                    continue;
                }
                let other = match merges {
                    [Some(merge), _] if alike => self.values_differ(merge, &before, &after),
                    _ => self.space.circuit.always(),
                };
                differing.push(self.space.circuit.and([both, other]));
            }
        }
        self.space.circuit.or(differing)
    }

    /// The rules that bring an obligation, to a permit or to a refusal, and that each does.
    fn bringing(
        &mut self,
        side: &mut Side,
        obligation: ObligationId,
        permit: bool,
    ) -> Vec<(usize, Lit)> {
        let program = Arc::clone(&side.program);
        let mut bringing = Vec::new();
        for (place, rule) in program.rules.iter().enumerate() {
            if rule.obligations & obligation.bit() == 0 || rule.trial {
                continue;
            }
            let brings = match permit {
                true => attaches(&mut self.space, &mut side.view, place, rule),
                false if rule.on_deny => {
                    let stands = side.view.stands(&mut self.space, place, true);
                    let governs = side.view.governs(&mut self.space, at(rule.policy), true);
                    self.space.circuit.and([stands, governs])
                }
                false => continue,
            };
            bringing.push((place, brings));
        }
        bringing
    }

    /// What rules contribute to a parameter, and that one of them does.
    fn contributions(
        &mut self,
        side: &Side,
        obligation: ObligationId,
        bringing: &[(usize, Lit)],
        parameter: Option<usize>,
    ) -> BTreeMap<Contribution, Lit> {
        let types = &side.program.vocabulary[obligation].parameters;
        let declared = parameter.and_then(|place| types.get(place));
        let Some((place, declared)) = parameter.zip(declared) else { return BTreeMap::new() };
        let mut by_value: BTreeMap<Contribution, Vec<Lit>> = BTreeMap::new();
        for (rule, brings) in bringing {
            let Some(rule) = side.program.rule(*rule) else { continue };
            let keys = match (argument(&side.program, rule, obligation, place), &declared.default) {
                (Some(ArgumentValue::Of(attribute)), _) => vec![Contribution::Of(*attribute)],
                (Some(ArgumentValue::Fixed(value)), _) | (None, Some(value)) => {
                    Contribution::of(value, declared.merge)
                }
                (None, None) => vec![],
            };
            keys.into_iter().for_each(|key| by_value.entry(key).or_default().push(*brings));
        }
        let or = |(key, brings): (Contribution, Vec<Lit>)| (key, self.space.circuit.or(brings));
        by_value.into_iter().map(or).collect()
    }

    /// That merging comes to something else.
    fn values_differ(
        &mut self,
        merge: Merge,
        before: &BTreeMap<Contribution, Lit>,
        after: &BTreeMap<Contribution, Lit>,
    ) -> Lit {
        let mut keys: Vec<&Contribution> =
            before.keys().chain(after.keys()).collect::<BTreeSet<_>>().into_iter().collect();
        let of_request = keys.iter().any(|key| matches!(key, Contribution::Of(_)));
        if merge == Merge::Most {
            keys.reverse();
        }
        let first_counts = matches!(merge, Merge::Least | Merge::Most) && !of_request;
        let never = self.space.circuit.never();
        let mut differing = Vec::new();
        let (mut none_before, mut none_after) = (!never, !never);
        for key in keys {
            let [ours, theirs] =
                [before, after].map(|side| side.get(key).copied().unwrap_or(never));
            let circuit = &mut self.space.circuit;
            let (one, other) =
                (circuit.and([none_before, ours]), circuit.and([none_after, theirs]));
            if first_counts {
                none_before = circuit.and([none_before, !ours]);
                none_after = circuit.and([none_after, !theirs]);
            }
            differing.push(xor(&mut self.space, one, other));
        }
        self.space.circuit.or(differing)
    }
}

/// What a rule contributes to the value of a parameter.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Contribution {
    /// A set, whatever its words.
    Set,
    /// A word of a set.
    Word(Box<str>),
    /// A value.
    Fixed(Value),
    /// The request's value of an attribute.
    Of(AttributeId),
}

impl Contribution {
    fn of(value: &Value, merge: Merge) -> Vec<Self> {
        match (value, merge) {
            (Value::Set(words), Merge::Union) => {
                let words = words.iter().cloned().map(Self::Word);
                std::iter::once(Self::Set).chain(words).collect()
            }
            _ => vec![Self::Fixed(value.clone())],
        }
    }
}

fn argument<'p>(
    program: &'p Program,
    rule: &RuleEntry,
    id: ObligationId,
    parameter: usize,
) -> Option<&'p ArgumentValue> {
    let mut arguments = program.arguments(rule).iter();
    let set = arguments.find(|set| set.obligation == id && set.parameter == parameter);
    set.map(|set| &set.value)
}

/// The places of each parameter of an obligation in two programs, by its name.
fn parameters(
    old: &Program,
    new: &Program,
    id: ObligationId,
) -> Vec<(Option<usize>, Option<usize>)> {
    let types = [old, new].map(|program| program.vocabulary[id].parameters.as_slice());
    let names: BTreeSet<&str> =
        types.iter().flat_map(|list| list.iter().map(|one| one.name.as_str())).collect();
    let place = |list: &[crate::model::Parameter], name: &str| {
        list.iter().position(|parameter| parameter.name == name)
    };
    let [old, new] = types;
    names.into_iter().map(|name| (place(old, name), place(new, name))).collect()
}

fn classes(space: &mut Space, pair: [VariableId; 2], class: Class) -> [Lit; 2] {
    pair.map(|variable| space.has_class(variable, class))
}

fn same(space: &mut Space, one: Lit, other: Lit) {
    space.circuit.require([!one, other]);
    space.circuit.require([one, !other]);
}

fn xor(space: &mut Space, one: Lit, other: Lit) -> Lit {
    let circuit = &mut space.circuit;
    let only = [circuit.and([one, !other]), circuit.and([!one, other])];
    circuit.or(only)
}
