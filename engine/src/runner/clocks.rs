//! The clocks of the machine, as the runner reads them.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::port::WorldTime;

/// A monotonic clock in nanoseconds, for [`Setup::stopwatch`](crate::Setup::stopwatch).
#[must_use]
pub fn stopwatch() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// The wall clock.
pub(super) fn wall_now() -> WorldTime {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    WorldTime(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
