//! Conjunctions: what conditions come to.

use std::sync::Arc;

use super::classes::ClassSet;
use super::column::ColumnId;

/// What a conjunction is a disjunct of.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// The `governs` of a policy.
    Governs(usize),
    /// The condition of a rule, and that its policy may govern.
    Rule(usize),
}

/// Constraints on columns, all of which must hold.
#[derive(Clone, Debug)]
pub struct Conjunction {
    /// What it is a disjunct of.
    pub role: Role,
    /// The constraints, by column.
    pub parts: Vec<Part>,
}

/// A constraint on one column. Conditions are much alike, so that they share their sets.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Part {
    /// The column.
    pub column: ColumnId,
    /// The classes for which it is certainly true.
    pub certain: Arc<ClassSet>,
    /// The classes for which it is not certainly false.
    pub possible: Arc<ClassSet>,
}
