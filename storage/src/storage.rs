//! The handle on all of storage: open, run, look after, shut down.

pub(crate) mod open;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use engine::port::{
    Lane, Registry, Row, RunId, SaveGauge, Stop, StorePorts, StoreReply, Tasks, Tick, WorldTime,
};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::accounts::Accounts;
use crate::applier::{self, Applier, DatabaseTrouble, REST};
use crate::backoff::Backoff;
use crate::config::StorageConfig;
use crate::health::StorageHealth;
use crate::instance_lock::InstanceLock;
use crate::journal::{self, Writer, WriterThread};
use crate::lease::Leases;
use crate::loader::Loader;
use crate::lock::Locks;
use crate::metrics::StateCollector;
use crate::pending::PendingChanges;
use crate::revisions::Revisions;
use crate::store::{NodeJournal, Store};
use crate::watch::{Files, LossWatch};
use crate::{StorageFault, upkeep};

/// Journal, database and accounts of one data folder.
///
/// Clones share one storage. When the last clone goes without [`Storage::shutdown`], everything
/// stops at once, as if the process had died: the journal holds what is durable.
#[derive(Clone, Debug)]
pub struct Storage {
    inner: Arc<OpenStorage>,
}

#[derive(Debug)]
struct OpenStorage {
    config: StorageConfig,
    store: Store,
    accounts: Accounts,
    origin: NodeJournal,
    run: RunId,
    pending: Arc<PendingChanges>,
    /// With a shared database.
    leases: Option<Arc<Leases>>,
    /// With a PostgreSQL that is not shared.
    instance_lock: Option<Arc<InstanceLock>>,
    journal: Arc<journal::JournalHandle>,
    trouble: Arc<DatabaseTrouble>,
    writer: Mutex<Option<Writer>>,
    gauge: OnceLock<Arc<SaveGauge>>,
    ends: Mutex<Option<Ends>>,
    halt: Stop,
    tasks: Tasks,
    registry: Registry,
    /// What is watched, until it is.
    files: Mutex<Option<Files>>,
    locks: Arc<Locks>,
}

/// How the two that must finish have ended; `None` while they work.
#[derive(Debug)]
struct Ends {
    journal: watch::Receiver<Option<bool>>,
    applier: watch::Receiver<Option<bool>>,
}

/// What was found at start.
#[derive(Clone, Debug)]
pub struct RecoveredState {
    /// The world, one in journal and database.
    pub world: Uuid,
    /// This folder's journal.
    pub journal: Uuid,
    /// This run.
    pub run: RunId,
    /// The tick this run must begin with. Ticks never go backwards.
    pub first_tick: Tick,
    /// The run before, and up to which tick exactly its effects survived.
    pub before: Option<(RunId, Tick)>,
    /// The run before stopped with everything saved (also true of a new world).
    pub clean: bool,
    /// World time that the run before had reached; zero for a new world.
    pub reached: WorldTime,
    /// The rows that are loaded with the world, as they were stored, in key order.
    pub world_rows: Vec<Row>,
}

/// What a shutdown left where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Everything is durable and in the database.
    Applied,
    /// Everything is durable; the database lacks some of it until the next start.
    Durable,
    /// The last changes could not be written anywhere.
    Lost,
}

impl Storage {
    /// Locks the data folder, recovers the journal, connects and migrates the database, applies
    /// what it lacked, and loads the world's rows.
    ///
    /// # Errors
    /// A [`StorageFault`] that says what to do.
    pub async fn open(
        config: StorageConfig,
        registry: &Registry,
        tasks: &Tasks,
    ) -> Result<(Self, RecoveredState), StorageFault> {
        open::open(config, registry, tasks, Box::new(journal::RealDisk)).await
    }

    /// Starts the journal's thread, the applier, the loader and the daily upkeep. Call it within
    /// a tokio runtime, once.
    ///
    /// # Errors
    /// [`StorageFault::StartedTwice`]; [`StorageFault::Io`] if the thread can't be started;
    /// [`StorageFault::Metrics`].
    pub fn run(&self, ports: StorePorts) -> Result<(), StorageFault> {
        let inner = &self.inner;
        let writer = inner
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .ok_or(StorageFault::StartedTwice)?;
        let gauge = ports.gauge;
        gauge.set_facts_room(inner.pending.facts_room());
        let scrape = StateCollector::new(
            Arc::clone(&gauge),
            inner.store.clone(),
            Arc::clone(&inner.pending),
            Arc::clone(&inner.journal),
        )?;
        inner
            .registry
            .register(Box::new(scrape))
            .map_err(engine::port::MetricsFault::from)?;
        // Set once: a second start was refused above.
        let _ = inner.gauge.set(Arc::clone(&gauge));

        let writer_thread = WriterThread {
            writer,
            run: inner.run,
            saves: ports.saves,
            gauge: Arc::clone(&gauge),
            pending: Arc::clone(&inner.pending),
            shared: Arc::clone(&inner.journal),
            config: inner.config.journal.clone(),
            left_out: inner.store.quarantined().clone(),
            durable_at_commit: inner.config.database.shared,
        };
        let journal = self.start_journal(writer_thread)?;
        self.start_watch(&gauge);
        let applier = self.start_applier(Arc::clone(&gauge), &ports.replies);
        *inner.ends.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Ends { journal, applier });

        let loader = Loader {
            store: inner.store.clone(),
            accounts: Some(inner.accounts.clone()),
            pending: Arc::clone(&inner.pending),
            journal: Arc::clone(&inner.journal),
            leases: inner.leases.clone(),
            gauge,
            replies: ports.replies.clone(),
            tasks: inner.tasks.clone(),
        };
        inner
            .tasks
            .spawn("loader", loader.run(ports.asks, inner.halt.clone()));
        if let Some(leases) = &inner.leases {
            let living = Arc::clone(leases).run(ports.replies, inner.halt.clone());
            inner.tasks.spawn("leases", living);
        }
        if let Some(instance_lock) = &inner.instance_lock {
            let renewing = Arc::clone(instance_lock).run(inner.halt.clone());
            inner.tasks.spawn("leases", renewing);
        }
        let upkeep = upkeep::run(
            inner.store.clone(),
            inner.accounts.clone(),
            inner.config.clone(),
            inner.halt.clone(),
        );
        inner.tasks.spawn("upkeep", upkeep);
        Ok(())
    }

    /// Accounts, characters and tokens.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.inner.accounts
    }

    /// The revisions of the world's content.
    #[must_use]
    pub fn revisions(&self) -> Revisions {
        Revisions::new(self.inner.store.clone())
    }

    /// Whether saving works. `lag_max`: how long a durable batch may wait for the database.
    #[must_use]
    pub fn health(&self, lag_max: Duration) -> StorageHealth {
        let inner = &self.inner;
        let accepting = inner
            .gauge
            .get()
            .is_none_or(|gauge| gauge.state().accepting);
        let journal = match (inner.journal.blocked(), inner.journal.trouble()) {
            (Some(reason), _) => Err(reason),
            (None, Some(_)) => Err("the journal can't be written"),
            (None, None) if !accepting => Err("durable actions are refused"),
            (None, None) => Ok(()),
        };
        let lag = inner.pending.lag();
        // What waits for the next transaction does not lag.
        let disturbed = inner
            .instance_lock
            .as_ref()
            .is_some_and(|instance_lock| instance_lock.is_disturbed());
        let store = if let Some(reason) = inner.store.blocked() {
            Err(reason)
        } else if disturbed {
            Err("another server uses the database, which is not shared")
        } else if lag <= lag_max.saturating_add(REST) {
            Ok(())
        } else if inner.trouble.is_some() {
            Err("the database takes no changes and lags behind")
        } else {
            Err("the database is slow and lags behind")
        };
        StorageHealth { journal, store }
    }

    /// Ends storage: waits for the world's last batch to be durable and applied, at most for
    /// `patience`, then closes every connection. The world must have let go of its lane.
    pub async fn shutdown(&self, patience: Duration) -> Left {
        let inner = &self.inner;
        let deadline = Instant::now() + patience;
        let blocked = inner.journal.blocked();
        if blocked.is_some() {
            // What is under way will never be durable.
            inner.journal.halt();
            inner.halt.cancel();
        }
        let ends = inner
            .ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let left = match ends {
            None => Left::Applied,
            Some(mut ends) => {
                let durable = ended(&mut ends.journal, deadline).await;
                if durable.is_none() {
                    tracing::error!("journal did not end in time");
                    inner.journal.halt();
                }
                let applied = ended(&mut ends.applier, deadline).await;
                match (durable, applied) {
                    _ if blocked.is_some() => Left::Lost,
                    (Some(true), Some(true)) => Left::Applied,
                    (Some(true), _) => Left::Durable,
                    _ => Left::Lost,
                }
            }
        };
        inner.halt.cancel();
        let patience = deadline
            .saturating_duration_since(Instant::now())
            .max(Duration::from_millis(200));
        if inner.store.is_postgres() {
            // Others need not wait for the lease to end.
            let retiring = inner.store.retire(&inner.origin);
            match tokio::time::timeout(patience, retiring).await {
                Ok(Ok(())) => {}
                _ => tracing::warn!("leases are left to end by themselves"),
            }
        }
        inner.store.close(patience).await;
        tracing::info!(left = ?left, "storage ended");
        left
    }

    fn start_watch(&self, gauge: &Arc<SaveGauge>) {
        let inner = &self.inner;
        let files = inner
            .files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let watch = LossWatch {
            files: files.unwrap_or_default(),
            journal: Arc::clone(&inner.journal),
            gauge: Arc::clone(gauge),
            store: inner.store.clone(),
            origin: inner.origin.clone(),
        };
        inner.tasks.spawn("watch", watch.run(inner.halt.clone()));
    }

    fn start_journal(
        &self,
        writer_thread: WriterThread,
    ) -> Result<watch::Receiver<Option<bool>>, StorageFault> {
        let (end, ended) = watch::channel(None);
        let counted = self.inner.tasks.count("journal");
        let locks = Arc::clone(&self.inner.locks);
        thread::Builder::new()
            .name("kadath-journal".to_owned())
            .spawn(move || {
                let whole = writer_thread.run();
                drop((counted, locks));
                end.send_replace(Some(whole));
            })
            .map_err(StorageFault::io(
                "start the thread of",
                &self.inner.config.data,
            ))?;
        Ok(ended)
    }

    fn start_applier(
        &self,
        gauge: Arc<SaveGauge>,
        replies: &Lane<StoreReply>,
    ) -> watch::Receiver<Option<bool>> {
        let (end, ended) = watch::channel(None);
        let inner = &self.inner;
        let applier = Applier {
            store: inner.store.clone(),
            origin: inner.origin.clone(),
            pending: Arc::clone(&inner.pending),
            journal: Arc::clone(&inner.journal),
            gauge,
            trouble: Arc::clone(&inner.trouble),
            backoff: Backoff::of_writes(),
            limit: inner.config.database.transaction_limit(),
            shared: inner.leases.as_ref().map(|leases| applier::SharedDatabase {
                leases: Arc::clone(leases),
                replies: replies.clone(),
            }),
        };
        let halt = inner.halt.clone();
        let locks = Arc::clone(&inner.locks);
        inner.tasks.spawn("applier", async move {
            let whole = applier.run(halt).await;
            drop(locks);
            end.send_replace(Some(whole));
        });
        ended
    }
}

impl Drop for OpenStorage {
    fn drop(&mut self) {
        self.halt.cancel();
        self.journal.halt();
    }
}

/// How it ended, if it did before `deadline`. An end that was never told counts as a failure.
async fn ended(end: &mut watch::Receiver<Option<bool>>, deadline: Instant) -> Option<bool> {
    match timeout_at(deadline, end.wait_for(Option::is_some)).await {
        Ok(Ok(end)) => *end,
        Ok(Err(_)) => Some(false),
        Err(_) => None,
    }
}
