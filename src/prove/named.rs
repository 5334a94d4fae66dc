//! Rules and policies by name.

use std::fmt;

use crate::program::{Program, at};

/// A rule, or a policy as a whole, by name.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Named {
    /// The policy.
    pub policy: String,
    /// The rule of it; `None` for its silence.
    pub rule: Option<String>,
}

impl Named {
    /// The name of the rule at this place.
    pub(super) fn of_rule(program: &Program, place: usize) -> Option<Self> {
        let rule = program.rules.get(place)?;
        let policy = program.policies.get(at(rule.policy))?;
        let name = |text| program.text(text).to_owned();
        Some(Self { policy: name(policy.name), rule: Some(name(rule.id)) })
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rule {
            Some(rule) => write!(f, "`{}/{rule}`", self.policy),
            None => write!(f, "the silence of `{}`", self.policy),
        }
    }
}
