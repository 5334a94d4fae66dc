//! Signed evidence of a device's posture: token in, attested values out, or a reason.
//!
//! In: the bytes of a token, what the gateway saw of the connection, and the time. Out: an
//! [`crate::Attested`] that a request takes. Signatures are checked before claims are read; every
//! check of time, issuer, audience and type is made here, against the time that was handed in. What
//! claims mean is said by files, one for each kind of token. Nothing is fetched, and no provider of
//! cryptography is installed for the process.

mod account;
mod believe;
mod binding;
mod check;
mod config;
mod jose;
mod kept;
mod key;
mod keys;
mod kind;
mod memory;
mod notices;
mod pointer;
mod read;
mod rule;
mod said;
mod test;
mod trust;
mod verifier;

pub use account::{Account, Belief, Line};
pub use binding::Binding;
pub use config::{EvidenceConfig, Issuer, RsaAlgorithm};
pub use verifier::{Noticed, Verifier};
