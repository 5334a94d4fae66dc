//! casbin 2.20: attribute-based access control with a rule in each line of policy, as its documentation
//! has it for many rules: the matcher compares the owner and evaluates the rule with `eval`.

use ::casbin::rhai::Dynamic;
use ::casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use pollster::block_on;

use super::{Engine, expression, identifier};
use crate::neutral::{ATTRIBUTES, Rule, Typed, Workload};

pub struct Casbin {
    enforcer: Enforcer,
}

impl Engine for Casbin {
    const NAME: &'static str = "casbin";
    type Prepared = Vec<Dynamic>;

    fn load(workload: &Workload, rules: &[Rule]) -> Self {
        let names: Vec<String> = ATTRIBUTES.iter().map(|(name, _)| identifier(name)).collect();
        let model = format!(
            "[request_definition]\nr = {}\n\
             [policy_definition]\np = owner, rule, eft\n\
             [policy_effect]\ne = some(where (p.eft == allow)) && !some(where (p.eft == deny))\n\
             [matchers]\nm = (p.owner == \"*\" || p.owner == r.resource_owner) && eval(p.rule)\n",
            names.join(", ")
        );
        let enforcer = block_on(async {
            let model = DefaultModel::from_str(&model).await.unwrap();
            let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await.unwrap();
            // Denies first: the first that holds ends the search.
            for permits in [false, true] {
                let rules = rules.iter().filter(|rule| rule.permits == permits);
                let lines: Vec<Vec<String>> = rules.map(|rule| line(workload, rule)).collect();
                enforcer.add_policies(lines).await.unwrap();
            }
            enforcer
        });
        Self { enforcer }
    }

    fn prepare(&self, typed: &Typed<'_>) -> Vec<Dynamic> {
        let words = typed.words.iter().map(|word| Dynamic::from((*word).to_owned()));
        let numbers = typed.numbers.iter().map(|number| Dynamic::from(*number));
        let flags = typed.flags.iter().map(|flag| Dynamic::from(*flag));
        words.chain(numbers).chain(flags).collect()
    }

    fn decide(&self, values: &Vec<Dynamic>) -> bool {
        self.enforcer.enforce(values.clone()).unwrap()
    }
}

fn line(workload: &Workload, rule: &Rule) -> Vec<String> {
    let owner = rule.owner.map_or("*", |owner| &workload.owners[owner]);
    // The matcher has compared the owner by then.
    let condition = expression(workload, &Rule { owner: None, ..rule.clone() }, "r.", '"');
    vec![owner.to_owned(), condition, if rule.permits { "allow" } else { "deny" }.to_owned()]
}
