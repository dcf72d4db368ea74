//! How long lines were under way.

use std::fmt;
use std::time::Duration;

/// Width of a bucket.
const STEP: Duration = Duration::from_micros(250);
/// Buckets: up to 10 s, and one for the rest.
const STEPS: usize = 40_001;

/// A histogram of fixed size.
#[derive(Clone, Debug)]
pub(crate) struct Latency {
    counts: Vec<u64>,
    sum: u64,
}

impl Latency {
    pub(crate) fn new() -> Self {
        Self {
            counts: vec![0; STEPS],
            sum: 0,
        }
    }

    pub(crate) fn note(&mut self, took: Duration) {
        let step = (took.as_micros() / STEP.as_micros()) as usize;
        self.counts[step.min(STEPS - 1)] += 1;
        self.sum += 1;
    }

    pub(crate) fn clear(&mut self) {
        self.counts.fill(0);
        self.sum = 0;
    }

    /// The upper end of the bucket in which that part of all lies.
    pub(crate) fn quantile(&self, part: f64) -> Duration {
        let rank = (self.sum as f64 * part).ceil() as u64;
        let mut seen = 0;
        for (step, count) in (1_u32..).zip(&self.counts) {
            seen += count;
            if seen >= rank {
                return STEP * step;
            }
        }
        STEP * STEPS as u32
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |part| self.quantile(part).as_secs_f64() * 1e3;
        write!(
            f,
            "p50 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms",
            ms(0.5),
            ms(0.99),
            ms(0.999)
        )
    }
}
