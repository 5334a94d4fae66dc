//! Generated policy sets and requests, as the JSON that an author or a gateway would write. The
//! sets are valid, the requests are not always: values are missing, null and malformed too.
//!
//! A condition is drawn without knowing what the vocabulary declares of its attributes; only their
//! types are fixed. So every part shrinks by itself.

mod conditions;
mod policies;
mod vocabulary;
pub mod words;

use super::reference::Question;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::test_runner::{Config, FileFailurePersistence, RngAlgorithm, RngSeed, TestRunner};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Which sets are generated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sets {
    Any,
    /// Without the declarations that unknown is all right: no `absent`, no `certain` rule, no
    /// `certain` branch; and derived attributes are used only so that their worse value never helps.
    WithoutDeclarations,
}

#[derive(Clone)]
pub struct Set {
    pub vocabulary: Json,
    pub policies: Vec<Json>,
}

#[derive(Clone)]
pub struct Request {
    pub values: BTreeMap<String, Json>,
    /// What the gateway can carry out; everything, if it does not say.
    pub can: Option<BTreeSet<String>>,
}

/// Checks a property of cases: the same in each run, and those that failed once, which are kept
/// beside the test. What fails is made small, and shown.
pub fn for_all(
    source_file: &'static str,
    count: u32,
    cases: BoxedStrategy<(Set, Vec<Request>)>,
    property: impl Fn(&Set, &[Request]) -> Result<(), String>,
) {
    let mut runner = TestRunner::new(Config {
        cases: count,
        source_file: Some(source_file),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource(
            "proptest-regressions",
        ))),
        // Without optimisation, the usual algorithm takes most of the time.
        rng_algorithm: RngAlgorithm::XorShift,
        rng_seed: RngSeed::Fixed(0),
        max_shrink_iters: 1_000_000,
        max_shrink_time: 60_000,
        ..Config::default()
    });
    let outcome = runner
        .run(&cases, |(set, requests)| property(&set, &requests).map_err(TestCaseError::fail));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// A set of that many policies at least, and requests that speak only of what it declares.
pub fn cases(sets: Sets, policies: usize, requests: usize) -> BoxedStrategy<(Set, Vec<Request>)> {
    let requests = proptest::collection::vec(request(), 1..=requests);
    // The requests come first, to shrink first: with few of them, every further step is quick.
    (requests, vocabulary::vocabulary(sets), policies::policies(sets, policies))
        .prop_map(|(mut requests, vocabulary, policies)| {
            let set = Set { vocabulary, policies }.pruned();
            let is_declared = |name: &String| set.declarations().any(|(other, _)| other == name);
            for request in &mut requests {
                request.values.retain(|name, _| is_declared(name));
                if let Some(can) = &mut request.can {
                    can.retain(|name| set.vocabulary["obligations"].get(name).is_some());
                }
            }
            (set, requests)
        })
        .boxed()
}

impl Set {
    /// Every attribute, of the vocabulary and of the policies.
    pub fn declarations(&self) -> impl Iterator<Item = (&String, &Json)> {
        let places = std::iter::once(&self.vocabulary).chain(&self.policies);
        places.filter_map(|place| place["attributes"].as_object()).flatten()
    }

    /// What the reference evaluator is asked.
    pub fn question<'a>(&'a self, request: &'a Request) -> Question<'a> {
        let Self { vocabulary, policies } = self;
        let (request, can) = (&request.values, request.can.as_ref());
        Question { vocabulary, policies, request, can, stepped_up: None }
    }

    /// The files of the set.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let name = |number| format!("p{}.json", number + 1);
        let names: Vec<String> = (0..self.policies.len()).map(name).collect();
        let manifest = json!({ "policy_set": "generated", "vocabulary": "vocabulary.json", "policies": names });
        let policies = names.into_iter().zip(&self.policies);
        let others = [
            ("policy-set.json".to_owned(), &manifest),
            ("vocabulary.json".to_owned(), &self.vocabulary),
        ];
        others
            .into_iter()
            .chain(policies)
            .map(|(name, file)| (name, file.to_string().into_bytes()))
            .collect()
    }

    /// Leaves out of the vocabulary what no policy uses: that makes cases readable.
    fn pruned(mut self) -> Self {
        let mut text: String = self.policies.iter().map(Json::to_string).collect();
        let mut prune = |key: &str, name: &str| {
            let is_used = text.contains(&format!("\"{name}\"")) || name == "context.time";
            let members = self.vocabulary[key].as_object_mut().unwrap();
            match members.get(name) {
                Some(declaration) if is_used => text += &declaration.to_string(),
                _ => drop(members.remove(name)),
            }
        };
        // Derived attributes come after those that they use.
        words::common().iter().rev().for_each(|attribute| prune("attributes", attribute.name));
        vocabulary::OBLIGATIONS.iter().for_each(|(name, _)| prune("obligations", name));
        self
    }
}

fn request() -> impl Strategy<Value = Request> {
    let named =
        words::ATTRIBUTES.iter().flat_map(|attribute| match attribute.name.strip_prefix("own.") {
            None => vec![(attribute.name.to_owned(), attribute)],
            Some(own) => (1..=5).map(|policy| (format!("p{policy}.{own}"), attribute)).collect(),
        });
    let (names, values): (Vec<_>, Vec<_>) =
        named.map(|(name, attribute)| (name, attribute.stated())).unzip();
    let able: Vec<String> =
        vocabulary::OBLIGATIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let can = weighted(0.5, subsequence(able.clone(), 0..=4));
    (values, can).prop_map(move |(values, can)| Request {
        values: names
            .iter()
            .cloned()
            .zip(values)
            .filter_map(|(name, value)| Some((name, value?)))
            .collect(),
        can: can.map(BTreeSet::from_iter),
    })
}

/// One line for each attribute, obligation, policy and rule.
impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for key in ["attributes", "obligations"] {
            for (name, declaration) in self.vocabulary[key].as_object().into_iter().flatten() {
                write!(f, "\n{name}: {declaration}")?;
            }
        }
        for policy in &self.policies {
            let mut policy = policy.clone();
            let rules = policy["rules"].take();
            write!(f, "\n{policy}")?;
            for rule in rules.as_array().into_iter().flatten() {
                write!(f, "\n    {rule}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}, can: {:?}", json!(self.values), self.can)
    }
}
