//! What would end a permit: which facts, and when.

use std::sync::Arc;

use super::goal::Goal;
use super::whatif::{change, is_permitted};
use crate::decide::{Decision, Request};
use crate::model::{Instant, Value};
use crate::program::{Class, ClassSet, ColumnId, Program, Question};

/// Instants that are looked at in search of the one that ends a permit.
const INSTANTS: usize = 64;

/// What would end a permit.
#[derive(Debug)]
pub struct Ends {
    /// When time alone does.
    pub time: Lasts,
    /// Each fact that would, alone: an attribute, and the values of it that do. Another action is
    /// another request, and none of these.
    pub facts: Vec<(String, Vec<Goal>)>,
}

/// How long a permit lasts if nothing but time changes.
#[derive(Debug)]
pub enum Lasts {
    /// For ever.
    Forever,
    /// Until this.
    Until(Box<Ending>),
    /// As far as was looked, until this instant at least; until when, if any, was not found.
    AtLeast(Option<Instant>),
}

/// The end of a permit.
#[derive(Debug)]
pub struct Ending {
    /// The first instant at which it is none.
    pub at: Instant,
    /// The attributes that are the cause, each with its value: instants that are too long ago then,
    /// or have come; `context.time` itself where a rule's own window ends.
    pub causes: Vec<(String, Option<Value>)>,
    /// The same request at that instant.
    pub request: Request,
}

impl Ending {
    /// The decision on it then.
    pub fn decision(&self) -> Decision<'_> {
        crate::decide::decide(&self.request)
    }
}

/// What would end a permit; `None` of a refusal.
pub fn ends(decision: &Decision<'_>) -> Option<Ends> {
    let permitted = decision.is_permit();
    permitted.then(|| Ends { time: lasts(decision), facts: facts(decision.request()) })
}

fn lasts(decision: &Decision<'_>) -> Lasts {
    let now = decision.request();
    let mut next = decision.valid_until();
    let known = now.vocabulary().time().and_then(|time| now.rank(time));
    if next.is_none() {
        return if known.is_some() { Lasts::Forever } else { Lasts::AtLeast(None) };
    }
    for _ in 0..INSTANTS {
        let Some(at) = next else { return Lasts::Forever };
        let mut request = now.on_the_bench();
        request.at(at);
        let then = crate::decide::decide(&request);
        if !then.is_permit() {
            let causes = causes(now, at);
            return Lasts::Until(Box::new(Ending { at, causes, request }));
        }
        next = then.valid_until();
    }
    Lasts::AtLeast(next)
}

/// The attributes of which a column changes at an instant, and not before it.
fn causes(request: &Request, at: Instant) -> Vec<(String, Option<Value>)> {
    let program = request.program();
    let (mut before, mut then) = (request.on_the_bench(), request.on_the_bench());
    before.at(Instant::from_micros(at.as_micros().saturating_sub(1)));
    then.at(at);
    let time = program.vocabulary.time();
    let columns = program.columns.iter().zip((0..).map(ColumnId));
    let moved = columns.filter(|(_, id)| before.class(*id) != then.class(*id));
    let moved = moved.map(|(column, _)| match column.question {
        Question::Relates(_, other) if Some(column.attribute) == time => other,
        _ => column.attribute,
    });
    let mut moved: Vec<_> = moved.filter(|id| !program.vocabulary[*id].is_derived()).collect();
    moved.sort_unstable();
    moved.dedup();
    let name = |id: crate::model::AttributeId| program.vocabulary[id].name.clone();
    moved.into_iter().map(|id| (name(id), then.value_of(id))).collect()
}

/// Each value that alone makes a permitted request a refused one, by attribute.
fn facts(request: &Request) -> Vec<(String, Vec<Goal>)> {
    let program: Arc<Program> = Arc::clone(request.program());
    let mut changed = request.on_the_bench();
    let mut facts: Vec<(String, Vec<Goal>)> = Vec::new();
    for (column, id) in program.columns.iter().zip((0..).map(ColumnId)) {
        let attribute = &program.vocabulary[column.attribute];
        let own = attribute.is_derived() && !request.is_stated(column.attribute);
        if own || attribute.name == "action" || Some(column.attribute) == program.vocabulary.time()
        {
            continue;
        }
        let held = changed.held(column.attribute);
        let current = request.class(id);
        let mut ending = ClassSet::default();
        for class in (1..column.classes()).filter_map(|class| Class::try_from(class).ok()) {
            if class != current && change(&mut changed, id, class) {
                if !is_permitted(&changed) {
                    ending.insert(class);
                }
                changed.restore(column.attribute, held.clone());
            }
        }
        let Some(goal) = Goal::of(&program, id, &ending).filter(|_| !ending.is_empty()) else {
            continue;
        };
        match facts.iter_mut().find(|(name, _)| *name == attribute.name) {
            Some((_, goals)) => goals.push(goal),
            None => facts.push((attribute.name.clone(), vec![goal])),
        }
    }
    facts
}
