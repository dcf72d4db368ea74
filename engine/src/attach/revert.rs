//! Things whose change of hands came too late: the database keeps them as they were, and so does the
//! world.

use bevy_ecs::world::World;

use super::Asks;
use crate::Index;
use crate::persist::{Collector, Holder, Reverted, SavedTypes, load_things, unload};
use crate::port::{Owner, Row, StableId, StoreAsk};

/// Makes a thing what the database says it is, if its owner is here; else it goes out of memory.
pub(super) fn revert(world: &mut World, types: &SavedTypes, id: StableId, mut rows: Vec<Row>) {
    let known = world.resource::<Index>().get(id);
    let held_by = known.and_then(|entity| world.get::<Holder>(entity)?.0);
    unload(world, known);
    world.resource_mut::<Collector>().undo(id);
    let index = world.resource::<Index>();
    let is_here = |owner| match owner {
        Owner::Character(id) => index.get(id).is_some(),
        Owner::Node | Owner::World => true,
    };
    if rows.first().is_some_and(|row| is_here(row.owner)) {
        rows.sort_by(|a, b| a.component.cmp(&b.component));
        load_things(world, types, &rows, None);
    }
    tracing::warn!(%id, "thing was reverted to what the shared database has");
    world.write_message(Reverted { id, held_by });
    let asks = &mut world.resource_mut::<Asks>().0;
    asks.push(StoreAsk::Reverted { entity: id });
}
