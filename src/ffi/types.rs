//! The types of the header, as Rust lays them out.

use std::ffi::{c_char, c_void};

use super::binding::binding;
use super::pointers::{Record, Settings, Str, blank, bytes, texts};
use super::status::Status;
use crate::{Binding, Effect, Reason, RemedyBy, Severity};

macro_rules! opaque {
    ($($(#[$about:meta])* $name:ident,)+) => {$(
        $(#[$about])*
        #[repr(C)]
        pub struct $name {
            _hidden: [u8; 0],
        }
    )+};
}

opaque! {
    /// A handle.
    portcullis_pdp,
    /// A request.
    portcullis_request,
    /// Findings.
    portcullis_findings,
    /// A verifier of evidence.
    portcullis_verifier,
}

/// Whether access is granted: `portcullis_decision`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(i32)]
pub enum Verdict {
    /// No.
    Deny = 0,
    /// Yes, on the terms of its obligations.
    Permit = 1,
}

impl Verdict {
    /// The word of C for a decision.
    pub fn of(permit: bool) -> Self {
        if permit { Self::Permit } else { Self::Deny }
    }
}

blank!(Verdict: Self::Deny);

/// The obligations of a permit, as bits. To a host that ignores the status, they are all that it
/// declared.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Carried(pub u64);

blank!(Carried: Self(u64::MAX));

/// A choice of numbers that C sees, and what each stands for.
macro_rules! numbers {
    ($(#[$about:meta])* $name:ident of $rust:ident { $($variant:ident = $number:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[repr(i32)]
        pub enum $name { $($variant = $number,)+ }

        impl From<$rust> for $name {
            fn from(value: $rust) -> Self {
                match value { $($rust::$variant => Self::$variant,)+ }
            }
        }
    };
}

numbers! {
    /// Why a decision is what it is: `portcullis_reason`.
    ReasonNumber of Reason {
        Unavailable = 0, Permitted = 1, Denied = 2, NotGoverned = 3, NotPermitted = 4, Unenforceable = 5,
    }
}

impl ReasonNumber {
    /// Its number.
    #[expect(clippy::as_conversions, reason = "the number is the one that is declared above")]
    pub fn number(self) -> i32 {
        self as i32
    }
}
numbers! {
    /// What a rule does: `portcullis_effect`.
    EffectNumber of Effect { Permit = 1, Deny = 2, Require = 3, }
}
numbers! {
    /// Who can bring about a change: `portcullis_by`.
    ByNumber of RemedyBy { User = 1, Administrator = 2, InformationOwner = 3, Nobody = 4, }
}
numbers! {
    /// How bad a finding is: `portcullis_severity`.
    SeverityNumber of Severity { Error = 1, Warning = 2, }
}

blank!(ReasonNumber: Self::Unavailable);

/// How many obligations a decision carries. Unless that is known, one that nobody can carry out.
#[repr(transparent)]
pub struct ObligationCount(pub usize);

blank!(ObligationCount: Self(1));

/// The kind of a value: `portcullis_kind`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(i32)]
pub enum KindNumber {
    /// 0 or 1.
    Bool = 1,
    /// A whole number.
    Integer = 2,
    /// Microseconds.
    Duration = 3,
    /// Microseconds since 1970.
    Instant = 4,
    /// A version.
    Version = 5,
    /// Text.
    Text = 6,
    /// Words, sorted, each once.
    Set = 7,
    /// Every value of several rules, sorted.
    All = 8,
}

/// How much a line of the log matters: `portcullis_level`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[repr(i32)]
pub enum Level {
    /// Something failed.
    Error = 1,
    /// Something is odd.
    Warning = 2,
    /// Something happened.
    Info = 3,
}

/// `portcullis_log_function`.
pub type LogFunction = extern "C" fn(*mut c_void, Level, *const c_char, usize);
/// `portcullis_audit_function`.
pub type AuditFunction = extern "C" fn(*mut c_void, *const c_char, usize);

/// `portcullis_options`.
#[repr(C)]
pub struct Options {
    size: usize,
    obligations: *const Str,
    obligation_count: usize,
    log: Option<LogFunction>,
    log_data: *mut c_void,
    audit: Option<AuditFunction>,
    audit_data: *mut c_void,
    audit_capacity: usize,
    max_file_bytes: usize,
    max_request_bytes: usize,
    author_bench: i32,
    reserved: i32,
}

#[cfg(test)]
impl Options {
    /// As a host fills them in.
    pub fn of_test(
        (obligations, obligation_count): (*const Str, usize),
        (log, log_data): (LogFunction, *mut c_void),
        (audit, audit_data): (AuditFunction, *mut c_void),
    ) -> Self {
        Self {
            size: size_of::<Self>(),
            obligations,
            obligation_count,
            log: Some(log),
            log_data,
            audit: Some(audit),
            audit_data,
            audit_capacity: 10,
            max_file_bytes: 0,
            max_request_bytes: 0,
            author_bench: 0,
            reserved: 0,
        }
    }

    /// Where its members are, and how long it is.
    pub fn layout() -> Vec<(&'static str, usize)> {
        macro_rules! offsets {
            ($($member:ident),+) => {
                vec![$((stringify!($member), std::mem::offset_of!(Self, $member)),)+ ("", size_of::<Self>())]
            };
        }
        offsets!(
            size,
            obligations,
            obligation_count,
            log,
            log_data,
            audit,
            audit_data,
            audit_capacity,
            max_file_bytes,
            max_request_bytes,
            author_bench,
            reserved
        )
    }
}

/// What options come to.
pub struct Chosen {
    /// The obligations that the gateway can carry out; `None` for all.
    pub can: Option<Vec<String>>,
    /// Who is told what happens.
    pub log: Option<(LogFunction, UserData)>,
    /// Who is told what is decided.
    pub audit: Option<(AuditFunction, UserData)>,
    /// How many records are kept to be fetched.
    pub audit_capacity: usize,
    /// Bytes of a file, at most; 0 for the default.
    pub max_file_bytes: usize,
    /// Bytes of a request in JSON, at most; 0 for the default.
    pub max_request_bytes: usize,
    /// Whether stated evidence is taken as verified.
    pub author_bench: bool,
}

impl Default for Chosen {
    fn default() -> Self {
        Self {
            can: Some(Vec::new()),
            log: None,
            audit: None,
            audit_capacity: 0,
            max_file_bytes: 0,
            max_request_bytes: 0,
            author_bench: false,
        }
    }
}

/// What the host wants back with its callback.
#[derive(Clone, Copy)]
pub struct UserData(*mut c_void);

// SAFETY: the library never follows it; that the host's callback may be called from any thread that
// the host calls from is the header's word.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    /// To be given back.
    pub fn back(self) -> *mut c_void {
        self.0
    }
}

// SAFETY: `repr(C)`, its size first, and members of integers, pointers and nullable functions.
unsafe impl Record for Options {}

/// As many obligations as there can be.
const EVERY: usize = usize::MAX;

impl Settings for Options {
    type Followed = Chosen;

    unsafe fn followed(self) -> Result<Chosen, Status> {
        let can = if self.obligation_count == EVERY {
            None
        } else {
            // SAFETY: the caller's promise is the same.
            Some(unsafe { texts(self.obligations, self.obligation_count) }?)
        };
        if self.reserved != 0 {
            return Err(Status::Struct);
        }
        Ok(Chosen {
            can,
            log: self.log.map(|log| (log, UserData(self.log_data))),
            audit: self.audit.map(|audit| (audit, UserData(self.audit_data))),
            audit_capacity: self.audit_capacity,
            max_file_bytes: self.max_file_bytes,
            max_request_bytes: self.max_request_bytes,
            author_bench: self.author_bench != 0,
        })
    }
}

/// `portcullis_binding`.
#[repr(C)]
pub struct BindingSettings {
    size: usize,
    certificate: Str,
    key: Str,
    nonce: Str,
}

#[cfg(test)]
impl BindingSettings {
    /// Where its members are, and how long it is.
    pub fn layout() -> Vec<(&'static str, usize)> {
        macro_rules! offsets {
            ($($member:ident),+) => {
                vec![$((stringify!($member), std::mem::offset_of!(Self, $member)),)+ ("", size_of::<Self>())]
            };
        }
        offsets!(size, certificate, key, nonce)
    }
}

// SAFETY: `repr(C)`, its size first, and members of pointers and integers.
unsafe impl Record for BindingSettings {}

impl Settings for BindingSettings {
    type Followed = Binding;

    unsafe fn followed(self) -> Result<Binding, Status> {
        // SAFETY: the caller's promise is the same.
        let bytes = |lent: Str| unsafe { bytes(lent.data, lent.len) };
        binding(bytes(self.certificate)?, bytes(self.key)?, bytes(self.nonce)?)
    }
}

/// A struct that the library fills: its size, then these members.
macro_rules! records {
    ($($(#[$about:meta])* $name:ident { $($member:ident: $type:ty,)+ })+) => {$(
        $(#[$about])*
        #[repr(C)]
        pub struct $name {
            pub size: usize,
            $(pub $member: $type,)+
        }
        // SAFETY: `repr(C)` and its size first; the library never reads one of the caller's.
        unsafe impl Record for $name {}

        #[cfg(test)]
        impl $name {
            /// Where its members are, and how long it is.
            pub fn layout() -> Vec<(&'static str, usize)> {
                vec![$((stringify!($member), std::mem::offset_of!(Self, $member)),)+ ("", size_of::<Self>())]
            }
        }
    )+};
}

records! {
    /// `portcullis_finding`.
    FindingRecord {
        severity: SeverityNumber,
        reserved: i32,
        line: usize,
        column: usize,
        code: Str,
        file: Str,
        message: Str,
        help: Str,
    }
    /// `portcullis_value`.
    ValueRecord {
        kind: KindNumber,
        reserved: i32,
        number: i64,
        text: Str,
        items: usize,
    }
    /// `portcullis_rule`.
    RuleRecord {
        effect: EffectNumber,
        reserved: i32,
        policy: Str,
        owner: Str,
        authority: Str,
        id: Str,
        because: Str,
        tell_user: Str,
        accepted_by: Str,
    }
    /// `portcullis_remedy`.
    RemedyRecord {
        by: ByNumber,
        reserved: i32,
        say: Str,
        changes: usize,
    }
    /// `portcullis_change`.
    ChangeRecord {
        by: ByNumber,
        reserved: i32,
        attribute: Str,
        goal: Str,
        say: Str,
    }
}
