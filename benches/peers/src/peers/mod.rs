//! What a user would pick instead, each in its best documented form.

mod casbin;
mod cedar;
mod cel;
mod contest;
mod rego;

use std::collections::HashMap;

use self::casbin::Casbin;
use self::cedar::Cedar;
use self::cel::Cel;
pub use self::contest::Peers;
use self::rego::{Interpreted, Rvm};
use crate::neutral::{ATTRIBUTES, Domain, OWNER, Rule, Test, Typed, Workload, number};

/// An engine with a policy loaded.
pub trait Engine: Sized {
    const NAME: &'static str;
    /// Whatever its interface lets a host make of a request ahead of the decision.
    type Prepared;

    fn load(workload: &Workload, rules: &[Rule]) -> Self;
    fn prepare(&self, typed: &Typed<'_>) -> Self::Prepared;
    /// Whether it is a permit.
    fn decide(&self, prepared: &Self::Prepared) -> bool;
}

/// An engine for each owner, picked by the host: none has rules of another's.
pub struct Sharded<E> {
    shards: HashMap<String, E>,
    /// For owners that no rule names.
    rest: E,
}

impl<E: Engine> Sharded<E> {
    /// With engines for these owners.
    pub fn load(workload: &Workload, owners: impl IntoIterator<Item = usize>) -> Self {
        let shard = |owner| E::load(workload, &shard(workload, owner));
        let named = |owner: usize| (workload.owners[owner].clone(), shard(owner));
        let stranger = workload.owners.len() - 1;
        let owners = owners.into_iter().filter(|owner| *owner != stranger);
        Self { shards: owners.map(named).collect(), rest: shard(stranger) }
    }

    pub fn of(&self, owner: &str) -> &E {
        self.shards.get(owner).unwrap_or(&self.rest)
    }
}

/// The rules that speak of an owner's information, which they need not say any more.
fn shard(workload: &Workload, owner: usize) -> Vec<Rule> {
    let rules = workload.rules.iter().filter(|rule| {
        let tests = rule.when.iter().find(|(attribute, _)| *attribute == OWNER);
        rule.owner.is_none_or(|of| of == owner)
            && tests.is_none_or(|(_, test)| test.holds(number(owner)))
    });
    let mut rules: Vec<Rule> = rules.cloned().collect();
    for rule in &mut rules {
        rule.owner = None;
        rule.when.retain(|(attribute, _)| *attribute != OWNER);
    }
    rules
}

/// What a rule tests, the owner first: it tells most rules apart, and engines stop at what is false.
fn tests(rule: &Rule) -> Vec<(usize, Test)> {
    let owner = rule.owner.map(|owner| (OWNER, Test::OneOf(vec![number(owner)])));
    owner.into_iter().chain(rule.when.iter().cloned()).collect()
}

/// A rule's tests as most languages write them, with a prefix before names and a quote around words.
fn expression(workload: &Workload, rule: &Rule, prefix: &str, quote: char) -> String {
    let tests = tests(rule).into_iter().map(|(attribute, test)| {
        let (name, domain) = ATTRIBUTES[attribute];
        let name = format!("{prefix}{}", identifier(name));
        let literal = |value: i64| match domain {
            Domain::Owner | Domain::Words(_) => {
                format!("{quote}{}{quote}", workload.word(attribute, value))
            }
            Domain::Number(_) => value.to_string(),
            Domain::Flag => (value != 0).to_string(),
        };
        match test {
            Test::OneOf(values) => match (values.as_slice(), domain) {
                ([1], Domain::Flag) => name,
                ([0], Domain::Flag) => format!("!{name}"),
                ([value], _) => format!("{name} == {}", literal(*value)),
                (values, _) => {
                    let list: Vec<String> = values.iter().map(|value| literal(*value)).collect();
                    format!("{name} in [{}]", list.join(", "))
                }
            },
            Test::AtLeast(least) => format!("{name} >= {least}"),
            Test::AtMost(most) => format!("{name} <= {most}"),
            Test::Between(least, most) => format!("{name} >= {least} && {name} <= {most}"),
        }
    });
    tests.collect::<Vec<String>>().join(" && ")
}

/// A name as an identifier: `resource_owner`.
fn identifier(name: &str) -> String {
    name.replace('.', "_")
}
