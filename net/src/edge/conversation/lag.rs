//! Whether a socket keeps up with what it is offered.
//!
//! A client is slow when more than `sessions.queue_bytes` have waited for `sessions.slow_seconds`
//! while no new low was reached and less than that was taken: it neither catches up nor comes near
//! it. How much one tick said makes nobody slow, since that is taken in time or it is not. How much
//! may wait at all is the session's to say (`SessionBounds::left_over_max`).

use std::time::Instant;

use crate::config::SessionBounds;

/// One socket's lag.
#[derive(Debug, Default)]
pub(in crate::edge) struct Lag {
    /// Bytes handed to the socket so far.
    offered: u64,
    behind: Option<Backlog>,
}

/// More waits than may for long.
#[derive(Clone, Copy, Debug)]
struct Backlog {
    since: Instant,
    /// The least that waited since, and what had been taken then.
    least: usize,
    taken: u64,
}

impl Lag {
    /// Notes bytes that are handed to the socket.
    pub(in crate::edge) const fn offer(&mut self, bytes: usize) {
        self.offered += bytes as u64;
    }

    /// Nothing waits any more.
    pub(in crate::edge) const fn over(&mut self) {
        self.behind = None;
    }

    /// Looks at the socket, of which `backlog` bytes were not taken yet and for which `queued` more
    /// wait; answers whether it has been slow for too long.
    pub(in crate::edge) fn is_slow(
        &mut self,
        now: Instant,
        (queued, backlog): (usize, usize),
        bounds: &SessionBounds,
    ) -> bool {
        let waiting = queued + backlog;
        if waiting <= bounds.queue_bytes {
            self.behind = None;
            return false;
        }
        let taken = self.offered.saturating_sub(backlog as u64);
        let fresh = Backlog {
            since: now,
            least: waiting,
            taken,
        };
        let behind = self.behind.get_or_insert(fresh);
        if waiting < behind.least || taken.saturating_sub(behind.taken) >= bounds.queue_bytes as u64
        {
            *behind = fresh;
        }
        now.saturating_duration_since(behind.since) >= bounds.slow_time
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Lag;
    use crate::config::SessionBounds;

    const BOUNDS: SessionBounds = SessionBounds {
        queue_bytes: 100_000,
        slow_time: Duration::from_secs(10),
        replay_bytes: 0,
        replay_time: Duration::ZERO,
        send_buffer_bytes: 0,
    };

    /// A client that takes `takes` bytes a second, after a burst and with `comes` bytes more every
    /// second; answers after how many of 100 seconds it is slow.
    fn slow_after(burst: usize, takes: usize, comes: usize) -> Option<u64> {
        let (mut lag, began) = (Lag::default(), Instant::now());
        let mut queued = burst;
        (0..100).find(|second| {
            let taken = takes.min(queued);
            lag.offer(taken);
            queued = queued - taken + comes;
            lag.is_slow(began + Duration::from_secs(*second), (queued, 0), &BOUNDS)
        })
    }

    #[test]
    fn reader_of_any_pace_survives_one_burst() {
        for takes in [100, 2_000, 20_000] {
            assert_eq!(slow_after(5_000_000, takes, 0), None, "{takes} bytes/s");
        }
    }

    #[test]
    fn average_pace_reader_survives_burst() {
        assert_eq!(slow_after(1_000_000, 5_000, 4_000), None);
        assert_eq!(slow_after(1_000_000, 12_000, 12_000), None);
    }

    #[test]
    fn client_that_takes_nothing_is_slow_in_time() {
        assert_eq!(slow_after(200_000, 0, 0), Some(10));
        assert_eq!(slow_after(0, 0, 20_000), Some(15));
    }

    #[test]
    fn client_that_falls_behind_is_slow_in_time() {
        assert_eq!(slow_after(200_000, 1_000, 5_000), Some(10));
    }

    #[test]
    fn less_than_the_bound_may_wait_for_ever() {
        assert_eq!(slow_after(100_000, 0, 0), None);
    }

    #[test]
    fn old_lag_that_ended_is_forgotten() {
        let (mut lag, began) = (Lag::default(), Instant::now());
        let at = |seconds| began + Duration::from_secs(seconds);
        assert!(!lag.is_slow(at(0), (200_000, 0), &BOUNDS));
        lag.over();
        assert!(!lag.is_slow(at(60), (300_000, 0), &BOUNDS));
        assert!(lag.is_slow(at(70), (0, 300_000), &BOUNDS));
    }
}
