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
        self.quoted(|out| out.json(text));
    }

    /// Adds a string that is put into words as it is written.
    pub fn words(&mut self, words: &dyn fmt::Display) {
        // Adding to a buffer does not fail.
        self.quoted(|out| _ = fmt::write(out, format_args!("{words}")));
    }

    /// Adds what is written, as a string. It is looked at once, when all of it is there: nearly always
    /// nothing in it needs escaping.
    pub fn quoted(&mut self, write: impl FnOnce(&mut Self)) {
        let quote = self.0.len();
        self.0.push(b'"');
        write(self);
        let written = self.0.get(quote + 1..).unwrap_or_default();
        if is_plain(written) {
            self.0.push(b'"');
        } else {
            let text = String::from_utf8_lossy(written).into_owned();
            self.0.truncate(quote);
            self.value(&text);
        }
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
}

/// Whether nothing in a text needs escaping. Some bytes are looked at twice, so that there are as many.
fn is_plain(text: &[u8]) -> bool {
    if let Some(last) = text.last_chunk::<16>() {
        return text.as_chunks().0.iter().all(are_plain::<16>) && are_plain(last);
    }
    let ends = ends_are_plain::<8>(text).or_else(|| ends_are_plain::<4>(text));
    ends.unwrap_or_else(|| text.iter().all(|byte| are_plain(&[*byte])))
}

/// The same of so many bytes at both ends, if there are.
fn ends_are_plain<const BYTES: usize>(text: &[u8]) -> Option<bool> {
    Some(are_plain::<BYTES>(text.first_chunk()?) & are_plain::<BYTES>(text.last_chunk()?))
}

/// Whether none of some bytes needs escaping. All of them are looked at, whatever the first is, and in
/// numbers: so the compiler looks at them at once.
fn are_plain<const BYTES: usize>(bytes: &[u8; BYTES]) -> bool {
    // Nothing of a control character, a quote or a backslash.
    let plain = |byte: &u8| byte.saturating_sub(0x1f).min(byte ^ b'"').min(byte ^ b'\\');
    bytes.iter().map(plain).fold(true, |all, plain| all & (plain != 0))
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.json(part);
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
