//! DoorMap that are opened, closed and locked, and what those on both sides are told.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::content::DoorMap;
use crate::body::RoomMessage;
use crate::place::{DoorView, DoorViews, FoundWays, Rooms};
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

/// What is known of doors while they are settled.
#[derive(SystemParam)]
pub(super) struct SettledDoors<'w, 's> {
    doors: Res<'w, DoorMap>,
    states: Query<'w, 's, &'static ExitState>,
    found: Query<'w, 's, (&'static StableId, Option<&'static FoundWays>)>,
    index: Res<'w, Index>,
    atlas: Res<'w, Atlas>,
    clock: Res<'w, Clock>,
    moved: MessageWriter<'w, DoorMoved>,
    gone: MessageWriter<'w, Destroy>,
    commands: Commands<'w, 's>,
}

/// What was changed in this run, which others see only after it.
#[derive(Default)]
struct ChangedDoors {
    latches: BTreeMap<StableId, (Entity, ExitState)>,
    finders: BTreeMap<Entity, FoundWays>,
}

/// Does what is to be done with doors.
pub(super) fn settle(mut deeds: MessageReader<DoorDeed>, mut world: SettledDoors<'_, '_>) {
    let mut changed = ChangedDoors::default();
    for deed in deeds.read() {
        match deed {
            DoorDeed::Latch {
                room,
                way,
                latch,
                span,
            } => world.latch((*room, *way), *latch, *span, &mut changed),
            DoorDeed::Find {
                who,
                room,
                way,
                span,
            } => world.find(*who, (*room, *way), *span, &mut changed),
            DoorDeed::Restore { state } => world.restore(*state),
        }
    }
    for (who, found) in changed.finders {
        world.commands.entity(who).try_insert(found);
    }
}

impl SettledDoors<'_, '_> {
    fn latch(
        &mut self,
        (room, way): (RoomIx, Direction),
        latch: Latch,
        span: Option<Duration>,
        changed: &mut ChangedDoors,
    ) {
        let Some(door) = self.doors.get(room, way) else {
            return;
        };
        let known = changed.latches.get(&door.state).copied();
        let known = known.or_else(|| {
            let entity = self.index.get(door.state)?;
            Some((entity, *self.states.get(entity).ok()?))
        });
        let was = known.map_or(door.latch, |(_, state)| state.latch);
        let until = span.or(door.relock);
        let until = until.map(|span| self.clock.now.plus(span));
        let now = ExitState {
            latch,
            until: until.filter(|_| latch != door.latch),
        };
        let state = door.state;
        let entity = match known {
            Some((entity, _)) => entity,
            None => self.commands.spawn(state).id(),
        };
        self.commands.entity(entity).try_insert(now);
        changed.latches.insert(state, (entity, now));
        if was != latch {
            let now = latch;
            self.moved.write(DoorMoved { state, was, now });
        }
    }

    fn find(
        &self,
        who: Entity,
        (room, way): (RoomIx, Direction),
        span: Option<Duration>,
        changed: &mut ChangedDoors,
    ) {
        let Ok((_, found)) = self.found.get(who) else {
            return;
        };
        let known = changed.finders.get(&who).or(found);
        let key = FoundWays::key(&self.atlas, room, way);
        let until = span.map(|span| self.clock.now.plus(span));
        let now = known.cloned().unwrap_or_default();
        let now = now.with(key, until, self.clock.now);
        changed.finders.insert(who, now);
    }

    fn restore(&mut self, state: StableId) {
        let Some(entity) = self.index.get(state) else {
            return;
        };
        let Ok(was) = self.states.get(entity) else {
            return;
        };
        self.gone.write(Destroy(entity));
        let door = self.doors.iter().find(|(_, door)| door.state == state);
        if let Some((_, door)) = door {
            let (was, now) = (was.latch, door.latch);
            // Until it is gone with the tick.
            let restored = ExitState {
                latch: now,
                until: None,
            };
            self.commands.entity(entity).try_insert(restored);
            self.moved.write(DoorMoved { state, was, now });
        }
    }
}

/// Keeps what is shown of doors.
pub(super) fn show(
    doors: Res<DoorMap>,
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
    doors: Res<DoorMap>,
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
