//! What clients are told about the map.

use std::collections::BTreeMap;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Discovered, Explored};
use crate::cast::{CORRIDOR, FOYER};
use crate::world::{Atlas, Direction, RoomIx};

/// A room on the map: `room_explored`, and each one of an [`ExploredMap`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MapRoom {
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
    /// A room as the map shows it.
    #[must_use]
    pub fn of(atlas: &Atlas, ix: RoomIx) -> Self {
        let room = atlas.room(ix);
        let (east, north, up) = room.at;
        let exits = room.exits.iter();
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
}

impl Note for MapRoom {
    fn event_type(&self) -> &'static str {
        "room_explored"
    }
    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }
    fn room_id(&self) -> Option<&str> {
        Some(&self.id)
    }
}

impl Published for MapRoom {
    const TYPES: &'static [&'static str] = &["room_explored"];

    fn examples() -> Vec<Self> {
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

/// `explored_map`: every room this character has been in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExploredMap {
    rooms: Vec<MapRoom>,
}

impl Note for ExploredMap {
    fn event_type(&self) -> &'static str {
        "explored_map"
    }
    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }
}

impl Published for ExploredMap {
    const TYPES: &'static [&'static str] = &["explored_map"];

    fn examples() -> Vec<Self> {
        vec![Self {
            rooms: MapRoom::examples(),
        }]
    }
}

/// Gives those who came their map, and the others each room that they have found.
pub(super) fn tell(
    mut arrived: MessageReader<Arrived>,
    mut discovered: MessageReader<Discovered>,
    explorers: Query<(&Explored, &Online)>,
    atlas: Res<Atlas>,
    mut outbox: ResMut<Outbox>,
) {
    let mut came: Vec<Entity> = Vec::new();
    for Arrived { actor, how } in arrived.read() {
        if *how == Arrives::Returned || came.contains(actor) {
            continue;
        }
        let Ok((explored, online)) = explorers.get(*actor) else {
            continue;
        };
        let rooms = explored.rooms(&atlas);
        let rooms = rooms.map(|room| MapRoom::of(&atlas, room)).collect();
        outbox.tell_one(online.session, ExploredMap { rooms });
        came.push(*actor);
    }
    for Discovered { actor, room } in discovered.read() {
        // The map that was just given has the room.
        if came.contains(actor) {
            continue;
        }
        if let Ok((_, online)) = explorers.get(*actor) {
            outbox.tell_one(online.session, MapRoom::of(&atlas, *room));
        }
    }
}
