//! Proofs over every request that there can be.
//!
//! In: a program compiled for proofs. Out: for each guarantee whether it holds, with a request where
//! it does not; and which attributes may be withheld with profit. A question becomes literals over
//! the classes of columns, which a SAT solver settles; what the classes of numbers, texts and sets
//! mean together is told to it as it goes. What it finds is made a request and decided; what it gives
//! up is reported as unknown. Nothing is sampled.

mod cells;
mod circuit;
mod conflicts;
mod differ;
mod given;
mod guarantees;
mod hidden;
mod named;
mod numbers;
mod query;
mod realise;
mod refusals;
mod requests;
mod search;
mod space;
mod statements;
mod status;
mod view;
mod withheld;
mod words;

pub(crate) use cells::Cells;
pub use cells::{Cell, Comes};
pub(crate) use conflicts::conflicts;
pub use conflicts::{Conflict, Conflicts};
pub(crate) use differ::{Differ, Differs, Reads, Search, Side, Within};
pub(crate) use guarantees::prove;
pub use guarantees::{Exception, Helps, Holds, Proof};
pub use hidden::GivenAway;
pub(crate) use hidden::given_away;
pub use named::Named;
pub use query::{Answered, Query};
pub(crate) use query::{forcing, query};
pub use requests::{Region, Regions};
pub use status::{Matters, RuleStatus};
pub(crate) use status::{gaps, statuses};
pub(crate) use withheld::silences;
pub use withheld::{Declaration, Silence, Silences};
