//! regorus 0.14: rules are data, held by owner and walked by a few lines of Rego, so that rules of other
//! owners cost nothing; interpreted, and compiled to instructions of its virtual machine.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine as Interpreter, Rc, Value};
use serde_json::{Map, json};

use super::{Engine, identifier, tests};
use crate::neutral::{ATTRIBUTES, Domain, NUMBERS, OWNER, Rule, Test, Typed, WORDS, Workload};

const ALLOW: &str = "data.gate.allow";

/// The policy: denies override. Those of all owners come under the name `*`.
fn policy() -> String {
    let mut holds = String::new();
    for (at, (name, _)) in ATTRIBUTES.iter().enumerate().filter(|(at, _)| *at != OWNER) {
        let name = identifier(name);
        holds += &if (WORDS..WORDS + NUMBERS).contains(&at) {
            format!("    input.{name} >= rule.{name}.least\n    input.{name} <= rule.{name}.most\n")
        } else {
            format!("    rule.{name}[input.{name}]\n")
        };
    }
    format!(
        "package gate\nimport rego.v1\n\
         default allow := false\n\
         allow if {{\n    not denied\n    permitted\n}}\n\
         denied if {{\n    some rule in data.denies[\"*\"]\n    holds(rule)\n}}\n\
         denied if {{\n    some rule in data.denies[input.resource_owner]\n    holds(rule)\n}}\n\
         permitted if {{\n    some rule in data.permits[\"*\"]\n    holds(rule)\n}}\n\
         permitted if {{\n    some rule in data.permits[input.resource_owner]\n    holds(rule)\n}}\n\
         holds(rule) if {{\n{holds}}}\n"
    )
}

/// The rules of each owner, and under `*` those of all; one that names several owners stands with each.
fn data(workload: &Workload, rules: &[Rule]) -> Value {
    let mut data = json!({ "permits": { "*": [] }, "denies": { "*": [] } });
    for rule in rules {
        let mut written = Map::new();
        for (at, (name, domain)) in ATTRIBUTES.iter().enumerate().filter(|(at, _)| *at != OWNER) {
            let test =
                rule.when.iter().find(|(attribute, _)| *attribute == at).map(|(_, test)| test);
            let value = match domain {
                Domain::Number(most) => {
                    let (least, most) = match test {
                        Some(Test::AtLeast(least)) => (*least, *most),
                        Some(Test::AtMost(most)) => (0, *most),
                        Some(Test::Between(least, most)) => (*least, *most),
                        Some(Test::OneOf(_)) => unreachable!("numbers are compared"),
                        None => (0, *most),
                    };
                    json!({ "least": least, "most": most })
                }
                _ => {
                    let all = 0..i64::try_from(domain.size(0)).unwrap();
                    let some = all.filter(|value| test.is_none_or(|test| test.holds(*value)));
                    let names = some.map(|value| match domain {
                        Domain::Flag => (value != 0).to_string(),
                        _ => workload.word(at, value).to_owned(),
                    });
                    names.map(|name| (name, json!(true))).collect::<Map<_, _>>().into()
                }
            };
            written.insert(identifier(name), value);
        }
        let owners: Vec<String> = match tests(rule).iter().find(|(at, _)| *at == OWNER) {
            Some((_, Test::OneOf(owners))) => {
                owners.iter().map(|owner| workload.word(OWNER, *owner).to_owned()).collect()
            }
            _ => vec!["*".to_owned()],
        };
        let kind = if rule.permits { "permits" } else { "denies" };
        for owner in owners {
            let list =
                data[kind].as_object_mut().unwrap().entry(owner).or_insert_with(|| json!([]));
            list.as_array_mut().unwrap().push(written.clone().into());
        }
    }
    Value::from_json_str(&data.to_string()).unwrap()
}

fn loaded(workload: &Workload, rules: &[Rule]) -> Interpreter {
    let mut engine = Interpreter::new();
    engine.add_policy("gate.rego".to_owned(), policy()).unwrap();
    engine.add_data(data(workload, rules)).unwrap();
    engine
}

/// Flags are text here: the data's keys are.
fn input(typed: &Typed<'_>) -> Value {
    let words = typed.words.iter().map(|word| Value::from(*word));
    let numbers = typed.numbers.iter().map(|number| Value::from(*number));
    let flags = typed.flags.iter().map(|flag| Value::from(if *flag { "true" } else { "false" }));
    let values = words.chain(numbers).chain(flags);
    let named = ATTRIBUTES.iter().map(|(name, _)| Value::from(identifier(name))).zip(values);
    Value::from(named.collect::<BTreeMap<Value, Value>>())
}

/// By the interpreter.
pub struct Interpreted {
    engine: RefCell<Interpreter>,
}

impl Engine for Interpreted {
    const NAME: &'static str = "regorus-interpreted";
    type Prepared = Value;

    fn load(workload: &Workload, rules: &[Rule]) -> Self {
        Self { engine: RefCell::new(loaded(workload, rules)) }
    }

    fn prepare(&self, typed: &Typed<'_>) -> Value {
        input(typed)
    }

    fn decide(&self, input: &Value) -> bool {
        let mut engine = self.engine.borrow_mut();
        engine.set_input(input.clone());
        engine.eval_rule(ALLOW.to_owned()).unwrap() == Value::from(true)
    }
}

/// By the virtual machine.
pub struct Rvm {
    machine: RefCell<RegoVM>,
}

impl Engine for Rvm {
    const NAME: &'static str = "regorus";
    type Prepared = Value;

    fn load(workload: &Workload, rules: &[Rule]) -> Self {
        let mut engine = loaded(workload, rules);
        let entry: Rc<str> = ALLOW.into();
        let compiled = engine.compile_with_entrypoint(&entry).unwrap();
        let program = Compiler::compile_from_policy(&compiled, &[ALLOW]).unwrap();
        let mut machine = RegoVM::new_with_policy(compiled);
        machine.load_program(Arc::clone(&program));
        machine.set_max_instructions(usize::MAX);
        machine.set_data(engine.get_data()).unwrap();
        Self { machine: RefCell::new(machine) }
    }

    fn prepare(&self, typed: &Typed<'_>) -> Value {
        input(typed)
    }

    fn decide(&self, input: &Value) -> bool {
        let mut machine = self.machine.borrow_mut();
        machine.set_input(input.clone());
        machine.execute().unwrap() == Value::from(true)
    }
}
