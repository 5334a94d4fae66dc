//! A request that shows something, apart from any policy set.

use std::collections::BTreeMap;

use crate::decide::Request;
use crate::model::{Given, Value};

/// A request, by the names of its attributes. It can be stated under any policy set.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Case {
    /// The value of each attribute that is stated; `None` where what is stated is no value of it,
    /// as only that tells it from one that is missing.
    pub values: BTreeMap<String, Option<Value>>,
}

impl Case {
    /// States it in a request of the author's bench. What a set derives is not stated: it follows.
    pub fn state(&self, request: &mut Request) {
        request.reset();
        for (name, value) in &self.values {
            let vocabulary = request.vocabulary();
            let Some(id) = vocabulary.attribute(name) else { continue };
            if vocabulary[id].is_derived() {
                continue;
            }
            match value {
                Some(value) => request.assume(id, value),
                None => {
                    request.set(name, Given::Malformed);
                }
            }
        }
    }
}
