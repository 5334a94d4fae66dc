//! The attributes that generated sets speak of, and their values. Domains are small, and the values
//! of requests lie on, just before and just after the constants of policies, so that boundaries are
//! hit often.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Bool,
    /// An enum without order.
    Word,
    /// An enum with `order`: [`RANKS`].
    Rank,
    Integer,
    Duration,
    Version,
    Instant,
    Text,
    Set,
}

#[derive(Debug)]
pub struct Attribute {
    pub name: &'static str,
    pub kind: Kind,
    /// For a derived attribute, whether greater values are better.
    pub derived: Option<bool>,
}

const fn given(name: &'static str, kind: Kind) -> Attribute {
    Attribute { name, kind, derived: None }
}

const fn derived(name: &'static str, kind: Kind, higher_is_better: bool) -> Attribute {
    Attribute { name, kind, derived: Some(higher_is_better) }
}

/// Each derived attribute may use those before it.
pub static ATTRIBUTES: [Attribute; 23] = [
    given("action", Kind::Word),
    given("context.time", Kind::Instant),
    given("device.claimed", Kind::Rank),
    given("device.managed", Kind::Bool),
    given("device.os", Kind::Version),
    given("device.tampered", Kind::Bool),
    given("device.update_due", Kind::Instant),
    given("evidence.issued_at", Kind::Instant),
    given("resource.handling", Kind::Set),
    given("resource.needs", Kind::Rank),
    given("resource.needs_factors", Kind::Integer),
    given("resource.needs_os", Kind::Version),
    given("resource.owner", Kind::Word),
    given("session.age", Kind::Duration),
    given("session.limit", Kind::Duration),
    given("subject.factors", Kind::Integer),
    given("subject.organisation", Kind::Text),
    given("subject.roles", Kind::Set),
    derived("device.healthy", Kind::Bool, true),
    derived("device.posture", Kind::Rank, true),
    derived("device.suspect", Kind::Bool, false),
    derived("own.standing", Kind::Bool, true),
    derived("own.risk", Kind::Rank, false),
];

/// The attributes of the vocabulary.
pub fn common() -> &'static [Attribute] {
    ATTRIBUTES.split_at(ATTRIBUTES.len() - 2).0
}

/// Those of a policy alone, which start with `own.` until the policy has a name.
pub fn own() -> &'static [Attribute] {
    ATTRIBUTES.split_at(ATTRIBUTES.len() - 2).1
}

/// Lowest first; the last two do not compare with each other.
pub const RANKS: [&str; 4] = ["unmanaged", "thin-client", "containerised", "managed"];

impl Attribute {
    /// The words that the vocabulary lists.
    pub fn listed(&self) -> &'static [&'static str] {
        match self.name {
            "action" => &["view", "edit", "council"],
            "resource.owner" => &["council", "dwp", "police"],
            "resource.handling" => &["council", "dwp", "personal"],
            _ => &[],
        }
    }

    pub fn is_ordered(&self) -> bool {
        !matches!(self.kind, Kind::Bool | Kind::Word | Kind::Text | Kind::Set)
    }

    /// What policies compare it with; of a set, its words.
    pub fn literals(&self) -> Vec<Json> {
        let words = |words: &[&str]| words.iter().map(|word| json!(word)).collect();
        match self.kind {
            Kind::Bool => vec![json!(true), json!(false)],
            Kind::Integer => vec![json!(1), json!(2), json!(3)],
            Kind::Duration => words(&["15m", "PT1H", "1d", "-60s"]),
            Kind::Version => words(&["17", "17.4.1", "10.0.19045.4291"]),
            Kind::Instant => words(&INSTANTS),
            Kind::Rank => words(&RANKS),
            Kind::Text => words(&["council", "dwp"]),
            Kind::Word | Kind::Set if self.listed().is_empty() => words(&["council", "clerk"]),
            Kind::Word | Kind::Set => words(self.listed()),
        }
    }

    /// What requests state.
    fn values(&self) -> Vec<Json> {
        let near: Vec<Json> = match self.kind {
            Kind::Bool | Kind::Rank | Kind::Word => vec![],
            Kind::Integer => vec![json!(0), json!(4), json!(i64::MIN), json!(i64::MAX)],
            Kind::Duration => NEAR_DURATIONS.iter().map(|text| json!(text)).collect(),
            Kind::Version => NEAR_VERSIONS.iter().map(|text| json!(text)).collect(),
            Kind::Instant => NEAR_INSTANTS.iter().map(|text| json!(text)).collect(),
            Kind::Text => vec![json!("acme"), json!("")],
            Kind::Set => {
                let words = self.literals();
                return subsets(&words);
            }
        };
        [self.literals(), near].concat()
    }

    /// What is no value of it.
    fn malformed(&self) -> Vec<Json> {
        match self.kind {
            Kind::Bool => vec![json!("true"), json!(1)],
            Kind::Word | Kind::Rank => vec![json!("unlisted"), json!(true), json!(["council"])],
            Kind::Integer => vec![json!("2"), json!(true)],
            Kind::Duration => vec![json!("15"), json!("1mo"), json!(900)],
            Kind::Version => vec![
                json!("17."),
                json!("17.x"),
                json!("1.2.3.4.5"),
                json!("2147483648"),
                json!(17),
            ],
            Kind::Instant => vec![json!("2026-03-02"), json!("2026-03-02T09:00:00"), json!(1)],
            Kind::Text => vec![json!(7), json!(false)],
            Kind::Set if self.listed().is_empty() => vec![json!("clerk"), json!(true)],
            Kind::Set => vec![json!("council"), json!(["council", "unlisted"])],
        }
    }

    /// What a request may say of it; nothing, null and nonsense included.
    pub fn stated(&self) -> BoxedStrategy<Option<Json>> {
        let usual = if self.derived.is_some() { 1 } else { 40 };
        prop_oneof![
            usual => select(self.values()).prop_map(Some),
            4 => Just(None),
            1 => Just(Some(Json::Null)),
            2 => select(self.malformed()).prop_map(Some),
        ]
        .boxed()
    }
}

fn subsets(words: &[Json]) -> Vec<Json> {
    words.iter().fold(vec![json!([])], |subsets, word| {
        let with = |subset: &Json| {
            Json::from([subset.as_array().unwrap(), &vec![word.clone()][..]].concat())
        };
        let larger: Vec<Json> = subsets.iter().map(with).collect();
        [subsets, larger].concat()
    })
}

/// In their order.
pub const INSTANTS: [&str; 5] = [
    "2026-03-02T08:00:00Z",
    "2026-03-02T09:45:00+01:00",
    "2026-03-02T09:00Z",
    "2026-03-02T09:01:00+00:00",
    "2026-03-09T09:00:00Z",
];

const NEAR_INSTANTS: [&str; 7] = [
    "2026-03-02T08:59:59.999999Z",
    "2026-03-02T09:00:00.000001Z",
    "2026-03-02T09:00:00.0000019Z",
    "2026-03-02T10:00+01:00",
    "2026-03-03T09:00:00Z",
    "2026-03-09T08:59:59.999999Z",
    "1969-12-31T23:59:59.9999995Z",
];

const NEAR_DURATIONS: [&str; 7] = ["14m 59s", "900s", "1h", "24h", "P1DT1S", "-1m", "-61s"];

const NEAR_VERSIONS: [&str; 6] =
    ["17.0", "17.0.0.1", "16.9", "17.4.1.0", "10.0.19045.4290", "2147483647.1"];

pub const DURATIONS: [&str; 5] = ["0s", "60s", "15m", "PT1H", "7d"];
