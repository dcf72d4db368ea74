//! Sessions that no longer hold their characters, and characters that are taken out of the world
//! while somebody plays them.

use bevy_ecs::entity::Entity;
use bevy_ecs::world::World;

use super::words::Dismiss;
use super::{Online, SeatState, Sessions};
use crate::ledger;
use crate::outbox::Outbox;
use crate::port::{Leaving, Outbound, SessionId, StableId};

impl Sessions {
    /// The character is no longer this session's, if it still was.
    pub(super) fn let_go(&mut self, character: StableId, session: SessionId) {
        if self.holders.get(&character) == Some(&session) {
            self.holders.remove(&character);
        }
    }
}

/// Ends the session of a character that is about to be destroyed.
pub(crate) fn evict(world: &mut World, entity: Entity) {
    let Some(Online { session }) = world.get::<Online>(entity).copied() else {
        return;
    };
    ledger::drop_waiting(world, entity);
    let mut sessions = world.resource_mut::<Sessions>();
    if let Some(seat) = sessions.seats.remove(&session) {
        sessions.let_go(seat.character, session);
    }
    sessions.gone.push((entity, Leaving::Kicked));
    world.resource_mut::<Outbox>().said.push(Outbound::Close {
        session,
        why: Leaving::Kicked,
        told: None,
    });
}

/// A despawned entity was restored as another: its orders are the other's. If it was played, that
/// ends here, because what plugins knew of the old one is lost; it can sign in again.
pub(crate) fn replace(world: &mut World, old: Entity, new: Entity) {
    ledger::replace(world, old, new);
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
