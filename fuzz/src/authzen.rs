//! Bytes as an AuthZEN document, answered by the 2013 set as on the author's bench and as in a
//! gateway.

use portcullis::{Answer, BadRequest, Limits, MANIFEST, Pdp, PolicySet, Request};
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

fn check(pdp: &Pdp, data: &[u8], reused: &mut Request, mut fresh: Request) {
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
