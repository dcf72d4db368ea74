//! What is left of a run: metrics, judgements, and every second of it.

mod csv;
mod html;
mod plot;
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::circumstances::Circumstances;
use crate::compare::Comparison;
use crate::fault::LoadFault;
use crate::metrics::{RunMetrics, together};
use crate::objective::{Judgement, ObjectiveVerdict};
use crate::run::{ChaosMark, RunOutcome};
use crate::scenario::Scenario;
use crate::second::Second;

pub(crate) use table::table;

/// A whole report, as it is written to `report.json`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The scenario's name.
    pub scenario: String,
    /// What it is for.
    pub about: String,
    /// The seed of the bots.
    pub seed: u64,
    /// Where and when.
    pub circumstances: Circumstances,
    /// Each run's metrics.
    pub runs: Vec<RunMetrics>,
    /// The median of each metric over the runs; of faults the worst.
    #[serde(rename = "figures")]
    pub metrics: RunMetrics,
    /// What became of the objectives.
    pub objectives: Vec<Judgement>,
    /// Refusals and losses by their code, all runs together.
    pub errors: BTreeMap<String, u64>,
    /// Faults with their circumstances; the first fifty of each run.
    pub named: Vec<String>,
    /// Why the driver may have been slower than the server, if it may.
    pub driver_was_the_limit: Option<String>,
    /// Against an earlier report.
    pub comparison: Option<Comparison>,
    /// What a reader should know beside the metrics.
    pub hints: Vec<String>,
    /// The bots drove the engine without sockets.
    pub in_process: bool,
    /// What was broken when, seconds since the beginning of the last run.
    pub marks: Vec<(String, f64, f64)>,
    #[serde(skip)]
    pub(crate) seconds: Vec<Second>,
    /// Mean seconds a tick of each plugin, where the engine ran in the driver's process.
    pub plugins: Vec<(String, f64)>,
    /// Every second of the last run.
    pub series: Vec<BTreeMap<String, f64>>,
}

impl Report {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        Self {
            scenario: scenario.name.clone(),
            about: scenario.about.clone(),
            seed: scenario.seed,
            circumstances: Circumstances::now(),
            runs: Vec::new(),
            metrics: RunMetrics::default(),
            objectives: Vec::new(),
            errors: BTreeMap::new(),
            named: Vec::new(),
            driver_was_the_limit: None,
            comparison: None,
            hints: Vec::new(),
            in_process: false,
            marks: Vec::new(),
            seconds: Vec::new(),
            plugins: Vec::new(),
            series: Vec::new(),
        }
    }

    /// Adds a run over sockets.
    pub(crate) fn add(&mut self, outcome: RunOutcome, metrics: RunMetrics) {
        // One run in which the driver was the limit is enough to doubt them all.
        let limit = outcome.driver_was_the_limit();
        self.driver_was_the_limit = self.driver_was_the_limit.take().or(limit);
        let state = outcome.run.state();
        for (code, times) in &state.errors {
            *self.errors.entry(code.clone()).or_default() += times;
        }
        self.named.extend(state.deliveries.named.iter().cloned());
        drop(state);
        self.runs.push(metrics);
        let mark = |mark: &ChaosMark| (mark.what.to_owned(), mark.from, mark.to);
        self.marks = outcome.marks.iter().map(mark).collect();
        self.seconds = outcome.seconds;
    }

    /// Adds a run without sockets.
    #[cfg(feature = "in-process")]
    pub(crate) fn add_inside(&mut self, metrics: RunMetrics, plugins: Vec<(String, f64)>) {
        self.runs.push(metrics);
        self.in_process = true;
        self.plugins = plugins;
    }

    /// Takes the medians, compares and judges.
    pub(crate) fn close(
        &mut self,
        scenario: &Scenario,
        old: Option<&crate::compare::EarlierReport>,
    ) {
        self.metrics = together(&self.runs);
        if let Some(old) = old {
            let comparison = old.compare(&self.runs, &self.circumstances, &mut self.metrics);
            self.comparison = Some(comparison);
        }
        self.series = csv::series(&self.seconds);
        let judge = scenario
            .objectives
            .iter()
            .map(|one| one.judge(&self.metrics, self.in_process));
        self.objectives = judge.collect();
        if let Some(failures) = self.metrics.get("server_failures") {
            self.objectives.push(stayed(failures));
        }
        if let Some(comparison) = &self.comparison {
            self.objectives.push(comparison.judgement());
        }
    }

    /// Whether every objective holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.objectives
            .iter()
            .all(|judgement| judgement.verdict != ObjectiveVerdict::Fails)
    }

    /// Writes `report.html`, `report.json` and `series.csv` into a folder.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn write(&self, folder: &Path) -> Result<(), LoadFault> {
        std::fs::create_dir_all(folder).map_err(LoadFault::file(folder))?;
        let json = serde_json::to_string_pretty(self);
        let json = json.map_err(|why| LoadFault::setup("report.json", why))?;
        let files = [
            ("report.html", html::page(self)),
            ("report.json", json),
            ("series.csv", csv::text(&self.series)),
        ];
        for (name, text) in files {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(LoadFault::file(&path))?;
        }
        Ok(())
    }
}

/// A server of the bench's own that stops by itself, or can't stop in peace, fails the run.
fn stayed(failures: f64) -> Judgement {
    Judgement {
        objective: "the server stays, and stops with exit code 0".to_owned(),
        measured: Some(if failures > 0.0 { "no" } else { "yes" }.to_owned()),
        verdict: if failures > 0.0 {
            ObjectiveVerdict::Fails
        } else {
            ObjectiveVerdict::Holds
        },
    }
}
