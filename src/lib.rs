#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "capi"), forbid(unsafe_code))]
#![cfg_attr(feature = "capi", deny(unsafe_code))]

mod authzen;
mod change;
mod compile;
mod decide;
#[cfg(feature = "evidence")]
mod evidence;
mod explain;
#[cfg(feature = "capi")]
#[expect(unsafe_code, reason = "C passes pointers: this layer alone follows them")]
mod ffi;
mod file;
mod json;
mod model;
mod pdp;
mod policy;
mod program;
mod prove;
mod suite;

// The handle, requests and decisions.
pub use authzen::{Answer, BadRequest, Evaluated, respond};
pub use decide::{
    Decision, Key, Lack, Merged, Obligation, Request, RuleRef, StaleKey, Standing, State, Withheld,
};
pub use explain::{
    Change, Ending, Ends, Explanation, Goal, Lasts, OnlyMissing, Remedy, Trait, ends, explain,
    only_missing, remedies,
};
pub use pdp::{Folder, Pdp, Prover, Review};
pub use prove::{
    Answered, Cell, Comes, Conflict, Conflicts, Declaration, Exception, GivenAway, Helps, Holds,
    Matters, Named, Proof, Query, Region, Regions, RuleStatus, Silence, Silences,
};

// Evidence.
#[cfg(feature = "evidence")]
pub use evidence::{
    Account, Belief, Binding, EvidenceConfig, Issuer, Line, Noticed, RsaAlgorithm, Verifier,
};
pub use model::{Attested, EvidenceReason};

// Values and outcomes.
pub use model::{Duration, Effect, Given, Instant, Limits, MalformedValue, Reason, Value, Version};

// What an author writes, and what is found in it.
pub use change::{
    CannotCompare, Case, Consequence, Coverage, Covered, Diff, Edit, Edited, Expected, Killer,
    Mutation, Outcome, Score, Survivor, alterations, cover, diff, mutate,
};
pub use file::Source;
pub use json::Place;
pub use model::{
    Attribute, AttributeId, Better, Branch, Code, Comparison, Condition, Constraint, Finding,
    Findings, Kind, Merge, ObligationId, ObligationType, Parameter, Profile, RemedyBy, RemedyTerms,
    Say, SetBy, Severity, Share, Vocabulary, Words,
};
pub use policy::{
    Argument, Claim, Guarantee, MANIFEST, ObligationUse, On, Policy, PolicySet, Rule,
    STANDARD_TEXT, standard,
};
pub use suite::{Expectation, Stated, Suite, Test, Verdict, spelled};

/// The examples of `docs/evidence.md` run.
#[cfg(all(doctest, feature = "evidence"))]
#[doc = include_str!("../docs/evidence.md")]
struct EvidencePage;
