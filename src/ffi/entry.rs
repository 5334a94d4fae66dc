//! The one way into the library from C.
//!
//! Every exported function is written with [`entry!`], and in no other way: nothing else in the
//! crate carries `no_mangle`. So none can forget the guard against panics, the checks of pointers,
//! lengths and text, or to blank its results before anything else happens.

use std::cell::Cell;
use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, Location, PanicHookInfo, catch_unwind};
use std::sync::Once;

use super::status::Status;

/// Defines an exported function. Each parameter says how it is taken:
///
/// | written | C | in the body |
/// | --- | --- | --- |
/// | `p: shared X` | `const x *` | `&X`; any number of threads at a time |
/// | `p: tried X` | `const x *` | `Result<&X, Status>`: trouble with it is the body's |
/// | `p: kept X` | `const x *` | `Arc<X>` |
/// | `p: changed X` | `x *` | `&X`, poisoned by a panic |
/// | `p: named X` | `const x *` | an address, never followed |
/// | `p: alone X` | `x *` | `&mut X`; refused while in use, poisoned by a panic |
/// | `p: maybe X` | `x *` | the same, or `None` for null |
/// | `p: freed X` | `x *` | the object itself; null is nothing |
/// | `p: out T` | `T *` | a place for a result, blanked first |
/// | `p: wish T` | `T *` | the same, and null if it is not wanted |
/// | `p: record T` | `T *` | a place for a struct whose first member is its size, zeroed first |
/// | `p: settings T` | `const T *` | a struct whose first member is its size; null is the default |
/// | `p: lent T` | `const T *` | likewise, as `Result<_, Status>`: trouble with it is the body's |
/// | `p: value T` | `T` | itself |
/// | `(p, n): text` | `const char *, size_t` | `&str` |
/// | `(p, n): bytes` | `const char *, size_t` | `&[u8]` |
/// | `(p, n): stated` | `const char *, size_t` | `Result<&str, Status>`: trouble with it is the body's |
/// | `(p, n): lent` | `const char *, size_t` | `Result<&[u8], Status>`: likewise |
/// | `(p, n): words` | `const portcullis_str *, size_t` | several texts |
/// | `(p, n): files` | `const portcullis_file *, size_t` | several files |
/// | `(p, n): buffer` | `char *, size_t` | room for text |
/// | `(p, n): room` | `char *, size_t` | the same, in a `Result`: trouble with it is the body's |
///
/// The body gives `Result<(), Status>`, or of what the function returns instead of a status.
macro_rules! entry {
    ($(#[$about:meta])* fn $name:ident ($($parameters:tt)*) $body:block) => {
        entry!($(#[$about])* fn $name ($($parameters)*) -> crate::ffi::status::Status $body);
    };
    ($(#[$about:meta])* fn $name:ident ($($parameters:tt)*) -> $gives:ty $body:block) => {
        entry!(@take [$(#[$about])* fn $name -> $gives, $body] [] [] [] $($parameters)*);
    };

    // Each of these moves one parameter: to the signature, to what is blanked, to what is read.
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: out $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *mut $t,]
            [$($b)* let $p = unsafe { crate::ffi::pointers::Out::blanked($p) };]
            [$($r)* let $p = $p.ok_or(crate::ffi::status::Status::Null)?;] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: wish $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *mut $t,]
            [$($b)* let $p = unsafe { crate::ffi::pointers::Out::blanked($p) };]
            [$($r)*] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: record $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *mut $t,]
            [$($b)* let $p = unsafe { crate::ffi::pointers::RecordOut::blanked($p) };]
            [$($r)* let $p = $p?;] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: settings $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *const $t,] [$($b)*]
            [$($r)* let $p = unsafe { crate::ffi::pointers::settings($p) }?;] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: lent $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *const $t,] [$($b)*]
            [$($r)* let $p = unsafe { crate::ffi::pointers::settings($p) };] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: shared $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *const <$t as crate::ffi::objects::Held>::C,] [$($b)*]
            [$($r)* let $p = unsafe { crate::ffi::objects::shared::<$t>($p) }?;] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: tried $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *const <$t as crate::ffi::objects::Held>::C,] [$($b)*]
            [$($r)* let $p = unsafe { crate::ffi::objects::shared::<$t>($p) };] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: kept $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *const <$t as crate::ffi::objects::Held>::C,] [$($b)*]
            [$($r)* let $p = unsafe { crate::ffi::objects::kept::<$t>($p) }?;] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: changed $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *mut <$t as crate::ffi::objects::Held>::C,] [$($b)*]
            [$($r)* let $p = unsafe { crate::ffi::objects::changed::<$t>($p) }?;] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: named $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *const <$t as crate::ffi::objects::Held>::C,] [$($b)*]
            [$($r)* let $p = crate::ffi::objects::named::<$t>($p)?;] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: alone $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *mut <$t as crate::ffi::objects::Exclusive>::C,] [$($b)*]
            [$($r)* let mut $p = unsafe { crate::ffi::objects::alone::<$t>($p) }?;] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: maybe $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *mut <$t as crate::ffi::objects::Exclusive>::C,] [$($b)*]
            [$($r)* let mut $p = unsafe { crate::ffi::objects::maybe::<$t>($p) }?;] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: freed $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *mut <$t as crate::ffi::objects::Held>::C,] [$($b)*]
            [$($r)* unsafe { crate::ffi::objects::free::<$t>($p) };] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] $p:ident: value $t:ty $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: $t,] [$($b)*] [$($r)*] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] ($p:ident, $n:ident): text $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *const std::ffi::c_char, $n: usize,] [$($b)*]
            [$($r)* let $p = unsafe { crate::ffi::pointers::text($p, $n) }?;] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] ($p:ident, $n:ident): stated $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *const std::ffi::c_char, $n: usize,] [$($b)*]
            [$($r)* let $p = unsafe { crate::ffi::pointers::text($p, $n) };] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] ($p:ident, $n:ident): bytes $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *const std::ffi::c_char, $n: usize,] [$($b)*]
            [$($r)* let $p = unsafe { crate::ffi::pointers::bytes($p, $n) }?;] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] ($p:ident, $n:ident): lent $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *const std::ffi::c_char, $n: usize,] [$($b)*]
            [$($r)* let $p = unsafe { crate::ffi::pointers::bytes($p, $n) };] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] ($p:ident, $n:ident): words $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *const crate::ffi::pointers::Str, $n: usize,] [$($b)*]
            [$($r)* let $p = unsafe { crate::ffi::pointers::Words::at($p, $n) };] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] ($p:ident, $n:ident): files $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *const crate::ffi::pointers::File, $n: usize,] [$($b)*]
            [$($r)* let $p = unsafe { crate::ffi::pointers::files($p, $n) }?;] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] ($p:ident, $n:ident): buffer $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *mut std::ffi::c_char, $n: usize,]
            [$($b)* let $p = unsafe { crate::ffi::pointers::Buffer::blanked($p, $n) };]
            [$($r)* let $p = $p?;] $($($rest)*)?);
    };
    (@take $f:tt [$($c:tt)*] [$($b:tt)*] [$($r:tt)*] ($p:ident, $n:ident): room $(, $($rest:tt)*)?) => {
        entry!(@take $f [$($c)* $p: *mut std::ffi::c_char, $n: usize,]
            [$($b)* let $p = unsafe { crate::ffi::pointers::Buffer::blanked($p, $n) };]
            [$($r)*] $($($rest)*)?);
    };

    (@take [$(#[$about:meta])* fn $name:ident -> $gives:ty, $body:block] [$($c:tt)*] [$($b:tt)*] [$($r:tt)*]) => {
        $(#[$about])*
        ///
        /// # Safety
        ///
        /// As the header says: pointers are null or good for the call, lengths are theirs.
        #[unsafe(no_mangle)]
        #[expect(clippy::allow_attributes, reason = "not every function takes every kind of parameter")]
        #[allow(unused_unsafe, unused_mut, clippy::undocumented_unsafe_blocks,
            reason = "what C passes is good by the contract above, which is all that each step asks for")]
        pub unsafe extern "C" fn $name($($c)*) -> $gives {
            crate::ffi::entry::guard::<$gives>(|| {
                $($b)*
                $($r)*
                $body
            })
        }
    };
}
pub(super) use entry;

/// What an exported function returns, and what it returns on failure.
pub trait Returned {
    /// What the body gives.
    type Given;
    /// What C gets for it.
    fn of(given: Result<Self::Given, Status>) -> Self;
}

impl Returned for Status {
    type Given = ();
    fn of(given: Result<(), Status>) -> Self {
        given.err().unwrap_or(Self::Ok)
    }
}

impl Returned for () {
    type Given = ();
    fn of(_: Result<(), Status>) -> Self {}
}

impl Returned for u32 {
    type Given = Self;
    fn of(given: Result<Self, Status>) -> Self {
        given.unwrap_or(0)
    }
}

impl Returned for *const c_char {
    type Given = &'static std::ffi::CStr;
    fn of(given: Result<Self::Given, Status>) -> Self {
        given.unwrap_or(c"").as_ptr()
    }
}

/// Runs the body of an exported function, and stops a panic at the boundary. What the call was to
/// change, the panic has poisoned on its way.
pub fn guard<R: Returned>(body: impl FnOnce() -> Result<R::Given, Status>) -> R {
    R::of(catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        // What a panic carries may panic in turn when it is dropped.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
        Err(Status::Panic)
    }))
}

thread_local! {
    /// Where this thread last panicked.
    static PANICKED: Cell<Site> = const { Cell::new(Site::NONE) };
}

/// A place in the library's source, held without allocating.
#[derive(Clone, Copy)]
struct Site {
    file: [u8; Self::ROOM],
    length: usize,
    line: u32,
}

impl Site {
    const ROOM: usize = 120;
    const NONE: Self = Self { file: [0; Self::ROOM], length: 0, line: 0 };

    fn of(location: &Location<'_>) -> Self {
        // Of a long path, the end says more.
        let file = location.file().as_bytes();
        let file = file.get(file.len().saturating_sub(Self::ROOM)..).unwrap_or(file);
        let mut site = Self { length: file.len(), line: location.line(), ..Self::NONE };
        site.file.iter_mut().zip(file).for_each(|(to, from)| *to = *from);
        site
    }
}

/// Where this thread last panicked, in words for the log.
pub fn panicked_at() -> String {
    let Site { file, length, line } = PANICKED.get();
    let file = String::from_utf8_lossy(file.get(..length).unwrap_or_default()).into_owned();
    format!("panic at {file}:{line}: please report it")
}

/// That [`silence`] was done: the one static of the library, which no answer depends on.
static SILENCED: Once = Once::new();

/// Keeps panics off the standard error of the host, and notes where they were. Done when the first
/// handle is made, once, and not per call, which would race. A shared library has a standard library of
/// its own, so this hook is private to it; a static one shares it with other Rust code of the program.
pub fn silence() {
    SILENCED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
            if let Some(location) = info.location() {
                PANICKED.set(Site::of(location));
            }
            if cfg!(test) {
                before(info);
            }
        }));
    });
}
