//! The reference evaluator: the contract of docs/language.md written down a second time, as plainly
//! as possible. It works on the author's JSON, shares no code with the crate, takes the policy set
//! for valid, and is slow on purpose: it evaluates everything again for every question.
//!
//! Kleene's three values are numbers: `not` is minus, a conjunction the least, a disjunction the
//! greatest of its parts.

mod value;

use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
pub use value::{Value, read};

type Truth = i8;
const FALSE: Truth = -1;
const UNKNOWN: Truth = 0;
const TRUE: Truth = 1;

/// Rules, each by its policy and its id.
pub type Rules = BTreeSet<(String, String)>;
/// From the name of an obligation to its parameters.
pub type Obligations = BTreeMap<String, BTreeMap<String, Value>>;

#[derive(Debug, Eq, PartialEq)]
pub struct Answer {
    pub reason: &'static str,
    pub determining: Rules,
    pub obligations: Obligations,
    pub trials: Rules,
}

#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub vocabulary: &'a Json,
    pub policies: &'a [Json],
    pub request: &'a BTreeMap<String, Json>,
    /// What the gateway can carry out; everything, if it does not say.
    pub can: Option<&'a BTreeSet<String>>,
    /// Every attribute whose remedy names this obligation is taken at its best.
    pub stepped_up: Option<&'a str>,
}

/// A rule, beside its policy.
type Rule<'a> = (&'a Json, &'a Json);

impl<'a> Question<'a> {
    pub fn answer(self) -> Answer {
        let (reason, determining, owed) = self.decide();
        let obligations = if reason == "permitted" { owed } else { self.refusal() };
        let trials = names(self.rules(true).filter(|rule| self.takes_part(*rule)));
        Answer { reason, determining, obligations, trials }
    }

    fn decide(self) -> (&'static str, Rules, Obligations) {
        let rules = |effect| self.rules(false).filter(move |rule| rule.1["effect"] == effect);
        let taking_part = |effect| rules(effect).filter(move |rule| self.takes_part(*rule));
        let (permits, denies) = (names(taking_part("permit")), names(taking_part("deny")));
        let granting = || self.may_govern().filter(|policy| policy["only_restricts"] != true);
        let permits_in = |policy: &Json| permits.iter().any(|(name, _)| policy["policy"] == **name);

        let owing = rules("permit").filter(|rule| self.condition_of(*rule) != FALSE);
        let requires = taking_part("require").filter(|rule| rule.1["on"] != "deny");
        let (owed, all_known) = self.merge(owing.chain(requires).flat_map(uses).collect());
        let able = self.can.is_none_or(|can| owed.keys().all(|name| can.contains(name)));

        let governed = granting().any(|policy| self.governs(policy) == TRUE);
        let (reason, determining) = match () {
            () if !denies.is_empty() => ("denied", denies),
            () if !governed => ("not-governed", Rules::new()),
            () if !granting().all(permits_in) => ("not-permitted", Rules::new()),
            () if !all_known || !able => ("unenforceable", permits),
            () => ("permitted", permits),
        };
        (reason, determining, owed)
    }

    fn may_govern(self) -> impl Iterator<Item = &'a Json> {
        self.policies.iter().filter(move |policy| self.governs(policy) != FALSE)
    }

    fn rules(self, trial: bool) -> impl Iterator<Item = Rule<'a>> {
        let of = |policy: &'a Json| list(&policy["rules"]).map(move |rule| (policy, rule));
        self.may_govern().flat_map(of).filter(move |rule| (rule.1["trial"] == true) == trial)
    }

    fn governs(self, policy: &Json) -> Truth {
        self.condition(&policy["governs"]).min(self.window(policy))
    }

    fn condition_of(self, (policy, rule): Rule<'_>) -> Truth {
        let theirs = &policy["owners"][rule["accepted_by"].as_str().unwrap_or_default()];
        self.when_unless(rule).min(self.condition(theirs)).min(self.window(rule))
    }

    /// Of a rule, or of a branch of `derive`.
    fn when_unless(self, stated: &Json) -> Truth {
        let excepted = stated.get("unless").map_or(FALSE, |unless| self.condition(unless));
        self.condition(&stated["when"]).min(-excepted)
    }

    fn takes_part(self, rule: Rule<'_>) -> bool {
        let only_if_certain = rule.1["effect"] == "permit" || rule.1["certain"] == true;
        let counts = self.condition_of(rule) >= if only_if_certain { TRUE } else { UNKNOWN };
        if rule.1["on"] == "deny" { self.joins_refusal(rule) } else { counts }
    }

    /// Nothing is wiped on a guess.
    fn joins_refusal(self, rule: Rule<'_>) -> bool {
        let on = rule.1["on"].as_str().unwrap_or(rule.1["effect"].as_str().unwrap());
        let certain = self.governs(rule.0).min(self.condition_of(rule)) == TRUE;
        certain && ["deny", "both"].contains(&on)
    }

    fn refusal(self) -> Obligations {
        let joining = self.rules(false).filter(|rule| self.joins_refusal(*rule)).flat_map(uses);
        let attributes = self.vocabulary["attributes"].as_object().unwrap().values();
        let remedies = attributes.filter_map(|declared| declared["remedy"]["obligation"].as_str());
        let helps =
            |name: &&'a str| Self { stepped_up: Some(name), ..self }.decide().0 == "permitted";
        let step_ups = BTreeSet::from_iter(remedies).into_iter().filter(helps);
        self.merge(joining.chain(step_ups.map(|name| (name, &Json::Null))).collect()).0
    }

    /// What the uses of obligations come to. Also says whether every parameter has a value.
    fn merge(self, uses: Vec<(&'a str, &'a Json)>) -> (Obligations, bool) {
        let (mut merged, mut all_known) = (Obligations::new(), true);
        for (obligation, _) in &uses {
            let parameters = merged.entry((*obligation).to_owned()).or_default();
            let uses = || uses.iter().filter(|(name, _)| name == obligation);
            let declared = self.vocabulary["obligations"][obligation]["parameters"].as_object();
            for (name, parameter) in declared.into_iter().flatten() {
                let default = read(parameter, &parameter["default"]);
                let stated = Vec::from_iter(uses().map(|(_, parameters)| &parameters[name]));
                let value = |stated: &&Json| self.operand(parameter, stated).or(default.clone());
                let is_known = |stated: &&Json| stated.is_null() || value(stated).is_some();
                all_known &= stated.iter().all(is_known);
                // A use that does not set the parameter means the default.
                let set =
                    |stated| if Json::is_null(stated) { default.clone() } else { value(&stated) };
                let values = Vec::from_iter(stated.into_iter().map(set));
                let value = value::merge(parameter, values.into_iter().flatten().collect());
                parameters.extend(value.map(|value| (name.clone(), value)));
            }
        }
        (merged, all_known)
    }

    /// `[from, until)` of a rule or a policy.
    fn window(self, limits: &Json) -> Truth {
        let limit = |key, bound| limits.get(key).map(|at| self.part("context.time", bound, at));
        limit("from", "at_least").into_iter().chain(limit("until", "below")).min().unwrap_or(TRUE)
    }

    /// A condition left out is true.
    fn condition(self, condition: &Json) -> Truth {
        let parts = condition.as_object().into_iter().flatten();
        let truths = parts.map(|(key, part)| match key.as_str() {
            "any" => list(part).map(|each| self.condition(each)).max().unwrap(),
            "all" => list(part).map(|each| self.condition(each)).min().unwrap(),
            "not" => -self.condition(part),
            attribute => self.constraint(attribute, part),
        });
        truths.min().unwrap_or(TRUE)
    }

    fn constraint(self, attribute: &str, constraint: &Json) -> Truth {
        let part = |(key, operand): (&String, _)| self.part(attribute, key, operand);
        let is = |literal| self.part(attribute, "is", literal);
        match constraint {
            Json::Object(parts) => parts.iter().map(part).min().unwrap(),
            Json::Array(literals) => literals.iter().map(is).max().unwrap(),
            literal => is(literal),
        }
    }

    /// One key of a constraint object.
    fn part(self, attribute: &str, key: &str, operand: &Json) -> Truth {
        let declaration = self.declaration(attribute);
        let test = |other: Option<Value>, test: &dyn Fn(&Value, &Value) -> bool| {
            let both = self.value(attribute).zip(other);
            both.map_or(UNKNOWN, |(value, other)| if test(&value, &other) { TRUE } else { FALSE })
        };
        let named = || self.value(operand.as_str().unwrap());
        let either = || self.operand(declaration, operand);
        let words = |holds: fn(&BTreeSet<Value>, &BTreeSet<Value>) -> bool| {
            test(either(), &|set, words| holds(&set.words(), &words.words()))
        };
        let from_now = |bound: &str, limit: i64| {
            test(self.value("context.time"), &|instant, now| {
                let elapsed = Value::Number(instant.number() - now.number());
                elapsed.compares(bound, &Value::Number(limit), declaration)
            })
        };
        let length = |duration: &Json| value::duration(duration.as_str().unwrap()).unwrap();
        let limit = |(bound, limit): (&String, &Json)| from_now(bound, length(limit));
        let sign = if *operand == false { -1 } else { 1 };
        match key {
            "not" => -self.constraint(attribute, operand),
            "is" => test(either(), &|value, other| value == other),
            "same_as" => test(named(), &|value, other| value == other),
            "in" => test(named(), &|word, set| set.words().is_superset(&word.words())),
            "contains" | "contains_all" => words(BTreeSet::is_superset),
            "contains_any" => words(|set, words| !set.is_disjoint(words)),
            "contains_none" => words(BTreeSet::is_disjoint),
            "empty" => sign * test(self.value(attribute), &|set, _| set.words().is_empty()),
            "past" => sign * from_now("at_most", 0),
            "future" => sign * from_now("above", 0),
            "newer_than" => from_now("at_least", -length(operand)),
            "older_than" => from_now("below", -length(operand)),
            "from_now" => operand.as_object().unwrap().iter().map(limit).min().unwrap(),
            bound => test(either(), &|value, other| value.compares(bound, other, declaration)),
        }
    }

    /// A literal (beside a set also one word), or the value of another attribute.
    fn operand(self, declaration: &Json, operand: &Json) -> Option<Value> {
        let literal = || read(declaration, operand).or_else(|| value::word(operand));
        operand["attribute"].as_str().map_or_else(literal, |attribute| self.value(attribute))
    }

    fn declaration(self, attribute: &str) -> &'a Json {
        let mut places = std::iter::once(self.vocabulary).chain(self.policies);
        places.find_map(|place| place["attributes"].get(attribute)).unwrap()
    }

    /// The value of an attribute, stated or derived; none is unknown.
    pub fn value(self, attribute: &str) -> Option<Value> {
        let declaration = self.declaration(attribute);
        if self.stepped_up.is_some_and(|name| declaration["remedy"]["obligation"] == name) {
            return value::best(declaration).or_else(|| self.value("context.time"));
        }
        let stated = self.request.get(attribute).unwrap_or(&Json::Null);
        let value = read(declaration, stated).or_else(|| {
            let holds = |branch: &&Json| self.when_unless(branch) == TRUE;
            read(declaration, &list(&declaration["derive"]).find(holds)?["value"])
        });
        value.or_else(|| read(declaration, &declaration["absent"]).filter(|_| stated.is_null()))
    }
}

fn list(json: &Json) -> impl Iterator<Item = &Json> {
    json.as_array().into_iter().flatten()
}

/// The obligations that a rule names, each with the parameters that it states.
fn uses<'a>((_, rule): Rule<'a>) -> impl Iterator<Item = (&'a str, &'a Json)> {
    list(&rule["obligations"]).map(|obligation| {
        let with_parameters = obligation.as_object().and_then(|object| object.iter().next());
        let name = || obligation.as_str().unwrap();
        with_parameters.map_or_else(|| (name(), &Json::Null), |(name, of)| (name.as_str(), of))
    })
}

fn names<'a>(rules: impl Iterator<Item = Rule<'a>>) -> Rules {
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    rules.map(|(policy, rule)| (text(&policy["policy"]), text(&rule["id"]))).collect()
}
