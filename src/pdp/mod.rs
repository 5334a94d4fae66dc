//! The handle: load, replace atomically, decide.

mod folder;
mod handle;

pub use folder::Folder;
pub use handle::{Pdp, prove, silences};
