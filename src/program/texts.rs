//! The texts of a program.

use std::num::NonZeroU32;

use super::interner::{at, place};

/// Texts that are told to people, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    all: Box<str>,
    /// Where each starts, and where the last ends.
    starts: Box<[u32]>,
}

/// One of the texts of a program; see [`super::Program::text`].
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Text(NonZeroU32);

impl Text {
    /// The text at a place.
    pub fn at(place: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(place))
    }
}

impl Texts {
    /// A text; nothing, if it is another program's.
    #[inline]
    pub fn get(&self, text: Text) -> &str {
        let starts = self.starts.get(at(text.0.get()) - 1..);
        let ends = starts.and_then(|starts| starts.first_chunk());
        ends.and_then(|[start, end]| self.all.get(at(*start)..at(*end))).unwrap_or_default()
    }
}

impl<'t> FromIterator<&'t str> for Texts {
    fn from_iter<T: IntoIterator<Item = &'t str>>(texts: T) -> Self {
        let (mut all, mut starts) = (String::new(), vec![0]);
        for text in texts {
            all.push_str(text);
            starts.push(place(all.len()));
        }
        Self { all: all.into(), starts: starts.into() }
    }
}
