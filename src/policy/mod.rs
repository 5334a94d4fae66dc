//! What an author writes: its syntax, and whether it can stand.
//!
//! In: the files of a policy set, as bytes from a [`crate::Source`]. Out: a [`PolicySet`] whose every name
//! is resolved and every literal checked, or all [`crate::model::Findings`] with their places. What
//! needs proof is not asked here.

mod condition;
mod derive;
mod kind;
mod obligations;
mod rules;
mod set;
mod syntax;
mod vocabulary;

pub(crate) use condition::literal;
pub(crate) use derive::{derivation_order, other_attribute};
pub(crate) use obligations::{obligation, unknown_parameter};
pub use set::MANIFEST;
pub use syntax::{Argument, Claim, Guarantee, ObligationUse, On, Policy, PolicySet, Rule};
pub use vocabulary::{STANDARD_TEXT, standard};
