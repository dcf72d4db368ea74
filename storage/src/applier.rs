//! The applier: brings what is durable into the database, whatever happens to be waiting, in one
//! transaction at a time.
//!
//! While the database is away the journal goes on and the pending map keeps the newest value of
//! each key; the next transaction is simply larger.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::port::{Lane, SaveGauge, Stop, StoreReply};
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::journal;
use crate::lease::Leases;
use crate::pending::{Layer, PendingChanges};
use crate::store::{LeaseStore, NodeJournal, Store, WriteOutcome};

/// From the beginning of one transaction to that of the next. Who acts all the time changes the
/// same few values in every tick, and the journal has them already: merged over this time they are
/// written a twentieth as often. Only what reads the database beside the server would miss them.
pub(crate) const REST: Duration = Duration::from_secs(1);

/// The applier's state.
#[derive(Debug)]
pub(crate) struct Applier<D = Store> {
    pub(crate) store: D,
    pub(crate) origin: NodeJournal,
    pub(crate) pending: Arc<PendingChanges>,
    pub(crate) journal: Arc<journal::JournalHandle>,
    pub(crate) gauge: Arc<SaveGauge>,
    pub(crate) trouble: Arc<DatabaseTrouble>,
    /// How long it waits after failures.
    pub(crate) backoff: Backoff,
    /// How long one transaction may take; then its connection is taken for dead.
    pub(crate) limit: Option<Duration>,
    /// With a shared database only the commit makes a batch durable, and not everything may be
    /// written.
    pub(crate) shared: Option<SharedDatabase<D>>,
}

/// What an applier needs where other nodes write, too.
#[derive(Debug)]
pub(crate) struct SharedDatabase<D = Store> {
    pub(crate) leases: Arc<Leases<D>>,
    pub(crate) replies: Lane<StoreReply>,
}

/// Why the database takes nothing, while that is so.
#[derive(Debug, Default)]
pub(crate) struct DatabaseTrouble(Mutex<Option<String>>);

impl DatabaseTrouble {
    pub(crate) fn is_some(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// Answers whether that is news.
    fn set(&self, trouble: Option<String>) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = *held != trouble;
        *held = trouble;
        changed
    }
}

impl<D: LeaseStore> Applier<D> {
    /// Works until the pending map is closed and empty, or until `halt`; answers whether
    /// everything was applied.
    pub(crate) async fn run(self, halt: Stop) -> bool {
        tokio::select! {
            biased;
            () = halt.cancelled() => false,
            () = self.work() => true,
        }
    }

    async fn work(&self) {
        let mut backoff = self.backoff;
        while self.pending.ready().await {
            let Some(layer) = self.pending.take() else {
                continue;
            };
            let began = Instant::now();
            match self.write(&layer).await {
                Ok(kept) => {
                    if self.trouble.set(None) {
                        tracing::info!(
                            database = self.store.target(),
                            "database takes changes again"
                        );
                    }
                    backoff.reset();
                    self.settle(kept).await;
                    self.applied(&layer);
                    drop(layer);
                    // Where the commit makes durable, players wait for it.
                    if self.shared.is_none() {
                        self.pending.rest(began + REST).await;
                    }
                }
                Err(error) => {
                    drop(layer);
                    if self.trouble.set(Some(error.to_string())) {
                        tracing::warn!(
                            database = self.store.target(),
                            %error,
                            "database takes no changes, the journal keeps them"
                        );
                    }
                    tokio::time::sleep(backoff.next()).await;
                }
            }
        }
    }

    /// A server that vanished without a word would otherwise be waited for until TCP gives up.
    async fn write(&self, layer: &Layer) -> Result<WriteOutcome, sqlx::Error> {
        let writing = self.store.write(&self.origin, layer);
        match self.limit {
            None => writing.await,
            Some(limit) => tokio::time::timeout(limit, writing)
                .await
                .unwrap_or(Err(sqlx::Error::PoolTimedOut)),
        }
    }

    /// What was not written: of the world it is kept, of characters their players must know.
    async fn settle(&self, kept: WriteOutcome) {
        let Some(shared) = &self.shared else { return };
        self.pending.leave(kept.skipped);
        let replies = &shared.replies;
        shared
            .leases
            .close(&kept.lost, kept.reverted, replies)
            .await;
    }

    fn applied(&self, layer: &Layer) {
        let Some(mark) = layer.mark else { return };
        self.pending.done();
        self.gauge.set_applied(mark.tick);
        if self.shared.is_some() {
            self.gauge.set_durable(mark.tick);
        }
        self.gauge.set_facts_room(self.pending.facts_room());
        self.journal.set_applied(mark.sequence);
        for command in &layer.commands {
            tracing::debug!(
                correlation_id = %command.correlation,
                command_id = command.command_id,
                tick = command.tick,
                "command applied"
            );
        }
    }
}
