//! The way forward: the smallest changes that really lead to a permit.
//!
//! Changes of one attribute are tried first, then of two, then of three, each by deciding the changed
//! request. So what is offered is true, and nothing smaller is. Only attributes that declare a
//! `remedy` are changed, and of these only such as some rule that matters here asks for.

use std::collections::BTreeSet;

use super::goal::Goal;
use crate::decide::{Decision, Request, decide};
use crate::model::{AttributeId, Better, Effect, Kind, Reason, RemedyBy, Value, Words};
use crate::program::{Class, ClassSet, ColumnId, Part, Program, Question, Role};

/// Attributes that one remedy changes, at most.
const LARGEST: usize = 3;
/// Requests that are decided in search of remedies, at most.
const TRIES: usize = 2_000;
/// Remedies that are offered, at most.
const OFFERED: usize = 4;

/// A change of a refused request that leads to a permit.
#[derive(Clone, Debug)]
pub struct Remedy<'d> {
    /// What to change, by attribute.
    pub changes: Vec<Change<'d>>,
}

/// The change of one attribute.
#[derive(Clone, Debug)]
pub struct Change<'d> {
    /// The attribute's name.
    pub attribute: &'d str,
    /// What it must become.
    pub goal: Goal,
    /// Who can change it.
    pub by: RemedyBy,
    /// How, in words for them.
    pub say: &'d str,
}

impl Remedy<'_> {
    /// Who is needed: the one who is hardest to move.
    pub fn by(&self) -> RemedyBy {
        self.changes.iter().map(|change| change.by).max().unwrap_or(RemedyBy::Nobody)
    }

    /// What to do, in words.
    pub fn say(&self) -> String {
        let words: Vec<&str> =
            self.changes.iter().map(|change| change.say).filter(|say| !say.is_empty()).collect();
        words.join("; ")
    }
}

/// A value that an attribute could be changed to.
#[derive(Clone, Debug)]
struct Target {
    value: Value,
    goal: Goal,
}

/// An attribute that can be changed.
struct Lever {
    attribute: AttributeId,
    by: RemedyBy,
    targets: Vec<Target>,
}

/// The remedies of a refusal, the easiest first; none for a permit.
pub fn remedies<'d>(decision: &'d Decision<'_>) -> Vec<Remedy<'d>> {
    if matches!(decision.reason(), Reason::Permitted | Reason::Unavailable) {
        return Vec::new();
    }
    let program: &Program = decision.request().program();
    let mut search = Search {
        request: decision.request().on_the_bench(),
        levers: levers(program, decision.request()),
        tries: TRIES,
        found: Vec::new(),
    };
    for size in 1..=LARGEST {
        search.choose(size, 0, &mut Vec::new());
    }
    search.drop_what_others_bring_about(program);
    let mut found: Vec<Remedy<'d>> =
        search.found.iter().map(|choice| remedy(program, &search.levers, choice)).collect();
    found.sort_by_key(|remedy| (remedy.by(), remedy.changes.len()));
    found.truncate(OFFERED);
    found
}

/// Levers with the target chosen for each.
type Choice = Vec<(usize, usize)>;

struct Search {
    request: Request,
    levers: Vec<Lever>,
    tries: usize,
    found: Vec<Choice>,
}

impl Search {
    /// Tries every choice of so many more levers, from the one at `from` on.
    fn choose(&mut self, size: usize, from: usize, chosen: &mut Choice) {
        if size == 0 {
            // What changes more attributes than another remedy is no remedy, whatever it makes of them.
            let changed = |lever: usize| chosen.iter().any(|(chosen, _)| *chosen == lever);
            let smaller = |found: &Choice| {
                found.len() < chosen.len() && found.iter().all(|(lever, _)| changed(*lever))
            };
            let permitted = !self.found.iter().any(smaller) && self.try_out();
            if permitted {
                self.found.push(chosen.clone());
            }
            return;
        }
        for lever in from..self.levers.len() {
            let Some(Lever { attribute, targets, .. }) = self.levers.get(lever) else { continue };
            let (attribute, values): (_, Vec<Value>) =
                (*attribute, targets.iter().map(|target| target.value.clone()).collect());
            let before = self.request.held(attribute);
            for (target, value) in values.iter().enumerate() {
                if self.tries == 0 {
                    break;
                }
                self.request.assume(attribute, value);
                chosen.push((lever, target));
                let found = self.found.len();
                self.choose(size - 1, lever + 1, chosen);
                chosen.pop();
                // Of a number, the nearest value that will do is enough.
                if size == 1 && self.found.len() > found && value.rank().is_some() {
                    break;
                }
            }
            self.request.restore(attribute, before);
        }
    }

    /// Of two ways to the same derived value, one that states it and one that brings it about, keeps the
    /// latter: it says what to do.
    fn drop_what_others_bring_about(&mut self, program: &Program) {
        let derived = |lever: &Lever| program.vocabulary[lever.attribute].is_derived();
        let mut brought: Vec<(AttributeId, Value)> = Vec::new();
        for choice in self.found.clone() {
            let chosen: Vec<(&Lever, &Value)> = choice
                .iter()
                .filter_map(|(lever, target)| {
                    let lever = self.levers.get(*lever)?;
                    Some((lever, &lever.targets.get(*target)?.value))
                })
                .collect();
            if chosen.iter().any(|(lever, _)| derived(lever)) {
                continue;
            }
            let mut request = self.request.clone();
            chosen.iter().for_each(|(lever, value)| request.assume(lever.attribute, value));
            let levers = self.levers.iter().filter(|lever| derived(lever));
            brought.extend(
                levers.filter_map(|lever| {
                    Some((lever.attribute, request.value_of(lever.attribute)?))
                }),
            );
        }
        let levers = &self.levers;
        self.found.retain(|choice| {
            !choice.iter().any(|(lever, target)| {
                let Some(lever) = levers.get(*lever).filter(|lever| derived(lever)) else {
                    return false;
                };
                let value = lever.targets.get(*target).map(|target| &target.value);
                brought.iter().any(|(attribute, brought)| {
                    *attribute == lever.attribute && Some(brought) == value
                })
            })
        });
    }

    fn try_out(&mut self) -> bool {
        self.tries = self.tries.saturating_sub(1);
        decide(&self.request).is_permit()
    }
}

fn remedy<'d>(program: &'d Program, levers: &[Lever], choice: &Choice) -> Remedy<'d> {
    let changes = choice.iter().filter_map(|(lever, target)| {
        let lever = levers.get(*lever)?;
        let goal = lever.targets.get(*target)?.goal.clone();
        let attribute = &program.vocabulary[lever.attribute];
        let say = attribute.remedy.as_ref().and_then(|remedy| remedy.say.to_reach(goal.value()));
        Some(Change { attribute: &attribute.name, goal, by: lever.by, say: say.unwrap_or("") })
    });
    Remedy { changes: changes.collect() }
}

fn levers(program: &Program, request: &Request) -> Vec<Lever> {
    let relevant = relevant(program, request).unwrap_or_default();
    let lever = |attribute: AttributeId| {
        if program.vocabulary[attribute].hidden {
            return None;
        }
        let by = program.vocabulary[attribute].remedy.as_ref()?.by;
        let targets = targets(program, request, attribute);
        (by != RemedyBy::Nobody && !targets.is_empty()).then_some(Lever { attribute, by, targets })
    };
    let mut levers: Vec<Lever> = relevant.into_iter().filter_map(lever).collect();
    levers.sort_by_key(|lever| lever.by);
    levers
}

/// The attributes whose change may matter: what permits lack that nothing else rules out, what the
/// denies and obligations that stand rest on, and what says who governs. `None` where a deny stands
/// that no change can move.
fn relevant(program: &Program, request: &Request) -> Option<BTreeSet<AttributeId>> {
    let changeable = changeable(program);
    let mut relevant = BTreeSet::new();
    for conjunction in &program.conjunctions {
        let asked = |part: &Part| {
            let column = program.columns.get(part.column.index());
            let other = column.and_then(|column| {
                if let Question::Relates(_, other) = column.question { Some(other) } else { None }
            });
            column
                .map(|column| column.attribute)
                .into_iter()
                .chain(other)
                .filter(|id| changeable.contains(id))
                .collect::<Vec<_>>()
        };
        let class = |part: &Part| request.class(part.column);
        let effect = match conjunction.role {
            Role::Governs(_) => None,
            Role::Rule(rule) => {
                program.rule(rule).filter(|rule| !rule.trial).map(|rule| rule.effect)
            }
        };
        let parts = conjunction.parts.iter();
        if effect == Some(Effect::Permit) {
            let lacking: Vec<Vec<AttributeId>> =
                parts.filter(|part| !part.certain.contains(class(part))).map(asked).collect();
            if lacking.iter().all(|asked| !asked.is_empty()) {
                relevant.extend(lacking.into_iter().flatten());
            }
        } else if effect.is_none()
            || conjunction.parts.iter().all(|part| part.possible.contains(class(part)))
        {
            let movable: Vec<AttributeId> = parts.flat_map(asked).collect();
            if effect == Some(Effect::Deny) && movable.is_empty() {
                return None;
            }
            relevant.extend(movable);
        }
    }
    // What a derived attribute rests on matters as it does.
    let derived: Vec<AttributeId> = relevant.iter().copied().collect();
    derived.into_iter().for_each(|id| program.vocabulary.add_bases(id, &mut relevant));
    Some(relevant)
}

/// The attributes that somebody can change, by themselves or through what they are derived from.
fn changeable(program: &Program) -> BTreeSet<AttributeId> {
    let has_lever = |id: &AttributeId| {
        program.vocabulary[*id].remedy.as_ref().is_some_and(|remedy| remedy.by != RemedyBy::Nobody)
    };
    let reaches_one = |id: &AttributeId| {
        let mut bases = BTreeSet::new();
        program.vocabulary.add_bases(*id, &mut bases);
        has_lever(id) || bases.iter().any(has_lever)
    };
    program.vocabulary.attribute_ids().filter(reaches_one).collect()
}

/// The values that an attribute could be changed to, the nearest first: one for each class of them.
fn targets(program: &Program, request: &Request, attribute: AttributeId) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    let columns = program.columns.iter().zip((0..).map(ColumnId));
    for (column, id) in columns.filter(|(column, _)| column.attribute == attribute) {
        let current = request.class(id);
        let classes = (1..column.classes()).filter_map(|class| Class::try_from(class).ok());
        for class in classes.filter(|class| *class != current) {
            let Some(value) = value_in(program, request, attribute, &column.question, class) else {
                continue;
            };
            let goal = match &program.vocabulary[attribute].kind {
                Kind::Integer | Kind::Duration | Kind::Version => {
                    let better = program.vocabulary[attribute].better;
                    let beyond = ClassSet::of(column.classes(), |other| match better {
                        Some(Better::Greater) => other >= class,
                        Some(Better::Lesser) => other <= class && other != 0,
                        None => other == class,
                    });
                    Goal::of(program, id, &beyond)
                }
                _ => Goal::of(program, id, &ClassSet::of(column.classes(), |other| other == class)),
            };
            targets.extend(goal.map(|goal| Target { value, goal }));
        }
    }
    if program.vocabulary[attribute].better == Some(Better::Lesser) {
        targets.reverse();
    }
    targets
}

/// A value of a class, if it is no worse than what is stated.
fn value_in(
    program: &Program,
    request: &Request,
    attribute: AttributeId,
    question: &Question,
    class: Class,
) -> Option<Value> {
    let declared = &program.vocabulary[attribute];
    let place = usize::from(class).checked_sub(1)?;
    let value = match question {
        Question::Bool => Value::Bool(place == 1),
        Question::Word(_) => declared.kind.value_of_rank(i128::try_from(place).ok()?)?,
        Question::Text(texts) => Value::Text(texts.get(place.checked_sub(1)?)?.clone()),
        Question::Rank(cuts) => {
            declared.kind.value_of_rank(rank_in(cuts, place, declared.better)?)?
        }
        Question::FromNow(cuts) => {
            let now = request.rank(program.vocabulary.time()?)?;
            Kind::Instant.value_of_rank(now + rank_in(cuts, place, declared.better)?)?
        }
        Question::Has(_) | Question::Empty | Question::Relates(..) => return None,
    };
    // Of two truth values the worse is no way forward, even from what is unknown.
    let worst = match declared.better {
        Some(Better::Greater) => value == Value::Bool(false),
        Some(Better::Lesser) => value == Value::Bool(true),
        None => false,
    };
    if worst {
        return None;
    }
    let held = request.value_of(attribute);
    let worse = held.is_some_and(|held| is_worse(&declared.kind, declared.better, &value, &held));
    (!worse).then_some(value)
}

/// The rank of a class, by its place among them, that is nearest to the worse ones.
fn rank_in(cuts: &[i128], place: usize, better: Option<Better>) -> Option<i128> {
    let lowest = place.checked_sub(1).and_then(|at| cuts.get(at)).copied();
    let highest = cuts.get(place).map(|cut| cut - 1);
    if better == Some(Better::Lesser) { highest.or(lowest) } else { lowest.or(highest) }
}

fn is_worse(kind: &Kind, better: Option<Better>, left: &Value, right: &Value) -> bool {
    let order = match (kind, left, right) {
        (Kind::Enum(words), Value::Text(left), Value::Text(right)) => compare(words, left, right),
        _ => left.rank().zip(right.rank()).map(|(left, right)| left.cmp(&right)),
    };
    match better {
        Some(Better::Greater) => order.is_some_and(std::cmp::Ordering::is_lt),
        Some(Better::Lesser) => order.is_some_and(std::cmp::Ordering::is_gt),
        None => false,
    }
}

fn compare(words: &Words, left: &str, right: &str) -> Option<std::cmp::Ordering> {
    words.compare(words.position(left)?, words.position(right)?)
}
