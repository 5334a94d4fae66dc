//! Places in a text, as editors count them.

use std::fmt;

/// A place in a text file. Lines and columns start at 1; columns count characters.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Serialize)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    /// The place of the byte at `offset`. An offset beyond the end is the place of the end.
    pub fn of(text: &[u8], offset: usize) -> Self {
        Self { line: 1, column: 1 }.after(text.get(..offset).unwrap_or(text))
    }

    /// The place behind this text, which begins here.
    #[must_use]
    pub fn after(self, text: &[u8]) -> Self {
        let last_line = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let characters = String::from_utf8_lossy(text.get(last_line..).unwrap_or_default());
        let characters = characters.chars().count();
        match text.iter().filter(|byte| **byte == b'\n').count() {
            0 => Self { line: self.line, column: self.column + characters },
            lines => Self { line: self.line + lines, column: characters + 1 },
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test stops at the first surprise")]
mod tests {
    use super::Place;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let text = "{\n  \"é\": 1\n}".as_bytes();
        assert_eq!(Place::of(text, 0), Place { line: 1, column: 1 });
        assert_eq!(Place::of(text, 9), Place { line: 2, column: 7 });
        assert_eq!(Place::of(text, 999), Place { line: 3, column: 2 });
    }

    #[test]
    fn counting_goes_on_from_a_place() {
        let text = "{\n  \"é\": 1\n}".as_bytes();
        let middle = Place::of(text, 5);
        assert_eq!(middle, Place { line: 2, column: 4 });
        assert_eq!(middle.after(&text[5..9]), Place { line: 2, column: 7 });
        assert_eq!(middle.after(&text[5..]), Place { line: 3, column: 2 });
    }
}
