//! What a change of a policy set changes: told by what was edited, and shown by requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::case::{Case, differ_so};
use super::union::{CannotCompare, Union};
use super::words::{content, parts, phrase, stands_for};
use crate::compile::{Purpose, compile, compile_together};
use crate::decide::{Request, Standing, decide};
use crate::model::{AttributeId, Limits, Value, Vocabulary};
use crate::policy::{Policy, PolicySet, Rule};
use crate::program::{Program, at};
use crate::prove::{Differ, Differs, Reads, Search, Side, Within};

/// Everything that differs between two policy sets, and what that does.
#[derive(Clone, Debug)]
pub struct Diff {
    /// What was edited; first what grants, then what refuses, then what changes obligations only,
    /// then what changes nothing.
    pub edits: Vec<Edit>,
    /// Rules that do the same under another name: policy, old name, new name.
    pub renamed: Vec<[String; 3]>,
}

/// Something that was edited.
#[derive(Clone, Debug)]
pub struct Edit {
    /// What.
    pub what: Edited,
    /// What it says in the old set and not in the new one, in words.
    pub before: Vec<String>,
    /// What it says in the new set and not in the old one, in words.
    pub after: Vec<String>,
    /// What it says in both, in words.
    pub kept: Vec<String>,
    /// The outcomes that it changes, each with one request.
    pub changes: Vec<Consequence>,
    /// How it may change outcomes, which could not be told within the budget.
    pub undecided: Vec<Outcome>,
}

/// What can be edited.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Edited {
    /// A rule, by its policy and name.
    Rule(String, String),
    /// A policy: what it governs, and whether it grants.
    Policy(String),
    /// The decision list of a derived attribute.
    Derived(String),
    /// What a missing value of an attribute stands for.
    Absent(String),
    /// Something else in the vocabulary: words that are listed, or how parameters merge.
    Vocabulary,
}

/// How the outcome of a request changes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A refusal becomes a permit.
    Granted,
    /// A permit becomes a refusal.
    Refused,
    /// The decision stays, with other obligations.
    Obligations,
}

/// A change of outcome.
#[derive(Clone, Debug)]
pub struct Consequence {
    /// How.
    pub outcome: Outcome,
    /// A request of which it is so. It states no more than it must.
    pub case: Case,
    /// What still refuses, of the requests that the edit is about: `policy/rule` of a deny, or the name of a
    /// policy without a permit. In the new set for what is granted, in the old one for what is refused.
    pub still: Vec<String>,
}

impl Diff {
    /// Whether every request has the same outcome; `None` if that could not be told of all.
    pub fn is_same(&self) -> Option<bool> {
        if self.edits.iter().any(|edit| !edit.changes.is_empty()) {
            return Some(false);
        }
        self.edits.iter().all(|edit| edit.undecided.is_empty()).then_some(true)
    }
}

/// Compares two policy sets: of every request that there can be, whether it is permitted, and with which
/// obligations, parameters included.
///
/// The gateway is taken to carry out every obligation. Not compared are reasons and words, and the
/// obligations of a step-up, which follow from what would be permitted. Requests state no derived
/// attribute, as a gateway cannot.
///
/// # Errors
///
/// The sets have an attribute of different types, or go beyond what can be compiled.
pub fn diff(old: &PolicySet, new: &PolicySet, limits: &Limits) -> Result<Diff, CannotCompare> {
    let union = Union::new(old, new)?;
    let mut by_word: Vec<AttributeId> =
        union.reads.iter().flatten().map(|(attribute, _)| *attribute).collect();
    by_word.dedup();
    let programs = compile_together([&union.old, &union.new], &by_word, limits)?;
    let originals = [plain(old, limits)?, plain(new, limits)?];
    let mut edits = edits(&union, [old, new]);
    let renamed = take_renamed(&mut edits, &union);
    let mut compared =
        Compared { union: &union, programs: programs.map(Arc::new), originals, limits };
    compared.weigh(&mut edits);
    edits.retain(|edit| edit.what != Edited::Vocabulary || !edit.is_quiet());
    edits.sort_by_key(Edit::rank);
    Ok(Diff { edits, renamed })
}

fn plain(set: &PolicySet, limits: &Limits) -> Result<Arc<Program>, CannotCompare> {
    let (program, _) = compile(set, limits, Purpose::Decide)?;
    Ok(Arc::new(program))
}

impl Edit {
    fn new(what: Edited, [before, after]: [Vec<String>; 2]) -> Self {
        let (kept, before): (Vec<String>, Vec<String>) =
            before.into_iter().partition(|line| after.contains(line));
        let after = after.into_iter().filter(|line| !kept.contains(line)).collect();
        Self { what, before, after, kept, changes: vec![], undecided: vec![] }
    }

    fn is_quiet(&self) -> bool {
        self.changes.is_empty() && self.undecided.is_empty()
    }

    /// Its place among the others: first what grants.
    fn rank(&self) -> (bool, Option<Outcome>, bool) {
        let first = self.changes.iter().map(|change| change.outcome).min();
        (first.is_none(), first, self.undecided.is_empty())
    }
}

/// Everything that the two sets say differently.
fn edits(union: &Union, originals: [&PolicySet; 2]) -> Vec<Edit> {
    let [old, new] = [&union.old, &union.new];
    let mut edits = Vec::new();
    let mut add = |what: Edited, lines: [Vec<String>; 2]| {
        let [before, after] = &lines;
        if before != after {
            edits.push(Edit::new(what, lines));
        }
    };
    for (name, policies) in by_name([&old.policies, &new.policies], |policy| policy.name.clone()) {
        let [before, after] = policies;
        let governs = |set: &PolicySet, policy: Option<&Policy>| {
            let Some(policy) = policy else { return vec![] };
            let grants = if policy.only_restricts { "only restricts" } else { "grants" };
            let governs = parts(&set.vocabulary, &policy.governs);
            let governs = governs.into_iter().map(|part| format!("governs {part}"));
            std::iter::once(grants.to_owned()).chain(governs).collect()
        };
        add(Edited::Policy(name.clone()), [governs(old, before), governs(new, after)]);
        let rules = [before, after].map(|policy| policy.map_or(&[][..], |policy| &policy.rules));
        for (id, [before, after]) in by_name(rules, |rule: &Rule| rule.id.clone()) {
            let lines = |set, rule: Option<&Rule>| rule.map_or(vec![], |rule| content(set, rule));
            add(Edited::Rule(name.clone(), id), [lines(old, before), lines(new, after)]);
        }
    }
    for id in new.vocabulary.attribute_ids() {
        let name = &new.vocabulary[id].name;
        let lines = [old, new].map(|set| decision_list(&set.vocabulary, id));
        add(Edited::Derived(name.clone()), lines);
    }
    for (id, absent) in &union.absent {
        let lines = absent
            .each_ref()
            .map(|absent| vec![format!("a missing value {}", stands_for(absent.as_ref()))]);
        add(Edited::Absent(new.vocabulary[*id].name.clone()), lines);
    }
    // What is left: whether it differs is not for words to say.
    let [before, after] = originals.map(|set| format!("{:?}", set.vocabulary.obligations()));
    if before != after || union.reads.iter().any(|reads| !reads.is_empty()) {
        edits.push(Edit::new(Edited::Vocabulary, [vec![], vec![]]));
    }
    edits
}

/// What two lists have under each name.
fn by_name<T>(lists: [&[T]; 2], name: impl Fn(&T) -> String) -> BTreeMap<String, [Option<&T>; 2]> {
    let mut found: BTreeMap<String, [Option<&T>; 2]> = BTreeMap::new();
    let [old, new] = lists;
    for item in old {
        let [before, _] = found.entry(name(item)).or_default();
        *before = Some(item);
    }
    for item in new {
        let [_, after] = found.entry(name(item)).or_default();
        *after = Some(item);
    }
    found
}

fn decision_list(vocabulary: &Vocabulary, id: AttributeId) -> Vec<String> {
    let branches = &vocabulary[id].derive;
    let line = |(place, branch): (usize, &crate::model::Branch)| {
        if place + 1 == branches.len() {
            return format!("else `{}`", branch.value);
        }
        format!("`{}` when {}", branch.value, phrase(vocabulary, &branch.when))
    };
    branches.iter().enumerate().map(line).collect()
}

/// Takes out rules that only have another name.
fn take_renamed(edits: &mut Vec<Edit>, union: &Union) -> Vec<[String; 3]> {
    let content_of = |set: &PolicySet, policy: &str, id: &str| {
        let policy = set.policies.iter().find(|other| other.name == policy)?;
        Some(content(set, policy.rules.iter().find(|rule| rule.id == id)?))
    };
    let rules: Vec<(&str, &str)> = edits
        .iter()
        .filter_map(|edit| match &edit.what {
            Edited::Rule(policy, id) => Some((policy.as_str(), id.as_str())),
            _ => None,
        })
        .collect();
    let only = |set: &PolicySet, other: &PolicySet| -> Vec<(String, String, Vec<String>)> {
        let found = rules.iter().filter(|(policy, id)| content_of(other, policy, id).is_none());
        let found = found.filter_map(|(policy, id)| {
            Some(((*policy).to_owned(), (*id).to_owned(), content_of(set, policy, id)?))
        });
        found.collect()
    };
    let removed = only(&union.old, &union.new);
    let mut added = only(&union.new, &union.old);
    let mut renamed = Vec::new();
    for (policy, id, says) in removed {
        let same = added.iter().position(|(other, _, theirs)| *other == policy && *theirs == says);
        if let Some(place) = same {
            let (_, new_id, _) = added.remove(place);
            renamed.push([policy, id, new_id]);
        }
    }
    edits.retain(|edit| match &edit.what {
        Edited::Rule(policy, id) => {
            !renamed.iter().any(|[other, old, new]| other == policy && (old == id || new == id))
        }
        _ => true,
    });
    renamed
}

/// Two sets, ready to be asked about.
struct Compared<'u> {
    union: &'u Union,
    programs: [Arc<Program>; 2],
    /// Those that decide, each with the words of its own.
    originals: [Arc<Program>; 2],
    limits: &'u Limits,
}

/// More attributes whose absence is declared differently are not taken in every combination.
const MOST_ABSENT: usize = 6;

impl Compared<'_> {
    /// Finds what each edit changes.
    fn weigh(&mut self, edits: &mut [Edit]) {
        let count = self.union.absent.len();
        for choice in 0..1_usize << count.min(MOST_ABSENT) {
            let missing: Vec<usize> = (0..count).filter(|place| choice >> place & 1 == 1).collect();
            self.weigh_where(&missing, edits);
        }
        if count > MOST_ABSENT {
            for edit in edits.iter_mut().filter(|edit| matches!(edit.what, Edited::Absent(_))) {
                edit.undecided = vec![Outcome::Granted, Outcome::Refused, Outcome::Obligations];
            }
        }
    }

    /// The same, of the requests where these attributes, of those that are not read alike, are missing and
    /// the others are not.
    fn weigh_where(&self, missing: &[usize], edits: &mut [Edit]) {
        let [old, new] = &self.programs;
        let mut differ = Differ::new(new);
        let read = |which: usize| -> Vec<(AttributeId, Reads)> {
            let [of_old, of_new] = &self.union.reads;
            let absent = missing.iter().filter_map(|place| self.union.absent.get(*place));
            let absent = absent.map(|(id, [before, after])| {
                let value = if which == 0 { before } else { after };
                (*id, Reads::Missing(value.clone()))
            });
            let narrowed = if which == 0 { of_old } else { of_new };
            absent.chain(narrowed.iter().cloned()).collect()
        };
        let mut sides = [differ.side(old, &read(0)), differ.side(new, &read(1))];
        let mut regions: Vec<Option<Within>> =
            edits.iter().map(|edit| self.region(&mut differ, &mut sides, edit)).collect();
        let named: Vec<Within> = regions.iter().flatten().copied().collect();
        let elsewhere = differ.none_of(&named);
        for (edit, region) in edits.iter().zip(&mut regions) {
            let fits = match &edit.what {
                Edited::Absent(name) => missing.iter().any(|place| {
                    let absent = self.union.absent.get(*place);
                    absent.is_some_and(|(id, _)| new.vocabulary[*id].name == *name)
                }),
                Edited::Vocabulary => missing.is_empty(),
                _ => false,
            };
            if fits {
                *region = Some(elsewhere);
            }
        }
        for (edit, region) in edits.iter_mut().zip(regions) {
            let Some(region) = region else { continue };
            for outcome in [Outcome::Granted, Outcome::Refused, Outcome::Obligations] {
                if edit.changes.iter().any(|change| change.outcome == outcome) {
                    continue;
                }
                match self.find(&mut differ, &mut sides, outcome, region, missing) {
                    Ok(None) => {}
                    Ok(Some(case)) => {
                        let still = self.still(&mut differ, &sides, outcome, region);
                        edit.changes.push(Consequence { outcome, case, still });
                        edit.undecided.retain(|other| *other != outcome);
                    }
                    Err(GaveUp) => {
                        if !edit.undecided.contains(&outcome) {
                            edit.undecided.push(outcome);
                        }
                    }
                }
            }
        }
    }

    /// The requests that an edit is about; `None` where it is about those that no other is about.
    fn region(
        &self,
        differ: &mut Differ,
        [old, new]: &mut [Side; 2],
        edit: &Edit,
    ) -> Option<Within> {
        let [old_program, new_program] = &self.programs;
        match &edit.what {
            Edited::Rule(policy, id) => {
                let before = old_program.rule_named(policy, id);
                let after = new_program.rule_named(policy, id);
                let whole =
                    edit.before.iter().chain(&edit.after).any(|line| !line.starts_with("when "));
                match (before, after) {
                    (Some(before), Some(after)) if !whole => {
                        Some(differ.rule_changes((old, before), (new, after)))
                    }
                    (before, after) => {
                        let before = before.map(|place| differ.standing(old, place));
                        let after = after.map(|place| differ.standing(new, place));
                        let both: Vec<Within> = before.into_iter().chain(after).collect();
                        Some(differ.some_of(&both))
                    }
                }
            }
            Edited::Policy(name) => {
                let grants = |line: &String| !line.starts_with("governs ");
                let before = old_program.policy_named(name);
                let after = new_program.policy_named(name);
                let whole = edit.before.iter().chain(&edit.after).any(grants);
                let changes = differ.governs_changes((old, before), (new, after));
                if !whole {
                    return Some(changes);
                }
                let before = differ.governs_changes((old, before), (new, None));
                let after = differ.governs_changes((old, None), (new, after));
                Some(differ.some_of(&[before, after]))
            }
            Edited::Derived(name) => {
                let id = new_program.vocabulary.attribute(name)?;
                Some(differ.value_changes(old, new, id))
            }
            Edited::Absent(_) | Edited::Vocabulary => None,
        }
    }

    fn find(
        &self,
        differ: &mut Differ,
        sides: &mut [Side; 2],
        outcome: Outcome,
        region: Within,
        missing: &[usize],
    ) -> Result<Option<Case>, GaveUp> {
        let wanted: &[Differs] = match outcome {
            Outcome::Granted => &[Differs::Granted],
            Outcome::Refused => &[Differs::Refused],
            Outcome::Obligations => &[Differs::Obligations, Differs::Perhaps],
        };
        let mut gave_up = false;
        // First among the plainest requests, then among those that a test can state.
        let [_, new] = &self.programs;
        let plain = differ.at_rest(new);
        let plain = differ.both(region, plain);
        let ids = self.union.new.vocabulary.attribute_ids();
        let standing_in: Vec<AttributeId> = ids.filter(|id| self.stands_in(*id)).collect();
        let statable = differ.known(&standing_in);
        let statable = differ.both(region, statable);
        let each = wanted
            .iter()
            .flat_map(|differs| [plain, statable, region].map(|region| (differs, region)));
        for (differs, region) in each {
            let [old, new] = sides;
            match differ.find((old, new), *differs, region, true, self.limits.proof_steps) {
                Search::None => {}
                Search::GaveUp => gave_up = true,
                Search::Request(values) => {
                    let case = self.case(&values, missing);
                    if self.is_as_found(&case, *differs) {
                        return Ok(Some(case));
                    }
                    gave_up = true;
                }
            }
        }
        if gave_up { Err(GaveUp) } else { Ok(None) }
    }

    /// The request as a gateway would state it.
    fn case(&self, values: &[(AttributeId, Value)], missing: &[usize]) -> Case {
        let [old, new] = &self.programs;
        let mut case = Case { values: BTreeMap::new() };
        for id in new.vocabulary.attribute_ids() {
            let attribute = &new.vocabulary[id];
            let absent = missing.iter().filter_map(|place| self.union.absent.get(*place));
            if absent.into_iter().any(|(other, _)| *other == id) {
                continue;
            }
            let value = values.iter().find(|(other, _)| *other == id).map(|(_, value)| value);
            let in_both = [old, new].map(|program| program.vocabulary[id].absent.as_ref());
            if value.is_some() && in_both == [value, value] {
                continue;
            }
            if value.is_some() || self.stands_in(id) {
                case.values.insert(attribute.name.clone(), value.cloned());
            }
        }
        case
    }

    /// Whether a missing value of an attribute stands for one, in either set.
    fn stands_in(&self, id: AttributeId) -> bool {
        self.programs.iter().any(|program| program.vocabulary[id].absent.is_some())
    }

    /// Whether the two sets decide a request so, as they are.
    fn is_as_found(&self, case: &Case, differs: Differs) -> bool {
        let mut requests = self
            .originals
            .each_ref()
            .map(|program| Request::new(Arc::clone(program), Standing::Bench));
        requests.iter_mut().for_each(|request| case.state(request));
        let [before, after] = requests.each_ref().map(decide);
        differ_so([&before, &after], differs)
    }

    fn still(
        &self,
        differ: &mut Differ,
        [old, new]: &[Side; 2],
        outcome: Outcome,
        region: Within,
    ) -> Vec<String> {
        let [old_program, new_program] = &self.programs;
        let (side, program) = match outcome {
            Outcome::Granted => (new, new_program),
            Outcome::Refused => (old, old_program),
            Outcome::Obligations => return vec![],
        };
        let (denies, policies) = differ.biting(side, region, self.limits.proof_steps);
        let name =
            |policy: usize| program.policies.get(policy).map(|policy| program.text(policy.name));
        let denies = denies.into_iter().filter_map(|place| {
            let rule = program.rule(place)?;
            Some(format!("{}/{}", name(at(rule.policy))?, program.text(rule.id)))
        });
        denies.chain(policies.into_iter().filter_map(name).map(str::to_owned)).collect()
    }
}

struct GaveUp;

impl std::fmt::Display for Edited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rule(policy, id) => write!(f, "{policy}/{id}"),
            Self::Policy(policy) => write!(f, "the policy {policy}"),
            Self::Derived(attribute) => write!(f, "the derived {attribute}"),
            Self::Absent(attribute) => write!(f, "{attribute}, where it is missing"),
            Self::Vocabulary => f.write_str("the vocabulary"),
        }
    }
}
