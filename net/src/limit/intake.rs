//! What a session has sent, over all its sockets: how fast, and how much of it the world has not
//! taken yet.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Window;
use crate::format::LINES_MAX;

/// Lines of one session that stand in the world's lane, at most: as many as the world queues for
/// one player. The lane holds 16,384, so it takes 256 sessions that fill their share to fill it.
const LANE_SHARE: u32 = 64;

/// Whoever has more than this in the lane is not read, so that a whole message still fits.
const READ_UP_TO: u32 = LANE_SHARE - LINES_MAX as u32;

/// One session's part of what is everybody's. A socket has one of its own until it has signed in.
#[derive(Debug)]
pub(crate) struct Intake {
    window: Mutex<Window>,
    /// Lines offered since the world had last taken all of them.
    waiting: AtomicU32,
    /// The place in the lane of the last of them.
    last: AtomicU64,
}

impl Intake {
    /// At most `limit` messages and lines in any 60 s; 0: any number.
    pub(crate) const fn new(limit: u32, now: Instant) -> Self {
        Self {
            window: Mutex::new(Window::new(limit, now)),
            waiting: AtomicU32::new(0),
            last: AtomicU64::new(0),
        }
    }

    /// Counts a message, or a line beyond the first of one.
    ///
    /// # Errors
    /// With the wait until there is room.
    pub(crate) fn count(&self, now: Instant) -> Result<(), Duration> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.count(now)
    }

    /// Whether a line more may stand in the lane, of which the world has taken all places up to
    /// `taken`.
    pub(crate) fn has_share(&self, taken: u64) -> bool {
        if self.last.load(Ordering::Relaxed) <= taken {
            self.waiting.store(0, Ordering::Relaxed);
        }
        self.waiting.load(Ordering::Relaxed) < LANE_SHARE
    }

    /// A line stands in the lane, at `place`.
    pub(crate) fn stands_at(&self, place: u64) {
        self.last.store(place, Ordering::Relaxed);
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the socket should wait before it reads another message. `taken` is asked for only
    /// where it matters.
    pub(crate) fn is_full(&self, taken: impl FnOnce() -> u64) -> bool {
        self.waiting.load(Ordering::Relaxed) > READ_UP_TO
            && self.last.load(Ordering::Relaxed) > taken()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{Intake, LANE_SHARE, READ_UP_TO};

    #[test]
    fn intake_lends_share_until_world_takes_line() {
        let intake = Intake::new(0, Instant::now());
        for place in 1..=u64::from(LANE_SHARE) {
            assert!(intake.has_share(0), "{place}");
            intake.stands_at(place);
            assert_eq!(intake.is_full(|| 0), place > u64::from(READ_UP_TO));
        }
        assert!(!intake.has_share(0));
        // All but the last of them are taken: not yet.
        assert!(!intake.has_share(u64::from(LANE_SHARE) - 1));
        assert!(!intake.is_full(|| u64::from(LANE_SHARE)));
        assert!(intake.has_share(u64::from(LANE_SHARE)));
    }
}
