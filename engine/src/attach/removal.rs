//! Sessions that no longer hold their characters, and what is taken out of the world: destroyed by a
//! plugin, or despawned against the rules.

use bevy_ecs::entity::Entity;
use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;
use serde::{Deserialize, Serialize};

use super::words::{Departing, Dismiss};
use super::{Online, SeatState, Sessions, lease, leaving};
use crate::orders;
use crate::outbox::Outbox;
use crate::persist::{self, Destroyed, forget_entity};
use crate::port::{Leaving, Outbound, SaveBatch, SessionId, StableId, Tick};

impl Sessions {
    /// The character is no longer this session's, if it still was.
    pub(super) fn let_go(&mut self, character: StableId, session: SessionId) {
        if self.holders.get(&character) == Some(&session) {
            self.holders.remove(&character);
        }
    }
}

/// What was destroyed, on its way. Transient: what is lost of it with the process was in no batch.
#[derive(Resource, Clone, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Removals {
    /// Still played: they depart first, and go at the end of the tick in which they have.
    doomed: Vec<Entity>,
    /// To be told in the next tick.
    destroyed: Vec<Destroyed>,
    /// Another node waits for them, until the batch is durable that says they are no more.
    yielding: Vec<(StableId, Option<Tick>)>,
}

impl Removals {
    /// Whether a character was destroyed while another node waited for it, and that is not durable.
    pub(super) fn is_yielding(&self, character: StableId) -> bool {
        self.yielding.iter().any(|(id, _)| *id == character)
    }
}

/// Destroys entities with all that they hold. **Invariant:** nobody is destroyed while online.
pub(crate) fn destroy(world: &mut World, entities: Vec<Entity>) {
    let mut doomed = std::mem::take(&mut world.resource_mut::<Removals>().doomed);
    doomed.extend(entities);
    for entity in doomed {
        let Ok(one) = world.get_entity(entity) else {
            continue;
        };
        if let Some(Online { session }) = one.get::<Online>().copied() {
            end(world, session);
            world.resource_mut::<Removals>().doomed.push(entity);
            continue;
        }
        let yields = one.get::<Departing>().is_some_and(|one| one.yields);
        let gone = forget_entity(world, entity);
        for one in &gone {
            tracing::info!(id = %one.id, "saved entity destroyed");
        }
        let mut removals = world.resource_mut::<Removals>();
        if let (true, Some(character)) = (yields, gone.first()) {
            removals.yielding.push((character.id, None));
        }
        removals.destroyed.extend(gone);
    }
}

fn end(world: &mut World, session: SessionId) {
    let why = Leaving::Kicked;
    if leaving::end(world, session, why) {
        let told = None;
        let close = Outbound::Close { session, why, told };
        world.resource_mut::<Outbox>().said.push(close);
    }
}

/// Tells what was destroyed at the end of the tick before.
pub(super) fn tell(world: &mut World) {
    let destroyed = std::mem::take(&mut world.resource_mut::<Removals>().destroyed);
    world.write_message_batch(destroyed);
}

/// After a batch was collected: gives up those for whom another node waits, once it is durable that
/// they are no more.
pub(super) fn give_up_destroyed(world: &mut World, batch: &SaveBatch, durable: Tick) {
    let mut removals = world.resource_mut::<Removals>();
    let mut over = Vec::new();
    removals.yielding.retain_mut(|(id, saved_by)| {
        let is_durable = *saved_by.get_or_insert(batch.tick) <= durable;
        over.extend(is_durable.then_some(*id));
        !is_durable
    });
    for id in over {
        lease::give_up(world, id);
    }
}

/// Puts back what a plugin took that is not its to take, and ends what hung on it.
pub(crate) fn restore(world: &mut World) {
    for (old, new) in persist::restore(world) {
        replace(world, old, new);
    }
}

/// A despawned entity was restored as another: its orders are the other's. If it was played, that
/// ends here, because what plugins knew of the old one is lost; it can sign in again.
fn replace(world: &mut World, old: Entity, new: Entity) {
    orders::replace(world, old, new);
    let Some(Online { session }) = world.get::<Online>(new).copied() else {
        return;
    };
    let why = Leaving::Fault;
    let mut sessions = world.resource_mut::<Sessions>();
    sessions.gone.push((old, why));
    if let Some(seat) = sessions.seats.get_mut(&session) {
        seat.state = SeatState::Taken(new);
    }
    world.write_message(Dismiss {
        actor: new,
        why,
        told: None,
    });
}
