//! Lists in words, written without being collected.

use std::fmt::{self, Display, Formatter};

/// Writes items one after the other, as `write` writes each, with this between them.
pub fn join<I>(
    f: &mut Formatter<'_>,
    between: &str,
    items: impl IntoIterator<Item = I>,
    mut write: impl FnMut(&mut Formatter<'_>, I) -> fmt::Result,
) -> fmt::Result {
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            f.write_str(between)?;
        }
        write(f, item)?;
    }
    Ok(())
}

/// Writes something between backticks.
pub fn quote(f: &mut Formatter<'_>, what: impl Display) -> fmt::Result {
    f.write_str("`")?;
    what.fmt(f)?;
    f.write_str("`")
}
