//! A sliding window over one minute, in one-second steps.

use std::time::{Duration, Instant};

/// Seconds of a window, and one more: the step that is half over counts wholly, so that no 60 s
/// hold more than the limit.
const STEPS: usize = 61;

/// Counts what one sender does. Memory is fixed; each count costs the same.
#[derive(Debug)]
pub(crate) struct Window {
    limit: u32,
    began: Instant,
    second: u64,
    sum: u32,
    // Boxed on the first count: idle connections are many.
    steps: Option<Box<[u32; STEPS]>>,
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
        }
    }

    /// Counts one more, unless it is too much.
    ///
    /// # Errors
    /// With the wait until there is room when there is none; nothing is counted then.
    pub(crate) fn count(&mut self, now: Instant) -> Result<(), Duration> {
        if self.limit == 0 {
            return Ok(());
        }
        let second = now.saturating_duration_since(self.began).as_secs();
        // Another thread may have looked at its clock later and been here first.
        let second = second.max(self.second);
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
            return Ok(());
        }
        // The oldest step that holds anything falls out of the window next.
        let oldest = (1..=STEPS as u64)
            .find(|ahead| steps[(second + ahead) as usize % STEPS] > 0)
            .unwrap_or(1);
        let due = self.began + Duration::from_secs(second + oldest);
        Err(due
            .saturating_duration_since(now)
            .max(Duration::from_millis(1)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Window;

    #[test]
    fn no_minute_holds_more_than_the_limit() {
        let began = Instant::now();
        let mut window = Window::new(100, began);
        let mut passed = Vec::new();
        // Seven a second for five minutes.
        for step in 0..7 * 300_u64 {
            let now = began + Duration::from_millis(step * 1000 / 7);
            if window.count(now).is_ok() {
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
    fn exceeded_window_says_how_long_to_wait() {
        let began = Instant::now();
        let mut window = Window::new(2, began);
        assert_eq!(window.count(began), Ok(()));
        assert_eq!(window.count(began), Ok(()));
        let wait = Duration::from_secs(61);
        assert_eq!(window.count(began), Err(wait));
        let later = began + Duration::from_secs(1);
        assert_eq!(window.count(later), Err(Duration::from_secs(60)));
        assert_eq!(window.count(began + wait), Ok(()));
    }

    #[test]
    fn zero_lifts_the_limit() {
        let now = Instant::now();
        let mut window = Window::new(0, now);
        assert!((0..10_000).all(|_| window.count(now).is_ok()));
    }
}
