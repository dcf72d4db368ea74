//! What was sent lately, for a client that comes back: bounded in bytes and time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::port::{Planted, is_planted};

use crate::format::{EncodedFrame, SharedBytes};

/// Sent frames with their numbers, oldest first, without gap.
///
/// Kept small: whoever came with a crowd has heard of each of them. A frame takes a thin pointer,
/// and when it was sent is noted once for all of a second. A long frame that nobody shares, such as
/// the list of a room as one newcomer sees it, is kept packed.
#[derive(Debug, Default)]
pub(crate) struct ReplayRing {
    sent: VecDeque<SharedBytes>,
    /// How many frames were sent in which second, oldest first.
    spans: VecDeque<Span>,
    /// The number after the newest frame's.
    next: u64,
    bytes: usize,
    began: Option<Instant>,
}

#[derive(Debug)]
struct Span {
    /// Seconds since the ring's first frame.
    second: u32,
    frames: u32,
}

impl ReplayRing {
    /// Keeps frame `number`, at the cost of the oldest where there are more than `bound` bytes.
    pub(crate) fn push(&mut self, number: u64, now: Instant, tail: SharedBytes, bound: usize) {
        debug_assert!(self.sent.is_empty() || number == self.next, "a gap");
        let second = self.second(now);
        self.next = number + 1;
        self.bytes += weight(&tail);
        self.sent.push_back(tail);
        let long_ago = self.sent.len().checked_sub(PACKED_BEHIND + 1);
        if let Some(frame) = long_ago.and_then(|at| self.sent.get_mut(at)) {
            pack(frame);
        }
        match self.spans.back_mut() {
            // Time that goes back is the same second, too.
            Some(span) if second <= span.second => span.frames += 1,
            _ => self.spans.push_back(Span { second, frames: 1 }),
        }
        let bound = match is_planted(Planted::RingUnbounded) {
            true => usize::MAX,
            false => bound,
        };
        while self.bytes > bound && self.drop_oldest() {}
    }

    /// Forgets what is older than `age`, to the second.
    pub(crate) fn trim(&mut self, now: Instant, age: Duration) {
        let age = u32::try_from(age.as_secs()).unwrap_or(u32::MAX);
        let now = self.second(now);
        while let Some(oldest) = self.spans.front() {
            if now.saturating_sub(oldest.second) <= age {
                break;
            }
            self.drop_oldest();
        }
        if self.sent.len() * 4 < self.sent.capacity() {
            self.sent.shrink_to_fit();
            self.spans.shrink_to_fit();
        }
    }

    /// Packs the newest frames as well: nothing was sent for a while.
    pub(crate) fn rest(&mut self) {
        let newest = self.sent.len().saturating_sub(PACKED_BEHIND);
        self.sent.range_mut(newest..).for_each(pack);
    }

    /// Whether all frames after number `last` up to `newest` are still here.
    pub(crate) fn reaches(&self, last: u64, newest: u64) -> bool {
        self.place_after(last, newest).is_some()
    }

    fn place_after(&self, last: u64, newest: u64) -> Option<usize> {
        let missed = usize::try_from(newest.checked_sub(last)?).ok()?;
        self.sent.len().checked_sub(missed)
    }

    /// The frames after number `last`, if all of them up to `newest` are still here.
    pub(crate) fn after(&self, last: u64, newest: u64) -> Option<Vec<(u64, EncodedFrame)>> {
        let repeats = is_planted(Planted::ResumeRepeats) && last > 1;
        let last = last - u64::from(repeats);
        let from = self.place_after(last, newest)?;
        let tails = self.sent.range(from..).map(unpacked);
        Some(
            (last + 1..)
                .zip(tails.map(EncodedFrame::Numbered))
                .collect(),
        )
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// What is kept, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// What the ring itself takes, in bytes, beside frames that others may share.
    #[cfg(test)]
    pub(super) fn overhead(&self) -> usize {
        self.sent.capacity() * size_of::<SharedBytes>() + self.spans.capacity() * size_of::<Span>()
    }

    fn second(&mut self, now: Instant) -> u32 {
        let began = *self.began.get_or_insert(now);
        u32::try_from(now.saturating_duration_since(began).as_secs()).unwrap_or(u32::MAX)
    }

    fn drop_oldest(&mut self) -> bool {
        let oldest = self.sent.pop_front();
        if let Some(tail) = &oldest {
            self.bytes -= weight(tail);
        }
        if let Some(span) = self.spans.front_mut() {
            span.frames -= 1;
            if span.frames == 0 {
                self.spans.pop_front();
            }
        }
        oldest.is_some()
    }
}

/// From this length on it is worth the time to pack a frame, in bytes.
const PACKED_FROM: usize = 1_024;

/// What a packed frame begins with; JSON begins with no such byte.
const PACKED: u8 = 0;

/// A frame is packed when so many have come after it: by then everybody has written it, and whoever
/// still holds it keeps it.
const PACKED_BEHIND: usize = 16;

/// Packs a frame that only this ring still holds.
fn pack(frame: &mut SharedBytes) {
    let is_packed = frame.first() == Some(&PACKED);
    if is_packed || frame.len() < PACKED_FROM || Arc::strong_count(frame) > 1 {
        return;
    }
    let mut packed = vec![PACKED];
    packed.extend(lz4_flex::compress_prepend_size(frame));
    if packed.len() < frame.len() {
        *frame = Arc::new(packed.into_boxed_slice());
    }
}

/// The frame as it was sent.
fn unpacked(kept: &SharedBytes) -> SharedBytes {
    let whole = match kept.split_first() {
        Some((&PACKED, packed)) => lz4_flex::decompress_size_prepended(packed).ok(),
        _ => None,
    };
    // Only what was packed here begins so, and that unpacks.
    whole.map_or_else(
        || Arc::clone(kept),
        |whole| Arc::new(whole.into_boxed_slice()),
    )
}

/// A frame as it was sent, and its place: so much memory it takes again when it is asked for.
fn weight(kept: &SharedBytes) -> usize {
    let sent = match kept.split_first() {
        Some((&PACKED, packed)) => lz4_flex::block::uncompressed_size(packed).ok(),
        _ => None,
    };
    sent.map_or(kept.len(), |(length, _)| length) + size_of::<SharedBytes>()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use super::ReplayRing;
    use crate::format::{EncodedFrame, SharedBytes};

    fn filled(numbers: std::ops::RangeInclusive<u64>, at: Instant, bound: usize) -> ReplayRing {
        let mut ring = ReplayRing::default();
        for number in numbers {
            ring.push(number, at, Arc::new(b"x"[..].into()), bound);
        }
        ring
    }

    fn numbers(ring: &ReplayRing, last: u64, newest: u64) -> Option<Vec<u64>> {
        let missed = ring.after(last, newest)?;
        Some(missed.into_iter().map(|(number, _)| number).collect())
    }

    #[test]
    fn long_frame_of_one_is_kept_packed() {
        let (now, frame) = (Instant::now(), vec![b'x'; 4_000].into_boxed_slice());
        let mut ring = ReplayRing::default();
        let shared = Arc::new(frame.clone());
        ring.push(1, now, Arc::new(frame.clone()), 100_000);
        // What others hold as well costs nothing here.
        ring.push(2, now, Arc::clone(&shared), 100_000);
        for number in 3..=17 {
            assert_eq!(ring.sent[0].len(), 4_000, "{number}");
            ring.push(number, now, Arc::new(frame.clone()), 100_000);
        }
        assert!(ring.sent[0].len() < 200 && ring.sent[1].len() == 4_000);
        ring.rest();
        assert!(ring.sent.range(2..).all(|kept| kept.len() < 200));
        // All count as what they are when they go out again.
        assert_eq!(ring.bytes(), 17 * (4_000 + size_of::<SharedBytes>()));
        for (_, again) in ring.after(0, 17).unwrap() {
            assert!(matches!(again, EncodedFrame::Numbered(tail) if **tail == *frame));
        }
    }

    #[test]
    fn exactly_the_missed_frames_come_again() {
        let ring = filled(1..=5, Instant::now(), 10_000);
        assert_eq!(numbers(&ring, 3, 5), Some(vec![4, 5]));
        assert_eq!(numbers(&ring, 5, 5), Some(vec![]));
        assert_eq!(numbers(&ring, 0, 5), Some(vec![1, 2, 3, 4, 5]));
    }

    #[test]
    fn unsent_number_is_no_resume_point() {
        assert_eq!(numbers(&filled(1..=5, Instant::now(), 10_000), 6, 5), None);
    }

    #[test]
    fn frames_pushed_out_by_bytes_are_gone() {
        let ring = filled(1..=5, Instant::now(), 9 * 3);
        assert_eq!(numbers(&ring, 1, 5), None);
        assert_eq!(numbers(&ring, 2, 5), Some(vec![3, 4, 5]));
        assert_eq!(ring.bytes(), 9 * 3);
    }

    #[test]
    fn frames_pushed_out_by_time_are_gone() {
        let now = Instant::now();
        let mut ring = filled(1..=2, now, 10_000);
        ring.trim(now + Duration::from_secs(61), Duration::from_secs(60));
        assert_eq!(numbers(&ring, 1, 2), None);
        assert_eq!(numbers(&ring, 2, 2), Some(vec![]));
    }

    #[test]
    fn ring_drops_frames_second_by_second() {
        let began = Instant::now();
        let at = |millis| began + Duration::from_millis(millis);
        let mut ring = ReplayRing::default();
        for (number, millis) in (1..).zip([0, 900, 1_100, 2_500]) {
            ring.push(number, at(millis), Arc::new(b"x"[..].into()), 10_000);
        }
        let age = Duration::from_secs(60);
        for (millis, oldest) in [(60_999, 1), (61_000, 3), (62_000, 4), (63_000, 5)] {
            ring.trim(at(millis), age);
            assert_eq!(numbers(&ring, oldest - 1, 4), Some((oldest..=4).collect()));
            if oldest > 1 {
                assert_eq!(numbers(&ring, oldest - 2, 4), None, "at {millis}");
            }
        }
        assert_eq!(ring.bytes(), 0);
    }

    #[test]
    fn ring_of_a_crowds_arrival_takes_little_itself() {
        // 1,000 comings within 20 s, as frames of 330 bytes, and by default 256 KiB of them.
        let began = Instant::now();
        let mut ring = ReplayRing::default();
        for number in 1..=1_000 {
            let at = began + Duration::from_millis(20 * number);
            ring.push(number, at, Arc::new([b'x'; 330].into()), 256 * 1_024);
        }
        assert!(ring.overhead() <= 9 * 1_024, "{} bytes", ring.overhead());
        assert!(ring.bytes() > 255 * 1_024);
    }
}
