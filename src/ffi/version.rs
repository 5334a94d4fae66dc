//! Which library this is.

use std::ffi::{CStr, c_char};

use super::entry::entry;
use super::status::Status;

/// The number of the interface: raised when a program built for the one before cannot use this one.
const ABI: u32 = 1;

/// The version of the crate, as one number: `1_002_003` for 1.2.3.
const NUMBER: u32 = {
    let mut number = 0;
    let mut part = 0;
    let mut rest = env!("CARGO_PKG_VERSION").as_bytes();
    while let [digit, after @ ..] = rest {
        match *digit {
            b'.' => (number, part) = ((number + part) * 1_000, 0),
            digit @ b'0'..=b'9' => part = part * 10 + u32::from_be_bytes([0, 0, 0, digit - b'0']),
            _ => break,
        }
        rest = after;
    }
    number + part
};

const TEXT: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(text) => text,
        Err(_) => c"",
    };

entry! {
    /// The number of the interface that the library has.
    fn portcullis_abi_version() -> u32 {
        Ok(ABI)
    }
}

entry! {
    /// The version of the library, as one number.
    fn portcullis_version_number() -> u32 {
        Ok(NUMBER)
    }
}

entry! {
    /// The version of the library.
    fn portcullis_version() -> *const c_char {
        Ok(TEXT)
    }
}

entry! {
    /// What a status means.
    fn portcullis_status_text(status: value i32, (text, text_capacity): buffer, text_len: out usize) {
        let status = Status::of(status).ok_or(Status::Argument)?;
        text.set(status.in_words().as_bytes(), &text_len)
    }
}
