//! The compiled form agrees with the reference evaluator: on policy sets that the fuzzer writes, and
//! on those of the generator of `tests/differential.rs`.

use super::archive::unpack;
use generate::{Request, Set, Sets, cases};
use portcullis::{Limits, MANIFEST, Pdp, PolicySet};
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value as Json;

#[path = "../../tests/generate/compiled.rs"]
mod compiled;
#[path = "../../tests/generate/mod.rs"]
pub mod generate;
#[path = "../../tests/reference/mod.rs"]
mod reference;

/// An archive of a policy set with its own vocabulary, and of files `request…`, each with the
/// attributes of a `request` and perhaps what the gateway `can` carry out, as in a policy test.
pub fn differential(data: &[u8]) {
    let files = unpack(data);
    let Ok(set) = PolicySet::read(&files, &Limits::default()) else { return };
    let Ok(pdp) = Pdp::new(&set) else { return };
    let file = |path: &str| serde_json::from_slice::<Json>(files.get(path)?).ok();
    let named = |path: &Json| file(path.as_str()?);
    let Some(manifest) = file(MANIFEST) else { return };
    let policies = manifest["policies"].as_array().into_iter().flatten();
    // The reference knows no standard vocabulary.
    let Some(vocabulary) = named(&manifest["vocabulary"]) else { return };
    if vocabulary.get("extends").is_some() || !vocabulary["attributes"].is_object() {
        return;
    }
    let set = Set { vocabulary, policies: policies.filter_map(named).collect() };
    for path in files.keys().filter(|path| path.starts_with("request")) {
        let request = file(path).as_ref().and_then(request);
        if let Some(mut request) = request {
            request.values.retain(|name, _| set.declarations().any(|(other, _)| other == name));
            compare(&pdp, &set, &request);
        }
    }
}

type Case = (Set, Vec<Request>);

/// A seed of the generator. Its choices cannot be taken from the bytes one by one: for each choice
/// among strategies, proptest splits the bytes that are left in halves, and soon none are.
pub fn generated(data: &[u8]) {
    thread_local! {
        static CASES: BoxedStrategy<Case> = cases(Sets::Any, 1, 24);
    }
    let mut seed = [0; 16];
    seed.iter_mut().zip(data).for_each(|(seed, byte)| *seed = *byte);
    // The algorithm that the tests use; a seed of zeros would give only zeros.
    seed[15] |= 1;
    let rng = TestRng::from_seed(RngAlgorithm::XorShift, &seed);
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let (set, requests) = CASES.with(|cases| cases.new_tree(&mut runner).unwrap().current());
    let pdp = compiled::compile(&set.files());
    requests.iter().for_each(|request| compare(&pdp, &set, request));
}

/// `None` for what the tests' side of the crate's interface cannot state.
fn request(json: &Json) -> Option<Request> {
    let is_stated = |value: &Json| match value {
        Json::Number(number) => number.is_i64(),
        Json::Array(words) => words.iter().all(Json::is_string),
        _ => true,
    };
    let values = json["request"].as_object()?.clone().into_iter();
    let can = json["can"]
        .as_array()
        .map(|can| can.iter().filter_map(Json::as_str).map(str::to_owned).collect());
    Some(Request { values: values.filter(|(_, value)| is_stated(value)).collect(), can })
}

fn compare(pdp: &Pdp, set: &Set, request: &Request) {
    let (compiled, _) = compiled::answer(pdp, set, request);
    let reference = set.question(request).answer();
    assert_eq!(compiled, reference, "the compiled form, then the reference, on{set:?}{request:?}");
}
