//! JSON text, added to a buffer as it comes.

use std::fmt;

use serde::Serialize;

/// Adds JSON to a buffer. The caller writes the punctuation; what is quoted is escaped here.
pub struct Text<'o>(&'o mut Vec<u8>);

impl<'o> Text<'o> {
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Self(out)
    }

    /// Adds text that is JSON already.
    pub fn json(&mut self, json: &str) {
        self.0.extend_from_slice(json.as_bytes());
    }

    /// Adds a string.
    pub fn string(&mut self, text: &str) {
        self.0.push(b'"');
        self.part(text);
        self.0.push(b'"');
    }

    /// Adds a string that is put into words as it is written.
    pub fn words(&mut self, words: &dyn fmt::Display) {
        self.0.push(b'"');
        // Adding to a buffer does not fail.
        let _ = fmt::write(self, format_args!("{words}"));
        self.0.push(b'"');
    }

    /// Adds any value.
    pub fn value(&mut self, value: &impl Serialize) {
        let before = self.0.len();
        if serde_json::to_writer(&mut *self.0, value).is_err() {
            self.0.truncate(before);
            self.json("null");
        }
    }

    /// Adds items, each as `write` writes it, between `start` and `end`; nothing if there are none.
    pub fn list<I>(
        &mut self,
        (start, end): (&str, &str),
        items: impl Iterator<Item = I>,
        mut write: impl FnMut(&mut Self, I),
    ) {
        let mut some = false;
        for item in items {
            self.json(if some { "," } else { start });
            some = true;
            write(self, item);
        }
        if some {
            self.json(end);
        }
    }

    /// Adds a part of a string. Nearly always nothing in it needs escaping.
    fn part(&mut self, text: &str) {
        if is_plain(text.as_bytes()) {
            self.json(text);
            return;
        }
        let start = self.0.len();
        self.value(&text);
        // It was written as a string, and this is a part of one.
        self.0.pop();
        self.0.remove(start);
    }
}

/// Whether nothing in a text needs escaping: sooner known of eight bytes at a time than byte by byte. Some may
/// be looked at twice, so that there are as many.
fn is_plain(text: &[u8]) -> bool {
    let word = |bytes: &[u8; 8]| is_plain_word(u64::from_ne_bytes(*bytes));
    match (text.last_chunk(), text.first_chunk(), text.last_chunk()) {
        (Some(last), ..) => text.as_chunks().0.iter().all(word) && word(last),
        (_, Some(first), Some(last)) => {
            let [first, last] = [first, last].map(|end| u64::from(u32::from_ne_bytes(*end)));
            is_plain_word(first << 32 | last)
        }
        _ => match (text.first(), text.get(text.len() / 2), text.last()) {
            (Some(&first), Some(&middle), Some(&last)) => {
                word(&[first, middle, last, first, first, first, first, first])
            }
            _ => true,
        },
    }
}

/// Whether none of eight bytes needs escaping. Where one does, a borrow may make it seem that its neighbour
/// does, too; where none does, there is none.
fn is_plain_word(word: u64) -> bool {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    let any_less = |word: u64, than: u8| {
        word.wrapping_sub(EACH.wrapping_mul(u64::from(than))) & !word & EACH << 7
    };
    let is = |byte: u8| any_less(word ^ EACH.wrapping_mul(u64::from(byte)), 1);
    any_less(word, b' ') | is(b'"') | is(b'\\') == 0
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.part(part);
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::Text;

    #[test]
    fn strings_are_escaped_as_serde_json_escapes_them_wherever_the_special_byte_stands() {
        let specials = (0..=0x20).chain([0x22, 0x2f, 0x5c, 0x7f, 0xe9, 0x2028, 0x1_f600]);
        for special in specials.filter_map(char::from_u32) {
            for before in 0..70 {
                let text = format!("{}{special}é", "x".repeat(before));
                let (mut string, mut words) = (Vec::new(), Vec::new());
                Text::new(&mut string).string(&text);
                Text::new(&mut words).words(&format_args!("{text}{special}"));
                assert_eq!(
                    String::from_utf8(string).unwrap(),
                    serde_json::to_string(&text).unwrap()
                );
                let twice = format!("{text}{special}");
                assert_eq!(
                    String::from_utf8(words).unwrap(),
                    serde_json::to_string(&twice).unwrap()
                );
            }
        }
    }
}
