//! Latencies: one histogram for the whole run, and a small one for each second.

use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::time::Instant;

use crate::metrics::{QUANTILES, RunMetrics};

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LatencyKind {
    /// From when a command was due to its answer.
    Response,
    /// From when a line was due to each hearing.
    Delivery,
    /// From when a command was due to the word that it is durable.
    Durable,
    /// From when a bot was due to its welcome.
    SignIn,
    /// From when the driver wanted to act to when it did.
    DriverDelay,
}

impl LatencyKind {
    pub(crate) const ALL: [Self; 5] = [
        Self::Response,
        Self::Delivery,
        Self::Durable,
        Self::SignIn,
        Self::DriverDelay,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Delivery => "delivery",
            Self::Durable => "durable",
            Self::SignIn => "sign_in",
            Self::DriverDelay => "driver_delay",
        }
    }
}

/// No latency is told as longer, in microseconds: half an hour.
const LONGEST: u64 = 1_800_000_000;

/// Percentiles of one second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Percentiles {
    pub(crate) count: u64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

/// Everything timed so far.
#[derive(Debug)]
pub(crate) struct Timings {
    began: Instant,
    measured: Vec<(Duration, Duration)>,
    whole: Vec<Histogram<u64>>,
    second: Vec<Histogram<u64>>,
    stages: Vec<Stretch>,
}

/// A stage with a name: metrics of its own.
#[derive(Debug)]
struct Stretch {
    name: String,
    from: Duration,
    to: Duration,
    response: Histogram<u64>,
    delivery: Histogram<u64>,
}

impl Timings {
    /// Latencies of what was due in one of the `measured` stretches since `began` count; `stages`
    /// are told apart beside that, by name.
    pub(crate) fn new(
        began: Instant,
        measured: Vec<(Duration, Duration)>,
        stages: Vec<(String, Duration, Duration)>,
    ) -> Self {
        let stages = stages.into_iter().map(|(name, from, to)| Stretch {
            name,
            from,
            to,
            response: histogram(3),
            delivery: histogram(3),
        });
        Self {
            stages: stages.collect(),
            began,
            measured,
            // Four digits keep whole microseconds up to 32 ms and 0.01 % beyond.
            whole: LatencyKind::ALL.iter().map(|_| histogram(4)).collect(),
            second: LatencyKind::ALL.iter().map(|_| histogram(2)).collect(),
        }
    }

    /// Something was due and is done now.
    pub(crate) fn record(&mut self, span: LatencyKind, due: Instant, now: Instant) {
        let took = now.saturating_duration_since(due);
        let micros = u64::try_from(took.as_micros())
            .unwrap_or(LONGEST)
            .min(LONGEST);
        self.second[span as usize].saturating_record(micros);
        let since = due.saturating_duration_since(self.began);
        for stage in &mut self.stages {
            if (stage.from..stage.to).contains(&since) {
                match span {
                    LatencyKind::Response => stage.response.saturating_record(micros),
                    LatencyKind::Delivery => stage.delivery.saturating_record(micros),
                    LatencyKind::Durable | LatencyKind::SignIn | LatencyKind::DriverDelay => {}
                }
            }
        }
        // Everybody signs in once, most before the measured stretch.
        let counts = span == LatencyKind::SignIn
            || self
                .measured
                .iter()
                .any(|(from, to)| (*from..*to).contains(&since));
        if counts {
            self.whole[span as usize].saturating_record(micros);
        }
    }

    /// Percentiles of what was recorded since the last call.
    pub(crate) fn roll(&mut self) -> [Percentiles; 5] {
        LatencyKind::ALL.map(|span| {
            let second = &mut self.second[span as usize];
            let told = Percentiles {
                count: second.len(),
                p50: quantile(second, 0.5),
                p99: quantile(second, 0.99),
                max: quantile(second, 1.0),
            };
            second.reset();
            told
        })
    }

    /// A quantile of everything that counts, in seconds.
    pub(crate) fn quantile(&self, span: LatencyKind, at: f64) -> f64 {
        quantile(&self.whole[span as usize], at)
    }

    pub(crate) fn metrics(&self, metrics: &mut RunMetrics) {
        for span in LatencyKind::ALL {
            tell(&self.whole[span as usize], span.word(), metrics);
        }
        for stage in &self.stages {
            let name = |word| format!("{}.{word}", stage.name);
            tell(
                &stage.response,
                &name(LatencyKind::Response.word()),
                metrics,
            );
            tell(
                &stage.delivery,
                &name(LatencyKind::Delivery.word()),
                metrics,
            );
        }
    }
}

fn tell(histogram: &Histogram<u64>, name: &str, metrics: &mut RunMetrics) {
    if histogram.is_empty() {
        return;
    }
    for (which, at) in QUANTILES {
        metrics.set(format!("{name}_{which}"), quantile(histogram, at));
    }
    metrics.set(format!("{name}_max"), quantile(histogram, 1.0));
    metrics.set(format!("{name}_mean"), histogram.mean() / 1e6);
}

fn histogram(digits: u8) -> Histogram<u64> {
    // Refused only for bounds and digits that make no sense.
    Histogram::new_with_bounds(1, LONGEST, digits)
        .or_else(|_| Histogram::new(2))
        .unwrap_or_else(|_| unreachable!("two digits are allowed"))
}

/// In seconds; the lower end of the histogram's bucket, so that what was recorded exactly is told
/// exactly.
fn quantile(histogram: &Histogram<u64>, at: f64) -> f64 {
    if histogram.is_empty() {
        return 0.0;
    }
    let value = histogram.value_at_quantile(at);
    histogram.lowest_equivalent(value) as f64 / 1e6
}
