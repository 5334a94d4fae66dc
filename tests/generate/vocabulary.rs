//! Vocabularies: the attributes of [`super::words`], with whatever may be declared of each, and
//! obligations with parameters of every type and merge.

use super::Sets;
use super::conditions::{Derived, condition};
use super::words::{ATTRIBUTES, Attribute, Kind, RANKS, common, own};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};

/// The obligations, their parameters, and the types of these.
pub const OBLIGATIONS: [(&str, &[(&str, Kind)]); 7] = [
    ("record-access", &[]),
    ("wipe-container", &[]),
    ("limit-session", &[("minutes", Kind::Integer), ("idle", Kind::Duration)]),
    ("update-device", &[("by", Kind::Instant), ("to", Kind::Version)]),
    ("mark-copy", &[("words", Kind::Set), ("note", Kind::Text), ("visible", Kind::Bool)]),
    ("step-up", &[("factors", Kind::Integer)]),
    ("enrol-device", &[]),
];

/// The attributes that a remedy may change, and the obligation that asks for it.
const REMEDIES: [(&str, &str); 6] = [
    ("subject.factors", "step-up"),
    ("evidence.issued_at", "step-up"),
    ("session.age", "step-up"),
    ("device.managed", "enrol-device"),
    ("device.os", "enrol-device"),
    ("device.claimed", "enrol-device"),
];

pub fn vocabulary(sets: Sets) -> BoxedStrategy<Json> {
    let attributes: Vec<_> =
        common().iter().map(|attribute| declaration(attribute, sets)).collect();
    let obligations: Vec<_> =
        OBLIGATIONS.iter().map(|(_, parameters)| obligation(parameters, sets)).collect();
    (attributes, obligations)
        .prop_map(|(attributes, obligations)| {
            let attributes = named(common().iter().map(|attribute| attribute.name), attributes);
            let mut obligations = named(OBLIGATIONS.iter().map(|(name, _)| *name), obligations);
            obligations["step-up"]["type"] = json!("step-up");
            json!({ "vocabulary": "generated", "attributes": attributes, "obligations": obligations })
        })
        .boxed()
}

/// The attributes that one policy keeps to itself.
pub fn own_attributes(sets: Sets) -> BoxedStrategy<Json> {
    let declarations: Vec<_> = own().iter().map(|attribute| derived(attribute, sets)).collect();
    declarations
        .prop_map(|declarations| named(own().iter().map(|own| own.name), declarations))
        .boxed()
}

fn named(names: impl Iterator<Item = &'static str>, members: Vec<Json>) -> Json {
    names.map(str::to_owned).zip(members).collect()
}

fn declaration(attribute: &'static Attribute, sets: Sets) -> BoxedStrategy<Json> {
    if attribute.derived.is_some() {
        return derived(attribute, sets);
    }
    let absent = attribute.name != "context.time" && sets == Sets::Any;
    let remedy = REMEDIES
        .iter()
        .find(|(name, _)| *name == attribute.name)
        .map(|(_, obligation)| *obligation);
    let standing = prop_oneof![
        6 => Just(None),
        1 => Just(Some(("source", json!("evidence")))),
        (if absent { 2 } else { 0 }) => select(attribute.literals()).prop_map(move |value| {
            let value = if attribute.kind == Kind::Set { json!([value]) } else { value };
            Some(("absent", value))
        }),
    ];
    let chances = (weighted(0.5, any::<bool>()), standing, weighted(0.4, Just(())));
    chances
        .prop_map(move |(higher, standing, is_remedied)| {
            let mut declaration = typed(attribute.kind, attribute.listed());
            let higher = higher.or(is_remedied.map(|()| true));
            if let Some(better) = higher.and_then(|higher| better(attribute.kind, higher)) {
                declaration["better"] = better;
            }
            if let Some((key, value)) = standing {
                declaration[key] = value;
            }
            if let Some(obligation) = remedy.filter(|_| is_remedied.is_some()) {
                declaration["remedy"] =
                    json!({ "by": "user", "say": "…", "obligation": obligation });
            }
            declaration
        })
        .boxed()
}

fn typed(kind: Kind, listed: &[&str]) -> Json {
    match kind {
        Kind::Bool => json!({ "type": "bool" }),
        Kind::Word => json!({ "type": "enum", "values": listed }),
        Kind::Rank => {
            let [lowest, middle, one, other] = RANKS;
            json!({ "type": "enum", "order": [lowest, middle, [one, other]] })
        }
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Duration => json!({ "type": "duration" }),
        Kind::Version => json!({ "type": "version" }),
        Kind::Instant => json!({ "type": "instant" }),
        Kind::Text => json!({ "type": "string" }),
        Kind::Set if listed.is_empty() => json!({ "type": "set" }),
        Kind::Set => json!({ "type": "set", "values": listed }),
    }
}

fn better(kind: Kind, higher: bool) -> Option<Json> {
    match kind {
        Kind::Bool => Some(json!(higher)),
        Kind::Instant => Some(json!(if higher { "later" } else { "earlier" })),
        Kind::Word | Kind::Text | Kind::Set => None,
        _ => Some(json!(if higher { "higher" } else { "lower" })),
    }
}

/// A decision list over the attributes declared before it. A branch with a worse value than a later
/// one says that it is `certain`; where nothing may be declared, there is no such branch.
fn derived(attribute: &'static Attribute, sets: Sets) -> BoxedStrategy<Json> {
    let before = ATTRIBUTES.iter().position(|other| other.name == attribute.name).unwrap();
    let scope = ATTRIBUTES.split_at(before).0;
    let (derived, values) = match sets {
        Sets::Any => (Derived::Freely, attribute.literals()),
        // Between two values that do not compare, neither way is worse.
        Sets::WithoutDeclarations => {
            let values = attribute.literals().into_iter().filter(|value| value != RANKS[2]);
            (Derived::BetterHelps, values.collect())
        }
    };
    let higher_is_better = attribute.derived == Some(true);
    let unless = weighted(0.1, condition(scope, !derived, 0));
    let conditions = (condition(scope, derived, 1), unless).prop_map(|(when, unless)| {
        let mut conditions = json!({ "when": when });
        conditions
            .as_object_mut()
            .unwrap()
            .extend(unless.map(|unless| ("unless".to_owned(), unless)));
        conditions
    });
    let branches = vec((select(values.clone()), conditions), 1..=3);
    (branches, select(values), any::<bool>())
        .prop_map(move |(branches, last, states_better)| {
            let (mut values, conditions): (Vec<_>, Vec<_>) = branches.into_iter().unzip();
            values.push(last);
            if sets == Sets::WithoutDeclarations {
                values
                    .sort_by_key(|value| if higher_is_better { -rank(value) } else { rank(value) });
            }
            let is_worse = |value: &Json, later: &Json| {
                let (value, later) = (rank(value), rank(later));
                if higher_is_better { value < later } else { value > later }
            };
            let last = values.pop().unwrap();
            let is_default = last != higher_is_better;
            let mut list = vec![json!({ "value": last })];
            for (value, mut branch) in values.into_iter().zip(conditions).rev() {
                let must_be_certain = list.iter().any(|later| is_worse(&value, &later["value"]));
                branch["value"] = value;
                if must_be_certain {
                    branch["certain"] = json!(true);
                }
                list.insert(0, branch);
            }
            let mut declaration = typed(attribute.kind, &[]);
            declaration["derive"] = Json::from(list);
            if states_better || attribute.kind != Kind::Bool || !is_default {
                declaration["better"] = better(attribute.kind, higher_is_better).unwrap();
            }
            declaration
        })
        .boxed()
}

fn rank(value: &Json) -> i8 {
    match value.as_str() {
        Some("unmanaged") => 0,
        Some("thin-client") => 1,
        Some(_) => 2,
        None => i8::from(*value == true),
    }
}

fn obligation(parameters: &'static [(&'static str, Kind)], sets: Sets) -> BoxedStrategy<Json> {
    let parameters: Vec<_> = parameters
        .iter()
        .map(|(name, kind)| {
            parameter(*kind, sets).prop_map(move |parameter| ((*name).to_owned(), parameter))
        })
        .collect();
    parameters.prop_map(|parameters| json!({ "parameters": Map::from_iter(parameters) })).boxed()
}

fn parameter(kind: Kind, sets: Sets) -> BoxedStrategy<Json> {
    let merges: &[&str] = match kind {
        Kind::Set => &["union"],
        Kind::Text => &["all"],
        _ => &["least", "most", "all"],
    };
    let default = weighted(0.4, select(parameter_literals(kind)));
    (select(merges), default)
        .prop_map(move |(merge, default)| {
            let mut parameter = typed(kind, &[]);
            parameter["merge"] = json!(merge);
            let default = match sets {
                Sets::Any => default,
                Sets::WithoutDeclarations => default.and(strictest(kind, merge)),
            };
            if let Some(default) = default {
                parameter["default"] = default;
            }
            parameter
        })
        .boxed()
}

/// What rules and vocabularies set a parameter to.
pub fn parameter_literals(kind: Kind) -> Vec<Json> {
    let alike =
        ATTRIBUTES.iter().find(|attribute| attribute.kind == kind && attribute.listed().is_empty());
    let literals = alike.unwrap().literals();
    if kind == Kind::Set { vec![json!(["clerk"]), json!(["dwp", "council"])] } else { literals }
}

/// The default that no rule can loosen, if there is one.
fn strictest(kind: Kind, merge: &str) -> Option<Json> {
    let (least, most) = match kind {
        Kind::Bool => (json!(false), json!(true)),
        Kind::Integer => (json!(i64::MIN), json!(i64::MAX)),
        Kind::Duration => (json!("-1000d"), json!("1000d")),
        Kind::Version => (json!("0"), json!("1000000")),
        Kind::Instant => (json!("1900-01-01T00:00Z"), json!("2100-01-01T00:00Z")),
        _ => {
            return (merge == "union")
                .then(|| json!(["acme", "clerk", "council", "dwp", "personal"]));
        }
    };
    match merge {
        "least" => Some(least),
        "most" => Some(most),
        _ => None,
    }
}
