//! Portcullis.
#![forbid(unsafe_code)]

mod authzen;
mod compile;
mod decide;
mod explain;
mod json;
mod model;
mod pdp;
mod policy;
mod program;
mod suite;

pub use authzen::{Answer, BadRequest, Evaluated, respond};
pub use decide::{
    Decision, Key, Lack, Merged, Obligation, Request, RuleRef, StaleKey, Standing, State, Withheld,
};
pub use explain::{Change, Explanation, Goal, Remedy, explain, remedies};
pub use json::Place;
pub use model::{
    Attribute, AttributeId, Better, Branch, Code, Comparison, Condition, Constraint, Duration,
    Effect, Finding, Findings, Given, Instant, Kind, Limits, MalformedValue, Merge, ObligationId,
    ObligationType, Parameter, Profile, Reason, RemedyBy, RemedyTerms, Say, SetBy, Severity, Share,
    Value, Version, Vocabulary, Words,
};
pub use pdp::{Folder, Pdp};
pub use policy::{
    Argument, Claim, Guarantee, MANIFEST, ObligationUse, On, Policy, PolicySet, Rule,
    STANDARD_TEXT, Source, standard,
};
pub use suite::{Expectation, Stated, Suite, Test, Verdict, spelled};
