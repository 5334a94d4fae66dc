//! What an author writes, read: names resolved, words checked.

use crate::json::Place;
use crate::model::{AttributeId, Condition, Effect, Finding, ObligationId, Value, Vocabulary};

/// A policy set: whole, and without errors.
#[derive(Clone, Debug)]
pub struct PolicySet {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) policies: Vec<Policy>,
    pub(crate) guarantees: Vec<Guarantee>,
    pub(crate) tests: Vec<String>,
    pub(crate) warnings: Vec<Finding>,
}

impl PolicySet {
    /// Its name, which decisions carry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `sha-256:` and the SHA-256 of its manifest, vocabulary and policies, in hexadecimal: the
    /// files' lengths (64 bits, big-endian) and bytes, one after the other, in the order in which
    /// the manifest names them. Tests are not part of it.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The words that it is written in.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Its policies, in the order of the manifest.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// What it states about itself: the set's own, then each policy's.
    pub fn guarantees(&self) -> &[Guarantee] {
        &self.guarantees
    }

    /// The paths of its test files; `*` stands for any characters within a name.
    pub fn tests(&self) -> &[String] {
        &self.tests
    }

    /// The same set, with the tests of another: to see which of them it breaks.
    #[must_use]
    pub fn with_tests_of(&self, other: &Self) -> Self {
        Self { tests: other.tests.clone(), ..self.clone() }
    }

    /// What was found that does not stop it from being used.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }
}

/// One information owner's terms.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name, unique in the set.
    pub name: String,
    /// Whose terms these are.
    pub owner: String,
    /// What the terms rest on.
    pub authority: Option<String>,
    /// The requests that it is about, its dates included.
    pub governs: Condition,
    /// Whether it only adds to what others permit.
    pub only_restricts: bool,
    /// Its rules, in the order of the file.
    pub rules: Vec<Rule>,
    pub(crate) file: String,
    pub(crate) at: Place,
}

/// A rule of a policy.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, unique in the policy.
    pub id: String,
    /// What it does where it takes part.
    pub effect: Effect,
    /// `when`, and not `unless`, and its dates, and the condition of the owner who accepts the risk.
    pub condition: Condition,
    /// Whether a deny or require takes part only when certainly true.
    pub certain: bool,
    /// The decisions that a require adds to.
    pub on: On,
    /// The obligations that it brings.
    pub obligations: Vec<ObligationUse>,
    /// Why, for the administrator.
    pub because: String,
    /// Why, for the person refused.
    pub tell_user: Option<String>,
    /// Whether it is only recorded.
    pub trial: bool,
    /// Who accepts the risk, if it is a risk acceptance.
    pub accepted_by: Option<String>,
    pub(crate) at: Place,
}

/// The decisions that a `require` adds obligations to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum On {
    /// Permits.
    Permit,
    /// Refusals.
    Deny,
    /// Both.
    Both,
}

/// An obligation as a rule brings it.
#[derive(Clone, Debug)]
pub struct ObligationUse {
    /// Which.
    pub id: ObligationId,
    /// The parameters that the rule sets: their place among the obligation's, and the value.
    pub arguments: Vec<(usize, Argument)>,
}

/// The value of a parameter, as a rule sets it.
#[derive(Clone, Debug)]
pub enum Argument {
    /// A value.
    Value(Value),
    /// The request's value of an attribute.
    Attribute(AttributeId),
}

/// What a policy or set states about the whole set.
#[derive(Clone, Debug)]
pub struct Guarantee {
    /// Its name.
    pub id: String,
    /// The policy that states it; `None` for the set itself.
    pub policy: Option<String>,
    /// What it claims.
    pub claim: Claim,
    /// Of which requests.
    pub when: Condition,
    /// Why, for people.
    pub because: Option<String>,
    /// The file that states it.
    pub file: String,
    /// Where in the file.
    pub at: Place,
}

/// What a [`Guarantee`] claims.
#[derive(Clone, Debug)]
pub enum Claim {
    /// None of the requests is permitted.
    NeverPermit,
    /// All of the requests are permitted.
    AlwaysPermit,
    /// Those that are permitted carry these obligations.
    PermitsCarry(Vec<ObligationId>),
    /// A worse value of these attributes never helps.
    Monotone(Vec<AttributeId>),
    /// Leaving out these attributes never helps.
    Withholding(Vec<AttributeId>),
}
