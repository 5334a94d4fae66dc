//! Decisions in words: why, for two audiences, and the way forward.
//!
//! In: a [`crate::Decision`]. Out: an [`Explanation`]. Nothing is decided here but the changed
//! requests of remedies.

mod goal;
mod region;
mod remedies;
mod words;

pub use goal::Goal;
pub use remedies::{Change, Remedy, remedies};
pub use words::{Explanation, explain};
