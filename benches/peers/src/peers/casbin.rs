//! casbin 2.20: a rule is a line of policy, as its documentation has it for many rules by attributes. What
//! many rules list has a column, compared by a function of the host's; the rest is text for `eval`, which
//! compiles it in each decision, and so comes last.

use ::casbin::function_map::{OperatorFunction, dynamic_to_str};
use ::casbin::rhai::{Dynamic, INT};
use ::casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use pollster::block_on;

use super::{Engine, expression, identifier, tests};
use crate::neutral::{ATTRIBUTES, Rule, Test, Typed, WORDS, Workload};

pub struct Casbin {
    enforcer: Enforcer,
}

impl Engine for Casbin {
    const NAME: &'static str = "casbin";
    type Prepared = Vec<Dynamic>;

    fn load(workload: &Workload, rules: &[Rule]) -> Self {
        let columns = columns(rules);
        let enforcer = block_on(async {
            let model = DefaultModel::from_str(&model(&columns)).await.unwrap();
            let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await.unwrap();
            enforcer.add_function("one_of", OperatorFunction::Arg2(one_of));
            // Denies first: the first that holds ends the search.
            for permits in [false, true] {
                let rules = rules.iter().filter(|rule| rule.permits == permits);
                let lines = rules.map(|rule| line(workload, rule, &columns)).collect();
                assert!(enforcer.add_policies(lines).await.unwrap());
            }
            enforcer
        });
        Self { enforcer }
    }

    /// Numbers are of casbin's own width: one of another type is below, above and equal to none, and says
    /// nothing of it.
    fn prepare(&self, typed: &Typed<'_>) -> Vec<Dynamic> {
        let words = typed.words.iter().map(|word| Dynamic::from((*word).to_owned()));
        let numbers = typed.numbers.iter().map(|number| INT::try_from(*number).unwrap().into());
        let flags = typed.flags.iter().map(|flag| Dynamic::from(*flag));
        words.chain(numbers).chain(flags).collect()
    }

    fn decide(&self, values: &Vec<Dynamic>) -> bool {
        self.enforcer.enforce(values.clone()).unwrap()
    }
}

/// The attributes of words that a quarter of the rules test: a column costs every line, `eval` every
/// line that reaches it.
fn columns(rules: &[Rule]) -> Vec<usize> {
    let tested = |at: usize| {
        let rules = rules.iter().filter(|rule| tests(rule).iter().any(|(tested, _)| *tested == at));
        rules.count()
    };
    (0..WORDS).filter(|at| tested(*at) * 4 >= rules.len()).collect()
}

/// Denies override.
fn model(columns: &[usize]) -> String {
    let names = ATTRIBUTES.map(|(name, _)| identifier(name));
    let (mut policy, mut matcher) = (String::new(), String::new());
    for name in columns.iter().map(|at| &names[*at]) {
        policy += &format!("{name}, ");
        matcher += &format!("(p.{name} == \"*\" || one_of(r.{name}, p.{name})) && ");
    }
    format!(
        "[request_definition]\nr = {}\n\
         [policy_definition]\np = {policy}rest, eft\n\
         [policy_effect]\ne = some(where (p.eft == allow)) && !some(where (p.eft == deny))\n\
         [matchers]\nm = {matcher}(p.rest == \"\" || eval(p.rest))\n",
        names.join(", ")
    )
}

fn one_of(word: Dynamic, list: Dynamic) -> Dynamic {
    let (word, list) = (dynamic_to_str(&word), dynamic_to_str(&list));
    list.split('|').any(|listed| listed == word).into()
}

fn line(workload: &Workload, rule: &Rule, columns: &[usize]) -> Vec<String> {
    let (listed, rest): (Vec<_>, Vec<_>) =
        tests(rule).into_iter().partition(|(at, _)| columns.contains(at));
    let cell = |column: &usize| match listed.iter().find(|(at, _)| at == column) {
        Some((at, Test::OneOf(values))) => {
            let words: Vec<&str> = values.iter().map(|value| workload.word(*at, *value)).collect();
            words.join("|")
        }
        _ => "*".to_owned(),
    };
    let rest = Rule { owner: None, when: rest, ..rule.clone() };
    let effect = if rule.permits { "allow" } else { "deny" };
    let cells = columns.iter().map(cell);
    cells.chain([expression(workload, &rest, "r.", '"'), effect.to_owned()]).collect()
}
