//! What each fuzz target asserts of its bytes, as plain functions: the fuzzer calls them, and so does
//! `tests/corpus.rs`, which replays every kept input on a stable compiler.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a test stops at the first surprise"
)]

mod archive;
mod authzen;
#[cfg(feature = "capi")]
mod boundary;
pub mod differential;
#[cfg(feature = "evidence")]
mod evidence;
mod json;
mod policy_set;

pub use authzen::authzen;
#[cfg(feature = "capi")]
pub use boundary::boundary;
pub use differential::{differential, generated};
#[cfg(feature = "evidence")]
pub use evidence::evidence;
pub use json::json;
pub use policy_set::policy_set;

/// Panics where the bytes show what must not be.
pub type Check = fn(&[u8]);

/// Every target, by the name of its folders.
pub const TARGETS: &[(&str, Check)] = &[
    ("authzen", authzen),
    #[cfg(feature = "capi")]
    ("boundary", boundary),
    ("differential", differential),
    #[cfg(feature = "evidence")]
    ("evidence", evidence),
    ("generated", generated),
    ("json", json),
    ("policy_set", policy_set),
];
