//! The table at the end of a run, for a terminal.

use std::fmt::Write as _;

use super::Report;
use crate::metrics::{MetricUnit, TIMES};
use crate::objective::ObjectiveVerdict;

const PERCENTILES: [&str; 6] = ["p50", "p90", "p99", "p999", "max", "mean"];

/// Everything that fits a screen.
pub(crate) fn table(report: &Report) -> String {
    let mut text = String::new();
    let circumstances = &report.circumstances;
    let _ = writeln!(
        text,
        "\n{} (seed {}, {} run{}), {} build {} on {} cores of {}",
        report.scenario,
        report.seed,
        report.runs.len(),
        if report.runs.len() == 1 { "" } else { "s" },
        circumstances.build,
        circumstances.version,
        circumstances.cores,
        circumstances.processor,
    );
    let metrics = &report.metrics;
    let show = |name: &str| {
        let unit = MetricUnit::of(name)?;
        metrics.get(name).map(|value| unit.show(value))
    };
    let _ = write!(text, "\n{:<14}", "");
    for which in PERCENTILES {
        let _ = write!(text, "{which:>11}");
    }
    text.push('\n');
    for kind in TIMES {
        if metrics.get(&format!("{kind}_p50")).is_none() {
            continue;
        }
        let _ = write!(text, "{kind:<14}");
        for which in PERCENTILES {
            let shown = show(&format!("{kind}_{which}")).unwrap_or_default();
            let _ = write!(text, "{shown:>11}");
        }
        text.push('\n');
    }
    let others = metrics.iter().map(|(name, _)| name).filter(|name| {
        let last = name.rsplit('_').next().unwrap_or(name);
        !PERCENTILES.contains(&last) && last != "p95" && !name.contains(':') && !name.contains('.')
    });
    text.push('\n');
    for (index, name) in others.enumerate() {
        let shown = show(name).unwrap_or_default();
        let _ = write!(text, "{name:<28}{shown:>14}");
        text.push_str(if index % 2 == 0 { "    " } else { "\n" });
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    lists(report, &mut text);
    text
}

fn lists(report: &Report, text: &mut String) {
    if !report.plugins.is_empty() {
        text.push_str("\nmean time of a tick, by plugin\n");
        for (plugin, time) in &report.plugins {
            let _ = writeln!(text, "  {:>11}  {plugin}", MetricUnit::Time.show(*time));
        }
    }
    if let Some(comparison) = &report.comparison {
        let _ = write!(text, "\n{comparison}");
    }
    if !report.errors.is_empty() {
        text.push_str("\nerrors\n");
        for (code, times) in &report.errors {
            let _ = writeln!(text, "  {times:>8}  {code}");
        }
    }
    if !report.named.is_empty() {
        text.push_str("\nfaults, by name\n");
        for fault in report.named.iter().take(10) {
            let _ = writeln!(text, "  {fault}");
        }
        if report.named.len() > 10 {
            let _ = writeln!(text, "  and more: see the report");
        }
    }
    if let Some(why) = &report.driver_was_the_limit {
        let _ = writeln!(
            text,
            "\nThe driver was the limit: {why}. Latencies are its own as much as the server's."
        );
    }
    for hint in &report.hints {
        let _ = writeln!(text, "\nhint: {hint}");
    }
    if !report.objectives.is_empty() {
        text.push_str("\nobjectives\n");
        for judgement in &report.objectives {
            let verdict = match judgement.verdict {
                ObjectiveVerdict::Holds => "holds",
                ObjectiveVerdict::Fails => "FAILS",
                ObjectiveVerdict::Skipped => "skipped",
            };
            let measured = judgement.measured.as_deref().unwrap_or("not measured");
            let _ = writeln!(
                text,
                "  {verdict:<8} {:<40} {measured}",
                judgement.objective
            );
        }
    }
}
