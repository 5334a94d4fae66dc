//! Policies and their rules.

use super::Sets;
use super::conditions::{Derived, condition};
use super::vocabulary::{OBLIGATIONS, own_attributes, parameter_literals};
use super::words::{ATTRIBUTES, Attribute, INSTANTS, Kind, common};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;
use serde_json::{Map, Value as Json, json};

/// The policies of one set, named `p1`, `p2`, …: few, mostly; else so many, each about its own
/// requests, that the compiled form sorts their rules into buckets.
pub fn policies(sets: Sets, at_least: usize) -> BoxedStrategy<Vec<Json>> {
    let policy = |of_many| {
        let (without_own, with_own) = (policy(sets, false, of_many), policy(sets, true, of_many));
        prop_oneof![2 => without_own, 1 => with_own].boxed()
    };
    let named = |(number, policy): (usize, Json)| {
        let name = format!("p{}", number + 1);
        let text = policy.to_string().replace("\"own.", &format!("\"{name}."));
        let mut policy: Json = serde_json::from_str(&text).unwrap();
        policy["policy"] = json!(name);
        policy
    };
    prop_oneof![
        15 => vec(policy(false), at_least..=2),
        4 => vec(policy(false), 3..=4),
        1 => vec(policy(true), 20..=36),
    ]
    .prop_map(move |policies| policies.into_iter().enumerate().map(named).collect())
    .boxed()
}

fn policy(sets: Sets, with_own: bool, of_many: bool) -> BoxedStrategy<Json> {
    let scope: &[Attribute] = if with_own { &ATTRIBUTES } else { common() };
    let derived = if sets == Sets::Any { Derived::Freely } else { Derived::Never };
    let own =
        if with_own { own_attributes(sets).prop_map(Some).boxed() } else { Just(None).boxed() };
    let owner = || select(&["council", "dwp", "police"][..]);
    let action = select(&["view", "edit"][..]);
    let governs = if of_many {
        (owner(), action)
            .prop_map(|(owner, action)| json!({ "resource.owner": owner, "action": action }))
            .prop_map(Some)
            .boxed()
    } else {
        prop_oneof![
            6 => Just(None),
            3 => owner().prop_map(|owner| Some(json!({ "resource.owner": owner }))),
            2 => condition(scope, derived, 0).prop_map(Some),
            1 => condition(scope, derived, 1).prop_map(Some),
        ]
        .boxed()
    };
    let owners = condition(scope, derived, 0);
    let rules = prop_oneof![1 => vec(rule(sets, scope), 0..=2), 4 => vec(rule(sets, scope), 2..=6)];
    (governs, prop::bool::weighted(0.12), window(0.1), own, owners, rules)
        .prop_map(|(governs, only_restricts, window, own, owners, mut rules)| {
            if only_restricts {
                rules.retain(|rule| rule["effect"] != "permit");
            }
            for (number, rule) in rules.iter_mut().enumerate() {
                rule["id"] = json!(format!("r{}", number + 1));
            }
            let mut policy = json!({ "owner": "council", "rules": rules });
            if rules.iter().any(|rule| rule["accepted_by"].is_string()) {
                policy["owners"] = json!({ "head": owners });
            }
            if only_restricts {
                policy["only_restricts"] = json!(true);
            }
            let optional = [("governs", governs), ("attributes", own)];
            set(&mut policy, optional.into_iter().chain(window));
            policy
        })
        .boxed()
}

fn rule(sets: Sets, scope: &'static [Attribute]) -> BoxedStrategy<Json> {
    let plain = if sets == Sets::Any { Derived::Freely } else { Derived::WorseHelps };
    // A permit both grants and brings its obligations: with these, no way of using a derived
    // attribute is safe to withhold facts from.
    let (granting, owing) = match sets {
        Sets::Any => (Derived::Freely, Derived::Freely),
        Sets::WithoutDeclarations => (Derived::BetterHelps, Derived::Never),
    };
    let flag = |key: &'static str, chance| weighted(chance, Just((key, Some(json!(true)))));
    let certain = || match sets {
        Sets::Any => flag("certain", 0.3).boxed(),
        Sets::WithoutDeclarations => Just(None).boxed(),
    };
    let permit = prop_oneof![
        1 => conditional(scope, granting, 4),
        1 => (conditional(scope, owing, 4), obligations(sets, scope, 1)).prop_map(with_obligations),
    ];
    let accepted = weighted(0.15, Just(("accepted_by", Some(json!("head")))));
    let permit = (permit, accepted).prop_map(|(mut rule, accepted)| {
        rule["effect"] = json!("permit");
        if rule["until"].is_string() {
            set(&mut rule, accepted);
        }
        rule
    });
    let refusing =
        (conditional(scope, plain, 0), obligations(sets, scope, 0)).prop_map(with_obligations);
    let deny = (refusing, certain()).prop_map(|(mut rule, certain)| {
        rule["effect"] = json!("deny");
        set(&mut rule, certain);
        rule
    });
    let on = weighted(
        0.6,
        select(&["permit", "deny", "both"][..]).prop_map(|on| ("on", Some(json!(on)))),
    );
    let requiring =
        (conditional(scope, plain, 0), obligations(sets, scope, 1)).prop_map(with_obligations);
    let require = (requiring, certain(), on).prop_map(|(mut rule, certain, on)| {
        rule["effect"] = json!("require");
        set(&mut rule, certain.into_iter().chain(on));
        rule
    });
    let rule = prop_oneof![8 => permit, 2 => deny, 3 => require];
    (rule, flag("trial", 0.12))
        .prop_map(|(mut rule, trial)| {
            set(&mut rule, trial);
            rule
        })
        .boxed()
}

/// A rule's `when`, `unless` and dates; `always` is the weight of a condition that is always true.
fn conditional(scope: &'static [Attribute], derived: Derived, always: u32) -> BoxedStrategy<Json> {
    let when = prop_oneof![always => Just(json!({})), 10 => condition(scope, derived, 2)];
    let unless = weighted(0.15, condition(scope, !derived, 0));
    (when, unless, window(0.15))
        .prop_map(|(when, unless, window)| {
            let mut rule = json!({ "when": when, "because": "…" });
            set(&mut rule, [("unless", unless)].into_iter().chain(window));
            rule
        })
        .boxed()
}

fn with_obligations((mut rule, obligations): (Json, Json)) -> Json {
    if obligations.as_array().is_some_and(|obligations| !obligations.is_empty()) {
        rule["obligations"] = obligations;
    }
    rule
}

/// `from`, `until` or both.
fn window(chance: f64) -> BoxedStrategy<Vec<(&'static str, Option<Json>)>> {
    let from = |from: &'static str| ("from", Some(json!(from)));
    let until = |until: &'static str| ("until", Some(json!(until)));
    let window = prop_oneof![
        select(&INSTANTS[..]).prop_map(move |instant| vec![from(instant)]),
        select(&INSTANTS[..]).prop_map(move |instant| vec![until(instant)]),
        subsequence(&INSTANTS[..], 2).prop_map(move |two| vec![from(two[0]), until(two[1])]),
    ];
    weighted(chance, window).prop_map(Option::unwrap_or_default).boxed()
}

fn obligations(sets: Sets, scope: &'static [Attribute], at_least: usize) -> BoxedStrategy<Json> {
    let uses: Vec<_> = OBLIGATIONS
        .iter()
        .map(|(name, parameters)| {
            let arguments: Vec<_> = parameters
                .iter()
                .map(|(parameter, kind)| {
                    argument(sets, scope, *kind)
                        .prop_map(|argument| ((*parameter).to_owned(), argument))
                })
                .collect();
            arguments
                .prop_map(move |arguments| {
                    let stated = arguments
                        .into_iter()
                        .filter_map(|(parameter, argument)| Some((parameter, argument?)));
                    let arguments: Map<_, _> = stated.collect();
                    if arguments.is_empty() { json!(name) } else { json!({ *name: arguments }) }
                })
                .boxed()
        })
        .collect();
    let chosen = subsequence((0..uses.len()).collect::<Vec<_>>(), at_least..=2);
    (chosen, uses)
        .prop_map(|(chosen, uses)| chosen.into_iter().map(|index| uses[index].clone()).collect())
        .boxed()
}

/// A literal, the value of an attribute, or nothing. Without declarations, always something: a
/// default that steps in for a parameter nobody sets would be loosened by one more rule that sets it.
fn argument(sets: Sets, scope: &'static [Attribute], kind: Kind) -> BoxedStrategy<Option<Json>> {
    let is_free = sets == Sets::Any;
    let fits = |attribute: &&Attribute| {
        attribute.kind == kind
            || kind == Kind::Text && matches!(attribute.kind, Kind::Word | Kind::Rank)
    };
    let names =
        scope.iter().filter(fits).filter(|attribute| is_free || attribute.derived.is_none());
    let names: Vec<&str> = names.map(|attribute| attribute.name).collect();
    let reference = select(names).prop_map(|name| Some(json!({ "attribute": name })));
    let literal = select(parameter_literals(kind)).prop_map(Some);
    let mut choices = vec![(3, literal.boxed()), (1, reference.boxed())];
    if is_free {
        choices.push((2, Just(None).boxed()));
    }
    Union::new_weighted(choices).boxed()
}

fn set(object: &mut Json, members: impl IntoIterator<Item = (&'static str, Option<Json>)>) {
    for (key, value) in members {
        if let Some(value) = value {
            object[key] = value;
        }
    }
}
