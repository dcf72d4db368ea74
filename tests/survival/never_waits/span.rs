//! What a server's figures say of a span of time.

use std::fmt;
use std::time::{Duration, Instant};

use super::crowd::Crowd;
use crate::harness::Server;

pub(crate) type Figures = Vec<(String, f64)>;

/// A span of time, in figures.
#[derive(Debug)]
pub(super) struct Span {
    ticks: f64,
    overruns: f64,
    /// Of the ticks' durations, in seconds; interpolated within its bucket.
    pub(super) tick_p999: f64,
    pub(super) lane_refusals: f64,
    /// The most ticks that journal and database were behind.
    pub(super) durable_lag: u64,
    pub(super) applied_lag: u64,
    /// Commands that were done, and such as were refused with `storage_unavailable`.
    pub(super) done: u64,
    pub(super) refused: u64,
    /// How long all but a hundredth of the answers took at most.
    pub(super) answers_p99: Duration,
    /// Resident memory beyond what it was when the span began, in bytes.
    pub(super) grown: u64,
}

impl Span {
    /// Watches for `length`.
    pub(super) async fn watch(server: &Server, length: Duration, crowd: &Crowd) -> Self {
        let before = server.http.figures().await;
        let began = Instant::now();
        let memory = resident(server);
        let (done, refused) = crowd.score();
        crowd.take_waits();
        let (mut durable_lag, mut applied_lag, mut grown) = (0.0_f64, 0.0_f64, 0);
        let after = loop {
            let figures = server.http.figures().await;
            let current = figure(&figures, "kadath_current_tick");
            let lag = |name| current - figure(&figures, name);
            durable_lag = durable_lag.max(lag("kadath_journal_durable_tick"));
            applied_lag = applied_lag.max(lag("kadath_storage_applied_tick"));
            grown = grown.max(resident(server).saturating_sub(memory));
            if began.elapsed() >= length {
                break figures;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let (done_after, refused_after) = crowd.score();
        let passed = |name| figure(&after, name) - figure(&before, name);
        Self {
            ticks: passed("kadath_ticks_total"),
            overruns: passed("kadath_tick_overruns_total"),
            tick_p999: quantile(&before, &after, 0.999),
            lane_refusals: refusals(&after) - refusals(&before),
            durable_lag: durable_lag as u64,
            applied_lag: applied_lag as u64,
            done: done_after - done,
            refused: refused_after - refused,
            answers_p99: p99(crowd.take_waits()),
            grown,
        }
    }

    /// The share of tick slots that were skipped.
    pub(super) fn late(&self) -> f64 {
        self.overruns / (self.ticks + self.overruns)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ticks, {} late ({:.2} %), p99.9 {:.2} ms, lag at most {} ticks durable and {} applied, {} done, {} refused, answers p99 {:.0?}, memory +{} KiB",
            self.ticks,
            self.overruns,
            self.late() * 100.0,
            self.tick_p999 * 1e3,
            self.durable_lag,
            self.applied_lag,
            self.done,
            self.refused,
            self.answers_p99,
            self.grown / 1_024
        )
    }
}

/// One figure without labels.
pub(crate) fn figure(figures: &Figures, name: &str) -> f64 {
    let found = figures.iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no figure {name}")).1
}

pub(crate) fn p99(mut waits: Vec<Duration>) -> Duration {
    waits.sort_unstable();
    let rank = waits.len().saturating_sub(1) * 99 / 100;
    waits.get(rank).copied().unwrap_or_default()
}

fn refusals(figures: &Figures) -> f64 {
    figures
        .iter()
        .filter(|(name, _)| name.starts_with("kadath_lane_refusals_total"))
        .map(|(_, value)| value)
        .sum()
}

fn buckets(figures: &Figures) -> Vec<(f64, f64)> {
    figures
        .iter()
        .filter_map(|(name, count)| {
            let bound = name
                .strip_prefix("kadath_tick_seconds_bucket{le=\"")?
                .strip_suffix("\"}")?;
            Some((bound.parse().ok()?, *count))
        })
        .collect()
}

fn quantile(before: &Figures, after: &Figures, part: f64) -> f64 {
    let counts: Vec<(f64, f64)> = buckets(before)
        .iter()
        .zip(buckets(after))
        .map(|(before, after)| (after.0, after.1 - before.1))
        .collect();
    let rank = counts.last().expect("a histogram").1 * part;
    let (mut bound_below, mut below) = (0.0, 0.0);
    for (bound, count) in counts {
        if count >= rank {
            let within = (rank - below) / (count - below);
            return if bound.is_finite() {
                bound_below + (bound - bound_below) * within
            } else {
                bound_below
            };
        }
        (bound_below, below) = (bound, count);
    }
    bound_below
}

/// Resident memory, in bytes.
pub(crate) fn resident(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib: u64 = line
        .and_then(|line| line.split_whitespace().nth(1))
        .and_then(|kib| kib.parse().ok())
        .expect("a process has memory");
    kib * 1_024
}
