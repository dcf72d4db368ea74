//! Copying transient state ahead of a checkpoint, one kind in a tick, so that the checkpoint's own
//! tick copies but what changed since.

use bevy_ecs::change_detection::{DetectChanges as _, Tick as ChangeTick};
use bevy_ecs::component::Component;
use bevy_ecs::entity::{Entity, EntityHashMap};
use bevy_ecs::query::Allow;
use bevy_ecs::resource::IsResource;
use bevy_ecs::world::{Ref, World};
use serde::Serialize;

use crate::port::Tick;

use super::{StateCopy, StateFault, StateType, copied};

/// A copy of one state's values that is not of the checkpoint's tick yet.
trait EarlyCopy: Send + Sync {
    /// Copies what changed since.
    fn finish(self: Box<Self>, world: &mut World) -> Box<dyn StateCopy>;
}

/// How a state is copied ahead.
#[derive(Clone, Copy)]
pub(super) struct Ahead(fn(&mut World) -> Box<dyn EarlyCopy>);

impl Ahead {
    /// For a component or resource whose every change is marked.
    pub(super) fn of<T: Component + Clone + Serialize>() -> Self {
        Self(|world| {
            // What is written from here on is newer, also by the engine between two systems.
            let at = world.increment_change_tick();
            Box::new(Early::<T> {
                values: copied(world),
                at,
            })
        })
    }
}

struct Early<T> {
    values: Vec<(Entity, T)>,
    at: ChangeTick,
}

impl<T: Component + Clone + Serialize> EarlyCopy for Early<T> {
    fn finish(self: Box<Self>, world: &mut World) -> Box<dyn StateCopy> {
        let this_tick = world.change_tick();
        let mut query = world.query_filtered::<(Entity, Ref<'_, T>), Allow<IsResource>>();
        let (mut there, mut changed) = (Vec::with_capacity(self.values.len()), Vec::new());
        for (entity, value) in query.iter(world) {
            there.push(entity);
            if value.last_changed().is_newer_than(self.at, this_tick) {
                changed.push((entity, T::clone(&value)));
            }
        }
        Box::new(Finished {
            early: self.values,
            there,
            changed,
        })
    }
}

/// Values of which most were copied before, put together by whoever encodes them.
struct Finished<T> {
    early: Vec<(Entity, T)>,
    there: Vec<Entity>,
    changed: Vec<(Entity, T)>,
}

impl<T: Serialize + Send + Sync> StateCopy for Finished<T> {
    fn encode(&self) -> Result<Vec<(Entity, Vec<u8>)>, StateFault> {
        // The later one holds.
        let all = self.early.iter().chain(&self.changed);
        let newest: EntityHashMap<&T> = all.map(|(entity, value)| (*entity, value)).collect();
        let there = self.there.iter().map(|entity| {
            let value = newest.get(entity).ok_or(StateFault::Unencodable)?;
            let bytes = postcard::to_stdvec(*value).map_err(|_| StateFault::Unencodable)?;
            Ok((*entity, bytes))
        });
        there.collect()
    }
}

/// After so many ticks copies are taken anew: most of them will have changed, and change ticks do
/// not tell old from new for ever. A minute at 20 Hz; the lane may be busy for that long.
const STALE_TICKS: u64 = 1_200;

/// The copies that were taken ahead of a checkpoint so far, by the kinds' own order.
#[derive(Default)]
pub(crate) struct CopiesAhead {
    copies: Vec<Option<Box<dyn EarlyCopy>>>,
    began: Tick,
}

impl CopiesAhead {
    /// Copies the next kind of state, if one is left that can be copied ahead.
    /// False: there was none.
    pub(crate) fn copy_next(&mut self, world: &mut World, types: &[StateType], tick: Tick) -> bool {
        if self.copies.is_empty() || tick.saturating_sub(self.began) > STALE_TICKS {
            self.copies.clear();
            self.began = tick;
        }
        while let Some(next) = types.get(self.copies.len()) {
            let early = next.ahead.filter(|_| !next.in_rows);
            self.copies.push(early.map(|Ahead(copy)| copy(world)));
            if early.is_some() {
                return true;
            }
        }
        false
    }

    /// The copy of the kind at this place, as of now, if it was copied ahead.
    pub(super) fn finish(&mut self, at: usize, world: &mut World) -> Option<Box<dyn StateCopy>> {
        let early = self.copies.get_mut(at)?.take()?;
        Some(early.finish(world))
    }
}
