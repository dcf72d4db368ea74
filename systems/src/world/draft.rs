//! A world as it was written, and how it becomes an atlas.

use std::collections::HashMap;
use std::ops::Range;

use super::atlas::{Atlas, Direction, Environment, Exit, Room, RoomIx, SubZone, Zone};
use super::chart::chart;
use super::header::WorldHeader;
use engine::content::{Problem, Source};

/// A world as it was written, before its references are followed.
pub(super) struct Draft<'a> {
    pub(super) header: WorldHeader,
    pub(super) default_room: String,
    pub(super) default_at: DraftPlace<'a>,
    pub(super) respawn_room: Option<(String, DraftPlace<'a>)>,
    pub(super) limbo_room: Option<(String, DraftPlace<'a>)>,
    pub(super) environments: Vec<String>,
    pub(super) zones: Vec<DraftZone>,
    pub(super) rooms: Vec<DraftRoom<'a>>,
}

/// A byte range of a file.
#[derive(Clone)]
pub(super) struct DraftPlace<'a> {
    pub(super) source: &'a Source,
    pub(super) span: Range<usize>,
}

impl DraftPlace<'_> {
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        self.source.problem(&self.span, message)
    }
}

pub(super) struct DraftZone {
    pub(super) zone: Zone,
    pub(super) environment: Option<String>,
    pub(super) sub_zones: Vec<DraftSubZone>,
}

pub(super) struct DraftSubZone {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) environment: Option<String>,
}

pub(super) struct DraftRoom<'a> {
    pub(super) zone: usize,
    pub(super) sub_zone: usize,
    pub(super) id: String,
    pub(super) at: DraftPlace<'a>,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) night: Option<String>,
    pub(super) environment: Option<(String, DraftPlace<'a>)>,
    pub(super) exits: Vec<DraftExit<'a>>,
}

pub(super) struct DraftExit<'a> {
    pub(super) way: Direction,
    pub(super) to: String,
    pub(super) name: Option<String>,
    pub(super) one_way: bool,
    pub(super) at: DraftPlace<'a>,
}

impl<'a> Draft<'a> {
    /// The environment a room has in the end: its own, its sub-zone's, its zone's, or `outdoors`.
    pub(super) fn environment_of<'b>(&'b self, room: &'b DraftRoom<'_>) -> &'b str {
        let zone = &self.zones[room.zone];
        let own = room.environment.as_ref().map(|(key, _)| key);
        own.or(zone.sub_zones[room.sub_zone].environment.as_ref())
            .or(zone.environment.as_ref())
            .map_or("outdoors", |key| key)
    }

    /// Follows the references. Where one dangles, which a checked draft has none of, the default
    /// room stands in.
    pub(super) fn finish(self) -> Atlas {
        let ix = |index: usize| RoomIx(u32::try_from(index).unwrap_or(u32::MAX));
        let by_id: HashMap<String, RoomIx> = self
            .rooms
            .iter()
            .enumerate()
            .map(|(index, room)| (room.id.clone(), ix(index)))
            .collect();
        let default_room = by_id.get(&self.default_room).copied().unwrap_or(RoomIx(0));
        let room =
            |named: &Option<(String, DraftPlace<'a>)>| by_id.get(&named.as_ref()?.0).copied();
        let (respawn_room, limbo_room) = (room(&self.respawn_room), room(&self.limbo_room));
        let mut first_sub_zone = Vec::new();
        let mut sub_zones = Vec::new();
        for (zone, draft) in self.zones.iter().enumerate() {
            first_sub_zone.push(sub_zones.len());
            sub_zones.extend(draft.sub_zones.iter().map(|sub| SubZone {
                id: sub.id.clone(),
                name: sub.name.clone(),
                zone,
            }));
        }
        let environment = |room: &DraftRoom<'_>| {
            let key = self.environment_of(room);
            let index = self
                .environments
                .iter()
                .position(|known| known == key)
                .unwrap_or(0);
            Environment(u16::try_from(index).unwrap_or(u16::MAX))
        };
        let mut rooms: Vec<Room> = self
            .rooms
            .iter()
            .map(|draft| {
                let mut exits: Vec<Exit> = draft
                    .exits
                    .iter()
                    .map(|exit| Exit {
                        way: exit.way,
                        to: by_id.get(&exit.to).copied().unwrap_or(default_room),
                        name: exit.name.clone(),
                    })
                    .collect();
                exits.sort_by_key(|exit| exit.way);
                Room {
                    id: draft.id.clone(),
                    name: draft.name.clone(),
                    description: draft.description.clone(),
                    night: draft.night.clone(),
                    environment: environment(draft),
                    sub_zone: first_sub_zone[draft.zone] + draft.sub_zone,
                    exits,
                    at: (0, 0, 0),
                }
            })
            .collect();
        chart(&mut rooms, default_room);
        Atlas {
            rooms,
            sub_zones,
            zones: self.zones.into_iter().map(|draft| draft.zone).collect(),
            environments: self.environments,
            by_id,
            default_room,
            respawn_room: respawn_room.unwrap_or(default_room),
            limbo_room,
        }
    }
}
