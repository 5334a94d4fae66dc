//! Bytes as an AuthZEN document, answered by the 2013 set as on the author's bench and as in a
//! gateway.

use portcullis::{Answer, BadRequest, Evaluated, Limits, MANIFEST, Pdp, PolicySet, Request};
use serde_json::Value as Json;
use std::cell::RefCell;
use std::collections::BTreeMap;

macro_rules! shipped {
    ($($name:literal),+) => {
        [$(($name, include_str!(concat!("../../policies/solihull-2013/", $name)))),+]
    };
}

thread_local! {
    static PDP: Pdp = {
        let files = shipped!["policy-set.json", "vocabulary.json", "council.json", "psn.json"];
        assert_eq!(files[0].0, MANIFEST);
        let bytes = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        let set = PolicySet::read(&BTreeMap::from(bytes), &Limits::default()).unwrap();
        Pdp::new(&set).unwrap()
    };
    /// One of the gateway, one of the bench, used again and again.
    static REUSED: RefCell<[Request; 2]> =
        PDP.with(|pdp| RefCell::new([pdp.request(), pdp.bench_request()]));
}

pub fn authzen(data: &[u8]) {
    PDP.with(|pdp| {
        REUSED.with_borrow_mut(|reused| {
            for (reused, fresh) in reused.iter_mut().zip([pdp.request(), pdp.bench_request()]) {
                check(pdp, data, reused, fresh);
            }
        });
    });
}

/// What a document says of its one evaluation, and of the one item of a batch that asks the same: the
/// first is read in one pass, the second by way of a tree.
fn check_batch_of_one(pdp: &Pdp, data: &[u8], request: &mut Request) {
    let Some(members) = data.trim_ascii_start().strip_prefix(b"{") else { return };
    let empty = members.trim_ascii_start().starts_with(b"}");
    let comma = if empty { "" } else { "," };
    let batch = [b"{\"evaluations\":[{}]", comma.as_bytes(), members].concat();
    let stated = |request: &mut Request| {
        let mut held: Vec<String> = request.stated().map(|stated| format!("{stated:?}")).collect();
        held.extend(request.malformed().map(str::to_owned));
        held
    };
    let mut evaluate =
        |data: &[u8]| pdp.evaluate(data, request, |request, _| (stated(request), true));
    let single = match evaluate(data) {
        Ok(Evaluated::One(held)) => Ok(held),
        Ok(Evaluated::Batch(_)) => return,
        Err(error) => Err(error.message),
    };
    let in_batch = match evaluate(&batch) {
        Ok(Evaluated::One(_)) => panic!("a batch is answered as one evaluation"),
        Ok(Evaluated::Batch(mut results)) => results.remove(0),
        Err(error) => Err(error.message),
    };
    // Only of a batch does it matter what its `options` are, and that it has one list of evaluations.
    let of_batches = ["`evaluations` is written twice", "`options`", "`evaluations_semantic`"];
    let of_batch = |message: &String| of_batches.iter().any(|words| message.contains(words));
    if in_batch.as_ref().is_err_and(of_batch) {
        return;
    }
    assert_eq!(single, in_batch, "read otherwise as a batch of one");
}

fn check(pdp: &Pdp, data: &[u8], reused: &mut Request, mut fresh: Request) {
    check_batch_of_one(pdp, data, reused);
    let answer = |request: &mut Request| pdp.answer(data, request, |_| {});
    let (first, second) = (answer(reused), answer(&mut fresh));
    let Answer { json, permits } = match (first, second) {
        (Ok(first), Ok(second)) => {
            assert_eq!(first.json, second.json, "what was asked earlier changes the answer");
            first
        }
        (Err(BadRequest { message, .. }), Err(_)) => {
            return assert!(!message.is_empty(), "refused without a word");
        }
        (first, second) => panic!("answered once: {first:?}, {second:?}"),
    };
    serde_json::from_slice::<serde::de::IgnoredAny>(data).expect("a request is JSON");
    let response: Json = serde_json::from_str(&json).expect("a response is JSON");
    let decisions = match &response["evaluations"] {
        Json::Array(responses) => responses.iter().collect(),
        _ => vec![&response],
    };
    assert!(decisions.iter().all(|response| response["decision"].is_boolean()));
    assert_eq!(permits, decisions.iter().all(|response| response["decision"] == true));
}
