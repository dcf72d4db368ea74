//! What a plugin takes out of the world that is not its to take: it is put back, and the plugin
//! is blamed.
//!
//! **Invariant:** rows go only by [`Destroy`](super::Destroy), or with a component that its owner
//! removes. An entity that is despawned in any other way lives on with all of it that is saved; if
//! it was played, its session is closed, because what is not saved is lost. A component that
//! another plugin removes stays: the guard refuses that.

use bevy_ecs::component::{Component, ComponentId};
use bevy_ecs::entity::Entity;
use bevy_ecs::lifecycle::{Despawn, Remove};
use bevy_ecs::observer::On;
use bevy_ecs::query::Has;
use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Query, Res, ResMut};
use bevy_ecs::world::{EntityWorldMut, World};

use super::collect::{Collector, Unloading};
use crate::port::StableId;
use crate::unsaved::Unsaved;
use crate::{Index, fault};

/// Puts one value back.
type Restore = Box<dyn FnOnce(&mut EntityWorldMut<'_>) + Send + Sync>;

/// What was taken since the last [`restore`]. Bounded by what there is to take.
#[derive(Resource, Default)]
pub(crate) struct Losses {
    /// Entities that were despawned, with what each of them had.
    gone: Vec<(Entity, StableId, Vec<Restore>)>,
    /// What was given to entities and is not the giver's.
    added: Vec<(Entity, ComponentId)>,
}

impl Losses {
    pub(crate) fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.added.is_empty()
    }

    /// Notes a component that another plugin than its owner has just given to an entity.
    pub(crate) fn added(&mut self, entity: Entity, id: ComponentId) {
        self.added.push((entity, id));
    }

    /// Keeps a value of a despawned entity; answers whether it is one.
    fn keep<C: Component + Clone>(&mut self, entity: Entity, value: &C) -> bool {
        // The newest is the one whose components are being taken just now.
        let mut gone = self.gone.iter_mut().rev();
        let Some((_, _, values)) = gone.find(|one| one.0 == entity) else {
            return false;
        };
        let value = value.clone();
        values.push(Box::new(move |entity| _ = entity.insert(value)));
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
}

/// Keeps a component of the engine's own, of an entity that is despawned.
pub(crate) fn guard<C: Component + Clone>(world: &mut World) {
    world.add_observer(
        move |on: On<Remove<C>>,
              values: Query<(&StableId, &C)>,
              unloading: Res<Unloading>,
              mut losses: ResMut<Losses>| {
            if let Ok((_, value)) = values.get(on.entity)
                && !unloading.0
            {
                losses.keep(on.entity, value);
            }
        },
    );
}

/// Notes every removal of a saved component at once: `RemovedComponents` forgets after two ticks,
/// and a save may take ten. Only its owner gets that far.
pub(super) fn watch_removals<T: Component + Clone>(world: &mut World, name: &'static str) {
    world.init_resource::<Collector>();
    world.init_resource::<Unloading>();
    world.init_resource::<Losses>();
    world.add_observer(
        move |on: On<Remove<T>>,
              values: Query<(&StableId, &T, Has<Unsaved>)>,
              unloading: Res<Unloading>,
              mut losses: ResMut<Losses>,
              mut collector: ResMut<Collector>| {
            if let Ok((id, value, unsaved)) = values.get(on.entity)
                && !unloading.0
                && !losses.keep(on.entity, value)
                && !unsaved
            {
                collector.removed(*id, name);
            }
        },
    );
}

/// Puts back what was taken. A despawned entity comes back as another one of the same id, unless
/// there is one already: answers which is now which.
pub(crate) fn restore(world: &mut World) -> Vec<(Entity, Entity)> {
    let mut replaced = Vec::new();
    if world.resource::<Losses>().is_empty() {
        return replaced;
    }
    let Losses { gone, added } = std::mem::take(&mut *world.resource_mut::<Losses>());
    for (entity, id) in added {
        if let Ok(mut entity) = world.get_entity_mut(entity) {
            entity.remove_by_id(id);
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
        replaced.push((old, new));
    }
    replaced
}
