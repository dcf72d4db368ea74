//! The driver watches itself: what it cannot keep up with is not the server's fault.

use std::time::Duration;

use tokio::time::Instant;

/// Beyond this share of one processor the driver is said to have been the limit.
pub(crate) const BUSY: f64 = 0.9;
/// And beyond this delay between wanting to act and acting, at p99.
pub(crate) const LATE: Duration = Duration::from_millis(50);
/// And beyond this share of a second in which it could act and had no processor.
pub(crate) const WAITED: f64 = 0.5;

/// Processor time of this thread, and how long it waited for a processor, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    pub(crate) cpu: f64,
    pub(crate) waited: f64,
}

/// Reads the scheduler's own account of this thread; zeros where there is none.
pub(crate) fn used() -> Used {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let mut numbers = text
        .split_whitespace()
        .map(|word| word.parse::<f64>().unwrap_or(0.0) / 1e9);
    Used {
        cpu: numbers.next().unwrap_or(0.0),
        waited: numbers.next().unwrap_or(0.0),
    }
}

/// Share of one processor between two looks.
#[derive(Debug)]
pub(crate) struct DriverWatch {
    at: Instant,
    used: Used,
}

impl DriverWatch {
    pub(crate) fn begin() -> Self {
        Self {
            at: Instant::now(),
            used: used(),
        }
    }

    /// Shares since the last look: computing, and waiting for a processor.
    pub(crate) fn look(&mut self) -> (f64, f64) {
        let (now, used) = (Instant::now(), used());
        let passed = now.duration_since(self.at).as_secs_f64().max(1e-9);
        let shares = (
            (used.cpu - self.used.cpu) / passed,
            (used.waited - self.used.waited) / passed,
        );
        (self.at, self.used) = (now, used);
        shares
    }
}
