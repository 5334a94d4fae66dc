//! Small alterations of a policy set, each of which a test ought to notice.

use std::collections::BTreeSet;

use super::diff::Edited;
use super::words::{in_words_of, obligation, phrase};
use crate::model::{
    AttributeId, Comparison, Condition, Constraint, Duration, Effect, Instant, Kind, Share, Value,
    Vocabulary,
};
use crate::policy::{Argument, PolicySet, Rule, other_attribute};

/// A policy set, altered in one place.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    /// What is altered.
    pub(super) of: Edited,
    /// How, in words.
    pub(super) how: String,
    pub(super) alters: Alters,
}

/// Where a set is altered, and into what.
#[derive(Clone, Debug)]
pub(super) enum Alters {
    /// The condition of a rule, by the places of policy and rule.
    Condition(usize, usize, Condition),
    /// Something else of a rule; `None` takes it out.
    Rule(usize, usize, Option<Box<Rule>>),
    /// What a policy governs.
    Governs(usize, Condition),
    /// The condition of a branch; a branch that is taken out never holds.
    Branch(AttributeId, usize, Condition),
}

impl Alters {
    /// The condition that is new.
    pub(super) fn condition(&self) -> Option<&Condition> {
        match self {
            Self::Condition(_, _, condition)
            | Self::Governs(_, condition)
            | Self::Branch(_, _, condition) => Some(condition),
            Self::Rule(..) => None,
        }
    }

    /// The set, altered.
    pub(super) fn of(&self, set: &PolicySet) -> PolicySet {
        let mut set = set.clone();
        match self {
            Self::Condition(policy, rule, condition) => {
                let rules = set.policies.get_mut(*policy).map(|policy| &mut policy.rules);
                if let Some(rule) = rules.and_then(|rules| rules.get_mut(*rule)) {
                    rule.condition = condition.clone();
                }
            }
            Self::Rule(policy, place, altered) => {
                if let Some(policy) = set.policies.get_mut(*policy) {
                    match altered {
                        Some(rule) => {
                            if let Some(old) = policy.rules.get_mut(*place) {
                                *old = rule.as_ref().clone();
                            }
                        }
                        None => drop(policy.rules.remove(*place)),
                    }
                }
            }
            Self::Governs(policy, condition) => {
                if let Some(policy) = set.policies.get_mut(*policy) {
                    policy.governs = condition.clone();
                }
            }
            Self::Branch(attribute, place, condition) => {
                let attribute = set.vocabulary.attribute_mut(*attribute);
                if let Some(branch) = attribute.and_then(|found| found.derive.get_mut(*place)) {
                    branch.when = condition.clone();
                }
            }
        }
        set
    }
}

/// Every alteration of a set. Rules on trial change no outcome, and are left alone.
pub(super) fn mutants(set: &PolicySet) -> Vec<Mutant> {
    let vocabulary = &set.vocabulary;
    let mut mutants = Vec::new();
    for (place, policy) in set.policies.iter().enumerate() {
        for Variant { how, condition } in variants(vocabulary, &policy.governs) {
            let of = Edited::Policy(policy.name.clone());
            mutants.push(Mutant { of, how, alters: Alters::Governs(place, condition) });
        }
        for (at, rule) in policy.rules.iter().enumerate().filter(|(_, rule)| !rule.trial) {
            let of = Edited::Rule(policy.name.clone(), rule.id.clone());
            for Variant { how, condition } in variants(vocabulary, &rule.condition) {
                let alters = Alters::Condition(place, at, condition);
                mutants.push(Mutant { of: of.clone(), how, alters });
            }
            for (how, altered) in altered_rules(vocabulary, rule, policy.only_restricts) {
                let alters = Alters::Rule(place, at, altered.map(Box::new));
                mutants.push(Mutant { of: of.clone(), how, alters });
            }
        }
    }
    for id in used(set) {
        let branches = &vocabulary[id].derive;
        for (place, branch) in branches.iter().enumerate().take(branches.len().saturating_sub(1)) {
            let of = Edited::Derived(vocabulary[id].name.clone());
            let without = Variant {
                how: "without this branch".to_owned(),
                condition: Condition::Any(vec![]),
            };
            for Variant { how, condition } in
                variants(vocabulary, &branch.when).into_iter().chain([without])
            {
                let how = format!("`{}` (branch {}): {how}", branch.value, place + 1);
                let alters = Alters::Branch(id, place, condition);
                mutants.push(Mutant { of: of.clone(), how, alters });
            }
        }
    }
    mutants
}

/// The attributes that some policy asks about, by way of derived ones too.
fn used(set: &PolicySet) -> BTreeSet<AttributeId> {
    let mut used = BTreeSet::new();
    let mut waiting = Vec::new();
    let note = |waiting: &mut Vec<AttributeId>, condition: &Condition| {
        condition.each_test(&mut |attribute, constraint| {
            waiting.push(attribute);
            waiting.extend(other_attribute(constraint));
        });
    };
    for policy in &set.policies {
        note(&mut waiting, &policy.governs);
        for rule in &policy.rules {
            note(&mut waiting, &rule.condition);
            let arguments = rule.obligations.iter().flat_map(|used| &used.arguments);
            waiting.extend(arguments.filter_map(|(_, argument)| match argument {
                Argument::Attribute(attribute) => Some(*attribute),
                Argument::Value(_) => None,
            }));
        }
    }
    while let Some(next) = waiting.pop() {
        if used.insert(next) {
            let branches = &set.vocabulary[next].derive;
            branches.iter().for_each(|branch| note(&mut waiting, &branch.when));
        }
    }
    used
}

/// A rule altered in something other than its condition; `None` where it is taken out.
fn altered_rules(
    vocabulary: &Vocabulary,
    rule: &Rule,
    only_restricts: bool,
) -> Vec<(String, Option<Rule>)> {
    let mut altered = vec![("without this rule".to_owned(), None)];
    let mut add = |how: String, change: &dyn Fn(&mut Rule)| {
        let mut rule = rule.clone();
        change(&mut rule);
        altered.push((how, Some(rule)));
    };
    match rule.effect {
        Effect::Permit => add("a deny instead of a permit".to_owned(), &|rule| {
            rule.effect = Effect::Deny;
        }),
        Effect::Deny if !only_restricts => {
            add("a permit instead of a deny".to_owned(), &|rule| {
                rule.effect = Effect::Permit;
            });
        }
        Effect::Deny | Effect::Require => {}
    }
    if rule.effect != Effect::Permit {
        let how = if rule.certain { "though not certain" } else { "only when certain" };
        add(how.to_owned(), &|rule| rule.certain = !rule.certain);
    }
    for (place, used) in rule.obligations.iter().enumerate() {
        if rule.effect != Effect::Require || rule.obligations.len() > 1 {
            let how = format!("without `{}`", obligation(vocabulary, used));
            add(how, &|rule| drop(rule.obligations.remove(place)));
        }
        for (at, (parameter, argument)) in used.arguments.iter().enumerate() {
            let declared = vocabulary[used.id].parameters.get(*parameter);
            let (Some(declared), Argument::Value(value)) = (declared, argument) else { continue };
            for moved in moved(&declared.kind, value) {
                let name = format!("{} {}", vocabulary[used.id].name, declared.name);
                add(format!("`{name}` `{moved}` instead of `{value}`"), &|rule| {
                    let used = rule.obligations.get_mut(place);
                    if let Some(argument) = used.and_then(|used| used.arguments.get_mut(at)) {
                        argument.1 = Argument::Value(moved.clone());
                    }
                });
            }
        }
    }
    altered
}

/// The parts of a rule's condition, in words, each with the condition that forgets it.
pub(super) fn forgotten(set: &PolicySet, rule: &Rule) -> Vec<(String, Condition)> {
    let Condition::All(parts) = flat(&rule.condition) else {
        return vec![(phrase(&set.vocabulary, &flat(&rule.condition)), Condition::always())];
    };
    let each = parts.iter().enumerate();
    each.map(|(place, part)| {
        (phrase(&set.vocabulary, part), Condition::All(without(&parts, place)))
    })
    .collect()
}

/// A condition, altered, and how.
struct Variant {
    how: String,
    condition: Condition,
}

/// Everything that a condition can be altered into: a part forgotten, an edge moved by one step, a word
/// added or left out.
fn variants(vocabulary: &Vocabulary, condition: &Condition) -> Vec<Variant> {
    let mut found = Vec::new();
    let condition = flat(condition);
    if !matches!(condition, Condition::All(_)) {
        let how = format!("whatever {}", phrase(vocabulary, &condition));
        found.push(Variant { how, condition: Condition::always() });
    }
    alter(vocabulary, &condition, &mut |how, condition| {
        found.push(Variant { how, condition });
    });
    found
}

/// The same condition, without conjunctions in conjunctions, or of one part.
fn flat(condition: &Condition) -> Condition {
    match condition {
        Condition::All(parts) => {
            let mut all = Vec::new();
            for part in parts {
                match flat(part) {
                    Condition::All(inner) => all.extend(inner),
                    other => all.push(other),
                }
            }
            match <[Condition; 1]>::try_from(all) {
                Ok([only]) => only,
                Err(all) => Condition::All(all),
            }
        }
        Condition::Any(parts) => Condition::Any(parts.iter().map(flat).collect()),
        Condition::Not(part) => flat(part).negate(),
        test => test.clone(),
    }
}

fn alter(vocabulary: &Vocabulary, condition: &Condition, add: &mut dyn FnMut(String, Condition)) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            let is_all = matches!(condition, Condition::All(_));
            let joined = |parts: Vec<Condition>| {
                if is_all { Condition::All(parts) } else { Condition::Any(parts) }
            };
            for (place, part) in parts.iter().enumerate() {
                if is_all || parts.len() > 1 {
                    let mut others = parts.clone();
                    others.remove(place);
                    let word = if is_all { "whatever" } else { "not for" };
                    add(format!("{word} {}", phrase(vocabulary, part)), joined(others));
                }
                alter(vocabulary, part, &mut |how, altered| {
                    let mut parts = parts.clone();
                    if let Some(part) = parts.get_mut(place) {
                        *part = altered;
                    }
                    add(how, joined(parts));
                });
            }
        }
        Condition::Not(part) => {
            alter(vocabulary, part, &mut |how, altered| add(how, altered.negate()));
        }
        Condition::Test(attribute, constraint) => {
            let name = &vocabulary[*attribute].name;
            for altered in constraints(&vocabulary[*attribute].kind, constraint) {
                let [now, then] = [&altered, constraint].map(|one| in_words_of(vocabulary, one));
                let how = format!("`{name}` {now} instead of {then}");
                add(how, Condition::Test(*attribute, altered));
            }
        }
    }
}

/// What a constraint can be altered into.
fn constraints(kind: &Kind, constraint: &Constraint) -> Vec<Constraint> {
    match constraint {
        Constraint::OneOf(values) => {
            let mut altered = Vec::new();
            if values.len() > 1 {
                altered.extend((0..values.len()).map(|place| without(values, place)));
            }
            if let Kind::Enum(words) = kind {
                let others = words.list().iter().cloned().map(Value::Text);
                let others = others.filter(|word| !values.contains(word));
                altered.extend(others.map(|word| [values.as_slice(), &[word]].concat()));
            }
            altered.into_iter().map(Constraint::OneOf).collect()
        }
        Constraint::Compare(comparison, value) => {
            let moved = moved(kind, value).into_iter();
            moved.map(|value| Constraint::Compare(*comparison, value)).collect()
        }
        Constraint::FromNow(comparison, length) => {
            let moved = moved(&Kind::Duration, &Value::Duration(*length)).into_iter();
            let length = |value| match value {
                Value::Duration(length) => Some(Constraint::FromNow(*comparison, length)),
                _ => None,
            };
            moved.filter_map(length).collect()
        }
        Constraint::CompareWith(comparison, other) => {
            let at_the_edge = match comparison {
                Comparison::AtLeast => Comparison::Above,
                Comparison::Above => Comparison::AtLeast,
                Comparison::AtMost => Comparison::Below,
                Comparison::Below => Comparison::AtMost,
            };
            vec![Constraint::CompareWith(at_the_edge, *other)]
        }
        Constraint::Contains(share, words) => {
            let mut altered = Vec::new();
            if words.len() > 1 {
                altered.extend((0..words.len()).map(|place| (*share, without(words, place))));
                let other = if *share == Share::Any { Share::All } else { Share::Any };
                altered.push((other, words.clone()));
            }
            if let Kind::Set(Some(listed)) = kind {
                let others = listed.iter().filter(|word| !words.contains(word));
                altered.extend(
                    others.map(|word| {
                        (*share, [words.as_slice(), std::slice::from_ref(word)].concat())
                    }),
                );
            }
            altered.into_iter().map(|(share, words)| Constraint::Contains(share, words)).collect()
        }
        Constraint::SameAs(_)
        | Constraint::In(_)
        | Constraint::ContainsOf(..)
        | Constraint::Empty => vec![],
    }
}

fn without<T: Clone>(items: &[T], place: usize) -> Vec<T> {
    let others = items.iter().enumerate().filter(|(other, _)| *other != place);
    others.map(|(_, item)| item.clone()).collect()
}

/// A second: the step of what is written in seconds or more.
const SECOND: i64 = 1_000_000;

/// A value one step down, and one step up: the next whole number, second, word or last number of a
/// version.
fn moved(kind: &Kind, value: &Value) -> Vec<Value> {
    let micros = |micros: i64| {
        let step = if micros % SECOND == 0 { SECOND } else { 1 };
        [micros.checked_sub(step), micros.checked_add(step)].into_iter().flatten()
    };
    match (kind, value) {
        (_, Value::Integer(number)) => {
            let both = [number.checked_sub(1), number.checked_add(1)];
            both.into_iter().flatten().map(Value::Integer).collect()
        }
        (_, Value::Duration(length)) => {
            let both = micros(length.as_micros());
            both.map(|length| Value::Duration(Duration::from_micros(length))).collect()
        }
        (_, Value::Instant(instant)) => {
            let both = micros(instant.as_micros());
            both.map(|instant| Value::Instant(Instant::from_micros(instant))).collect()
        }
        (_, Value::Version(version)) => {
            let rank = version.rank();
            // The place of the last number that is not 0: that is how far it was written.
            let step = [0, 32, 64, 96].map(|shift| 1_i128 << shift);
            let step = step.into_iter().rev().find(|step| rank % step == 0).unwrap_or(1);
            let both = [rank - step, rank + step].into_iter();
            both.filter_map(|rank| kind.value_of_rank(rank)).collect()
        }
        (Kind::Enum(words), Value::Text(word)) if words.is_ordered() => {
            let Some(place) = words.position(word) else { return vec![] };
            let below = (0..place).rev().find(|other| words.compare(*other, place).is_some());
            let above = (place + 1..words.list().len())
                .find(|other| words.compare(*other, place).is_some());
            let both = [below, above].into_iter().flatten();
            both.filter_map(|place| Some(Value::Text(words.list().get(place)?.clone()))).collect()
        }
        _ => vec![],
    }
}
