//! Metrics that mirror the state of storage: read when somebody asks for them.

use std::sync::Arc;

use engine::port::{MetricsFault, SaveGauge, Tick};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntGauge, IntGaugeVec, Opts};

use crate::journal;
use crate::pending::PendingChanges;
use crate::store::Store;

/// Reads the state of storage at each scrape.
#[derive(Debug)]
pub(crate) struct StateCollector {
    gauge: Arc<SaveGauge>,
    store: Store,
    pending: Arc<PendingChanges>,
    journal: Arc<journal::JournalHandle>,
    durable: IntGauge,
    applied: IntGauge,
    current: IntGauge,
    bytes: IntGauge,
    rows: IntGauge,
    connections: IntGaugeVec,
    connections_max: IntGauge,
}

impl StateCollector {
    pub(crate) fn new(
        gauge: Arc<SaveGauge>,
        store: Store,
        pending: Arc<PendingChanges>,
        journal: Arc<journal::JournalHandle>,
    ) -> Result<Self, MetricsFault> {
        Ok(Self {
            gauge,
            store,
            pending,
            journal,
            durable: IntGauge::new(
                "kadath_journal_durable_tick",
                "everything up to this tick survives a crash",
            )?,
            applied: IntGauge::new(
                "kadath_storage_applied_tick",
                "everything up to this tick is in the database",
            )?,
            current: IntGauge::new("kadath_current_tick", "the last tick executed")?,
            bytes: IntGauge::new("kadath_journal_bytes", "what the journal takes on disk")?,
            rows: IntGauge::new(
                "kadath_storage_pending_rows",
                "rows that are durable and wait for the database",
            )?,
            connections: IntGaugeVec::new(
                Opts::new("kadath_db_connections", "open database connections"),
                &["state"],
            )?,
            connections_max: IntGauge::new(
                "kadath_db_pool_max",
                "the most database connections there may be",
            )?,
        })
    }
}

impl Collector for StateCollector {
    fn desc(&self) -> Vec<&Desc> {
        [
            self.durable.desc(),
            self.applied.desc(),
            self.current.desc(),
            self.bytes.desc(),
            self.rows.desc(),
            self.connections.desc(),
            self.connections_max.desc(),
        ]
        .concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.durable.set(shown(self.gauge.durable_tick()));
        self.applied.set(shown(self.gauge.applied_tick()));
        self.current.set(shown(self.gauge.current_tick()));
        self.bytes.set(shown(self.journal.bytes()));
        self.rows.set(shown(self.pending.rows() as u64));
        let (idle, used) = self.store.connections();
        let connections = |state| self.connections.with_label_values(&[state]);
        connections("idle").set(i64::from(idle));
        connections("used").set(i64::from(used));
        self.connections_max
            .set(i64::from(self.store.connections_max()));
        [
            self.durable.collect(),
            self.applied.collect(),
            self.current.collect(),
            self.bytes.collect(),
            self.rows.collect(),
            self.connections.collect(),
            self.connections_max.collect(),
        ]
        .concat()
    }
}

fn shown(number: Tick) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
