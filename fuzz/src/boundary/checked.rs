//! Calls whose results are held to what the header says of every function: blank on failure, whole on
//! success, and nothing written where there is no room.

use super::abi::*;

pub const OK: i32 = 0;
pub const NULL: i32 = 1;
pub const LENGTH: i32 = 2;
pub const UTF8: i32 = 3;
pub const STRUCT: i32 = 4;
pub const ARGUMENT: i32 = 5;
pub const FREED: i32 = 13;
pub const FOREIGN: i32 = 14;
pub const INCOMPLETE: i32 = 15;
pub const ATTRIBUTE: i32 = 20;
pub const VALUE: i32 = 21;
pub const UNSTATABLE: i32 = 22;
pub const UNDECIDED: i32 = 30;
pub const NOTHING: i32 = 31;
pub const BUFFER: i32 = 32;
pub const POLICY_SET: i32 = 40;
pub const JSON: i32 = 41;
pub const EVIDENCE: i32 = 42;
pub const THUMBPRINT: i32 = 43;

/// Statuses that one thread may get of a library without bugs: neither busy, nor poisoned, nor a panic.
const POSSIBLE: [i32; 19] = [
    OK, NULL, LENGTH, UTF8, STRUCT, ARGUMENT, FREED, FOREIGN, INCOMPLETE, ATTRIBUTE, VALUE,
    UNSTATABLE, UNDECIDED, NOTHING, BUFFER, POLICY_SET, JSON, EVIDENCE, THUMBPRINT,
];

/// A status that there may be.
#[track_caller]
pub fn possible(status: i32) -> i32 {
    assert!(POSSIBLE.contains(&status), "status {status}");
    status
}

/// A result behind a pointer, which held something else before; on failure it is blank.
#[track_caller]
pub fn out<T: Copy + PartialEq + std::fmt::Debug>(
    junk: T,
    blank: T,
    call: impl FnOnce(*mut T) -> i32,
) -> Result<T, i32> {
    let mut place = junk;
    match possible(call(&raw mut place)) {
        OK => Ok(place),
        status => {
            assert_eq!(place, blank, "on failure, {status}");
            Err(status)
        }
    }
}

/// An object, which is made or is not.
#[track_caller]
pub fn made<T>(call: impl FnOnce(*mut *mut T) -> i32) -> Result<*mut T, i32> {
    let junk = std::ptr::dangling_mut();
    let object = out(junk, std::ptr::null_mut(), call)?;
    assert!(!object.is_null() && object != junk);
    Ok(object)
}

/// Text in a room of so many bytes, with more behind it that is nobody's to write. `partly` is the
/// status, besides success, with which there is text.
#[track_caller]
pub fn written(
    room: usize,
    partly: i32,
    call: impl FnOnce(*mut u8, usize, *mut usize) -> i32,
) -> (i32, String) {
    const JUNK: u8 = 0xa5;
    let mut bytes = vec![JUNK; room + 4];
    let mut len = 77;
    let status = possible(call(bytes.as_mut_ptr(), room, &raw mut len));
    let used = if status == OK || status == partly {
        assert!(len < room && bytes[len] == 0, "{len} bytes and a zero, in {room}");
        len + 1
    } else {
        assert!(if status == BUFFER { len >= room } else { len == 0 }, "{status}, but {len} bytes");
        assert!(room == 0 || bytes[0] == 0, "{status}, but not the empty text");
        room.min(1)
    };
    assert!(bytes[used..].iter().all(|byte| *byte == JUNK), "written beyond the text");
    bytes.truncate(used.saturating_sub(1));
    (status, String::from_utf8(bytes).unwrap())
}

/// A text that the library gives: UTF-8, and a zero behind it.
#[track_caller]
pub fn view(text: Str) -> String {
    assert!(!text.data.is_null());
    let bytes = unsafe { std::slice::from_raw_parts(text.data, text.len + 1) };
    assert_eq!(bytes[text.len], 0);
    String::from_utf8(bytes[..text.len].to_vec()).unwrap()
}

/// The same, where there may be none.
#[track_caller]
pub fn view_if_any(text: Str) -> Option<String> {
    if text.data.is_null() {
        assert_eq!(text.len, 0);
        return None;
    }
    Some(view(text))
}

/// A text behind a pointer; on failure it is empty.
#[track_caller]
pub fn text(call: impl FnOnce(*mut Str) -> i32) -> Result<String, i32> {
    let mut place = Str { data: std::ptr::null(), len: 77 };
    let status = possible(call(&raw mut place));
    let text = view(place);
    if status == OK {
        Ok(text)
    } else {
        assert_eq!((place.len, text.len()), (0, 0));
        Err(status)
    }
}

/// A struct of a program that knows of `more` bytes behind those of this library; on failure, or
/// where this library knows nothing, it is zeros.
#[track_caller]
pub fn record<T>(more: usize, call: impl FnOnce(*mut T) -> i32) -> Result<T, i32> {
    const LATER: usize = 32;
    #[repr(C)]
    struct Grown<T>(T, [u8; LATER]);
    let behind = size_of::<usize>();
    let size = size_of::<T>() + more.min(LATER);
    let mut place = Box::new(std::mem::MaybeUninit::<Grown<T>>::uninit());
    let at = place.as_mut_ptr().cast::<u8>();
    let (status, bytes) = unsafe {
        at.write_bytes(0xa5, size_of::<Grown<T>>());
        at.cast::<usize>().write(size);
        let status = possible(call(at.cast()));
        (status, std::slice::from_raw_parts(at, size_of::<Grown<T>>()))
    };
    let known = if status == OK { size_of::<T>() } else { behind };
    assert_eq!(bytes[..behind], size.to_ne_bytes());
    assert!(bytes[known..size].iter().all(|byte| *byte == 0), "not blank, {status}");
    assert!(bytes[size..].iter().all(|byte| *byte == 0xa5), "written beyond the struct");
    if status == OK { Ok(unsafe { at.cast::<T>().read() }) } else { Err(status) }
}
