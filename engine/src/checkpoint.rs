//! What a checkpoint holds: every value of what is saved and of what is transient, by its entity.
//!
//! Saved values are known from the rows that passed (the recorder keeps them), and are not copied
//! on the world's thread, but for those that their owner changes without marking it, as what is not
//! worth a save (`bypass_change_detection`): a plugin says so.
//! Entities keep their ids across a checkpoint, so what refers to one is written as it is.

mod ahead;
mod difference;
mod rebuild;

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

use bevy_ecs::change_detection::{DetectChangesMut as _, Tick as ChangeTick};
use bevy_ecs::component::{Component, Mutable};
use bevy_ecs::entity::Entity;
use bevy_ecs::query::{Allow, With};
use bevy_ecs::resource::IsResource;
use bevy_ecs::world::World;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

use crate::content::{Revision, RevisionMark, Source};
use crate::health::Health;
use crate::port::{StableId, Tick, WorldTime};
use crate::unsaved::Unsaved;
use ahead::Ahead;
pub(crate) use ahead::CopiesAhead;

/// A part of a checkpoint can't be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateFault {
    /// It holds what it can't hold.
    #[error("the world's state can't be decoded")]
    Undecodable,
    /// It can't be written.
    #[error("a part of the world's state can't be encoded")]
    Unencodable,
}

/// One kind of state that a checkpoint holds.
#[derive(Clone, Copy)]
pub(crate) struct StateType {
    pub(crate) name: &'static str,
    /// Whose it is.
    pub(crate) plugin: usize,
    pub(crate) of: TypeId,
    /// It is saved, and every change of it is marked.
    pub(crate) in_rows: bool,
    /// How it is copied ahead of the checkpoint, where every change of it is marked.
    ahead: Option<Ahead>,
    copy: fn(&mut World) -> Box<dyn StateCopy>,
    /// Copies that of entities of which nothing is saved: no rows tell of it.
    copy_unsaved: Option<CopyValues>,
    restore: fn(&mut World, &[(Entity, Vec<u8>)]) -> Result<(), StateFault>,
    /// As it would be written now.
    again: fn(&[u8]) -> Option<Vec<u8>>,
}

type CopyValues = fn(&mut World) -> Box<dyn StateCopy>;

/// The values of one state.
pub(crate) type StateValues = (String, Vec<(Entity, Vec<u8>)>);

/// A saved component of which a part is not saved, but lasts.
pub(crate) trait TransientPart: Component<Mutability = Mutable> {
    /// The part.
    type Part: Serialize + DeserializeOwned + Send + 'static;
    fn part(&self) -> Self::Part;
    fn set_part(&mut self, part: Self::Part);
}

/// Values that were copied, and are not encoded yet.
trait StateCopy: Send {
    fn encode(&self) -> Result<Vec<(Entity, Vec<u8>)>, StateFault>;
}

struct CopiedValues<T> {
    values: Vec<(Entity, T)>,
    encode: fn(&T) -> Option<Vec<u8>>,
}

impl<T: Send> StateCopy for CopiedValues<T> {
    fn encode(&self) -> Result<Vec<(Entity, Vec<u8>)>, StateFault> {
        let values = self.values.iter().map(|(entity, value)| {
            let bytes = (self.encode)(value).ok_or(StateFault::Unencodable)?;
            Ok((*entity, bytes))
        });
        values.collect()
    }
}

impl StateType {
    /// A component or resource that is in checkpoints only.
    pub(crate) fn transient<T>(name: &'static str, plugin: usize) -> Self
    where
        T: Component + Clone + Serialize + DeserializeOwned,
    {
        Self {
            name,
            plugin,
            of: TypeId::of::<T>(),
            in_rows: false,
            ahead: Some(Ahead::of::<T>()),
            again: |bytes| Some(bytes.to_vec()),
            copy: |world| copy::<T>(world, |value| postcard::to_stdvec(value).ok()),
            copy_unsaved: None,
            restore: |world, values| {
                restore::<T>(world, values, |bytes| postcard::from_bytes(bytes).ok())
            },
        }
    }

    /// The part of a saved component that is not saved.
    pub(crate) fn part<T: TransientPart>(name: &'static str, plugin: usize) -> Self {
        Self {
            name,
            plugin,
            of: TypeId::of::<T::Part>(),
            in_rows: false,
            ahead: None,
            again: |bytes| Some(bytes.to_vec()),
            copy: |world| {
                let mut query = world.query::<(Entity, &T)>();
                let values = query.iter(world);
                let values = values.map(|(entity, value)| (entity, value.part()));
                Box::new(CopiedValues {
                    values: values.collect(),
                    encode: |part| postcard::to_stdvec(part).ok(),
                })
            },
            copy_unsaved: None,
            restore: |world, values| {
                for (entity, bytes) in values {
                    let part = postcard::from_bytes(bytes);
                    let part = part.map_err(|_| StateFault::Undecodable)?;
                    if let Some(mut value) = world.get_mut::<T>(*entity) {
                        value.bypass_change_detection().set_part(part);
                    }
                }
                Ok(())
            },
        }
    }

    /// A saved component. In JSON like its rows: its shape may be tagged, which needs names.
    pub(crate) fn saved<T>(name: &'static str, plugin: usize) -> Self
    where
        T: Component + Clone + Serialize + DeserializeOwned,
    {
        Self {
            name,
            plugin,
            of: TypeId::of::<T>(),
            in_rows: true,
            ahead: None,
            again: |bytes| {
                let value: T = serde_json::from_slice(bytes).ok()?;
                serde_json::to_vec(&value).ok()
            },
            copy: |world| copy::<T>(world, |value| serde_json::to_vec(value).ok()),
            copy_unsaved: Some(|world| {
                let mut query = world.query_filtered::<(Entity, &T), With<Unsaved>>();
                let values = query.iter(world);
                let values = values.map(|(entity, value)| (entity, value.clone()));
                Box::new(CopiedValues {
                    values: values.collect(),
                    encode: |value| serde_json::to_vec(value).ok(),
                })
            }),
            restore: |world, values| {
                restore::<T>(world, values, |bytes| serde_json::from_slice(bytes).ok())
            },
        }
    }
}

fn copy<T: Component + Clone>(
    world: &mut World,
    encode: fn(&T) -> Option<Vec<u8>>,
) -> Box<dyn StateCopy> {
    Box::new(CopiedValues {
        values: copied(world),
        encode,
    })
}

fn copied<T: Component + Clone>(world: &mut World) -> Vec<(Entity, T)> {
    // Resources lie at entities of their own.
    let mut query = world.query_filtered::<(Entity, &T), Allow<IsResource>>();
    let values = query.iter(world);
    values
        .map(|(entity, value)| (entity, value.clone()))
        .collect()
}

fn restore<T: Component>(
    world: &mut World,
    values: &[(Entity, Vec<u8>)],
    decode: fn(&[u8]) -> Option<T>,
) -> Result<(), StateFault> {
    // What came with another component and was taken off since.
    let mut query = world.query_filtered::<Entity, (With<T>, Allow<IsResource>)>();
    let there: Vec<Entity> = query.iter(world).collect();
    for entity in there {
        if values
            .binary_search_by_key(&entity, |(one, _)| *one)
            .is_err()
        {
            world.entity_mut(entity).remove::<T>();
        }
    }
    // So long ago that no system takes it for a change.
    let long_ago = ChangeTick::new(
        world
            .change_tick()
            .get()
            .wrapping_sub(ChangeTick::MAX.get()),
    );
    let component = world.register_component::<T>();
    for (entity, bytes) in values {
        let value = decode(bytes).ok_or(StateFault::Undecodable)?;
        let Ok(mut one) = world.get_entity_mut(*entity) else {
            return Err(StateFault::Undecodable);
        };
        one.insert(value);
        if let Ok(mut value) = one.get_mut_by_id(component) {
            value.set_last_added(long_ago);
            value.set_last_changed(long_ago);
        }
    }
    Ok(())
}

/// Serializes a map in the order of its keys, so that equal maps are written equally.
///
/// # Errors
/// As the serializer.
pub fn sorted<K, V, H, S>(map: &HashMap<K, V, H>, serializer: S) -> Result<S::Ok, S::Error>
where
    K: Serialize + Ord,
    V: Serialize,
    S: Serializer,
{
    let mut entries: Vec<(&K, &V)> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    serializer.collect_map(entries)
}

/// The world after a tick, as it was copied on its thread.
pub struct WorldCopy {
    pub(crate) tick: Tick,
    pub(crate) now: WorldTime,
    pub(crate) engine: EngineState,
    pub(crate) entities: Vec<(Entity, StableId)>,
    states: Vec<(&'static str, Box<dyn StateCopy>)>,
    /// What is saved, and known from rows.
    pub(crate) saved: Vec<&'static str>,
    /// What is saved was copied, too.
    pub(crate) whole: bool,
    /// The texts of its content, where the world did not begin with it.
    pub sources: Arc<[Source]>,
}

impl std::fmt::Debug for WorldCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorldCopy")
            .field("tick", &self.tick)
            .finish_non_exhaustive()
    }
}

/// What the engine remembers from tick to tick outside of its world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EngineState {
    /// The tick of the batch that is not known to be durable yet.
    pub(crate) under_way: Option<Tick>,
    /// Which content the world is made of.
    pub(crate) revision: RevisionMark,
    /// By plugin.
    pub(crate) health: Vec<Health>,
    /// The last tick had more messages than one plugin may write.
    pub(crate) crowded: bool,
}

/// The world after a tick, as a checkpoint has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorldState {
    pub(crate) tick: Tick,
    pub(crate) now: WorldTime,
    pub(crate) engine: EngineState,
    pub(crate) entities: Vec<(Entity, StableId)>,
    pub(crate) parts: Vec<StateValues>,
}

impl WorldCopy {
    /// Copies the states of these types: all of them, or but those that are known from rows. Of
    /// what was copied ahead, but what changed since.
    pub(crate) fn of(
        world: &mut World,
        types: &[StateType],
        (tick, now): (Tick, WorldTime),
        engine: EngineState,
        mut ahead: CopiesAhead,
        whole: bool,
    ) -> Self {
        let mut entities: Vec<(Entity, StableId)> = world
            .query::<(Entity, &StableId)>()
            .iter(world)
            .map(|(entity, id)| (entity, *id))
            .collect();
        entities.sort_unstable();
        let saved = types.iter().filter(|one| one.in_rows).map(|one| one.name);
        let states = types.iter().enumerate().filter_map(|(at, one)| {
            let copy = if one.in_rows && !whole {
                (one.copy_unsaved?)(world)
            } else {
                let copy = ahead.finish(at, world);
                copy.unwrap_or_else(|| (one.copy)(world))
            };
            Some((one.name, copy))
        });
        Self {
            tick,
            now,
            engine,
            entities,
            states: states.collect(),
            saved: saved.collect(),
            whole,
            sources: Arc::clone(&world.resource::<Revision>().sources),
        }
    }

    /// Encodes what was copied; the work of another thread than the world's.
    ///
    /// # Errors
    /// When a value can't be encoded.
    pub fn encode(&self) -> Result<WorldState, StateFault> {
        let mut parts = Vec::with_capacity(self.states.len());
        for (name, values) in &self.states {
            let mut values = values.encode()?;
            // Queries meet them in any order.
            values.sort_unstable();
            parts.push(((*name).to_owned(), values));
        }
        Ok(WorldState {
            tick: self.tick,
            now: self.now,
            engine: self.engine.clone(),
            entities: self.entities.clone(),
            parts,
        })
    }
}

impl WorldState {
    /// Which content the world is made of.
    #[must_use]
    pub const fn revision(&self) -> &RevisionMark {
        &self.engine.revision
    }

    /// The tick after which the world was so.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.tick
    }
}
