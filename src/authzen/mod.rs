//! The OpenID AuthZEN Authorization API 1.0, without its transport.
//!
//! In: the bytes of an evaluation or a batch. Out: a request with its values stated, and the bytes
//! of the response. There is no second wire format.

mod answer;
mod read;
mod write;

pub use answer::{Answer, Evaluated, answer, evaluate, respond};
pub use read::BadRequest;
