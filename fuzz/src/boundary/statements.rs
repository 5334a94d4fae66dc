//! Every way to state a value, by name or, after a `+`, by an id.

use super::Words;
use super::abi::*;
use super::checked::*;
use super::world::{number, read, text};
use portcullis::{Duration, Instant};
use std::str::FromStr;

/// A statement of a line.
pub struct Statement<'l> {
    how: &'l [u8],
    by_id: bool,
    pub name: Str,
    /// What was looked up, if the line names it.
    pub id: Option<u32>,
    value: Str,
    number: i64,
    set: Vec<Str>,
}

impl<'l> Statement<'l> {
    pub fn new(how: &'l [u8], ids: &[u32], words: &mut Words<'l>) -> Self {
        let name = words.next();
        let id = usize::try_from(number(name)).ok().and_then(|id| ids.get(id)).copied();
        let (by_id, how) = how.strip_prefix(b"+").map_or((false, how), |how| (true, how));
        let first = words.as_slice().first();
        let (value, number) = (text(first), number(first));
        let set = words.map(|word| text(Some(word))).collect();
        Self { how, by_id, name: text(name), id, value, number, set }
    }

    /// Whether the library can tell which attribute this is about.
    pub fn is_told(&self) -> bool {
        match (self.how, self.by_id) {
            (b"at", _) => true,
            (_, true) => self.id.is_some(),
            (_, false) => read(self.name).is_some(),
        }
    }

    /// States it; `None` if the line is no statement.
    #[track_caller]
    pub fn make(&self, r: *mut Request) -> Option<i32> {
        let Self { how, by_id, name, id, value, number: n, ref set } = *self;
        let (d, l, id) = (name.data, name.len, id.unwrap_or(u32::MAX));
        let status = unsafe {
            match (how, by_id) {
                (b"text", false) => portcullis_request_set_text(r, d, l, value.data, value.len),
                (b"text", true) => portcullis_request_put_text(r, id, value.data, value.len),
                (b"bool", false) => portcullis_request_set_bool(r, d, l, n as i32),
                (b"bool", true) => portcullis_request_put_bool(r, id, n as i32),
                (b"integer", false) => portcullis_request_set_integer(r, d, l, n),
                (b"integer", true) => portcullis_request_put_integer(r, id, n),
                (b"instant", false) => portcullis_request_set_instant(r, d, l, n),
                (b"instant", true) => portcullis_request_put_instant(r, id, n),
                (b"duration", false) => portcullis_request_set_duration(r, d, l, n),
                (b"duration", true) => portcullis_request_put_duration(r, id, n),
                (b"set", false) => portcullis_request_set_words(r, d, l, set.as_ptr(), set.len()),
                (b"set", true) => portcullis_request_put_words(r, id, set.as_ptr(), set.len()),
                (b"spelled", false) => {
                    portcullis_request_set_spelled(r, d, l, value.data, value.len)
                }
                (b"spelled", true) => portcullis_request_put_spelled(r, id, value.data, value.len),
                (b"unset", false) => portcullis_request_unset(r, d, l),
                (b"unset", true) => portcullis_request_put_nothing(r, id),
                (b"at", _) => portcullis_request_at(r, n),
                _ => return None,
            }
        };
        Some(possible(status))
    }

    /// What is a value by its type is the same value as it is spelled: alone in a request, it is answered
    /// the same, by an answer whose id stands for what was stated.
    pub fn check_spelled(&self, pdp: *const Pdp) {
        let Some(text) = self.spelling() else { return };
        let value = Str { data: text.as_ptr(), len: text.len() };
        let spelled = Statement { how: b"spelled", value, set: Vec::new(), ..*self };
        let [(stated, typed), (status, answer)] = [self, &spelled].map(|statement| {
            let request = made(|to| unsafe { portcullis_request_new(pdp, to) }).unwrap();
            let status = statement.make(request);
            let answer = answered(pdp, request);
            unsafe { portcullis_request_free(request) };
            (status, answer)
        });
        // Of another type than the attribute's, it may be spelled all the same: a number is text.
        if stated == Some(OK) {
            assert_eq!((status, answer), (stated, typed), "spelled {text}");
        }
    }

    /// The value as `spelled` takes it; `None` where a text would not be read back as this value.
    fn spelling(&self) -> Option<String> {
        let n = self.number;
        match self.how {
            b"text" => read(self.value),
            b"bool" => Some((n as i32 != 0).to_string()),
            b"integer" => Some(n.to_string()),
            b"instant" => read_back(Instant::from_micros(n)),
            b"duration" => read_back(Duration::from_micros(n)),
            b"set" => {
                let words: Option<Vec<String>> = self.set.iter().map(|word| read(*word)).collect();
                let plain =
                    |word: &String| !word.is_empty() && !word.contains(',') && word.trim() == word;
                words.filter(|words| words.iter().all(plain)).map(|words| words.join(","))
            }
            _ => None,
        }
    }
}

/// A time as text, unless it is too far away for any.
fn read_back<T: ToString + FromStr + PartialEq>(time: T) -> Option<String> {
    let text = time.to_string();
    text.parse().is_ok_and(|read: T| read == time).then_some(text)
}

/// The decision on a request, as JSON.
fn answered(pdp: *const Pdp, request: *mut Request) -> String {
    let decided = out(77, 0, |to| unsafe { portcullis_decide(pdp, request, to) });
    let (status, json) =
        written(1 << 16, OK, |to, n, len| unsafe { portcullis_decision_json(request, to, n, len) });
    format!("{decided:?} {status} {json}")
}
