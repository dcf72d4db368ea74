//! Characters that another node takes over: whoever shares the database may want one that is here.
//!
//! Its session is closed and it departs like any other. Out of memory, it is given up; whoever
//! signs in here meanwhile waits for it like somebody on any other node. **Invariant:** nobody is
//! seated on a character that was asked for until storage has leased it anew.

use bevy_ecs::entity::Entity;
use bevy_ecs::world::World;

use super::{Asks, Departing, SeatState, Sessions, leave};
use crate::port::{Leaving, Outbound, StableId, StoreAsk};
use crate::{Index, Outbox};

/// Another node waits for a character: closes its session, and gives it up once it is unloaded.
pub(super) fn wanted(world: &mut World, character: StableId) {
    match world.resource::<Index>().get(character) {
        Some(entity) => yields(world, entity, character),
        None => answer(world, character),
    }
}

/// Another node has a character that was played here: closes its session, and says so a tick
/// later, when the gateway has heard of it.
pub(super) fn lost(world: &mut World, character: StableId) {
    let Some(entity) = world.resource::<Index>().get(character) else {
        return answer(world, character);
    };
    yields(world, entity, character);
    let mut sessions = world.resource_mut::<Sessions>();
    if !sessions.lost.contains(&character) {
        sessions.lost.push(character);
    }
}

/// Answers for those that were lost in the tick before.
pub(super) fn confirm(world: &mut World) {
    let lost = std::mem::take(&mut world.resource_mut::<Sessions>().lost);
    let asks = lost
        .into_iter()
        .map(|character| StoreAsk::Release { character });
    world.resource_mut::<Asks>().0.extend(asks);
}

/// Whether the character is on its way to another node.
pub(super) fn is_yielding(world: &World, entity: Entity) -> bool {
    world
        .get::<Departing>(entity)
        .is_some_and(|departing| departing.yields)
}

/// A character that was asked for is out of memory: gives it up, and asks for it in turn if
/// somebody has signed in here meanwhile.
pub(super) fn give_up(world: &mut World, character: StableId) {
    let waiting = {
        let sessions = world.resource::<Sessions>();
        let holder = sessions.holders.get(&character).copied();
        holder.filter(|session| {
            let seat = sessions.seats.get(session);
            seat.is_some_and(|seat| matches!(seat.state, SeatState::Waiting(_)))
        })
    };
    let asks = &mut world.resource_mut::<Asks>().0;
    asks.push(StoreAsk::Release { character });
    if let Some(session) = waiting {
        asks.push(StoreAsk::Load { character, session });
    }
}

/// It is not in memory. While a load is under way, storage asks again when it is done.
fn answer(world: &mut World, character: StableId) {
    if !world
        .resource::<Sessions>()
        .holders
        .contains_key(&character)
    {
        world
            .resource_mut::<Asks>()
            .0
            .push(StoreAsk::Release { character });
    }
}

fn yields(world: &mut World, entity: Entity, character: StableId) {
    if !world.entity(entity).contains::<Departing>() {
        let holder = world.resource::<Sessions>().holders.get(&character);
        if let Some(session) = holder.copied() {
            world.resource_mut::<Outbox>().said.push(Outbound::Close {
                session,
                why: Leaving::TakenOver,
                told: None,
            });
            leave(world, session, Leaving::TakenOver);
        }
    }
    if let Some(mut departing) = world.get_mut::<Departing>(entity) {
        departing.yields = true;
    }
}
