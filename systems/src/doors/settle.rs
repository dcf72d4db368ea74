//! Doors that are opened, closed and locked, and what those on both sides are told.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::content::Doors;
use crate::body::RoomMessage;
use crate::place::{DoorView, DoorViews, Found, Rooms};
use crate::things::Latch;
use crate::world::{Atlas, Direction, RoomIx};

/// A door that is otherwise than its file says. Saved; its entity's id is that of both its sides.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct ExitState {
    /// How it is.
    pub latch: Latch,
    /// When it is as its file says again; `None`: not by itself.
    pub until: Option<WorldTime>,
}

/// Do something with a way: the one way in which doors change.
#[derive(Message, Clone, Debug)]
pub enum DoorDeed {
    /// Open it, close it or lock it.
    Latch {
        /// In which room.
        room: RoomIx,
        /// Which way.
        way: Direction,
        /// How it is from now on.
        latch: Latch,
        /// For how long, where that is not the door's own to say.
        span: Option<Duration>,
    },
    /// Somebody finds a hidden way.
    Find {
        /// Who.
        who: Entity,
        /// In which room.
        room: RoomIx,
        /// Which way.
        way: Direction,
        /// For how long they know it; `None`: for ever.
        span: Option<Duration>,
    },
    /// A door is as its file says again.
    Restore {
        /// The id of its state.
        state: StableId,
    },
}

/// A door is otherwise than it was.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct DoorMoved {
    state: StableId,
    was: Latch,
    now: Latch,
}

/// Lets doors be as they were whose time is over.
pub(super) fn relock(
    states: Query<(&StableId, &ExitState)>,
    clock: Res<Clock>,
    mut deeds: MessageWriter<DoorDeed>,
) {
    let due = |state: &ExitState| state.until.is_some_and(|until| until <= clock.now);
    let over = states.iter().filter(|(_, state)| due(state));
    let mut over: Vec<StableId> = over.map(|(id, _)| *id).collect();
    over.sort_unstable();
    let restore = |state: StableId| DoorDeed::Restore { state };
    deeds.write_batch(over.into_iter().map(restore));
}

/// Does what is to be done with doors.
pub(super) fn settle(
    mut deeds: MessageReader<DoorDeed>,
    doors: Res<Doors>,
    states: Query<&ExitState>,
    found: Query<&Found>,
    ids: Query<(), With<StableId>>,
    index: Res<Index>,
    atlas: Res<Atlas>,
    clock: Res<Clock>,
    mut moved: MessageWriter<DoorMoved>,
    mut gone: MessageWriter<Destroy>,
    mut commands: Commands<'_, '_>,
) {
    let mut latches: BTreeMap<StableId, (Entity, ExitState)> = BTreeMap::new();
    let mut finders: BTreeMap<Entity, Found> = BTreeMap::new();
    for deed in deeds.read() {
        match deed {
            DoorDeed::Latch {
                room,
                way,
                latch,
                span,
            } => {
                let Some(door) = doors.get(*room, *way) else {
                    continue;
                };
                let known = latches.get(&door.state).copied();
                let known = known.or_else(|| {
                    let entity = index.get(door.state)?;
                    Some((entity, *states.get(entity).ok()?))
                });
                let was = known.map_or(door.latch, |(_, state)| state.latch);
                let until = span.or(door.relock).map(|span| clock.now.plus(span));
                let now = ExitState {
                    latch: *latch,
                    until: until.filter(|_| *latch != door.latch),
                };
                let entity = match known {
                    Some((entity, _)) => entity,
                    None => commands.spawn(door.state).id(),
                };
                commands.entity(entity).try_insert(now);
                latches.insert(door.state, (entity, now));
                let (state, now) = (door.state, *latch);
                if was != now {
                    moved.write(DoorMoved { state, was, now });
                }
            }
            DoorDeed::Find {
                who,
                room,
                way,
                span,
            } => {
                if !ids.contains(*who) {
                    continue;
                }
                let known = finders.get(who).or_else(|| found.get(*who).ok());
                let key = Found::key(&atlas, *room, *way);
                let until = span.map(|span| clock.now.plus(span));
                let now = known.cloned().unwrap_or_default();
                finders.insert(*who, now.with(key, until, clock.now));
            }
            DoorDeed::Restore { state } => {
                let known = index.get(*state);
                let known = known.and_then(|one| Some((one, states.get(one).ok()?)));
                if let Some((entity, was)) = known {
                    gone.write(Destroy(entity));
                    let door = doors.iter().find(|(_, door)| door.state == *state);
                    if let Some((_, door)) = door {
                        // Until it is gone with the tick.
                        let now = ExitState {
                            latch: door.latch,
                            until: None,
                        };
                        commands.entity(entity).try_insert(now);
                        let (state, was, now) = (*state, was.latch, door.latch);
                        moved.write(DoorMoved { state, was, now });
                    }
                }
            }
        }
    }
    for (who, found) in finders {
        commands.entity(who).try_insert(found);
    }
}

/// Keeps what is shown of doors.
pub(super) fn show(
    doors: Res<Doors>,
    states: Query<&ExitState>,
    changed: Query<(), Changed<ExitState>>,
    moved: MessageReader<DoorMoved>,
    index: Res<Index>,
    mut views: ResMut<DoorViews>,
) {
    if changed.is_empty() && moved.is_empty() && !doors.is_changed() {
        return;
    }
    let seen = doors.iter().filter_map(|(key, door)| {
        let state = index.get(door.state);
        let state = state.and_then(|entity| states.get(entity).ok());
        let latch = state.map_or(door.latch, |state| state.latch);
        let view = DoorView {
            door: door.name.clone()?,
            closed: latch != Latch::Open,
            locked: matches!(latch, Latch::Locked | Latch::Sealed),
        };
        Some((key, view))
    });
    views.set_if_neq(DoorViews::new(seen.collect()));
}

/// Tells those on both sides of a door how it is now.
pub(super) fn tell(
    mut moved: MessageReader<DoorMoved>,
    doors: Res<Doors>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for DoorMoved { state, was, now } in moved.read() {
        let does = match (was, now) {
            (Latch::Open, Latch::Closed) => "closes",
            (Latch::Open, _) => "closes, and is locked",
            (_, Latch::Open) => "opens",
            (Latch::Locked | Latch::Sealed, Latch::Closed) => "is unlocked",
            _ => "is locked",
        };
        for ((room, _), door) in doors.iter().filter(|(_, door)| door.state == *state) {
            if let Some(name) = &door.name {
                let text = format!("The {name} {does}.");
                let note = RoomMessage::line(&rooms.atlas.room(room).id, &text);
                outbox.tell(Audience::Many(rooms.audience(room)), note);
            }
        }
    }
}
