//! What a configuration says, and where it says it.

use std::panic::Location;
use std::sync::Arc;

use crate::json::Place;
use crate::model::{Code, Finding, Severity};

/// Something that a configuration says. Where it does is no part of it: what says the same is equal.
#[derive(Clone, Debug)]
pub(super) struct Said<T> {
    pub what: T,
    pub at: Spot,
}

impl<T: PartialEq> PartialEq for Said<T> {
    fn eq(&self, other: &Self) -> bool {
        self.what == other.what
    }
}

/// A place in a file of configuration, or in the Rust code that says the same.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub file: Arc<str>,
    pub at: Place,
}

impl Spot {
    /// Where the method that calls this is called.
    #[track_caller]
    pub(super) fn of_caller() -> Self {
        let caller = Location::caller();
        let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let at = Place { line: number(caller.line()), column: number(caller.column()) };
        Self { file: caller.file().into(), at }
    }

    /// An error here.
    pub(super) fn error(
        &self,
        code: Code,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Finding {
        Finding {
            code,
            severity: Severity::Error,
            file: self.file.to_string(),
            at: self.at,
            message: message.into(),
            help,
        }
    }
}

impl<T> Said<T> {
    /// What the method that calls this was called to say.
    #[track_caller]
    pub(super) fn by_caller(what: T) -> Self {
        Self { what, at: Spot::of_caller() }
    }
}
