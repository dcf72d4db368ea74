//! What was sent lately, for a client that comes back: bounded in bytes and time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::format::Parcel;

/// Sent frames with their numbers, oldest first, without gap.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    sent: VecDeque<Sent>,
    /// The number after the newest frame's.
    next: u64,
    bytes: usize,
    began: Option<Instant>,
}

/// One frame. Kept small: a busy client has thousands of them.
#[derive(Debug)]
struct Sent {
    tail: Arc<[u8]>,
    /// When, in tenths of a second since the ring's first frame: enough for years.
    at: u32,
}

impl Ring {
    /// Keeps frame `number`, at the cost of the oldest where there are more than `bound` bytes.
    pub(crate) fn push(&mut self, number: u64, now: Instant, tail: Arc<[u8]>, bound: usize) {
        debug_assert!(self.sent.is_empty() || number == self.next, "a gap");
        let at = self.tenths(now);
        self.next = number + 1;
        self.bytes += weight(&tail);
        self.sent.push_back(Sent { tail, at });
        while self.bytes > bound && self.drop_oldest() {}
    }

    /// Forgets what is older than `age`.
    pub(crate) fn trim(&mut self, now: Instant, age: Duration) {
        let age = u32::try_from(age.as_millis() / 100).unwrap_or(u32::MAX);
        let now = self.tenths(now);
        while let Some(oldest) = self.sent.front() {
            if now - oldest.at <= age {
                break;
            }
            self.drop_oldest();
        }
        if self.sent.len() * 4 < self.sent.capacity() {
            self.sent.shrink_to_fit();
        }
    }

    /// The frames after number `last`, if all of them up to `newest` are still here.
    pub(crate) fn after(&self, last: u64, newest: u64) -> Option<Vec<(u64, Parcel)>> {
        let missed = usize::try_from(newest.checked_sub(last)?).ok()?;
        let from = self.sent.len().checked_sub(missed)?;
        let tails = self.sent.range(from..).map(|sent| Arc::clone(&sent.tail));
        Some((last + 1..).zip(tails.map(Parcel::Tail)).collect())
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// What is kept, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    fn tenths(&mut self, now: Instant) -> u32 {
        let began = *self.began.get_or_insert(now);
        let tenths = now.saturating_duration_since(began).as_millis() / 100;
        u32::try_from(tenths).unwrap_or(u32::MAX)
    }

    fn drop_oldest(&mut self) -> bool {
        let oldest = self.sent.pop_front();
        if let Some(sent) = &oldest {
            self.bytes -= weight(&sent.tail);
        }
        oldest.is_some()
    }
}

/// A frame and its place.
fn weight(tail: &Arc<[u8]>) -> usize {
    tail.len() + size_of::<Sent>()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Ring;

    fn filled(numbers: std::ops::RangeInclusive<u64>, at: Instant, bound: usize) -> Ring {
        let mut ring = Ring::default();
        for number in numbers {
            ring.push(number, at, b"x"[..].into(), bound);
        }
        ring
    }

    fn numbers(ring: &Ring, last: u64, newest: u64) -> Option<Vec<u64>> {
        let missed = ring.after(last, newest)?;
        Some(missed.into_iter().map(|(number, _)| number).collect())
    }

    #[test]
    fn exactly_the_missed_frames_come_again() {
        let ring = filled(1..=5, Instant::now(), 10_000);
        assert_eq!(numbers(&ring, 3, 5), Some(vec![4, 5]));
        assert_eq!(numbers(&ring, 5, 5), Some(vec![]));
        assert_eq!(numbers(&ring, 0, 5), Some(vec![1, 2, 3, 4, 5]));
    }

    #[test]
    fn a_number_that_was_never_sent_is_no_place_to_go_on_from() {
        assert_eq!(numbers(&filled(1..=5, Instant::now(), 10_000), 6, 5), None);
    }

    #[test]
    fn frames_pushed_out_by_bytes_are_gone() {
        let ring = filled(1..=5, Instant::now(), 25 * 3);
        assert_eq!(numbers(&ring, 1, 5), None);
        assert_eq!(numbers(&ring, 2, 5), Some(vec![3, 4, 5]));
        assert_eq!(ring.bytes(), 25 * 3);
    }

    #[test]
    fn frames_pushed_out_by_time_are_gone() {
        let now = Instant::now();
        let mut ring = filled(1..=2, now, 10_000);
        ring.trim(now + Duration::from_secs(61), Duration::from_secs(60));
        assert_eq!(numbers(&ring, 1, 2), None);
        assert_eq!(numbers(&ring, 2, 2), Some(vec![]));
    }
}
