//! The compiled policy set: plain data, made by `compile`, read by everything above.
//!
//! A request is reduced to a row of small class numbers, one a [`Column`]; rules are conjunctions
//! over columns, and for every class of every column a [`Table`] holds a bit set of the conjunctions
//! that it leaves standing. No strings are compared and nothing is looked up by name after that.

mod bits;
mod classes;
mod column;
mod conjunction;
mod cuts;
mod interner;
mod levers;
mod outline;
#[expect(clippy::module_inception, reason = "the folder is named for its one type")]
mod program;
mod roster;
mod row;
mod table;
mod texts;

pub use bits::bits;
pub use classes::{Class, ClassSet, UNKNOWN, Wanted};
pub use column::{
    Column, ColumnId, NO, Question, Relation, YES, answer, class_of_rank, class_of_text, nth_class,
};
pub use conjunction::{Conjunctions, Part, Parts, Role};
pub use cuts::{Cut, Cuts, Next};
pub use interner::{Interner, at, place};
pub use levers::{Lever, Levers, Movers, Target};
pub use outline::{DOCUMENT, Entry, EntryId, Form, Outline, bit, path_of};
pub use program::{
    Argument, ArgumentValue, Bucket, Derivation, END, Fills, GuaranteeEntry, Intake, PolicyEntry,
    Program, ProgramClaim, RuleEntry, Step, Takes, Word,
};
pub use roster::{Distance, Lacking, Roster};
pub use row::Row;
pub use table::{Standing, Table};
pub use texts::Text;
