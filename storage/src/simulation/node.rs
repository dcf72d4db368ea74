//! One process's storage over a simulated disk and database: opened as the real one is, as far as
//! journal and database concern each other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine::port::{
    Lane, Registry, RunId, SaveGauge, Stop, StorePorts, StoreReply, Tasks, WorldTime,
};
use prometheus::IntCounter;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{SimulatedDatabase, SimulatedDisk};
use crate::applier::{Applier, DatabaseTrouble, SharedDatabase};
use crate::backoff::Backoff;
use crate::config::JournalConfig;
use crate::identity;
use crate::journal::{
    self, Disk as _, Found, Identity, JournalHandle, JournalSteps, NextStep, Start, Writer,
    WriterThread,
};
use crate::lease::Leases;
use crate::loader::Loader;
use crate::pending::PendingChanges;
use crate::storage::open::reconcile::lacked;
use crate::store::{ChangeStore as _, Counters, LeaseStore as _, NodeJournal};
use crate::{RecoveredState, StorageFault};

/// How long a start waits before it asks the database again.
const AGAIN: Duration = Duration::from_millis(200);

/// The one world of a simulation.
const WORLD: Uuid = Uuid::from_u128(0x6b61_6461_7468);

/// Where a process stores.
#[derive(Clone, Debug)]
pub struct SimulatedNode {
    /// The node's name.
    pub name: String,
    /// The folder of its journal.
    pub folder: PathBuf,
    /// The disk on which that lies.
    pub disk: SimulatedDisk,
    /// Its way to the database.
    pub database: SimulatedDatabase,
    /// How long it counts as alive without a word, where nodes share the database.
    pub lease: Option<Duration>,
}

/// A process's storage.
#[derive(Debug)]
pub struct SimulatedStorage {
    disk: SimulatedDisk,
    database: SimulatedDatabase,
    origin: NodeJournal,
    run: RunId,
    config: JournalConfig,
    writer: Option<Writer>,
    pending: Arc<PendingChanges>,
    journal: Arc<JournalHandle>,
    /// With a shared database.
    leases: Option<Arc<Leases<SimulatedDatabase>>>,
    left_out: IntCounter,
    halt: Stop,
}

impl SimulatedStorage {
    /// Recovers the node's journal, brings the database what it lacks, and begins the run `run` at
    /// `wall`.
    ///
    /// # Errors
    /// As `Storage::open`: what can't be gone on from is named.
    pub async fn open(
        node: SimulatedNode,
        config: JournalConfig,
        (run, wall): (RunId, WorldTime),
    ) -> Result<(Self, RecoveredState), StorageFault> {
        let SimulatedNode {
            name,
            folder,
            disk,
            database,
            lease,
        } = node;
        let mut found = journal::recover(&folder)?;
        let identity = found.identity.unwrap_or(Identity {
            world: WORLD,
            journal: Uuid::from_u128(u128::from(run.0)),
        });
        let origin = NodeJournal {
            node: name,
            journal: identity.journal,
        };
        claim(&database, &origin, lease).await;
        let marks = database.applied();
        identity::still_the_newest(&found, &origin, &marks, database.target())?;
        let mut before = identity::before(&found, &origin.node, identity.journal, &marks);
        let mine = marks.iter().find(|mark| mark.journal == identity.journal);
        let applied = mine.map_or(0, |mark| mark.sequence);
        let (applied, late) = catch_up(&mut found, applied, (&disk, &database), &origin).await?;
        if late {
            let nothing = Found::default();
            before = identity::before(&nothing, &origin.node, identity.journal, &marks);
        }
        let first_tick = match &before {
            None => identity::first_tick_beside(&marks),
            Some(trace) => identity::first_tick(Some(trace)),
        };
        let start = Start {
            identity,
            run,
            first_tick,
            at: wall,
            next_sequence: applied + 1,
        };
        let writer = begin(&folder, &disk, &found, start, &config)?;
        let recovered = RecoveredState {
            world: identity.world,
            journal: identity.journal,
            run,
            first_tick,
            before: before.map(|trace| (trace.run, trace.survived)),
            clean: before.is_none_or(|trace| trace.clean),
            reached: before.map(|trace| trace.now).unwrap_or_default(),
            world_rows: database.world_rows(&origin.node),
        };
        let pending = PendingChanges::new(config.facts_max);
        let counters = Counters::new(&Registry::new())?;
        let (store, elected) = (database.clone(), counters.elected.clone());
        let leases = lease
            .map(|lease| Leases::new(store, origin.clone(), lease, Arc::clone(&pending), elected));
        stand(leases.as_deref()).await;
        let storage = Self {
            pending,
            leases,
            journal: JournalHandle::new(applied),
            halt: Stop::new(),
            left_out: counters.quarantined,
            writer: Some(writer),
            disk,
            database,
            origin,
            run,
            config,
        };
        Ok((storage, recovered))
    }

    /// Starts the journal, the applier and the loader. The journal looks for work every `pace`.
    pub fn run(&mut self, ports: StorePorts, pace: Duration, tasks: &Tasks) {
        let Some(writer) = self.writer.take() else {
            return;
        };
        let gauge = ports.gauge;
        gauge.set_facts_room(self.pending.facts_room());
        let thread = WriterThread {
            writer,
            run: self.run,
            saves: ports.saves,
            gauge: Arc::clone(&gauge),
            pending: Arc::clone(&self.pending),
            shared: Arc::clone(&self.journal),
            config: self.config.clone(),
            left_out: self.left_out.clone(),
            durable_at_commit: self.leases.is_some(),
        };
        tasks.spawn(
            "journal",
            take_steps(thread, Arc::clone(&self.journal), self.disk.clone(), pace),
        );
        let applier = self.applier(&gauge, &ports.replies);
        let halt = self.halt.clone();
        tasks.spawn("applier", async move { applier.run(halt).await });
        let loader = Loader {
            store: self.database.clone(),
            accounts: None,
            pending: Arc::clone(&self.pending),
            journal: Arc::clone(&self.journal),
            leases: self.leases.clone(),
            gauge,
            replies: ports.replies.clone(),
            tasks: tasks.clone(),
        };
        tasks.spawn("loader", loader.run(ports.asks, self.halt.clone()));
        if let Some(leases) = &self.leases {
            let living = Arc::clone(leases).run(ports.replies, self.halt.clone());
            tasks.spawn("leases", living);
        }
    }

    fn applier(
        &self,
        gauge: &Arc<SaveGauge>,
        replies: &Lane<StoreReply>,
    ) -> Applier<SimulatedDatabase> {
        Applier {
            store: self.database.clone(),
            origin: self.origin.clone(),
            pending: Arc::clone(&self.pending),
            journal: Arc::clone(&self.journal),
            gauge: Arc::clone(gauge),
            trouble: Arc::<DatabaseTrouble>::default(),
            backoff: Backoff::of_writes().without_jitter(),
            limit: Some(Duration::from_secs(10)),
            shared: self.leases.as_ref().map(|leases| SharedDatabase {
                leases: Arc::clone(leases),
                replies: replies.clone(),
            }),
        }
    }

    /// How many rows wait for the database.
    #[must_use]
    pub fn rows_waiting(&self) -> usize {
        self.pending.rows()
    }

    /// How many bytes the journal takes.
    #[must_use]
    pub fn journal_bytes(&self) -> u64 {
        self.journal.bytes()
    }

    /// Whether everything that was handed over is in the database, and no more will come.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.pending.is_closed() && self.pending.rows() == 0
    }

    /// Others need not wait for its lease to end.
    pub fn retire(&self) {
        if self.leases.is_some() {
            self.database.retire(&self.origin);
        }
    }

    /// The process is dead: nothing of it has any effect from here on.
    pub fn kill(&self) {
        self.disk.kill();
        self.database.disconnect();
        self.halt.cancel();
        self.journal.halt();
    }
}

/// Takes the journal's steps until it is over or its process is dead.
async fn take_steps(
    thread: WriterThread,
    handle: Arc<JournalHandle>,
    disk: SimulatedDisk,
    pace: Duration,
) {
    let mut steps = JournalSteps::new(thread, Instant::now().into_std());
    while !disk.is_dead() {
        let NextStep::After(pause) = steps.step(Instant::now().into_std(), false) else {
            return;
        };
        loop {
            sleep(pace).await;
            let due = Instant::now().into_std() >= pause.until;
            if due || pause.for_batch || handle.take_nudge() || disk.is_dead() {
                break;
            }
        }
    }
}

/// Journal and database are brought to the same state; answers the last batch that both have, and
/// whether other nodes had taken some of it over.
async fn catch_up(
    found: &mut Found,
    applied: u64,
    (disk, database): (&SimulatedDisk, &SimulatedDatabase),
    origin: &NodeJournal,
) -> Result<(u64, bool), StorageFault> {
    if applied > found.last_sequence && found.identity.is_some() {
        for closed in found.segments.drain(..) {
            disk.remove(&closed.path)
                .map_err(StorageFault::io("remove", &closed.path))?;
        }
        return Ok((applied, false));
    }
    let mut late = false;
    let mut next = applied + 1;
    for segment in &found.segments {
        let batches = journal::batches_from(segment, next)?;
        let Some(layer) = lacked(batches, &mut next) else {
            continue;
        };
        let kept = loop {
            match database.write(origin, &layer).await {
                Ok(kept) => break kept,
                Err(error) => {
                    tracing::debug!(%error, "journal can't be applied, trying again");
                    sleep(AGAIN).await;
                }
            }
        };
        late |= !kept.conflicts.is_empty();
    }
    Ok((found.last_sequence, late))
}

fn begin(
    folder: &Path,
    disk: &SimulatedDisk,
    found: &Found,
    start: Start,
    config: &JournalConfig,
) -> Result<Writer, StorageFault> {
    let applied = start.next_sequence - 1;
    let (rotate_at, most) = (config.rotate_at(), config.max_bytes);
    let folder: PathBuf = folder.to_owned();
    let mut writer = Writer::new(
        Box::new(disk.clone()),
        &folder,
        found,
        start,
        rotate_at,
        most,
    );
    writer
        .start()
        .map_err(StorageFault::io("begin a journal segment in", &folder))?;
    writer.trim(applied);
    Ok(writer)
}

/// Waits until the node's name is this journal's: of a run before, another may have it until its
/// lease ends.
async fn claim(database: &SimulatedDatabase, origin: &NodeJournal, lease: Option<Duration>) {
    while let Some(lease) = lease
        && !matches!(database.beat(origin, lease).await, Ok(true))
    {
        sleep(AGAIN).await;
    }
}

/// Stands for the world's writer, whoever is elected.
async fn stand(leases: Option<&Leases<SimulatedDatabase>>) {
    while let Some(leases) = leases
        && leases.campaign().await.is_err()
    {
        sleep(AGAIN).await;
    }
}
