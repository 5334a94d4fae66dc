//! What a change does: of a policy set to the next, and of a rule that is altered to see whether a
//! test notices.
//!
//! In: policy sets and their tests. Out: every edit with requests whose outcome it changes; and for
//! each small alteration whether a test fails for it, or the request that would, or a proof that there
//! is none.

mod bench;
mod case;
mod coverage;
mod diff;
mod mutants;
mod mutate;
mod union;
mod words;

pub use case::Case;
pub use coverage::{Coverage, Covered, cover};
pub use diff::{Consequence, Diff, Edit, Edited, Outcome, diff};
pub use mutate::{Expected, Killer, Mutation, Score, Survivor, alterations, mutate};
pub use union::CannotCompare;
