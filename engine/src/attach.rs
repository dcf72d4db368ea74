//! Characters and the sessions that hold them.
//!
//! One session holds a character. A character is in memory while it plays, while its socket may
//! come back, and until what it last did is durable; then it is unloaded.

mod lease;
mod leaving;
mod loading;
mod removal;
mod revert;
mod standing;
mod unload;
mod words;

pub(crate) use removal::{Removals, destroy, restore};
pub(crate) use standing::{Roles, Seated, grant, tell_bans};
pub(crate) use unload::unload_saved;
pub(crate) use words::Departing;
pub use words::{
    Arrived, Arrives, Asked, Departed, Dismiss, DraftTold, DraftWished, Excluded, Grant, Halt,
    LinkLost, Linkdead, Online, OrderUnheeded, Received, RoleChanged, SetApart, SetBan,
};

use std::collections::{HashMap, VecDeque};

use bevy_ecs::change_detection::DetectChangesMut as _;
use bevy_ecs::entity::Entity;
use bevy_ecs::message::Messages;
use bevy_ecs::resource::Resource;
use bevy_ecs::world::World;
use serde::{Deserialize, Serialize};

use crate::character::Character;
use crate::orders::{self, CommandRecord};
use crate::persist::{Collector, SavedTypes};
use crate::port::{
    Admission, Arrival, Code, Correlation, Inbound, Leaving, Outbound, Refusal, RunId, SessionId,
    StableId, StoreAsk, StoreReply, Tick,
};
use crate::{Clock, Index, Outbox};

/// Who holds what.
#[derive(Resource, Clone, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Sessions {
    #[serde(serialize_with = "crate::checkpoint::sorted")]
    seats: HashMap<SessionId, Seat>,
    #[serde(serialize_with = "crate::checkpoint::sorted")]
    holders: HashMap<StableId, SessionId>,
    /// Sessions that are over: they leave at the start of the next tick, a crowd in the next ones.
    over: VecDeque<SessionId>,
    /// How many have left in this tick.
    left: usize,
    /// Entities that are only kept until they are saved.
    pub(crate) departing: usize,
    /// Who was played and is no more, to be told in the next tick.
    gone: Vec<(Entity, Leaving)>,
    /// Characters that another node has taken, whose sessions were closed in this tick.
    lost: Vec<StableId>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seat {
    character: StableId,
    state: SeatState,
    /// Why it is over: it stands in [`Sessions::over`], and does nothing more.
    over: Option<Leaving>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum SeatState {
    /// Storage was asked.
    Waiting(Box<Arrival>),
    /// In the world.
    Taken(Entity),
}

/// What the engine knows of this process's life.
#[derive(Resource, Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Life {
    pub(crate) run: RunId,
    pub(crate) recovered: Option<(RunId, Tick)>,
    pub(crate) durable_tick: Tick,
}

/// The asks of this tick.
#[derive(Resource, Default, Debug)]
pub(crate) struct Asks(pub(crate) Vec<StoreAsk>);

/// Takes in everything the gateway and storage said, in order.
pub(crate) fn ingest(
    world: &mut World,
    types: &SavedTypes,
    heard: Vec<Inbound>,
    stored: Vec<StoreReply>,
) {
    for (actor, why) in std::mem::take(&mut world.resource_mut::<Sessions>().gone) {
        world.write_message(Departed { actor, why });
    }
    leaving::go_on(world);
    removal::tell(world);
    lease::confirm(world);
    for (at, reply) in stored.into_iter().enumerate() {
        world.resource_mut::<Collector>().reply = at;
        heed(world, types, reply);
    }
    for one in heard {
        hear(world, one);
    }
    orders::announce(world);
    standing::ask(world);
}

/// What storage has answered.
fn heed(world: &mut World, types: &SavedTypes, reply: StoreReply) {
    match reply {
        StoreReply::Loaded {
            character,
            session,
            rows,
        } => loading::loaded(world, types, character, session, rows),
        StoreReply::Unavailable {
            character,
            session,
            refusal,
        } => {
            if waiting(world, session, character).is_some() {
                refuse(world, session, Some(character), refusal);
            }
        }
        StoreReply::Wanted { character } => lease::wanted(world, character),
        StoreReply::Lost { character } => lease::lost(world, character),
        StoreReply::Reverted { entity, rows } => revert::revert(world, types, entity, rows),
        StoreReply::Standings(standings) => standing::learn(world, standings),
        StoreReply::Unheeded { order, why } => {
            world.write_message(OrderUnheeded { order, why });
        }
    }
}

/// What a session has said or asked.
fn hear(world: &mut World, one: Inbound) {
    match one {
        Inbound::Arrive(arrival) => arrive(world, arrival),
        Inbound::Return {
            session,
            correlation,
        } => come_back(world, session, correlation),
        Inbound::Line {
            session,
            id,
            line,
            correlation,
        } => {
            // No seat: the session is already over, and so is its wish.
            if let Some(actor) = holder(world, session) {
                orders::receive(world, actor, session, id, line, correlation);
            }
        }
        Inbound::Lost { session } => {
            let since = world.resource::<Clock>().now;
            if let Some(actor) = holder(world, session) {
                world.entity_mut(actor).insert(Linkdead { since });
                world.write_message(LinkLost { actor });
            }
        }
        Inbound::Received { session, through } => {
            if let Some(actor) = holder(world, session) {
                world.write_message(Received { actor, through });
            }
        }
        Inbound::Leave { session, why } => leaving::leave_in_turn(world, session, why),
        Inbound::Ask {
            ask,
            sessions,
            admin,
            question,
        } => {
            let askers = sessions.into_iter();
            let askers = askers.filter_map(|one| holder(world, one)).collect();
            world.write_message(Asked {
                ask,
                askers,
                admin,
                question,
            });
        }
        Inbound::Draft { to, text, done } => {
            world.write_message(DraftTold { to, text, done });
        }
    }
}

/// Turns this tick's dismissals into closes; they take effect with the next tick.
pub(crate) fn dismiss(world: &mut World) {
    let dismissals: Vec<Dismiss> = world.resource_mut::<Messages<Dismiss>>().drain().collect();
    for Dismiss { actor, why, told } in dismissals {
        let Some(Online { session }) = world.get::<Online>(actor).copied() else {
            continue;
        };
        if leaving::end(world, session, why) {
            world
                .resource_mut::<Outbox>()
                .said
                .push(Outbound::Close { session, why, told });
        }
    }
}

fn arrive(world: &mut World, arrival: Arrival) {
    let (session, character) = (arrival.session, arrival.character);
    let previous = world
        .resource_mut::<Sessions>()
        .holders
        .insert(character, session);
    if let Some(old) = previous.filter(|old| *old != session) {
        world.resource_mut::<Sessions>().seats.remove(&old);
        world.resource_mut::<Outbox>().said.push(Outbound::Close {
            session: old,
            why: Leaving::TakenOver,
            told: None,
        });
    }
    match world.resource::<Index>().get(character) {
        // Asked for once it is out of memory.
        Some(entity) if lease::is_yielding(world, entity) => wait(world, arrival),
        Some(entity) => {
            let how = if world.get::<Online>(entity).is_some() {
                Arrives::TakenOver
            } else {
                Arrives::Fresh
            };
            orders::forget(world, entity);
            seat(world, entity, arrival, how);
        }
        None if world.resource::<Removals>().is_yielding(character) => wait(world, arrival),
        None => {
            wait(world, arrival);
            world
                .resource_mut::<Asks>()
                .0
                .push(StoreAsk::Load { character, session });
        }
    }
}

fn wait(world: &mut World, arrival: Arrival) {
    let (session, character) = (arrival.session, arrival.character);
    let state = SeatState::Waiting(Box::new(arrival));
    world
        .resource_mut::<Sessions>()
        .seats
        .insert(session, Seat::new(character, state));
}

fn seat(world: &mut World, entity: Entity, arrival: Arrival, how: Arrives) {
    let Arrival {
        session,
        character,
        account,
        name,
        profession,
        seed,
        role,
        guest,
        created_at,
        ..
    } = arrival;
    if world.entity(entity).contains::<Departing>() {
        world.resource_mut::<Sessions>().departing -= 1;
    }
    let role = standing::role_of(world, account, role);
    let seated = standing::Seated(world.resource::<Clock>().tick);
    world
        .entity_mut(entity)
        .insert((
            seated,
            Character {
                name,
                account,
                role,
                guest,
                profession,
                seed,
                created_at,
            },
            Online { session },
        ))
        .remove::<(Linkdead, Departing)>();
    let seat = Seat::new(character, SeatState::Taken(entity));
    world.resource_mut::<Sessions>().seats.insert(session, seat);
    admit(world, entity, session, false);
    world.write_message(Arrived { actor: entity, how });
}

fn come_back(world: &mut World, session: SessionId, correlation: Correlation) {
    match holder(world, session) {
        Some(actor) => {
            world.entity_mut(actor).remove::<Linkdead>();
            admit(world, actor, session, true);
            world.write_message(Arrived {
                actor,
                how: Arrives::Returned,
            });
        }
        None => {
            tracing::debug!(correlation_id = %correlation, "resume of a session that is over");
            leaving::leave_at_once(world, session);
            refuse(world, session, None, Refusal::of(Code::SessionTakenOver));
        }
    }
}

fn admit(world: &mut World, actor: Entity, session: SessionId, returned: bool) {
    let Life {
        run,
        recovered,
        durable_tick,
    } = *world.resource::<Life>();
    let player = world.get::<StableId>(actor).copied();
    let last_command_id = match world.get_mut::<CommandRecord>(actor) {
        None => 0,
        Some(mut record) => {
            if record.bypass_change_detection().make_room() {
                tracing::info!("command ids of a character begin anew");
                record.set_changed();
            }
            record.last_id()
        }
    };
    let Some(player) = player else { return };
    let admission = Admission {
        player,
        run,
        last_command_id,
        durable_tick,
        recovered,
        returned,
    };
    world
        .resource_mut::<Outbox>()
        .said
        .push(Outbound::Admitted { session, admission });
}

fn leave(world: &mut World, session: SessionId, why: Leaving) {
    let mut sessions = world.resource_mut::<Sessions>();
    let Some(seat) = sessions.seats.remove(&session) else {
        return;
    };
    sessions.let_go(seat.character, session);
    let SeatState::Taken(actor) = seat.state else {
        return;
    };
    orders::forget(world, actor);
    if world.get_entity(actor).is_err() {
        return;
    }
    world.resource_mut::<Sessions>().departing += 1;
    world
        .entity_mut(actor)
        .remove::<(Online, Linkdead)>()
        .insert(Departing::default());
    world.write_message(Departed { actor, why });
}

fn waiting(world: &mut World, session: SessionId, character: StableId) -> Option<Box<Arrival>> {
    let mut sessions = world.resource_mut::<Sessions>();
    let seat = sessions.seats.get(&session)?;
    if seat.character != character || !matches!(seat.state, SeatState::Waiting(_)) {
        return None;
    }
    match sessions.seats.remove(&session)?.state {
        SeatState::Waiting(arrival) => Some(arrival),
        SeatState::Taken(_) => None,
    }
}

/// `character`: of a session whose seat is taken away already.
fn refuse(world: &mut World, session: SessionId, character: Option<StableId>, refusal: Refusal) {
    let mut sessions = world.resource_mut::<Sessions>();
    let seated = sessions.seats.remove(&session).map(|seat| seat.character);
    if let Some(character) = seated.or(character) {
        sessions.let_go(character, session);
    }
    world
        .resource_mut::<Outbox>()
        .said
        .push(Outbound::Refused { session, refusal });
}

fn holder(world: &World, session: SessionId) -> Option<Entity> {
    let seat = world.resource::<Sessions>().seats.get(&session)?;
    match seat.state {
        SeatState::Taken(_) if seat.over.is_some() => None,
        // A plugin's `Commands` can despawn anything, and the world must survive even that.
        SeatState::Taken(actor) => world.get_entity(actor).is_ok().then_some(actor),
        SeatState::Waiting(_) => None,
    }
}
