//! Proofs over every request that there can be.
//!
//! In: a program compiled for proofs. Out: for each guarantee whether it holds, with a request where
//! it does not. A question becomes a formula over the classes of columns; the search splits boxes of
//! classes until the formula is true of all of a box, or of none. What it finds is made a request and
//! decided; what it gives up is reported as unknown. Nothing is sampled.

mod differences;
mod formula;
mod guarantees;
mod realise;
mod search;
mod statements;

pub use guarantees::{Holds, Proof, prove};
