//! Policies and requests in no engine's language: what every contender's text is made from.
//!
//! Denies override, nothing is permitted by default, and every value is known: so much is the same in
//! every engine. An attribute of a request is held as a number: the place of a word, a whole number, or
//! 0 and 1.

/// The attributes of every workload: eight of words, then three numbers, then five flags.
pub const ATTRIBUTES: [(&str, Domain); 16] = [
    ("resource.owner", Domain::Owner),
    (
        "resource.classification",
        Domain::Words(&[
            "UNCLASSIFIED",
            "PROTECT",
            "RESTRICTED",
            "OFFICIAL",
            "CONFIDENTIAL",
            "SECRET",
            "TOP SECRET",
        ]),
    ),
    (
        "action",
        Domain::Words(&[
            "view",
            "edit",
            "sync",
            "download",
            "print",
            "share",
            "forward-to-personal-account",
            "publish",
            "approve",
            "administer",
            "continue-session",
        ]),
    ),
    ("device.posture", Domain::Words(&["unmanaged", "thin-client", "containerised", "managed"])),
    ("resource.zone", Domain::Words(&["internet-facing", "corporate", "psn-walled-garden"])),
    (
        "subject.role",
        Domain::Words(&[
            "officer",
            "councillor",
            "social-worker",
            "benefits-assessor",
            "housing-officer",
            "registrar",
            "planner",
            "auditor",
            "records-manager",
            "contractor",
            "service-desk",
            "administrator",
        ]),
    ),
    ("subject.vetting", Domain::Words(&["pending", "passed"])),
    ("context.network_path", Domain::Words(&["internet", "corporate", "walled-garden"])),
    ("device.days_since_missed_update", Domain::Number(120)),
    ("subject.factors", Domain::Number(3)),
    ("context.minute_of_day", Domain::Number(1_439)),
    ("resource.sensitive", Domain::Flag),
    ("device.storage_encrypted", Domain::Flag),
    ("device.screen_lock", Domain::Flag),
    ("device.tampered", Domain::Flag),
    ("device.malware_protection", Domain::Flag),
];

/// How many attributes are words, numbers and flags.
pub const WORDS: usize = 8;
pub const NUMBERS: usize = 3;
pub const FLAGS: usize = 5;

pub const OWNER: usize = 0;
pub const CLASSIFICATION: usize = 1;
pub const ACTION: usize = 2;
pub const POSTURE: usize = 3;
pub const ZONE: usize = 4;
pub const ROLE: usize = 5;
pub const VETTING: usize = 6;
pub const PATH: usize = 7;
pub const DAYS: usize = 8;
pub const FACTORS: usize = 9;
pub const MINUTE: usize = 10;
pub const SENSITIVE: usize = 11;
pub const ENCRYPTED: usize = 12;
pub const LOCKED: usize = 13;
pub const TAMPERED: usize = 14;
pub const MALWARE: usize = 15;

/// The values that an attribute can have.
#[derive(Clone, Copy, Debug)]
pub enum Domain {
    /// The names of the workload's owners, and one that no rule knows.
    Owner,
    Words(&'static [&'static str]),
    /// From 0 to this.
    Number(i64),
    Flag,
}

impl Domain {
    /// How many values there are; of owners, how many the workload has.
    pub fn size(self, owners: usize) -> usize {
        match self {
            Domain::Owner => owners,
            Domain::Words(words) => words.len(),
            Domain::Number(most) => usize::try_from(most).unwrap() + 1,
            Domain::Flag => 2,
        }
    }
}

/// What a rule asks of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// One of these, in order.
    OneOf(Vec<i64>),
    AtLeast(i64),
    AtMost(i64),
    Between(i64, i64),
}

impl Test {
    pub fn holds(&self, value: i64) -> bool {
        match self {
            Test::OneOf(values) => values.contains(&value),
            Test::AtLeast(least) => value >= *least,
            Test::AtMost(most) => value <= *most,
            Test::Between(least, most) => (*least..=*most).contains(&value),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Rule {
    pub permits: bool,
    /// Whose rule it is: it speaks of this owner's information only. Without one, of all.
    pub owner: Option<usize>,
    /// At most one test an attribute.
    pub when: Vec<(usize, Test)>,
    /// Places in [`OBLIGATIONS`].
    pub obligations: Vec<usize>,
}

pub const OBLIGATIONS: [&str; 6] = [
    "record-access",
    "view-only",
    "block-download",
    "block-local-print",
    "no-local-storage",
    "keep-data-inside-container",
];

impl Rule {
    pub fn holds(&self, request: &Request) -> bool {
        self.owner.is_none_or(|owner| request[OWNER] == number(owner))
            && self.when.iter().all(|(attribute, test)| test.holds(request[*attribute]))
    }
}

/// A value for each attribute.
pub type Request = [i64; 16];

/// The values of a request as a host has them in hand.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'w> {
    pub words: [&'w str; WORDS],
    pub numbers: [i64; NUMBERS],
    pub flags: [bool; FLAGS],
}

/// What a request comes to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    pub permit: bool,
    /// The rules that made it, by their place: every deny that holds, else every permit that does.
    pub rules: Vec<usize>,
}

/// A policy and requests to it.
pub struct Workload {
    pub name: String,
    /// The names of owners; the last owns nothing, and no rule names it.
    pub owners: Vec<String>,
    pub rules: Vec<Rule>,
    /// Requests as a gateway meets them: most are aimed at a rule, and most of those are permitted.
    pub realistic: Vec<Request>,
    /// Every value as likely as every other.
    pub uniform: Vec<Request>,
}

impl Workload {
    /// Decides by looking at every rule: what all contenders are held against.
    pub fn oracle(&self, request: &Request) -> Verdict {
        let of = |permits: bool| -> Vec<usize> {
            let rules = self.rules.iter().enumerate();
            let holding = rules.filter(|(_, rule)| rule.permits == permits && rule.holds(request));
            holding.map(|(place, _)| place).collect()
        };
        let denies = of(false);
        if !denies.is_empty() {
            return Verdict { permit: false, rules: denies };
        }
        let permits = of(true);
        Verdict { permit: !permits.is_empty(), rules: permits }
    }

    /// Whether rules belong to owners.
    pub fn is_owned(&self) -> bool {
        self.rules.iter().any(|rule| rule.owner.is_some())
    }

    /// The word that a value stands for.
    pub fn word(&self, attribute: usize, value: i64) -> &str {
        let place = usize::try_from(value).unwrap();
        match ATTRIBUTES[attribute].1 {
            Domain::Owner => &self.owners[place],
            Domain::Words(words) => words[place],
            Domain::Number(_) | Domain::Flag => unreachable!("`{}`", ATTRIBUTES[attribute].0),
        }
    }

    pub fn typed(&self, request: &Request) -> Typed<'_> {
        Typed {
            words: std::array::from_fn(|at| self.word(at, request[at])),
            numbers: std::array::from_fn(|at| request[WORDS + at]),
            flags: std::array::from_fn(|at| request[WORDS + NUMBERS + at] != 0),
        }
    }
}

pub fn number(place: usize) -> i64 {
    i64::try_from(place).unwrap()
}
