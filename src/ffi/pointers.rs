//! What C passes besides objects: texts, buffers, structs, places for results.

use std::collections::BTreeMap;
use std::ffi::c_char;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::status::Status;

/// What a result is until it is known: whatever is safest for a host that ignores the status.
pub trait Blank {
    /// It.
    const BLANK: Self;
}

impl<T> Blank for *mut T {
    const BLANK: Self = std::ptr::null_mut();
}

macro_rules! blank {
    ($($type:ty: $value:expr),+ $(,)?) => {$(
        impl crate::ffi::pointers::Blank for $type {
            const BLANK: Self = $value;
        }
    )+};
}
pub(super) use blank;

// An instant until which something holds has always passed.
blank!(usize: 0, u32: u32::MAX, u64: 0, i32: 0, i64: i64::MIN);

/// Text or bytes: `portcullis_str`. Fixed for ever, since it stands in arrays.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Str {
    /// Where they are; of text that the library gives, a zero follows.
    pub data: *const c_char,
    /// How many bytes.
    pub len: usize,
}

/// One file of a policy set: `portcullis_file`. Fixed for ever, since it stands in arrays.
#[repr(C)]
pub struct File {
    /// Its path.
    pub path: *const c_char,
    /// Bytes of the path.
    pub path_len: usize,
    /// What is in it.
    pub bytes: *const c_char,
    /// Bytes of it.
    pub bytes_len: usize,
}

impl Blank for Str {
    const BLANK: Self = Self { data: c"".as_ptr(), len: 0 };
}

/// A place for a result.
pub struct Out<'c, T>(*mut T, PhantomData<&'c mut T>);

impl<T: Blank> Out<'_, T> {
    /// The place at `pointer`, blanked; `None` if there is none.
    ///
    /// # Safety
    ///
    /// `pointer` is null or can be written for the call.
    pub unsafe fn blanked(pointer: *mut T) -> Option<Self> {
        if pointer.is_null() || !pointer.is_aligned() {
            return None;
        }
        // SAFETY: it can be written.
        unsafe { pointer.write(T::BLANK) };
        Some(Self(pointer, PhantomData))
    }

    /// Writes the result.
    pub fn set(&self, value: T) {
        // SAFETY: `blanked` wrote there.
        unsafe { self.0.write(value) }
    }
}

/// A struct of C whose first member is its size, in bytes, as the caller's header knows it.
///
/// # Safety
///
/// `repr(C)`, the first member is a `usize`, and every bit pattern that C can write is a value.
pub unsafe trait Record: Sized {
    /// The size of its first version: no caller has a smaller one.
    const FIRST: usize = size_of::<Self>();
}

/// A place for a struct that the library fills.
pub struct RecordOut<'c, T> {
    at: *mut T,
    size: usize,
    lifetime: PhantomData<&'c mut T>,
}

impl<T: Record> RecordOut<'_, T> {
    /// The struct at `pointer`, zeroed behind its size.
    ///
    /// # Safety
    ///
    /// `pointer` is null or of a struct as long as its first member says.
    pub unsafe fn blanked(pointer: *mut T) -> Result<Self, Status> {
        if pointer.is_null() || !pointer.is_aligned() {
            return Err(Status::Null);
        }
        // SAFETY: the first member is there in every version.
        let size = unsafe { pointer.cast::<usize>().read() };
        if !(T::FIRST..=LONGEST).contains(&size) {
            return Err(Status::Struct);
        }
        let behind = size_of::<usize>();
        // SAFETY: the struct is `size` bytes long.
        unsafe { pointer.cast::<u8>().add(behind).write_bytes(0, size - behind) };
        Ok(Self { at: pointer, size, lifetime: PhantomData })
    }

    /// Fills it: as much as the caller knows of.
    pub fn set(&self, record: T) {
        let behind = size_of::<usize>();
        let length = self.size.min(size_of::<T>()) - behind;
        let from = std::ptr::from_ref(&record).cast::<u8>();
        // SAFETY: both are longer than `behind + length`, and the size stays the caller's.
        unsafe {
            let to = self.at.cast::<u8>().add(behind);
            std::ptr::copy_nonoverlapping(from.add(behind), to, length);
        }
    }
}

/// A struct is never this long: a size beyond it is not one.
const LONGEST: usize = 4096;

/// A struct that the caller fills, and what it comes to once its pointers are followed.
pub trait Settings: Record {
    /// What it comes to.
    type Followed: Default;
    /// Follows its pointers.
    ///
    /// # Safety
    ///
    /// They are null or good for what their lengths say.
    unsafe fn followed(self) -> Result<Self::Followed, Status>;
}

/// A struct that the caller filled; what it comes to by default if the pointer is null.
///
/// # Safety
///
/// `pointer` is null or of a struct as long as its first member says, its pointers null or good.
pub unsafe fn settings<T: Settings>(pointer: *const T) -> Result<T::Followed, Status> {
    if pointer.is_null() {
        return Ok(T::Followed::default());
    }
    if !pointer.is_aligned() {
        return Err(Status::Null);
    }
    // SAFETY: the first member is there in every version.
    let size = unsafe { pointer.cast::<usize>().read() };
    if !(T::FIRST..=LONGEST).contains(&size) {
        return Err(Status::Struct);
    }
    let known = size.min(size_of::<T>());
    for place in known..size {
        // A caller of a later version may only say what this version can mean.
        // SAFETY: the struct is `size` bytes long.
        if unsafe { pointer.cast::<u8>().add(place).read() } != 0 {
            return Err(Status::Struct);
        }
    }
    let mut record = MaybeUninit::<T>::zeroed();
    // SAFETY: both are at least `known` bytes long; what an earlier version lacks is zero, and every
    // pattern of bits is a value of a `Record`.
    unsafe {
        let to = record.as_mut_ptr().cast::<u8>();
        std::ptr::copy_nonoverlapping(pointer.cast::<u8>(), to, known);
        record.assume_init().followed()
    }
}

/// Bytes of the caller's. A null pointer with length 0 is no bytes.
///
/// # Safety
///
/// `pointer` is null or can be read for `length` bytes, for as long as the result is used.
pub unsafe fn bytes<'c>(pointer: *const c_char, length: usize) -> Result<&'c [u8], Status> {
    if length == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(Status::Null);
    }
    if isize::try_from(length).is_err() {
        return Err(Status::Length);
    }
    // SAFETY: not null, not too long, readable.
    Ok(unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), length) })
}

/// Text of the caller's.
///
/// # Safety
///
/// As [`bytes`].
pub unsafe fn text<'c>(pointer: *const c_char, length: usize) -> Result<&'c str, Status> {
    // SAFETY: the caller's promise is the same.
    let bytes = unsafe { bytes(pointer, length) }?;
    std::str::from_utf8(bytes).map_err(|_| Status::Utf8)
}

/// Structs of the caller's, in a row.
///
/// # Safety
///
/// `pointer` is null or can be read for `count` structs, for as long as the result is used.
unsafe fn row<'c, T>(pointer: *const T, count: usize) -> Result<&'c [T], Status> {
    if count == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() || !pointer.is_aligned() {
        return Err(Status::Null);
    }
    let length = count.checked_mul(size_of::<T>()).and_then(|length| isize::try_from(length).ok());
    length.ok_or(Status::Length)?;
    // SAFETY: not null, aligned, not too long, readable.
    Ok(unsafe { std::slice::from_raw_parts(pointer, count) })
}

/// Several texts of the caller's.
#[derive(Clone, Copy)]
pub struct Words<'c>(Result<&'c [Str], Status>);

impl<'c> Words<'c> {
    /// The texts at `pointer`.
    ///
    /// # Safety
    ///
    /// `pointer` is null or of so many texts, each good as for [`text`].
    pub unsafe fn at(pointer: *const Str, count: usize) -> Self {
        // SAFETY: the caller's promise is the same.
        Self(unsafe { row(pointer, count) })
    }

    /// How many they are.
    pub fn count(self) -> Result<usize, Status> {
        self.0.map(<[Str]>::len)
    }

    /// Each of them.
    pub fn each(self) -> impl Iterator<Item = Result<&'c str, Status>> {
        let texts = self.0.unwrap_or_default().iter();
        // SAFETY: `at` was promised that they are good.
        texts.map(|word| unsafe { text(word.data, word.len) })
    }
}

/// Files of the caller's, by path.
///
/// # Safety
///
/// `pointer` is null or of so many files, whose texts are good as for [`bytes`].
pub unsafe fn files(
    pointer: *const File,
    count: usize,
) -> Result<BTreeMap<String, Vec<u8>>, Status> {
    // SAFETY: the caller's promise is the same.
    let files = unsafe { row(pointer, count) }?;
    let file = |file: &File| {
        // SAFETY: the caller's promise is the same.
        let path = unsafe { text(file.path, file.path_len) }?;
        // SAFETY: as above.
        let content = unsafe { bytes(file.bytes, file.bytes_len) }?;
        Ok((path.to_owned(), content.to_vec()))
    };
    files.iter().map(file).collect()
}

/// The texts that a struct of settings points to.
///
/// # Safety
///
/// As [`Words::at`].
pub unsafe fn texts(pointer: *const Str, count: usize) -> Result<Vec<String>, Status> {
    // SAFETY: the caller's promise is the same.
    let words = unsafe { Words::at(pointer, count) };
    words.count()?;
    words.each().map(|word| word.map(str::to_owned)).collect()
}

/// Room of the caller's for text.
pub struct Buffer<'c> {
    at: *mut c_char,
    room: usize,
    lifetime: PhantomData<&'c mut c_char>,
}

impl Buffer<'_> {
    /// The room at `pointer`, holding the empty text.
    ///
    /// # Safety
    ///
    /// `pointer` is null or can be written for `room` bytes, for the call.
    pub unsafe fn blanked(pointer: *mut c_char, room: usize) -> Result<Self, Status> {
        if pointer.is_null() && room > 0 {
            return Err(Status::Null);
        }
        if isize::try_from(room).is_err() {
            return Err(Status::Length);
        }
        if room > 0 {
            // SAFETY: there is room for one byte.
            unsafe { pointer.write(0) };
        }
        Ok(Self { at: pointer, room, lifetime: PhantomData })
    }

    /// Writes a text and a zero behind it, whole or not at all; its length in any case.
    pub fn set(&self, text: &[u8], length: &Out<'_, usize>) -> Result<(), Status> {
        length.set(text.len());
        if text.len() >= self.room {
            return Err(Status::Buffer);
        }
        // SAFETY: there is room for the text and the zero.
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr(), self.at.cast::<u8>(), text.len());
            self.at.add(text.len()).write(0);
        }
        Ok(())
    }
}
