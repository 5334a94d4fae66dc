//! The values that attributes take.

use std::fmt;
use std::str::FromStr;

/// A point in time, to the microsecond, as microseconds since 1970-01-01T00:00:00Z.
///
/// Reads RFC 3339 with an offset, and the same without seconds, which the published examples of
/// AuthZEN use. Writes RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Instant(i64);

/// A length of time, to the microsecond; negative ones exist. A day is 24 hours.
///
/// Reads `"15m"`, `"1h 30m"`, `"-60s"`, `"7d"` and ISO 8601 `"PT15M"`; refuses months and years,
/// whose length varies.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Duration(i64);

/// A version: one to four whole numbers joined by dots, compared number by number. A missing number
/// counts as 0, so `17` equals `17.0`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Version([u32; 4]);

/// Text that is not an instant, a duration or a version.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedValue(&'static str);

const NOT_AN_INSTANT: MalformedValue = MalformedValue(
    "this is not an instant: write RFC 3339 with an offset, `2014-03-31T23:59:59+01:00`",
);
const NOT_A_DURATION: MalformedValue =
    MalformedValue("this is not a duration: write `15m`, `1h 30m`, `-60s` or `7d`");
const NOT_A_VERSION: MalformedValue = MalformedValue(
    "this is not a version: write one to four whole numbers joined by dots, `17.4.1`",
);

impl Instant {
    /// The instant so many microseconds after 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn as_micros(self) -> i64 {
        self.0
    }
}

impl FromStr for Instant {
    type Err = MalformedValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let timestamp: jiff::Timestamp = text.parse().map_err(|_| NOT_AN_INSTANT)?;
        let micros = timestamp.as_nanosecond().div_euclid(1_000);
        i64::try_from(micros).map(Self).map_err(|_| NOT_AN_INSTANT)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => timestamp.fmt(f),
            // Beyond the year 9999 there is no RFC 3339.
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

impl Duration {
    /// The duration of so many microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Its length in microseconds.
    pub fn as_micros(self) -> i64 {
        self.0
    }
}

impl FromStr for Duration {
    type Err = MalformedValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let days = jiff::SpanRelativeTo::days_are_24_hours();
        let span = text.parse().and_then(|span: jiff::Span| span.to_duration(days));
        // A span ends after some 20 000 years; a length that is written may be longer.
        let length = span.or_else(|_| text.parse::<jiff::SignedDuration>());
        let micros = length.ok().and_then(|length| i64::try_from(length.as_micros()).ok());
        micros.map(Self).ok_or(NOT_A_DURATION)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", jiff::SignedDuration::from_micros(self.0))
    }
}

impl Version {
    /// Its place in the order of versions: greater for later ones, and with no other version
    /// between neighbours.
    pub fn rank(self) -> i128 {
        self.0.iter().fold(0, |rank, number| (rank << 32) | i128::from(*number))
    }
}

impl Version {
    /// The latest version that can be written and is not after a rank.
    pub(crate) fn of_rank(rank: i128) -> Option<Self> {
        let number = |shift: u32| u32::try_from(rank >> shift & i128::from(u32::MAX)).ok();
        let mut numbers = [number(96)?, number(64)?, number(32)?, number(0)?];
        let too_large = numbers.iter().position(|number| *number > LARGEST_NUMBER);
        numbers.iter_mut().skip(too_large.unwrap_or(4)).for_each(|number| *number = LARGEST_NUMBER);
        (rank >= 0).then_some(Self(numbers))
    }
}

impl FromStr for Version {
    type Err = MalformedValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut numbers = [0_u32; 4];
        let mut places = numbers.iter_mut();
        for part in text.split('.') {
            let place = places.next().ok_or(NOT_A_VERSION)?;
            // `parse` alone would let `+1` through.
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let number = if digits { part.parse().ok() } else { None };
            *place = number.filter(|number| *number <= LARGEST_NUMBER).ok_or(NOT_A_VERSION)?;
        }
        Ok(Self(numbers))
    }
}

/// So that a rank stays clear of the sign.
const LARGEST_NUMBER: u32 = u32::MAX / 2;

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third, fourth] = self.0;
        write!(f, "{first}.{second}")?;
        if third != 0 || fourth != 0 {
            write!(f, ".{third}")?;
        }
        if fourth != 0 { write!(f, ".{fourth}") } else { Ok(()) }
    }
}

macro_rules! serialize_as_text {
    ($($type:ty),*) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}
serialize_as_text!(Instant, Duration, Version);

/// A value that an author writes: a literal of a policy, a default, a parameter.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Serialize)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A length of time.
    Duration(Duration),
    /// A version.
    Version(Version),
    /// A point in time.
    Instant(Instant),
    /// A word of an `enum`, or any text.
    Text(Box<str>),
    /// Words, sorted, each once.
    Set(Vec<Box<str>>),
}

impl Value {
    /// The place of an ordered value among those of its type, as a number. Two values of a type are
    /// equal exactly when their ranks are, and nothing lies between `n` and `n + 1`.
    pub fn rank(&self) -> Option<i128> {
        match self {
            Self::Bool(value) => Some(i128::from(*value)),
            Self::Integer(value) => Some(i128::from(*value)),
            Self::Duration(value) => Some(i128::from(value.as_micros())),
            Self::Instant(value) => Some(i128::from(value.as_micros())),
            Self::Version(value) => Some(value.rank()),
            Self::Text(_) | Self::Set(_) => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Duration(value) => value.fmt(f),
            Self::Version(value) => value.fmt(f),
            Self::Instant(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
            Self::Set(words) => f.write_str(&words.join(", ")),
        }
    }
}

/// A value as the host hands it over. Text stands for words, instants, durations and versions: the
/// attribute's type says which.
#[derive(Clone, Copy, Debug)]
pub enum Given<'a> {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A point in time.
    Instant(Instant),
    /// A length of time.
    Duration(Duration),
    /// Text.
    Text(&'a str),
    /// Words.
    Words(&'a [&'a str]),
    /// A value that no attribute takes: it makes the attribute unknown.
    Malformed,
}

macro_rules! given_from {
    ($($type:ty => $variant:ident),*) => {$(
        impl<'a> From<$type> for Given<'a> {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        }
    )*};
}
given_from!(bool => Bool, i64 => Integer, Instant => Instant, Duration => Duration, &'a str => Text, &'a [&'a str] => Words);

impl<'a> From<&'a String> for Given<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a, const N: usize> From<&'a [&'a str; N]> for Given<'a> {
    fn from(value: &'a [&'a str; N]) -> Self {
        Self::Words(value)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::{Duration, Instant, Version};

    #[test]
    fn instants_keep_their_offset_and_may_lack_seconds() {
        let utc: Instant = "2014-03-31T23:30:00Z".parse().unwrap();
        assert_eq!(utc, "2014-04-01T00:30+01:00".parse().unwrap());
        assert_eq!(utc.to_string(), "2014-03-31T23:30:00Z");
        for malformed in ["2014-03-31", "2014-03-31T23:30:00", "yesterday", "", "1396308600"] {
            assert!(malformed.parse::<Instant>().is_err(), "{malformed}");
        }
    }

    #[test]
    fn durations_are_exact_lengths() {
        let minutes = |text: &str| text.parse::<Duration>().unwrap().as_micros() / 60_000_000;
        assert_eq!(
            (minutes("15m"), minutes("PT15M"), minutes("7d"), minutes("-1h 30m")),
            (15, 15, 10_080, -90)
        );
        for malformed in ["15", "1mo", "1y", "", "m", "fifteen"] {
            assert!(malformed.parse::<Duration>().is_err(), "{malformed}");
        }
    }

    #[test]
    fn a_duration_is_read_as_it_is_written_however_long() {
        let micros = [i64::MIN, i64::MIN + 1, -1, 0, 1, 86_400_000_000, i64::MAX - 1, i64::MAX];
        let lengths = (0..63).flat_map(|bit| [(1_i64 << bit) - 1, -(1_i64 << bit)]);
        for length in micros.into_iter().chain(lengths).map(Duration::from_micros) {
            let written = length.to_string();
            assert_eq!(written.parse(), Ok(length), "{written}");
        }
    }

    #[test]
    fn versions_compare_number_by_number() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        assert!(version("9.10") > version("9.9"));
        assert_eq!(version("17"), version("17.0.0"));
        assert!(version("10.0.19045.4291").rank() > version("10.0.19045.4290").rank());
        for malformed in ["", "1.", "1..2", "1.2.3.4.5", "v1", "+1", "1.2-beta", "2147483648"] {
            assert!(malformed.parse::<Version>().is_err(), "{malformed}");
        }
    }
}
