//! The words of a decision.

use std::fmt;

/// What a rule does where it takes part.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Grants.
    Permit,
    /// Refuses.
    Deny,
    /// Adds obligations.
    Require,
}

impl Effect {
    /// The word for it in a policy file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
            Self::Require => "require",
        }
    }
}

/// Why a decision is what it is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// There is no valid policy set: everything is refused.
    #[default]
    Unavailable,
    /// Some granting policy certainly governs, each that may govern permits, and no deny takes part.
    Permitted,
    /// A deny takes part.
    Denied,
    /// No granting policy certainly governs.
    NotGoverned,
    /// A granting policy that may govern has no permit that is certainly true.
    NotPermitted,
    /// It would be permitted, but for an obligation that cannot be carried out.
    Unenforceable,
}

impl Reason {
    /// The word for it in responses and tests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Permitted => "permitted",
            Self::Denied => "denied",
            Self::NotGoverned => "not-governed",
            Self::NotPermitted => "not-permitted",
            Self::Unenforceable => "unenforceable",
        }
    }

    /// Every reason, for messages about misspelt ones.
    pub const ALL: [Self; 6] = [
        Self::Permitted,
        Self::Denied,
        Self::NotGoverned,
        Self::NotPermitted,
        Self::Unenforceable,
        Self::Unavailable,
    ];
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
