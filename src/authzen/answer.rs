//! AuthZEN JSON in, AuthZEN JSON out.

use sha2::{Digest, Sha256};

use super::read::{Asked, BadRequest, Semantic, asked, document};
use super::write::Response;
use crate::decide::{Decision, Request};
use crate::json::Node;
use crate::model::{Limits, hexadecimal};

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

/// Calls `decide` with the request of each evaluation of a document, its values stated, and its
/// place. `decide` gives something, and whether it is a permit. Members that the specification does
/// not know are ignored.
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
    let node: Node<'_> = document(bytes, limits)?;
    match asked(bytes, &node, limits)? {
        Asked::One(evaluation) => {
            evaluation.state(request);
            Ok(Evaluated::One(decide(request, 0).0))
        }
        Asked::Batch(semantic, evaluations) => {
            let mut results = Vec::new();
            for (place, evaluation) in evaluations.into_iter().enumerate() {
                let (result, permit) = match evaluation {
                    Ok(evaluation) => {
                        evaluation.state(request);
                        let (result, permit) = decide(request, place);
                        (Ok(result), permit)
                    }
                    Err(message) => (Err(message), false),
                };
                results.push(result);
                let last = match semantic {
                    Semantic::ExecuteAll => false,
                    Semantic::DenyOnFirstDeny => !permit,
                    Semantic::PermitOnFirstPermit => permit,
                };
                if last {
                    break;
                }
            }
            Ok(Evaluated::Batch(results))
        }
    }
}

/// Answers a document in JSON. `finish` states what the document leaves to the caller, as the time.
///
/// # Errors
///
/// The document is no AuthZEN request. Of a batch, an evaluation that cannot be read is answered by
/// a refusal with `context.error`.
pub fn answer(
    bytes: &[u8],
    limits: &Limits,
    request: &mut Request,
    finish: impl Fn(&mut Request),
    decide: impl for<'r> Fn(&'r Request) -> Decision<'r>,
) -> Result<Answer, BadRequest> {
    let request_digest = Sha256::digest(bytes);
    let evaluated = evaluate(bytes, limits, request, |request, place| {
        finish(request);
        let decision = decide(request);
        // The same set and document give the same id, so that a replayed decision can be matched.
        let id = Sha256::new()
            .chain_update(decision.digest().as_bytes())
            .chain_update(request_digest)
            .chain_update(place.to_be_bytes())
            .finalize();
        let id = hexadecimal(id.get(..8).unwrap_or_default());
        let permit = decision.is_permit();
        ((respond(&decision, &id), permit), permit)
    })?;
    Ok(match evaluated {
        Evaluated::One((json, permits)) => Answer { json, permits },
        Evaluated::Batch(results) => {
            let permits = results.iter().all(|result| matches!(result, Ok((_, true))));
            let responses = results.into_iter().map(|result| match result {
                Ok((json, _)) => json,
                Err(message) => written(&Response::failed(message)),
            });
            let responses: Vec<String> = responses.collect();
            Answer { json: format!("{{\"evaluations\":[{}]}}", responses.join(",")), permits }
        }
    })
}

/// A decision as an AuthZEN response, in JSON. `id` tells it from others in a log.
pub fn respond(decision: &Decision<'_>, id: &str) -> String {
    written(&Response::of(decision, id))
}

fn written(response: &Response<'_>) -> String {
    // Writing does not fail; if it did, what is written refuses.
    serde_json::to_string(response).unwrap_or_else(|_| "{\"decision\":false}".to_owned())
}
