//! An author's files: where they come from, and what is found in them.
//!
//! In: bytes from a [`Source`]. Out: objects whose keys are known, and findings with their places.
//! What the keys mean is not known here.

mod form;
mod source;

pub(crate) use form::{File, Form};
pub use source::{Source, expand};
