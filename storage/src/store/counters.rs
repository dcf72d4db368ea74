//! Metrics of the store that count as they happen.

use engine::port::{MetricsFault, Registry};
use prometheus::{IntCounter, IntGauge};

/// The counters that exist from the first statement on.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    pub(crate) statements: IntCounter,
    pub(crate) quarantined: IntCounter,
    pub(crate) conflicts: IntCounter,
    pub(crate) elected: IntGauge,
}

impl Counters {
    pub(crate) fn new(registry: &Registry) -> Result<Self, MetricsFault> {
        let counters = Self {
            statements: IntCounter::new(
                "kadath_db_statements_total",
                "statements sent to the database, begin and commit included",
            )?,
            quarantined: IntCounter::new(
                "kadath_storage_quarantined_total",
                "rows and facts the database refused, and values that can't be encoded",
            )?,
            conflicts: IntCounter::new(
                "kadath_storage_conflicts_total",
                "changes of characters that another node had taken",
            )?,
            elected: IntGauge::new(
                "kadath_storage_elected",
                "1 while this node writes the world's own rows",
            )?,
        };
        registry.register(Box::new(counters.statements.clone()))?;
        registry.register(Box::new(counters.quarantined.clone()))?;
        registry.register(Box::new(counters.conflicts.clone()))?;
        registry.register(Box::new(counters.elected.clone()))?;
        Ok(counters)
    }
}
