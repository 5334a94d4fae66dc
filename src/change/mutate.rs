//! Mutation testing: whether the tests of a policy set notice what is altered in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bench::Bench;
use super::case::{Case, differ_so, obligations};
use super::diff::Edited;
use super::mutants::{Mutant, mutants};
use crate::compile::Family;
use crate::decide::{Merged, Request, Standing, decide};
use crate::model::{AttributeId, Findings, Limits, Value};
use crate::policy::PolicySet;
use crate::program::Program;
use crate::prove::{Differ, Differs, Region, Search, Side};
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
    /// Whether only a request in which something is no value of its attribute shows it, which a test
    /// cannot state.
    pub malformed_only: bool,
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
    /// The rules that decide.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// The obligations, each by its name, or an object from its name to its parameters.
    pub obligations: Vec<Expected>,
}

/// An obligation that a test expects.
#[derive(Clone, Debug, serde::Serialize)]
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
        if !is_used(&program, &first.of) {
            continue;
        }
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
                Judged::Differs { malformed_only } => {
                    score.survived += 1;
                    let seen = killers.iter().any(|killer| judge.shows(&altered, &killer.request));
                    let wanted = !malformed_only && !seen && killers.len() < tests;
                    let test = wanted.then(|| judge.killer(&altered, mutant)).flatten();
                    killers.extend(test.clone());
                    mutation.survivors.push(Survivor {
                        of: mutant.of.clone(),
                        how: mutant.how.clone(),
                        test,
                        malformed_only,
                    });
                }
            }
        }
        mutation.scores.push(score);
    }
    Ok(mutation)
}

/// Whether anything depends on it: of a derived attribute, whether some rule does.
fn is_used(program: &Program, of: &Edited) -> bool {
    let Edited::Derived(name) = of else { return true };
    let id = program.vocabulary.attribute(name);
    program.derivations.iter().any(|derivation| Some(derivation.attribute) == id)
}

/// Tells whether altered programs come to other outcomes.
struct Judge<'p> {
    program: &'p Arc<Program>,
    differ: Differ,
    original: Side,
    /// The requests that a test can state: a missing value of these stands for another.
    statable: Region,
    budget: usize,
}

enum Judged {
    Same,
    Differs { malformed_only: bool },
    Unknown,
}

impl<'p> Judge<'p> {
    fn new(program: &'p Arc<Program>, limits: &Limits) -> Self {
        let mut differ = Differ::new(program);
        let original = differ.side(program, &[]);
        let vocabulary = &program.vocabulary;
        let standing_in: Vec<AttributeId> =
            vocabulary.attribute_ids().filter(|id| vocabulary[*id].absent.is_some()).collect();
        let statable = differ.known(&standing_in);
        Self { program, differ, original, statable, budget: limits.proof_steps }
    }

    fn judge(&mut self, altered: &Arc<Program>) -> Judged {
        let mut side = self.differ.side(altered, &[]);
        for (differs, within) in [
            (Differs::Any, self.statable),
            (Differs::Any, self.differ.everywhere()),
            (Differs::Perhaps, self.statable),
            (Differs::Perhaps, self.differ.everywhere()),
        ] {
            let sides = (&mut self.original, &mut side);
            match self.differ.find(sides, differs, within, false, self.budget) {
                Search::None => {}
                Search::GaveUp => return Judged::Unknown,
                Search::Request(values) => {
                    let case = self.case(&values);
                    if !self.differs(altered, &case, differs) {
                        return Judged::Unknown;
                    }
                    let malformed_only = case.values.values().any(Option::is_none);
                    return Judged::Differs { malformed_only };
                }
            }
        }
        Judged::Same
    }

    /// The test that notices, and passes for the set as it is.
    fn killer(&mut self, altered: &Arc<Program>, mutant: &Mutant) -> Option<Killer> {
        let mut side = self.differ.side(altered, &[]);
        for differs in [Differs::Any, Differs::Perhaps] {
            let sides = (&mut self.original, &mut side);
            let found = self.differ.find(sides, differs, self.statable, true, self.budget);
            let Search::Request(values) = found else { continue };
            let case = self.case(&values);
            if self.differs(altered, &case, differs) {
                return Some(self.test(case, mutant));
            }
        }
        None
    }

    fn test(&self, case: Case, mutant: &Mutant) -> Killer {
        let mut request = Request::new(Arc::clone(self.program), Standing::Bench);
        case.state(&mut request);
        let decision = decide(&request);
        let expected = |(name, parameters): (String, BTreeMap<String, Merged>)| {
            if parameters.is_empty() {
                Expected::Bare(name)
            } else {
                Expected::With(BTreeMap::from([(name, parameters)]))
            }
        };
        Killer {
            name: format!("{}: as it says, not {}", mutant.of, mutant.how),
            expect: if decision.is_permit() { "permit" } else { "deny" },
            by: decision.determining().map(|rule| rule.id().to_owned()).collect(),
            obligations: obligations(&decision).into_iter().map(expected).collect(),
            request: case,
        }
    }

    /// Whether a request has another outcome.
    fn shows(&self, altered: &Arc<Program>, case: &Case) -> bool {
        [Differs::Any].into_iter().any(|differs| self.differs(altered, case, differs))
    }

    fn differs(&self, altered: &Arc<Program>, case: &Case, differs: Differs) -> bool {
        let mut requests = [self.program, altered]
            .map(|program| Request::new(Arc::clone(program), Standing::Bench));
        requests.iter_mut().for_each(|request| case.state(request));
        let [before, after] = requests.each_ref().map(decide);
        differ_so([&before, &after], differs)
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
