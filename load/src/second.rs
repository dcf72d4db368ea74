//! One second of a run, as the driver and the server saw it.

use std::collections::BTreeMap;

use crate::measure::Percentiles;
use crate::run_state::Count;

/// One second of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Second {
    pub(crate) at: f64,
    pub(crate) online: usize,
    pub(crate) count: Count,
    pub(crate) deliveries: u64,
    /// By [`LatencyKind`].
    pub(crate) spans: [Percentiles; 5],
    pub(crate) driver_cpu: f64,
    pub(crate) driver_waited: f64,
    pub(crate) server: Option<ServerSecond>,
}

/// What the server said in one second.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerSecond {
    pub(crate) tick_p50: Option<f64>,
    pub(crate) tick_p99: Option<f64>,
    pub(crate) rss: Option<f64>,
    /// Processors used.
    pub(crate) cpu: Option<f64>,
    /// Ticks by which durable and applied lag behind.
    pub(crate) durable_lag: Option<f64>,
    pub(crate) applied_lag: Option<f64>,
    pub(crate) players: Option<f64>,
    /// Share of the time spent in each plugin.
    pub(crate) plugins: BTreeMap<String, f64>,
}
