//! The tests that live with a policy set.
//!
//! In: the test files of a [`crate::PolicySet`]. Out: for each test whether it passes, fails or is
//! *invalid*: a request that states what the vocabulary does not have would be refused whatever the
//! policy, so it proves nothing.

mod read;
mod run;
mod spelled;

pub use read::{Expectation, Stated, Suite, Test};
pub use run::Verdict;
pub use spelled::spelled;
