//! What is wrong with an author's files, where, and the way out.

use std::fmt;

use crate::json::Place;

/// One finding about a file.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
pub struct Finding {
    /// What kind of trouble; stable.
    pub code: Code,
    /// Whether the set is refused for it.
    pub severity: Severity,
    /// The file, relative to the folder of the policy set.
    pub file: String,
    /// Where in the file.
    #[serde(flatten)]
    pub at: Place,
    /// What is wrong.
    pub message: String,
    /// The way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// How bad a [`Finding`] is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The set is refused.
    Error,
    /// The set is accepted.
    Warning,
}

impl Severity {
    /// The word for it in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, severity, file, at, message, help } = self;
        write!(f, "{file}:{at}: {}[{code}]: {message}", severity.word())?;
        help.as_ref().map_or(Ok(()), |help| write!(f, "\n  help: {help}"))
    }
}

/// Every error found in a policy set, in the order of its files; never empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Splits what was found into errors and warnings: `Ok(warnings)` where there are no errors.
    ///
    /// # Errors
    ///
    /// Some finding is an error. All findings are then returned, warnings too.
    pub(crate) fn or_warnings(found: Vec<Finding>) -> Result<Vec<Finding>, Self> {
        if found.iter().any(|finding| finding.severity == Severity::Error) {
            Err(Self(found))
        } else {
            Ok(found)
        }
    }

    /// The findings.
    pub fn list(&self) -> &[Finding] {
        &self.0
    }
}

impl From<Vec<Finding>> for Findings {
    fn from(findings: Vec<Finding>) -> Self {
        Self(findings)
    }
}

impl From<Finding> for Findings {
    fn from(finding: Finding) -> Self {
        Self(vec![finding])
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, finding) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "\n" };
            write!(f, "{separator}{finding}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Findings {}

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal,)+) => {
        /// The kind of a [`Finding`]. A code keeps its meaning for ever and is never used again.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])+ $name,)+ }

        impl Code {
            /// The code as printed.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
        }
    };
}

codes! {
    /// A file cannot be read.
    UnreadableFile = "P0001",
    /// A file is not JSON.
    Syntax = "P0002",
    /// A file is not UTF-8 text.
    NotText = "P0003",
    /// A file has too many bytes.
    TooLong = "P0004",
    /// A file nests too deep.
    TooDeep = "P0005",
    /// An object has a key twice.
    DuplicateKey = "P0006",
    /// A path leaves the folder of the policy set, or is no path.
    BadPath = "P0007",
    /// A key that nobody knows.
    UnknownKey = "P0101",
    /// A required key is missing.
    MissingKey = "P0102",
    /// A value has the wrong JSON type.
    WrongType = "P0103",
    /// An attribute that the vocabulary does not declare.
    UnknownAttribute = "P0104",
    /// A word that is not one of those listed.
    UnknownWord = "P0105",
    /// An obligation that the vocabulary does not declare.
    UnknownObligation = "P0106",
    /// A parameter that the obligation does not declare.
    UnknownParameter = "P0107",
    /// Text that is not an instant, a duration or a version.
    MalformedValue = "P0108",
    /// A name that is taken.
    DuplicateName = "P0109",
    /// A list that says nothing because it is empty.
    EmptyList = "P0110",
    /// A constraint that does not fit the type of its attribute.
    UnfitConstraint = "P0111",
    /// `until` is not after `from`.
    EmptyWindow = "P0112",
    /// A name that cannot be one.
    BadName = "P0113",
    /// Time is needed, and the vocabulary has no `context.time`.
    NoTime = "P0114",
    /// Derived attributes depend on each other in a circle.
    CyclicDerive = "P0201",
    /// A worse value comes before a better one without `certain`.
    WorseFirst = "P0202",
    /// `absent` where it cannot stand.
    BadAbsent = "P0203",
    /// A change to a standard attribute or obligation that is not allowed.
    StandardFixed = "P0204",
    /// A decision list of the wrong form.
    BadDerive = "P0205",
    /// A `merge` that does not fit the type of its parameter.
    BadMerge = "P0206",
    /// A `better` that does not fit the type of its attribute.
    BadBetter = "P0207",
    /// A permit in a policy that only restricts.
    PermitInRestriction = "P0301",
    /// A risk acceptance without an end.
    AcceptanceWithoutEnd = "P0302",
    /// A risk acceptance by someone who is not one of the policy's owners.
    AcceptanceByStranger = "P0303",
    /// A key that has no meaning for the rule's effect.
    MisplacedKey = "P0304",
    /// A key that no signature can be verified with.
    UnusableKey = "P0351",
    /// A mapping that does not fit its attribute or its claims.
    UnfitMapping = "P0352",
    /// A kind of token that neither ships nor is in the configuration.
    UnknownKind = "P0353",
    /// More of something than the limits allow.
    OverLimit = "P0401",
    /// No policy grants anything: everything is refused.
    NothingGrants = "P0501",
    /// A condition that no request can meet.
    Impossible = "P0502",
    /// It could not be told whether a guarantee holds.
    NotProved = "P0503",
    /// A pattern for test files that no file matches.
    NoTestFiles = "P0504",
    /// A test that is invalid.
    InvalidTest = "P0505",
    /// A guarantee does not hold.
    BrokenGuarantee = "P0506",
    /// A value can be withheld with profit, and no author declared that this is all right.
    SilenceHelps = "P0507",
    /// A rule that makes no difference to any request.
    IdleRule = "P0508",
    /// A permit that never counts because another owner refuses: it is not theirs to permit.
    NotTheirs = "P0509",
    /// What a refused person is told gives away a fact that they may not learn of.
    GivesAway = "P0510",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
