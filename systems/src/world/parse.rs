//! From texts to a draft: everything said, with where it was said.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::atlas::{Direction, Zone};
use super::branding::BrandingKeys;
use super::draft::{Draft, DraftExit, DraftRoom, DraftSubZone, DraftZone, Place};
use super::sight::SightEntry;
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
    tagline: Option<Spanned<String>>,
    accent: Option<Spanned<String>>,
    icon: Option<Spanned<String>>,
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
    let branding = BrandingKeys {
        tagline: world.tagline,
        accent: world.accent,
        icon: world.icon,
    };
    Some(Draft {
        name: world.name,
        branding: branding.read(&source, sources, problems),
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
            line: 0,
            column: 0,
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
