//! From changed components to a batch.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use bevy_ecs::change_detection::{ContiguousRef, DetectChanges, Ref};
use bevy_ecs::component::Component;
use bevy_ecs::entity::Entity;
use bevy_ecs::query::{Has, Without};
use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Query, ResMut, SystemParam};
use bevy_ecs::world::{Mut, World};
use serde::Serialize;

use super::owners::{self, Owned};
use super::types::SavedName;
use super::{Destroyed, HOLDER, LoadedEntity, Recorded};
use crate::Index;
use crate::character::Character;
use crate::port::{Column, Fact, Owner, RowRef, StableId, Tombstone, Transfer, WorldTime};
use crate::unsaved::Unsaved;

/// What has been found dirty and not yet been handed over.
#[derive(Resource, Default)]
pub(crate) struct Collector {
    pub(crate) columns: Vec<Arc<dyn Column>>,
    pub(crate) transfers: Vec<Transfer>,
    /// Removals since the last batch, with their owner where it can't be asked any more; no name: the
    /// whole entity.
    tombstones: BTreeMap<(StableId, Option<&'static str>), Option<Owner>>,
    pub(crate) facts: Vec<Fact>,
    /// What came into memory in this tick, and which of storage's replies is being taken in.
    pub(crate) loaded: Vec<LoadedEntity>,
    pub(crate) reply: usize,
    /// Where in `facts` the mergeable ones stand.
    merging: HashMap<(Cow<'static, str>, StableId, Cow<'static, str>), usize>,
}

/// Set while the engine takes a saved entity out of memory: that is not a removal.
#[derive(Resource, Default)]
pub(crate) struct Unloading(pub(crate) bool);

impl Collector {
    /// Whether nothing waits to be handed over.
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty()
            && self.transfers.is_empty()
            && self.tombstones.is_empty()
            && self.facts.is_empty()
    }

    /// Adds a fact; one that merges is summed into its like while both wait.
    /// Plugins say when by world time, `wall` says it by the clock that everybody else has.
    pub(crate) fn record(
        &mut self,
        Recorded(mut fact): Recorded,
        wall: impl FnOnce(WorldTime) -> WorldTime,
    ) {
        fact.at = wall(fact.at);
        if fact.merges {
            match self.merging.entry(fact.key()) {
                Entry::Occupied(known) => {
                    self.facts[*known.get()].absorb(&fact);
                    return;
                }
                Entry::Vacant(new) => {
                    new.insert(self.facts.len());
                }
            }
        }
        self.facts.push(fact);
    }

    /// Notes that an entity is as its rows say.
    pub(crate) fn came(&mut self, id: StableId) {
        let reply = self.reply;
        self.loaded.push(LoadedEntity { reply, id });
    }

    /// Notes the row of a component for removal.
    pub(crate) fn removed(&mut self, id: StableId, name: &'static str) {
        self.tombstones.insert((id, Some(name)), None);
    }

    /// Notes all rows of an entity for removal, in place of those of its components.
    fn forget(&mut self, id: StableId, owner: Owner) {
        self.undo(id);
        self.tombstones.insert((id, None), Some(owner));
    }

    /// Nothing of an entity is to be removed.
    pub(crate) fn undo(&mut self, id: StableId) {
        let range = self.tombstones.range((id, None)..);
        let of = range.map(|(key, _)| *key).take_while(|(of, _)| *of == id);
        for key in of.collect::<Vec<_>>() {
            self.tombstones.remove(&key);
        }
    }

    /// Takes the facts that wait.
    pub(crate) fn take_facts(&mut self) -> Vec<Fact> {
        self.merging.clear();
        std::mem::take(&mut self.facts)
    }

    /// Takes the removals that still hold: one that a newer value followed is gone.
    fn take_tombstones(
        &mut self,
        owner: impl Fn(StableId, &'static str) -> Owner,
    ) -> Vec<Tombstone> {
        if self.tombstones.is_empty() {
            return Vec::new();
        }
        // Most rows were never removed: what they are asked against must cost next to nothing.
        let mut removed: HashMap<&'static str, HashSet<StableId>> = HashMap::new();
        for (id, component) in self.tombstones.keys() {
            if let Some(name) = component {
                removed.entry(name).or_default().insert(*id);
            }
        }
        for column in &self.columns {
            let name = column.component();
            let Some(removed) = removed.get(name) else {
                continue;
            };
            column.visit(&mut |row| {
                if removed.contains(&row.id) {
                    self.tombstones.remove(&(row.id, Some(name)));
                }
            });
        }
        std::mem::take(&mut self.tombstones)
            .into_iter()
            .map(|((id, component), known)| Tombstone {
                id,
                component: component.map(Cow::Borrowed),
                owner: known
                    .or_else(|| component.map(|name| owner(id, name)))
                    .unwrap_or(Owner::World),
            })
            .collect()
    }
}

/// Takes the removals that still hold.
pub(crate) fn take_tombstones(
    world: &mut World,
    own: impl Fn(&'static str) -> bool,
) -> Vec<Tombstone> {
    world.resource_scope(|world, mut collector: Mut<'_, Collector>| {
        collector.take_tombstones(|id, name| {
            let entity = world.resource::<Index>().get(id);
            let known = entity.and_then(|entity| owner_of(world, entity));
            known.unwrap_or_else(|| of_nobody(own(name)))
        })
    })
}

/// The owner of an entity that has one of its own.
fn owner_of(world: &World, entity: Entity) -> Option<Owner> {
    match world.get::<Character>(entity) {
        Some(_) => Some(Owner::Character(*world.get::<StableId>(entity)?)),
        None => world.get::<Owned>(entity).map(|owned| owned.0),
    }
}

/// Whose a component is that is nobody's in particular.
const fn of_nobody(own: bool) -> Owner {
    if own { Owner::Node } else { Owner::World }
}

/// Collects what changed hands, with the new holders.
pub(crate) fn collect_transfers(world: &mut World) {
    let (transfers, rows) = owners::settle(world);
    let mut collector = world.resource_mut::<Collector>();
    collector.transfers.extend(transfers);
    if !rows.is_empty() {
        let name = HOLDER;
        collector
            .columns
            .push(Arc::new(ColumnValues { name, rows }));
    }
}

/// The changed values of one component, as a system parameter.
///
/// Not `Changed<T>`, which looks at every entity: a table whose newest change is old is passed
/// over whole (where `T` says `#[component(summary_tick)]`), else its ticks are read as a slice.
#[derive(SystemParam)]
pub(crate) struct ChangedValues<'w, 's, T: Component + Clone + Serialize> {
    values: Query<
        'w,
        's,
        (
            &'static StableId,
            Ref<'static, T>,
            Has<Character>,
            Option<&'static Owned>,
        ),
        Without<Unsaved>,
    >,
    collector: ResMut<'w, Collector>,
}

impl<T: Component + Clone + Serialize> ChangedValues<'_, '_, T> {
    /// Copies the changed values into a column; encoding them is another thread's work.
    pub(crate) fn collect(mut self, name: SavedName) {
        let mut rows: Vec<(StableId, Owner, T)> = Vec::new();
        match self.values.contiguous_iter() {
            Ok(tables) => {
                for (ids, values, character, owned) in tables {
                    let (values, changes) = ContiguousRef::split(values);
                    if changes.summary_tick_is_changed() == Some(false) {
                        continue;
                    }
                    let (since, now) = (changes.last_run(), changes.this_run());
                    for (at, tick) in changes.changed().iter().enumerate() {
                        if tick.is_newer_than(since, now) {
                            let owned = owned.map(|owned| owned[at]);
                            let owner = owner_among(ids[at], character, owned, name.own);
                            rows.push((ids[at], owner, values[at].clone()));
                        }
                    }
                }
            }
            // Sparse sets have no tables.
            Err(_) => {
                let changed = self
                    .values
                    .iter()
                    .filter(|(_, value, ..)| value.is_changed());
                rows.extend(changed.map(|(id, value, character, owned)| {
                    let owner = owner_among(*id, character, owned.copied(), name.own);
                    (*id, owner, T::clone(&value))
                }));
            }
        }
        if !rows.is_empty() {
            self.collector
                .columns
                .push(Arc::new(ColumnValues { name, rows }));
        }
    }
}

const fn owner_among(id: StableId, character: bool, owned: Option<Owned>, own: bool) -> Owner {
    match (character, owned) {
        (true, _) => Owner::Character(id),
        (false, Some(Owned(owner))) => owner,
        (false, None) => of_nobody(own),
    }
}

struct ColumnValues<T> {
    name: SavedName,
    rows: Vec<(StableId, Owner, T)>,
}

impl<T> fmt::Debug for ColumnValues<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {}", self.name.name, self.rows.len())
    }
}

impl<T: Serialize + Send + Sync> Column for ColumnValues<T> {
    fn component(&self) -> &'static str {
        self.name.name
    }
    fn version(&self) -> u32 {
        self.name.version
    }
    fn len(&self) -> usize {
        self.rows.len()
    }
    fn visit(&self, see: &mut dyn FnMut(RowRef<'_>)) {
        for (id, owner, value) in &self.rows {
            see(RowRef {
                id: *id,
                owner: *owner,
                body: value,
            });
        }
    }
}

/// Takes an entity out of the world and out of every save, with all that it holds; one that is gone
/// already stays so. Answers what went, holders first.
pub(crate) fn forget_entity(world: &mut World, entity: Entity) -> Vec<Destroyed> {
    let Some(id) = world.get::<StableId>(entity).copied() else {
        unload(world, [entity]);
        return Vec::new();
    };
    let mut all = vec![id];
    all.extend(world.resource::<owners::Holdings>().all_of(id));
    let index = world.resource::<Index>();
    let there = all.iter().filter_map(|id| Some((*id, index.get(*id)?)));
    let there: Vec<(StableId, Entity)> = there.collect();
    let owner = |entity| {
        let owner = owner_of(world, entity).unwrap_or(Owner::World);
        world.get::<Unsaved>(entity).is_none().then_some(owner)
    };
    let owners: Vec<Option<Owner>> = there.iter().map(|(_, entity)| owner(*entity)).collect();
    unload(world, there.iter().map(|(_, entity)| *entity));
    let mut collector = world.resource_mut::<Collector>();
    for ((id, _), owner) in there.iter().zip(owners) {
        if let Some(owner) = owner {
            collector.forget(*id, owner);
        }
    }
    let gone = there.into_iter();
    gone.map(|(id, entity)| Destroyed { entity, id }).collect()
}

/// Takes entities out of memory; their rows stay saved.
pub(crate) fn unload(world: &mut World, entities: impl IntoIterator<Item = Entity>) {
    world.resource_mut::<Unloading>().0 = true;
    for entity in entities {
        if world.get_entity(entity).is_ok() {
            world.despawn(entity);
        }
    }
    world.resource_mut::<Unloading>().0 = false;
}
