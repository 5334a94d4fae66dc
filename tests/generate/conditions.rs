//! Conditions: every form of constraint, nested in `any`, `all` and `not`.

use super::words::{Attribute, DURATIONS, Kind};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;
use serde_json::{Map, Value as Json, json};

/// How a condition may use derived attributes. Whoever withholds a fact gets the worse value of
/// them: that must not help where nothing is declared to be all right unknown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Derived {
    Freely,
    Never,
    /// Only so that better values make it true.
    BetterHelps,
    /// Only so that worse values make it true.
    WorseHelps,
}

impl std::ops::Not for Derived {
    type Output = Self;
    fn not(self) -> Self {
        match self {
            Self::BetterHelps => Self::WorseHelps,
            Self::WorseHelps => Self::BetterHelps,
            other => other,
        }
    }
}

const BOUNDS: [&str; 4] = ["at_least", "at_most", "above", "below"];

/// A condition on the attributes in scope, with `any`, `all` and `not` up to a depth.
pub fn condition(scope: &'static [Attribute], derived: Derived, depth: u32) -> BoxedStrategy<Json> {
    let usable =
        scope.iter().filter(|attribute| attribute.derived.is_none() || derived != Derived::Never);
    let test = Union::new(usable.map(|attribute| {
        let name = attribute.name;
        constraint(attribute, scope, derived)
            .prop_map(move |constraint| (name.to_owned(), constraint))
    }))
    .boxed();
    let tests =
        |count| vec(test.clone(), count).prop_map(|tests| Json::Object(Map::from_iter(tests)));
    if depth == 0 {
        return prop_oneof![1 => tests(0..=0), 8 => tests(1..=1), 4 => tests(2..=2)].boxed();
    }
    let inner = condition(scope, derived, depth - 1);
    let negated = condition(scope, !derived, depth - 1);
    let nest = |key: &'static str, part: BoxedStrategy<Json>| {
        (tests(0..=1), part).prop_map(move |(mut tests, part)| {
            tests[key] = part;
            tests
        })
    };
    let several = vec(inner.clone(), 1..=3).prop_map(Json::from).boxed();
    prop_oneof![
        12 => inner,
        2 => nest("any", several.clone()),
        1 => nest("all", several),
        2 => nest("not", negated),
    ]
    .boxed()
}

fn constraint(
    attribute: &'static Attribute,
    scope: &'static [Attribute],
    derived: Derived,
) -> BoxedStrategy<Json> {
    match (attribute.derived, derived) {
        (Some(higher_is_better), Derived::BetterHelps) => one_way(attribute, higher_is_better),
        (Some(higher_is_better), Derived::WorseHelps) => one_way(attribute, !higher_is_better),
        _ => {
            let others = scope.iter().filter(|other| {
                other.name != attribute.name
                    && (other.derived.is_none() || derived == Derived::Freely)
            });
            let plain = any_way(attribute, others.collect());
            prop_oneof![
                8 => plain.clone(),
                1 => plain.prop_map(|constraint| json!({ "not": constraint })),
            ]
            .boxed()
        }
    }
}

/// True of the greatest values, or of the least.
fn one_way(attribute: &Attribute, greater: bool) -> BoxedStrategy<Json> {
    if attribute.kind == Kind::Bool {
        return Just(json!(greater)).boxed();
    }
    let bound = if greater { "at_least" } else { "at_most" };
    select(attribute.literals()).prop_map(move |literal| json!({ bound: literal })).boxed()
}

fn any_way(attribute: &Attribute, others: Vec<&'static Attribute>) -> BoxedStrategy<Json> {
    let literal = || select(attribute.literals());
    let several = || {
        let literals = attribute.literals();
        subsequence(literals.clone(), 1..=literals.len().min(3)).prop_map(Json::from)
    };
    let named = |fits: &dyn Fn(&Attribute) -> bool| {
        let fitting = others.iter().filter(|other| fits(other)).map(|other| other.name);
        let fitting: Vec<&str> = fitting.collect();
        (!fitting.is_empty()).then(|| select(fitting).boxed())
    };
    let is_word = |kind| matches!(kind, Kind::Word | Kind::Rank | Kind::Text);
    let alike = |other: &Attribute| {
        other.kind == attribute.kind || is_word(other.kind) && is_word(attribute.kind)
    };
    let set = |other: &Attribute| other.kind == Kind::Set;
    let word = |other: &Attribute| is_word(other.kind);
    let key = |key: &'static str| move |operand: Json| json!({ key: operand });
    let reference = |key: &'static str| move |name: &str| json!({ key: { "attribute": name } });

    let mut forms: Vec<BoxedStrategy<Json>> = Vec::new();
    if attribute.kind == Kind::Set {
        forms.push(literal().prop_map(key("contains")).boxed());
        forms.push(any::<bool>().prop_map(|empty| json!({ "empty": empty })).boxed());
        forms.extend(named(&word).map(|name| name.prop_map(reference("contains")).boxed()));
        for operator in ["contains_any", "contains_all", "contains_none"] {
            forms.push(several().prop_map(key(operator)).boxed());
            forms.extend(named(&set).map(|name| name.prop_map(reference(operator)).boxed()));
        }
        return Union::new(forms).boxed();
    }
    // Twice, as the most frequent in life.
    forms.extend([literal().boxed(), literal().boxed(), several().boxed()]);
    forms
        .extend(named(&alike).map(|name| name.prop_map(|name| json!({ "same_as": name })).boxed()));
    if is_word(attribute.kind) {
        forms.extend(named(&set).map(|name| name.prop_map(|name| json!({ "in": name })).boxed()));
    }
    if attribute.is_ordered() {
        let bound = (select(&BOUNDS[..]), literal())
            .prop_map(|(bound, literal)| json!({ bound: literal }))
            .boxed();
        let range = (literal(), literal())
            .prop_map(|(low, high)| json!({ "at_least": low, "below": high }));
        forms.extend([bound.clone(), bound, range.boxed()]);
        forms.extend(named(&|other: &Attribute| other.kind == attribute.kind).map(|name| {
            let compared = (select(&BOUNDS[..]), name);
            compared.prop_map(|(bound, name)| json!({ bound: { "attribute": name } })).boxed()
        }));
    }
    if attribute.kind == Kind::Instant && attribute.name != "context.time" {
        forms.extend([from_now(), from_now()]);
    }
    Union::new(forms).boxed()
}

/// Constraints relative to `context.time`.
fn from_now() -> BoxedStrategy<Json> {
    let duration = || select(&DURATIONS[..]);
    let signed = (any::<bool>(), duration()).prop_map(|(ago, duration)| {
        if ago && duration != "0s" { format!("-{duration}") } else { duration.to_owned() }
    });
    prop_oneof![
        (select(&BOUNDS[..]), signed.clone())
            .prop_map(|(bound, length)| json!({ "from_now": { bound: length } })),
        (signed.clone(), signed)
            .prop_map(|(low, high)| json!({ "from_now": { "above": low, "at_most": high } })),
        any::<bool>().prop_map(|past| json!({ "past": past })),
        any::<bool>().prop_map(|future| json!({ "future": future })),
        duration().prop_map(|duration| json!({ "newer_than": duration })),
        duration().prop_map(|duration| json!({ "older_than": duration })),
    ]
    .boxed()
}
