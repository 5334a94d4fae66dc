//! The account of a verification: claim by claim, what was believed and what was not.

use std::fmt;

use crate::model::Attested;

/// What became of a token, line by line, in the order in which it was looked at.
#[derive(Clone, Debug)]
pub struct Account {
    /// What it attests.
    pub attested: Attested,
    /// What was looked at.
    pub lines: Vec<Line>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Line {
    /// The part of the token, the claim, or the attribute.
    pub what: String,
    /// What became of it.
    pub belief: Belief,
    /// Why, or the value.
    pub why: String,
}

/// What became of a part of a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Belief {
    /// It holds.
    Believed,
    /// It does not hold, or does not count.
    NotBelieved,
    /// Nothing reads it.
    NotRead,
}

impl Belief {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Believed => "believed",
            Self::NotBelieved => "not believed",
            Self::NotRead => "not read",
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, belief, why } = self;
        write!(f, "{:<12} {what}: {why}", belief.word())
    }
}

/// Notes for an account, where somebody wants one; else nothing is written.
#[derive(Debug)]
pub(super) struct Notes(Option<Vec<Line>>);

impl Notes {
    pub(super) fn unwanted() -> Self {
        Self(None)
    }

    pub(super) fn wanted() -> Self {
        Self(Some(Vec::new()))
    }

    pub(super) fn are_wanted(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn note(&mut self, belief: Belief, line: impl FnOnce() -> (String, String)) {
        if let Some(lines) = &mut self.0 {
            let (what, why) = line();
            lines.push(Line { what, belief, why });
        }
    }

    pub(super) fn believed(&mut self, what: &str, why: impl FnOnce() -> String) {
        self.note(Belief::Believed, || (what.to_owned(), why()));
    }

    pub(super) fn into_lines(self) -> Vec<Line> {
        self.0.unwrap_or_default()
    }
}
