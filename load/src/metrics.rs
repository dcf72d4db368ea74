//! What a run comes to: named numbers, each with its unit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Metrics by name. Times are seconds, shares 0 to 1, sizes bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunMetrics(BTreeMap<String, f64>);

/// What a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricUnit {
    /// Seconds.
    Time,
    /// 0 to 1.
    Share,
    /// Bytes.
    Bytes,
    /// How many.
    Count,
    /// How many a second.
    Rate,
    /// How many for each of something else.
    Ratio,
}

/// Kinds of latency that are measured, each with its percentiles.
pub(crate) const TIMES: [&str; 6] = [
    "response",
    "delivery",
    "durable",
    "sign_in",
    "tick",
    "driver_delay",
];
/// And what is told of each.
pub(crate) const QUANTILES: [(&str, f64); 5] = [
    ("p50", 0.5),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p999", 0.999),
];

const KNOWN: &[(&str, MetricUnit)] = &[
    ("bots", MetricUnit::Count),
    ("bytes_per_command", MetricUnit::Ratio),
    ("commands", MetricUnit::Count),
    ("commands_per_second", MetricUnit::Rate),
    ("cpu", MetricUnit::Time),
    ("cpu_per_1k_commands", MetricUnit::Time),
    ("cpu_per_1k_deliveries", MetricUnit::Time),
    ("cpu_share", MetricUnit::Share),
    ("delivered", MetricUnit::Share),
    ("deliveries", MetricUnit::Count),
    ("deliveries_per_second", MetricUnit::Rate),
    ("disconnects", MetricUnit::Count),
    ("driver_cpu_share", MetricUnit::Share),
    ("driver_waited_share", MetricUnit::Share),
    ("duplicated", MetricUnit::Count),
    ("effects", MetricUnit::Count),
    ("effects_duplicated", MetricUnit::Count),
    ("effects_lost", MetricUnit::Count),
    ("errors", MetricUnit::Share),
    ("excused", MetricUnit::Count),
    ("faults", MetricUnit::Count),
    ("forgotten", MetricUnit::Count),
    ("frames", MetricUnit::Count),
    ("frames_per_command", MetricUnit::Ratio),
    ("frames_per_second", MetricUnit::Rate),
    ("gaps", MetricUnit::Count),
    ("hash_time", MetricUnit::Time),
    ("lane_refusals", MetricUnit::Count),
    ("late_ticks", MetricUnit::Share),
    ("lost", MetricUnit::Count),
    ("overdue", MetricUnit::Count),
    ("overruns", MetricUnit::Count),
    ("regressions", MetricUnit::Count),
    ("reordered", MetricUnit::Count),
    ("resumed", MetricUnit::Count),
    ("rss", MetricUnit::Bytes),
    ("rss_growth", MetricUnit::Bytes),
    ("server_failures", MetricUnit::Count),
    ("sign_ins", MetricUnit::Count),
    ("sign_ins_failed", MetricUnit::Count),
    ("sign_ins_over_hash_time", MetricUnit::Ratio),
    ("slow_clients", MetricUnit::Count),
    ("statements", MetricUnit::Count),
    ("statements_per_1k_commands", MetricUnit::Ratio),
    ("statements_per_second", MetricUnit::Rate),
    ("storage_lag_max", MetricUnit::Count),
    ("strays", MetricUnit::Count),
    ("ticks", MetricUnit::Count),
    ("unanswered", MetricUnit::Count),
    ("undurable", MetricUnit::Count),
    ("writes_per_frame", MetricUnit::Ratio),
];

/// Faults: of several runs the worst counts, since a median would hide that one lost something.
const FAULTS: [&str; 17] = [
    "disconnects",
    "duplicated",
    "effects_duplicated",
    "effects_lost",
    "errors",
    "faults",
    "forgotten",
    "gaps",
    "lane_refusals",
    "lost",
    "overdue",
    "reordered",
    "server_failures",
    "sign_ins_failed",
    "strays",
    "unanswered",
    "undurable",
];
/// And of these the least.
const GOODS: [&str; 2] = ["delivered", "sign_ins"];

/// Metrics that a run without sockets has: all others need clients that hear.
const INSIDE: [&str; 8] = [
    "bots",
    "commands",
    "commands_per_second",
    "errors",
    "frames",
    "frames_per_command",
    "frames_per_second",
    "ticks",
];

/// Whether more of it is always a fault, however little.
pub(crate) fn is_fault(name: &str) -> bool {
    FAULTS.contains(&name)
}

/// Whether a metric is measured over sockets only.
pub(crate) fn needs_sockets(name: &str) -> bool {
    !(INSIDE.contains(&name) || name.starts_with("tick_") || name.starts_with("plugin:"))
}

/// Several runs as one: of each metric that all of them have the median, of faults the worst.
pub(crate) fn together(runs: &[RunMetrics]) -> RunMetrics {
    let mut metrics = RunMetrics::default();
    let Some(first) = runs.first() else {
        return metrics;
    };
    for (name, _) in first.iter() {
        let mut values: Vec<f64> = runs.iter().filter_map(|run| run.get(name)).collect();
        values.sort_by(f64::total_cmp);
        if values.len() != runs.len() {
            continue;
        }
        let half = values.len() / 2;
        let value = if is_fault(name) {
            values[values.len() - 1]
        } else if GOODS.contains(&name) {
            values[0]
        } else if values.len() % 2 == 1 {
            values[half]
        } else {
            f64::midpoint(values[half - 1], values[half])
        };
        metrics.set(name, value);
    }
    metrics
}

impl RunMetrics {
    /// A metric, if it was measured.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    /// Every metric, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    pub(crate) fn set(&mut self, name: impl Into<String>, value: f64) {
        if value.is_finite() {
            self.0.insert(name.into(), value);
        }
    }

    /// A quotient, where there is something to divide by.
    pub(crate) fn set_per(&mut self, name: impl Into<String>, value: f64, per: f64) {
        if per > 0.0 {
            self.set(name, value / per);
        }
    }
}

impl MetricUnit {
    /// The unit of a metric; `None` for a name that no metric has.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        if let Some(compared) = name.strip_prefix("compare.") {
            return Self::of(compared).map(|_| Self::Share);
        }
        if name.starts_with("metric:") {
            return Some(Self::Count);
        }
        if name.starts_with("plugin:") {
            return Some(Self::Time);
        }
        // A stage's own metrics.
        if let Some((stage, metric)) = name.split_once('.') {
            return Self::of(metric).filter(|_| !stage.is_empty());
        }
        if let Ok(at) = KNOWN.binary_search_by(|(known, _)| (*known).cmp(name)) {
            return Some(KNOWN[at].1);
        }
        let (kind, which) = name.rsplit_once('_')?;
        let told = QUANTILES.iter().any(|(known, _)| *known == which);
        let told = told || matches!(which, "max" | "mean");
        (TIMES.contains(&kind) && told).then_some(Self::Time)
    }

    /// A value as people read it.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Time if value >= 10.0 => format!("{value:.1} s"),
            Self::Time if value >= 1.0 => format!("{value:.2} s"),
            Self::Time if value >= 0.001 => format!("{:.2} ms", value * 1e3),
            Self::Time => format!("{:.0} µs", value * 1e6),
            Self::Share => format!("{:.3} %", value * 100.0),
            Self::Bytes if value.abs() >= 1_048_576.0 => format!("{:.1} MiB", value / 1_048_576.0),
            Self::Bytes => format!("{:.1} KiB", value / 1_024.0),
            Self::Count => format!("{value:.0}"),
            Self::Rate => format!("{value:.1}/s"),
            Self::Ratio => format!("{value:.3}"),
        }
    }

    pub(crate) const fn example(self) -> &'static str {
        match self {
            Self::Time => "80ms",
            Self::Share => "99.9%",
            Self::Bytes => "200MiB",
            Self::Count | Self::Rate => "100",
            Self::Ratio => "1.5",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_metric_is_found() {
        for (name, unit) in KNOWN {
            assert_eq!(
                MetricUnit::of(name),
                Some(*unit),
                "{name}: is the list sorted?"
            );
        }
        assert_eq!(MetricUnit::of("response_p99"), Some(MetricUnit::Time));
        assert_eq!(MetricUnit::of("response_p98"), None);
        assert_eq!(
            MetricUnit::of("aftermath.response_p99"),
            Some(MetricUnit::Time)
        );
        assert_eq!(MetricUnit::of("aftermath.response_p98"), None);
        for name in FAULTS.iter().chain(&GOODS).chain(&INSIDE) {
            assert!(MetricUnit::of(name).is_some(), "{name}");
        }
    }

    #[test]
    fn median_hides_no_loss_of_single_run() {
        let run = |lost, delivered, time| {
            let mut metrics = RunMetrics::default();
            metrics.set("lost", lost);
            metrics.set("delivered", delivered);
            metrics.set("response_p99", time);
            metrics
        };
        let mut runs = vec![run(0.0, 1.0, 0.1); 4];
        runs.push(run(3.0, 0.9, 9.0));
        let told = together(&runs);
        assert_eq!(told.get("lost"), Some(3.0));
        assert_eq!(told.get("delivered"), Some(0.9));
        assert_eq!(told.get("response_p99"), Some(0.1));
    }
}
