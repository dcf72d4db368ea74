//! What clients are told about the map.

use std::collections::BTreeMap;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cast::{CORRIDOR, FOYER};
use crate::place::HiddenWays;
use crate::world::{Atlas, Direction, RoomIx};

/// A room on the map: `room_explored`, and each one of an [`ExploredMap`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Note)]
#[note("room_explored", examples = Self::shown)]
pub struct MapRoom {
    #[note(room)]
    id: String,
    name: String,
    zone: String,
    sub_zone: String,
    /// What people call its sub-zone.
    sub_zone_name: String,
    environment: String,
    /// Rooms to the east.
    x: i32,
    /// Rooms to the south: a screen's rows grow downwards, though the atlas counts northwards.
    y: i32,
    /// Rooms up.
    z: i32,
    exits: BTreeMap<Direction, String>,
}

impl MapRoom {
    /// A room as the map shows it: without the ways that have to be found.
    #[must_use]
    pub fn of(atlas: &Atlas, hidden: &HiddenWays, ix: RoomIx) -> Self {
        let room = atlas.room(ix);
        let (east, north, up) = room.at;
        let exits = room.exits.iter();
        let exits = exits.filter(|exit| !hidden.has(ix, exit.way));
        Self {
            id: room.id.clone(),
            name: room.name.clone(),
            zone: atlas.zone(ix).id.clone(),
            sub_zone: atlas.sub_zone(ix).id.clone(),
            sub_zone_name: atlas.sub_zone(ix).name.clone(),
            environment: atlas.environment(room.environment).to_owned(),
            x: east,
            y: -north,
            z: up,
            exits: exits
                .map(|exit| (exit.way, atlas.room(exit.to).id.clone()))
                .collect(),
        }
    }

    /// At least what it takes as JSON.
    pub(super) fn bytes(&self) -> usize {
        // The names of the fields, their signs, three numbers, and a comma behind.
        let bare = 119 + 3 * 11;
        let texts = [
            &self.id,
            &self.name,
            &self.zone,
            &self.sub_zone,
            &self.sub_zone_name,
            &self.environment,
        ];
        let texts: usize = texts.into_iter().map(|text| escaped(text)).sum();
        // `"northeast":"",`
        let exits: usize = self.exits.values().map(|to| 15 + escaped(to)).sum();
        bare + texts + exits
    }
}

/// What a text takes in JSON, at most.
fn escaped(text: &str) -> usize {
    let long = text.bytes().filter(|byte| *byte < b' ').count();
    let marked = text.bytes().filter(|b| matches!(b, b'"' | b'\\')).count();
    text.len() + marked + 5 * long
}

impl MapRoom {
    /// Notes as they might be sent.
    pub(super) fn shown() -> Vec<Self> {
        vec![Self {
            id: CORRIDOR.to_owned(),
            name: "Behind the Baize Door".to_owned(),
            zone: "arkhamcity".to_owned(),
            sub_zone: "sanitarium".to_owned(),
            sub_zone_name: "Arkham Sanitarium".to_owned(),
            environment: "indoors".to_owned(),
            x: 0,
            y: -1,
            z: 0,
            exits: [(Direction::South, FOYER.to_owned())].into(),
        }]
    }
}

/// `explored_map`: a page of the rooms this character has been in, the nearest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Note)]
#[note("explored_map", examples = Self::shown)]
pub struct ExploredMap {
    pub(super) rooms: Vec<MapRoom>,
    /// Which page, from 1. The first replaces what was known, each later one adds to it.
    pub(super) page: u32,
    /// Whether another page follows.
    pub(super) more: bool,
}

impl ExploredMap {
    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        vec![Self {
            rooms: MapRoom::examples(),
            page: 1,
            more: false,
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::{Direction, ExploredMap, MapRoom, Published as _};

    #[test]
    fn map_room_json_stays_within_declared_size() {
        let mut room = MapRoom::examples().remove(0);
        for name in ["plain", "\"quoted\" \\ and\nbroken", "\u{1f600} \u{1}"] {
            room.name = name.to_owned();
            (room.x, room.y) = (i32::MIN, i32::MIN);
            room.exits.insert(Direction::Northeast, name.to_owned());
            let json = serde_json::to_string(&room).unwrap();
            assert!(json.len() < room.bytes(), "{} for {json}", room.bytes());
            assert!(room.bytes() < json.len() + 40 * (1 + room.exits.len()));
        }
        assert_eq!(ExploredMap::examples()[0].page, 1);
    }
}
