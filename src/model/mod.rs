//! The words of the field: values, attributes, conditions, outcomes.
//!
//! Types and what follows from them alone. Nothing here is read from bytes, compiled or decided.

#[cfg_attr(
    not(feature = "evidence"),
    expect(dead_code, reason = "only the feature `evidence` makes any that attest")
)]
mod attested;
mod condition;
mod finding;
mod hexadecimal;
mod lexicon;
mod limits;
mod outcome;
mod suggest;
mod value;
mod vocabulary;

pub use attested::{Attested, EvidenceReason};
#[cfg(feature = "evidence")]
pub(crate) use attested::{Statement, contradict};
pub use condition::{Comparison, Condition, Constraint, Share};
pub use finding::{Code, Finding, Findings, Severity};
pub use hexadecimal::hexadecimal;
pub use lexicon::Lexicon;
pub use limits::Limits;
pub use outcome::{Effect, Reason};
pub use suggest::suggest;
pub use value::{Duration, Given, Instant, MalformedValue, Value, Version};
pub use vocabulary::{
    Attribute, AttributeId, Better, Branch, Kind, Merge, ObligationId, ObligationType, Parameter,
    Profile, RemedyBy, RemedyTerms, Say, SetBy, TIME, Vocabulary, Words,
};
