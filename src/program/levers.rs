//! Levers: what of a refused request somebody can change, and what that moves.

use super::classes::Class;
use super::column::ColumnId;
use crate::model::{AttributeId, RemedyBy};

/// Every lever, and the columns that each may move.
#[derive(Clone, Debug, Default)]
pub struct Levers {
    /// The levers, those that are the easiest to move first.
    pub list: Vec<Lever>,
    /// What may move each column.
    pub of_column: Vec<Movers>,
}

/// An attribute that somebody can change.
#[derive(Clone, Debug)]
pub struct Lever {
    /// The attribute.
    pub attribute: AttributeId,
    /// Who can change it.
    pub by: RemedyBy,
    /// What it can be changed to: a value of each class, of numbers the worst first.
    pub targets: Vec<Target>,
}

/// A class that a lever can reach.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Target {
    /// A column of its attribute.
    pub column: ColumnId,
    /// The class.
    pub class: Class,
}

/// The levers that may change the class of a column, by themselves or through what is derived.
#[derive(Clone, Debug, Default)]
pub struct Movers {
    /// Their places.
    pub levers: Vec<usize>,
    /// The same as bits. Levers that are 64 apart share one: if two sets have no bit in common, they
    /// have no lever in common.
    pub bits: u64,
}

impl Movers {
    /// Adds levers.
    pub fn add(&mut self, levers: impl IntoIterator<Item = usize>) {
        self.levers.extend(levers);
        self.levers.sort_unstable();
        self.levers.dedup();
        self.bits = self.levers.iter().fold(0, |bits, lever| bits | 1 << (lever % 64));
    }
}
