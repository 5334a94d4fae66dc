//! The tests of a policy set, ready to be run under what is altered in it: only those that it can make a
//! difference to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::mutants::Alters;
use crate::decide::{Request, Standing};
use crate::policy::PolicySet;
use crate::program::{Class, Part, Parts, Program, Role, UNKNOWN};
use crate::suite::{Suite, Test};

/// How true a condition is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Truth {
    False,
    Unknown,
    True,
}

/// The tests that pass, each with its row.
pub(super) struct Bench<'s> {
    program: Arc<Program>,
    pub(super) tests: Vec<(&'s Test, Vec<Class>)>,
    /// The conjunctions of a rule or policy.
    by_role: BTreeMap<Role, Vec<usize>>,
}

impl<'s> Bench<'s> {
    pub(super) fn new(program: &Arc<Program>, suite: &'s Suite) -> Self {
        let mut request = Request::new(Arc::clone(program), Standing::Bench);
        let mut tests = Vec::new();
        for test in &suite.tests {
            if test.passes(&mut request) {
                tests.push((test, request.row().iter().collect()));
            }
        }
        let mut by_role: BTreeMap<Role, Vec<usize>> = BTreeMap::new();
        for place in 0..program.conjunctions.len() {
            let own = program.role(place).map(|role| by_role.entry(role).or_default());
            own.into_iter().for_each(|own| own.push(place));
        }
        Self { program: Arc::clone(program), tests, by_role }
    }

    /// Whether some test that passes for the set fails for what is altered in it.
    pub(super) fn notices(&self, altered: &Arc<Program>, alters: &Alters, set: &PolicySet) -> bool {
        let mut request = Request::new(Arc::clone(altered), Standing::Bench);
        let touched = self.tests.iter().filter(|(_, row)| self.touches(altered, alters, set, row));
        touched.into_iter().any(|(test, _)| !test.passes(&mut request))
    }

    /// Whether what is altered makes a difference to the truth of anything in a row.
    fn touches(&self, altered: &Program, alters: &Alters, set: &PolicySet, row: &[Class]) -> bool {
        match alters {
            Alters::Governs(policy, _) => {
                let name = set.policies.get(*policy).map(|policy| policy.name.as_str());
                let place = name.and_then(|name| self.program.policy_named(name));
                place.is_none_or(|place| {
                    let role = Role::Governs(place);
                    self.truth(role, row) != truth_of(altered, role, row)
                })
            }
            Alters::Condition(policy, rule, _) => {
                self.place(set, *policy, *rule).is_none_or(|place| {
                    let role = Role::Rule(place);
                    self.truth(role, row) != truth_of(altered, role, row)
                })
            }
            Alters::Rule(policy, rule, _) => self
                .place(set, *policy, *rule)
                .is_none_or(|place| self.truth(Role::Rule(place), row) != Truth::False),
            Alters::Branch(attribute, branch, _) => {
                let met = |program: &Program| {
                    let mut derivations = program.derivations.iter();
                    let list = derivations.find(|list| list.attribute == *attribute);
                    list.is_some_and(|list| {
                        let conjunctions = list.branch_of_bit.iter().zip(list.conjunctions.iter());
                        let mut own = conjunctions.filter(|(of, _)| *of == branch);
                        own.any(|(_, parts)| truth(parts, row) == Truth::True)
                    })
                };
                met(&self.program) != met(altered)
            }
        }
    }

    /// The place of a rule in the program.
    pub(super) fn place(&self, set: &PolicySet, policy: usize, rule: usize) -> Option<usize> {
        let policy = set.policies.get(policy)?;
        self.program.rule_named(&policy.name, &policy.rules.get(rule)?.id)
    }

    /// How true the conjunctions of a rule or policy are.
    pub(super) fn truth(&self, role: Role, row: &[Class]) -> Truth {
        let places = self.by_role.get(&role).map(Vec::as_slice).unwrap_or_default();
        let parts = places.iter().filter_map(|place| self.program.conjunctions.get(*place));
        parts.map(|parts| truth(parts, row)).max().unwrap_or(Truth::False)
    }
}

/// How true the conjunctions of a rule or policy are, in another program.
pub(super) fn truth_of(program: &Program, role: Role, row: &[Class]) -> Truth {
    let all = program.conjunctions.iter().enumerate();
    let own = all.filter(|(place, _)| program.role(*place) == Some(role));
    own.map(|(_, parts)| truth(parts, row)).max().unwrap_or(Truth::False)
}

/// How true a conjunction is.
pub(super) fn truth(parts: Parts<'_>, row: &[Class]) -> Truth {
    let part = |part: &Part| {
        let class = row.get(part.column.index()).copied().unwrap_or(UNKNOWN);
        match (part.certain.contains(class), part.is_possible(class)) {
            (true, _) => Truth::True,
            (false, true) => Truth::Unknown,
            (false, false) => Truth::False,
        }
    };
    parts.iter().map(part).min().unwrap_or(Truth::True)
}
