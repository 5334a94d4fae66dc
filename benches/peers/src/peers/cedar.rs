//! cedar-policy 4.14: owner and action stand in the scope of a policy, where Cedar looks first; the rest
//! of a request is its context. Entities are built outside the timing.

use std::collections::HashMap;
use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request,
    RestrictedExpression,
};

use super::{Engine, identifier};
use crate::neutral::{
    ACTION, ATTRIBUTES, Domain, NUMBERS, OWNER, Rule, Test, Typed, WORDS, Workload,
};

pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    principal: EntityUid,
    /// The actions, and a document of each owner.
    actions: HashMap<&'static str, EntityUid>,
    documents: HashMap<String, EntityUid>,
}

fn uid(kind: &str, name: &str) -> EntityUid {
    EntityUid::from_str(&format!("{kind}::\"{name}\"")).unwrap()
}

impl Engine for Cedar {
    const NAME: &'static str = "cedar";
    type Prepared = Request;

    fn load(workload: &Workload, rules: &[Rule]) -> Self {
        let text: String = rules.iter().map(|rule| written(workload, rule)).collect();
        let documents: HashMap<String, EntityUid> = workload
            .owners
            .iter()
            .map(|owner| (owner.clone(), uid("Document", &format!("of-{owner}"))))
            .collect();
        let entities = documents.iter().map(|(owner, document)| {
            Entity::new_no_attrs(document.clone(), [uid("Owner", owner)].into())
        });
        let Domain::Words(actions) = ATTRIBUTES[ACTION].1 else { unreachable!() };
        Self {
            authorizer: Authorizer::new(),
            policies: PolicySet::from_str(&text).unwrap(),
            entities: Entities::from_entities(entities, None).unwrap(),
            principal: uid("User", "ada"),
            actions: actions.iter().map(|action| (*action, uid("Action", action))).collect(),
            documents,
        }
    }

    fn prepare(&self, typed: &Typed<'_>) -> Request {
        let pairs = ATTRIBUTES.iter().enumerate().filter(|(at, _)| *at != OWNER && *at != ACTION);
        let pairs = pairs.map(|(at, (name, _))| {
            let value = if at < WORDS {
                RestrictedExpression::new_string(typed.words[at].to_owned())
            } else if at < WORDS + NUMBERS {
                RestrictedExpression::new_long(typed.numbers[at - WORDS])
            } else {
                RestrictedExpression::new_bool(typed.flags[at - WORDS - NUMBERS])
            };
            (identifier(name), value)
        });
        let context = Context::from_pairs(pairs).unwrap();
        let action = self.actions[typed.words[ACTION]].clone();
        let resource = self.documents[typed.words[OWNER]].clone();
        Request::new(self.principal.clone(), action, resource, context, None).unwrap()
    }

    fn decide(&self, request: &Request) -> bool {
        let response = self.authorizer.is_authorized(request, &self.policies, &self.entities);
        response.decision() == Decision::Allow
    }
}

fn written(workload: &Workload, rule: &Rule) -> String {
    let effect = if rule.permits { "permit" } else { "forbid" };
    let (mut action, mut resource) = ("action".to_owned(), "resource".to_owned());
    if let Some(owner) = rule.owner {
        resource = format!("resource in Owner::\"{}\"", workload.owners[owner]);
    }
    let mut conditions: Vec<String> = vec![];
    for (attribute, test) in &rule.when {
        let (name, domain) = ATTRIBUTES[*attribute];
        let name = format!("context.{}", identifier(name));
        let literal = |value: i64| match domain {
            Domain::Owner => format!("Owner::\"{}\"", workload.word(*attribute, value)),
            Domain::Words(_) if *attribute == ACTION => {
                format!("Action::\"{}\"", workload.word(*attribute, value))
            }
            Domain::Words(_) => format!("\"{}\"", workload.word(*attribute, value)),
            Domain::Number(_) => value.to_string(),
            Domain::Flag => (value != 0).to_string(),
        };
        match test {
            Test::OneOf(values) => {
                let list: Vec<String> = values.iter().map(|value| literal(*value)).collect();
                match (*attribute, values.as_slice(), domain) {
                    (ACTION, [value], _) => action = format!("action == {}", literal(*value)),
                    (ACTION, ..) => action = format!("action in [{}]", list.join(", ")),
                    (OWNER, ..) => {
                        conditions.insert(0, format!("resource in [{}]", list.join(", ")));
                    }
                    (_, [1], Domain::Flag) => conditions.push(name),
                    (_, [0], Domain::Flag) => conditions.push(format!("!{name}")),
                    (_, [value], _) => conditions.push(format!("{name} == {}", literal(*value))),
                    _ => conditions.push(format!("[{}].contains({name})", list.join(", "))),
                }
            }
            Test::AtLeast(least) => conditions.push(format!("{name} >= {least}")),
            Test::AtMost(most) => conditions.push(format!("{name} <= {most}")),
            Test::Between(least, most) => {
                conditions.push(format!("{name} >= {least} && {name} <= {most}"));
            }
        }
    }
    let when = if conditions.is_empty() {
        String::new()
    } else {
        format!(" when {{ {} }}", conditions.join(" && "))
    };
    format!("{effect}(principal, {action}, {resource}){when};\n")
}
