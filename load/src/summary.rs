//! The metrics of a run, from what was counted and scraped.

use crate::metrics::{QUANTILES, RunMetrics};
use crate::run::{MeasuredWindow, RunOutcome, plugins};
use crate::scrape::Growth;
use crate::second::{Second, ServerSecond};

/// What was found out before the run and is needed to judge it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Baseline {
    /// Seconds that a password hash takes while as many are made as there are processors.
    pub(crate) hash_time: Option<f64>,
    /// Processors of this machine.
    pub(crate) cores: usize,
}

/// Every metric of a run.
pub(crate) fn metrics(outcome: &RunOutcome, known: Baseline) -> RunMetrics {
    let mut metrics = RunMetrics::default();
    let state = outcome.run.state();
    let (count, heard) = (state.count, state.deliveries.count);
    state.timings.metrics(&mut metrics);
    let whole = [
        ("bots", outcome.run.scenario.bots_max() as f64),
        ("commands", count.commands as f64),
        ("frames", count.frames as f64),
        ("deliveries", heard.all as f64),
        ("sign_ins", count.sign_ins as f64),
        ("sign_ins_failed", count.sign_ins_failed as f64),
        ("disconnects", count.disconnects as f64),
        ("resumed", count.resumed as f64),
        ("gaps", count.gaps as f64),
        ("unanswered", count.unanswered as f64),
        ("forgotten", count.forgotten as f64),
        ("undurable", count.undurable as f64),
        ("overdue", count.overdue as f64),
        ("lost", (heard.lost + state.effects.lost) as f64),
        (
            "duplicated",
            (heard.duplicated + state.effects.duplicated) as f64,
        ),
        ("reordered", heard.reordered as f64),
        ("strays", heard.strays as f64),
        ("excused", heard.excused as f64),
        ("effects", state.effects.checked as f64),
        ("effects_lost", state.effects.lost as f64),
        ("effects_duplicated", state.effects.duplicated as f64),
    ];
    for (name, value) in whole {
        metrics.set(name, value);
    }
    metrics.set_per("delivered", heard.heard as f64, heard.expected as f64);
    let asked = count.commands + count.sign_ins + count.sign_ins_failed;
    let refused = count.refused + count.unanswered + count.sign_ins_failed;
    metrics.set_per("errors", refused as f64, asked as f64);
    // A flood's lines are not counted among the commands, so their answers are not among the frames.
    let (frames, bytes) = (
        count.frames - count.flood_frames,
        count.bytes - count.flood_bytes,
    );
    metrics.set_per("frames_per_command", frames as f64, count.commands as f64);
    metrics.set_per("bytes_per_command", bytes as f64, count.commands as f64);
    if let Some(hash_time) = known.hash_time {
        metrics.set("hash_time", hash_time);
        let hashing = count.sign_ins as f64 * hash_time / known.cores.max(1) as f64;
        // Nobody can be in before being due, however fast the hashes are.
        let presences = outcome.run.scenario.presences();
        let offered = presences
            .last()
            .map_or(0.0, |(comes, _)| comes.as_secs_f64());
        metrics.set_per(
            "sign_ins_over_hash_time",
            state.last_in.as_secs_f64(),
            hashing.max(offered),
        );
    }
    driver(outcome, &mut metrics);
    window(&outcome.window, &mut metrics);
    for (stage, grown) in &outcome.stages {
        ticks(&format!("{stage}."), grown, &mut metrics);
    }
    over_time(outcome, &mut metrics);
    metrics
}

fn driver(outcome: &RunOutcome, metrics: &mut RunMetrics) {
    let worst = |of: fn(&Second) -> f64| outcome.seconds.iter().map(of).fold(0.0, f64::max);
    metrics.set("driver_cpu_share", worst(|second| second.driver_cpu));
    metrics.set("driver_waited_share", worst(|second| second.driver_waited));
}

/// Rates and the server's own counters over the measured stretch.
fn window(window: &MeasuredWindow, metrics: &mut RunMetrics) {
    let (from, to) = (window.count_before, window.count_after);
    let commands = (to.answers - from.answers) as f64;
    let deliveries = (window.heard_after - window.heard_before) as f64;
    metrics.set_per("commands_per_second", commands, window.seconds);
    metrics.set_per("deliveries_per_second", deliveries, window.seconds);
    metrics.set_per(
        "frames_per_second",
        (to.frames - from.frames) as f64,
        window.seconds,
    );
    let server = &window.grown;
    let counters = [
        ("faults", "kadath_plugin_faults_total"),
        ("lane_refusals", "kadath_lane_refusals_total"),
        ("slow_clients", "kadath_slow_clients_total"),
        ("statements", "kadath_db_statements_total"),
    ];
    for (metric, counter) in counters {
        if let Some(value) = server.get(counter) {
            metrics.set(metric, value);
            metrics.set(format!("metric:{counter}"), value);
        }
    }
    ticks("", server, metrics);
    for metric in ["kadath_ticks_total", "kadath_tick_overruns_total"] {
        if let Some(value) = server.get(metric) {
            metrics.set(format!("metric:{metric}"), value);
        }
    }
    if let Some(statements) = metrics.get("statements") {
        metrics.set_per("statements_per_second", statements, server.seconds);
        metrics.set_per("statements_per_1k_commands", statements * 1_000.0, commands);
    }
    let writes = server.get("kadath_socket_writes_total");
    let frames = server.get("kadath_frames_sent_total");
    if let (Some(writes), Some(frames)) = (writes, frames) {
        metrics.set_per("writes_per_frame", writes, frames);
        metrics.set("metric:kadath_frames_sent_total", frames);
        metrics.set("metric:kadath_socket_writes_total", writes);
    }
    if let Some(cpu) = server.cpu {
        metrics.set("cpu", cpu);
        metrics.set_per("cpu_share", cpu, server.seconds);
        metrics.set_per("cpu_per_1k_commands", cpu * 1_000.0, commands);
        metrics.set_per("cpu_per_1k_deliveries", cpu * 1_000.0, deliveries);
    }
    if let Some(rss) = server.rss {
        metrics.set("rss_growth", rss);
    }
}

/// How the world's ticks went in a stretch; `stage` ends in a dot where there is one.
fn ticks(stage: &str, server: &Growth, metrics: &mut RunMetrics) {
    let all = QUANTILES.into_iter().chain([("max", 1.0)]);
    for (which, at) in all {
        if let Some(time) = server.quantile("kadath_tick_seconds", at) {
            metrics.set(format!("{stage}tick_{which}"), time);
        }
    }
    let ticks = server.get("kadath_ticks_total");
    let late = server.get("kadath_tick_overruns_total");
    if let (Some(ticks), Some(late)) = (ticks, late) {
        metrics.set(format!("{stage}ticks"), ticks);
        metrics.set(format!("{stage}overruns"), late);
        metrics.set_per(format!("{stage}late_ticks"), late, late + ticks);
        for (plugin, time) in plugins(server) {
            metrics.set_per(format!("{stage}plugin:{plugin}"), time, ticks);
        }
    }
}

/// The worst second of each.
fn over_time(outcome: &RunOutcome, metrics: &mut RunMetrics) {
    let servers = || {
        outcome
            .seconds
            .iter()
            .filter_map(|second| second.server.as_ref())
    };
    let worst =
        |of: &dyn Fn(&ServerSecond) -> Option<f64>| servers().filter_map(of).reduce(f64::max);
    if let Some(rss) = worst(&|server| server.rss) {
        metrics.set("rss", rss);
    }
    if let Some(lag) = worst(&|server| server.applied_lag) {
        metrics.set("storage_lag_max", lag);
    }
}
