//! One door for bytes: strict JSON whose every value knows its place.
//!
//! In: bytes. Out: a [`Node`] tree over them, or [`JsonError`]s. A key written twice, text after the
//! document, too many bytes and too much depth are errors; `serde_json` alone keeps the last of two
//! equal keys in maps, in `flatten` and in `Value`, so that two readers of the same bytes may see
//! different documents. What the members mean is not known here.

mod node;
mod place;
mod read;

pub use node::{Json, Member, Node};
pub use place::Place;
pub use read::{JsonError, JsonErrorKind, JsonLimits, read};
