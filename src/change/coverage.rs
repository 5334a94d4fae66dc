//! Coverage: which rules, branches and conditions some test decides.

use std::sync::Arc;

use super::bench::{Bench, truth, truth_of};
use super::diff::Edited;
use super::mutants::{Alters, forgotten};
use super::words::phrase;
use crate::compile::Family;
use crate::decide::{Request, Standing, decide};
use crate::model::{Findings, Limits};
use crate::policy::PolicySet;
use crate::program::Role;
use crate::suite::Suite;

/// What the tests of a policy set decide.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// Every rule that is not on trial: some test is decided by it, or gets its obligations.
    pub rules: Vec<Covered>,
    /// Every branch of a derived attribute in use: some test is given its value by it.
    pub branches: Vec<Covered>,
    /// Every part of a rule's condition: some test meets all the others, and it alone decides whether
    /// the rule stands.
    pub conditions: Vec<Covered>,
}

/// A part of a policy set, and whether some test decides it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Covered {
    /// The rule or attribute.
    pub of: Edited,
    /// The branch or condition, in words; empty for a rule.
    pub part: String,
    /// The name of a test that decides it.
    pub by: Option<String>,
}

/// Tells which rules, branches and conditions of a policy set some test decides. Tests that do not
/// pass count for nothing.
///
/// # Errors
///
/// The set goes beyond what can be compiled.
pub fn cover(set: &PolicySet, suite: &Suite, limits: &Limits) -> Result<Coverage, Findings> {
    let family = Family::new(set, &[]);
    let program = Arc::new(family.compile(set, limits)?);
    let bench = Bench::new(&program, suite);
    let mut request = Request::new(Arc::clone(&program), Standing::Bench);
    let mut deciding: Vec<Vec<(String, String)>> = Vec::new();
    for (test, _) in &bench.tests {
        // It passed before: its values can be stated.
        let _ = test.state(&mut request);
        let decision = decide(&request);
        let rules = decision.determining().chain(decision.requiring());
        deciding.push(rules.map(|rule| (rule.policy().to_owned(), rule.id().to_owned())).collect());
    }
    let name = |place: usize| bench.tests.get(place).map(|(test, _)| test.name.clone());
    let mut coverage = Coverage { rules: vec![], branches: vec![], conditions: vec![] };
    for (place, policy) in set.policies.iter().enumerate() {
        for (at, rule) in policy.rules.iter().enumerate().filter(|(_, rule)| !rule.trial) {
            let of = Edited::Rule(policy.name.clone(), rule.id.clone());
            let is_it = |(policy_name, id): &(String, String)| {
                *policy_name == policy.name && *id == rule.id
            };
            let by = deciding.iter().position(|rules| rules.iter().any(is_it)).and_then(name);
            coverage.rules.push(Covered { of: of.clone(), part: String::new(), by });
            let Some(in_program) = bench.place(set, place, at) else { continue };
            let role = Role::Rule(in_program);
            for (part, without) in forgotten(set, rule) {
                let altered = Alters::Condition(place, at, without).of(set);
                let altered = family.compile(&altered, limits)?;
                let decided = bench
                    .tests
                    .iter()
                    .position(|(_, row)| bench.truth(role, row) != truth_of(&altered, role, row));
                let by = decided.and_then(name);
                coverage.conditions.push(Covered { of: of.clone(), part, by });
            }
        }
    }
    for list in &program.derivations {
        let attribute = &set.vocabulary[list.attribute];
        let taken = |row: &[crate::program::Class]| {
            let own = list.branch_of_bit.iter().zip(list.conjunctions.iter());
            let mut met = own.filter(|(_, parts)| truth(*parts, row) == super::bench::Truth::True);
            met.next().map_or(attribute.derive.len() - 1, |(branch, _)| *branch)
        };
        for (place, branch) in attribute.derive.iter().enumerate() {
            let by = bench.tests.iter().position(|(test, row)| {
                !test.request.contains_key(&attribute.name) && taken(row) == place
            });
            let part = if place + 1 == attribute.derive.len() {
                format!("else `{}`", branch.value)
            } else {
                format!("`{}` when {}", branch.value, phrase(&set.vocabulary, &branch.when))
            };
            let of = Edited::Derived(attribute.name.clone());
            coverage.branches.push(Covered { of, part, by: by.and_then(name) });
        }
    }
    Ok(coverage)
}
