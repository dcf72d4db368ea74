//! Batches merged into one: the newest of each key.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Instant;

use engine::port::{CommandMark, Fact, Owner, Row, RunId, StableId, Tick, Transfer, WorldTime};

use crate::batch::EncodedBatch;

/// Marks are for the debug log only; of a long outage the newest are told.
const COMMANDS_MAX: usize = 16_384;

/// Batches merged into one.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    pub(crate) entities: HashMap<StableId, EntityChanges>,
    /// Which of them, but for itself, a character has or had.
    pub(super) things: HashMap<StableId, BTreeSet<StableId>>,
    pub(crate) facts: Vec<PendingFact>,
    /// Where in `facts` those stand that later ones are summed into.
    merging: HashMap<(Cow<'static, str>, StableId, Cow<'static, str>), usize>,
    pub(crate) commands: VecDeque<CommandMark>,
    /// The newest batch in it; none while the layer is empty.
    pub(crate) mark: Option<BatchMark>,
    /// When the oldest batch in it came.
    pub(super) since: Option<Instant>,
}

/// Up to where a layer reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchMark {
    pub(crate) sequence: u64,
    pub(crate) tick: Tick,
    pub(crate) run: RunId,
    pub(crate) now: WorldTime,
    pub(crate) clean: bool,
}

/// What changed about one entity.
#[derive(Clone, Debug)]
pub(crate) struct EntityChanges {
    /// Whose it was last.
    pub(crate) owner: Owner,
    /// It changed hands.
    pub(crate) hands: Option<OwnerChange>,
    /// All its older rows are gone; the changes below are newer.
    pub(crate) wiped: bool,
    /// One per component. A handful, so that a search beats a map.
    pub(crate) components: Vec<ComponentChange>,
}

/// From whom to whom something went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnerChange {
    /// Whose it was before; `None`: it was new.
    pub(crate) from: Option<Owner>,
    /// Whose it is now.
    pub(crate) to: Owner,
    /// Every character that had it, from first to last, each with the first batch that says so.
    pub(crate) by: BTreeMap<StableId, u64>,
}

/// The newest state of one component.
#[derive(Clone, Debug)]
pub(crate) struct ComponentChange {
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

impl Default for EntityChanges {
    fn default() -> Self {
        Self {
            owner: Owner::World,
            hands: None,
            wiped: false,
            components: Vec::new(),
        }
    }
}

impl EntityChanges {
    fn hand(&mut self, newer: OwnerChange) {
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

    fn put(&mut self, change: ComponentChange) {
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

impl OwnerChange {
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
            let (id, hands) = (transfer.id, OwnerChange::of(transfer, sequence));
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
                Some(component) => changes.put(ComponentChange {
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
            changes.put(ComponentChange {
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
        self.mark = Some(BatchMark {
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
