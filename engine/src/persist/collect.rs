//! From changed components to a batch.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use bevy_ecs::component::Component;
use bevy_ecs::entity::Entity;
use bevy_ecs::query::{Changed, Has};
use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Query, ResMut, SystemParam};
use bevy_ecs::world::World;
use serde::Serialize;

use super::Recorded;
use super::types::SavedName;
use crate::attach::Character;
use crate::port::{Column, Fact, RowRef, Scope, StableId, Tombstone, WorldTime};

/// What has been found dirty and not yet been handed over.
#[derive(Resource, Default)]
pub(crate) struct Collector {
    pub(crate) columns: Vec<Box<dyn Column>>,
    /// Removals since the last batch; `None`: the whole entity.
    tombstones: BTreeSet<(StableId, Option<&'static str>)>,
    pub(crate) facts: Vec<Fact>,
    /// Where in `facts` the mergeable ones stand.
    merging: HashMap<(Cow<'static, str>, StableId, Cow<'static, str>), usize>,
}

/// Set while the engine takes a saved entity out of memory: that is not a removal.
#[derive(Resource, Default)]
pub(crate) struct Unloading(pub(crate) bool);

impl Collector {
    /// Whether nothing waits to be handed over.
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.tombstones.is_empty() && self.facts.is_empty()
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

    /// Notes the row of a component for removal.
    pub(crate) fn removed(&mut self, id: StableId, name: &'static str) {
        self.tombstones.insert((id, Some(name)));
    }

    /// Notes all rows of an entity for removal, in place of those of its components.
    fn forget(&mut self, id: StableId) {
        let lesser: Vec<_> = self
            .tombstones
            .range((id, None)..)
            .take_while(|(of, _)| *of == id)
            .copied()
            .collect();
        for one in lesser {
            self.tombstones.remove(&one);
        }
        self.tombstones.insert((id, None));
    }

    /// Takes the facts that wait.
    pub(crate) fn take_facts(&mut self) -> Vec<Fact> {
        self.merging.clear();
        std::mem::take(&mut self.facts)
    }

    /// Takes the removals that still hold: one that a newer value followed is gone.
    pub(crate) fn take_tombstones(&mut self) -> Vec<Tombstone> {
        if self.tombstones.is_empty() {
            return Vec::new();
        }
        // Most rows were never removed: what they are asked against must cost next to nothing.
        let mut removed: HashMap<&'static str, HashSet<StableId>> = HashMap::new();
        for (id, component) in &self.tombstones {
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
            .map(|(id, component)| Tombstone {
                id,
                component: component.map(Cow::Borrowed),
            })
            .collect()
    }
}

/// The changed values of one component, as a system parameter.
#[derive(SystemParam)]
pub(crate) struct ChangedValues<'w, 's, T: Component + Clone + Serialize> {
    values: Query<'w, 's, (&'static StableId, &'static T, Has<Character>), Changed<T>>,
    collector: ResMut<'w, Collector>,
}

impl<T: Component + Clone + Serialize> ChangedValues<'_, '_, T> {
    /// Copies the changed values into a column; encoding them is another thread's work.
    pub(crate) fn collect(mut self, name: SavedName) {
        let rows: Vec<(StableId, Scope, T)> = self
            .values
            .iter()
            .map(|(id, value, character)| {
                (
                    *id,
                    if character {
                        Scope::Character
                    } else if name.own {
                        Scope::Node
                    } else {
                        Scope::World
                    },
                    value.clone(),
                )
            })
            .collect();
        if !rows.is_empty() {
            self.collector.columns.push(Box::new(Values { name, rows }));
        }
    }
}

struct Values<T> {
    name: SavedName,
    rows: Vec<(StableId, Scope, T)>,
}

impl<T> fmt::Debug for Values<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {}", self.name.name, self.rows.len())
    }
}

impl<T: Serialize + Send + Sync> Column for Values<T> {
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
        for (id, scope, value) in &self.rows {
            see(RowRef {
                id: *id,
                scope: *scope,
                body: value,
            });
        }
    }
}

/// Takes an entity out of the world and out of every save; one that is gone already stays so.
pub(crate) fn forget_entity(world: &mut World, entity: Entity) {
    if world.get_entity(entity).is_err() {
        return;
    }
    let id = world.get::<StableId>(entity).copied();
    world.resource_mut::<Unloading>().0 = true;
    world.despawn(entity);
    world.resource_mut::<Unloading>().0 = false;
    let Some(id) = id else { return };
    world.resource_mut::<Collector>().forget(id);
}
