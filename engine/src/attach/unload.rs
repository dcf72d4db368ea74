//! How a character leaves memory: only once its last state is durable.

use std::collections::HashSet;

use bevy_ecs::entity::Entity;
use bevy_ecs::query::With;
use bevy_ecs::world::World;

use super::{Departing, Sessions, lease};
use crate::persist::Unloading;
use crate::port::{SaveBatch, StableId, Tick};

/// After a batch was collected: notes whose last state it holds, and unloads those whose batch is
/// durable and who have not changed since.
pub(crate) fn unload_saved(world: &mut World, batch: &SaveBatch, durable: Tick) {
    if world.resource::<Sessions>().departing == 0 {
        return;
    }
    let mut dirty = HashSet::new();
    for column in &batch.columns {
        column.visit(&mut |row| {
            dirty.insert(row.id);
        });
    }
    dirty.extend(batch.tombstones.iter().map(|stone| stone.id));
    let mut staying = 0;
    let mut gone = Vec::new();
    let mut departing =
        world.query_filtered::<(Entity, &StableId, &mut Departing), With<Departing>>();
    for (entity, id, mut departing) in departing.iter_mut(world) {
        let saved_by = match departing.saved_by {
            Some(tick) if !dirty.contains(id) => tick,
            _ => batch.tick,
        };
        if saved_by <= durable {
            gone.push((entity, *id, departing.yields));
        } else {
            departing.saved_by = Some(saved_by);
            staying += 1;
        }
    }
    for (entity, id, yields) in gone {
        unload(world, entity);
        if yields {
            lease::give_up(world, id);
        }
    }
    // Counted anew, because a plugin may have destroyed one of them.
    world.resource_mut::<Sessions>().departing = staying;
}

/// Takes an entity out of memory; its rows stay saved.
pub(super) fn unload(world: &mut World, entity: Entity) {
    world.resource_mut::<Unloading>().0 = true;
    world.despawn(entity);
    world.resource_mut::<Unloading>().0 = false;
}
