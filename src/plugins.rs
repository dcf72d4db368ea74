//! What whoever runs the server asks of its plugins: how they do, and that one is left out or taken
//! back.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use engine::port::Registry;
use engine::runner::PluginBoard;
use serde::{Deserialize, Serialize};

use crate::revisions::WorldAnswer;

/// Something to do with the plugins of a running server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PluginRequest {
    List,
    Off { name: String },
    On { name: String },
}

/// Does it.
pub(crate) fn answer(
    request: &PluginRequest,
    board: &PluginBoard,
    registry: &Registry,
) -> WorldAnswer {
    let (name, on) = match request {
        PluginRequest::List => {
            return WorldAnswer::done(format!("{}{}", table(board), scripts(registry)));
        }
        PluginRequest::Off { name } => (name, false),
        PluginRequest::On { name } => (name, true),
    };
    match board.turn(name, on) {
        Ok(()) if on => WorldAnswer::done(format!("{name} is back from the next tick on")),
        Ok(()) => WorldAnswer::done(format!("{name} is left out from the next tick on")),
        Err(fault) => WorldAnswer::failed(fault),
    }
}

fn table(board: &PluginBoard) -> String {
    let all = board.figures();
    let width = all
        .iter()
        .map(|one| one.name.len())
        .max()
        .unwrap_or(0)
        .max(6);
    let mut table = format!(
        "{:width$}  kind        p50 ms   p99 ms  faults  state",
        "plugin"
    );
    for one in all {
        let state = if one.is_out { "left out" } else { "on" };
        let (p50, p99) = (millis(one.p50), millis(one.p99));
        let _ = write!(
            table,
            "\n{:width$}  built in  {p50:>8}  {p99:>7}  {:>6}  {state}",
            one.name, one.faults
        );
    }
    table
}

/// What each script that was called has spent since the start: steps, for time says nothing of it.
fn scripts(registry: &Registry) -> String {
    let families = registry.gather();
    let of = |name: &str| -> BTreeMap<String, f64> {
        let family = families.iter().find(|one| one.name() == name);
        let series = family.into_iter().flat_map(|one| one.get_metric());
        let script = |one: &prometheus::proto::Metric| {
            let label = one.get_label().first()?;
            Some((label.value().to_owned(), one.get_counter().get_value()))
        };
        series.filter_map(script).collect()
    };
    let (fuel, cuts) = (
        of("kadath_script_fuel_total"),
        of("kadath_script_cut_total"),
    );
    let mut lines = String::new();
    for (script, operations) in fuel {
        let cut = cuts.get(&script).copied().unwrap_or_default();
        let _ = write!(
            lines,
            "\n{script}  script  {operations} operations, {cut} calls were cut"
        );
    }
    lines
}

fn millis(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1e3)
}
