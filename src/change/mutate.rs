//! Mutation testing: whether the tests of a policy set notice what is altered in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bench::Bench;
use super::case::{Case, differ_so, obligations};
use super::diff::Edited;
use super::mutants::{Mutant, mutants};
use crate::compile::Family;
use crate::decide::{Decision, Merged, Request, Standing, decide};
use crate::model::{AttributeId, Findings, Limits, Reason, Value};
use crate::policy::PolicySet;
use crate::program::{ArgumentValue, Program};
use crate::prove::{Differ, Differs, Search, Side, Within};
use crate::suite::Suite;

/// What came of altering a policy set in every small way.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// The parts of the set that were altered, and how many of the alterations were noticed.
    pub scores: Vec<Score>,
    /// The alterations that no test noticed.
    pub survivors: Vec<Survivor>,
}

/// The alterations of one part of a policy set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Score {
    /// The part.
    pub of: Edited,
    /// How many make some test fail.
    pub killed: usize,
    /// How many are survivors: no test fails, and some request has another outcome.
    pub survived: usize,
    /// How many are proved to change the outcome of no request, and are left out of the score.
    pub equivalent: usize,
    /// Of how many that could not be told within the budget; they are left out of the score, too.
    pub undecided: usize,
}

/// An alteration that no test notices, though it changes outcomes.
#[derive(Clone, Debug)]
pub struct Survivor {
    /// The part of the set that is altered.
    pub of: Edited,
    /// How, in words.
    pub how: String,
    /// The test that would notice; for the first of them, and where one before it does not notice
    /// already.
    pub test: Option<Killer>,
    /// Whether no test can notice: only requests show it in which something is no value of its
    /// attribute, or what must be carried out is not known.
    pub unstatable: bool,
}

/// A test that passes, and fails for a survivor.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Killer {
    /// Its name.
    pub name: String,
    /// The values of its request.
    pub request: Case,
    /// `permit` or `deny`.
    pub expect: &'static str,
    /// The reason.
    pub reason: Reason,
    /// The rules that decide.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// The obligations, each by its name, or an object from its name to its parameters.
    pub obligations: Vec<Expected>,
}

/// An obligation that a test expects.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum Expected {
    /// Without parameters.
    Bare(String),
    /// With parameters.
    With(BTreeMap<String, BTreeMap<String, Merged>>),
}

impl Mutation {
    /// Killed, and survivors, over the whole set: what the score is made of.
    pub fn total(&self) -> (usize, usize) {
        let killed = self.scores.iter().map(|score| score.killed).sum();
        (killed, self.scores.iter().map(|score| score.survived).sum())
    }
}

/// Alters a policy set in every small way, and runs its tests each time: forgets a part of a condition,
/// moves an edge by one step, adds or leaves out a listed word, takes out or turns a rule, changes its
/// obligations.
///
/// A test notices if it passes for the set and fails for what is altered. Of what none notices it is
/// decided, over every request that there can be, whether the outcome of some request changes: whether it
/// is permitted, and the obligations that rules bring. For the first `tests` of these there is a
/// test that notices.
///
/// # Errors
///
/// The set goes beyond what can be compiled.
pub fn mutate(
    set: &PolicySet,
    suite: &Suite,
    limits: &Limits,
    tests: usize,
) -> Result<Mutation, Findings> {
    let all = mutants(set);
    let conditions: Vec<_> = all.iter().filter_map(|mutant| mutant.alters.condition()).collect();
    let family = Family::new(set, &conditions);
    let program = Arc::new(family.compile(set, limits)?);
    let bench = Bench::new(&program, suite);
    let mut mutation = Mutation { scores: vec![], survivors: vec![] };
    let mut killers: Vec<Killer> = Vec::new();
    for of_one in all.chunk_by(|one, other| one.of == other.of) {
        let Some(first) = of_one.first() else { continue };
        let mut score =
            Score { of: first.of.clone(), killed: 0, survived: 0, equivalent: 0, undecided: 0 };
        let mut judge = None;
        for mutant in of_one {
            let altered = Arc::new(family.compile(&mutant.alters.of(set), limits)?);
            if bench.notices(&altered, &mutant.alters, set) {
                score.killed += 1;
                continue;
            }
            let judge = judge.get_or_insert_with(|| Judge::new(&program, limits));
            match judge.judge(&altered) {
                Judged::Same => score.equivalent += 1,
                Judged::Unknown => score.undecided += 1,
                Judged::Differs(shown) => {
                    score.survived += 1;
                    let unstatable = shown.is_none();
                    let noticed = killers.iter().any(|killer| killer.notices(&altered));
                    let shown = shown.filter(|_| !noticed && killers.len() < tests);
                    let test = shown.and_then(|case| judge.killer(&altered, mutant, case));
                    killers.extend(test.clone());
                    mutation.survivors.push(Survivor {
                        of: mutant.of.clone(),
                        how: mutant.how.clone(),
                        test,
                        unstatable,
                    });
                }
            }
        }
        mutation.scores.push(score);
    }
    Ok(mutation)
}

impl Killer {
    /// The test of a request that expects what a decision is.
    fn new(name: String, case: Case, decision: &Decision<'_>) -> Self {
        let expected = |(name, parameters): (String, BTreeMap<String, Merged>)| {
            if parameters.is_empty() {
                Expected::Bare(name)
            } else {
                Expected::With(BTreeMap::from([(name, parameters)]))
            }
        };
        Self {
            name,
            request: case,
            expect: if decision.is_permit() { "permit" } else { "deny" },
            reason: decision.reason(),
            by: decision.determining().map(|rule| rule.id().to_owned()).collect(),
            obligations: obligations(decision).into_iter().map(expected).collect(),
        }
    }

    /// Whether it fails for an altered program.
    fn notices(&self, altered: &Arc<Program>) -> bool {
        let mut request = Request::new(Arc::clone(altered), Standing::Bench);
        self.request.state(&mut request);
        let other = Self::new(String::new(), self.request.clone(), &decide(&request));
        self.reason != other.reason
            || self.obligations != other.obligations
            || self.by.iter().any(|id| !other.by.contains(id))
    }
}

struct GaveUp;

/// Tells whether altered programs come to other outcomes.
struct Judge<'p> {
    program: &'p Arc<Program>,
    differ: Differ,
    original: Side,
    /// The requests that a test can state: a missing value of some attributes stands for another.
    statable: Within,
    /// Those of them in which nothing stands for another value.
    plain: Within,
    /// Those that can be stated in which every parameter is known that is the value of an attribute.
    enforceable: Within,
    budget: usize,
}

enum Judged {
    Same,
    /// With a request that a test can state, if there is one.
    Differs(Option<Case>),
    Unknown,
}

impl<'p> Judge<'p> {
    fn new(program: &'p Arc<Program>, limits: &Limits) -> Self {
        let mut differ = Differ::new(program);
        let original = differ.side(program, &[]);
        let vocabulary = &program.vocabulary;
        let mut known: Vec<AttributeId> =
            vocabulary.attribute_ids().filter(|id| vocabulary[*id].absent.is_some()).collect();
        let statable = differ.known(&known);
        let arguments = program.rules.iter().flat_map(|rule| program.arguments(rule));
        known.extend(arguments.filter_map(|argument| match argument.value {
            ArgumentValue::Of(id) if !vocabulary[id].is_derived() => Some(id),
            ArgumentValue::Of(_) | ArgumentValue::Fixed(_) => None,
        }));
        let enforceable = differ.known(&known);
        let plain = differ.at_rest(program);
        let budget = limits.proof_steps;
        Self { program, differ, original, statable, plain, enforceable, budget }
    }

    fn judge(&mut self, altered: &Arc<Program>) -> Judged {
        let mut side = self.differ.side(altered, &[]);
        for differs in [Differs::Any, Differs::Perhaps] {
            match self.find(altered, &mut side, differs, self.differ.everywhere(), false) {
                Ok(None) => continue,
                Err(GaveUp) => return Judged::Unknown,
                Ok(Some(case)) if case.values.values().all(Option::is_some) => {
                    return Judged::Differs(Some(case));
                }
                Ok(Some(_)) => {}
            }
            let found = self.find(altered, &mut side, differs, self.statable, false);
            return Judged::Differs(found.ok().flatten());
        }
        Judged::Same
    }

    /// A request with another outcome.
    fn find(
        &mut self,
        altered: &Arc<Program>,
        side: &mut Side,
        differs: Differs,
        within: Within,
        least: bool,
    ) -> Result<Option<Case>, GaveUp> {
        let sides = (&mut self.original, side);
        match self.differ.find(sides, differs, within, least, self.budget) {
            Search::None => Ok(None),
            Search::GaveUp => Err(GaveUp),
            Search::Request(values) => {
                let case = self.case(&values);
                let mut requests = [self.program, altered]
                    .map(|program| Request::new(Arc::clone(program), Standing::Bench));
                requests.iter_mut().for_each(|request| case.state(request));
                let [before, after] = requests.each_ref().map(decide);
                if differ_so([&before, &after], differs) { Ok(Some(case)) } else { Err(GaveUp) }
            }
        }
    }

    /// The test that notices, and passes for the set as it is; of a request that shows it, or of a
    /// plainer one.
    fn killer(&mut self, altered: &Arc<Program>, mutant: &Mutant, shown: Case) -> Option<Killer> {
        let mut side = self.differ.side(altered, &[]);
        let mut request = Request::new(Arc::clone(self.program), Standing::Bench);
        let mut killer = |case: Case| {
            case.state(&mut request);
            let name = format!("{}: not {}", mutant.of, mutant.how);
            let killer = Killer::new(name, case, &decide(&request));
            killer.notices(altered).then_some(killer)
        };
        for within in [self.plain, self.enforceable, self.statable] {
            for differs in [Differs::Any, Differs::Perhaps] {
                let found = self.find(altered, &mut side, differs, within, true);
                let found = found.ok().flatten().and_then(&mut killer);
                if found.is_some() {
                    return found;
                }
            }
        }
        killer(shown)
    }

    /// What was found, as it is stated: what is missing may stand for a value.
    fn case(&self, values: &[(AttributeId, Value)]) -> Case {
        let vocabulary = &self.program.vocabulary;
        let mut case = Case { values: BTreeMap::new() };
        for id in vocabulary.attribute_ids().filter(|id| !vocabulary[*id].is_derived()) {
            let attribute = &vocabulary[id];
            let value = values.iter().find(|(other, _)| *other == id).map(|(_, value)| value);
            if value != attribute.absent.as_ref() {
                case.values.insert(attribute.name.clone(), value.cloned());
            }
        }
        case
    }
}

/// The policy set in each of the ways in which [`mutate`] alters it.
pub fn alterations(set: &PolicySet) -> impl Iterator<Item = PolicySet> {
    mutants(set).into_iter().map(|mutant| mutant.alters.of(set))
}
