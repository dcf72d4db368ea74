//! What a plugin takes out of the world that is not its to take: it is put back, and the plugin
//! is blamed.
//!
//! **Invariant:** rows go only by [`Destroy`](super::Destroy), or with a component that its owner
//! removes. An entity that is despawned in any other way lives on with all of it that is saved; if
//! it was played, its session is closed, because what is not saved is lost. A component that
//! another plugin removes stays.

use bevy_ecs::component::Component;
use bevy_ecs::entity::Entity;
use bevy_ecs::lifecycle::{Despawn, Remove};
use bevy_ecs::observer::On;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Query, Res, ResMut};
use bevy_ecs::world::{EntityWorldMut, World};

use super::collect::{Collector, Unloading};
use crate::port::StableId;
use crate::{Index, attach, fault};

/// Puts one value back.
type Restore = Box<dyn FnOnce(&mut EntityWorldMut<'_>) + Send + Sync>;

/// What was taken since the last [`restore`]. Bounded by what there is to take.
#[derive(Resource, Default)]
pub(crate) struct Losses {
    /// Entities that were despawned, with what each of them had.
    gone: Vec<(Entity, StableId, Vec<Restore>)>,
    /// Values of entities that live.
    torn: Vec<(Entity, Restore)>,
}

impl Losses {
    pub(crate) fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.torn.is_empty()
    }

    /// Keeps a value that is being taken, if it may not be: that of a despawned entity, or one
    /// that is removed by a plugin other than its owner.
    fn keep<C: Component + Clone>(&mut self, entity: Entity, owner: usize, value: &C) -> bool {
        let restore = |value: C| -> Restore {
            Box::new(move |entity| {
                entity.insert(value);
            })
        };
        // The newest is the one whose components are being taken just now.
        if let Some((_, _, values)) = self.gone.iter_mut().rev().find(|one| one.0 == entity) {
            values.push(restore(value.clone()));
            return true;
        }
        if fault::running().is_none_or(|plugin| plugin == owner) {
            return false;
        }
        fault::note(
            String::new(),
            format!(
                "removes `{}`, which belongs to another plugin; send its owner a message",
                std::any::type_name::<C>()
            ),
        );
        self.torn.push((entity, restore(value.clone())));
        true
    }
}

/// Watches over entities that are saved: those with a stable id.
pub(crate) fn watch(world: &mut World) {
    world.init_resource::<Losses>();
    world.add_observer(
        |on: On<Despawn<StableId>>,
         ids: Query<&StableId>,
         unloading: Res<Unloading>,
         mut losses: ResMut<Losses>| {
            let Ok(id) = ids.get(on.entity) else { return };
            if unloading.0 {
                return;
            }
            if fault::running().is_some() {
                let what = format!("despawns {id}, which is saved; say `Destroy`");
                fault::note(String::new(), what);
            }
            losses.gone.push((on.entity, *id, Vec::new()));
        },
    );
    world.add_observer(
        |on: On<Remove<StableId>>,
         ids: Query<&StableId>,
         unloading: Res<Unloading>,
         mut losses: ResMut<Losses>| {
            let Ok(id) = ids.get(on.entity) else { return };
            if unloading.0 || losses.gone.iter().any(|(gone, ..)| *gone == on.entity) {
                return;
            }
            losses.keep(on.entity, usize::MAX, id);
        },
    );
}

/// Keeps a component of the engine's own, which no plugin may remove.
pub(crate) fn guard<C: Component + Clone>(world: &mut World, owner: usize) {
    world.add_observer(
        move |on: On<Remove<C>>,
              values: Query<(&StableId, &C)>,
              unloading: Res<Unloading>,
              mut losses: ResMut<Losses>| {
            if let Ok((_, value)) = values.get(on.entity)
                && !unloading.0
            {
                losses.keep(on.entity, owner, value);
            }
        },
    );
}

/// Notes every removal of a saved component by its owner at once: `RemovedComponents` forgets
/// after two ticks, and a save may take ten. Any other removal is undone.
pub(super) fn watch_removals<T: Component + Clone>(
    world: &mut World,
    name: &'static str,
    owner: usize,
) {
    world.init_resource::<Collector>();
    world.init_resource::<Unloading>();
    world.init_resource::<Losses>();
    world.add_observer(
        move |on: On<Remove<T>>,
              values: Query<(&StableId, &T)>,
              unloading: Res<Unloading>,
              mut losses: ResMut<Losses>,
              mut collector: ResMut<Collector>| {
            if let Ok((id, value)) = values.get(on.entity)
                && !unloading.0
                && !losses.keep(on.entity, owner, value)
            {
                collector.removed(*id, name);
            }
        },
    );
}

/// Puts back what was taken. A despawned entity comes back as another one of the same id, unless
/// there is one already.
pub(crate) fn restore(world: &mut World) {
    if world.resource::<Losses>().is_empty() {
        return;
    }
    let Losses { gone, torn } = std::mem::take(&mut *world.resource_mut::<Losses>());
    for (entity, value) in torn {
        if let Ok(mut entity) = world.get_entity_mut(entity) {
            value(&mut entity);
        }
    }
    for (old, id, values) in gone {
        let there = world.resource::<Index>().get(id);
        let new = there.unwrap_or_else(|| {
            let mut entity = world.spawn(id);
            for value in values {
                value(&mut entity);
            }
            entity.id()
        });
        tracing::warn!(%id, "saved entity restored");
        attach::replace(world, old, new);
    }
}
