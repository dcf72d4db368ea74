//! Objectives: conditions on metrics, such as `response_p99 < 80ms`, and how they came out.

use std::fmt;

use serde::Serialize;

use crate::duration::duration;
use crate::metrics::{MetricUnit, RunMetrics, needs_sockets};

/// One sentence about a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    text: String,
    metric: String,
    relation: Relation,
    limit: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Below,
    AtMost,
    Equal,
    AtLeast,
    Above,
}

/// Two-letter signs first: `<=` begins with `<`.
const RELATIONS: [(&str, Relation); 6] = [
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("==", Relation::Equal),
    ("<", Relation::Below),
    (">", Relation::Above),
    ("=", Relation::Equal),
];

/// How an objective came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// The objective as written.
    pub objective: String,
    /// The metric as measured, with its unit.
    pub measured: Option<String>,
    /// What came of it.
    pub verdict: ObjectiveVerdict,
}

/// Whether an objective holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectiveVerdict {
    /// It does.
    Holds,
    /// It does not, or nothing was measured that could show it.
    Fails,
    /// It compares with an earlier report and none was given, or needs sockets and there were none.
    Skipped,
}

impl Objective {
    /// Reads `METRIC RELATION VALUE[UNIT]`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let at = text.find(['<', '>', '=']);
        let at = at.ok_or_else(|| format!("{text:?} has none of <, <=, =, >=, >"))?;
        let metric = text[..at].trim().to_owned();
        let (sign, relation) = RELATIONS
            .into_iter()
            .find(|(sign, _)| text[at..].starts_with(sign))
            .ok_or_else(|| format!("{text:?} has no relation"))?;
        let value = text[at + sign.len()..].trim();
        let unit =
            MetricUnit::of(&metric).ok_or_else(|| format!("there is no metric {metric:?}"))?;
        let limit = read(value, unit).ok_or_else(|| {
            let example = unit.example();
            format!("{value:?} is no value for {metric}; write it like {example}")
        })?;
        Ok(Self {
            text: text.to_owned(),
            metric,
            relation,
            limit,
        })
    }

    /// Holds the metrics against it. What only a run over sockets can show is skipped for one without.
    #[must_use]
    pub fn judge(&self, metrics: &RunMetrics, in_process: bool) -> Judgement {
        let measured = metrics.get(&self.metric);
        let verdict = match measured {
            None if self.compares() || (in_process && needs_sockets(&self.metric)) => {
                ObjectiveVerdict::Skipped
            }
            None => ObjectiveVerdict::Fails,
            Some(value) if self.holds(value) => ObjectiveVerdict::Holds,
            Some(_) => ObjectiveVerdict::Fails,
        };
        Judgement {
            objective: self.text.clone(),
            measured: measured.map(|value| {
                MetricUnit::of(&self.metric)
                    .unwrap_or(MetricUnit::Count)
                    .show(value)
            }),
            verdict,
        }
    }

    /// The stage whose metric it is about.
    pub(crate) fn stage(&self) -> Option<&str> {
        let (stage, _) = self.metric.split_once('.')?;
        (stage != "compare").then_some(stage)
    }

    fn compares(&self) -> bool {
        self.metric == "regressions" || self.metric.starts_with("compare.")
    }

    fn holds(&self, value: f64) -> bool {
        match self.relation {
            Relation::Below => value < self.limit,
            Relation::AtMost => value <= self.limit,
            Relation::Equal => (value - self.limit).abs() <= self.limit.abs() * 1e-9,
            Relation::AtLeast => value >= self.limit,
            Relation::Above => value > self.limit,
        }
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn read(value: &str, unit: MetricUnit) -> Option<f64> {
    let plain = |text: &str| text.trim().parse::<f64>().ok();
    match unit {
        MetricUnit::Time => duration(value).map(|time| time.as_secs_f64()),
        MetricUnit::Share => plain(value.strip_suffix('%')?).map(|percent| percent / 100.0),
        MetricUnit::Bytes => {
            let split = value.find(|c: char| c.is_ascii_alphabetic())?;
            let scale = match &value[split..] {
                "B" => 1.0,
                "kB" => 1e3,
                "KiB" => 1_024.0,
                "MB" => 1e6,
                "MiB" => 1_048_576.0,
                "GB" => 1e9,
                "GiB" => 1_073_741_824.0,
                _ => return None,
            };
            plain(&value[..split]).map(|number| number * scale)
        }
        MetricUnit::Count | MetricUnit::Ratio | MetricUnit::Rate => plain(&value.replace('_', "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(objective: &str, metric: &str, value: f64, verdict: ObjectiveVerdict) {
        let mut metrics = RunMetrics::default();
        metrics.set(metric, value);
        let judged = Objective::parse(objective).unwrap().judge(&metrics, false);
        assert_eq!(judged.verdict, verdict, "{objective} with {value}");
    }

    #[test]
    fn an_objective_holds_or_not() {
        use ObjectiveVerdict::{Fails, Holds, Skipped};
        check("response_p99 < 80ms", "response_p99", 0.079, Holds);
        check("response_p99 < 80ms", "response_p99", 0.08, Fails);
        check("delivered = 100%", "delivered", 1.0, Holds);
        check("delivered = 100%", "delivered", 0.9999, Fails);
        check("lost = 0", "lost", 0.0, Holds);
        check("errors<0.1%", "errors", 0.000_5, Holds);
        check("rss <= 200 MiB", "rss", 209_715_200.0, Holds);
        check(
            "commands_per_second >= 1_000",
            "commands_per_second",
            999.0,
            Fails,
        );
        check(
            "cpu_per_1k_deliveries < 50ms",
            "cpu_per_1k_deliveries",
            0.04,
            Holds,
        );
        check(
            "metric:kadath_frames_sent_total > 10",
            "metric:kadath_frames_sent_total",
            11.0,
            Holds,
        );
        check("tick_p99 < 5ms", "response_p99", 0.0, Fails);
        check("regressions = 0", "lost", 0.0, Skipped);
        check("metric:x_total = 0", "tick_p99", 0.1, Fails);
        let without = Objective::parse("delivered = 100%").unwrap();
        let none = RunMetrics::default();
        assert_eq!(without.judge(&none, true).verdict, Skipped);
        assert_eq!(without.judge(&none, false).verdict, Fails);
        let ticks = Objective::parse("tick_p99 < 5ms").unwrap();
        assert_eq!(ticks.judge(&none, true).verdict, Fails);
        check(
            "compare.frames_per_command < 10%",
            "compare.frames_per_command",
            0.3,
            Fails,
        );
    }

    #[test]
    fn unjudgeable_objective_is_refused() {
        for (text, why) in [
            ("response_p99 80ms", "has none of"),
            ("respons_p99 < 80ms", "there is no metric"),
            ("response_p99 < 80", "write it like"),
            ("delivered = 1", "write it like"),
        ] {
            let refused = Objective::parse(text).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }
}
