//! A breaker: what keeps failing is left alone for a while.

use std::time::Duration;

use tokio::time::Instant;

/// The limits of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerLimits {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it stays open.
    pub open_for: Duration,
    /// Successes in a row that close it when it is half open.
    pub successes: u32,
}

impl Default for BreakerLimits {
    fn default() -> Self {
        Self {
            failures: 5,
            open_for: Duration::from_secs(60),
            successes: 2,
        }
    }
}

/// How a breaker stands; the numbers are those of `kadath_breaker_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Everything may pass.
    Closed = 0,
    /// Its time has run out: calls pass, and one failure opens it again.
    HalfOpen = 1,
    /// Nothing passes.
    Open = 2,
}

/// Counts failures of one class of calls.
#[derive(Clone, Copy, Debug)]
pub struct Breaker {
    limits: BreakerLimits,
    failed: u32,
    succeeded: u32,
    opened: Option<Instant>,
}

/// The breaker is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the breaker is open for {} ms more", .retry_after.as_millis())]
pub struct BreakerOpen {
    /// Until calls pass again.
    pub retry_after: Duration,
}

impl Breaker {
    /// A closed one.
    #[must_use]
    pub const fn new(limits: BreakerLimits) -> Self {
        Self {
            limits,
            failed: 0,
            succeeded: 0,
            opened: None,
        }
    }

    /// How it stands now.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        match self.opened {
            None => BreakerState::Closed,
            Some(opened) if opened.elapsed() >= self.limits.open_for => BreakerState::HalfOpen,
            Some(_) => BreakerState::Open,
        }
    }

    /// Whether a call may be made now.
    ///
    /// # Errors
    /// When the breaker is open.
    pub fn pass(&self) -> Result<(), BreakerOpen> {
        match (self.state(), self.opened) {
            (BreakerState::Open, Some(opened)) => Err(BreakerOpen {
                retry_after: self.limits.open_for.saturating_sub(opened.elapsed()),
            }),
            _ => Ok(()),
        }
    }

    /// A call succeeded.
    pub fn success(&mut self) {
        match self.state() {
            BreakerState::Closed => self.failed = 0,
            BreakerState::HalfOpen => {
                self.succeeded += 1;
                if self.succeeded >= self.limits.successes {
                    *self = Self::new(self.limits);
                }
            }
            // A call from before it opened; it says nothing about now.
            BreakerState::Open => {}
        }
    }

    /// A call failed.
    pub fn failure(&mut self) {
        match self.state() {
            BreakerState::Closed => {
                self.failed += 1;
                if self.failed >= self.limits.failures {
                    self.open();
                }
            }
            BreakerState::HalfOpen => self.open(),
            BreakerState::Open => {}
        }
    }

    fn open(&mut self) {
        self.opened = Some(Instant::now());
        self.succeeded = 0;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    async fn opened() -> Breaker {
        let mut breaker = Breaker::new(BreakerLimits::default());
        for _ in 0..5 {
            assert_eq!(breaker.pass(), Ok(()));
            breaker.failure();
        }
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn breaker_opens_for_minute_after_five_failures() {
        let breaker = opened().await;
        assert_eq!(breaker.state(), BreakerState::Open);
        advance(Duration::from_millis(59_999)).await;
        let retry_after = Duration::from_millis(1);
        assert_eq!(breaker.pass(), Err(BreakerOpen { retry_after }));
        advance(retry_after).await;
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert_eq!(breaker.pass(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_in_between_starts_the_count_anew() {
        let mut breaker = Breaker::new(BreakerLimits::default());
        for _ in 0..3 {
            for _ in 0..4 {
                breaker.failure();
            }
            breaker.success();
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    /// Two successes close a half-open breaker, one failure opens it again.
    #[tokio::test(start_paused = true)]
    async fn half_open_breaker_takes_two_successes_one_failure() {
        let mut breaker = opened().await;
        advance(Duration::from_secs(60)).await;
        breaker.success();
        breaker.failure();
        assert_eq!(breaker.state(), BreakerState::Open, "one failure is enough");
        advance(Duration::from_secs(60)).await;
        breaker.success();
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.success();
        assert_eq!(breaker.state(), BreakerState::Closed);
        for _ in 0..4 {
            breaker.failure();
        }
        assert_eq!(
            breaker.state(),
            BreakerState::Closed,
            "counted from nothing"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn outcome_from_before_opening_changes_nothing() {
        let mut breaker = opened().await;
        for _ in 0..10 {
            breaker.success();
            breaker.failure();
        }
        advance(Duration::from_secs(60)).await;
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
    }
}
