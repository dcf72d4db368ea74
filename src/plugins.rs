//! What whoever runs the server asks of its plugins: how they do, and that one is left out or taken
//! back.

use std::fmt::Write as _;
use std::time::Duration;

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
pub(crate) fn answer(request: &PluginRequest, board: &PluginBoard) -> WorldAnswer {
    let (name, on) = match request {
        PluginRequest::List => return WorldAnswer::done(table(board)),
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

fn millis(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1e3)
}
