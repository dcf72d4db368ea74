//! From texts to a draft: everything said, with where it was said.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::atlas::{Atlas, Direction, Environment, Exit, Room, RoomIx, SubZone, Zone};
use super::chart::chart;
use super::sight::{DraftSight, SightEntry};
use super::source::{Problem, Source};
use super::special::SpecialRules;
use crate::body::Hazard;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorldFile {
    name: String,
    motd: String,
    default_room: Spanned<String>,
    respawn_room: Option<Spanned<String>>,
    limbo_room: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvironmentsFile {
    environments: BTreeMap<String, EnvironmentEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvironmentEntry {
    #[expect(dead_code, reason = "written for the people who edit the world")]
    summary: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneFile {
    id: Spanned<String>,
    plane: String,
    name: String,
    environment: Option<Spanned<String>>,
    #[expect(dead_code, reason = "written for the people who edit the world")]
    description: Option<String>,
    special_rules: Option<SpecialRules>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubZoneFile {
    id: Spanned<String>,
    name: String,
    environment: Option<Spanned<String>>,
    #[expect(dead_code, reason = "written for the people who edit the world")]
    description: Option<String>,
    special_rules: Option<SpecialRules>,
    #[serde(default)]
    rooms: Vec<Spanned<RoomEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoomEntry {
    id: Spanned<String>,
    name: Spanned<String>,
    description: Spanned<String>,
    night: Option<Spanned<String>>,
    environment: Option<Spanned<String>>,
    #[serde(default)]
    hazards: Vec<Spanned<Hazard>>,
    #[serde(default)]
    sights: Vec<SightEntry>,
    #[serde(default)]
    exits: BTreeMap<Spanned<Direction>, Spanned<ExitEntry>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ExitEntry {
    To(String),
    Named(NamedExit),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedExit {
    to: String,
    name: Option<String>,
    #[serde(default)]
    one_way: bool,
}

/// A world as it was written, before its references are followed.
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) motd: String,
    pub(super) default_room: String,
    pub(super) default_at: Place,
    pub(super) respawn_room: Option<(String, Place)>,
    pub(super) limbo_room: Option<(String, Place)>,
    pub(super) environments: Vec<String>,
    pub(super) zones: Vec<DraftZone>,
    pub(super) rooms: Vec<DraftRoom>,
}

/// A byte range of a file; all places of one file share it.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) source: Arc<Source>,
    pub(super) span: Range<usize>,
}

impl Place {
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        self.source.problem(&self.span, message)
    }
}

pub(super) struct DraftZone {
    zone: Zone,
    environment: Option<String>,
    sub_zones: Vec<DraftSubZone>,
}

struct DraftSubZone {
    id: String,
    name: String,
    environment: Option<String>,
    drain_rate: Option<f64>,
}

pub(super) struct DraftRoom {
    pub(super) zone: usize,
    pub(super) sub_zone: usize,
    pub(super) id: String,
    pub(super) at: Place,
    pub(super) name: (String, Place),
    pub(super) description: (String, Place),
    pub(super) night: Option<(String, Place)>,
    pub(super) environment: Option<(String, Place)>,
    pub(super) sights: Vec<DraftSight>,
    pub(super) exits: Vec<DraftExit>,
    pub(super) hazards: Vec<Hazard>,
}

pub(super) struct DraftExit {
    pub(super) way: Direction,
    pub(super) to: String,
    pub(super) name: Option<String>,
    pub(super) one_way: bool,
    pub(super) at: Place,
}

/// Reads every file; `None` when so much is missing that nothing more can be said.
pub(super) fn parse(sources: &[Source], problems: &mut Vec<Problem>) -> Option<Draft> {
    let world = find(sources, "world.toml", problems)
        .map(|source| (source, source.read::<WorldFile>(problems)));
    let environments = find(sources, "environments.toml", problems)
        .and_then(|source| source.read::<EnvironmentsFile>(problems))
        .map(|file| file.environments.into_keys().collect());
    let mut zones: Vec<(String, DraftZone)> = Vec::new();
    for source in sources.iter().filter(|source| is_zone_file(&source.path)) {
        if let Some((folder, zone)) = zone(source, problems) {
            if let Some((_, other)) = zones
                .iter()
                .find(|(_, other)| other.zone.id == zone.zone.id)
            {
                let message = format!("zone id `{}` is used twice", other.zone.id);
                problems.push(source.problem(&(0..0), message));
            }
            zones.push((folder, zone));
        }
    }
    let mut rooms = Vec::new();
    for source in sources
        .iter()
        .filter(|source| is_sub_zone_file(&source.path))
    {
        let folder = source
            .path
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        let Some(index) = zones.iter().position(|(known, _)| known == folder) else {
            problems.push(source.problem(&(0..0), format!("`{folder}` has no readable zone.toml")));
            continue;
        };
        sub_zone(source, index, &mut zones[index].1, &mut rooms, problems);
    }
    let (source, world) = world?;
    let (source, world) = (Arc::new(source.clone()), world?);
    let placed = |room: Spanned<String>| {
        let span = room.span();
        let source = Arc::clone(&source);
        (room.into_inner(), Place { source, span })
    };
    Some(Draft {
        name: world.name,
        motd: world.motd,
        default_at: Place {
            source: Arc::clone(&source),
            span: world.default_room.span(),
        },
        default_room: world.default_room.into_inner(),
        respawn_room: world.respawn_room.map(placed),
        limbo_room: world.limbo_room.map(placed),
        environments: environments?,
        zones: zones.into_iter().map(|(_, zone)| zone).collect(),
        rooms,
    })
}

fn find<'a>(sources: &'a [Source], path: &str, problems: &mut Vec<Problem>) -> Option<&'a Source> {
    let found = sources.iter().find(|source| source.path == path);
    if found.is_none() {
        problems.push(Problem {
            file: path.to_owned(),
            line: 1,
            message: "this file is missing".to_owned(),
        });
    }
    found
}

fn is_zone_file(path: &str) -> bool {
    path.starts_with("zones/") && path.ends_with("/zone.toml")
}

fn is_sub_zone_file(path: &str) -> bool {
    path.starts_with("zones/") && path.ends_with(".toml") && !is_zone_file(path)
}

fn zone(source: &Source, problems: &mut Vec<Problem>) -> Option<(String, DraftZone)> {
    let folder = source.path.strip_suffix("/zone.toml")?.to_owned();
    let file: ZoneFile = source.read(problems)?;
    if folder.rsplit('/').next() != Some(file.id.as_ref()) {
        problems.push(source.problem(
            &file.id.span(),
            format!("zone id `{}` is not its folder's name", file.id.as_ref()),
        ));
    }
    let drain_rate = file
        .special_rules
        .and_then(|rules| rules.drain_rate(source, problems));
    let zone = Zone {
        id: file.id.into_inner(),
        plane: file.plane,
        name: file.name,
        drain_rate,
    };
    Some((
        folder,
        DraftZone {
            zone,
            environment: file.environment.map(Spanned::into_inner),
            sub_zones: Vec::new(),
        },
    ))
}

fn sub_zone(
    source: &Source,
    zone: usize,
    into: &mut DraftZone,
    rooms: &mut Vec<DraftRoom>,
    problems: &mut Vec<Problem>,
) {
    let Some(file) = source.read::<SubZoneFile>(problems) else {
        return;
    };
    let stem = source
        .path
        .rsplit('/')
        .next()
        .and_then(|name| name.strip_suffix(".toml"));
    if stem != Some(file.id.as_ref()) {
        problems.push(source.problem(
            &file.id.span(),
            format!("sub-zone id `{}` is not its file's name", file.id.as_ref()),
        ));
    }
    let sub_zone = into.sub_zones.len();
    into.sub_zones.push(DraftSubZone {
        id: file.id.into_inner(),
        name: file.name,
        environment: file.environment.map(Spanned::into_inner),
        drain_rate: file
            .special_rules
            .and_then(|rules| rules.drain_rate(source, problems)),
    });
    let shared = Arc::new(source.clone());
    let place = |span| Place {
        source: Arc::clone(&shared),
        span,
    };
    let placed = |text: Spanned<String>| {
        let at = place(text.span());
        (text.into_inner(), at)
    };
    for room in file.rooms {
        let room = room.into_inner();
        let exits = room.exits.into_iter().map(|(way, exit)| {
            let at = place(exit.span());
            let (to, name, one_way) = match exit.into_inner() {
                ExitEntry::To(to) => (to, None, false),
                ExitEntry::Named(exit) => (exit.to, exit.name, exit.one_way),
            };
            DraftExit {
                way: way.into_inner(),
                to,
                name,
                one_way,
                at,
            }
        });
        let hazards = room.hazards.into_iter().map(|hazard| {
            if let Some(mistake) = hazard.as_ref().mistake() {
                problems.push(source.problem(&hazard.span(), mistake));
            }
            hazard.into_inner()
        });
        let hazards = hazards.collect();
        rooms.push(DraftRoom {
            zone,
            sub_zone,
            at: place(room.id.span()),
            id: room.id.into_inner(),
            name: placed(room.name),
            description: placed(room.description),
            night: room.night.map(placed),
            environment: room.environment.map(placed),
            sights: room
                .sights
                .into_iter()
                .map(|one| one.draft(&shared))
                .collect(),
            exits: exits.collect(),
            hazards,
        });
    }
}

impl Draft {
    /// The environment a room has in the end: its own, its sub-zone's, its zone's, or `outdoors`.
    pub(super) fn environment_of<'a>(&'a self, room: &'a DraftRoom) -> &'a str {
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
        let room = |named: &Option<(String, Place)>| by_id.get(&named.as_ref()?.0).copied();
        let (respawn_room, limbo_room) = (room(&self.respawn_room), room(&self.limbo_room));
        let mut first_sub_zone = Vec::new();
        let mut sub_zones = Vec::new();
        for (zone, draft) in self.zones.iter().enumerate() {
            first_sub_zone.push(sub_zones.len());
            sub_zones.extend(draft.sub_zones.iter().map(|sub| SubZone {
                id: sub.id.clone(),
                name: sub.name.clone(),
                zone,
                drain_rate: sub.drain_rate,
            }));
        }
        let environment = |room: &DraftRoom| {
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
                    name: draft.name.0.clone(),
                    description: draft.description.0.clone(),
                    night: draft.night.as_ref().map(|(text, _)| text.clone()),
                    environment: environment(draft),
                    sub_zone: first_sub_zone[draft.zone] + draft.sub_zone,
                    exits,
                    hazards: draft.hazards.clone(),
                    sights: draft.sights.iter().map(|one| one.sight.clone()).collect(),
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
