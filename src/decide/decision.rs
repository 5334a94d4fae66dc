//! A decision, and everything that belongs to it.

use std::collections::BTreeSet;

use super::outcome::{needed, outcome};
use super::request::Request;
use super::row::Instead;
use crate::model::{AttributeId, Effect, Reason, RemedyBy};
use crate::program::{
    Bucket, ClassSet, ColumnId, Part, PolicyEntry, Program, Role, Row, RuleEntry, Standing,
    UNKNOWN, bits,
};

/// The decision on a request.
///
/// What it rests on is worked out when it is asked for, from the request, which it borrows.
#[derive(Debug)]
pub struct Decision<'r> {
    request: Held<'r>,
    reason: Reason,
    bucket: usize,
}

/// The request that was decided: the caller's, or its translation for a program of later date.
#[derive(Debug)]
enum Held<'r> {
    Borrowed(&'r Request),
    Translated(Box<Request>),
}

/// A rule, as part of a decision.
#[derive(Clone, Copy, Debug)]
pub struct RuleRef<'d> {
    policy: &'d PolicyEntry,
    pub(super) rule: &'d RuleEntry,
}

impl<'d> RuleRef<'d> {
    /// The name of its policy.
    pub fn policy(&self) -> &'d str {
        &self.policy.name
    }

    /// Whose terms its policy states.
    pub fn owner(&self) -> &'d str {
        &self.policy.owner
    }

    /// What its policy rests on.
    pub fn authority(&self) -> Option<&'d str> {
        self.policy.authority.as_deref()
    }

    /// Its name.
    pub fn id(&self) -> &'d str {
        &self.rule.id
    }

    /// What it does.
    pub fn effect(&self) -> Effect {
        self.rule.effect
    }

    /// Why, for the administrator.
    pub fn because(&self) -> &'d str {
        &self.rule.because
    }

    /// Why, for the person refused.
    pub fn tell_user(&self) -> Option<&'d str> {
        self.rule.tell_user.as_deref()
    }

    /// Who accepted the risk, if it is a risk acceptance.
    pub fn accepted_by(&self) -> Option<&'d str> {
        self.rule.accepted_by.as_deref()
    }
}

/// A permit that a governing policy withheld, and what was not certainly true of it.
#[derive(Clone, Debug)]
pub struct Withheld<'d> {
    /// The rule.
    pub rule: RuleRef<'d>,
    /// What it lacks.
    pub lacks: Vec<Lack>,
}

/// A condition that is not certainly true.
#[derive(Clone, Debug)]
pub struct Lack {
    /// The attribute that it constrains.
    pub attribute: AttributeId,
    /// The column that it constrains.
    pub column: ColumnId,
    /// The classes for which it would be certainly true.
    pub wanted: ClassSet,
    /// Whether it is unknown, rather than false.
    pub unknown: bool,
}

impl<'r> Decision<'r> {
    pub(super) fn new(request: &'r Request, reason: Reason, bucket: usize) -> Self {
        Self { request: Held::Borrowed(request), reason, bucket }
    }

    /// The same decision, holding the request that it is about.
    pub(crate) fn of_translated(request: Request) -> Self {
        let (reason, bucket) = outcome(&request, request.row(), Instead::Nothing);
        Self { request: Held::Translated(Box::new(request)), reason, bucket }
    }

    /// The request that was decided.
    pub fn request(&self) -> &Request {
        match &self.request {
            Held::Borrowed(request) => request,
            Held::Translated(request) => request,
        }
    }

    pub(super) fn program(&self) -> &Program {
        self.request().program()
    }

    pub(crate) fn bucket(&self) -> Option<&Bucket> {
        self.program().buckets.get(self.bucket)
    }

    pub(super) fn row(&self) -> &Row {
        self.request().row()
    }

    /// Whether it is a permit. Everything else is a refusal.
    pub fn is_permit(&self) -> bool {
        self.reason == Reason::Permitted
    }

    /// Why it is what it is.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The name of the policy set; `None` where there is none.
    pub fn policy_set(&self) -> Option<&str> {
        self.program().name.as_deref()
    }

    /// The digest of the policy set, as [`crate::PolicySet::digest`] gives it.
    pub fn digest(&self) -> &str {
        &self.program().digest
    }

    /// The rules that made it: for a permit, or what only an obligation keeps from being one, every
    /// permit that is certainly true; for a refusal by denies, every deny that takes part; else none.
    /// By policy and id.
    pub fn determining(&self) -> impl Iterator<Item = RuleRef<'_>> {
        let reason = self.reason;
        self.rules(move |rule, standing, bit| {
            !rule.trial
                && match reason {
                    Reason::Permitted | Reason::Unenforceable => {
                        rule.effect == Effect::Permit && standing.certain & bit != 0
                    }
                    Reason::Denied => {
                        rule.effect == Effect::Deny && takes_part(rule, standing, bit)
                    }
                    Reason::NotGoverned | Reason::NotPermitted | Reason::Unavailable => false,
                }
        })
    }

    /// The trial rules that would have taken part, had they counted. By policy and id.
    pub fn trials(&self) -> impl Iterator<Item = RuleRef<'_>> {
        self.rules(|rule, standing, bit| {
            let to_deny = || standing.certain & bit != 0 && self.certainly_governs(rule.policy);
            rule.trial
                && match rule.effect {
                    Effect::Permit | Effect::Deny => takes_part(rule, standing, bit),
                    Effect::Require => {
                        rule.on_permit && takes_part(rule, standing, bit)
                            || rule.on_deny && to_deny()
                    }
                }
        })
    }

    /// The rules of effect `require` whose obligations it carries. By policy and id.
    pub fn requiring(&self) -> impl Iterator<Item = RuleRef<'_>> {
        let permit = self.is_permit();
        self.rules(move |rule, standing, bit| {
            let certain = standing.certain & bit != 0;
            let brings = if permit {
                rule.on_permit && takes_part(rule, standing, bit)
            } else {
                rule.on_deny && certain && self.certainly_governs(rule.policy)
            };
            rule.effect == Effect::Require && !rule.trial && brings
        })
    }

    /// Of every policy that may govern and permits nothing, the permit that is nearest: it lacks the
    /// fewest conditions. A policy without permits has none. For a refusal by denies or a permit,
    /// nothing.
    pub fn withheld(&self) -> Vec<Withheld<'_>> {
        if !matches!(self.reason, Reason::NotPermitted | Reason::NotGoverned) {
            return Vec::new();
        }
        let program = self.program();
        let may_govern: Vec<usize> = (0..program.policies.len())
            .filter(|policy| program.policies.get(*policy).is_some_and(|policy| policy.grants))
            .filter(|policy| self.governs(*policy).is_some())
            .collect();
        let permitting: BTreeSet<usize> = self
            .each_rule()
            .filter(|(rule, standing, bit)| {
                rule.effect == Effect::Permit && !rule.trial && standing.certain & bit != 0
            })
            .map(|(rule, ..)| rule.policy)
            .collect();
        let lacking = may_govern.into_iter().filter(|policy| !permitting.contains(policy));
        lacking.filter_map(|policy| self.nearest_permit(policy)).collect()
    }

    /// The granting policies that may govern and do not certainly, with what that lacks.
    pub(crate) fn doubtful(&self) -> Vec<(&str, Vec<Lack>)> {
        let program = self.program();
        let policies = program.policies.iter().enumerate();
        let doubtful =
            policies.filter(|(place, policy)| policy.grants && self.governs(*place) == Some(false));
        doubtful
            .map(|(place, policy)| {
                let conjunctions = program.conjunctions.iter();
                let governs =
                    conjunctions.filter(|conjunction| conjunction.role == Role::Governs(place));
                let lacks =
                    governs.map(|conjunction| self.lacks(&conjunction.parts)).min_by_key(Vec::len);
                (policy.name.as_str(), lacks.unwrap_or_default())
            })
            .collect()
    }

    /// The obligations that keep it from being a permit, if that is why it is none.
    pub fn unenforceable(&self) -> impl Iterator<Item = &str> {
        let bucket = self.bucket().filter(|_| self.reason == Reason::Unenforceable);
        let rules =
            bucket.into_iter().flat_map(|bucket| needed(self.program(), bucket, self.row()));
        let unmet = rules.fold(0, |unmet, rule| {
            unmet | self.request().cannot_carry_out(rule, self.row(), Instead::Nothing)
        });
        let vocabulary = &self.program().vocabulary;
        bits(0, unmet)
            .filter_map(|place| vocabulary.obligations().get(place))
            .map(|obligation| obligation.name.as_str())
    }

    fn nearest_permit(&self, policy: usize) -> Option<Withheld<'_>> {
        let program = self.program();
        let candidates = program.conjunctions.iter().filter_map(|conjunction| {
            let Role::Rule(place) = conjunction.role else { return None };
            let rule = program.rule(place)?;
            let permits = rule.policy == policy && rule.effect == Effect::Permit && !rule.trial;
            permits.then(|| (rule, self.lacks(&conjunction.parts)))
        });
        // Of rules that lack as much, the one whose conditions are the easiest to meet.
        let effort = |lacks: &[Lack]| -> usize {
            let by = lacks.iter().map(|lack| program.vocabulary[lack.attribute].remedy.as_ref());
            by.map(|remedy| remedy.map_or(RemedyBy::Nobody, |remedy| remedy.by).effort()).sum()
        };
        let (rule, lacks) = candidates
            .min_by_key(|(rule, lacks)| (self.distance(lacks), effort(lacks), &rule.id))?;
        Some(Withheld { rule: RuleRef { policy: program.policies.get(policy)?, rule }, lacks })
    }

    /// How many facts keep conditions from being true: of a derived attribute, those that its nearest
    /// branch lacks.
    fn distance(&self, lacks: &[Lack]) -> usize {
        let facts =
            lacks.iter().map(|lack| self.beneath(lack).map_or(1, |lacks| self.distance(&lacks)));
        facts.sum()
    }

    /// What a condition on a derived attribute comes to: what its nearest branch lacks, or, where a
    /// branch that holds comes before it, what that one would have to lose. `None` of other
    /// attributes, and where the derived value was stated outright.
    pub(crate) fn beneath(&self, lack: &Lack) -> Option<Vec<Lack>> {
        let request = self.request();
        let mut derivations = self.program().derivations.iter();
        let derivation = derivations.find(|derivation| derivation.column == lack.column)?;
        if request.is_stated(lack.attribute) {
            return None;
        }
        let branches = derivation.branch_of_bit.iter().zip(&derivation.conjunctions);
        let (wanted, others): (Vec<_>, Vec<_>) = branches.partition(|(branch, _)| {
            derivation.classes.get(**branch).is_some_and(|class| lack.wanted.contains(*class))
        });
        let holds = |parts: &[Part]| self.lacks(parts).is_empty();
        let lacking = wanted.iter().map(|(_, parts)| self.lacks(parts));
        let Some(held) = wanted.iter().find(|(_, parts)| holds(parts)).map(|(branch, _)| *branch)
        else {
            return lacking.min_by_key(|lacks| self.distance(lacks));
        };
        let before = others.iter().filter(|(branch, parts)| *branch < held && holds(parts));
        let to_lose: Vec<Lack> =
            before.filter_map(|(_, parts)| self.contrary(parts.first()?)).collect();
        (!to_lose.is_empty()).then_some(to_lose)
    }

    /// What would keep a condition that holds from being certainly true.
    fn contrary(&self, part: &Part) -> Option<Lack> {
        let column = self.program().columns.get(part.column.index())?;
        let wanted = ClassSet::of(column.classes(), |class| !part.certain.contains(class));
        let (attribute, column) = (column.attribute, part.column);
        Some(Lack { attribute, column, wanted, unknown: false })
    }

    fn lacks(&self, parts: &[Part]) -> Vec<Lack> {
        let lacks = parts.iter().filter_map(|part| {
            let class = self.request().class(part.column);
            let attribute = self.program().columns.get(part.column.index())?.attribute;
            (!part.certain.contains(class)).then(|| Lack {
                attribute,
                column: part.column,
                wanted: ClassSet::clone(&part.certain),
                unknown: class == UNKNOWN,
            })
        });
        lacks.collect()
    }

    /// Whether a policy governs: certainly (`Some(true)`), perhaps, or certainly not (`None`).
    fn governs(&self, policy: usize) -> Option<bool> {
        let row = self.row();
        let class =
            |column: ColumnId| row.get(column.index()).map_or(UNKNOWN, std::cell::Cell::get);
        let conjunctions = self
            .program()
            .conjunctions
            .iter()
            .filter(|conjunction| conjunction.role == Role::Governs(policy));
        let truths = conjunctions.filter_map(|conjunction| {
            let certain =
                conjunction.parts.iter().all(|part| part.certain.contains(class(part.column)));
            let possible =
                conjunction.parts.iter().all(|part| part.possible.contains(class(part.column)));
            possible.then_some(certain)
        });
        truths.max()
    }

    pub(super) fn certainly_governs(&self, policy: usize) -> bool {
        self.governs(policy) == Some(true)
    }

    /// Every rule that stands, possibly, with its bit: by policy and id, and one as often as it has
    /// conjunctions that stand.
    fn each_rule(&self) -> impl Iterator<Item = (&RuleEntry, Standing, u64)> {
        self.bucket().into_iter().flat_map(move |bucket| {
            bucket.table.standings(self.row()).flat_map(move |(word, standing)| {
                bits(word, standing.possible).filter_map(move |bit| {
                    let (_, rule) = self.program().rule_of(bucket.conjunction(bit)?)?;
                    Some((rule, standing, 1 << (bit % 64)))
                })
            })
        })
    }

    /// The rules that `which` picks, each once, by policy and id.
    pub(super) fn rules(
        &self,
        which: impl Fn(&RuleEntry, Standing, u64) -> bool,
    ) -> impl Iterator<Item = RuleRef<'_>> {
        let found =
            self.each_rule().filter(move |(rule, standing, bit)| which(rule, *standing, *bit));
        let found = found.filter_map(|(rule, ..)| {
            Some(RuleRef { policy: self.program().policies.get(rule.policy)?, rule })
        });
        let mut last: Option<*const RuleEntry> = None;
        found.filter(move |found| last.replace(found.rule) != Some(std::ptr::from_ref(found.rule)))
    }
}

/// Whether a rule takes part, given how its conjunctions stand.
fn takes_part(rule: &RuleEntry, standing: Standing, bit: u64) -> bool {
    let only_certain = rule.certain || rule.effect == Effect::Permit;
    (if only_certain { standing.certain } else { standing.possible }) & bit != 0
}
