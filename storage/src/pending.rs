//! What is durable but not yet in the database: the newest value of each key.
//!
//! Memory is bounded by the number of distinct keys, however long the database is away: a newer
//! value replaces the older one of its key, and facts that merge are summed. Other facts are
//! counted against `journal.facts_max`; the world is told how much room is left.

mod layer;

pub(crate) use layer::{
    BatchMark, ComponentChange, EntityChanges, Layer, OwnerChange, PendingFact,
};

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use engine::port::StableId;
use tokio::sync::Notify;

use crate::batch::EncodedBatch;

/// Everything that waits for the database.
#[derive(Debug)]
pub(crate) struct PendingChanges {
    inner: Mutex<PendingState>,
    changed: Notify,
    facts_max: u32,
}

#[derive(Debug, Default)]
struct PendingState {
    /// What came since the applier last took.
    fresh: Layer,
    /// What the applier is writing.
    taken: Option<Arc<Layer>>,
    closed: bool,
    /// The newest of what of the world was left to the node that writes it: should this node
    /// follow it, it is written. Bounded by the number of the world's rows.
    left: HashMap<StableId, EntityChanges>,
    /// This node writes the world; always so where nobody else could.
    elected: bool,
    /// How far the last layer that was taken reached.
    reached: Option<BatchMark>,
}

/// Changes of one entity of the world that were left to the node that writes it.
#[derive(Debug)]
pub(crate) struct Skipped {
    pub(crate) entity: StableId,
    pub(crate) changes: EntityChanges,
    /// The database has rows of it.
    pub(crate) stored: bool,
}

impl PendingState {
    /// Lays what waits over what was left to another node that wrote the world, if this one
    /// follows it.
    fn inherit(&mut self) {
        if !self.elected || self.left.is_empty() {
            return;
        }
        let fresh = &mut self.fresh;
        for (id, mut changes) in self.left.drain() {
            if let Some(newer) = fresh.entities.remove(&id) {
                changes.merge(newer);
            }
            fresh.entities.insert(id, changes);
        }
        fresh.mark = fresh.mark.or(self.reached);
        fresh.since.get_or_insert_with(Instant::now);
    }
}

impl PendingChanges {
    pub(crate) fn new(facts_max: u32) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            changed: Notify::new(),
            facts_max,
        })
    }

    /// A batch became durable.
    pub(crate) fn add(&self, batch: EncodedBatch) {
        self.inner().fresh.add(batch);
        self.changed.notify_one();
    }

    /// No further batch will come.
    pub(crate) fn close(&self) {
        self.inner().closed = true;
        self.changed.notify_one();
    }

    /// Waits until there is something to take; `false`: there never will be.
    pub(crate) async fn ready(&self) -> bool {
        loop {
            {
                let inner = self.inner();
                let inherited = inner.elected && !inner.left.is_empty();
                if inner.taken.is_some() || inner.fresh.mark.is_some() || inherited {
                    return true;
                }
                if inner.closed {
                    return false;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Waits until `rested`, unless no further batch will come.
    pub(crate) async fn rest(&self, rested: tokio::time::Instant) {
        while !self.inner().closed {
            tokio::select! {
                () = self.changed.notified() => {}
                () = tokio::time::sleep_until(rested) => return,
            }
        }
    }

    /// What waits. After a failed attempt the same again, unchanged: it may have been written
    /// although nobody heard so, and a fact summed into one that is written already would be lost.
    pub(crate) fn take(&self) -> Option<Arc<Layer>> {
        let mut inner = self.inner();
        if inner.taken.is_none() {
            inner.inherit();
            inner.fresh.mark?;
            inner.reached = inner.fresh.mark;
            inner.taken = Some(Arc::new(std::mem::take(&mut inner.fresh)));
        }
        inner.taken.clone()
    }

    /// This node writes the world, or does not.
    pub(crate) fn set_elected(&self, elected: bool) {
        self.inner().elected = elected;
        self.changed.notify_one();
    }

    /// Another node writes the world: this was left to it.
    pub(crate) fn leave(&self, skipped: Vec<Skipped>) {
        if skipped.is_empty() {
            return;
        }
        let mut inner = self.inner();
        inner.elected = false;
        for one in skipped {
            let lives = one.changes.components.iter().any(|one| one.row.is_some());
            if one.changes.wiped && !lives && !one.stored {
                // It came and went while another wrote the world.
                inner.left.remove(&one.entity);
            } else if one.stored || lives || inner.left.contains_key(&one.entity) {
                inner.left.entry(one.entity).or_default().merge(one.changes);
            }
        }
    }

    /// Whether no further batch will come.
    pub(crate) fn is_closed(&self) -> bool {
        self.inner().closed
    }

    /// What was taken is in the database.
    pub(crate) fn done(&self) {
        self.inner().taken = None;
    }

    /// What the database may lack about a character and all that it owns, or owned before.
    pub(crate) fn overlay(&self, character: StableId) -> HashMap<StableId, EntityChanges> {
        let inner = self.inner();
        let mut overlay: HashMap<StableId, EntityChanges> = HashMap::new();
        let layers = || inner.taken.as_deref().into_iter().chain([&inner.fresh]);
        let things = layers().filter_map(|layer| layer.things.get(&character));
        let concerned: BTreeSet<StableId> = things.flatten().copied().chain([character]).collect();
        for id in concerned {
            for changes in layers().filter_map(|layer| layer.entities.get(&id)) {
                overlay.entry(id).or_default().merge(changes.clone());
            }
        }
        overlay
    }

    /// How many more facts may come.
    pub(crate) fn facts_room(&self) -> u32 {
        let inner = self.inner();
        let taken = inner.taken.as_ref().map_or(0, |taken| taken.facts.len());
        let waiting = u32::try_from(taken + inner.fresh.facts.len()).unwrap_or(u32::MAX);
        self.facts_max.saturating_sub(waiting)
    }

    /// How many rows wait.
    pub(crate) fn rows(&self) -> usize {
        let inner = self.inner();
        inner.fresh.rows() + inner.taken.as_ref().map_or(0, |taken| taken.rows())
    }

    /// How long the oldest batch has waited.
    pub(crate) fn lag(&self) -> Duration {
        let inner = self.inner();
        let oldest = inner
            .taken
            .as_ref()
            .and_then(|taken| taken.since)
            .or(inner.fresh.since);
        oldest.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn inner(&self) -> MutexGuard<'_, PendingState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
