//! Running tests.

use std::collections::BTreeMap;

use super::read::{Suite, Test};
use crate::decide::{Decision, Merged, Request, decide};
use crate::explain::explain;
use crate::json::{JsonLimits, read};

/// What came of a test.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Everything is as expected.
    Pass,
    /// Something is not; each in a line.
    Fail(Vec<String>),
    /// The test states something that the vocabulary does not have: a deny would prove nothing.
    Invalid(String),
}

impl Suite {
    /// Runs every test in a request of the author's bench, under the policy set that it was made for.
    pub fn run<'s>(&'s self, request: &mut Request) -> Vec<(&'s Test, Verdict)> {
        self.tests.iter().map(|test| (test, test.run(request))).collect()
    }
}

impl Test {
    /// Runs the test in a request of the author's bench.
    pub fn run(&self, request: &mut Request) -> Verdict {
        if let Some(trouble) = &self.invalid {
            return Verdict::Invalid(trouble.clone());
        }
        if let Err(trouble) = self.state(request) {
            return Verdict::Invalid(trouble);
        }
        let differences = self.compare(&decide(request));
        if differences.is_empty() { Verdict::Pass } else { Verdict::Fail(differences) }
    }

    /// Whether the test passes, told sooner where it does not.
    pub fn passes(&self, request: &mut Request) -> bool {
        if self.invalid.is_some() || self.state(request).is_err() {
            return false;
        }
        let decision = decide(request);
        decision.is_permit() == self.expect.permit && self.compare(&decision).is_empty()
    }

    /// States the values of the test's request.
    ///
    /// # Errors
    ///
    /// A value is none of its attribute's.
    pub fn state(&self, request: &mut Request) -> Result<(), String> {
        request.reset();
        request.can_all();
        if let Some(names) = &self.can {
            request.can(names.iter().map(String::as_str));
        }
        self.request.iter().try_for_each(|(name, stated)| stated.state(request, name))
    }

    fn compare(&self, decision: &Decision<'_>) -> Vec<String> {
        let expect = &self.expect;
        let mut differences = Vec::new();
        let word = |permit: bool| if permit { "permit" } else { "deny" };
        if decision.is_permit() != expect.permit {
            differences.push(format!(
                "expected {}, got {}: {}",
                word(expect.permit),
                word(decision.is_permit()),
                explain(decision).administrator
            ));
        }
        if let Some(reason) = expect.reason.filter(|reason| *reason != decision.reason()) {
            differences
                .push(format!("expected the reason `{reason}`, got `{}`", decision.reason()));
        }
        let determining: Vec<&str> = decision.determining().map(|rule| rule.id()).collect();
        for id in expect.by.iter().filter(|id| !determining.contains(&id.as_str())) {
            let got = if determining.is_empty() {
                "no rule".to_owned()
            } else {
                format!("`{}`", determining.join("`, `"))
            };
            differences.push(format!("expected `{id}` to decide, got {got}"));
        }
        if let Some(expected) = &expect.obligations {
            let got: BTreeMap<String, BTreeMap<String, Merged>> = decision
                .obligations()
                .map(|obligation| {
                    let parameters = obligation
                        .parameters()
                        .map(|(name, value)| (name.to_owned(), value.clone()));
                    (obligation.name().to_owned(), parameters.collect())
                })
                .collect();
            if got != *expected {
                differences.push(format!(
                    "expected the obligations {}, got {}",
                    list(expected),
                    list(&got)
                ));
            }
        }
        if expect.tell_user.is_some() || expect.remedy.is_some() {
            let explanation = explain(decision);
            if let Some(words) =
                expect.tell_user.as_ref().filter(|words| **words != explanation.user)
            {
                differences.push(format!(
                    "expected to tell the user `{words}`, got `{}`",
                    explanation.user
                ));
            }
            if let Some(wanted) = &expect.remedy {
                let offered: Vec<String> =
                    explanation.remedies.iter().map(|remedy| canonical(&remedy.changes)).collect();
                if !offered.contains(wanted) {
                    let offered =
                        if offered.is_empty() { "none".to_owned() } else { offered.join(", ") };
                    differences.push(format!("expected the remedy {wanted}, got {offered}"));
                }
            }
        }
        differences
    }
}

fn list(obligations: &BTreeMap<String, BTreeMap<String, Merged>>) -> String {
    serde_json::to_string(obligations).unwrap_or_default()
}

/// Changes as an object from attribute to goal, in canonical JSON.
fn canonical(changes: &[crate::explain::Change<'_>]) -> String {
    let map: BTreeMap<&str, &crate::explain::Goal> =
        changes.iter().map(|change| (change.attribute, &change.goal)).collect();
    let text = serde_json::to_string(&map).unwrap_or_default();
    let limits = JsonLimits { bytes: usize::MAX, depth: 16 };
    read(text.as_bytes(), &limits).map(|node| node.canonical()).unwrap_or_default()
}
