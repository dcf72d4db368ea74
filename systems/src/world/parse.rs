//! From texts to a draft: everything said, with where it was said.

use std::ops::Range;

use engine::content::{LeftSection, Problem, Reading, Source, ValuePlace, check_bounds, schema_of};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::atlas::Zone;
use super::draft::{Draft, DraftExit, DraftPlace, DraftRoom, DraftSubZone, DraftZone};
use super::header::WorldKeys;
use super::keys::{EnvironmentsKeys, ExitKeys, NamedExitKeys, RoomKeys, SubZoneKeys, ZoneKeys};

type Table<'a> = Spanned<DeTable<'a>>;

/// Reads every file; `None` when so much is missing that nothing more can be said.
pub(super) fn parse<'a>(reading: &mut Reading<'a>) -> Option<Draft<'a>> {
    let world = file::<WorldKeys>(reading, "world.toml");
    let environments = file::<EnvironmentsKeys>(reading, "environments.toml");
    let mut parser = Parser {
        room: schema_of::<RoomKeys>(),
        zones: Vec::new(),
        rooms: Vec::new(),
    };
    let zone_files = || reading.sources().iter();
    for source in zone_files().filter(|source| is_zone_file(&source.path)) {
        parser.zone(source, reading);
    }
    for source in reading.sources() {
        if is_sub_zone_file(&source.path) {
            parser.sub_zone(source, reading);
        }
    }
    let (source, table, world) = world?;
    let value = whole(table.clone());
    let header = world.header(reading, &reading.at(source, ValuePlace::of(&value)));
    let place = |key: &str| DraftPlace {
        source,
        span: span_of(table.as_ref(), key),
    };
    let placed = |key: &str, room: Option<String>| Some((room?, place(key)));
    Some(Draft {
        header,
        default_at: place("default_room"),
        default_room: world.default_room,
        respawn_room: placed("respawn_room", world.respawn_room),
        limbo_room: placed("limbo_room", world.limbo_room),
        environments: environments?.2.environments.into_keys().collect(),
        zones: parser.zones.into_iter().map(|(_, zone)| zone).collect(),
        rooms: parser.rooms,
    })
}

/// Reads a file that every world has.
fn file<'a, T: DeserializeOwned + JsonSchema>(
    reading: &mut Reading<'a>,
    path: &str,
) -> Option<(&'a Source, Table<'a>, T)> {
    let Some(source) = reading.source(path) else {
        reading.problem(Problem {
            file: path.to_owned(),
            line: 0,
            column: 0,
            message: "this file is missing".to_owned(),
        });
        return None;
    };
    let table = table(source, reading)?;
    let keys = keys(source, table.clone(), reading)?;
    Some((source, table, keys))
}

fn table<'a>(source: &'a Source, reading: &mut Reading<'a>) -> Option<Table<'a>> {
    let mut problems = Vec::new();
    let table = source.table(&mut problems);
    for problem in problems {
        reading.problem(problem);
    }
    table
}

/// Reads a table as keys, and checks their bounds.
fn keys<'a, T: DeserializeOwned + JsonSchema>(
    source: &'a Source,
    table: Table<'a>,
    reading: &mut Reading<'a>,
) -> Option<T> {
    keys_by(&schema_of::<T>(), source, table, reading)
}

fn keys_by<'a, T: DeserializeOwned>(
    schema: &serde_json::Value,
    source: &'a Source,
    table: Table<'a>,
    reading: &mut Reading<'a>,
) -> Option<T> {
    let span = table.span();
    let value = whole(table);
    match T::deserialize(ValueDeserializer::from(value.clone())) {
        Ok(keys) => {
            check_bounds(schema, schema, &reading.at(source, ValuePlace::of(&value)));
            Some(keys)
        }
        Err(mistake) => {
            let span = mistake.span().unwrap_or(span);
            reading.problem(source.problem(&span, mistake.message()));
            None
        }
    }
}

fn whole(table: Table<'_>) -> Spanned<DeValue<'_>> {
    let span = table.span();
    Spanned::new(span, DeValue::Table(table.into_inner()))
}

/// Where the value of a key stands.
fn span_of(table: &DeTable<'_>, key: &str) -> Range<usize> {
    table.get(key).map_or(0..0, Spanned::span)
}

fn is_zone_file(path: &str) -> bool {
    path.starts_with("zones/") && path.ends_with("/zone.toml")
}

fn is_sub_zone_file(path: &str) -> bool {
    path.starts_with("zones/") && path.ends_with(".toml") && !is_zone_file(path)
}

/// Leaves every key of `table` that is not geography to whoever reads it.
fn leave<'a>(
    (kind, subject): (&'static str, &str),
    known: &[&str],
    source: &'a Source,
    table: &mut DeTable<'a>,
    reading: &mut Reading<'a>,
) {
    let strange = table
        .keys()
        .filter(|key| !known.contains(&key.as_ref().as_ref()));
    let strange: Vec<_> = strange.cloned().collect();
    for key in strange {
        let Some(value) = table.remove(key.as_ref().as_ref()) else {
            continue;
        };
        reading.leave(LeftSection {
            kind,
            subject: subject.to_owned(),
            key: key.as_ref().to_string(),
            key_span: key.span(),
            source,
            value,
        });
    }
}

/// Leaves every key of a room's exits that is not geography: of the subject `ROOM WAY`.
fn leave_of_exits<'a>(
    room: &str,
    source: &'a Source,
    table: &mut DeTable<'a>,
    reading: &mut Reading<'a>,
) {
    let exits = table.get_mut("exits").map(Spanned::as_mut);
    let Some(DeValue::Table(exits)) = exits else {
        return;
    };
    for (way, exit) in exits.iter_mut() {
        let subject = format!("{room} {}", way.as_ref());
        if let DeValue::Table(exit) = exit.as_mut() {
            leave(
                ("exit", &subject),
                &NamedExitKeys::ALL,
                source,
                exit,
                reading,
            );
        }
    }
}

struct Parser<'a> {
    /// The schema of a room: making it for each of 100,000 would take a minute.
    room: serde_json::Value,
    /// By folder.
    zones: Vec<(String, DraftZone)>,
    rooms: Vec<DraftRoom<'a>>,
}

impl<'a> Parser<'a> {
    fn zone(&mut self, source: &'a Source, reading: &mut Reading<'a>) -> Option<()> {
        let folder = source.path.strip_suffix("/zone.toml")?.to_owned();
        let mut table = table(source, reading)?;
        let id = word(table.as_ref(), "id");
        leave(
            ("zone", &id),
            &ZoneKeys::ALL,
            source,
            table.as_mut(),
            reading,
        );
        let id_span = span_of(table.as_ref(), "id");
        let keys: ZoneKeys = keys(source, table, reading)?;
        if folder.rsplit('/').next() != Some(&keys.id) {
            let message = format!("zone id `{}` is not its folder's name", keys.id);
            reading.problem(source.problem(&id_span, message));
        }
        if self.zones.iter().any(|(_, other)| other.zone.id == keys.id) {
            let message = format!("zone id `{}` is used twice", keys.id);
            reading.problem(source.problem(&(0..0), message));
        }
        let zone = Zone {
            id: keys.id,
            plane: keys.plane,
            name: keys.name,
        };
        let draft = DraftZone {
            zone,
            environment: keys.environment,
            sub_zones: Vec::new(),
        };
        self.zones.push((folder, draft));
        Some(())
    }

    fn sub_zone(&mut self, source: &'a Source, reading: &mut Reading<'a>) -> Option<()> {
        let (folder, name) = source.path.rsplit_once('/')?;
        let Some(zone) = self.zones.iter().position(|(known, _)| known == folder) else {
            let message = format!("`{folder}` has no readable zone.toml");
            reading.problem(source.problem(&(0..0), message));
            return None;
        };
        let mut table = table(source, reading)?;
        let subject = format!(
            "{}/{}",
            self.zones[zone].1.zone.id,
            word(table.as_ref(), "id")
        );
        leave(
            ("sub-zone", &subject),
            &SubZoneKeys::ALL,
            source,
            table.as_mut(),
            reading,
        );
        let rooms = table.as_mut().remove("rooms");
        let id_span = span_of(table.as_ref(), "id");
        let keys: SubZoneKeys = keys(source, table, reading)?;
        if name.strip_suffix(".toml") != Some(&keys.id) {
            let message = format!("sub-zone id `{}` is not its file's name", keys.id);
            reading.problem(source.problem(&id_span, message));
        }
        let sub_zones = &mut self.zones[zone].1.sub_zones;
        let sub_zone = sub_zones.len();
        sub_zones.push(DraftSubZone {
            id: keys.id,
            name: keys.name,
            environment: keys.environment,
        });
        let rooms = rooms?;
        let span = rooms.span();
        let DeValue::Array(rooms) = rooms.into_inner() else {
            let message = "`rooms` is no list: write a `[[rooms]]` for each";
            reading.problem(source.problem(&span, message));
            return None;
        };
        for room in rooms {
            let span = room.span();
            match room.into_inner() {
                DeValue::Table(room) => {
                    let table = Spanned::new(span, room);
                    self.room(source, (zone, sub_zone), table, reading);
                }
                _ => reading.problem(source.problem(&span, "a room is a table")),
            }
        }
        Some(())
    }

    fn room(
        &mut self,
        source: &'a Source,
        (zone, sub_zone): (usize, usize),
        mut table: Table<'a>,
        reading: &mut Reading<'a>,
    ) -> Option<()> {
        let id = word(table.as_ref(), "id");
        leave(
            ("room", &id),
            &RoomKeys::ALL,
            source,
            table.as_mut(),
            reading,
        );
        leave_of_exits(&id, source, table.as_mut(), reading);
        let keys: RoomKeys = keys_by(&self.room, source, table.clone(), reading)?;
        let table = table.as_ref();
        let place = |key: &str| DraftPlace {
            source,
            span: span_of(table, key),
        };
        let placed = |key: &str, text: String| (text, place(key));
        let written = table
            .get("exits")
            .and_then(|exits| exits.as_ref().as_table());
        let exits = keys.exits.into_iter().map(|(way, exit)| {
            let span = written.map(|exits| span_of(exits, way.word()));
            let (to, name, one_way) = match exit {
                ExitKeys::To(to) => (to, None, false),
                ExitKeys::Named(exit) => (exit.to, exit.name, exit.one_way),
            };
            DraftExit {
                way,
                to,
                name,
                one_way,
                at: DraftPlace {
                    source,
                    span: span.unwrap_or_default(),
                },
            }
        });
        self.rooms.push(DraftRoom {
            zone,
            sub_zone,
            at: place("id"),
            exits: exits.collect(),
            id: keys.id,
            name: keys.name,
            description: keys.description,
            night: keys.night,
            environment: keys.environment.map(|key| placed("environment", key)),
        });
        Some(())
    }
}

/// What is written under a key, where it is a word.
fn word(table: &DeTable<'_>, key: &str) -> String {
    let word = table.get(key).and_then(|word| word.as_ref().as_str());
    word.unwrap_or_default().to_owned()
}
