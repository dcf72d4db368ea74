//! One page that needs nothing beside itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Report;
use super::plot::{Curve, escape, plot};
use crate::metrics::MetricUnit;
use crate::objective::ObjectiveVerdict;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:780px;margin:2em auto;padding:0 1em;color:#222;background:#fff}\
h1{margin-bottom:0}table{border-collapse:collapse;margin:1em 0}td,th{padding:.15em .8em;border-bottom:1px solid #ddd;text-align:right}\
td:first-child,th:first-child{text-align:left}.holds{color:#00734d}.fails{color:#b30000;font-weight:bold}.skipped{color:#777}\
figure{margin:1.2em 0}figcaption{font-weight:600}svg{width:100%;height:auto}svg text{font-size:10px;fill:#555}\
.grid{stroke:#e4e4e4}.band{fill:#d55e00;opacity:.15}.legend{margin:0;font-size:13px}.legend i{display:inline-block;width:12px;height:3px;margin:0 5px 3px 8px}\
pre{white-space:pre-wrap;background:#f6f6f6;padding:.8em}.limit{background:#fff3cd;padding:.6em 1em}";

pub(super) fn page(report: &Report) -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{0}</title><style>{STYLE}</style><h1>{0}</h1><p>{1}</p>",
        escape(&report.scenario),
        escape(&report.about)
    );
    let about = &report.circumstances;
    let _ = write!(
        html,
        "<p>Seed {}, {} run(s), {} build {}, {} cores of {}, {}, at {} s since 1970. Plots show the last run.</p>",
        report.seed,
        report.runs.len(),
        about.build,
        escape(&about.version),
        about.cores,
        escape(&about.processor),
        escape(&about.platform),
        about.at
    );
    if let Some(why) = &report.driver_was_the_limit {
        let _ = write!(
            html,
            "<p class=\"limit\"><b>The driver was the limit</b>: {}. Latencies are its own as much as the server's.</p>",
            escape(why)
        );
    }
    for hint in &report.hints {
        let _ = write!(html, "<p class=\"limit\">{}</p>", escape(hint));
    }
    objectives(report, &mut html);
    plots(report, &mut html);
    if let Some(comparison) = &report.comparison {
        let _ = write!(
            html,
            "<h2>Against the earlier report</h2><pre>{}</pre>",
            escape(&comparison.to_string())
        );
    }
    plugins(report, &mut html);
    metrics(report, &mut html);
    if !report.errors.is_empty() {
        html.push_str("<h2>Errors</h2><table>");
        for (code, times) in &report.errors {
            let _ = write!(html, "<tr><td>{}</td><td>{times}</td></tr>", escape(code));
        }
        html.push_str("</table>");
    }
    if !report.named.is_empty() {
        let _ = write!(
            html,
            "<h2>Faults, by name</h2><pre>{}</pre>",
            escape(&report.named.join("\n"))
        );
    }
    html.push_str("</html>\n");
    html
}

fn objectives(report: &Report, html: &mut String) {
    if report.objectives.is_empty() {
        return;
    }
    html.push_str("<h2>Objectives</h2><table>");
    for judgement in &report.objectives {
        let verdict = match judgement.verdict {
            ObjectiveVerdict::Holds => "holds",
            ObjectiveVerdict::Fails => "fails",
            ObjectiveVerdict::Skipped => "skipped",
        };
        let measured = judgement.measured.as_deref().unwrap_or("not measured");
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{}</td><td class=\"{verdict}\">{verdict}</td></tr>",
            escape(&judgement.objective),
            escape(measured)
        );
    }
    html.push_str("</table>");
}

/// Where the time of a tick went, the most expensive first.
fn plugins(report: &Report, html: &mut String) {
    let mut plugins: Vec<(&str, f64)> = report
        .metrics
        .iter()
        .filter_map(|(name, time)| Some((name.strip_prefix("plugin:")?, time)))
        .collect();
    if plugins.is_empty() {
        return;
    }
    plugins.sort_by(|a, b| b.1.total_cmp(&a.1));
    html.push_str("<h2>Plugins</h2><table><tr><th>plugin</th><th>mean of a tick</th></tr>");
    for (plugin, time) in plugins {
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{}</td></tr>",
            escape(plugin),
            MetricUnit::Time.show(time)
        );
    }
    html.push_str("</table>");
}

fn metrics(report: &Report, html: &mut String) {
    html.push_str(
        "<h2>Metrics</h2><table><tr><th>metric</th><th>median</th><th>least</th><th>most</th></tr>",
    );
    for (name, value) in report.metrics.iter() {
        // They have a table of their own.
        let Some(unit) = MetricUnit::of(name).filter(|_| !name.starts_with("plugin:")) else {
            continue;
        };
        let values = || report.runs.iter().filter_map(|run| run.get(name));
        let (least, most) = (values().reduce(f64::min), values().reduce(f64::max));
        let shown = |value: Option<f64>| value.map_or_else(String::new, |value| unit.show(value));
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(name),
            unit.show(value),
            shown(least),
            shown(most)
        );
    }
    html.push_str("</table>");
}

fn plots(report: &Report, html: &mut String) {
    let rows = &report.series;
    let marks = &report.marks;
    let time = |value: f64| MetricUnit::Time.show(value);
    let rate = |value: f64| format!("{value:.0}");
    let mut draw = |title: &str, names: &[&str], show: &dyn Fn(f64) -> String| {
        let curves: Vec<Curve> = names.iter().map(|name| curve(rows, name)).collect();
        html.push_str(&plot(title, &curves, marks, show));
    };
    draw(
        "Response time",
        &["response_p50", "response_p99", "response_max"],
        &time,
    );
    draw(
        "Hearing what others say",
        &["delivery_p50", "delivery_p99"],
        &time,
    );
    draw("Until durable", &["durable_p50", "durable_p99"], &time);
    draw("Bots in the world", &["online"], &rate);
    let throughput = [
        "answers_per_second",
        "deliveries_per_second",
        "frames_per_second",
        "refused_per_second",
    ];
    draw("A second", &throughput, &rate);
    draw("Tick", &["tick_p50", "tick_p99"], &time);
    let plugins = slowest_plugins(rows);
    let plugins: Vec<&str> = plugins.iter().map(String::as_str).collect();
    draw("Time in plugins, a second", &plugins, &time);
    draw("Resident memory", &["rss"], &|value| {
        MetricUnit::Bytes.show(value)
    });
    draw(
        "Ticks behind: durable and in the database",
        &["durable_lag", "applied_lag"],
        &rate,
    );
    draw(
        "Processors used: server and driver",
        &["server_cpu", "driver_cpu", "driver_waited"],
        &|value| format!("{value:.2}"),
    );
}

fn curve(rows: &[BTreeMap<String, f64>], name: &str) -> Curve {
    let point = |row: &BTreeMap<String, f64>| Some((*row.get("t")?, *row.get(name)?));
    Curve {
        name: name.to_owned(),
        points: rows.iter().filter_map(point).collect(),
    }
}

/// The seven that took the most time.
fn slowest_plugins(rows: &[BTreeMap<String, f64>]) -> Vec<String> {
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    for (name, time) in rows.iter().flatten() {
        if name.starts_with("plugin:") {
            *sums.entry(name).or_default() += time;
        }
    }
    let mut sums: Vec<(&str, f64)> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.total_cmp(&a.1));
    sums.into_iter()
        .take(7)
        .map(|(name, _)| name.to_owned())
        .collect()
}
