//! A node's part in sharing a database: it goes on living there, leases the characters that are
//! played here, gives them up when another node wants them, and writes the world if it is elected.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::port::{Lane, Row, StableId, Stop, StoreReply};
use prometheus::IntGauge;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout, timeout_at};

use crate::pending::PendingChanges;
use crate::store::{LeaseStore, NodeJournal, RevertedThing, Store, TakenLease};

/// How often a node asks whom others wait for.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often one who waits asks again.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// How long a living node is asked for a character before it is taken from it. Nothing that was
/// told durable is lost by that: it is in the database.
const YIELD_LONGEST: Duration = Duration::from_secs(3);
/// How long the world may take to close the sessions of lost characters: two ticks at 1 Hz.
const CLOSING_LONGEST: Duration = Duration::from_secs(2);
/// How long giving a character up may hold up the loads behind it.
const RELEASE_LONGEST: Duration = Duration::from_secs(1);

/// The leases of this node.
#[derive(Debug)]
pub(crate) struct Leases<D = Store> {
    store: D,
    origin: NodeJournal,
    lease: Duration,
    pending: Arc<PendingChanges>,
    elected: IntGauge,
    /// Whom the world has, and under which epoch; none yet: a load is under way. As many as
    /// characters in memory.
    held: Mutex<HashMap<StableId, Option<u64>>>,
    /// Things that the world still has otherwise than the database. As many as one transaction
    /// changes.
    reverting: Mutex<BTreeMap<StableId, Vec<Row>>>,
    /// Somebody was given up, or something was reverted.
    released: Notify,
}

/// A load under way; one that comes to nothing leaves no trace.
struct LoadAttempt<'a> {
    held: &'a Mutex<HashMap<StableId, Option<u64>>>,
    character: StableId,
}

impl Drop for LoadAttempt<'_> {
    fn drop(&mut self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(&self.character) == Some(&None) {
            held.remove(&self.character);
        }
    }
}

impl<D: LeaseStore> Leases<D> {
    pub(crate) fn new(
        store: D,
        origin: NodeJournal,
        lease: Duration,
        pending: Arc<PendingChanges>,
        elected: IntGauge,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            origin,
            lease,
            pending,
            elected,
            held: Mutex::default(),
            reverting: Mutex::default(),
            released: Notify::new(),
        })
    }

    /// Leases a character and reads its rows; batches above `since` then count. Whoever has it is
    /// asked for it first, and given time.
    pub(crate) async fn load(
        &self,
        character: StableId,
        since: u64,
    ) -> Result<Vec<Row>, sqlx::Error> {
        self.held().entry(character).or_insert(None);
        let _asking = LoadAttempt {
            held: &self.held,
            character,
        };
        let patience = Instant::now() + YIELD_LONGEST;
        loop {
            let force = Instant::now() >= patience;
            let taken = self
                .store
                .take(character, &self.origin, since, force)
                .await?;
            if let Some(TakenLease { epoch, rows }) = taken {
                if force {
                    tracing::warn!(%character, epoch, "character taken from a node that did not give it up");
                }
                let mut held = self.held();
                let known = held.entry(character).or_insert(None);
                // Of two loads at once the later lease holds.
                *known = (*known).max(Some(epoch));
                return Ok(rows);
            }
            sleep(ASK_EVERY).await;
        }
    }

    /// The world has let go of a character.
    pub(crate) async fn release(&self, character: StableId) {
        let epoch = self.held().remove(&character).flatten();
        self.released.notify_waiters();
        if let Some(epoch) = epoch {
            self.give_up(character, epoch).await;
        }
    }

    /// The world has a thing as it was told to.
    pub(crate) fn reverted(&self, entity: StableId) {
        self.reverting().remove(&entity);
        self.released.notify_waiters();
    }

    /// What can't be given up now is wanted again soon.
    async fn give_up(&self, character: StableId, epoch: u64) {
        let releasing = self.store.release(character, &self.origin, epoch);
        match timeout(RELEASE_LONGEST, releasing).await {
            Ok(Ok(())) => tracing::debug!(%character, epoch, "character given up"),
            Ok(Err(error)) => {
                tracing::warn!(%character, %error, "character could not be given up");
            }
            Err(_) => tracing::warn!(%character, "character could not be given up in time"),
        }
    }

    /// Tells the world that these are lost and those are not what they were, and waits until the
    /// sessions are closed and the things are put right: nobody must be told that what was just lost
    /// is durable.
    pub(crate) async fn close(
        &self,
        lost: &BTreeSet<StableId>,
        reverted: Vec<RevertedThing>,
        replies: &Lane<StoreReply>,
    ) {
        let reverted = reverted.into_iter().map(|one| (one.entity, one.rows));
        self.reverting().extend(reverted);
        let deadline = Instant::now() + CLOSING_LONGEST;
        loop {
            let released = self.released.notified();
            let open: Vec<StableId> = {
                let held = self.held();
                let open = lost.iter().filter(|id| held.contains_key(id));
                open.copied().collect()
            };
            let reverting: Vec<StoreReply> = {
                let reverting = self.reverting();
                let told = reverting.iter().map(|(entity, rows)| StoreReply::Reverted {
                    entity: *entity,
                    rows: rows.clone(),
                });
                told.collect()
            };
            if open.is_empty() && reverting.is_empty() || self.pending.is_closed() {
                return;
            }
            for told in reverting {
                // A full lane is asked again below.
                let _ = replies.try_send(told);
            }
            for character in open {
                // A full lane is asked again below.
                let _ = replies.try_send(StoreReply::Lost { character });
            }
            let again = (Instant::now() + LOOK_EVERY).min(deadline);
            let _ = timeout_at(again, released).await;
            if Instant::now() >= deadline {
                tracing::warn!("world does not let go of lost characters and things");
                self.reverting().clear();
                return;
            }
        }
    }

    /// Lives until `halt`.
    pub(crate) async fn run(self: Arc<Self>, replies: Lane<StoreReply>, halt: Stop) {
        let mut beat = interval(self.lease / 4);
        let mut look = interval(LOOK_EVERY);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                biased;
                () = halt.cancelled() => return,
                _ = beat.tick() => timeout(self.lease, self.beat(&replies)).await,
                _ = look.tick() => timeout(self.lease, self.look(&replies)).await,
            };
            match done {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "leases could not be renewed"),
                Err(_) => tracing::debug!("leases could not be renewed in time"),
            }
        }
    }

    async fn beat(&self, replies: &Lane<StoreReply>) -> Result<(), sqlx::Error> {
        if !self.store.beat(&self.origin, self.lease).await? {
            tracing::error!("another server of this node's name is alive on the shared database");
        }
        self.campaign().await?;
        let held: Vec<(StableId, u64)> = {
            let held = self.held();
            let known = held.iter().filter_map(|(id, epoch)| Some((*id, (*epoch)?)));
            known.collect()
        };
        if held.is_empty() {
            return Ok(());
        }
        for character in self.store.lost(&held).await? {
            let known = held.iter().find(|(id, _)| *id == character);
            if self.held().get(&character) != known.map(|(_, epoch)| Some(*epoch)).as_ref() {
                // Given up meanwhile, or leased anew.
                continue;
            }
            tracing::warn!(%character, "character was taken by another node");
            let _ = replies.try_send(StoreReply::Lost { character });
        }
        Ok(())
    }

    /// Stands for writing the world.
    pub(crate) async fn campaign(&self) -> Result<(), sqlx::Error> {
        let elected = self.store.campaign(&self.origin, self.lease).await?;
        if (self.elected.get() == 1) != elected {
            tracing::info!(elected, "election of the node that writes the world");
        }
        self.elected.set(i64::from(elected));
        self.pending.set_elected(elected);
        Ok(())
    }

    async fn look(&self, replies: &Lane<StoreReply>) -> Result<(), sqlx::Error> {
        for (character, epoch) in self.store.wanted(&self.origin).await? {
            let here = self.held().contains_key(&character);
            if here {
                // The world closes its session and releases it; a full lane is tried again soon.
                let _ = replies.try_send(StoreReply::Wanted { character });
            } else {
                // Of a run before, or of a load that was given up.
                self.give_up(character, epoch).await;
            }
        }
        Ok(())
    }

    fn reverting(&self) -> MutexGuard<'_, BTreeMap<StableId, Vec<Row>>> {
        self.reverting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, HashMap<StableId, Option<u64>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
