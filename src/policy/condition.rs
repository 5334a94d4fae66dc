//! Reading conditions, constraints and literals.

use crate::file::File;
use crate::json::{Json, Member, Node};
use crate::model::{
    Attribute, AttributeId, Code, Comparison, Condition, Constraint, Duration, Instant, Kind,
    Share, TIME, Value, Vocabulary, suggest,
};

/// The keys of a constraint object.
const CONSTRAINT_KEYS: [&str; 18] = [
    "not",
    "at_least",
    "at_most",
    "above",
    "below",
    "same_as",
    "in",
    "contains",
    "contains_any",
    "contains_all",
    "contains_none",
    "empty",
    "from_now",
    "past",
    "future",
    "newer_than",
    "older_than",
    "attribute",
];

const COMPARISONS: [(&str, Comparison); 4] = [
    ("at_least", Comparison::AtLeast),
    ("at_most", Comparison::AtMost),
    ("above", Comparison::Above),
    ("below", Comparison::Below),
];

const ZERO: i64 = 0;

/// Reads what refers to attributes, as one policy sees them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) file: &'a File<'a>,
    pub(crate) vocabulary: &'a Vocabulary,
    /// The policy whose own attributes are seen.
    pub(crate) policy: Option<&'a str>,
}

impl<'a> Scope<'a> {
    fn sees(&self, attribute: &Attribute) -> bool {
        attribute.policy.is_none() || attribute.policy.as_deref() == self.policy
    }

    /// The attribute of that name, or an error at the offset.
    pub(crate) fn attribute(&self, name: &str, at: usize) -> Option<AttributeId> {
        let found = self.vocabulary.attribute(name).filter(|id| self.sees(&self.vocabulary[*id]));
        if found.is_none() {
            let visible =
                self.vocabulary.attributes().iter().filter(|attribute| self.sees(attribute));
            let names = visible.map(|attribute| attribute.name.as_str());
            let message = format!("unknown attribute `{name}`");
            self.file.error(Code::UnknownAttribute, at, message, Some(suggest(name, names)));
        }
        found
    }

    /// The condition that `node` states; `None` where an error was noted.
    pub(crate) fn condition(&self, node: &Node<'_>) -> Option<Condition> {
        let members = self.file.members(node, "a condition")?;
        let parts: Vec<Option<Condition>> =
            members.iter().map(|member| self.part(member)).collect();
        parts.into_iter().collect::<Option<Vec<_>>>().map(Condition::All)
    }

    fn part(&self, member: &Member<'_>) -> Option<Condition> {
        match member.key.as_ref() {
            "any" => self.conditions(&member.node, "any").map(Condition::Any),
            "all" => self.conditions(&member.node, "all").map(Condition::All),
            "not" => self.condition(&member.node).map(Condition::negate),
            name => {
                let id = self.attribute(name, member.at)?;
                self.constraint(id, &member.node)
            }
        }
    }

    fn conditions(&self, node: &Node<'_>, key: &str) -> Option<Vec<Condition>> {
        let items = self.file.items(node, &format!("`{key}`"))?;
        self.refuse_empty(items, node.at, key)?;
        let parts: Vec<Option<Condition>> = items.iter().map(|item| self.condition(item)).collect();
        parts.into_iter().collect()
    }

    fn refuse_empty<T>(&self, items: &[T], at: usize, what: &str) -> Option<()> {
        if items.is_empty() {
            let help = Some("state at least one, or leave it out".to_owned());
            self.file.error(Code::EmptyList, at, format!("`{what}` is empty"), help);
            return None;
        }
        Some(())
    }

    /// The constraint on attribute `id` that `node` states.
    fn constraint(&self, id: AttributeId, node: &Node<'_>) -> Option<Condition> {
        let attribute = &self.vocabulary[id];
        match &node.json {
            Json::Object(members) => {
                self.refuse_empty(members, node.at, &attribute.name)?;
                let parts: Vec<Option<Condition>> =
                    members.iter().map(|member| self.operator(id, member)).collect();
                parts.into_iter().collect::<Option<Vec<_>>>().map(Condition::All)
            }
            Json::Array(items) if !matches!(attribute.kind, Kind::Set(_)) => {
                self.refuse_empty(items, node.at, &attribute.name)?;
                let values: Vec<Option<Value>> = items
                    .iter()
                    .map(|item| self.literal(&attribute.name, &attribute.kind, item))
                    .collect();
                let values = values.into_iter().collect::<Option<Vec<_>>>()?;
                Some(Condition::Test(id, Constraint::OneOf(values)))
            }
            Json::Array(_) => {
                let message =
                    format!("`{}` is a set, which is constrained by an object", attribute.name);
                let help =
                    "write `contains`, `contains_any`, `contains_all`, `contains_none` or `empty`";
                self.file.error(Code::UnfitConstraint, node.at, message, Some(help.into()));
                None
            }
            _ => {
                let value = self.literal(&attribute.name, &attribute.kind, node)?;
                Some(Condition::Test(id, Constraint::OneOf(vec![value])))
            }
        }
    }

    fn operator(&self, id: AttributeId, member: &Member<'_>) -> Option<Condition> {
        let (key, node) = (member.key.as_ref(), &member.node);
        let attribute = &self.vocabulary[id];
        let test = |constraint| Some(Condition::Test(id, constraint));
        if let Some((_, comparison)) = COMPARISONS.iter().find(|(word, _)| *word == key) {
            self.refuse_unfit(attribute.kind.is_ordered(), attribute, member.at, key)?;
            return match self.reference(node)? {
                Some(other) => {
                    self.refuse_unlike(id, other, node.at, |a, b| a == b)?;
                    test(Constraint::CompareWith(*comparison, other))
                }
                None => {
                    let value = self.literal(&attribute.name, &attribute.kind, node)?;
                    test(Constraint::Compare(*comparison, value))
                }
            };
        }
        match key {
            "not" => self.constraint(id, node).map(Condition::negate),
            "same_as" => {
                self.refuse_unfit(!is_set(&attribute.kind), attribute, member.at, key)?;
                let other = self.named(node, key)?;
                self.refuse_unlike(id, other, node.at, |a, b| is_word(a) && is_word(b) || a == b)?;
                test(Constraint::SameAs(other))
            }
            "in" => {
                self.refuse_unfit(is_word(&attribute.kind), attribute, member.at, key)?;
                let other = self.named(node, key)?;
                self.refuse_unlike(id, other, node.at, |_, b| is_set(b))?;
                test(Constraint::In(other))
            }
            "contains" | "contains_any" | "contains_all" | "contains_none" | "empty" => {
                self.refuse_unfit(is_set(&attribute.kind), attribute, member.at, key)?;
                self.set_operator(id, key, node)
            }
            "from_now" | "past" | "future" | "newer_than" | "older_than" => {
                self.refuse_unfit(attribute.kind == Kind::Instant, attribute, member.at, key)?;
                if attribute.name == TIME {
                    self.compared_with_itself(attribute, member.at);
                    return None;
                }
                self.need_time(member.at, key)?;
                self.time_operator(id, key, node)
            }
            _ => {
                let what = format!("a constraint on `{}`", attribute.name);
                let keys = CONSTRAINT_KEYS.iter().copied().filter(|key| *key != "attribute");
                let message = format!("unknown key `{key}` in {what}");
                self.file.error(Code::UnknownKey, member.at, message, Some(suggest(key, keys)));
                None
            }
        }
    }

    fn set_operator(&self, id: AttributeId, key: &str, node: &Node<'_>) -> Option<Condition> {
        let attribute = &self.vocabulary[id];
        let test = |constraint| Condition::Test(id, constraint);
        if key == "empty" {
            let empty = test(Constraint::Empty);
            return Some(if self.file.bool(node, "`empty`")? { empty } else { empty.negate() });
        }
        let share = if key == "contains_all" { Share::All } else { Share::Any };
        let one = key == "contains";
        let condition = match self.reference(node)? {
            Some(other) if one => {
                self.refuse_unlike(id, other, node.at, |_, b| is_word(b))?;
                test(Constraint::ContainsOf(share, other))
            }
            Some(other) => {
                self.refuse_unlike(id, other, node.at, |_, b| is_set(b))?;
                test(Constraint::ContainsOf(share, other))
            }
            None => {
                let nodes = if one {
                    std::slice::from_ref(node)
                } else {
                    self.file.items(node, &format!("`{key}`"))?
                };
                self.refuse_empty(nodes, node.at, key)?;
                let words: Vec<Option<Box<str>>> = nodes
                    .iter()
                    .map(|node| self.word_of_set(&attribute.name, &attribute.kind, node))
                    .collect();
                test(Constraint::Contains(share, words.into_iter().collect::<Option<_>>()?))
            }
        };
        Some(if key == "contains_none" { condition.negate() } else { condition })
    }

    fn time_operator(&self, id: AttributeId, key: &str, node: &Node<'_>) -> Option<Condition> {
        let test = |comparison, micros| {
            Condition::Test(id, Constraint::FromNow(comparison, Duration::from_micros(micros)))
        };
        let back = |duration: Duration| duration.as_micros().saturating_neg();
        let what = format!("`{key}`");
        Some(match key {
            "from_now" => {
                let members = self.file.members(node, &what)?;
                self.refuse_empty(members, node.at, key)?;
                let keys = COMPARISONS.map(|(word, _)| word);
                self.file.form(node, "`from_now`", &keys)?;
                let part = |member: &Member<'_>| {
                    let (_, comparison) =
                        COMPARISONS.iter().find(|(word, _)| *word == member.key)?;
                    let length = self.file.duration(&member.node, "a bound of `from_now`")?;
                    Some(test(*comparison, length.as_micros()))
                };
                let parts: Vec<Option<Condition>> = members.iter().map(part).collect();
                Condition::All(parts.into_iter().collect::<Option<_>>()?)
            }
            "past" | "future" => {
                let comparison = if key == "past" { Comparison::AtMost } else { Comparison::Above };
                let condition = test(comparison, ZERO);
                if self.file.bool(node, &what)? { condition } else { condition.negate() }
            }
            "newer_than" => test(Comparison::AtLeast, back(self.file.duration(node, &what)?)),
            _ => test(Comparison::Below, back(self.file.duration(node, &what)?)),
        })
    }

    /// `{ "attribute": name }`: `Some(None)` if `node` is something else.
    pub(crate) fn reference(&self, node: &Node<'_>) -> Option<Option<AttributeId>> {
        if node.members().is_none() {
            return Some(None);
        }
        let form = self.file.form(node, "a reference to an attribute", &["attribute"])?;
        self.named(form.required("attribute")?, "attribute").map(Some)
    }

    /// The attribute that the text `node` names.
    fn named(&self, node: &Node<'_>, key: &str) -> Option<AttributeId> {
        let name = self.file.text(node, &format!("`{key}`"))?;
        self.attribute(name, node.at)
    }

    pub(crate) fn need_time(&self, at: usize, what: &str) -> Option<()> {
        if self.vocabulary.time().is_none() {
            let message = format!("`{what}` needs `{TIME}`, which the vocabulary does not declare");
            let help = Some(format!("declare \"{TIME}\": {{ \"type\": \"instant\" }}"));
            self.file.error(Code::NoTime, at, message, help);
            return None;
        }
        Some(())
    }

    fn refuse_unfit(&self, fits: bool, attribute: &Attribute, at: usize, key: &str) -> Option<()> {
        if !fits {
            let order = match &attribute.kind {
                Kind::Enum(words) if !words.is_ordered() => " without `order`",
                _ => "",
            };
            let message = format!(
                "`{key}` does not fit `{}`, which is of type `{}`{order}",
                attribute.name,
                attribute.kind.word()
            );
            self.file.error(Code::UnfitConstraint, at, message, None);
            return None;
        }
        Some(())
    }

    fn compared_with_itself(&self, attribute: &Attribute, at: usize) {
        let message = format!("`{}` is compared with itself", attribute.name);
        self.file.error(Code::UnfitConstraint, at, message, None);
    }

    fn refuse_unlike(
        &self,
        id: AttributeId,
        other: AttributeId,
        at: usize,
        alike: impl Fn(&Kind, &Kind) -> bool,
    ) -> Option<()> {
        let (left, right) = (&self.vocabulary[id], &self.vocabulary[other]);
        if id == other {
            self.compared_with_itself(left, at);
            return None;
        }
        if !alike(&left.kind, &right.kind) {
            let message = format!(
                "`{}` (`{}`) cannot be compared so with `{}` (`{}`)",
                left.name,
                left.kind.word(),
                right.name,
                right.kind.word()
            );
            self.file.error(Code::UnfitConstraint, at, message, None);
            return None;
        }
        Some(())
    }

    /// The value of a kind that `node` states; `what` it is a value of.
    pub(crate) fn literal(&self, what: &str, kind: &Kind, node: &Node<'_>) -> Option<Value> {
        literal(self.file, what, kind, node)
    }

    fn word_of_set(&self, what: &str, kind: &Kind, node: &Node<'_>) -> Option<Box<str>> {
        word_of_set(self.file, what, kind, node)
    }
}

fn is_set(kind: &Kind) -> bool {
    matches!(kind, Kind::Set(_))
}

fn is_word(kind: &Kind) -> bool {
    matches!(kind, Kind::Enum(_) | Kind::String)
}

/// The value of a kind that `node` states; `what` it is a value of.
pub(crate) fn literal(file: &File<'_>, what: &str, kind: &Kind, node: &Node<'_>) -> Option<Value> {
    let named = format!("`{what}`");
    match kind {
        Kind::Bool => file.bool(node, &named).map(Value::Bool),
        Kind::Integer => {
            let value = node.integer();
            match &node.json {
                _ if value.is_some() => {}
                Json::Number(text) => {
                    let message = format!(
                        "{named} is a whole number within 64 bits, without fraction or exponent, not `{text}`"
                    );
                    file.error(Code::WrongType, node.at, message, None);
                }
                _ => file.wrong_type(node, &named, "a whole number within 64 bits"),
            }
            value.map(Value::Integer)
        }
        Kind::Duration => file.parsed::<Duration>(node, &named).map(Value::Duration),
        Kind::Instant => file.parsed::<Instant>(node, &named).map(Value::Instant),
        Kind::Version => file.parsed(node, &named).map(Value::Version),
        Kind::String => file.text(node, &named).map(|text| Value::Text(text.into())),
        Kind::Enum(words) => {
            let text = file.text(node, &named)?;
            listed(file, what, words.list(), text, node.at).map(Value::Text)
        }
        Kind::Set(_) => {
            let items = if node.items().is_some() {
                file.items(node, &named)?
            } else {
                let help = "constrain a set by `contains`, `contains_any`, `contains_all`, `contains_none` or `empty`";
                let message = format!("{named} is a set, not {}", node.kind());
                file.error(Code::WrongType, node.at, message, Some(help.to_owned()));
                return None;
            };
            let words: Vec<Option<Box<str>>> =
                items.iter().map(|item| word_of_set(file, what, kind, item)).collect();
            let mut words = words.into_iter().collect::<Option<Vec<_>>>()?;
            words.sort();
            words.dedup();
            Some(Value::Set(words))
        }
    }
}

fn word_of_set(file: &File<'_>, what: &str, kind: &Kind, node: &Node<'_>) -> Option<Box<str>> {
    let word = file.text(node, &format!("a word of `{what}`"))?;
    match kind {
        Kind::Set(Some(words)) => listed(file, what, words, word, node.at),
        _ => Some(word.into()),
    }
}

fn listed(
    file: &File<'_>,
    what: &str,
    words: &[Box<str>],
    word: &str,
    at: usize,
) -> Option<Box<str>> {
    let found = words.iter().find(|listed| ***listed == *word).cloned();
    if found.is_none() {
        file.unknown_word(at, &format!("`{what}`"), word, words.iter().map(|word| &**word));
    }
    found
}
