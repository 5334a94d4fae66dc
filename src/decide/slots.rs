//! What a request holds of all attributes.

use std::sync::Arc;

use super::slot::{Reading, Slot, class_of};
use crate::model::AttributeId;
use crate::program::{Class, Program, Row};

/// Who states the values of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// A gateway: what only evidence can set, and what is derived, it cannot state.
    Gateway,
    /// The author's bench: stated evidence is taken as verified, and derived attributes may be
    /// stated outright.
    Bench,
}

/// A request of which nothing is stated: what those of one maker have in common.
#[derive(Clone, Debug)]
pub(crate) struct Blank {
    /// Who makes it.
    pub(super) standing: Standing,
    /// The class of each column, as far as the value of an attribute alone fills it.
    pub(super) row: Box<[Class]>,
    slots: Box<[Slot]>,
}

impl Blank {
    /// What those under a program have in common.
    pub(crate) fn of(program: &Program, standing: Standing) -> Self {
        let slots: Box<[Slot]> = program.vocabulary.attributes().iter().map(Slot::blank).collect();
        let row = Row::new(program.columns.len());
        for (slot, filled) in slots.iter().zip(&program.filled_by) {
            for id in filled {
                if let Some(column) = program.columns.get(id.index()) {
                    row.set(*id, class_of(&column.question, slot.reading()));
                }
            }
        }
        Self { standing, row: row.iter().collect(), slots }
    }
}

/// What a request holds of each attribute.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    slots: Box<[Slot]>,
    /// What stands in place of slots that were not written.
    blank: Arc<Blank>,
    /// How often everything was forgotten: only slots that were written since then count, so that
    /// forgetting costs the same, however much it was. No slot is of turn 0.
    turn: u32,
}

impl Slots {
    /// Nothing of any attribute.
    pub(super) fn new(blank: Arc<Blank>) -> Self {
        let slots = vec![Slot::default(); blank.slots.len()].into();
        Self { slots, blank, turn: 1 }
    }

    /// What it is where nothing is stated.
    #[inline]
    pub(super) fn blank(&self) -> &Blank {
        &self.blank
    }

    /// Takes them to be stated by somebody else.
    pub(super) fn stand(&mut self, standing: Standing) {
        self.blank = Arc::new(Blank { standing, ..Blank::clone(&self.blank) });
    }

    /// Forgets everything.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.turn = self.turn.checked_add(1).unwrap_or_else(|| {
            self.slots.iter_mut().for_each(|slot| slot.turn = 0);
            1
        });
    }

    /// Forgets what is held of an attribute.
    pub(super) fn forget(&mut self, id: AttributeId) {
        if let Some(slot) = self.slots.get_mut(id.index()) {
            slot.turn = 0;
        }
    }

    /// What is held of an attribute.
    #[inline]
    pub(super) fn get(&self, id: AttributeId) -> Option<&Slot> {
        let slot = self.slots.get(id.index())?;
        if slot.turn == self.turn { Some(slot) } else { self.blank.slots.get(id.index()) }
    }

    /// The value of an attribute, to compare by.
    #[inline]
    pub(super) fn reading(&self, id: AttributeId) -> Reading<'_> {
        self.get(id).map_or(Reading::Unknown, Slot::reading)
    }

    /// What is held of an attribute, to be changed.
    pub(super) fn get_mut(&mut self, id: AttributeId) -> Option<&mut Slot> {
        let slot = self.slots.get_mut(id.index())?;
        if slot.turn != self.turn {
            slot.copy(self.blank.slots.get(id.index())?);
            slot.turn = self.turn;
        }
        Some(slot)
    }

    /// The slot of an attribute, to be written whole.
    #[inline]
    pub(super) fn overwrite(&mut self, id: AttributeId) -> Option<&mut Slot> {
        let slot = self.slots.get_mut(id.index())?;
        slot.turn = self.turn;
        Some(slot)
    }

    /// Holds in place of an attribute's slot what was held of it before.
    pub(super) fn restore(&mut self, id: AttributeId, mut held: Slot) {
        held.turn = self.turn;
        if let Some(slot) = self.overwrite(id) {
            *slot = held;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::State;

    #[test]
    fn what_was_forgotten_stays_forgotten_when_the_turns_begin_anew() {
        let id = AttributeId(0);
        let blank = Blank::of(&Program::default(), Standing::Gateway);
        let mut slots = Slots::new(Arc::new(blank));
        slots.slots = vec![Slot::default()].into();
        slots.blank = Arc::new(Blank { slots: slots.slots.clone(), ..Blank::clone(&slots.blank) });
        let state = |slots: &Slots| slots.get(id).map(|slot| slot.state);
        slots.overwrite(id).into_iter().for_each(|slot| slot.write_rank(Some(7)));
        assert_eq!(state(&slots), Some(State::Known));
        slots.turn = u32::MAX;
        slots.clear();
        assert_eq!(slots.turn, 1);
        assert_eq!(state(&slots), Some(State::Missing));
    }
}
