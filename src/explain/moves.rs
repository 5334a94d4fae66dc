//! Moves: changes of one attribute each, and a refused request with some of them made.

use crate::decide::{Instead, Reading, Request, outcome};
use crate::model::{AttributeId, Better, Kind, Reason};
use crate::program::{Lever, Program, Question, Row, Target};

/// Conjunctions that are looked at, at most, 64 of which may be looked at as one: more work is not done
/// for one refusal.
const MOST: usize = 100_000;
/// What deciding counts as, in conjunctions.
const DECIDING: usize = 8;

/// A lever and one of its targets, by place.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Move {
    pub(super) lever: usize,
    pub(super) target: usize,
}

impl Move {
    /// The lever and the target.
    pub(super) fn of(self, program: &Program) -> Option<(&Lever, Target)> {
        let lever = program.levers.list.get(self.lever)?;
        Some((lever, *lever.targets.get(self.target)?))
    }

    /// Whether it changes a number, of which some values are nearer than others.
    pub(super) fn is_number(self, program: &Program) -> bool {
        let column = self.of(program).and_then(|(_, to)| program.columns.get(to.column.index()));
        column.is_some_and(|column| {
            matches!(column.question, Question::Rank(_) | Question::FromNow(_))
        })
    }
}

/// A refused request with some moves made.
pub(super) struct Moved<'d> {
    pub(super) program: &'d Program,
    pub(super) request: &'d Request,
    made: Vec<Move>,
    /// The values that the moves come to.
    values: Vec<(AttributeId, Reading<'d>)>,
    /// Work that may be done yet.
    left: usize,
}

impl<'d> Moved<'d> {
    /// The request as it is.
    pub(super) fn new(request: &'d Request) -> Self {
        let (made, values) = (Vec::new(), Vec::new());
        Self { program: request.program(), request, made, values, left: MOST }
    }

    /// The moves that are made.
    pub(super) fn made(&self) -> &[Move] {
        &self.made
    }

    /// Makes one more, if its value is another and no worse than what is stated.
    pub(super) fn make(&mut self, one: Move) -> bool {
        let value = self.value_of(one);
        if let Some(value) = value {
            self.made.push(one);
            self.values.push(value);
        }
        value.is_some()
    }

    /// Takes the last one back.
    pub(super) fn take_back(&mut self) {
        self.made.pop();
        self.values.pop();
    }

    /// Whether a lever is moved.
    pub(super) fn is_moved(&self, lever: usize) -> bool {
        self.made.iter().any(|one| one.lever == lever)
    }

    /// Whether an attribute is stated, or changed.
    pub(super) fn is_stated(&self, attribute: AttributeId) -> bool {
        self.request.is_stated(attribute)
            || self.values.iter().any(|(changed, _)| *changed == attribute)
    }

    /// The values that the moves come to.
    pub(super) fn instead(&self) -> Instead<'_> {
        Instead::These(&self.values)
    }

    /// Whether so much more work may be done.
    pub(super) fn spend(&mut self, work: usize) -> bool {
        let left = self.left.checked_sub(work);
        self.left = left.unwrap_or(0);
        left.is_some()
    }

    /// What it comes to: its row, the reason, and the place of the bucket that says so. `None` if no more
    /// work may be done.
    pub(super) fn decide(&mut self) -> Option<(Row, Reason, usize)> {
        if !self.spend(DECIDING) {
            return None;
        }
        let row = self.row();
        let (reason, bucket) = outcome(self.request, &row, self.instead());
        Some((row, reason, bucket))
    }

    /// Its row.
    pub(super) fn row(&self) -> Row {
        let row = Row::new(self.program.columns.len());
        self.request.fill_row(&row, self.instead());
        row
    }

    /// The value that a move comes to, if it is no worse than what is stated.
    fn value_of(&self, one: Move) -> Option<(AttributeId, Reading<'d>)> {
        let (lever, target) = one.of(self.program)?;
        let value = reading(self.program, self.request, lever.attribute, target)?;
        let own = self.request.row();
        let held = self.request.reading(lever.attribute, own, Instead::Nothing);
        let changed = self.request.class(target.column) != target.class;
        let worse = is_worse(self.program, lever.attribute, value, held);
        (changed && !worse).then_some((lever.attribute, value))
    }
}

/// A value of a class.
fn reading<'d>(
    program: &'d Program,
    request: &Request,
    attribute: AttributeId,
    target: Target,
) -> Option<Reading<'d>> {
    let kind = &program.vocabulary[attribute].kind;
    let better = program.vocabulary[attribute].better;
    let place = usize::from(target.class).checked_sub(1)?;
    let rank = match &program.columns.get(target.column.index())?.question {
        Question::Bool | Question::Word(_) => {
            return Some(Reading::Rank(i128::try_from(place).ok()?));
        }
        Question::Text(texts) => return Some(Reading::Text(texts.get(place.checked_sub(1)?)?)),
        Question::Rank(cuts) => rank_in(cuts, place, better)?,
        Question::FromNow(cuts) => {
            request.rank(program.vocabulary.time()?)? + rank_in(cuts, place, better)?
        }
        Question::Has(_) | Question::Empty | Question::Relates(..) => return None,
    };
    // Not every rank is that of a value.
    kind.value_of_rank(rank)?.rank().map(Reading::Rank)
}

/// The rank of a class, by its place among them, that is nearest to the worse ones.
fn rank_in(cuts: &[i128], place: usize, better: Option<Better>) -> Option<i128> {
    let lowest = place.checked_sub(1).and_then(|at| cuts.get(at)).copied();
    let highest = cuts.get(place).map(|cut| cut - 1);
    if better == Some(Better::Lesser) { highest.or(lowest) } else { lowest.or(highest) }
}

/// Whether a value is worse than the one that is held.
fn is_worse(
    program: &Program,
    attribute: AttributeId,
    value: Reading<'_>,
    held: Reading<'_>,
) -> bool {
    let (Reading::Rank(value), Reading::Rank(held)) = (value, held) else { return false };
    let order = match &program.vocabulary[attribute].kind {
        Kind::Enum(words) => {
            let places = usize::try_from(value).ok().zip(usize::try_from(held).ok());
            places.and_then(|(value, held)| words.compare(value, held))
        }
        _ => Some(value.cmp(&held)),
    };
    match program.vocabulary[attribute].better {
        Some(Better::Greater) => order.is_some_and(std::cmp::Ordering::is_lt),
        Some(Better::Lesser) => order.is_some_and(std::cmp::Ordering::is_gt),
        None => false,
    }
}
