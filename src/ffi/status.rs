//! What a call comes to, and the numbers that C sees.

/// The outcome of a call. Numbers are never changed and never used again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(i32)]
pub enum Status {
    /// Done.
    Ok = 0,
    /// A pointer is null, or not aligned for what it points to.
    Null = 1,
    /// A length is impossible.
    Length = 2,
    /// Text is not UTF-8.
    Utf8 = 3,
    /// A struct of the caller's has a size that cannot be, or is of a later version and uses it.
    Struct = 4,
    /// A number is none of those that a parameter takes.
    Argument = 5,
    /// The object is in use: by another thread, or further up in this one.
    Busy = 10,
    /// An earlier call on the object ended in a panic.
    Poisoned = 11,
    /// This call ended in a panic.
    Panic = 12,
    /// The handle was freed; only requests of it are left.
    Freed = 13,
    /// The request belongs to another handle.
    Foreign = 14,
    /// Something that was stated is lost, of an attribute that cannot be told.
    Incomplete = 15,
    /// The vocabulary does not have the attribute.
    Attribute = 20,
    /// What was stated is no value of the attribute: it is unknown.
    Value = 21,
    /// A gateway cannot state the attribute: only evidence sets it, or it is derived.
    Unstatable = 22,
    /// The request was not decided since it was last changed.
    Undecided = 30,
    /// There is nothing at this place, or of this name.
    Nothing = 31,
    /// The buffer is too short.
    Buffer = 32,
    /// The policy set is not valid.
    PolicySet = 40,
    /// The bytes are no AuthZEN request.
    Json = 41,
    /// The configuration of a verifier, keys or notices are not valid.
    Evidence = 42,
    /// A thumbprint is neither 32 bytes nor their text.
    Thumbprint = 43,
}

impl Status {
    /// What it means, for people.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Ok => "done",
            Self::Null => "a pointer is null or not aligned",
            Self::Length => "a length is impossible",
            Self::Utf8 => "a text is not UTF-8",
            Self::Struct => {
                "a struct has an impossible size, or is newer than this library: use its _INIT macro"
            }
            Self::Argument => "a number is none of those that the parameter takes",
            Self::Busy => "the object is in use by another call: give each thread its own request",
            Self::Poisoned => {
                "an earlier call on the object ended in a panic: free it and make another"
            }
            Self::Panic => {
                "the library met a bug in itself: please report it; everything is refused"
            }
            Self::Freed => "the handle of the request was freed",
            Self::Foreign => "the request belongs to another handle",
            Self::Incomplete => {
                "a statement was lost, so that everything is refused until the request is reset"
            }
            Self::Attribute => "the vocabulary does not have this attribute",
            Self::Value => "this is no value of the attribute, which is now unknown",
            Self::Unstatable => "only evidence sets this attribute, or it is derived from others",
            Self::Undecided => "the request was not decided since it was last changed",
            Self::Nothing => "there is nothing at this place or of this name",
            Self::Buffer => "the buffer is too short",
            Self::PolicySet => "the policy set is not valid: see the findings",
            Self::Json => "the bytes are no AuthZEN request",
            Self::Evidence => "what the verifier is to use is not valid: see the findings",
            Self::Thumbprint => "a thumbprint is 32 bytes, or their base64url or hexadecimal text",
        }
    }

    /// Every status.
    pub const ALL: &'static [Self] = &[
        Self::Ok,
        Self::Null,
        Self::Length,
        Self::Utf8,
        Self::Struct,
        Self::Argument,
        Self::Busy,
        Self::Poisoned,
        Self::Panic,
        Self::Freed,
        Self::Foreign,
        Self::Incomplete,
        Self::Attribute,
        Self::Value,
        Self::Unstatable,
        Self::Undecided,
        Self::Nothing,
        Self::Buffer,
        Self::PolicySet,
        Self::Json,
        Self::Evidence,
        Self::Thumbprint,
    ];

    /// The status of a number.
    pub fn of(number: i32) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.number() == number)
    }

    /// Its number.
    #[expect(clippy::as_conversions, reason = "the number is the one that is declared above")]
    pub const fn number(self) -> i32 {
        self as i32
    }
}
