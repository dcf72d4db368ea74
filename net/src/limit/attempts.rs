//! Attempts per minute by whoever makes them: a sliding estimate in two numbers each.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// As many as are remembered; beyond that those who tried least are forgotten. Who tries often can't
/// be made forgotten by crowds who try once. At 100 bytes each that is 6 MiB.
const KNOWN_MAX: usize = 65_536;

/// Who tried how often.
#[derive(Debug)]
pub(super) struct Attempts<K> {
    began: Instant,
    known: HashMap<K, Tally>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    minute: u64,
    now: u32,
    before: u32,
}

impl<K> Default for Attempts<K> {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            known: HashMap::new(),
        }
    }
}

/// Counts one more; answers the estimate with it, and how long until fewer than `limit` count.
pub(super) fn count<K: Eq + Hash>(attempts: &Mutex<Attempts<K>>, who: K, limit: u32) -> (u32, u64) {
    let mut attempts = attempts.lock().unwrap_or_else(PoisonError::into_inner);
    let (minute, into) = attempts.now();
    if attempts.known.len() >= KNOWN_MAX && !attempts.known.contains_key(&who) {
        attempts.forget_the_least(minute, into);
    }
    let tally = attempts.known.entry(who).or_default();
    tally.roll(minute);
    tally.now = tally.now.saturating_add(1);
    (tally.estimate(into), tally.wait(into, limit))
}

/// Takes one count back.
pub(super) fn forgive<K: Eq + Hash>(attempts: &Mutex<Attempts<K>>, who: &K) {
    let mut attempts = attempts.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(tally) = attempts.known.get_mut(who) {
        tally.now = tally.now.saturating_sub(1);
    }
}

impl<K: Eq + Hash> Attempts<K> {
    /// Makes room for an eighth more, at the cost of the smallest counts.
    fn forget_the_least(&mut self, minute: u64, into: u64) {
        let room = KNOWN_MAX - KNOWN_MAX / 8;
        let mut least = 0;
        while self.known.len() > room {
            self.known.retain(|_, tally| {
                tally.roll(minute);
                tally.estimate(into) > least
            });
            least = least * 2 + 1;
        }
    }
}

impl<K> Attempts<K> {
    /// The minute, and how many milliseconds of it are over.
    fn now(&self) -> (u64, u64) {
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        (millis / 60_000, millis % 60_000)
    }
}

impl Tally {
    fn roll(&mut self, minute: u64) {
        if self.minute != minute {
            let adjacent = self.minute + 1 == minute;
            self.before = if adjacent { self.now } else { 0 };
            self.now = 0;
            self.minute = minute;
        }
    }

    /// This minute's count and the part of the last one's that the window still covers.
    fn estimate(&self, into: u64) -> u32 {
        let covered = u64::from(self.before) * (60_000 - into) / 60_000;
        self.now
            .saturating_add(u32::try_from(covered).unwrap_or(u32::MAX))
    }

    fn wait(&self, into: u64, limit: u32) -> u64 {
        let rest = 60_000 - into;
        if self.now >= limit {
            // Next minute begins with all of these and sheds them evenly.
            let over = u64::from(self.now - limit + 1);
            rest + 60_000 * over / u64::from(self.now.max(1))
        } else {
            rest
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::{Attempts, KNOWN_MAX, Tally, count};

    #[test]
    fn one_time_crowd_evicts_no_frequent_offender() {
        let attempts = Mutex::new(Attempts::default());
        for _ in 0..50 {
            count(&attempts, usize::MAX, 10);
        }
        for who in 0..KNOWN_MAX * 2 {
            count(&attempts, who, 10);
        }
        assert!(count(&attempts, usize::MAX, 10).0 > 10);
        assert!(attempts.lock().unwrap().known.len() <= KNOWN_MAX);
    }

    #[test]
    fn a_minute_fades_while_the_next_one_passes() {
        let mut tally = Tally {
            minute: 3,
            now: 60,
            before: 0,
        };
        tally.roll(4);
        assert_eq!(tally.estimate(0), 60);
        assert_eq!(tally.estimate(30_000), 30);
        assert_eq!(tally.estimate(59_999), 0);
        tally.roll(6);
        assert_eq!(tally.estimate(0), 0);
    }
}
