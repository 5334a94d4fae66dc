//! A decision, and everything that belongs to it.

use std::collections::BTreeMap;

use super::outcome::{needed, outcome};
use super::request::Request;
use super::row::Instead;
use crate::model::{AttributeId, Effect, Reason};
use crate::program::{
    Bucket, ClassSet, ColumnId, Derivation, Distance, Part, Parts, PolicyEntry, Program, Role, Row,
    RuleEntry, Standing, UNKNOWN, Wanted, Word, at, bits,
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
    program: &'d Program,
    policy: &'d PolicyEntry,
    pub(super) rule: &'d RuleEntry,
}

impl<'d> RuleRef<'d> {
    fn of(program: &'d Program, rule: &'d RuleEntry) -> Option<Self> {
        Some(Self { program, policy: program.policies.get(at(rule.policy))?, rule })
    }

    /// The name of its policy.
    pub fn policy(&self) -> &'d str {
        self.program.text(self.policy.name)
    }

    /// Whose terms its policy states.
    pub fn owner(&self) -> &'d str {
        self.program.text(self.policy.owner)
    }

    /// What its policy rests on.
    pub fn authority(&self) -> Option<&'d str> {
        self.policy.authority.map(|text| self.program.text(text))
    }

    /// Its name.
    pub fn id(&self) -> &'d str {
        self.program.text(self.rule.id)
    }

    /// What it does.
    pub fn effect(&self) -> Effect {
        self.rule.effect
    }

    /// Why, for the administrator.
    pub fn because(&self) -> &'d str {
        self.program.text(self.rule.because)
    }

    /// Why, for the person refused.
    pub fn tell_user(&self) -> Option<&'d str> {
        self.rule.tell_user.map(|text| self.program.text(text))
    }

    /// Who accepted the risk, if it is a risk acceptance.
    pub fn accepted_by(&self) -> Option<&'d str> {
        self.rule.accepted_by.map(|text| self.program.text(text))
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
        let pick = move |word: &Word, found: Standing| match reason {
            Reason::Permitted | Reason::Unenforceable => found.certain & word.permits,
            Reason::Denied => word.denying(found),
            Reason::NotGoverned | Reason::NotPermitted | Reason::Unavailable => 0,
        };
        self.rules(pick, |_, _| true)
    }

    /// The trial rules that would have taken part, had they counted. By policy and id.
    pub fn trials(&self) -> impl Iterator<Item = RuleRef<'_>> {
        self.rules(
            |word, found| found.possible & word.trials,
            |rule, certain| {
                let takes_part = certain || !rule.certain;
                match rule.effect {
                    Effect::Permit => certain,
                    Effect::Deny => takes_part,
                    Effect::Require => {
                        let to_deny = || certain && self.certainly_governs(at(rule.policy));
                        rule.on_permit && takes_part || rule.on_deny && to_deny()
                    }
                }
            },
        )
    }

    /// The rules of effect `require` whose obligations it carries. By policy and id.
    pub fn requiring(&self) -> impl Iterator<Item = RuleRef<'_>> {
        let permit = self.is_permit();
        let pick = move |word: &Word, found: Standing| {
            if permit { word.requiring(found) } else { on_refusal(word, found) }
        };
        self.rules(pick, move |rule, _| {
            rule.effect == Effect::Require && (permit || self.attaches_to_refusal(rule))
        })
    }

    /// Whether a refusal carries the obligations of a rule that is certainly true.
    pub(super) fn attaches_to_refusal(&self, rule: &RuleEntry) -> bool {
        rule.on_deny && !rule.trial && self.certainly_governs(at(rule.policy))
    }

    /// Of every policy that may govern and permits nothing, the permit that is nearest: it lacks the
    /// fewest conditions. A policy without permits has none. For a refusal by denies or a permit,
    /// nothing.
    pub fn withheld(&self) -> impl Iterator<Item = Withheld<'_>> {
        let pick =
            |word: &Word, found: Standing| found.possible & word.governs | word.permitting(found);
        let withheld = matches!(self.reason, Reason::NotPermitted | Reason::NotGoverned);
        let standing = withheld.then(|| self.standing(pick));
        let mut permits: BTreeMap<usize, bool> = BTreeMap::new();
        for (role, _) in standing.into_iter().flatten() {
            match role {
                Role::Governs(policy) => {
                    permits.entry(policy).or_default();
                }
                Role::Rule(place) => {
                    let policy = self.program().rule(place).map(|rule| at(rule.policy));
                    permits.extend(policy.map(|policy| (policy, true)));
                }
            }
        }
        let silent = permits.into_iter().filter(|(_, permits)| !permits);
        silent.filter_map(|(policy, _)| self.nearest_permit(policy))
    }

    /// The granting policies that may govern and do not certainly, with what that lacks.
    pub(crate) fn doubtful(&self) -> impl Iterator<Item = (&str, Vec<Lack>)> {
        let mut governs: BTreeMap<usize, bool> = BTreeMap::new();
        for (role, certain) in self.standing(|word, found| found.possible & word.governs) {
            if let Role::Governs(policy) = role {
                *governs.entry(policy).or_default() |= certain;
            }
        }
        let doubtful = governs.into_iter().filter(|(_, certain)| !certain);
        doubtful.filter_map(|(policy, _)| {
            let governs = self.program().governs(policy);
            let lacks = governs.map(|parts| self.lacks(parts)).min_by_key(Vec::len);
            let name = self.program().policies.get(policy)?.name;
            Some((self.program().text(name), lacks.unwrap_or_default()))
        })
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

    /// The permit of a policy that lacks the fewest facts; of those that lack as much, the one whose
    /// conditions are the easiest to meet.
    fn nearest_permit(&self, policy: usize) -> Option<Withheld<'_>> {
        let program = self.program();
        let mut nearest: Option<(Distance, usize)> = None;
        program.permits(policy)?.each_nearer(self.row(), |place| {
            let lacking = self.lacking(self.parts(place));
            let far = lacking.fold((0, 0), |(facts, efforts), part| {
                (
                    facts + self.facts(part.column, inside(part)),
                    efforts + program.effort(part.column),
                )
            });
            // Rules come by their ids.
            let known = nearest.filter(|(nearest, _)| *nearest <= far);
            let (far, _) = *nearest.insert(known.unwrap_or((far, place)));
            far
        });
        let (_, place) = nearest?;
        let rule = RuleRef::of(program, program.rule_of(place)?.1)?;
        Some(Withheld { rule, lacks: self.lacks(self.parts(place)) })
    }

    fn parts(&self, conjunction: usize) -> Parts<'_> {
        self.program().conjunctions.get(conjunction).unwrap_or_default()
    }

    /// How many facts keep a column that has none of the wanted classes from having one: of a derived
    /// attribute, those that [`Decision::beneath`] tells.
    fn facts(&self, column: ColumnId, wanted: Wanted<'_>) -> usize {
        let derivation = self.derivation(column);
        let derivation = derivation.filter(|one| !self.request().is_stated(one.attribute));
        let Some(derivation) = derivation else { return 1 };
        let branches = || derivation.branch_of_bit.iter().zip(derivation.conjunctions.iter());
        let gives =
            |branch: usize| derivation.classes.get(branch).is_some_and(|class| wanted.has(*class));
        let holds = |parts: Parts<'_>| self.lacking(parts).next().is_none();
        let held = branches().find(|(branch, parts)| gives(**branch) && holds(*parts));
        let facts: Option<usize> = match held {
            None => branches()
                .filter(|(branch, _)| gives(**branch))
                .map(|(_, parts)| {
                    self.lacking(parts).map(|part| self.facts(part.column, inside(part))).sum()
                })
                .min(),
            Some((held, _)) => {
                let before = branches()
                    .filter(|(branch, parts)| !gives(**branch) && *branch < held && holds(*parts));
                let to_lose = before.filter_map(|(_, parts)| parts.iter().next());
                to_lose
                    .map(|part| self.facts(part.column, Wanted::Outside(&part.certain)))
                    .reduce(|one, other| one + other)
            }
        };
        facts.unwrap_or(1)
    }

    /// The decision list of a derived attribute, by its column.
    fn derivation(&self, column: ColumnId) -> Option<&Derivation> {
        self.program().derivations.iter().find(|derivation| derivation.column == column)
    }

    /// What a condition on a derived attribute comes to: what its nearest branch lacks, or, where a
    /// branch that holds comes before it, what that one would have to lose. `None` of other
    /// attributes, and where the derived value was stated outright.
    pub(crate) fn beneath(&self, lack: &Lack) -> Option<Vec<Lack>> {
        let request = self.request();
        let derivation = self.derivation(lack.column)?;
        if request.is_stated(lack.attribute) {
            return None;
        }
        let branches = derivation.branch_of_bit.iter().zip(derivation.conjunctions.iter());
        let (wanted, others): (Vec<_>, Vec<_>) = branches.partition(|(branch, _)| {
            derivation.classes.get(**branch).is_some_and(|class| lack.wanted.contains(*class))
        });
        let holds = |parts: Parts<'_>| self.lacks(parts).is_empty();
        let lacking = wanted.iter().map(|(_, parts)| self.lacks(*parts));
        let Some(held) = wanted.iter().find(|(_, parts)| holds(*parts)).map(|(branch, _)| *branch)
        else {
            let facts = |lack: &Lack| self.facts(lack.column, Wanted::Inside(&lack.wanted));
            return lacking.min_by_key(|lacks| lacks.iter().map(facts).sum::<usize>());
        };
        let before = others.iter().filter(|(branch, parts)| *branch < held && holds(*parts));
        let to_lose: Vec<Lack> =
            before.filter_map(|(_, parts)| self.contrary(parts.iter().next()?)).collect();
        (!to_lose.is_empty()).then_some(to_lose)
    }

    /// What would keep a condition that holds from being certainly true.
    fn contrary(&self, part: &Part) -> Option<Lack> {
        let column = self.program().columns.get(part.column.index())?;
        let wanted = ClassSet::of(column.classes(), |class| !part.certain.contains(class));
        let (attribute, column) = (column.attribute, part.column);
        Some(Lack { attribute, column, wanted, unknown: false })
    }

    fn lacks(&self, parts: Parts<'_>) -> Vec<Lack> {
        self.lacking(parts).filter_map(|part| self.lack(part)).collect()
    }

    /// The conditions that are not certainly true.
    fn lacking<'p>(&self, parts: Parts<'p>) -> impl Iterator<Item = &'p Part> {
        parts.iter().filter(|part| !part.certain.contains(self.request().class(part.column)))
    }

    fn lack(&self, part: &Part) -> Option<Lack> {
        Some(Lack {
            attribute: self.program().columns.get(part.column.index())?.attribute,
            column: part.column,
            wanted: part.certain.clone(),
            unknown: self.request().class(part.column) == UNKNOWN,
        })
    }

    pub(super) fn certainly_governs(&self, policy: usize) -> bool {
        let mut governs = self.program().governs(policy);
        governs.any(|parts| self.lacking(parts).next().is_none())
    }

    /// Of what stands, what `pick` picks of each word: its role, and whether it is certainly true.
    fn standing(
        &self,
        pick: impl Fn(&Word, Standing) -> u64 + Copy,
    ) -> impl Iterator<Item = (Role, bool)> {
        let bucket = self.bucket().into_iter();
        let standing = bucket.flat_map(move |bucket| bucket.standing(self.row(), pick));
        standing.filter_map(|(place, certain)| Some((self.program().role(place)?, certain)))
    }

    /// Of the rules that `pick` picks of each word, those that `which` takes, given whether they are certainly
    /// true; each once, by policy and id.
    pub(super) fn rules(
        &self,
        pick: impl Fn(&Word, Standing) -> u64 + Copy,
        which: impl Fn(&RuleEntry, bool) -> bool,
    ) -> impl Iterator<Item = RuleRef<'_>> {
        let found = self.standing(pick).filter_map(move |(role, certain)| {
            let Role::Rule(rule) = role else { return None };
            let rule = self.program().rule(rule).filter(|rule| which(rule, certain))?;
            RuleRef::of(self.program(), rule)
        });
        let mut last: Option<*const RuleEntry> = None;
        found.filter(move |found| last.replace(found.rule) != Some(std::ptr::from_ref(found.rule)))
    }
}

/// The classes for which a condition is certainly true.
fn inside(part: &Part) -> Wanted<'_> {
    Wanted::Inside(&part.certain)
}

/// The bits of rules that are certainly true and whose obligations a refusal may carry: permits have none.
pub(super) fn on_refusal(word: &Word, found: Standing) -> u64 {
    found.certain & !word.runs & !word.ends
}
