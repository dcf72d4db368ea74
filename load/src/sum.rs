//! From what happened to figures.

use crate::conduct::{Outcome, Window};
use crate::figures::Figures;

/// What was found out before the run and is needed to judge it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known {
    /// Seconds that one password hash takes on the idle server.
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
    figures.set_per(
        "frames_per_command",
        count.frames as f64,
        count.commands as f64,
    );
    figures.set_per(
        "bytes_per_command",
        count.bytes as f64,
        count.commands as f64,
    );
    if let Some(hash_time) = known.hash_time {
        figures.set("hash_time", hash_time);
        let least = count.sign_ins as f64 * hash_time / known.cores.max(1) as f64;
        figures.set_per(
            "sign_ins_over_hash_time",
            outcome.last_in.as_secs_f64(),
            least,
        );
    }
    driver(outcome, &mut figures);
    window(&outcome.window, &mut figures);
    over_time(outcome, &mut figures);
    figures
}

fn driver(outcome: &Outcome, figures: &mut Figures) {
    let shares = outcome.seconds.iter().map(|second| second.driver_cpu);
    figures.set("driver_cpu_share", shares.fold(0.0, f64::max));
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
    let (Some(before), Some(after)) = (&window.before, &window.after) else {
        return;
    };
    let grown = |name: &str| after.grown(before, name);
    for (which, at) in [
        ("p50", 0.5),
        ("p90", 0.9),
        ("p95", 0.95),
        ("p99", 0.99),
        ("p999", 0.999),
        ("max", 1.0),
    ] {
        if let Some(time) = after.quantile(before, "kadath_tick_seconds", at) {
            figures.set(format!("tick_{which}"), time);
        }
    }
    let counters = [
        ("ticks", "kadath_ticks_total"),
        ("overruns", "kadath_tick_overruns_total"),
        ("faults", "kadath_plugin_faults_total"),
        ("lane_refusals", "kadath_lane_refusals_total"),
        ("slow_clients", "kadath_slow_clients_total"),
        ("statements", "kadath_db_statements_total"),
    ];
    for (figure, metric) in counters {
        if let Some(value) = grown(metric) {
            figures.set(figure, value);
            figures.set(format!("metric:{metric}"), value);
        }
    }
    if let (Some(late), Some(ticks)) = (figures.get("overruns"), figures.get("ticks")) {
        figures.set_per("late_ticks", late, late + ticks);
    }
    if let Some(statements) = figures.get("statements") {
        figures.set_per("statements_per_second", statements, window.seconds);
        figures.set_per("statements_per_1k_commands", statements * 1_000.0, commands);
    }
    let writes = grown("kadath_socket_writes_total");
    let frames = grown("kadath_frames_sent_total");
    if let (Some(writes), Some(frames)) = (writes, frames) {
        figures.set_per("writes_per_frame", writes, frames);
        figures.set("metric:kadath_frames_sent_total", frames);
        figures.set("metric:kadath_socket_writes_total", writes);
    }
    if let (Some(then), Some(now)) = (before.cpu, after.cpu)
        && now >= then
    {
        figures.set("cpu", now - then);
        figures.set_per("cpu_share", now - then, window.seconds);
        figures.set_per("cpu_per_1k_commands", (now - then) * 1_000.0, commands);
        figures.set_per("cpu_per_1k_deliveries", (now - then) * 1_000.0, deliveries);
    }
    if let (Some(then), Some(now)) = (before.rss, after.rss) {
        figures.set("rss_growth", now - then);
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
    let worst = |of: &dyn Fn(&crate::conduct::ServerSecond) -> Option<f64>| {
        servers().filter_map(of).reduce(f64::max)
    };
    if let Some(rss) = worst(&|server| server.rss) {
        figures.set("rss", rss);
    }
    if let Some(lag) = worst(&|server| server.applied_lag) {
        figures.set("storage_lag_max", lag);
    }
}
