//! Until when a decision holds.

use std::collections::BTreeSet;

use super::decision::Decision;
use crate::model::{AttributeId, Instant, Kind};
use crate::program::{ArgumentValue, ColumnId, Question};

impl Decision<'_> {
    /// The first instant at which time alone might change the decision, its obligations or what
    /// determines it: until then it holds. `None` if time alone never does, or is not known.
    pub fn valid_until(&self) -> Option<Instant> {
        let program = self.program();
        let time = program.vocabulary.time()?;
        let now = self.request().rank(time)?;
        let mut moving = vec![time];
        let mut columns = self.columns_read();
        if !self.is_permit() && !program.step_ups.is_empty() {
            // Whether a step-up would help is another decision, on instants that move with time.
            let stepped_up = program.step_ups.values().flatten().copied();
            moving.extend(stepped_up.filter(|id| program.vocabulary[*id].kind == Kind::Instant));
            columns = (0..).map(ColumnId).take(program.columns.len()).collect();
        }
        let changes = columns.into_iter().flat_map(|column| self.changes(column, &moving, now));
        let first = changes.chain(self.tells_the_time(time).then_some(now + 1)).min()?;
        i64::try_from(first).ok().map(Instant::from_micros)
    }

    /// Whether an obligation takes a parameter from the time of the request.
    fn tells_the_time(&self, time: AttributeId) -> bool {
        let mut arguments =
            self.bringing_obligations().into_iter().flat_map(|rule| &rule.arguments);
        arguments.any(|argument| matches!(argument.value, ArgumentValue::Of(id) if id == time))
    }

    /// The columns that this decision depends on.
    fn columns_read(&self) -> BTreeSet<ColumnId> {
        let program = self.program();
        let mut read: BTreeSet<ColumnId> = BTreeSet::new();
        program.cuts.bucket(
            |column| self.request().class(column),
            |column| {
                read.insert(column);
            },
        );
        read.extend(self.bucket().into_iter().flat_map(|bucket| bucket.table.columns()));
        read.extend(program.derivations.iter().flat_map(|derivation| derivation.table.columns()));
        read
    }

    /// Instants after `now`, in microseconds, at which time alone changes the class of a column; the
    /// first of each kind. `moving` are the attributes that move with time.
    fn changes(&self, column: ColumnId, moving: &[AttributeId], now: i128) -> Vec<i128> {
        let Some(column) = self.program().columns.get(column.index()) else { return Vec::new() };
        let rank = |id: AttributeId| self.request().rank(id);
        let moves = |id: AttributeId| moving.contains(&id);
        let change = match &column.question {
            Question::Rank(cuts) if moves(column.attribute) => {
                cuts.get(cuts.partition_point(|cut| *cut <= now)).copied()
            }
            Question::FromNow(cuts) => rank(column.attribute).and_then(|instant| {
                // The distance shrinks as time passes: the class ends where it falls below its least.
                let least = cuts.partition_point(|cut| *cut <= instant - now).checked_sub(1)?;
                Some(instant - cuts.get(least)? + 1)
            }),
            Question::Relates(_, other) => {
                // Two that both are the time of the request stay together.
                let time = self.program().vocabulary.time();
                let others = [(column.attribute, *other), (*other, column.attribute)]
                    .into_iter()
                    .filter(|(_, other)| Some(*other) != time);
                let met =
                    others.filter(|(one, _)| moves(*one)).filter_map(|(_, other)| rank(other));
                return met
                    .flat_map(|instant| [instant, instant + 1])
                    .filter(|change| *change > now)
                    .collect();
            }
            _ => None,
        };
        change.into_iter().collect()
    }
}
