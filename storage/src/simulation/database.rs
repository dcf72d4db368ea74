//! A database that stalls, refuses, and commits without an answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::port::{AccountOrder, Fact, Owner, Row, StableId, Standings, Unheeded, WorldTime};
use sqlx::Error;
use tokio::time::sleep;

use super::tables::{SimulatedAccount, Tables};
use crate::pending::Layer;
use crate::store::{AppliedMark, ChangeStore, NodeJournal, WriteOutcome};

/// How often one that stands still looks whether it goes on.
const LOOK: Duration = Duration::from_millis(20);

/// How a database does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatabaseMood {
    /// How long a statement takes each way.
    pub latency: Duration,
    /// It answers nothing until that is over.
    pub stalls: bool,
    /// It refuses everything.
    pub refuses: bool,
    /// It commits, and its answers are lost.
    pub loses_answers: bool,
}

/// One process's connection to a database that all of them share.
#[derive(Clone, Debug)]
pub struct SimulatedDatabase {
    tables: Arc<Mutex<Tables>>,
    mood: Arc<Mutex<DatabaseMood>>,
    wall: Arc<Mutex<WorldTime>>,
    /// The process that is connected lives.
    alive: Arc<AtomicBool>,
}

impl SimulatedDatabase {
    /// An empty database with these accounts, for one node or, if it is shared, for several.
    #[must_use]
    pub fn new(accounts: Vec<SimulatedAccount>, shared: bool) -> Self {
        Self {
            tables: Arc::new(Mutex::new(Tables {
                accounts,
                shared,
                ..Tables::default()
            })),
            mood: Arc::default(),
            wall: Arc::default(),
            alive: Arc::new(AtomicBool::new(true)),
        }
    }

    /// Another node's way to the same database, which has moods of its own.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self {
            mood: Arc::new(Mutex::new(self.mood())),
            alive: Arc::new(AtomicBool::new(true)),
            ..self.clone()
        }
    }

    /// Another process's connection to the same database.
    #[must_use]
    pub fn connected(&self) -> Self {
        Self {
            alive: Arc::new(AtomicBool::new(true)),
            ..self.clone()
        }
    }

    /// The process that is connected is dead. What it has under way may come to pass or not.
    pub fn disconnect(&self) {
        self.alive.store(false, Ordering::Release);
    }

    /// It does so from now on.
    pub fn set_mood(&self, mood: DatabaseMood) {
        *lock(&self.mood) = mood;
    }

    /// By the wall clock it is so late.
    pub fn set_wall(&self, now: WorldTime) {
        *lock(&self.wall) = now;
    }

    /// Everybody's account.
    #[must_use]
    pub fn accounts(&self) -> Vec<SimulatedAccount> {
        self.tables().accounts.clone()
    }

    /// Somebody's account, asked for as by a process; `None` where nothing is answered, or nobody is
    /// called so.
    pub async fn look_up(&self, name: &str) -> Option<SimulatedAccount> {
        self.reach().await.ok()?;
        let one = self.accounts().into_iter().find(|one| one.name == name);
        self.answer().await.ok()?;
        one
    }

    /// Every row that is committed, in the order of keys.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let tables = self.tables();
        tables.rows.values().map(|kept| kept.row.clone()).collect()
    }

    /// Every fact that is committed, in the order of the journals.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        self.tables().facts.values().cloned().collect()
    }

    /// How many transactions were committed.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.tables().commits
    }

    /// Which node has a character, by its lease.
    #[must_use]
    pub fn lessee(&self, character: StableId) -> Option<String> {
        let tables = self.tables();
        let kept = tables.leases.characters.get(&character.uuid())?;
        kept.lease.node.clone()
    }

    /// Whether changes of an entity came under a lease that was over.
    #[must_use]
    pub fn has_refused(&self, id: StableId) -> bool {
        let tables = self.tables();
        let mut all = tables.conflicts.iter();
        all.any(|(_, _, entity, _)| *entity == id.uuid())
    }

    /// Gives up a node's life and its office, for others to follow at once.
    pub(super) fn retire(&self, origin: &NodeJournal) {
        self.tables().leases.retire(origin);
    }

    pub(super) fn world_rows(&self, node: &str) -> Vec<Row> {
        let tables = self.tables();
        let all = tables.rows.values();
        let ours = all.filter(|kept| match kept.row.owner {
            Owner::World => true,
            Owner::Node => kept.node.as_deref() == Some(node),
            Owner::Character(_) => false,
        });
        ours.map(|kept| kept.row.clone()).collect()
    }

    pub(super) fn applied(&self) -> Vec<AppliedMark> {
        self.tables().applied.clone()
    }

    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        lock(&self.tables)
    }

    fn mood(&self) -> DatabaseMood {
        *lock(&self.mood)
    }

    /// The way there.
    pub(super) async fn reach(&self) -> Result<(), Error> {
        sleep(self.mood().latency).await;
        while self.mood().stalls {
            sleep(LOOK).await;
        }
        match self.mood().refuses || !self.alive.load(Ordering::Acquire) {
            true => Err(Error::PoolClosed),
            false => Ok(()),
        }
    }

    /// The way back.
    pub(super) async fn answer(&self) -> Result<(), Error> {
        sleep(self.mood().latency).await;
        match self.mood().loses_answers {
            true => Err(Error::PoolTimedOut),
            false => Ok(()),
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ChangeStore for SimulatedDatabase {
    fn target(&self) -> &str {
        "the simulated database"
    }

    async fn write(&self, origin: &NodeJournal, layer: &Layer) -> Result<WriteOutcome, Error> {
        self.reach().await?;
        let kept = self.tables().commit(origin, layer)?;
        self.answer().await?;
        Ok(kept)
    }

    async fn rows_of(&self, id: StableId, others: &[StableId]) -> Result<Vec<Row>, Error> {
        self.reach().await?;
        let rows = self.tables().rows_of(id, others);
        self.answer().await?;
        Ok(rows)
    }

    async fn set_apart(&self) -> Result<Standings, Error> {
        self.reach().await?;
        let now = *lock(&self.wall);
        let all = self.tables().set_apart(now);
        self.answer().await?;
        Ok(all)
    }

    fn take_unheeded(&self) -> Vec<(AccountOrder, Unheeded)> {
        std::mem::take(&mut self.tables().unheeded)
    }
}
