//! The OpenID AuthZEN Authorization API 1.0, without its transport.
//!
//! In: the bytes of an evaluation or a batch. Out: a request with its values stated, and the bytes
//! of the response. There is no second wire format.

mod answer;
mod pass;
mod read;
mod text;
mod write;

pub use answer::{Answer, Evaluated, answer, answer_into, evaluate, respond};
pub use read::BadRequest;
