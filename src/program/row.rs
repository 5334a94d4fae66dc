//! A request, as a program sees it.

use std::cell::Cell;

use super::classes::{Class, UNKNOWN};
use super::column::ColumnId;

/// So many columns have their classes in place.
const IN_PLACE: usize = 96;

/// The class of each column.
///
/// Those of the first columns are with whatever holds the row: of a small set, all.
#[derive(Clone, Debug)]
// What deciding by a small set reads comes first.
#[repr(C)]
pub struct Row {
    /// Whether the columns that take more than one value are filled, too.
    complete: Cell<bool>,
    first: [Cell<Class>; IN_PLACE],
    /// Those of the others, each at its place; nothing if there are none.
    others: Box<[Cell<Class>]>,
}

impl Row {
    /// A row of so many columns, all unknown.
    pub fn new(columns: usize) -> Self {
        let others = if columns > IN_PLACE { columns } else { 0 };
        Self {
            complete: Cell::new(false),
            first: [const { Cell::new(UNKNOWN) }; IN_PLACE],
            others: vec![Cell::new(UNKNOWN); others].into(),
        }
    }

    /// Whether the class of a column is in place.
    pub fn is_in_place(column: ColumnId) -> bool {
        column.index() < IN_PLACE
    }

    /// The class of a column that is in place.
    #[inline]
    pub fn in_place(&self, column: ColumnId) -> Option<Class> {
        self.first.get(column.index()).map(Cell::get)
    }

    /// The class of one that is not.
    #[inline]
    pub fn elsewhere(&self, column: ColumnId) -> Option<Class> {
        self.others.get(column.index()).map(Cell::get)
    }

    /// The class of a column.
    #[inline]
    pub fn class(&self, column: ColumnId) -> Class {
        self.in_place(column).or_else(|| self.elsewhere(column)).unwrap_or(UNKNOWN)
    }

    /// Gives a column a class.
    #[inline]
    pub fn set(&self, column: ColumnId, class: Class) {
        let place = column.index();
        if let Some(cell) = self.first.get(place).or_else(|| self.others.get(place)) {
            cell.set(class);
        }
    }

    /// The class of each column, and of those that there is room for.
    pub fn iter(&self) -> impl Iterator<Item = Class> {
        self.first.iter().chain(self.others.iter().skip(IN_PLACE)).map(Cell::get)
    }

    /// Takes over the classes of another row of the same columns.
    pub fn copy(&self, other: &Self) {
        self.first.iter().zip(&other.first).for_each(|(to, from)| to.set(from.get()));
        self.others.iter().zip(&other.others).for_each(|(to, from)| to.set(from.get()));
    }

    /// Takes over what [`Row::iter`] gave of a row of the same columns.
    #[inline]
    pub fn fill(&self, classes: &[Class]) {
        let set = |(cell, class): (&Cell<Class>, &Class)| cell.set(*class);
        if let Some(first) = classes.first_chunk::<IN_PLACE>() {
            self.first.iter().zip(first).for_each(set);
        }
        self.others.iter().zip(classes).for_each(set);
    }

    /// Has the columns that take more than one value filled, unless nothing was changed since.
    #[inline]
    pub fn complete(&self, fill: impl FnOnce(&Self)) {
        if !self.complete.replace(true) {
            fill(self);
        }
    }

    /// Notes that something was changed that columns are filled from.
    #[inline]
    pub fn change(&self) {
        self.complete.set(false);
    }
}
