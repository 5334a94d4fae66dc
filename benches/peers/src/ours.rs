//! Portcullis: a policy set made from a workload, and requests to it.

use std::collections::BTreeMap;

use portcullis::{Decision, Key, Limits, Pdp, PolicySet, Request};
use serde_json::{Map, Value, json};

use crate::neutral::{self, ATTRIBUTES, Domain, OBLIGATIONS, Rule, Test, Typed, WORDS, Workload};

/// The files of a policy set that is the workload: a policy an owner, which governs what is theirs, and
/// one that only restricts for what is refused to all. Without owners, one policy.
pub fn files(workload: &Workload) -> BTreeMap<String, Vec<u8>> {
    let mut policies: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let shared = rules(workload, None);
    if workload.is_owned() {
        let policy = json!({ "policy": "shared", "owner": "security-officer", "only_restricts": true,
                             "rules": shared });
        policies.insert("shared.json".to_owned(), policy.to_string().into_bytes());
        for (owner, name) in workload.owners.iter().enumerate() {
            let rules = rules(workload, Some(owner));
            if !rules.is_empty() {
                let policy = json!({ "policy": name, "owner": name,
                                     "governs": { "resource.owner": name }, "rules": rules });
                policies.insert(format!("{name}.json"), policy.to_string().into_bytes());
            }
        }
    } else {
        let policy = json!({ "policy": "shared", "owner": "security-officer", "rules": shared });
        policies.insert("shared.json".to_owned(), policy.to_string().into_bytes());
    }
    let names: Vec<&String> = policies.keys().collect();
    let manifest =
        json!({ "policy_set": workload.name, "vocabulary": "vocabulary.json", "policies": names });
    let mut files = policies;
    files.insert("policy-set.json".to_owned(), manifest.to_string().into_bytes());
    files.insert("vocabulary.json".to_owned(), vocabulary().to_string().into_bytes());
    files
}

/// The attributes under the names of the standard vocabulary; what there is evidence or derived is
/// stated by the host here, as in every other engine.
fn vocabulary() -> Value {
    let attributes: Map<String, Value> = ATTRIBUTES
        .iter()
        .map(|(name, domain)| {
            let mut terms = match domain {
                Domain::Owner => json!({ "type": "string" }),
                Domain::Words(words) => json!({ "type": "enum", "values": words }),
                Domain::Number(_) => json!({ "type": "integer" }),
                Domain::Flag => json!({ "type": "bool" }),
            };
            if *name == "subject.factors" {
                terms["better"] = json!("higher");
                terms["remedy"] = json!({ "by": "user", "say": "Complete another step of signing in",
                                          "obligation": "step-up-authentication" });
            }
            ((*name).to_owned(), terms)
        })
        .collect();
    let mut obligations: Map<String, Value> =
        OBLIGATIONS.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
    obligations.insert("step-up-authentication".to_owned(), json!({ "type": "step-up" }));
    json!({ "vocabulary": "peers", "attributes": attributes, "obligations": obligations })
}

fn rules(workload: &Workload, owner: Option<usize>) -> Vec<Value> {
    let rules = workload.rules.iter().enumerate().filter(|(_, rule)| rule.owner == owner);
    rules.map(|(place, rule)| written(workload, place, rule)).collect()
}

fn written(workload: &Workload, place: usize, rule: &Rule) -> Value {
    let when: Map<String, Value> = rule
        .when
        .iter()
        .map(|(attribute, test)| {
            let literal = |value: i64| match ATTRIBUTES[*attribute].1 {
                Domain::Owner | Domain::Words(_) => json!(workload.word(*attribute, value)),
                Domain::Number(_) => json!(value),
                Domain::Flag => json!(value != 0),
            };
            let constraint = match test {
                Test::OneOf(values) => match values.as_slice() {
                    [value] => literal(*value),
                    values => values.iter().map(|value| literal(*value)).collect(),
                },
                Test::AtLeast(least) => json!({ "at_least": least }),
                Test::AtMost(most) => json!({ "at_most": most }),
                Test::Between(least, most) => json!({ "at_least": least, "at_most": most }),
            };
            (ATTRIBUTES[*attribute].0.to_owned(), constraint)
        })
        .collect();
    let effect = if rule.permits { "permit" } else { "deny" };
    let mut written = json!({ "id": format!("rule-{place}"), "effect": effect, "when": when,
                              "because": "The minutes of a meeting." });
    if !rule.obligations.is_empty() {
        let names: Vec<&str> = rule.obligations.iter().map(|at| OBLIGATIONS[*at]).collect();
        written["obligations"] = json!(names);
    }
    written
}

/// A handle, and what a host looks up once.
pub struct Ours {
    pub pdp: Pdp,
    keys: [Key; 16],
}

impl Ours {
    pub fn new(workload: &Workload) -> Self {
        let set = PolicySet::read(&files(workload), &Limits::default()).unwrap();
        let pdp = Pdp::new(&set).unwrap();
        let request = pdp.request();
        let keys = ATTRIBUTES.map(|(name, _)| request.key(name).unwrap());
        Self { pdp, keys }
    }

    /// States the values by keys, as a gateway does.
    #[inline]
    pub fn put(&self, request: &mut Request, typed: &Typed<'_>) {
        request.reset();
        let (words, others) = self.keys.split_at(WORDS);
        for (key, word) in words.iter().zip(typed.words) {
            request.put(*key, word).unwrap();
        }
        let (numbers, flags) = others.split_at(typed.numbers.len());
        for (key, number) in numbers.iter().zip(typed.numbers) {
            request.put(*key, number).unwrap();
        }
        for (key, flag) in flags.iter().zip(typed.flags) {
            request.put(*key, flag).unwrap();
        }
    }

    /// States the values by names.
    pub fn set(&self, request: &mut Request, typed: &Typed<'_>) {
        request.reset();
        let (words, others) = ATTRIBUTES.split_at(WORDS);
        for ((name, _), word) in words.iter().zip(typed.words) {
            request.set(name, word);
        }
        let (numbers, flags) = others.split_at(typed.numbers.len());
        for ((name, _), number) in numbers.iter().zip(typed.numbers) {
            request.set(name, number);
        }
        for ((name, _), flag) in flags.iter().zip(typed.flags) {
            request.set(name, flag);
        }
    }

    pub fn stated(&self, typed: &Typed<'_>) -> Request {
        let mut request = self.pdp.request();
        self.put(&mut request, typed);
        request
    }
}

/// The determining rules of a decision, as places in the workload.
pub fn determining(decision: &Decision<'_>) -> Vec<usize> {
    let place = |id: &str| id.strip_prefix("rule-").unwrap().parse().unwrap();
    let mut rules: Vec<usize> = decision.determining().map(|rule| place(rule.id())).collect();
    rules.sort_unstable();
    rules
}

/// The request as AuthZEN has it.
pub fn authzen(workload: &Workload, request: &neutral::Request) -> String {
    let values =
        ATTRIBUTES.iter().zip(request).enumerate().map(|(attribute, ((name, domain), value))| {
            let value = match domain {
                Domain::Owner | Domain::Words(_) => json!(workload.word(attribute, *value)),
                Domain::Number(_) => json!(value),
                Domain::Flag => json!(*value != 0),
            };
            (*name, value)
        });
    document(values)
}

/// An AuthZEN request that states these values.
pub fn document<'n>(values: impl IntoIterator<Item = (&'n str, Value)>) -> String {
    let mut document = json!({
        "subject": { "type": "user", "id": "user-07b1c2d3", "properties": {} },
        "action": { "name": "none" },
        "resource": { "type": "document", "id": "document-5f0e6a9b", "properties": {} },
        "context": {},
    });
    for (name, value) in values {
        let path = match name.split_once('.') {
            None => format!("/{name}/name"),
            Some((entity @ ("subject" | "resource"), rest @ ("id" | "type"))) => {
                format!("/{entity}/{rest}")
            }
            Some((entity @ ("subject" | "resource"), rest)) => {
                format!("/{entity}/properties/{}", rest.replace('.', "/"))
            }
            Some(("context", rest)) => format!("/context/{}", rest.replace('.', "/")),
            Some(_) => format!("/context/{}", name.replace('.', "/")),
        };
        let mut node = &mut document;
        for name in path.split('/').skip(1) {
            node = &mut node[name];
        }
        *node = value;
    }
    document.to_string()
}
