//! Characters that come out of storage, with all they own.

use bevy_ecs::world::World;

use super::{Arrives, refuse, seat, waiting};
use crate::persist::{SavedTypes, load_entity, load_things, unload};
use crate::port::{Code, Refusal, Row, SessionId, StableId};

/// Makes what the rows say, and seats whoever waits for it.
pub(super) fn loaded(
    world: &mut World,
    types: &SavedTypes,
    character: StableId,
    session: SessionId,
    mut rows: Vec<Row>,
) {
    let Some(arrival) = waiting(world, session, character) else {
        return;
    };
    // Sorted, so that the same save makes the same world however storage lists it.
    rows.sort_by(|a, b| (a.id, &a.component).cmp(&(b.id, &b.component)));
    let own = rows.iter().filter(|row| row.id == character).cloned();
    let own: Vec<Row> = own.collect();
    let entity = world.spawn(character).id();
    match load_entity(types, &mut world.entity_mut(entity), &own) {
        Ok(()) => {
            load_things(world, types, &rows, Some(character));
            seat(world, entity, *arrival, Arrives::Fresh);
        }
        Err(fault) => {
            tracing::error!(%fault, correlation_id = %arrival.correlation, "character could not be loaded");
            unload(world, [entity]);
            let refusal = Refusal::of(Code::InternalError);
            refuse(world, session, Some(character), refusal);
        }
    }
}
