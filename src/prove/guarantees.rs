//! Guarantees, decided.

use std::sync::Arc;

use super::search::{Found, search};
use super::statements::{broken, real};
use crate::decide::Request;
use crate::program::Program;

/// What came of a guarantee.
#[derive(Debug)]
pub struct Proof {
    /// Its name.
    pub id: String,
    /// The policy that states it; `None` for the set itself.
    pub policy: Option<String>,
    /// Whether it holds.
    pub holds: Holds,
}

/// Whether a guarantee holds of every request that there can be.
#[derive(Debug)]
pub enum Holds {
    /// Of every one.
    Proved,
    /// Not of this one.
    Broken(Box<Request>),
    /// The search gave up after this many steps, or could not tell whether some classes of values
    /// can come together.
    Unknown {
        /// The steps that it had.
        budget: usize,
    },
    /// Claims of this kind are not decided by this version.
    NotDecided,
}

/// Decides every guarantee of a program that was compiled for proofs.
///
/// A guarantee speaks of the policies: the gateway is taken to carry out every obligation, and
/// parameters to be known. It speaks of the requests for which its `when` is certainly true. `budget`
/// bounds the boxes of requests that each proof looks at.
pub fn prove(program: &Arc<Program>, budget: usize) -> Vec<Proof> {
    let real = real(program);
    let decide = |guarantee: &crate::program::GuaranteeEntry| {
        let holds = match broken(program, &guarantee.claim, &guarantee.when) {
            None => Holds::NotDecided,
            Some(broken) => match search(program, broken, &real, budget) {
                Found::Nothing => Holds::Proved,
                Found::Request(request) => Holds::Broken(request),
                Found::GaveUp => Holds::Unknown { budget },
            },
        };
        Proof { id: guarantee.id.clone(), policy: guarantee.policy.clone(), holds }
    };
    program.guarantees.iter().map(decide).collect()
}
