//! The program in force, to be read without waiting.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use crate::decide::{Blank, Request, Standing};
use crate::program::Program;

/// The program in force.
///
/// Most requests were made for it, and hold it: for these its address is enough, which is read far
/// sooner than a reference is taken.
#[derive(Debug)]
pub(super) struct InForce {
    loaded: ArcSwap<Loaded>,
    /// The address of its program, or 0 while it is replaced.
    address: AtomicUsize,
    replacing: Mutex<()>,
}

/// A program, and what the requests of gateways under it have in common.
#[derive(Debug)]
struct Loaded {
    program: Arc<Program>,
    blank: Arc<Blank>,
}

impl Loaded {
    fn of(program: Program) -> Self {
        let blank = Arc::new(Blank::of(&program, Standing::Gateway));
        Self { program: Arc::new(program), blank }
    }
}

impl InForce {
    pub(super) fn new(program: Program) -> Self {
        let loaded = Loaded::of(program);
        let address = AtomicUsize::new(address(&loaded.program));
        Self { loaded: ArcSwap::from_pointee(loaded), address, replacing: Mutex::new(()) }
    }

    /// The program in force.
    pub(super) fn load(&self) -> Arc<Program> {
        Arc::clone(&self.loaded.load().program)
    }

    /// An empty request under it, as a gateway makes it.
    pub(super) fn request(&self) -> Request {
        let loaded = self.loaded.load();
        Request::of(Arc::clone(&loaded.program), Arc::clone(&loaded.blank))
    }

    /// Whether `program` is in force.
    #[inline]
    pub(super) fn is(&self, program: &Arc<Program>) -> bool {
        // INVARIANT: what has the address read here was in force when it was read. `program` lives all
        // the while, so that nothing else has its address; and the address is taken down before the
        // reference is, so that it is never that of memory that was used again.
        self.address.load(Ordering::Acquire) == address(program)
    }

    /// Puts a program in force.
    pub(super) fn replace(&self, program: Program) {
        let loaded = Loaded::of(program);
        let new = address(&loaded.program);
        // Nothing is kept under this lock that a panic could leave half done.
        let _one_at_a_time = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        self.address.store(0, Ordering::Release);
        self.loaded.store(Arc::new(loaded));
        self.address.store(new, Ordering::Release);
    }
}

fn address(program: &Arc<Program>) -> usize {
    Arc::as_ptr(program).addr()
}
