//! From what happened to figures.

use crate::conduct::{Outcome, Window, plugins};
use crate::figures::{Figures, QUANTILES};
use crate::scrape::Growth;
use crate::second::{Second, ServerSecond};

/// What was found out before the run and is needed to judge it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known {
    /// Seconds that a password hash takes while as many are made as there are processors.
    pub(crate) hash_time: Option<f64>,
    /// Processors of this machine.
    pub(crate) cores: usize,
}

/// Every figure of a run.
pub(crate) fn figures(outcome: &Outcome, known: Known) -> Figures {
    let mut figures = Figures::default();
    let state = outcome.run.state();
    let (count, heard) = (state.count, state.book.count);
    state.timings.figures(&mut figures);
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
        figures.set(name, value);
    }
    figures.set_per("delivered", heard.heard as f64, heard.expected as f64);
    let asked = count.commands + count.sign_ins + count.sign_ins_failed;
    let refused = count.refused + count.unanswered + count.sign_ins_failed;
    figures.set_per("errors", refused as f64, asked as f64);
    // A flood's lines are not counted among the commands, so their answers are not among the frames.
    let (frames, bytes) = (
        count.frames - count.flood_frames,
        count.bytes - count.flood_bytes,
    );
    figures.set_per("frames_per_command", frames as f64, count.commands as f64);
    figures.set_per("bytes_per_command", bytes as f64, count.commands as f64);
    if let Some(hash_time) = known.hash_time {
        figures.set("hash_time", hash_time);
        let hashing = count.sign_ins as f64 * hash_time / known.cores.max(1) as f64;
        // Nobody can be in before being due, however fast the hashes are.
        let presences = outcome.run.scenario.presences();
        let offered = presences
            .last()
            .map_or(0.0, |(comes, _)| comes.as_secs_f64());
        figures.set_per(
            "sign_ins_over_hash_time",
            state.last_in.as_secs_f64(),
            hashing.max(offered),
        );
    }
    driver(outcome, &mut figures);
    window(&outcome.window, &mut figures);
    for (stage, grown) in &outcome.stages {
        ticks(&format!("{stage}."), grown, &mut figures);
    }
    over_time(outcome, &mut figures);
    figures
}

fn driver(outcome: &Outcome, figures: &mut Figures) {
    let worst = |of: fn(&Second) -> f64| outcome.seconds.iter().map(of).fold(0.0, f64::max);
    figures.set("driver_cpu_share", worst(|second| second.driver_cpu));
    figures.set("driver_waited_share", worst(|second| second.driver_waited));
}

/// Rates and the server's own counters over the measured stretch.
fn window(window: &Window, figures: &mut Figures) {
    let (from, to) = (window.count_before, window.count_after);
    let commands = (to.answers - from.answers) as f64;
    let deliveries = (window.heard_after - window.heard_before) as f64;
    figures.set_per("commands_per_second", commands, window.seconds);
    figures.set_per("deliveries_per_second", deliveries, window.seconds);
    figures.set_per(
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
    for (figure, metric) in counters {
        if let Some(value) = server.get(metric) {
            figures.set(figure, value);
            figures.set(format!("metric:{metric}"), value);
        }
    }
    ticks("", server, figures);
    for metric in ["kadath_ticks_total", "kadath_tick_overruns_total"] {
        if let Some(value) = server.get(metric) {
            figures.set(format!("metric:{metric}"), value);
        }
    }
    if let Some(statements) = figures.get("statements") {
        figures.set_per("statements_per_second", statements, server.seconds);
        figures.set_per("statements_per_1k_commands", statements * 1_000.0, commands);
    }
    let writes = server.get("kadath_socket_writes_total");
    let frames = server.get("kadath_frames_sent_total");
    if let (Some(writes), Some(frames)) = (writes, frames) {
        figures.set_per("writes_per_frame", writes, frames);
        figures.set("metric:kadath_frames_sent_total", frames);
        figures.set("metric:kadath_socket_writes_total", writes);
    }
    if let Some(cpu) = server.cpu {
        figures.set("cpu", cpu);
        figures.set_per("cpu_share", cpu, server.seconds);
        figures.set_per("cpu_per_1k_commands", cpu * 1_000.0, commands);
        figures.set_per("cpu_per_1k_deliveries", cpu * 1_000.0, deliveries);
    }
    if let Some(rss) = server.rss {
        figures.set("rss_growth", rss);
    }
}

/// How the world's ticks went in a stretch; `stage` ends in a dot where there is one.
fn ticks(stage: &str, server: &Growth, figures: &mut Figures) {
    let all = QUANTILES.into_iter().chain([("max", 1.0)]);
    for (which, at) in all {
        if let Some(time) = server.quantile("kadath_tick_seconds", at) {
            figures.set(format!("{stage}tick_{which}"), time);
        }
    }
    let ticks = server.get("kadath_ticks_total");
    let late = server.get("kadath_tick_overruns_total");
    if let (Some(ticks), Some(late)) = (ticks, late) {
        figures.set(format!("{stage}ticks"), ticks);
        figures.set(format!("{stage}overruns"), late);
        figures.set_per(format!("{stage}late_ticks"), late, late + ticks);
        for (plugin, time) in plugins(server) {
            figures.set_per(format!("{stage}plugin:{plugin}"), time, ticks);
        }
    }
}

/// The worst second of each.
fn over_time(outcome: &Outcome, figures: &mut Figures) {
    let servers = || {
        outcome
            .seconds
            .iter()
            .filter_map(|second| second.server.as_ref())
    };
    let worst =
        |of: &dyn Fn(&ServerSecond) -> Option<f64>| servers().filter_map(of).reduce(f64::max);
    if let Some(rss) = worst(&|server| server.rss) {
        figures.set("rss", rss);
    }
    if let Some(lag) = worst(&|server| server.applied_lag) {
        figures.set("storage_lag_max", lag);
    }
}
