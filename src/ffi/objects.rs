//! The objects that C holds by pointer: who may use them, and when they end.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use super::status::Status;

/// A Rust object that C holds by a pointer to a type without a definition.
///
/// Behind each pointer is one count of an [`Arc`], so that an object lives as long as another of the
/// library's objects rests on it, also after C freed it.
pub trait Held: Sized + Send + Sync {
    /// The type in C.
    type C;
    /// How it stands.
    fn standing(&self) -> &Standing;
    /// Told when a call that could change it ends in a panic.
    fn panicked(&self) {}
}

/// Whether an object may be used.
#[derive(Debug, Default)]
pub struct Standing(AtomicU8);

const FREE: u8 = 0;
const IN_USE: u8 = 1;
const POISONED: u8 = 2;
const FREED: u8 = 3;

impl Standing {
    /// Whether it may be used by any number of threads.
    pub fn is_good(&self) -> Result<(), Status> {
        Self::refusal(self.0.load(Ordering::Acquire)).map_or(Ok(()), Err)
    }

    /// Whether C let go of it.
    pub fn is_freed(&self) -> bool {
        self.0.load(Ordering::Acquire) == FREED
    }

    fn refusal(state: u8) -> Option<Status> {
        match state {
            FREE => None,
            IN_USE => Some(Status::Busy),
            POISONED => Some(Status::Poisoned),
            _ => Some(Status::Freed),
        }
    }

    fn poison(&self) {
        self.0.store(POISONED, Ordering::Release);
    }
}

/// What one thread at a time may use: held by C as a [`Single`].
pub trait Exclusive: Sized + Send {
    /// The type in C.
    type C;
    /// Told when a call on it ends in a panic.
    fn panicked(&self);
    /// Told, by the next call, that one was turned away since another was under way.
    fn lost_a_call(&mut self);
}

/// An object that one thread at a time may use.
// In this order, and from the start of a cache line: who has thousands of requests waits for each of its
// lines.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct Single<T> {
    standing: Standing,
    /// Whether a call was turned away that the object was not yet told of.
    turned_away: AtomicBool,
    object: UnsafeCell<T>,
}

// SAFETY: the object is reached only through `alone`, which lets one thread in at a time.
unsafe impl<T: Send> Sync for Single<T> {}

impl<T> Single<T> {
    /// For one thread at a time.
    pub fn new(object: T) -> Self {
        let turned_away = AtomicBool::new(false);
        Self { standing: Standing::default(), turned_away, object: UnsafeCell::new(object) }
    }
}

impl<T: Exclusive> Held for Single<T> {
    type C = T::C;
    fn standing(&self) -> &Standing {
        &self.standing
    }
}

/// The pointer that C gets for an object, to be freed by it.
pub fn given<T: Held>(object: T) -> *mut T::C {
    Arc::into_raw(Arc::new(object)).cast_mut().cast()
}

fn good<T: Held>(pointer: *const T::C) -> Result<*const T, Status> {
    let pointer = pointer.cast::<T>();
    if pointer.is_null() || !pointer.is_aligned() { Err(Status::Null) } else { Ok(pointer) }
}

/// An object that any number of threads may use.
///
/// # Safety
///
/// `pointer` is null or of a living object of this type.
pub unsafe fn shared<'a, T: Held>(pointer: *const T::C) -> Result<&'a T, Status> {
    // SAFETY: neither null nor dangling.
    let object = unsafe { &*good::<T>(pointer)? };
    object.standing().is_good()?;
    Ok(object)
}

/// The same, to be kept after the call.
///
/// # Safety
///
/// As [`shared`].
pub unsafe fn kept<T: Held>(pointer: *const T::C) -> Result<Arc<T>, Status> {
    let pointer = good::<T>(pointer)?;
    // SAFETY: neither null nor dangling.
    unsafe { &*pointer }.standing().is_good()?;
    // SAFETY: `given` made the pointer from an `Arc`; the count taken is the one that is added.
    unsafe {
        Arc::increment_strong_count(pointer);
        Ok(Arc::from_raw(pointer))
    }
}

/// An object that is changed as a whole, by any number of threads. It is kept for the call, since the
/// host's callbacks may free it.
pub struct Changed<T: Held>(Arc<T>);

/// An object to be changed as a whole.
///
/// # Safety
///
/// As [`shared`].
pub unsafe fn changed<T: Held>(pointer: *mut T::C) -> Result<Changed<T>, Status> {
    // SAFETY: the caller's promise is the same.
    unsafe { kept::<T>(pointer) }.map(Changed)
}

impl<T: Held> Deref for Changed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Held> Drop for Changed<T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.standing().poison();
            self.0.panicked();
        }
    }
}

/// The address of an object: known, but never followed, so that it may be dangling.
pub struct Named<T>(*const T);

/// The address of an object.
pub fn named<T: Held>(pointer: *const T::C) -> Result<Named<T>, Status> {
    good::<T>(pointer).map(Named)
}

impl<T> Named<T> {
    /// Whether it is the address of this object.
    pub fn is(&self, object: &Arc<T>) -> bool {
        std::ptr::eq(self.0, Arc::as_ptr(object))
    }
}

/// A [`Single`] that its one user has entered.
pub struct Alone<'a, T: Exclusive>(&'a Single<T>);

/// An object for one thread alone: refused while it is in use.
///
/// # Safety
///
/// `pointer` is null or of a living [`Single`] of this type.
pub unsafe fn alone<'a, T: Exclusive>(pointer: *mut T::C) -> Result<Alone<'a, T>, Status> {
    // SAFETY: neither null nor dangling.
    let single = unsafe { &*good::<Single<T>>(pointer)? };
    let entered =
        single.standing.0.compare_exchange(FREE, IN_USE, Ordering::Acquire, Ordering::Relaxed);
    if let Err(state) = entered {
        let refusal = Standing::refusal(state).unwrap_or(Status::Busy);
        if refusal == Status::Busy {
            single.turned_away.store(true, Ordering::Release);
        }
        return Err(refusal);
    }
    let mut alone = Alone(single);
    if single.turned_away.load(Ordering::Acquire) {
        single.turned_away.store(false, Ordering::Relaxed);
        alone.lost_a_call();
    }
    Ok(alone)
}

/// The same, where the host may pass none.
///
/// # Safety
///
/// As [`alone`].
pub unsafe fn maybe<'a, T: Exclusive>(pointer: *mut T::C) -> Result<Option<Alone<'a, T>>, Status> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise is the same.
    unsafe { alone::<T>(pointer) }.map(Some)
}

impl<T: Exclusive> Deref for Alone<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: between `alone` and `drop` nobody else enters.
        unsafe { &*self.0.object.get() }
    }
}

impl<T: Exclusive> DerefMut for Alone<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above; `&mut self` is the only way in.
        unsafe { &mut *self.0.object.get() }
    }
}

impl<T: Exclusive> Drop for Alone<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.panicked();
            self.0.standing.poison();
        } else {
            self.0.standing.0.store(FREE, Ordering::Release);
        }
    }
}

/// Ends C's hold on an object. One in use is left alone: it is lost, which is better than freed under
/// the feet of its user.
///
/// # Safety
///
/// `pointer` is null or was given to C by [`given`], and C does not use it again.
pub unsafe fn free<T: Held>(pointer: *mut T::C) {
    let Ok(pointer) = good::<T>(pointer) else { return };
    // SAFETY: neither null nor dangling.
    let standing = unsafe { &*pointer }.standing();
    let freed = |state| (state != IN_USE && state != FREED).then_some(FREED);
    if standing.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, freed).is_ok() {
        // SAFETY: `given` made it from an `Arc`, whose count C held until now, once.
        drop(unsafe { Arc::from_raw(pointer) });
    }
}
