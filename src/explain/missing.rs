//! The one thing that a refused request lacks, where it is just one.

use super::goal::Goal;
use super::whatif::{change, is_permitted};
use crate::decide::{Decision, Lack};
use crate::model::{Reason, Value};
use crate::program::UNKNOWN;

/// The only condition that a refused request does not meet: with it, it is permitted.
#[derive(Clone, Debug)]
pub struct OnlyMissing<'d> {
    /// The attribute.
    pub attribute: &'d str,
    /// What it must be.
    pub goal: Goal,
    /// Of whole numbers with a unit, how many more it takes.
    more: Option<(i64, &'d str)>,
}

/// What alone a refused request lacks, if it is one condition on one attribute: verified by deciding.
/// Not a deny that stands in the way; [`crate::remedies`] tell of those.
pub fn only_missing<'d>(decision: &'d Decision<'_>) -> Option<OnlyMissing<'d>> {
    if !matches!(decision.reason(), Reason::NotPermitted | Reason::NotGoverned) {
        return None;
    }
    let mut lacks: Vec<Lack> = Vec::new();
    for withheld in decision.withheld() {
        withheld.lacks.into_iter().for_each(|lack| add_leaves(decision, lack, &mut lacks));
    }
    for (_, doubtful) in decision.doubtful() {
        doubtful.into_iter().for_each(|lack| add_leaves(decision, lack, &mut lacks));
    }
    let (first, others) = lacks.split_first()?;
    let lack = others.iter().all(|other| other.column == first.column).then_some(first)?;
    let known = lack.wanted.iter().filter(|class| *class != UNKNOWN);
    let would_do = |class: u16| {
        let mut request = decision.request().on_the_bench();
        change(&mut request, lack.column, class) && is_permitted(&request)
    };
    if !known.into_iter().any(would_do) {
        return None;
    }
    let program = decision.request().program();
    let attribute = &program.vocabulary[lack.attribute];
    let goal = Goal::of(program, lack.column, &lack.wanted)?;
    let held = decision.request().value_of(lack.attribute);
    let more = match (&goal, held) {
        (Goal::Bounds(bounds), Some(Value::Integer(held))) => bounds.iter().find_map(|bound| {
            let ("at_least", Value::Integer(least)) = bound else { return None };
            Some((least.checked_sub(held).filter(|more| *more > 0)?, attribute.unit.as_deref()?))
        }),
        _ => None,
    };
    Some(OnlyMissing { attribute: &attribute.name, goal, more })
}

/// A lack, or what a derived attribute lacks beneath it.
fn add_leaves(decision: &Decision<'_>, lack: Lack, leaves: &mut Vec<Lack>) {
    match decision.beneath(&lack) {
        Some(beneath) => {
            beneath.into_iter().for_each(|lack| add_leaves(decision, lack, leaves));
        }
        None => leaves.push(lack),
    }
}

/// one more factor is the only missing condition
impl std::fmt::Display for OnlyMissing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const WORDS: [&str; 9] =
            ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
        let Self { attribute, goal, more } = self;
        let Some((more, unit)) = more else {
            return write!(f, "`{attribute}` {goal} is the only missing condition");
        };
        let place = usize::try_from(*more).ok().and_then(|more| more.checked_sub(1));
        let word = place.and_then(|place| WORDS.get(place));
        let number = word.map_or_else(|| more.to_string(), |word| (*word).to_owned());
        match (more, unit.strip_suffix('s')) {
            (1, Some(one)) => write!(f, "{number} more {one} is the only missing condition"),
            _ => write!(f, "{number} more {unit} are the only missing condition"),
        }
    }
}
