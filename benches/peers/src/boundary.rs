//! Portcullis through its C functions, called from C: see `boundary.c`.

use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::neutral::{ATTRIBUTES, FLAGS, NUMBERS, Typed, WORDS, Workload};
use crate::ours;

#[repr(C)]
struct Slice {
    text: *const u8,
    length: usize,
}

impl Slice {
    fn of(bytes: &[u8]) -> Self {
        Self { text: bytes.as_ptr(), length: bytes.len() }
    }
}

#[repr(C)]
struct File {
    path: Slice,
    bytes: Slice,
}

/// Typed values as C has them; they borrow their words.
#[repr(C)]
pub struct InC<'w> {
    words: [*const u8; WORDS],
    lengths: [usize; WORDS],
    numbers: [i64; NUMBERS],
    flags: [i32; FLAGS],
    borrowed: PhantomData<&'w str>,
}

impl<'w> InC<'w> {
    pub fn of(typed: &Typed<'w>) -> Self {
        Self {
            words: typed.words.map(str::as_ptr),
            lengths: typed.words.map(str::len),
            numbers: typed.numbers,
            flags: typed.flags.map(i32::from),
            borrowed: PhantomData,
        }
    }
}

#[repr(C)]
struct Opaque {
    _private: [u8; 0],
}

unsafe extern "C" {
    fn peers_side_new(files: *const File, file_count: usize, names: *const Slice) -> *mut Opaque;
    fn peers_side_state(side: *mut Opaque, all: *const InC<'_>, count: usize);
    fn peers_side_free(side: *mut Opaque);
    fn peers_side_decide(side: *const Opaque, at: usize) -> i32;
    fn peers_side_typed(side: *const Opaque, typed: *const InC<'_>) -> i32;
    fn peers_side_json(side: *const Opaque, json: *const u8, length: usize) -> i32;
}

/// A handle made in C, and requests stated there.
pub struct Side {
    side: NonNull<Opaque>,
    count: usize,
}

impl Side {
    pub fn new(workload: &Workload) -> Self {
        let files = ours::files(workload);
        let files: Vec<File> = files
            .iter()
            .map(|(path, bytes)| File { path: Slice::of(path.as_bytes()), bytes: Slice::of(bytes) })
            .collect();
        let names = ATTRIBUTES.map(|(name, _)| Slice::of(name.as_bytes()));
        // SAFETY: all that is passed lives as long as the call, and is laid out as in boundary.c.
        let side = unsafe { peers_side_new(files.as_ptr(), files.len(), names.as_ptr()) };
        Self { side: NonNull::new(side).unwrap(), count: 0 }
    }

    /// States these requests, in place of those stated before.
    pub fn state(&mut self, typed: &[InC<'_>]) {
        // SAFETY: the handle lives, and nobody else has it; the requests live as long as the call.
        unsafe { peers_side_state(self.side.as_ptr(), typed.as_ptr(), typed.len()) }
        self.count = typed.len();
    }

    pub fn decide(&self, at: usize) -> bool {
        assert!(at < self.count);
        // SAFETY: the handle lives, on this thread, and has so many requests.
        unsafe { peers_side_decide(self.side.as_ptr(), at) != 0 }
    }

    pub fn typed(&self, typed: &InC<'_>) -> bool {
        // SAFETY: the handle lives, on this thread; the words do as long as the borrow.
        unsafe { peers_side_typed(self.side.as_ptr(), typed) != 0 }
    }

    pub fn json(&self, json: &str) -> bool {
        // SAFETY: the handle lives, on this thread, and the text as long as the call.
        unsafe { peers_side_json(self.side.as_ptr(), json.as_ptr(), json.len()) != 0 }
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        // SAFETY: it was made by `peers_side_new`, and is used no more.
        unsafe { peers_side_free(self.side.as_ptr()) }
    }
}
