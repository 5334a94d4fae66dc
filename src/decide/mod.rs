//! Program and request to decision.
//!
//! In: a [`Request`], made for a program. Out: a [`Decision`]. No failure, no clock, no allocation;
//! what a decision rests on is worked out when it is asked for. Words for people are made in
//! `explain`.

#[expect(clippy::module_inception, reason = "the folder is named for its one function")]
mod decide;
mod decision;
mod obligations;
mod outcome;
mod request;
mod row;
mod slot;
mod slots;
mod validity;

pub(crate) use decide::decide;
pub use decision::{Decision, Lack, RuleRef, Withheld};
pub use obligations::{Merged, Obligation};
pub(crate) use outcome::outcome;
pub use request::{Key, Request, StaleKey};
pub(crate) use row::Instead;
pub(crate) use slot::Reading;
pub use slot::State;
pub(crate) use slots::Blank;
pub use slots::Standing;
