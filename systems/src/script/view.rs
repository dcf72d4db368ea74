//! The world as scripts see it: copied for a tick in which some script is called, never written.
//! Scratch.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::prelude::*;
use rhai::{Array, Dynamic, Engine, INT, ImmutableString};

use super::frame::{self, CallFrame};
use super::gauge::{Checked, charge_each};
use super::library::wrong;
use super::state::ScriptState;
use crate::world::{Atlas, RoomIx};

/// Somebody, as scripts hold them: for the length of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PersonHandle(pub(super) usize);

/// What scripts see of somebody who is played.
#[derive(Clone, Debug)]
pub(super) struct PersonView {
    pub(super) entity: Entity,
    pub(super) id: StableId,
    pub(super) name: ImmutableString,
    pub(super) room: RoomIx,
    pub(super) dp: INT,
    pub(super) max_dp: INT,
    pub(super) lucidity: INT,
    pub(super) posture: &'static str,
    pub(super) profession: ImmutableString,
    pub(super) is_admin: bool,
    /// Hears of faults: whoever may change the world.
    pub(super) hears_faults: bool,
    pub(super) state: ScriptState,
}

/// What scripts see of rooms. Derived from content.
#[derive(Debug, Default)]
pub(super) struct RoomTable {
    rooms: Vec<RoomInView>,
    by_id: BTreeMap<String, RoomIx>,
}

#[derive(Debug)]
struct RoomInView {
    id: ImmutableString,
    name: ImmutableString,
    zone: ImmutableString,
    sub_zone: ImmutableString,
    exits: BTreeMap<&'static str, RoomIx>,
}

impl RoomTable {
    pub(super) fn of(atlas: &Atlas) -> Self {
        let seen = |(ix, room): (RoomIx, &crate::world::Room)| RoomInView {
            id: room.id.as_str().into(),
            name: room.name.as_str().into(),
            zone: atlas.zone(ix).id.as_str().into(),
            sub_zone: atlas.sub_zone(ix).id.as_str().into(),
            exits: room
                .exits
                .iter()
                .map(|exit| (exit.way.word(), exit.to))
                .collect(),
        };
        let by_id = atlas.rooms().map(|(ix, room)| (room.id.clone(), ix));
        Self {
            by_id: by_id.collect(),
            rooms: atlas.rooms().map(seen).collect(),
        }
    }

    /// The id of a room.
    pub(super) fn id(&self, room: RoomIx) -> ImmutableString {
        self.rooms
            .get(room.index())
            .map_or_else(ImmutableString::new, |room| room.id.clone())
    }

    /// The room of an id.
    pub(super) fn find(&self, id: &str) -> Checked<RoomIx> {
        match self.by_id.get(id) {
            Some(room) => Ok(*room),
            None => wrong(format!("there is no room `{id:.100}`")),
        }
    }
}

/// The world as scripts see it.
#[derive(Debug, Default)]
pub(super) struct WorldView {
    pub(super) rooms: Arc<RoomTable>,
    /// In the order of their ids.
    pub(super) people: Vec<PersonView>,
    /// Who is in each room that somebody is in.
    pub(super) here: BTreeMap<RoomIx, Vec<usize>>,
    /// The hour of the Mythos day.
    /// Which revision of the content this is.
    pub(super) revision: INT,
    pub(super) hour: u8,
    pub(super) night: bool,
    pub(super) daypart: &'static str,
    pub(super) season: &'static str,
    /// Seconds of world time.
    pub(super) now: INT,
}

impl WorldView {
    /// Puts the people in order and into their rooms.
    pub(super) fn with(mut self, mut people: Vec<PersonView>) -> Self {
        people.sort_unstable_by_key(|one| one.id);
        for (at, one) in people.iter().enumerate() {
            self.here.entry(one.room).or_default().push(at);
        }
        self.people = people;
        self
    }

    /// Somebody, if they are in the world.
    pub(super) fn person(&self, who: Entity) -> Option<PersonHandle> {
        self.people
            .iter()
            .position(|one| one.entity == who)
            .map(PersonHandle)
    }
}

/// What a function reads of the world.
fn seen<T>(look: impl FnOnce(&WorldView) -> Checked<T>) -> Checked<T> {
    frame::with(|frame: &mut CallFrame| look(&frame.view))
}

fn of<T>(who: PersonHandle, look: impl FnOnce(&PersonView) -> T) -> Checked<T> {
    seen(|view| match view.people.get(who.0) {
        Some(one) => Ok(look(one)),
        None => wrong("nobody"),
    })
}

/// Registers what scripts may read.
pub(super) fn register(engine: &mut Engine) {
    people(engine);
    engine
        .register_fn("people", |room: &str| everybody_in(room))
        .register_fn("people", || -> Checked<Array> {
            seen(|view| listed(0..view.people.len()))
        })
        .register_fn("find", |name: &str| -> Checked<Dynamic> {
            seen(|view| {
                charge_each(1 + view.people.len() / 16)?;
                let mut all = view.people.iter();
                let found = all.position(|one| one.name.eq_ignore_ascii_case(name));
                Ok(found.map_or(Dynamic::UNIT, |at| Dynamic::from(PersonHandle(at))))
            })
        })
        .register_fn("room_name", |room: &str| {
            in_room(room, |one| one.name.clone())
        })
        .register_fn("zone", |room: &str| in_room(room, |one| one.zone.clone()))
        .register_fn("sub_zone", |room: &str| {
            in_room(room, |one| one.sub_zone.clone())
        })
        .register_fn("exits", |room: &str| -> Checked<rhai::Map> {
            charge_each(10)?;
            seen(|view| {
                let ix = view.rooms.find(room)?;
                let exits = view
                    .rooms
                    .rooms
                    .get(ix.index())
                    .map(|room| room.exits.iter());
                let exits = exits.into_iter().flatten();
                let each = exits.map(|(way, to)| ((*way).into(), view.rooms.id(*to).into()));
                Ok(each.collect())
            })
        })
        .register_fn("hour", || seen(|view| Ok(INT::from(view.hour))))
        .register_fn("is_night", || seen(|view| Ok(view.night)))
        .register_fn("daypart", || seen(|view| Ok(view.daypart)))
        .register_fn("season", || seen(|view| Ok(view.season)))
        .register_fn("now", || seen(|view| Ok(view.now)));
}

fn people(engine: &mut Engine) {
    engine
        .register_type_with_name::<PersonHandle>("Person")
        .register_fn("==", |one: PersonHandle, other: PersonHandle| one == other)
        .register_fn("!=", |one: PersonHandle, other: PersonHandle| one != other)
        .register_fn("to_string", |who: PersonHandle| {
            of(who, |one| one.name.clone())
        })
        .register_get("name", |who: &mut PersonHandle| {
            of(*who, |one| one.name.clone())
        })
        .register_get("id", |who: &mut PersonHandle| {
            of(*who, |one| one.id.to_string())
        })
        .register_get("dp", |who: &mut PersonHandle| of(*who, |one| one.dp))
        .register_get("max_dp", |who: &mut PersonHandle| {
            of(*who, |one| one.max_dp)
        })
        .register_get("lucidity", |who: &mut PersonHandle| {
            of(*who, |one| one.lucidity)
        })
        .register_get("posture", |who: &mut PersonHandle| {
            of(*who, |one| one.posture)
        })
        .register_get("is_admin", |who: &mut PersonHandle| {
            of(*who, |one| one.is_admin)
        })
        .register_get("profession", |who: &mut PersonHandle| {
            of(*who, |one| one.profession.clone())
        })
        .register_get(
            "room",
            |who: &mut PersonHandle| -> Checked<ImmutableString> {
                let room = of(*who, |one| one.room)?;
                seen(|view| Ok(view.rooms.id(room)))
            },
        );
}

fn everybody_in(room: &str) -> Checked<Array> {
    seen(|view| {
        let room = view.rooms.find(room)?;
        let here = view.here.get(&room).map(|here| here.iter().copied());
        listed(here.into_iter().flatten())
    })
}

/// The first of these, as many as a list holds.
fn listed(people: impl Iterator<Item = usize>) -> Checked<Array> {
    let people = people.take(super::library::VALUES_MAX);
    let list: Array = people.map(|at| Dynamic::from(PersonHandle(at))).collect();
    charge_each(list.len())?;
    Ok(list)
}

fn in_room(
    room: &str,
    look: impl FnOnce(&RoomInView) -> ImmutableString,
) -> Checked<ImmutableString> {
    seen(|view| {
        let ix = view.rooms.find(room)?;
        Ok(view
            .rooms
            .rooms
            .get(ix.index())
            .map_or_else(ImmutableString::new, look))
    })
}
