//! Waiting longer after each failure, never quite as long as the others do.

use std::time::Duration;

/// Doubling waits with a quarter of jitter either way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    wait: Duration,
    longest: Duration,
    /// Up to so much less or more each time, as a part of it.
    jitter: f64,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            wait: first,
            longest,
            jitter: 0.25,
        }
    }

    /// From a tenth of a second to five.
    pub(crate) const fn of_writes() -> Self {
        Self::new(Duration::from_millis(100), Duration::from_secs(5))
    }

    /// The same each time, where what happens has to happen again.
    #[cfg(feature = "simulation")]
    pub(crate) const fn without_jitter(mut self) -> Self {
        self.jitter = 0.0;
        self
    }

    /// The next wait.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.wait;
        self.wait = (self.wait * 2).min(self.longest);
        match self.jitter > 0.0 {
            true => wait.mul_f64(rand::random_range(1.0 - self.jitter..1.0 + self.jitter)),
            false => wait,
        }
    }

    /// It went well: the next failure begins anew.
    pub(crate) const fn reset(&mut self) {
        self.wait = self.first;
    }
}
