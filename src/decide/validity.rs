//! Until when a decision holds.

use super::decision::Decision;
use crate::model::{AttributeId, Instant, Kind};
use crate::program::{ArgumentValue, Column, ColumnId, Question};

/// What of a decision moves with time.
struct Moving<'d> {
    decision: &'d Decision<'d>,
    time: AttributeId,
    now: i128,
    /// Whether step-ups are weighed: whether one would help is another decision, on instants that
    /// move with time.
    step_ups: bool,
}

impl Decision<'_> {
    /// The first instant at which time alone might change the decision, its obligations or what
    /// determines it: until then it holds. `None` if time alone never does, or is not known.
    pub fn valid_until(&self) -> Option<Instant> {
        let program = self.program();
        let time = program.vocabulary.time()?;
        let now = self.request().rank(time)?;
        let step_ups = !self.is_permit() && !program.step_ups.is_empty();
        let moving = Moving { decision: self, time, now, step_ups };
        let mut first = self.tells_the_time(time).then_some(now + 1);
        let mut note = |column: ColumnId| {
            if let Some(column) = program.columns.get(column.index()) {
                let sooner = |change| first = first.into_iter().chain([change]).min();
                moving.each_change(column, sooner);
            }
        };
        if step_ups {
            (0..).map(ColumnId).take(program.columns.len()).for_each(note);
        } else {
            program.cuts.bucket(|column| self.request().class(column), &mut note);
            self.bucket().into_iter().flat_map(|bucket| bucket.table.columns()).for_each(&mut note);
            let derivations = program.derivations.iter();
            derivations.flat_map(|derivation| derivation.table.columns()).for_each(note);
        }
        i64::try_from(first?).ok().map(Instant::from_micros)
    }

    /// Whether an obligation takes a parameter from the time of the request.
    fn tells_the_time(&self, time: AttributeId) -> bool {
        let rules = self.bringing_obligations();
        let mut arguments = rules.flat_map(|rule| self.program().arguments(rule));
        arguments.any(|argument| matches!(argument.value, ArgumentValue::Of(id) if id == time))
    }
}

impl Moving<'_> {
    /// Whether the value of an attribute moves with time.
    fn moves(&self, id: AttributeId) -> bool {
        let program = self.decision.program();
        let steps_up = || program.step_ups.values().any(|attributes| attributes.contains(&id));
        id == self.time
            || self.step_ups && program.vocabulary[id].kind == Kind::Instant && steps_up()
    }

    /// Calls `found` with instants after now, in microseconds, at which time alone changes the class of
    /// a column; the first of each kind.
    #[inline]
    fn each_change(&self, column: &Column, mut found: impl FnMut(i128)) {
        let (now, own) = (self.now, column.attribute);
        let rank = |id: AttributeId| self.decision.request().rank(id);
        match &column.question {
            Question::Rank(cuts) if self.moves(own) => {
                cuts.get(cuts.partition_point(|cut| *cut <= now))
                    .copied()
                    .into_iter()
                    .for_each(found);
            }
            Question::FromNow(cuts) => {
                let Some(instant) = rank(own) else { return };
                // The distance shrinks as time passes: the class ends where it falls below its least.
                let least = cuts.partition_point(|cut| *cut <= instant - now).checked_sub(1);
                let least = least.and_then(|least| cuts.get(least));
                least.map(|least| instant - least + 1).into_iter().for_each(found);
            }
            Question::Relates(_, other) => {
                // Two that both are the time of the request stay together.
                for (one, other) in [(own, *other), (*other, own)] {
                    if other != self.time
                        && self.moves(one)
                        && let Some(instant) = rank(other)
                    {
                        [instant, instant + 1]
                            .into_iter()
                            .filter(|at| *at > now)
                            .for_each(&mut found);
                    }
                }
            }
            _ => {}
        }
    }
}
