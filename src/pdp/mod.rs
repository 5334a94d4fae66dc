//! The handle: load, replace atomically, decide.

mod findings;
mod folder;
mod handle;
mod in_force;
mod prover;

pub use findings::Review;
pub use folder::Folder;
pub use handle::Pdp;
pub use prover::Prover;
