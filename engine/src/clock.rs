//! World time as the systems see it.
//!
//! Nothing inside a tick reads a clock: time is an input, so that a replay sees the same.

use std::time::Duration;

use bevy_ecs::resource::Resource;

use crate::port::{Tick, WorldTime};

/// The longest a cadence catches up within one tick, in runs; the rest is counted and dropped.
pub const CATCH_UP_MAX: u64 = 8;

/// The time of this tick.
///
/// Inside a system that was registered with [`every`](crate::Registrar::every), `now` is the
/// moment the run was due, not the moment the tick got round to it: a late tick changes nothing.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The tick's number.
    pub tick: Tick,
    /// World time.
    pub now: WorldTime,
    /// World time since the tick before; longer after a skipped tick, zero on the first of a world
    /// that begins with it.
    pub dt: Duration,
    /// Microseconds to add to world time to get the wall clock.
    pub wall_offset: i64,
}

impl Clock {
    /// The wall clock at `now`.
    #[must_use]
    pub const fn wall(&self) -> WorldTime {
        self.wall_at(self.now)
    }

    /// The wall clock at some moment of world time.
    #[must_use]
    pub const fn wall_at(&self, at: WorldTime) -> WorldTime {
        WorldTime(at.0.saturating_add_signed(self.wall_offset))
    }
}

/// The moments in `(before, now]` at which a cadence of `period` is due: whole multiples of the
/// period since the epoch, so that neither the tick rate nor a restart shifts them.
/// Answers the due moments to run and how many more were dropped.
pub(crate) fn due(
    period: Duration,
    before: WorldTime,
    now: WorldTime,
) -> (impl Iterator<Item = WorldTime>, u64) {
    let period = u64::try_from(period.as_micros()).unwrap_or(u64::MAX).max(1);
    let (first, last) = (before.0 / period + 1, now.0 / period);
    let count = (last + 1).saturating_sub(first);
    let run = count.min(CATCH_UP_MAX);
    // The newest are run: what was dropped is the oldest.
    let start = last + 1 - run;
    (
        (start..=last).map(move |n| WorldTime(n * period)),
        count - run,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(period_ms: u64, before_ms: u64, now_ms: u64) -> (Vec<u64>, u64) {
        let (due, dropped) = due(
            Duration::from_millis(period_ms),
            WorldTime(before_ms * 1_000),
            WorldTime(now_ms * 1_000),
        );
        (due.map(WorldTime::millis).collect(), dropped)
    }

    #[test]
    fn cadence_due_at_multiples_regardless_of_ticks() {
        assert_eq!(moments(100, 0, 350), (vec![100, 200, 300], 0));
        assert_eq!(moments(100, 350, 399), (vec![], 0));
        assert_eq!(moments(100, 399, 400), (vec![400], 0));
        assert_eq!(moments(100, 400, 400), (vec![], 0));
    }

    #[test]
    fn cadence_stall_runs_eight_times_counts_rest() {
        let (run, dropped) = moments(100, 0, 2_000);
        assert_eq!((run.len(), dropped), (8, 12));
        assert_eq!(run.last(), Some(&2_000));
    }
}
