//! The texts of a program.

use std::num::NonZeroU32;

use super::interner::{at, place};

/// Texts that are told to people, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    all: Box<str>,
    /// Where each ends.
    ends: Box<[u32]>,
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
    pub fn get(&self, text: Text) -> &str {
        let place = at(text.0.get());
        let end = |before: usize| Some(at(*self.ends.get(place.checked_sub(before)?)?));
        let found = end(1).and_then(|last| self.all.get(end(2).unwrap_or(0)..last));
        found.unwrap_or_default()
    }
}

impl<'t> FromIterator<&'t str> for Texts {
    fn from_iter<T: IntoIterator<Item = &'t str>>(texts: T) -> Self {
        let (mut all, mut ends) = (String::new(), Vec::new());
        for text in texts {
            all.push_str(text);
            ends.push(place(all.len()));
        }
        Self { all: all.into(), ends: ends.into() }
    }
}
