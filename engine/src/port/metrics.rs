//! Metrics, kept in memory of fixed size.

/// A figure could not be registered: its name is taken or malformed. A mistake in the program.
#[derive(Debug, thiserror::Error)]
#[error("metric could not be registered: {0}")]
pub struct MetricsFault(#[from] pub prometheus::Error);
