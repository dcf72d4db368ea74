//! Times of the wall clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::port::WorldTime;

pub(super) fn now() -> WorldTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since.map_or(0, |since| since.as_micros());
    WorldTime(u64::try_from(now).unwrap_or(u64::MAX))
}

/// RFC 3339, in seconds.
pub(super) fn when(at: WorldTime) -> String {
    let at = UNIX_EPOCH.checked_add(Duration::from_secs(at.0 / 1_000_000));
    // Years of five digits are beyond what is printed.
    let last = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339_seconds(at.unwrap_or(last).min(last)).to_string()
}
