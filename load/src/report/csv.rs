//! Every second of a run as a row.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::measure::LatencyKind;
use crate::second::Second;

/// Rates are per second, times in seconds, sizes in bytes, lags in ticks.
pub(super) fn series(seconds: &[Second]) -> Vec<BTreeMap<String, f64>> {
    let mut rows = Vec::new();
    let none = Second::default();
    let mut before = &none;
    for second in seconds {
        let mut row = BTreeMap::new();
        let mut set = |name: &str, value: f64| {
            row.insert(name.to_owned(), value);
        };
        let passed = (second.at - before.at).max(1e-3);
        let rate = |now: u64, then: u64| (now - then) as f64 / passed;
        set("t", second.at);
        set("online", second.online as f64);
        set(
            "commands_per_second",
            rate(second.count.commands, before.count.commands),
        );
        set(
            "answers_per_second",
            rate(second.count.answers, before.count.answers),
        );
        set(
            "refused_per_second",
            rate(second.count.refused, before.count.refused),
        );
        set(
            "frames_per_second",
            rate(second.count.frames, before.count.frames),
        );
        set(
            "bytes_per_second",
            rate(second.count.bytes, before.count.bytes),
        );
        set(
            "deliveries_per_second",
            rate(second.deliveries, before.deliveries),
        );
        set("driver_cpu", second.driver_cpu);
        set("driver_waited", second.driver_waited);
        for span in LatencyKind::ALL {
            let told = second.spans[span as usize];
            if told.count > 0 {
                set(&format!("{}_p50", span.word()), told.p50);
                set(&format!("{}_p99", span.word()), told.p99);
                set(&format!("{}_max", span.word()), told.max);
            }
        }
        if let Some(server) = &second.server {
            let told = [
                ("tick_p50", server.tick_p50),
                ("tick_p99", server.tick_p99),
                ("rss", server.rss),
                ("server_cpu", server.cpu),
                ("durable_lag", server.durable_lag),
                ("applied_lag", server.applied_lag),
                ("players", server.players),
            ];
            for (name, value) in told {
                if let Some(value) = value {
                    set(name, value);
                }
            }
            for (plugin, time) in &server.plugins {
                set(&format!("plugin:{plugin}"), *time);
            }
        }
        rows.push(row);
        before = second;
    }
    rows
}

/// With a head line; what was not measured in a second stays empty.
pub(super) fn text(rows: &[BTreeMap<String, f64>]) -> String {
    let names: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| row.keys().map(String::as_str))
        .filter(|name| *name != "t")
        .collect();
    let mut text = String::from("t");
    for name in &names {
        text.push(',');
        text.push_str(name);
    }
    text.push('\n');
    for row in rows {
        let _ = write!(text, "{:.3}", row.get("t").copied().unwrap_or(0.0));
        for name in &names {
            text.push(',');
            if let Some(value) = row.get(*name) {
                let _ = write!(text, "{value:.6}");
            }
        }
        text.push('\n');
    }
    text
}
