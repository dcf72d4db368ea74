//! Trying again, a few times, each later than the one before.

use std::future::Future;
use std::time::Duration;

/// How often and how late something is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryLimits {
    /// Attempts in all.
    pub attempts: u32,
    /// The first wait; each next one is twice as long.
    pub base: Duration,
    /// The longest wait, before the jitter.
    pub cap: Duration,
}

impl Default for RetryLimits {
    fn default() -> Self {
        Self {
            attempts: 3,
            base: Duration::from_secs(1),
            cap: Duration::from_secs(30),
        }
    }
}

impl RetryLimits {
    /// For what is tried until it succeeds: soon at first, never rarer than every two seconds.
    pub(super) const PATIENT: Self = Self {
        attempts: u32::MAX,
        base: Duration::from_millis(100),
        cap: Duration::from_secs(2),
    };

    /// The wait after failed attempt `n` (counted from 0), with `jitter` in 0.0 ..= 1.0 spread
    /// over ±25 %.
    #[must_use]
    pub fn wait(&self, n: u32, jitter: f64) -> Duration {
        let wait = self
            .base
            .saturating_mul(2_u32.saturating_pow(n))
            .min(self.cap);
        wait.mul_f64(0.75 + 0.5 * jitter.clamp(0.0, 1.0))
    }

    /// The wait after failed attempt `n`, jittered by chance.
    #[must_use]
    pub fn wait_by_chance(&self, n: u32) -> Duration {
        self.wait(n, rand::random())
    }

    /// Does `work` until it succeeds, at most [`attempts`](Self::attempts) times; waits only
    /// between attempts. What `give_up` says is final is not tried again.
    ///
    /// # Errors
    /// The last attempt's.
    pub async fn run<T, E, F: Future<Output = Result<T, E>>>(
        &self,
        mut work: impl FnMut() -> F,
        give_up: impl Fn(&E) -> bool,
    ) -> Result<T, E> {
        let mut n = 0;
        loop {
            match work().await {
                Ok(done) => return Ok(done),
                Err(fault) if n + 1 >= self.attempts || give_up(&fault) => return Err(fault),
                Err(_) => tokio::time::sleep(self.wait_by_chance(n)).await,
            }
            n += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use proptest::prelude::*;
    use tokio::time::Instant;

    use super::*;

    proptest! {
        /// Each wait is within a quarter of its due length.
        #[test]
        fn retry_wait_doubles_to_cap_within_quarter(n in 0_u32..40, jitter in 0.0_f64..=1.0) {
            let limits = RetryLimits::default();
            let plain = (2_f64.powi(n.cast_signed())).min(30.0);
            let wait = limits.wait(n, jitter).as_secs_f64();
            prop_assert!(wait >= plain * 0.75 - 1e-6 && wait <= plain * 1.25 + 1e-6, "{wait} of {plain}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn retry_makes_three_attempts_with_growing_waits() {
        let (began, times) = (Instant::now(), RefCell::new(Vec::new()));
        let failed: Result<(), &str> = RetryLimits::default()
            .run(
                async || {
                    times.borrow_mut().push(began.elapsed().as_secs_f64());
                    Err("no")
                },
                |_| false,
            )
            .await;
        assert_eq!(failed, Err("no"));
        let times = times.into_inner();
        assert_eq!(times.len(), 3);
        assert_eq!(times[0], 0.0);
        assert!((0.75..=1.26).contains(&times[1]), "{times:?}");
        assert!((1.5..=2.51).contains(&(times[2] - times[1])), "{times:?}");
        assert_eq!(
            began.elapsed().as_secs_f64(),
            times[2],
            "no wait after the last"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn final_error_is_not_retried() {
        let count = RefCell::new(0);
        let limits = RetryLimits::default();
        let failed: Result<(), &str> = limits
            .run(
                async || {
                    *count.borrow_mut() += 1;
                    Err("broken for good")
                },
                |fault| fault.ends_with("for good"),
            )
            .await;
        assert!(failed.is_err());
        assert_eq!(count.into_inner(), 1);
    }
}
