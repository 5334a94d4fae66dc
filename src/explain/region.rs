//! Regions of requests, in words.

use std::fmt;

use super::goal::Goal;
use crate::program::UNKNOWN;
use crate::prove::Region;

impl Region {
    /// What its requests have in common: each attribute that matters, with the values that it may
    /// have, in words. Several may be about one attribute.
    pub fn traits(&self) -> impl Iterator<Item = (&str, String)> {
        self.traits.iter().filter_map(|(column, classes)| {
            let attribute = self.program.columns.get(column.index())?.attribute;
            let name = self.program.vocabulary[attribute].name.as_str();
            let unknown = classes.contains(UNKNOWN);
            if classes.is_single() && unknown {
                return Some((name, "unknown".to_owned()));
            }
            let goal = Goal::of(&self.program, *column, classes)?;
            Some((name, if unknown { format!("{goal}, or unknown") } else { goal.to_string() }))
        })
    }
}

/// `action` is `sync` or `share`; `device.posture` is `managed`.
impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let traits: Vec<String> =
            self.traits().map(|(name, value)| format!("`{name}` is {value}")).collect();
        if traits.is_empty() {
            f.write_str("every request")
        } else {
            f.write_str(&traits.join("; "))
        }
    }
}
