//! How a character leaves memory: with all it holds, only once the last state of that is durable.

use std::collections::HashSet;

use bevy_ecs::entity::Entity;
use bevy_ecs::query::With;
use bevy_ecs::world::World;

use super::{Departing, Sessions, lease, removal};
use crate::Index;
use crate::persist::{Holdings, unload};
use crate::port::{SaveBatch, StableId, Tick};

/// After a batch was collected: notes whose last state it holds, and unloads those whose batch is
/// durable and who have not changed since.
pub(crate) fn unload_saved(world: &mut World, batch: &SaveBatch, durable: Tick) {
    removal::give_up_destroyed(world, batch, durable);
    if world.resource::<Sessions>().departing == 0 {
        return;
    }
    let mut dirty = HashSet::new();
    for column in &batch.columns {
        column.visit(&mut |row| {
            dirty.insert(row.id);
            dirty.extend(row.owner.character());
        });
    }
    for stone in &batch.tombstones {
        dirty.insert(stone.id);
        dirty.extend(stone.owner.character());
    }
    for transfer in &batch.transfers {
        let owners = [transfer.from, Some(transfer.to)];
        dirty.extend(owners.iter().flatten().filter_map(|one| one.character()));
    }
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
        let held = world.resource::<Holdings>().all_of(id);
        let index = world.resource::<Index>();
        let held: Vec<Entity> = held.iter().filter_map(|id| index.get(*id)).collect();
        unload(world, held.into_iter().chain([entity]));
        if yields {
            lease::give_up(world, id);
        }
    }
    // Counted anew, because a plugin may have destroyed one of them.
    world.resource_mut::<Sessions>().departing = staying;
}
