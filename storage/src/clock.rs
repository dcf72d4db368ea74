//! The wall clock, in the microseconds that columns and the world count in.

use engine::port::WorldTime;

/// Now.
pub(crate) fn wall() -> WorldTime {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    WorldTime::default().plus(since)
}

/// So many days ago.
pub(crate) fn ago(days: u32) -> WorldTime {
    let span = u64::from(days) * 86_400_000_000;
    WorldTime(wall().0.saturating_sub(span))
}
