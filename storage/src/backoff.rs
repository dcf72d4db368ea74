//! Waiting longer after each failure, never quite as long as the others do.

use std::time::Duration;

/// Doubling waits with a quarter of jitter either way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    wait: Duration,
    longest: Duration,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            wait: first,
            longest,
        }
    }

    /// The next wait.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.wait;
        self.wait = (self.wait * 2).min(self.longest);
        wait.mul_f64(rand::random_range(0.75..1.25))
    }

    /// It went well: the next failure begins anew.
    pub(crate) const fn reset(&mut self) {
        self.wait = self.first;
    }
}
