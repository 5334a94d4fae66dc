//! From what an author writes to what is decided by: whole, or not at all.

mod bucket;
mod buckets;
mod columns;
#[expect(clippy::module_inception, reason = "the folder is named for its one function")]
mod compile;
mod conjunctions;
mod levers;
mod together;

pub use compile::{Purpose, compile};
pub use together::{Family, compile_together};
