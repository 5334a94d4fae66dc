//! The vocabulary: which attributes and obligations there are.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Condition, Duration, Instant, Lexicon, Value, Version};

/// The place of an attribute in its vocabulary; for the hot path, in place of its name.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AttributeId(pub(crate) u16);

/// The place of an obligation in its vocabulary.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ObligationId(pub(crate) u8);

macro_rules! index {
    ($($id:ty),*) => {$(
        impl $id {
            #[inline]
            pub(crate) fn index(self) -> usize {
                usize::from(self.0)
            }
        }
    )*};
}
index!(AttributeId, ObligationId);

impl ObligationId {
    /// The obligation, as a set of its own: vocabularies have at most 64.
    #[inline]
    pub(crate) fn bit(self) -> u64 {
        1_u64.checked_shl(u32::from(self.0)).unwrap_or(0)
    }
}

/// The attributes and obligations that a policy set is written in.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    attributes: Vec<Attribute>,
    /// Their names, in the same order.
    names: Lexicon,
    /// The id of [`TIME`].
    time: Option<AttributeId>,
    obligations: Vec<ObligationType>,
}

/// The attribute whose value is the time of the request.
pub const TIME: &str = "context.time";

impl Vocabulary {
    /// Every attribute, in the order of their ids. Those that only one policy sees come last.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// Every obligation, in the order of their ids.
    pub fn obligations(&self) -> &[ObligationType] {
        &self.obligations
    }

    /// The id of the attribute `name`. Names of one policy's own attributes are found too.
    #[inline]
    pub fn attribute(&self, name: &str) -> Option<AttributeId> {
        u16::try_from(self.names.position(name)?).ok().map(AttributeId)
    }

    /// The id of the obligation `name`.
    pub fn obligation(&self, name: &str) -> Option<ObligationId> {
        let index = self.obligations.iter().position(|obligation| obligation.name == name)?;
        u8::try_from(index).ok().map(ObligationId)
    }

    /// The id of `context.time`, if the vocabulary declares it.
    pub fn time(&self) -> Option<AttributeId> {
        self.time
    }

    /// The attribute whose name is nearest to `name`, in words: "did you mean …?"
    pub fn suggest(&self, name: &str) -> String {
        let shared = self.attributes.iter().filter(|attribute| attribute.policy.is_none());
        super::suggest(name, shared.map(|attribute| attribute.name.as_str()))
    }

    /// Adds what a derived attribute is derived from, directly or not.
    pub(crate) fn add_bases(&self, id: AttributeId, found: &mut BTreeSet<AttributeId>) {
        for branch in &self[id].derive {
            branch.when.each_test(&mut |base, _| {
                if found.insert(base) {
                    self.add_bases(base, found);
                }
            });
        }
    }

    /// What the value of an attribute looks like, in words: the listed word nearest to `text`, or the
    /// form of its type.
    pub fn suggest_value(&self, name: &str, text: &str) -> String {
        let Some(id) = self.attribute(name) else { return self.suggest(name) };
        match &self[id].kind {
            Kind::Enum(words) => super::suggest(text, words.list().iter().map(|word| &**word)),
            Kind::Set(Some(words)) => super::suggest(text, words.iter().map(|word| &**word)),
            Kind::Set(None) => "it is a set of words".to_owned(),
            Kind::Bool => "it is true or false".to_owned(),
            Kind::Integer => "it is a whole number".to_owned(),
            Kind::Duration => "it is a duration, as `15m`".to_owned(),
            Kind::Version => "it is a version, as `17.4.1`".to_owned(),
            Kind::Instant => "it is an instant, as `2014-03-31T23:59:59+01:00`".to_owned(),
            Kind::String => "it is text".to_owned(),
        }
    }

    /// The ids of all attributes.
    pub fn attribute_ids(&self) -> impl Iterator<Item = AttributeId> + use<> {
        (0..self.attributes.len()).filter_map(|index| u16::try_from(index).ok().map(AttributeId))
    }

    /// Adds an attribute; `None` if there is no room.
    pub(crate) fn declare(&mut self, attribute: Attribute) -> Option<AttributeId> {
        let id = u16::try_from(self.attributes.len()).ok().map(AttributeId)?;
        if attribute.name == TIME {
            self.time = Some(id);
        }
        self.names.push(attribute.name.as_str().into());
        self.attributes.push(attribute);
        Some(id)
    }

    /// Adds an obligation; `None` if there is no room.
    pub(crate) fn declare_obligation(
        &mut self,
        obligation: ObligationType,
    ) -> Option<ObligationId> {
        let id = u8::try_from(self.obligations.len()).ok().map(ObligationId)?;
        self.obligations.push(obligation);
        Some(id)
    }

    pub(crate) fn attribute_mut(&mut self, id: AttributeId) -> Option<&mut Attribute> {
        self.attributes.get_mut(id.index())
    }
}

impl std::ops::Index<AttributeId> for Vocabulary {
    type Output = Attribute;

    #[expect(
        clippy::indexing_slicing,
        reason = "an id is made only by the vocabulary that it indexes"
    )]
    #[inline]
    fn index(&self, id: AttributeId) -> &Attribute {
        &self.attributes[id.index()]
    }
}

impl std::ops::Index<ObligationId> for Vocabulary {
    type Output = ObligationType;

    #[expect(
        clippy::indexing_slicing,
        reason = "an id is made only by the vocabulary that it indexes"
    )]
    fn index(&self, id: ObligationId) -> &ObligationType {
        &self.obligations[id.index()]
    }
}

/// A named fact of a request.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name, as in `device.posture`.
    pub name: String,
    /// What it is, for people.
    pub means: Option<String>,
    /// The values that it takes.
    pub kind: Kind,
    /// The unit of a number, for people.
    pub unit: Option<String>,
    /// Which way is safer.
    pub better: Option<Better>,
    /// The value that a missing member stands for.
    pub absent: Option<Value>,
    /// Who may set it.
    pub source: SetBy,
    /// The decision list that gives its value; empty if it is not derived.
    pub derive: Vec<Branch>,
    /// Who can change it, and how.
    pub remedy: Option<RemedyTerms>,
    /// Whether a refusal must not tell it to the person who asks.
    pub hidden: bool,
    /// The policy that alone sees it.
    pub policy: Option<String>,
}

impl Attribute {
    /// Whether its value is derived from others.
    #[inline]
    pub fn is_derived(&self) -> bool {
        !self.derive.is_empty()
    }
}

/// The values that an attribute takes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A listed word.
    Enum(Words),
    /// A whole number within 64 bits.
    Integer,
    /// A length of time.
    Duration,
    /// A version.
    Version,
    /// A point in time.
    Instant,
    /// Any text.
    String,
    /// A set of words: any, or listed ones.
    Set(Option<Vec<Box<str>>>),
}

impl Kind {
    /// The word for it in a vocabulary file.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Enum(_) => "enum",
            Self::Integer => "integer",
            Self::Duration => "duration",
            Self::Version => "version",
            Self::Instant => "instant",
            Self::String => "string",
            Self::Set(_) => "set",
        }
    }

    /// Whether `at_least` and its like compare its values.
    pub fn is_ordered(&self) -> bool {
        match self {
            Self::Integer | Self::Duration | Self::Version | Self::Instant => true,
            Self::Enum(words) => words.is_ordered(),
            Self::Bool | Self::String | Self::Set(_) => false,
        }
    }
}

impl Kind {
    /// The value of an ordered kind that has a rank, as [`Value::rank`] gives it; of an enum, the word
    /// at that place.
    pub(crate) fn value_of_rank(&self, rank: i128) -> Option<Value> {
        let number = || i64::try_from(rank).ok();
        Some(match self {
            Self::Bool => Value::Bool(rank != 0),
            Self::Integer => Value::Integer(number()?),
            Self::Duration => Value::Duration(Duration::from_micros(number()?)),
            Self::Instant => Value::Instant(Instant::from_micros(number()?)),
            Self::Version => Value::Version(Version::of_rank(rank)?),
            Self::Enum(words) => {
                Value::Text(words.list().get(usize::try_from(rank).ok()?)?.clone())
            }
            Self::String | Self::Set(_) => return None,
        })
    }
}

/// The listed words of an `enum`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Words {
    words: Arc<Lexicon>,
    /// The rank of each word, if they are ordered; words of one rank do not compare.
    ranks: Option<Vec<u16>>,
}

impl Words {
    /// Words without an order.
    pub fn unordered(words: Vec<Box<str>>) -> Self {
        Self { words: Arc::new(words.into()), ranks: None }
    }

    /// Words with an order, lowest first; those of one inner list do not compare.
    pub fn ordered(order: Vec<Vec<Box<str>>>) -> Self {
        let mut words = Vec::new();
        let mut ranks = Vec::new();
        for (rank, group) in (0..).zip(order) {
            ranks.extend(group.iter().map(|_| rank));
            words.extend(group);
        }
        Self { words: Arc::new(words.into()), ranks: Some(ranks) }
    }

    /// The words; ordered ones from the lowest to the highest.
    pub fn list(&self) -> &[Box<str>] {
        &self.words
    }

    /// Whether they compare.
    pub fn is_ordered(&self) -> bool {
        self.ranks.is_some()
    }

    /// The place of `word` in the list.
    pub fn position(&self, word: &str) -> Option<usize> {
        self.words.position(word)
    }

    /// The list, to be looked up in.
    pub(crate) fn lexicon(&self) -> &Arc<Lexicon> {
        &self.words
    }

    /// How the words at two places of the list compare; `None` if they do not.
    pub fn compare(&self, left: usize, right: usize) -> Option<std::cmp::Ordering> {
        if left == right {
            return Some(std::cmp::Ordering::Equal);
        }
        let ranks = self.ranks.as_ref()?;
        let order = ranks.get(left)?.cmp(ranks.get(right)?);
        order.is_ne().then_some(order)
    }

    /// The same words in the same order, in a list with others, which compare with nothing that matters:
    /// they come after all of them.
    pub(crate) fn within(&self, list: &[Box<str>]) -> Self {
        let rank = |word: &str| {
            let place = self.position(word)?;
            self.ranks.as_ref()?.get(place).copied()
        };
        let ranks = self.ranks.as_ref();
        let ranks = ranks.map(|_| list.iter().map(|word| rank(word).unwrap_or(u16::MAX)).collect());
        Self { words: Arc::new(list.to_vec().into()), ranks }
    }

    pub(crate) fn push(&mut self, word: Box<str>) {
        Arc::make_mut(&mut self.words).push(word);
    }
}

/// Which way is safer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Better {
    /// A greater value, a later instant, `true`.
    Greater,
    /// A lesser value, an earlier instant, `false`.
    Lesser,
}

/// Who may set an attribute.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SetBy {
    /// The host: gateway or service.
    Host,
    /// Only verified evidence.
    Evidence,
}

/// One branch of a derived attribute.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The value that it gives.
    pub value: Value,
    /// When it does: when this is certainly true.
    pub when: Condition,
    /// The author's word that a worse value may come before a better one.
    pub certain: bool,
}

/// Who can change an attribute, and how.
#[derive(Clone, Debug)]
pub struct RemedyTerms {
    /// Who.
    pub by: RemedyBy,
    /// How, in words for them.
    pub say: Say,
    /// The obligation that asks for it.
    pub obligation: Option<ObligationId>,
}

/// Who can change the value of an attribute, the easiest first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemedyBy {
    /// The person who asks.
    User,
    /// Their administrator.
    Administrator,
    /// The owner of the information.
    InformationOwner,
    /// Nobody: it is as it is.
    Nobody,
}

impl RemedyBy {
    /// How hard they are to move, compared with each other.
    pub(crate) fn effort(self) -> usize {
        match self {
            Self::User => 0,
            Self::Administrator => 1,
            Self::InformationOwner => 2,
            Self::Nobody => 3,
        }
    }
}

/// The words of a remedy.
#[derive(Clone, Debug)]
pub enum Say {
    /// One text, whatever the value to reach.
    Always(String),
    /// A text for each value to reach.
    For(Vec<(Value, String)>),
}

impl Say {
    /// The words for reaching `value`.
    pub fn to_reach(&self, value: Option<&Value>) -> Option<&str> {
        match self {
            Self::Always(words) => Some(words),
            Self::For(texts) => {
                texts.iter().find(|(to, _)| Some(to) == value).map(|(_, text)| text.as_str())
            }
        }
    }
}

/// Something that a gateway must do along with a decision.
#[derive(Clone, Debug)]
pub struct ObligationType {
    /// Its name, as in `limit-session`.
    pub name: String,
    /// What the gateway must do, for people.
    pub means: Option<String>,
    /// Its type in the AuthZEN obligations profile.
    pub profile: Profile,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
}

/// The obligation types of the AuthZEN obligations profile, draft 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize)]
pub enum Profile {
    /// Ask for more authentication, then ask again.
    #[serde(rename = "step-up")]
    StepUp,
    /// Tell somebody.
    #[serde(rename = "notification")]
    Notification,
    /// End sessions.
    #[serde(rename = "session_termination")]
    SessionTermination,
    /// Anything else.
    #[serde(rename = "custom")]
    Custom,
}

/// A parameter of an obligation.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it is, for people.
    pub means: Option<String>,
    /// The values that it takes.
    pub kind: Kind,
    /// What two rules that both set it come to.
    pub merge: Merge,
    /// The strictest value.
    pub default: Option<Value>,
}

/// What two rules that set the same parameter come to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Merge {
    /// The lesser value.
    Least,
    /// The greater value.
    Most,
    /// All words.
    Union,
    /// Every different value.
    All,
}
