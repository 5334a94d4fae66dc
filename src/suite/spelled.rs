//! Values spelled in plain text, as on a command line or in the heading of a table.

use super::read::Stated;
use crate::model::{Kind, Vocabulary};

/// The value that `text` spells, by the type of its attribute. Words of a set are joined by commas,
/// and an empty text is the empty set.
pub fn spelled(vocabulary: &Vocabulary, attribute: &str, text: &str) -> Stated {
    let kind = vocabulary.attribute(attribute).map(|id| &vocabulary[id].kind);
    match kind {
        Some(Kind::Bool) => match text {
            "true" => Stated::Bool(true),
            "false" => Stated::Bool(false),
            _ => Stated::Malformed(text.to_owned()),
        },
        Some(Kind::Integer) => {
            text.parse().map_or_else(|_| Stated::Malformed(text.to_owned()), Stated::Integer)
        }
        Some(Kind::Set(_)) => {
            let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
            Stated::Words(words.map(str::to_owned).collect())
        }
        _ => Stated::Text(text.to_owned()),
    }
}
