//! Bytes as one file of a policy set: the strict JSON door takes exactly what a strict reading by
//! `serde_json` takes. The door itself is private; its findings show what it did.

use super::archive::{Files, check_errors};
use portcullis::{Code, Limits, MANIFEST, PolicySet};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

pub fn json(data: &[u8]) {
    let files = Files::from([(MANIFEST.to_owned(), data.to_vec())]);
    let Err(findings) = PolicySet::read(&files, &Limits::default()) else { return };
    check_errors(&files, &findings);
    let strict = serde_json::from_slice::<Strict>(data);
    // `serde_json` has no value for them; the door keeps their text.
    if strict.as_ref().is_err_and(|error| error.to_string().starts_with("number out of range")) {
        return;
    }
    let at_the_door =
        [Code::Syntax, Code::NotText, Code::TooLong, Code::TooDeep, Code::DuplicateKey];
    let refused = findings.list().iter().any(|finding| at_the_door.contains(&finding.code));
    assert_eq!(refused, strict.is_err(), "{:?} is taken otherwise: {findings}", strict.err());
}

/// Any JSON without a key written twice and within the limit of depth.
struct Strict;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Reads what is inside an array or an object.
fn deeper<T, E: Error>(read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let depth = DEPTH.get();
    if depth >= Limits::default().depth {
        return Err(E::custom("too deep"));
    }
    DEPTH.set(depth + 1);
    let result = read();
    DEPTH.set(depth);
    result
}

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        deeper(|| {
            while items.next_element::<Self>()?.is_some() {}
            Ok(self)
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        deeper(|| {
            let mut keys = BTreeSet::new();
            while let Some((key, _)) = members.next_entry::<String, Self>()? {
                if !keys.insert(key) {
                    return Err(A::Error::custom("a key written twice"));
                }
            }
            Ok(self)
        })
    }
}
