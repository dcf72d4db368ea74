//! How many leave in a tick. A crowd whose links are lost together is dismissed together; that all
//! of them leave is told to every plugin and moves each of them in memory, so it takes some ticks.

use bevy_ecs::world::World;

use super::{Seat, SeatState, Sessions, leave};
use crate::port::{Leaving, SessionId, StableId};

/// The most sessions that leave in one tick: at 20 Hz 10,240 a second. Each costs up to 20 µs, so
/// this is less than half of what a tick may take, 25 ms.
const LEAVE_PER_TICK_MAX: usize = 512;

impl Seat {
    pub(super) const fn new(character: StableId, state: SeatState) -> Self {
        Self {
            character,
            state,
            over: None,
        }
    }
}

/// Lets those leave whose sessions are over, as many as a tick may have, in their order.
pub(super) fn go_on(world: &mut World) {
    let mut sessions = world.resource_mut::<Sessions>();
    sessions.left = sessions.over.len().min(LEAVE_PER_TICK_MAX);
    let now = sessions.left;
    let now: Vec<SessionId> = sessions.over.drain(..now).collect();
    for session in now {
        leave_at_once(world, session);
    }
}

/// Lets a session leave, in this tick if it has room for it.
pub(super) fn leave_in_turn(world: &mut World, session: SessionId, why: Leaving) {
    let mut sessions = world.resource_mut::<Sessions>();
    let is_there = sessions
        .seats
        .get(&session)
        .is_some_and(|seat| matches!(seat.state, SeatState::Taken(_)));
    if is_there && sessions.left >= LEAVE_PER_TICK_MAX {
        end(world, session, why);
        return;
    }
    sessions.left += usize::from(is_there);
    leave(world, session, why);
}

/// Lets a session leave that is over, whether or not it is its turn.
pub(super) fn leave_at_once(world: &mut World, session: SessionId) {
    let seat = world.resource::<Sessions>().seats.get(&session);
    if let Some(why) = seat.and_then(|seat| seat.over) {
        leave(world, session, why);
    }
}

/// Ends a session, which leaves in one of the next ticks; answers whether it was not over before.
pub(super) fn end(world: &mut World, session: SessionId, why: Leaving) -> bool {
    let mut sessions = world.resource_mut::<Sessions>();
    let Some(seat) = sessions.seats.get_mut(&session) else {
        return false;
    };
    if seat.over.is_some() {
        return false;
    }
    seat.over = Some(why);
    sessions.over.push_back(session);
    true
}
