//! Every room and every way, in memory, dense: a look at a room is an index.

use std::collections::HashMap;
use std::fmt;

use bevy_ecs::resource::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A room's place in the atlas. Good for one run only; what is saved is the room's id.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct RoomIx(pub(super) u32);

impl RoomIx {
    /// Every place that an atlas may have, in order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..).map(Self)
    }

    /// The index into tables that have one entry per room.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// An environment's place in the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Environment(pub(super) u16);

/// The ten ways to go.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Towards the top of the map.
    North,
    /// Towards the right of the map.
    East,
    /// Towards the bottom of the map.
    South,
    /// Towards the left of the map.
    West,
    /// Between north and east.
    Northeast,
    /// Between north and west.
    Northwest,
    /// Between south and east.
    Southeast,
    /// Between south and west.
    Southwest,
    /// Above.
    Up,
    /// Below.
    Down,
}

impl Direction {
    /// All of them, in the order they are listed to people.
    pub const ALL: [Self; 10] = [
        Self::North,
        Self::East,
        Self::South,
        Self::West,
        Self::Northeast,
        Self::Northwest,
        Self::Southeast,
        Self::Southwest,
        Self::Up,
        Self::Down,
    ];

    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::North => "north",
            Self::East => "east",
            Self::South => "south",
            Self::West => "west",
            Self::Northeast => "northeast",
            Self::Northwest => "northwest",
            Self::Southeast => "southeast",
            Self::Southwest => "southwest",
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    /// The usual short form.
    #[must_use]
    pub const fn short(self) -> &'static str {
        match self {
            Self::North => "n",
            Self::East => "e",
            Self::South => "s",
            Self::West => "w",
            Self::Northeast => "ne",
            Self::Northwest => "nw",
            Self::Southeast => "se",
            Self::Southwest => "sw",
            Self::Up => "u",
            Self::Down => "d",
        }
    }

    /// The direction a word or short form means, in any case.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| {
            word.eq_ignore_ascii_case(way.word()) || word.eq_ignore_ascii_case(way.short())
        })
    }

    /// The way back.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::North => Self::South,
            Self::East => Self::West,
            Self::South => Self::North,
            Self::West => Self::East,
            Self::Northeast => Self::Southwest,
            Self::Northwest => Self::Southeast,
            Self::Southeast => Self::Northwest,
            Self::Southwest => Self::Northeast,
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }

    /// One step: east, north and up are positive.
    #[must_use]
    pub const fn step(self) -> (i32, i32, i32) {
        match self {
            Self::North => (0, 1, 0),
            Self::East => (1, 0, 0),
            Self::South => (0, -1, 0),
            Self::West => (-1, 0, 0),
            Self::Northeast => (1, 1, 0),
            Self::Northwest => (-1, 1, 0),
            Self::Southeast => (1, -1, 0),
            Self::Southwest => (-1, -1, 0),
            Self::Up => (0, 0, 1),
            Self::Down => (0, 0, -1),
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A way out of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Which way.
    pub way: Direction,
    /// Where it leads.
    pub to: RoomIx,
    /// What it looks like: "a green baize door".
    pub name: Option<String>,
}

/// A room.
#[derive(Clone, Debug)]
pub struct Room {
    /// Its id for ever; opaque.
    pub id: String,
    /// What stands above its description.
    pub name: String,
    /// What one sees.
    pub description: String,
    /// What one sees by night, where that differs.
    pub night: Option<String>,
    /// Its environment, inherited from sub-zone and zone where it has none of its own.
    pub environment: Environment,
    /// Its sub-zone.
    pub sub_zone: usize,
    /// The ways out, in the order of [`Direction::ALL`].
    pub exits: Vec<Exit>,
    /// Where it is on the map: east, north, up. Derived by a breadth-first walk.
    pub at: (i32, i32, i32),
}

impl Room {
    /// The way out in a direction.
    #[must_use]
    pub fn exit(&self, way: Direction) -> Option<&Exit> {
        self.exits.iter().find(|exit| exit.way == way)
    }
}

/// A part of a zone.
#[derive(Clone, Debug)]
pub struct SubZone {
    /// Its id, unique within its zone.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its zone.
    pub zone: usize,
}

/// A region.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Its id, unique.
    pub id: String,
    /// The plane it lies in.
    pub plane: String,
    /// What people call it.
    pub name: String,
}

/// The whole world's geography; by default nowhere.
#[derive(Resource, Clone, Debug, Default)]
pub struct Atlas {
    pub(super) rooms: Vec<Room>,
    pub(super) sub_zones: Vec<SubZone>,
    pub(super) zones: Vec<Zone>,
    pub(super) environments: Vec<String>,
    pub(super) by_id: HashMap<String, RoomIx>,
    pub(super) default_room: RoomIx,
    pub(super) respawn_room: RoomIx,
    pub(super) limbo_room: Option<RoomIx>,
}

impl Atlas {
    /// A room.
    #[must_use]
    pub fn room(&self, room: RoomIx) -> &Room {
        &self.rooms[room.index()]
    }

    /// The room of this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<RoomIx> {
        self.by_id.get(id).copied()
    }

    /// Where newcomers arrive and the lost wake.
    #[must_use]
    pub const fn default_room(&self) -> RoomIx {
        self.default_room
    }

    /// Where the dead wake when they come back.
    #[must_use]
    pub const fn respawn_room(&self) -> RoomIx {
        self.respawn_room
    }

    /// Where the dead are; in a world without such a place they stay where they fell.
    #[must_use]
    pub const fn limbo_room(&self) -> Option<RoomIx> {
        self.limbo_room
    }

    /// All rooms.
    pub fn rooms(&self) -> impl ExactSizeIterator<Item = (RoomIx, &Room)> {
        self.rooms
            .iter()
            .enumerate()
            .map(|(index, room)| (RoomIx(u32::try_from(index).unwrap_or(u32::MAX)), room))
    }

    /// A room's sub-zone.
    #[must_use]
    pub fn sub_zone(&self, room: RoomIx) -> &SubZone {
        &self.sub_zones[self.room(room).sub_zone]
    }

    /// A room's zone.
    #[must_use]
    pub fn zone(&self, room: RoomIx) -> &Zone {
        &self.zones[self.sub_zone(room).zone]
    }

    /// The key of an environment.
    #[must_use]
    pub fn environment(&self, environment: Environment) -> &str {
        &self.environments[environment.0 as usize]
    }

    /// The registered environments' keys.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        self.environments.iter().map(String::as_str)
    }

    /// The sub-zones' ids, with their zones'.
    pub fn sub_zones(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sub_zones
            .iter()
            .map(|sub| (self.zones[sub.zone].id.as_str(), sub.id.as_str()))
    }
}
