//! What is durable but not yet in the database: the newest value of each key.
//!
//! Memory is bounded by the number of distinct keys, however long the database is away: a newer
//! value replaces the older one of its key, and facts that merge are summed. Other facts are
//! counted against `journal.facts_max`; the world is told how much room is left.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use engine::port::{CommandMark, Fact, Owner, Row, RunId, StableId, Tick, Transfer, WorldTime};
use tokio::sync::Notify;

use crate::journal::EncodedBatch;
use crate::store::Skipped;

/// Marks are for the debug log only; of a long outage the newest are told.
const COMMANDS_MAX: usize = 16_384;

/// Everything that waits for the database.
#[derive(Debug)]
pub(crate) struct Pending {
    inner: Mutex<Inner>,
    changed: Notify,
    facts_max: u32,
}

#[derive(Debug, Default)]
struct Inner {
    /// What came since the applier last took.
    fresh: Layer,
    /// What the applier is writing.
    taken: Option<Arc<Layer>>,
    closed: bool,
    /// The newest of what of the world was left to the node that writes it: should this node
    /// follow it, it is written. Bounded by the number of the world's rows.
    left: HashMap<StableId, Changes>,
    /// This node writes the world; always so where nobody else could.
    elected: bool,
    /// How far the last layer that was taken reached.
    reached: Option<Mark>,
}

/// Batches merged into one.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    pub(crate) entities: HashMap<StableId, Changes>,
    /// Which of them, but for itself, a character has or had.
    things: HashMap<StableId, BTreeSet<StableId>>,
    pub(crate) facts: Vec<PendingFact>,
    /// Where in `facts` those stand that later ones are summed into.
    merging: HashMap<(Cow<'static, str>, StableId, Cow<'static, str>), usize>,
    pub(crate) commands: VecDeque<CommandMark>,
    /// The newest batch in it; none while the layer is empty.
    pub(crate) mark: Option<Mark>,
    /// When the oldest batch in it came.
    since: Option<Instant>,
}

/// Up to where a layer reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) sequence: u64,
    pub(crate) tick: Tick,
    pub(crate) run: RunId,
    pub(crate) now: WorldTime,
    pub(crate) clean: bool,
}

/// What changed about one entity.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    /// Whose it was last.
    pub(crate) owner: Owner,
    /// It changed hands.
    pub(crate) hands: Option<Hands>,
    /// All its older rows are gone; the changes below are newer.
    pub(crate) wiped: bool,
    /// One per component. A handful, so that a search beats a map.
    pub(crate) components: Vec<Change>,
}

/// From whom to whom something went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hands {
    /// Whose it was before; `None`: it was new.
    pub(crate) from: Option<Owner>,
    /// Whose it is now.
    pub(crate) to: Owner,
    /// Every character that had it, from first to last, each with the first batch that says so.
    pub(crate) by: BTreeMap<StableId, u64>,
}

/// The newest state of one component.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) sequence: u64,
    pub(crate) component: String,
    /// The row; `None`: it was removed.
    pub(crate) row: Option<Row>,
}

/// A fact with its place in the journal, which makes it unique.
#[derive(Debug)]
pub(crate) struct PendingFact {
    pub(crate) sequence: u64,
    pub(crate) ordinal: u32,
    pub(crate) fact: Fact,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            owner: Owner::World,
            hands: None,
            wiped: false,
            components: Vec::new(),
        }
    }
}

impl Changes {
    fn hand(&mut self, newer: Hands) {
        self.owner = newer.to;
        // Its rows go along.
        for row in self
            .components
            .iter_mut()
            .filter_map(|one| one.row.as_mut())
        {
            row.owner = newer.to;
        }
        match &mut self.hands {
            None => self.hands = Some(newer),
            Some(hands) => {
                hands.to = newer.to;
                for (id, sequence) in newer.by {
                    hands.by.entry(id).or_insert(sequence);
                }
            }
        }
    }

    fn put(&mut self, change: Change) {
        match self
            .components
            .iter_mut()
            .find(|old| old.component == change.component)
        {
            Some(old) => *old = change,
            None => self.components.push(change),
        }
    }

    fn wipe(&mut self) {
        self.wiped = true;
        self.components.clear();
    }

    /// Lays `newer` over these.
    pub(crate) fn merge(&mut self, newer: Self) {
        self.owner = newer.owner;
        if newer.wiped {
            self.wipe();
        }
        if let Some(hands) = newer.hands {
            self.hand(hands);
        }
        for change in newer.components {
            self.put(change);
        }
    }
}

impl Hands {
    fn of(transfer: Transfer, sequence: u64) -> Self {
        let Transfer {
            from, to, through, ..
        } = transfer;
        let ends = [from, Some(to)];
        let ends = ends.iter().flatten().filter_map(|one| one.character());
        Self {
            from,
            to,
            by: ends.chain(through).map(|id| (id, sequence)).collect(),
        }
    }
}

/// Takes down that an entity is a character's.
fn note(things: &mut HashMap<StableId, BTreeSet<StableId>>, owner: Owner, id: StableId) {
    if let Owner::Character(character) = owner
        && character != id
    {
        things.entry(character).or_default().insert(id);
    }
}

impl Layer {
    /// Lays a batch over this layer.
    pub(crate) fn add(&mut self, batch: EncodedBatch) {
        let sequence = batch.sequence;
        for transfer in batch.transfers {
            let (id, hands) = (transfer.id, Hands::of(transfer, sequence));
            for character in hands.by.keys() {
                self.things.entry(*character).or_default().insert(id);
            }
            self.entities.entry(id).or_default().hand(hands);
        }
        for tombstone in batch.tombstones {
            let changes = self.entities.entry(tombstone.id).or_default();
            changes.owner = tombstone.owner;
            note(&mut self.things, tombstone.owner, tombstone.id);
            match tombstone.component {
                None => changes.wipe(),
                Some(component) => changes.put(Change {
                    sequence,
                    component: component.into_owned(),
                    row: None,
                }),
            }
        }
        // After the tombstones: a removal of a key that also has a value came first.
        for row in batch.upserts {
            let changes = self.entities.entry(row.id).or_default();
            changes.owner = row.owner;
            note(&mut self.things, row.owner, row.id);
            changes.put(Change {
                sequence,
                component: row.component.clone(),
                row: Some(row),
            });
        }
        for (ordinal, fact) in (0..).zip(batch.facts) {
            self.append(PendingFact {
                sequence,
                ordinal,
                fact,
            });
        }
        self.commands.extend(batch.commands);
        self.forget_commands();
        self.since.get_or_insert_with(Instant::now);
        self.mark = Some(Mark {
            sequence,
            tick: batch.tick,
            run: batch.run,
            now: batch.now,
            clean: batch.last,
        });
    }

    /// How many rows wait in it, removals included.
    pub(crate) fn rows(&self) -> usize {
        self.entities
            .values()
            .map(|changes| {
                changes.components.len()
                    + usize::from(changes.wiped)
                    + usize::from(changes.hands.is_some())
            })
            .sum()
    }

    fn append(&mut self, new: PendingFact) {
        if new.fact.merges {
            match self.merging.entry(new.fact.key()) {
                Entry::Occupied(known) => {
                    self.facts[*known.get()].fact.absorb(&new.fact);
                    return;
                }
                Entry::Vacant(place) => {
                    place.insert(self.facts.len());
                }
            }
        }
        self.facts.push(new);
    }

    fn forget_commands(&mut self) {
        let excess = self.commands.len().saturating_sub(COMMANDS_MAX);
        self.commands.drain(..excess);
    }
}

impl Inner {
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

impl Pending {
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
    pub(crate) fn overlay(&self, character: StableId) -> HashMap<StableId, Changes> {
        let inner = self.inner();
        let mut overlay: HashMap<StableId, Changes> = HashMap::new();
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

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
