//! AuthZEN JSON in, AuthZEN JSON out.

use sha2::{Digest, Sha256};

use super::pass::state_in_one_pass;
use super::read::{Asked, BadRequest, Semantic, asked, document};
use super::write::{write_decision, write_failure};
use crate::decide::{Decision, Request};
use crate::json::Node;
use crate::model::Limits;

/// The answer to a document, and whether it permits: all that was asked, if several things were.
#[derive(Debug)]
pub struct Answer {
    /// The response, in JSON.
    pub json: String,
    /// Whether every decision in it is a permit.
    pub permits: bool,
}

/// What came of a document: of its one evaluation, or of each of its batch, in order. Of a batch,
/// an evaluation that cannot be read is an error by itself.
#[derive(Debug)]
pub enum Evaluated<T> {
    /// The document asks for one decision.
    One(T),
    /// It asks for several. Some may be missing at the end, as the document's semantic says.
    Batch(Vec<Result<T, String>>),
}

/// An evaluation of a document.
enum Evaluation<'r> {
    /// Its only one, stated.
    Only(&'r mut Request),
    /// One of a batch, stated or not to be read, and its place.
    OfBatch(usize, Result<&'r mut Request, String>),
}

/// Calls `decide` with each evaluation of a document. It says whether that is a permit, which may end
/// a batch. Members that the specification does not know are ignored.
///
/// # Errors
///
/// The document is no AuthZEN request. Nothing was asked of `decide`, and the request is empty.
fn each_evaluation(
    bytes: &[u8],
    limits: &Limits,
    request: &mut Request,
    mut decide: impl FnMut(Evaluation<'_>) -> bool,
) -> Result<(), BadRequest> {
    if state_in_one_pass(bytes, limits, request) {
        decide(Evaluation::Only(request));
        return Ok(());
    }
    request.reset();
    let node: Node<'_> = document(bytes, limits)?;
    match asked(bytes, &node, limits)? {
        Asked::One(evaluation) => {
            evaluation.state(request);
            decide(Evaluation::Only(request));
        }
        Asked::Batch(semantic, evaluations) => {
            for (place, evaluation) in evaluations.into_iter().enumerate() {
                let stated = evaluation.map(|evaluation| {
                    evaluation.state(request);
                    &mut *request
                });
                let permit = decide(Evaluation::OfBatch(place, stated));
                let last = match semantic {
                    Semantic::ExecuteAll => false,
                    Semantic::DenyOnFirstDeny => !permit,
                    Semantic::PermitOnFirstPermit => permit,
                };
                if last {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Calls `decide` with the request of each evaluation of a document, its values stated, and its
/// place. `decide` gives something, and whether it is a permit.
///
/// # Errors
///
/// The document is no AuthZEN request.
pub fn evaluate<T>(
    bytes: &[u8],
    limits: &Limits,
    request: &mut Request,
    mut decide: impl FnMut(&mut Request, usize) -> (T, bool),
) -> Result<Evaluated<T>, BadRequest> {
    let (mut only, mut batch) = (None, Vec::new());
    each_evaluation(bytes, limits, request, |evaluation| match evaluation {
        Evaluation::Only(request) => {
            let (result, permit) = decide(request, 0);
            only = Some(result);
            permit
        }
        Evaluation::OfBatch(place, stated) => {
            let result = stated.map(|request| decide(request, place));
            let permit = result.as_ref().is_ok_and(|(_, permit)| *permit);
            batch.push(result.map(|(result, _)| result));
            permit
        }
    })?;
    Ok(only.map_or(Evaluated::Batch(batch), Evaluated::One))
}

/// Answers a document in JSON, which is added to `answer`; and whether every decision in it is a
/// permit. `finish` states what the document leaves to the caller, as the time.
///
/// # Errors
///
/// The document is no AuthZEN request; nothing is added. Of a batch, an evaluation that cannot be read
/// is answered by a refusal with `context.error`.
pub fn answer_into(
    bytes: &[u8],
    limits: &Limits,
    request: &mut Request,
    finish: impl Fn(&mut Request),
    decide: impl for<'r> Fn(&'r Request) -> Decision<'r>,
    answer: &mut Vec<u8>,
) -> Result<bool, BadRequest> {
    let ids = Ids::new(bytes);
    let (mut permits, mut is_batch) = (true, false);
    let respond = |request: &mut Request, place: usize, answer: &mut Vec<u8>| {
        finish(request);
        let decision = decide(request);
        write_decision(&decision, ids.of(&decision, place).as_str(), answer);
        decision.is_permit()
    };
    each_evaluation(bytes, limits, request, |evaluation| {
        let permit = match evaluation {
            Evaluation::Only(request) => respond(request, 0, answer),
            Evaluation::OfBatch(place, stated) => {
                is_batch = true;
                let before: &[u8] = if place == 0 { b"{\"evaluations\":[" } else { b"," };
                answer.extend_from_slice(before);
                match stated {
                    Ok(request) => respond(request, place, answer),
                    Err(message) => {
                        write_failure(&message, answer);
                        false
                    }
                }
            }
        };
        permits &= permit;
        permit
    })?;
    if is_batch {
        answer.extend_from_slice(b"]}");
    }
    Ok(permits)
}

/// Answers a document, as [`answer_into`] does.
pub fn answer(
    bytes: &[u8],
    limits: &Limits,
    request: &mut Request,
    finish: impl Fn(&mut Request),
    decide: impl for<'r> Fn(&'r Request) -> Decision<'r>,
) -> Result<Answer, BadRequest> {
    let mut answer = Vec::with_capacity(1_024);
    let permits = answer_into(bytes, limits, request, finish, decide, &mut answer)?;
    Ok(Answer { json: text(answer), permits })
}

/// The ids of the decisions on one document.
///
/// The same set and document give the same id, so that a replayed decision can be matched. Nobody who
/// writes a document can choose the id: a quicker hash would do to tell decisions apart, but could be
/// steered, and most processors have instructions for this one.
struct Ids {
    document: Sha256,
}

impl Ids {
    fn new(document: &[u8]) -> Self {
        Self { document: Sha256::new_with_prefix(document) }
    }

    /// The id of the decision at a place of the document.
    fn of(&self, decision: &Decision<'_>, place: usize) -> Id {
        // What comes after the document is no JSON, so that no other document hashes the same bytes.
        let hash = self
            .document
            .clone()
            .chain_update(decision.digest().as_bytes())
            .chain_update(place.to_be_bytes())
            .finalize();
        let mut id = [b'0'; 16];
        for (digits, byte) in id.chunks_exact_mut(2).zip(hash) {
            for (digit, value) in digits.iter_mut().zip([byte >> 4, byte & 15]) {
                *digit = if value < 10 { b'0' + value } else { b'a' + value - 10 };
            }
        }
        Id(id)
    }
}

/// An id, in hexadecimal.
struct Id([u8; 16]);

impl Id {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A decision as an AuthZEN response, in JSON. `id` tells it from others in a log.
pub fn respond(decision: &Decision<'_>, id: &str) -> String {
    let mut response = Vec::new();
    write_decision(decision, id, &mut response);
    text(response)
}

impl BadRequest {
    /// It as an AuthZEN response, in JSON: a refusal with `context.error`, for a host that answers
    /// whatever it is sent.
    pub fn response(&self) -> String {
        let mut response = Vec::new();
        write_failure(&self.to_string(), &mut response);
        text(response)
    }
}

/// What was written, which is text.
fn text(written: Vec<u8>) -> String {
    String::from_utf8(written).unwrap_or_else(|_| "{\"decision\":false}".to_owned())
}
