//! Two reports of one scenario: what became worse by more than chance explains.
//!
//! Work that is counted (frames, bytes) hardly differs between equal runs, so one run each is
//! enough. Time differs, most of all on machines that others use: it is judged only where both
//! reports hold several runs, and only beyond the spread of both.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::fault::LoadFault;
use crate::figures::{Figures, Unit};
use crate::objective::{Judgement, Verdict};
use crate::report::median;

/// Counted work may grow by so much; equal runs differ by less.
const WORK_TOLERANCE: f64 = 0.1;
/// Time may grow by so much, or by the spread of the runs if that is more.
const TIME_TOLERANCE: f64 = 0.25;
/// Runs from which on a spread says something.
const RUNS_MIN: usize = 3;

/// Figures of counted work; less is better.
const WORK: [&str; 2] = ["frames_per_command", "bytes_per_command"];
/// Figures that chance has a part in; less is better.
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
pub struct Old {
    path: PathBuf,
    runs: Vec<Figures>,
}

#[derive(Deserialize)]
struct OldFile {
    scenario: String,
    seed: u64,
    runs: Vec<Figures>,
}

/// Old and new side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The earlier report.
    pub with: PathBuf,
    /// Figure by figure.
    pub lines: Vec<Line>,
}

/// One figure in both reports.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Its name.
    pub figure: String,
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

impl Old {
    /// Reads a `report.json` of the same scenario and seed.
    ///
    /// # Errors
    /// When it can't be read, is no report, or one of something else.
    pub fn load(path: &Path, scenario: &str, seed: u64) -> Result<Self, LoadFault> {
        let text = std::fs::read_to_string(path).map_err(LoadFault::file(path))?;
        let fault = |why: String| LoadFault::NotAReport {
            path: path.to_owned(),
            why,
        };
        let old: OldFile = serde_json::from_str(&text).map_err(|why| fault(why.to_string()))?;
        if (old.scenario.as_str(), old.seed) != (scenario, seed) {
            return Err(fault(format!(
                "it is of {:?} with seed {}, not of {scenario:?} with seed {seed}",
                old.scenario, old.seed
            )));
        }
        if old.runs.is_empty() {
            return Err(fault("it holds no run".to_owned()));
        }
        Ok(Self {
            path: path.to_owned(),
            runs: old.runs,
        })
    }

    /// Compares; every change is a figure `compare.NAME` from then on, and the sum of those that
    /// are too large is `regressions`.
    pub(crate) fn compare(&self, runs: &[Figures], figures: &mut Figures) -> Comparison {
        let (old, new) = (median(&self.runs), median(runs));
        let enough = self.runs.len() >= RUNS_MIN && runs.len() >= RUNS_MIN;
        let mut lines = Vec::new();
        for (name, new) in new.iter() {
            let Some(old) = old.get(name).filter(|old| *old > 0.0) else {
                continue;
            };
            let change = new / old - 1.0;
            let spread = enough.then(|| spread(&self.runs, name).max(spread(runs, name)));
            let tolerance = if WORK.contains(&name) {
                Some(WORK_TOLERANCE.max(spread.unwrap_or(0.0)))
            } else if CHANCE.contains(&name) {
                spread.map(|spread| TIME_TOLERANCE.max(spread))
            } else {
                None
            };
            figures.set(format!("compare.{name}"), change);
            lines.push(Line {
                figure: name.to_owned(),
                old,
                new,
                change,
                spread,
                tolerance,
                regression: tolerance.is_some_and(|tolerance| change > tolerance),
            });
        }
        let regressions = lines.iter().filter(|line| line.regression).count();
        figures.set("regressions", regressions as f64);
        Comparison {
            with: self.path.clone(),
            lines,
        }
    }
}

/// The distance between the least and the most, as a part of the median.
fn spread(runs: &[Figures], name: &str) -> f64 {
    let values = || runs.iter().filter_map(|run| run.get(name));
    let least = values().fold(f64::INFINITY, f64::min);
    let most = values().fold(0.0, f64::max);
    let middle = median(runs).get(name).unwrap_or(0.0);
    if middle > 0.0 {
        (most - least) / middle
    } else {
        0.0
    }
}

impl Comparison {
    /// Whoever compares wants to know: a regression fails the run, asked for or not.
    pub(crate) fn judgement(&self) -> Judgement {
        let worse: Vec<&str> = self
            .lines
            .iter()
            .filter(|line| line.regression)
            .map(|line| line.figure.as_str())
            .collect();
        Judgement {
            objective: "no regression against the earlier report".to_owned(),
            measured: Some(if worse.is_empty() {
                "none".to_owned()
            } else {
                worse.join(", ")
            }),
            verdict: if worse.is_empty() {
                Verdict::Holds
            } else {
                Verdict::Fails
            },
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "against {}", self.with.display())?;
        writeln!(
            f,
            "  {:<28}{:>13}{:>13}{:>10}{:>10}{:>10}",
            "", "old", "new", "change", "spread", "allowed"
        )?;
        for line in &self.lines {
            let Some(unit) = Unit::of(&line.figure) else {
                continue;
            };
            let percent = |value: Option<f64>| {
                value.map_or_else(|| "-".to_owned(), |value| format!("{:.1} %", value * 100.0))
            };
            writeln!(
                f,
                "  {:<28}{:>13}{:>13}{:>10}{:>10}{:>10}{}",
                line.figure,
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
