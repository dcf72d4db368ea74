//! Two reports of one scenario: what became worse by more than chance explains.
//!
//! Work that is counted (frames, bytes) hardly differs between equal runs, so one run each is
//! enough. Time differs, most of all on machines that others use: it is judged only where both
//! reports hold several runs, and only beyond the spread of both. A fault that there was none of before
//! is worse in any number.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::circumstances::Circumstances;
use crate::fault::LoadFault;
use crate::metrics::{MetricUnit, RunMetrics, is_fault, together};
use crate::objective::{Judgement, ObjectiveVerdict};
use crate::scenario::Scenario;

/// Counted work may grow by so much; equal runs differ by less.
const WORK_TOLERANCE: f64 = 0.1;
/// Time may grow by so much, or by the spread of the runs if that is more.
const TIME_TOLERANCE: f64 = 0.25;
/// Runs from which on a spread says something.
const RUNS_MIN: usize = 3;

/// Metrics of counted work; less is better.
const WORK: [&str; 2] = ["frames_per_command", "bytes_per_command"];
/// Metrics that chance has a part in; less is better.
const CHANCE: [&str; 12] = [
    "response_p50",
    "response_p99",
    "delivery_p50",
    "delivery_p99",
    "durable_p50",
    "durable_p99",
    "tick_p50",
    "tick_p99",
    "cpu_per_1k_commands",
    "statements_per_1k_commands",
    "writes_per_frame",
    "rss",
];

/// An earlier report.
#[derive(Debug)]
pub struct EarlierReport {
    path: PathBuf,
    runs: Vec<RunMetrics>,
    circumstances: Option<Circumstances>,
}

#[derive(Deserialize)]
struct OldFile {
    scenario: String,
    seed: u64,
    runs: Vec<RunMetrics>,
    #[serde(default)]
    in_process: bool,
    circumstances: Option<Circumstances>,
}

/// Old and new side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The earlier report.
    pub with: PathBuf,
    /// Why the two may not be comparable: another machine, another build.
    pub warnings: Vec<String>,
    /// Metric by metric.
    pub lines: Vec<MetricChange>,
}

/// One metric in both reports.
#[derive(Clone, Debug, Serialize)]
pub struct MetricChange {
    /// Its name.
    #[serde(rename = "figure")]
    pub metric: String,
    /// Median of the old runs.
    pub old: f64,
    /// Median of the new ones.
    pub new: f64,
    /// Growth: 0.1 is a tenth more.
    pub change: f64,
    /// How far equal runs lie apart, as a part of the median; none with too few runs.
    pub spread: Option<f64>,
    /// Growth up to here is not held against anybody; none: not judged.
    pub tolerance: Option<f64>,
    /// Worse by more than that.
    pub regression: bool,
}

impl EarlierReport {
    /// Reads a `report.json` of the same scenario and seed, played the same way.
    ///
    /// # Errors
    /// When it can't be read, is no report, or one of something else.
    pub fn load(path: &Path, scenario: &Scenario, in_process: bool) -> Result<Self, LoadFault> {
        let (name, seed) = (scenario.name.as_str(), scenario.seed);
        let text = std::fs::read_to_string(path).map_err(LoadFault::file(path))?;
        let fault = |why: String| LoadFault::NotAReport {
            path: path.to_owned(),
            why,
        };
        let old: OldFile = serde_json::from_str(&text).map_err(|why| fault(why.to_string()))?;
        if (old.scenario.as_str(), old.seed) != (name, seed) {
            return Err(fault(format!(
                "it is of {:?} with seed {}, not of {name:?} with seed {seed}",
                old.scenario, old.seed
            )));
        }
        if old.in_process != in_process {
            let how = |inside| {
                if inside {
                    "in the process"
                } else {
                    "over sockets"
                }
            };
            return Err(fault(format!(
                "it was played {}, and this is played {}",
                how(old.in_process),
                how(in_process)
            )));
        }
        if old.runs.is_empty() {
            return Err(fault("it holds no run".to_owned()));
        }
        Ok(Self {
            path: path.to_owned(),
            runs: old.runs,
            circumstances: old.circumstances,
        })
    }

    /// Compares; every change is a metric `compare.NAME` from then on, and the sum of those that
    /// are too large is `regressions`.
    pub(crate) fn compare(
        &self,
        runs: &[RunMetrics],
        circumstances: &Circumstances,
        metrics: &mut RunMetrics,
    ) -> Comparison {
        let (old, new) = (together(&self.runs), together(runs));
        let enough = self.runs.len() >= RUNS_MIN && runs.len() >= RUNS_MIN;
        let mut lines = Vec::new();
        for (name, new) in new.iter() {
            let Some(old) = old.get(name) else {
                continue;
            };
            // From nothing to something there is no ratio: it counts as twice as much.
            let change = if old > 0.0 {
                new / old - 1.0
            } else if new > 0.0 {
                1.0
            } else {
                continue;
            };
            let spread = enough.then(|| spread(&self.runs, name).max(spread(runs, name)));
            let tolerance = if WORK.contains(&name) {
                Some(WORK_TOLERANCE.max(spread.unwrap_or(0.0)))
            } else if is_fault(name) && old <= 0.0 {
                Some(0.0)
            } else if CHANCE.contains(&name) {
                spread.map(|spread| TIME_TOLERANCE.max(spread))
            } else {
                None
            };
            metrics.set(format!("compare.{name}"), change);
            lines.push(MetricChange {
                metric: name.to_owned(),
                old,
                new,
                change,
                spread,
                tolerance,
                regression: tolerance.is_some_and(|tolerance| change > tolerance),
            });
        }
        let regressions = lines.iter().filter(|line| line.regression).count();
        metrics.set("regressions", regressions as f64);
        Comparison {
            with: self.path.clone(),
            warnings: self.warnings(circumstances),
            lines,
        }
    }
}

impl EarlierReport {
    fn warnings(&self, now: &Circumstances) -> Vec<String> {
        let Some(then) = &self.circumstances else {
            return vec!["the earlier report does not say where it was made".to_owned()];
        };
        let machine = |one: &Circumstances| format!("{} cores of {}", one.cores, one.processor);
        let pairs = [
            ("machine", machine(then), machine(now)),
            ("build", then.build.clone(), now.build.clone()),
            ("version", then.version.clone(), now.version.clone()),
        ];
        let differ = pairs.into_iter().filter(|(_, then, now)| then != now);
        differ
            .map(|(what, then, now)| format!("another {what}: {then} then, {now} now"))
            .collect()
    }
}

/// The distance between the least and the most, as a part of the median.
fn spread(runs: &[RunMetrics], name: &str) -> f64 {
    let values = || runs.iter().filter_map(|run| run.get(name));
    let least = values().fold(f64::INFINITY, f64::min);
    let most = values().fold(0.0, f64::max);
    let middle = together(runs).get(name).unwrap_or(0.0);
    if middle > 0.0 {
        (most - least) / middle
    } else {
        0.0
    }
}

impl Comparison {
    /// A regression fails the run, also without an objective that says so.
    pub(crate) fn judgement(&self) -> Judgement {
        let worse: Vec<&str> = self
            .lines
            .iter()
            .filter(|line| line.regression)
            .map(|line| line.metric.as_str())
            .collect();
        Judgement {
            objective: "no regression against the earlier report".to_owned(),
            measured: Some(if worse.is_empty() {
                "none".to_owned()
            } else {
                worse.join(", ")
            }),
            verdict: if worse.is_empty() {
                ObjectiveVerdict::Holds
            } else {
                ObjectiveVerdict::Fails
            },
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "against {}", self.with.display())?;
        for warning in &self.warnings {
            writeln!(f, "  warning: {warning}")?;
        }
        writeln!(
            f,
            "  {:<28}{:>13}{:>13}{:>10}{:>10}{:>10}",
            "", "old", "new", "change", "spread", "allowed"
        )?;
        for line in &self.lines {
            let Some(unit) = MetricUnit::of(&line.metric) else {
                continue;
            };
            let percent = |value: Option<f64>| {
                value.map_or_else(|| "-".to_owned(), |value| format!("{:.1} %", value * 100.0))
            };
            writeln!(
                f,
                "  {:<28}{:>13}{:>13}{:>10}{:>10}{:>10}{}",
                line.metric,
                unit.show(line.old),
                unit.show(line.new),
                format!("{:+.1} %", line.change * 100.0),
                percent(line.spread),
                percent(line.tolerance),
                if line.regression { "  REGRESSION" } else { "" }
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(name: &str, values: &[f64]) -> Vec<RunMetrics> {
        let run = |value: &f64| {
            let mut metrics = RunMetrics::default();
            metrics.set(name, *value);
            metrics
        };
        values.iter().map(run).collect()
    }

    /// Whether a metric counts as worse.
    fn is_worse(name: &str, old: &[f64], new: &[f64]) -> bool {
        let old = EarlierReport {
            path: PathBuf::from("old.json"),
            runs: runs(name, old),
            circumstances: None,
        };
        let mut metrics = RunMetrics::default();
        let now = Circumstances::now();
        let comparison = old.compare(&runs(name, new), &now, &mut metrics);
        let worse = comparison.lines.iter().any(|line| line.regression);
        assert_eq!(metrics.get("regressions"), Some(f64::from(worse)));
        worse
    }

    /// Time is judged with three runs each, and beyond the spread of both.
    #[test]
    fn time_needs_three_runs_to_regress() {
        let name = "response_p99";
        assert!(!is_worse(name, &[0.1], &[9.0]));
        assert!(!is_worse(name, &[0.1, 0.1, 0.1], &[9.0, 9.0]));
        assert!(is_worse(name, &[0.1, 0.1, 0.1], &[0.13, 0.13, 0.13]));
        assert!(!is_worse(name, &[0.1, 0.1, 0.1], &[0.12, 0.12, 0.12]));
        // The old runs lie 60 % apart: half as much again may be chance.
        assert!(!is_worse(name, &[0.08, 0.1, 0.14], &[0.15, 0.15, 0.15]));
        assert!(is_worse(name, &[0.08, 0.1, 0.14], &[0.17, 0.17, 0.17]));
    }

    #[test]
    fn work_is_judged_with_one_run_each() {
        assert!(!is_worse("frames_per_command", &[10.0], &[10.9]));
        assert!(is_worse("frames_per_command", &[10.0], &[13.0]));
    }

    #[test]
    fn a_fault_where_there_was_none_is_worse() {
        assert!(is_worse("lost", &[0.0], &[1.0]));
        assert!(!is_worse("lost", &[0.0], &[0.0]));
        assert!(is_worse("errors", &[0.0, 0.0, 0.0], &[0.0, 0.0, 0.01]));
    }
}
