//! cel 0.15: a program for each rule, compiled before; the host runs the denies, then the permits, and
//! stops at the first that decides. Values are lent through a resolver, without a map of variables.

use std::sync::Arc;

use cel::common::types::{CelBool, CelInt, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Env, Program, Value};

use super::{Engine, expression};
use crate::neutral::{FLAGS, NUMBERS, Rule, Typed, WORDS, Workload};

pub struct Cel {
    env: Arc<Env>,
    denies: Vec<Program>,
    permits: Vec<Program>,
}

/// The values of a request in CEL's types.
pub struct Values {
    words: [CelString<'static>; WORDS],
    numbers: [CelInt; NUMBERS],
    flags: [CelBool; FLAGS],
}

impl VariableResolver for Values {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        let value: &dyn Val = match name {
            "resource_owner" => &self.words[0],
            "resource_classification" => &self.words[1],
            "action" => &self.words[2],
            "device_posture" => &self.words[3],
            "resource_zone" => &self.words[4],
            "subject_role" => &self.words[5],
            "subject_vetting" => &self.words[6],
            "context_network_path" => &self.words[7],
            "device_days_since_missed_update" => &self.numbers[0],
            "subject_factors" => &self.numbers[1],
            "context_minute_of_day" => &self.numbers[2],
            "resource_sensitive" => &self.flags[0],
            "device_storage_encrypted" => &self.flags[1],
            "device_screen_lock" => &self.flags[2],
            "device_tampered" => &self.flags[3],
            "device_malware_protection" => &self.flags[4],
            _ => return None,
        };
        Some(CowVal::Borrowed(value))
    }
}

impl Engine for Cel {
    const NAME: &'static str = "cel";
    type Prepared = Values;

    fn load(workload: &Workload, rules: &[Rule]) -> Self {
        let env = Arc::new(Env::stdlib());
        let compiled = |permits: bool| -> Vec<Program> {
            let rules = rules.iter().filter(|rule| rule.permits == permits);
            rules.map(|rule| env.compile(&expression(workload, rule, "", '\'')).unwrap()).collect()
        };
        let (denies, permits) = (compiled(false), compiled(true));
        Self { env, denies, permits }
    }

    fn prepare(&self, typed: &Typed<'_>) -> Values {
        Values {
            words: typed.words.map(|word| CelString::from(word.to_owned())),
            numbers: typed.numbers.map(CelInt::from),
            flags: typed.flags.map(CelBool::from),
        }
    }

    fn decide(&self, values: &Values) -> bool {
        let mut context = Context::with_env(Arc::clone(&self.env));
        context.set_variable_resolver(values);
        let holds = |program: &Program| match program.execute(&context) {
            Ok(Value::Bool(holds)) => holds,
            other => panic!("no answer: {other:?}"),
        };
        !self.denies.iter().any(holds) && self.permits.iter().any(holds)
    }
}
