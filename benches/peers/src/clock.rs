//! The time that this thread spent computing: on a busy machine, waiting for a turn is most of the time
//! that passes, and falls on whoever's turn it was.

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Runs from when it is made.
#[derive(Clone, Copy)]
pub struct Clock(Timespec);

impl Clock {
    pub fn start() -> Self {
        // The kernel's way to the first answer after a while is long, and would count.
        let _ = clock_gettime(ClockId::ThreadCPUTime);
        Self(clock_gettime(ClockId::ThreadCPUTime))
    }

    /// How long it has run.
    pub fn nanoseconds(self) -> f64 {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        let between = |to: i64, from: i64| {
            let difference = i32::try_from(to - from).unwrap_or(i32::MAX);
            f64::from(difference)
        };
        between(now.tv_sec, self.0.tv_sec) * 1e9 + between(now.tv_nsec, self.0.tv_nsec)
    }
}
