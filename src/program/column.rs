//! Columns: what a request is reduced to before it is decided.

use std::sync::Arc;

use super::classes::{Class, UNKNOWN};
use crate::model::{AttributeId, Comparison, Lexicon, Share};

/// The place of a column in its program.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ColumnId(pub(crate) u32);

impl ColumnId {
    #[inline]
    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// The class of a column that is a yes-or-no question, when the answer is no.
pub const NO: Class = 1;
/// The class of a column that is a yes-or-no question, when the answer is yes.
pub const YES: Class = 2;

/// Something that conditions ask of a request, with finitely many answers: classes. Class
/// [`UNKNOWN`] is the unknown answer; the others are told apart by some condition of the set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    /// The attribute whose value it is about.
    pub attribute: AttributeId,
    /// What it asks.
    pub question: Question,
}

/// What a [`Column`] asks of its attribute.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Question {
    /// Whether it is `true`.
    Bool,
    /// Which of the listed words it is: class 1 is the first. This many are listed.
    Word(u16),
    /// Between which of these cuts its rank lies: class 1 is below the first, and a rank that equals
    /// a cut lies above it.
    Rank(Box<[i128]>),
    /// Which of these texts, sorted, it is: class 2 is the first, class 1 any other.
    Text(Arc<Lexicon>),
    /// Whether it is a set that has the word.
    Has(Box<str>),
    /// Whether it is a set without words.
    Empty,
    /// Between which of these cuts its distance from now lies, in microseconds.
    FromNow(Box<[i128]>),
    /// Whether it relates so to another attribute.
    Relates(Relation, AttributeId),
}

/// How one attribute relates to another.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Relation {
    /// It compares so.
    Compares(Comparison),
    /// It is the same.
    Same,
    /// It is a member of the other.
    In,
    /// It has the other, a word.
    HasWord,
    /// It has so many of the other's words.
    Has(Share),
}

impl Column {
    /// How many classes it has, the unknown one included.
    pub fn classes(&self) -> usize {
        match &self.question {
            Question::Bool | Question::Has(_) | Question::Empty | Question::Relates(..) => 3,
            Question::Word(words) => usize::from(*words) + 1,
            Question::Rank(cuts) | Question::FromNow(cuts) => cuts.len() + 2,
            Question::Text(texts) => texts.len() + 2,
        }
    }
}

/// The class of a yes-or-no question.
#[inline]
pub fn answer(yes: bool) -> Class {
    if yes { YES } else { NO }
}

/// The class of a rank among cuts.
#[inline]
pub fn class_of_rank<R: Copy + PartialOrd>(cuts: &[R], rank: R) -> Class {
    // Few are sooner counted than searched: no jump depends on the rank.
    let below = if cuts.len() <= 16 {
        cuts.iter().map(|cut| usize::from(*cut <= rank)).sum()
    } else {
        cuts.partition_point(|cut| *cut <= rank)
    };
    nth_class(below)
}

/// The class of a text among others.
#[inline]
pub fn class_of_text(texts: &Lexicon, text: &str) -> Class {
    texts.position(text).map_or(1, |at| nth_class(at + 1))
}

/// The class after `position` others; unknown where there are too many, which the compiler refuses.
#[inline]
pub fn nth_class(position: usize) -> Class {
    Class::try_from(position + 1).unwrap_or(UNKNOWN)
}
