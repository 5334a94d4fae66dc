//! What C asks about a decision, in texts that keep their place until the request changes.

use super::pointers::Str;
use super::types::{
    ByNumber, ChangeRecord, EffectNumber, KindNumber, RemedyRecord, RuleRecord, ValueRecord,
};
use crate::{Change, Decision, Merged, Remedy, RuleRef, Value, explain};

/// Text with a zero behind it, at a place of its own.
#[derive(Debug)]
pub struct Text(Box<[u8]>);

impl Text {
    /// The text.
    pub fn new(text: impl Into<String>) -> Self {
        let mut bytes = text.into().into_bytes();
        bytes.push(0);
        Self(bytes.into_boxed_slice())
    }

    /// As C sees it, for as long as this lives.
    pub fn view(&self) -> Str {
        Str { data: self.0.as_ptr().cast(), len: self.0.len().saturating_sub(1) }
    }
}

/// No text: not even an empty one.
const NONE: Str = Str { data: std::ptr::null(), len: 0 };

/// As C sees a text that may be missing.
pub fn view_if_any(text: Option<&Text>) -> Str {
    text.map_or(NONE, Text::view)
}

/// A value with typed content.
#[derive(Debug)]
pub struct ToldValue {
    kind: KindNumber,
    number: i64,
    text: Text,
    /// The words of a set; the values of an `all`.
    pub items: Vec<ToldValue>,
}

impl ToldValue {
    fn plain(kind: KindNumber, number: i64, value: &Value) -> Self {
        Self { kind, number, text: Text::new(value.to_string()), items: Vec::new() }
    }

    fn of(value: &Value) -> Self {
        match value {
            Value::Bool(flag) => Self::plain(KindNumber::Bool, i64::from(*flag), value),
            Value::Integer(number) => Self::plain(KindNumber::Integer, *number, value),
            Value::Duration(length) => Self::plain(KindNumber::Duration, length.as_micros(), value),
            Value::Instant(instant) => Self::plain(KindNumber::Instant, instant.as_micros(), value),
            Value::Version(_) => Self::plain(KindNumber::Version, 0, value),
            Value::Text(_) => Self::plain(KindNumber::Text, 0, value),
            Value::Set(words) => Self {
                items: words.iter().map(|word| Self::of(&Value::Text(word.clone()))).collect(),
                ..Self::plain(KindNumber::Set, 0, value)
            },
        }
    }

    fn merged(merged: &Merged) -> Self {
        match merged {
            Merged::One(value) => Self::of(value),
            Merged::All(values) => {
                let words: Vec<String> = values.iter().map(Value::to_string).collect();
                Self {
                    kind: KindNumber::All,
                    number: 0,
                    text: Text::new(words.join(", ")),
                    items: values.iter().map(Self::of).collect(),
                }
            }
        }
    }

    /// As C sees it.
    pub fn record(&self) -> ValueRecord {
        ValueRecord {
            size: 0,
            kind: self.kind,
            reserved: 0,
            number: self.number,
            text: self.text.view(),
            items: self.items.len(),
        }
    }
}

/// An obligation.
#[derive(Debug)]
pub struct ToldObligation {
    name: String,
    text: Text,
    /// Its parameters, by name.
    pub parameters: Vec<(Text, ToldValue)>,
    names: Vec<String>,
}

impl ToldObligation {
    /// Every obligation of a decision.
    pub fn all(decision: &Decision<'_>) -> Vec<Self> {
        let told = |obligation: crate::Obligation<'_>| Self {
            name: obligation.name().to_owned(),
            text: Text::new(obligation.name()),
            names: obligation.parameters().map(|(name, _)| name.to_owned()).collect(),
            parameters: obligation
                .parameters()
                .map(|(name, value)| (Text::new(name), ToldValue::merged(&value)))
                .collect(),
        };
        decision.obligations().map(told).collect()
    }

    /// Its name, in Rust.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name, as C sees it.
    pub fn view(&self) -> Str {
        self.text.view()
    }

    /// The parameter of a name.
    pub fn parameter(&self, name: &str) -> Option<&ToldValue> {
        let place = self.names.iter().position(|known| known == name)?;
        self.parameters.get(place).map(|(_, value)| value)
    }
}

/// A rule.
#[derive(Debug)]
pub struct ToldRule {
    effect: EffectNumber,
    policy: Text,
    owner: Text,
    authority: Option<Text>,
    id: Text,
    because: Text,
    tell_user: Option<Text>,
    accepted_by: Option<Text>,
}

impl ToldRule {
    /// A rule of a decision.
    pub fn of(rule: RuleRef<'_>) -> Self {
        Self {
            effect: rule.effect().into(),
            policy: Text::new(rule.policy()),
            owner: Text::new(rule.owner()),
            authority: rule.authority().map(Text::new),
            id: Text::new(rule.id()),
            because: Text::new(rule.because()),
            tell_user: rule.tell_user().map(Text::new),
            accepted_by: rule.accepted_by().map(Text::new),
        }
    }

    /// As C sees it.
    pub fn record(&self) -> RuleRecord {
        RuleRecord {
            size: 0,
            effect: self.effect,
            reserved: 0,
            policy: self.policy.view(),
            owner: self.owner.view(),
            authority: view_if_any(self.authority.as_ref()),
            id: self.id.view(),
            because: self.because.view(),
            tell_user: view_if_any(self.tell_user.as_ref()),
            accepted_by: view_if_any(self.accepted_by.as_ref()),
        }
    }
}

/// Rules of a sort.
#[derive(Debug)]
pub struct ToldRules {
    /// Each of them.
    pub list: Vec<ToldRule>,
    /// As `policy/rule`, between commas.
    pub names: Text,
}

impl ToldRules {
    /// Rules of a decision.
    pub fn of<'d>(rules: impl Iterator<Item = RuleRef<'d>>) -> Self {
        let rules: Vec<RuleRef<'d>> = rules.collect();
        let names: Vec<String> =
            rules.iter().map(|rule| format!("{}/{}", rule.policy(), rule.id())).collect();
        Self {
            list: rules.into_iter().map(ToldRule::of).collect(),
            names: Text::new(names.join(",")),
        }
    }
}

/// A decision in words, with the way forward.
#[derive(Debug)]
pub struct ToldWords {
    /// For the person.
    pub user: Text,
    /// For the administrator.
    pub administrator: Text,
    /// The way forward.
    pub remedies: Vec<ToldRemedy>,
}

impl ToldWords {
    /// The words of a decision.
    pub fn of(decision: &Decision<'_>) -> Self {
        let explanation = explain(decision);
        Self {
            remedies: explanation.remedies.iter().map(ToldRemedy::of).collect(),
            user: Text::new(explanation.user),
            administrator: Text::new(explanation.administrator),
        }
    }
}

/// A remedy.
#[derive(Debug)]
pub struct ToldRemedy {
    by: ByNumber,
    say: Text,
    /// What it changes.
    pub changes: Vec<ToldChange>,
}

impl ToldRemedy {
    fn of(remedy: &Remedy<'_>) -> Self {
        Self {
            by: remedy.by().into(),
            say: Text::new(remedy.say()),
            changes: remedy.changes.iter().map(ToldChange::of).collect(),
        }
    }

    /// As C sees it.
    pub fn record(&self) -> RemedyRecord {
        let (say, changes) = (self.say.view(), self.changes.len());
        RemedyRecord { size: 0, by: self.by, reserved: 0, say, changes }
    }
}

/// The change of one attribute.
#[derive(Debug)]
pub struct ToldChange {
    by: ByNumber,
    attribute: Text,
    goal: Text,
    say: Text,
}

impl ToldChange {
    fn of(change: &Change<'_>) -> Self {
        Self {
            by: change.by.into(),
            attribute: Text::new(change.attribute),
            // Writing does not fail; what the goal is in words says it as well.
            goal: Text::new(
                serde_json::to_string(&change.goal).unwrap_or_else(|_| change.goal.to_string()),
            ),
            say: Text::new(change.say),
        }
    }

    /// As C sees it.
    pub fn record(&self) -> ChangeRecord {
        let (attribute, goal, say) = (self.attribute.view(), self.goal.view(), self.say.view());
        ChangeRecord { size: 0, by: self.by, reserved: 0, attribute, goal, say }
    }
}
