//! Decisions in words: why, for two audiences, and the way forward.
//!
//! In: a [`crate::Decision`]. Out: an [`Explanation`]. Nothing is decided here but the changed
//! requests of remedies.

mod causes;
mod ends;
mod goal;
mod join;
mod missing;
mod moves;
mod region;
mod remedies;
mod search;
mod whatif;
mod words;

pub use ends::{Ending, Ends, Lasts, ends};
pub use goal::Goal;
pub use missing::{OnlyMissing, only_missing};
pub use region::Trait;
pub use remedies::{Change, Remedy, remedies};
pub use words::{Explanation, ForAdministrator, ForUser, NAMED, Named, explain};
