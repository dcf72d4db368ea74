//! A sliding window over one minute, in one-second steps.

use std::time::{Duration, Instant};

/// Seconds of a window, and one more: the step that is half over counts wholly, so that no 60 s
/// hold more than the limit.
const STEPS: usize = 61;

/// Counts what one connection does. Memory is fixed; each count costs the same.
#[derive(Debug)]
pub(crate) struct Window {
    limit: u32,
    began: Instant,
    second: u64,
    sum: u32,
    // Boxed on the first count: idle connections are many.
    steps: Option<Box<[u32; STEPS]>>,
    announced: Option<Instant>,
}

/// What a count says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Go on.
    Fine,
    /// Too fast; the wait in milliseconds. Not told for a second.
    TooFast(u64),
    /// Too fast, and told so within the last second.
    Told,
}

impl Window {
    /// A window of at most `limit` in any 60 s; 0: any number.
    pub(crate) const fn new(limit: u32, now: Instant) -> Self {
        Self {
            limit,
            began: now,
            second: 0,
            sum: 0,
            steps: None,
            announced: None,
        }
    }

    /// Counts one more, unless it is too much.
    pub(crate) fn count(&mut self, now: Instant) -> Pace {
        if self.limit == 0 {
            return Pace::Fine;
        }
        let second = now.saturating_duration_since(self.began).as_secs();
        let steps = self.steps.get_or_insert_with(|| Box::new([0; STEPS]));
        let passed = second - self.second;
        if passed >= STEPS as u64 {
            steps.fill(0);
            self.sum = 0;
        } else {
            for step in self.second + 1..=second {
                self.sum -= std::mem::take(&mut steps[step as usize % STEPS]);
            }
        }
        self.second = second;

        if self.sum < self.limit {
            steps[second as usize % STEPS] += 1;
            self.sum += 1;
            return Pace::Fine;
        }
        let told = |at: Instant| now.saturating_duration_since(at) < Duration::from_secs(1);
        if self.announced.is_some_and(told) {
            return Pace::Told;
        }
        self.announced = Some(now);
        // The oldest step that holds anything falls out of the window next.
        let oldest = (1..=STEPS as u64)
            .find(|ahead| steps[(second + ahead) as usize % STEPS] > 0)
            .unwrap_or(1);
        let due = self.began + Duration::from_secs(second + oldest);
        let wait = due.saturating_duration_since(now).as_millis();
        Pace::TooFast(u64::try_from(wait).unwrap_or(u64::MAX).max(1))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Pace, Window};

    #[test]
    fn no_minute_holds_more_than_the_limit() {
        let began = Instant::now();
        let mut window = Window::new(100, began);
        let mut passed = Vec::new();
        // Seven a second for five minutes.
        for step in 0..7 * 300_u64 {
            let now = began + Duration::from_millis(step * 1000 / 7);
            if window.count(now) == Pace::Fine {
                passed.push(now);
            }
        }
        for (at, first) in passed.iter().enumerate() {
            let within = passed[at..]
                .iter()
                .filter(|now| now.duration_since(*first) < Duration::from_secs(60));
            assert!(within.count() <= 100);
        }
        assert!(passed.len() > 400, "{}", passed.len());
    }

    #[test]
    fn a_flood_is_told_once_a_second_and_how_long_to_wait() {
        let began = Instant::now();
        let mut window = Window::new(2, began);
        assert_eq!(window.count(began), Pace::Fine);
        assert_eq!(window.count(began), Pace::Fine);
        let Pace::TooFast(wait) = window.count(began) else {
            panic!("not too fast");
        };
        assert_eq!(wait, 61_000);
        assert_eq!(window.count(began), Pace::Told);
        let later = began + Duration::from_secs(1);
        assert!(matches!(window.count(later), Pace::TooFast(60_000)));
        let free = began + Duration::from_millis(wait);
        assert_eq!(window.count(free), Pace::Fine);
    }

    #[test]
    fn zero_lifts_the_limit() {
        let now = Instant::now();
        let mut window = Window::new(0, now);
        assert!((0..10_000).all(|_| window.count(now) == Pace::Fine));
    }
}
