//! Opening: every check that must hold before the world may tick.

pub(crate) mod reconcile;

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use engine::port::{Registry, Stop, Tasks};

use super::{OpenStorage, RecoveredState, Storage};
use crate::StorageFault;
use crate::accounts::Accounts;
use crate::clock::wall;
use crate::config::{StorageConfig, check};
use crate::identity;
use crate::instance_lock::{self, InstanceLock};
use crate::journal::{self, Disk, Found, Identity, Start, Writer};
use crate::lease::Leases;
use crate::lock::{Lock, Locks};
use crate::pending::PendingChanges;
use crate::private;
use crate::store::{Counters, DatabaseFile, NodeJournal, Store};
use crate::watch::Files;

pub(crate) async fn open(
    config: StorageConfig,
    registry: &Registry,
    tasks: &Tasks,
    disk: Box<dyn Disk>,
) -> Result<(Storage, RecoveredState), StorageFault> {
    config.validate()?;
    make_folder(&config.data)?;
    let folder_lock = Lock::of_folder(&config.data)?;
    let file = DatabaseFile::of(&config.database, &config.database_url())?;
    let locks = Locks {
        folder: folder_lock,
        database: file.as_ref().map(DatabaseFile::lock).transpose()?,
    };
    private::look_after(&config.data);
    if let Some(file) = &file {
        private::warn_of(file.path());
    }
    let folder = config.data.join("journal");
    make_folder(&folder)?;
    let found = off_thread(&folder, {
        let folder = folder.clone();
        move || journal::recover(&folder)
    })
    .await?;
    let counters = Counters::new(registry)?;
    let store = Store::connect(&config.database, &config.database_url(), counters.clone()).await?;
    let opening = Opening {
        config,
        registry,
        tasks,
        store: store.clone(),
        counters,
        file,
        locks,
    };
    let opened = opening.finish(found, &folder, disk).await;
    if opened.is_err() {
        store.close(Duration::from_secs(1)).await;
    }
    opened
}

struct Opening<'a> {
    config: StorageConfig,
    registry: &'a Registry,
    tasks: &'a Tasks,
    store: Store,
    counters: Counters,
    /// With a database of its own file.
    file: Option<DatabaseFile>,
    locks: Locks,
}

impl Opening<'_> {
    async fn finish(
        self,
        mut found: Found,
        folder: &Path,
        disk: Box<dyn Disk>,
    ) -> Result<(Storage, RecoveredState), StorageFault> {
        let store = self.store.clone();
        let identity = identity::agree(&store, &found).await?;
        let origin = NodeJournal {
            node: self.config.node.clone(),
            journal: identity.journal,
        };
        self.join(&origin).await?;
        let opened = self
            .go_on(&mut found, folder, disk, (identity, origin.clone()))
            .await;
        if opened.is_err() && store.is_postgres() {
            // The next attempt need not wait for the lease to end.
            let _ = tokio::time::timeout(Duration::from_secs(1), store.retire(&origin)).await;
        }
        opened
    }

    async fn go_on(
        self,
        found: &mut Found,
        folder: &Path,
        mut disk: Box<dyn Disk>,
        (identity, origin): (Identity, NodeJournal),
    ) -> Result<(Storage, RecoveredState), StorageFault> {
        let store = &self.store;
        let marks = store.applied().await.map_err(self.failed())?;
        identity::still_the_newest(found, &origin, &marks, store.target())?;
        let (applied, before) = self
            .reconcile(found, &mut *disk, &origin, &marks, identity.world)
            .await?;
        let first_tick = match &before {
            None => identity::first_tick_beside(&marks),
            Some(trace) => identity::first_tick(Some(trace)),
        };
        let run = identity::new_run();
        let start = Start {
            identity,
            run,
            first_tick,
            at: wall(),
            next_sequence: applied + 1,
        };
        let writer = self.begin_journal(disk, folder, found, start)?;

        let recovered = RecoveredState {
            world: identity.world,
            journal: identity.journal,
            run,
            first_tick,
            before: before.map(|trace| (trace.run, trace.survived)),
            clean: before.is_none_or(|trace| trace.clean),
            reached: before.map(|trace| trace.now).unwrap_or_default(),
            world_rows: store
                .world_rows(&origin.node)
                .await
                .map_err(self.failed())?,
        };
        let accounts = Accounts::open(&self.config, store.clone(), self.tasks).await?;
        tracing::info!(
            world = %recovered.world,
            run = %run,
            first_tick,
            clean = recovered.clean,
            database = store.target(),
            "storage opened"
        );
        let pending = PendingChanges::new(self.config.journal.facts_max);
        let leases = self.campaign(&origin, &pending).await?;
        let instance_lock = self.instance_lock(&origin);
        let files = self.files(folder, &writer)?;
        let storage = Storage {
            inner: Arc::new(OpenStorage {
                pending,
                leases,
                instance_lock,
                files: Mutex::new(Some(files)),
                journal: journal::JournalHandle::new(applied),
                trouble: Arc::default(),
                writer: Mutex::new(Some(writer)),
                gauge: OnceLock::new(),
                ends: Mutex::new(None),
                halt: Stop::new(),
                tasks: self.tasks.clone(),
                registry: self.registry.clone(),
                locks: Arc::new(self.locks),
                store: self.store,
                config: self.config,
                accounts,
                origin,
                run,
            }),
        };
        Ok((storage, recovered))
    }

    /// Begins this run's first segment.
    fn begin_journal(
        &self,
        disk: Box<dyn Disk>,
        folder: &Path,
        found: &Found,
        start: Start,
    ) -> Result<Writer, StorageFault> {
        let applied = start.next_sequence - 1;
        let journal = &self.config.journal;
        let mut writer = Writer::new(
            disk,
            folder,
            found,
            start,
            journal.rotate_at(),
            journal.max_bytes,
        );
        writer
            .start()
            .map_err(StorageFault::io("begin a journal segment in", folder))?;
        writer.trim(applied);
        Ok(writer)
    }

    /// Stands for election, where nodes share the database.
    async fn campaign(
        &self,
        origin: &NodeJournal,
        pending: &Arc<PendingChanges>,
    ) -> Result<Option<Arc<Leases>>, StorageFault> {
        let leases = self.config.database.shared.then(|| {
            Leases::new(
                self.store.clone(),
                origin.clone(),
                self.config.database.lease(),
                Arc::clone(pending),
                self.counters.elected.clone(),
            )
        });
        if let Some(leases) = &leases {
            // Not before the journal was caught up with: what it has of the world is older than
            // what the node that wrote the world meanwhile knows.
            leases.campaign().await.map_err(self.failed())?;
        }
        Ok(leases)
    }

    /// The claim to a database that others can reach and none may share.
    fn instance_lock(&self, origin: &NodeJournal) -> Option<Arc<InstanceLock>> {
        let database = &self.config.database;
        let claims = !database.shared && self.store.is_postgres();
        claims.then(|| InstanceLock::new(self.store.clone(), origin.clone(), database.lease()))
    }

    /// What is open, to be looked after.
    fn files(&self, folder: &Path, writer: &Writer) -> Result<Files, StorageFault> {
        let data = &self.config.data;
        let (locks, database) = (&self.locks, self.file.as_ref());
        Files::of(data, folder, locks, database, writer.segment())
            .map_err(StorageFault::io("look at", data))
    }

    /// Counts as alive from here on, on a database that several servers can reach: as one of those
    /// who share it, or as the only one.
    async fn join(&self, origin: &NodeJournal) -> Result<(), StorageFault> {
        let database = &self.config.database;
        let free = match self.store.is_postgres() {
            false => Ok(true),
            true if database.shared => instance_lock::vacant(&self.store, database.lease()).await,
            true => instance_lock::occupy(&self.store, origin, database.lease()).await,
        };
        if !free.map_err(self.failed())? {
            let target = self.store.target().to_owned();
            return Err(StorageFault::Occupied { target });
        }
        if database.shared {
            let alone = self.store.beat(origin, database.lease()).await;
            check(
                alone.map_err(self.failed())?,
                "server.node",
                "another server of this name uses the shared database, or did a moment ago with \
                 another data folder: name them differently, or wait for database.lease_ms",
            )?;
        }
        Ok(())
    }

    fn failed(&self) -> impl Fn(sqlx::Error) -> StorageFault {
        let target = self.store.target().to_owned();
        move |error| StorageFault::Database {
            target: target.clone(),
            reason: error.to_string(),
        }
    }
}

/// Makes the folder, and makes sure that the folders above it know of it: a journal that a power
/// cut takes along as a whole was never durable.
fn make_folder(folder: &Path) -> Result<(), StorageFault> {
    let mut missing = Vec::new();
    let mut at = Some(folder);
    while let Some(here) = at.filter(|here| !here.as_os_str().is_empty() && !here.exists()) {
        missing.push(here);
        at = here.parent();
    }
    private::make_folder(folder).map_err(StorageFault::io("create", folder))?;
    for made in missing {
        let above = match made.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        journal::RealDisk
            .sync_folder(above)
            .map_err(StorageFault::io("sync", above))?;
    }
    Ok(())
}

/// Runs file work where it blocks nobody.
async fn off_thread<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, StorageFault> + Send + 'static,
) -> Result<T, StorageFault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(StorageFault::io("read", path)(std::io::Error::other(error))),
    }
}
