//! The compiled policy set.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use once_cell::race::OnceBox;

use super::bits::bits;
use super::classes::Class;
use super::column::{Column, ColumnId, Question};
use super::conjunction::{Conjunctions, Parts, Role};
use super::cuts::Cuts;
use super::interner::at;
use super::levers::Levers;
use super::outline::Outline;
use super::roster::Roster;
use super::row::Row;
use super::table::{Standing, Table};
use super::texts::{Text, Texts};
use crate::model::{
    Attribute, AttributeId, Effect, Kind, Lexicon, ObligationId, RemedyBy, SetBy, Value, Vocabulary,
};

/// A compiled policy set: plain data, which never changes; what only explanations need is made of it when
/// it is asked for first, and then stays.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The name of the policy set; `None` where there is none, and everything is refused.
    pub name: Option<String>,
    /// The digest of its files.
    pub digest: String,
    /// Its words.
    pub vocabulary: Vocabulary,
    /// Where a request document states its attributes.
    pub outline: Outline,
    /// What tells its list of attributes from another.
    pub stamp: u64,
    /// What conditions ask of a request.
    pub columns: Vec<Column>,
    /// What it takes to state an attribute, by attribute.
    pub intakes: Vec<Intake>,
    /// The columns that the value of an attribute alone fills, by attribute.
    pub filled_by: Vec<Vec<ColumnId>>,
    /// How the other columns are filled, in order.
    pub steps: Vec<Step>,
    /// The decision lists of the derived attributes that conditions use.
    pub derivations: Vec<Derivation>,
    /// Every policy.
    pub policies: Box<[PolicyEntry]>,
    /// Every rule, by policy and id, whatever their order in the files.
    pub rules: Box<[RuleEntry]>,
    /// The parameters that rules set: each list once; see [`Program::arguments`].
    pub arguments: Box<[Vec<Argument>]>,
    /// What policies and rules tell: each text once; see [`Program::text`].
    pub texts: Texts,
    /// Every conjunction.
    pub conjunctions: Conjunctions,
    /// The rule that each belongs to; [`END`] of those of a `governs`.
    pub rule_of: Box<[u32]>,
    /// The tree that picks a bucket.
    pub cuts: Cuts,
    /// The conjunctions that can matter, by part.
    pub buckets: Box<[Bucket]>,
    /// What the set states about itself; only in a program that is compiled for proofs.
    pub guarantees: Vec<GuaranteeEntry>,
    /// The obligations that some remedy names, with the attributes whose remedy does.
    pub step_ups: BTreeMap<ObligationId, Vec<AttributeId>>,
    /// What somebody can change of a refused request.
    pub levers: Levers,
    /// The `governs` of the policies that grant; see [`Program::governing`].
    pub governing: OnceBox<Roster>,
}

/// What stating an attribute needs to know of its declaration, close together.
#[derive(Clone, Debug)]
pub struct Intake {
    /// The values that it takes.
    pub takes: Takes,
    /// Whether a gateway may state it.
    pub from_gateway: bool,
    /// How its value fills columns.
    pub fills: Fills,
}

/// How the value of an attribute fills the columns that it alone fills: the usual ways, without looking
/// at what a column asks.
#[derive(Clone, Debug)]
pub enum Fills {
    /// One column, by the place of the value among all.
    Place(ColumnId),
    /// One column, by its rank among these cuts.
    Rank(ColumnId, Box<[i64]>),
    /// One column, by its text among these.
    Text(ColumnId, Arc<Lexicon>),
    /// None, several, or one in another way.
    Otherwise,
}

/// The values that an attribute takes.
#[derive(Clone, Debug)]
pub enum Takes {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer,
    /// A length of time.
    Duration,
    /// A point in time.
    Instant,
    /// One of these words.
    Word(Arc<Lexicon>),
    /// Any text.
    Text,
    /// A version, which comes as text.
    Version,
    /// A set of words.
    Words,
}

impl Intake {
    /// What it takes to state an attribute whose value fills these of some columns.
    pub fn of(attribute: &Attribute, filled: &[ColumnId], columns: &[Column]) -> Self {
        let takes = match &attribute.kind {
            Kind::Bool => Takes::Bool,
            Kind::Integer => Takes::Integer,
            Kind::Duration => Takes::Duration,
            Kind::Instant => Takes::Instant,
            Kind::Enum(words) => Takes::Word(Arc::clone(words.lexicon())),
            Kind::String => Takes::Text,
            Kind::Version => Takes::Version,
            Kind::Set(_) => Takes::Words,
        };
        let from_gateway = attribute.source == SetBy::Host && !attribute.is_derived();
        let question = |id: ColumnId| columns.get(id.index()).map(|column| &column.question);
        let fills = match filled {
            [id] => match question(*id) {
                Some(Question::Bool | Question::Word(_)) => Fills::Place(*id),
                Some(Question::Rank(cuts)) => {
                    let cuts = cuts.iter().map(|cut| i64::try_from(*cut).ok());
                    // A version's rank has more bits; it comes as text.
                    cuts.collect::<Option<_>>()
                        .map_or(Fills::Otherwise, |cuts| Fills::Rank(*id, cuts))
                }
                Some(Question::Text(texts)) => Fills::Text(*id, Arc::clone(texts)),
                _ => Fills::Otherwise,
            },
            _ => Fills::Otherwise,
        };
        Self { takes, from_gateway, fills }
    }
}

/// How a column is filled that takes more than one attribute's value.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// From the values of two attributes.
    Column(ColumnId),
    /// By this decision list.
    Derive(usize),
}

/// The decision list of a derived attribute.
#[derive(Clone, Debug)]
pub struct Derivation {
    /// The attribute.
    pub attribute: AttributeId,
    /// Its column.
    pub column: ColumnId,
    /// The conjunctions of its branches.
    pub table: Table,
    /// The branch of each conjunction, by bit; in order.
    pub branch_of_bit: Vec<usize>,
    /// The class that each branch gives; the last needs no condition.
    pub classes: Vec<Class>,
    /// The conjunctions themselves, by bit.
    pub conjunctions: Conjunctions,
}

/// A policy.
#[derive(Clone, Debug)]
pub struct PolicyEntry {
    /// Its name.
    pub name: Text,
    /// Whose terms these are.
    pub owner: Text,
    /// What they rest on.
    pub authority: Option<Text>,
    /// Whether it may permit.
    pub grants: bool,
    /// Where its conjunctions are, those of its `governs` first.
    pub conjunctions: Range<usize>,
    /// Its permits; see [`Program::permits`].
    pub permits: OnceBox<Roster>,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct RuleEntry {
    /// The place of its policy.
    pub policy: u32,
    /// Its name.
    pub id: Text,
    /// What it does.
    pub effect: Effect,
    /// Whether only certain truth makes it take part.
    pub certain: bool,
    /// Whether it adds obligations to a permit.
    pub on_permit: bool,
    /// Whether it adds obligations to a refusal.
    pub on_deny: bool,
    /// Whether it is only recorded.
    pub trial: bool,
    /// The obligations that it brings, as bits by [`ObligationId`].
    pub obligations: u64,
    /// The place of the list of the parameters that it sets.
    pub arguments: u32,
    /// Why, for the administrator.
    pub because: Text,
    /// Why, for the person refused.
    pub tell_user: Option<Text>,
    /// Who accepted the risk.
    pub accepted_by: Option<Text>,
}

/// What a policy or set states about the whole set.
#[derive(Clone, Debug)]
pub struct GuaranteeEntry {
    /// Its name.
    pub id: String,
    /// The policy that states it; `None` for the set itself.
    pub policy: Option<String>,
    /// What it claims.
    pub claim: ProgramClaim,
    /// Of which requests: those for which one of these conjunctions is certainly true.
    pub when: Conjunctions,
}

/// What a [`GuaranteeEntry`] claims.
#[derive(Clone, Debug)]
pub enum ProgramClaim {
    /// None of the requests is permitted.
    NeverPermit,
    /// All of the requests are permitted.
    AlwaysPermit,
    /// Those that are permitted carry these obligations.
    PermitsCarry(Vec<ObligationId>),
    /// A worse value of one of these attributes never turns a refusal into a permit.
    Monotone(Vec<AttributeId>),
    /// Nor does it to withhold one.
    Withholding(Vec<AttributeId>),
}

/// A parameter as a rule sets it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Argument {
    /// The obligation.
    pub obligation: ObligationId,
    /// The place of the parameter among the obligation's.
    pub parameter: usize,
    /// The value.
    pub value: ArgumentValue,
}

/// Where the value of a parameter comes from.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum ArgumentValue {
    /// The policy.
    Fixed(Value),
    /// The request.
    Of(AttributeId),
}

/// A part of the conjunctions: those that can matter for some classes of the columns cut by.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// When each holds.
    pub table: Table,
    /// The conjunction of each bit: denies, then those of each policy that grants and [`END`] after
    /// them, then the rest; of each of these in order.
    pub conjunctions: Box<[u32]>,
    /// What the bits of each word count for.
    pub words: Box<[Word]>,
    /// Every obligation that a permit here may carry.
    pub obligations: u64,
}

/// In place of a conjunction: the bit by which a policy that grants ends. In place of a rule: none.
pub const END: u32 = u32::MAX;

/// What the bits of one word of a [`Bucket`] count for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Word {
    /// The bits of denies that take part unless certainly false.
    pub denies: u64,
    /// The bits of denies that take part only when certainly true.
    pub certain_denies: u64,
    /// The bits of the `governs` of policies that grant.
    pub governs: u64,
    /// The bits of permits.
    pub permits: u64,
    /// The bits of the policies that grant: those of one are a run, which may go on in the next word.
    pub runs: u64,
    /// The bit after each run.
    pub ends: u64,
    /// The bits of rules with obligations that attach to a permit unless certainly false.
    pub requires: u64,
    /// The bits of those that attach to one only when certainly true.
    pub certain_requires: u64,
    /// The bits of rules of which an obligation takes a parameter from the request.
    pub demanding: u64,
    /// The bits of trials.
    pub trials: u64,
    /// Whether later words hold nothing that could take a permit back.
    pub settles: bool,
}

impl Word {
    /// The bits of denies that take part.
    #[inline]
    pub fn denying(&self, found: Standing) -> u64 {
        found.possible & self.denies | found.certain & self.certain_denies
    }

    /// Of the bits of permits that are certainly true, enough to tell which policies permit: one, where the
    /// word is all of one policy.
    pub fn permitting(&self, found: Standing) -> u64 {
        let permits = found.certain & self.permits;
        if self.ends == 0 { permits & permits.wrapping_neg() } else { permits }
    }

    /// The bits whose obligations attach to a permit.
    #[inline]
    pub fn requiring(&self, found: Standing) -> u64 {
        found.possible & self.requires | found.certain & self.certain_requires
    }
}

impl Bucket {
    /// Of what stands for a row, the bits that `pick` picks of each word: the place of the conjunction, and
    /// whether it is certainly true. What stands is not even looked at where `pick` picks nothing of a word
    /// of which everything stands.
    pub fn standing(
        &self,
        row: &Row,
        pick: impl Fn(&Word, Standing) -> u64 + Copy,
    ) -> impl Iterator<Item = (usize, bool)> {
        let all = Standing { certain: u64::MAX, possible: u64::MAX };
        let wanted = move |at: usize| self.words.get(at).is_some_and(|word| pick(word, all) != 0);
        self.table.standings_where(row, wanted).flat_map(move |(at, standing)| {
            let picked = self.words.get(at).map_or(0, |word| pick(word, standing));
            bits(at, picked).filter_map(move |bit| {
                Some((self.conjunction(bit)?, standing.certain >> (bit % 64) & 1 == 1))
            })
        })
    }

    /// The place of the conjunction of a bit; `None` of one that ends a policy.
    pub fn conjunction(&self, bit: usize) -> Option<usize> {
        let place = self.conjunctions.get(bit).filter(|place| **place != END);
        place.and_then(|place| usize::try_from(*place).ok())
    }

    /// The places of its conjunctions, each with its bit.
    pub fn each(&self) -> impl Iterator<Item = (usize, u32)> {
        let bits = self.conjunctions.iter().copied().enumerate();
        bits.filter(|(_, place)| *place != END)
    }
}

impl Program {
    /// The effort that it takes to give a column another class.
    pub fn effort(&self, column: ColumnId) -> usize {
        let attribute = self.columns.get(column.index()).map(|column| column.attribute);
        let remedy = attribute.and_then(|of| self.vocabulary[of].remedy.as_ref());
        remedy.map_or(RemedyBy::Nobody, |remedy| remedy.by).effort()
    }

    /// The rule at a place.
    pub fn rule(&self, place: usize) -> Option<&RuleEntry> {
        self.rules.get(place)
    }

    /// The place of a policy.
    pub fn policy_named(&self, name: &str) -> Option<usize> {
        self.policies.iter().position(|policy| self.text(policy.name) == name)
    }

    /// The place of a rule.
    pub fn rule_named(&self, policy: &str, id: &str) -> Option<usize> {
        let policy = self.policy_named(policy)?;
        let named = |rule: &RuleEntry| at(rule.policy) == policy && self.text(rule.id) == id;
        self.rules.iter().position(named)
    }

    /// The parameters that a rule sets.
    pub fn arguments(&self, rule: &RuleEntry) -> &[Argument] {
        self.arguments.get(at(rule.arguments)).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a policy or rule tells.
    #[inline]
    pub fn text(&self, text: Text) -> &str {
        self.texts.get(text)
    }

    /// What a conjunction is a disjunct of.
    pub fn role(&self, conjunction: usize) -> Option<Role> {
        Some(match *self.rule_of.get(conjunction)? {
            END => {
                let before = |policy: &PolicyEntry| policy.conjunctions.end <= conjunction;
                Role::Governs(self.policies.partition_point(before))
            }
            rule => Role::Rule(at(rule)),
        })
    }

    /// The conjunctions of the `governs` of a policy.
    pub fn governs(&self, policy: usize) -> impl Iterator<Item = Parts<'_>> {
        let places = self.policies.get(policy).map(|policy| self.places_of_governs(policy));
        places.into_iter().flatten().filter_map(|place| self.conjunctions.get(place))
    }

    fn places_of_governs(&self, policy: &PolicyEntry) -> impl Iterator<Item = usize> {
        let governs = |place: &usize| self.rule_of.get(*place) == Some(&END);
        policy.conjunctions.clone().take_while(governs)
    }

    /// The conjunctions of the permits of a policy, without trials. Made when it is asked for first, as
    /// only explanations do; nobody waits for anybody who makes it, too.
    pub fn permits(&self, policy: usize) -> Option<&Roster> {
        let entry = self.policies.get(policy)?;
        let permits = |place: &usize| {
            let rule = self.rule_of(*place).map(|(_, rule)| rule);
            rule.is_some_and(|rule| rule.effect == Effect::Permit && !rule.trial)
        };
        let own = || entry.conjunctions.clone().filter(permits);
        Some(entry.permits.get_or_init(|| self.roster(own())))
    }

    /// The conjunctions of the `governs` of all policies that grant; made as [`Program::permits`] is.
    pub fn governing(&self) -> &Roster {
        let granting = self.policies.iter().filter(|policy| policy.grants);
        let all = || granting.flat_map(|policy| self.places_of_governs(policy));
        self.governing.get_or_init(|| self.roster(all()))
    }

    fn roster(&self, places: impl Iterator<Item = usize>) -> Box<Roster> {
        let effort = |column: ColumnId| self.effort(column);
        Box::new(Roster::new(places, &self.conjunctions, &self.columns, &self.levers, effort))
    }

    /// The rule that a conjunction belongs to.
    pub fn rule_of(&self, conjunction: usize) -> Option<(usize, &RuleEntry)> {
        let place = at(*self.rule_of.get(conjunction)?);
        Some((place, self.rules.get(place)?))
    }
}
