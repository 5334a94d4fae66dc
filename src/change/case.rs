//! A request that shows something, apart from any policy set.

use std::collections::BTreeMap;

use crate::decide::{Decision, Merged, Request};
use crate::model::{Given, Reason, Value};
use crate::prove::Differs;

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

/// Whether two decisions on one request differ so.
pub(super) fn differ_so([before, after]: [&Decision<'_>; 2], differs: Differs) -> bool {
    let unenforceable = |decision: &Decision<'_>| decision.reason() == Reason::Unenforceable;
    let permits = |decision: &Decision<'_>| decision.is_permit() || unenforceable(decision);
    match differs {
        Differs::Granted => !permits(before) && permits(after),
        Differs::Refused => permits(before) && !permits(after),
        Differs::Any if permits(before) != permits(after) => true,
        // What an unenforceable permit would carry, it does not tell.
        Differs::Any | Differs::Obligations if unenforceable(before) || unenforceable(after) => {
            permits(before) && permits(after)
        }
        Differs::Any | Differs::Obligations | Differs::Perhaps => {
            permits(before) == permits(after) && obligations(before) != obligations(after)
        }
    }
}

/// The obligations of a decision, by name.
pub(super) fn obligations(decision: &Decision<'_>) -> BTreeMap<String, BTreeMap<String, Merged>> {
    let named = decision.obligations().map(|obligation| {
        let parameters = obligation.parameters();
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.clone()));
        (obligation.name().to_owned(), parameters.collect())
    });
    named.collect()
}
