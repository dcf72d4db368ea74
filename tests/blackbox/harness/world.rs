//! Worlds of a few rooms, written down in a few lines.
//!
//! ```toml
//! start = "hall"
//! rules.default = -1.0                  # as in rules/lucidity.toml
//! [sub_zones.house]
//! environment = "indoors"
//! rooms.hall = { north = "attic" }      # ways out; the way back must be there, too
//! rooms.attic = { south = "hall", environment = "haunted" }
//! ```

use std::path::Path;

use engine::content::{Content, Source};
use serde::Deserialize;
use std::sync::Arc;
use toml::{Table, Value};

/// A small world: one zone, `town`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmallWorld {
    /// The default room; without one, `hall`.
    start: Option<String>,
    /// The message of the day.
    #[serde(default)]
    motd: String,
    /// As in world.toml.
    name: Option<String>,
    tagline: Option<String>,
    accent: Option<String>,
    /// The zone's drain rate.
    drain: Option<f64>,
    /// Where the dead are.
    limbo: Option<String>,
    /// Where they wake; without one, `start`.
    respawn: Option<String>,
    #[serde(default)]
    rules: Table,
    /// As in rules/body.toml.
    #[serde(default)]
    body: Table,
    /// As in rules/characters.toml.
    #[serde(default)]
    characters: Table,
    /// As in rules/commands.toml.
    #[serde(default)]
    commands: Table,
    /// As in rules/mutes.toml.
    #[serde(default)]
    mutes: Table,
    /// As in rules/staff.toml.
    #[serde(default)]
    staff: Table,
    /// As in rules/ambient.toml.
    #[serde(default)]
    ambient: Table,
    /// As in calendar.toml.
    #[serde(default)]
    calendar: Table,
    /// As in things/small.toml, besides those of every small world.
    #[serde(default)]
    things: Vec<Table>,
    sub_zones: std::collections::BTreeMap<String, SmallSubZone>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SmallSubZone {
    environment: Option<String>,
    drain: Option<f64>,
    /// The drain rate is taken besides what the rooms take.
    #[serde(default)]
    drain_adds: bool,
    /// Lines for all its rooms.
    ambient: Option<Value>,
    rooms: Table,
}

impl SmallWorld {
    /// Reads one.
    ///
    /// # Panics
    /// When it is not written as above.
    pub(crate) fn read(text: &str) -> Self {
        toml::from_str(text).unwrap_or_else(|fault| panic!("{fault}"))
    }

    /// Its files.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let start = self.start.clone().unwrap_or_else(|| "hall".to_owned());
        let mut sources = vec![
            file(
                "world.toml",
                [
                    Some((
                        "name",
                        self.name.as_deref().unwrap_or("A small world").into(),
                    )),
                    self.tagline.clone().map(|text| ("tagline", text.into())),
                    self.accent.clone().map(|color| ("accent", color.into())),
                    Some(("motd", self.motd.clone().into())),
                    Some(("default_room", start.into())),
                    self.limbo.clone().map(|room| ("limbo_room", room.into())),
                    self.respawn
                        .clone()
                        .map(|room| ("respawn_room", room.into())),
                ]
                .into_iter()
                .flatten(),
            ),
            Source {
                path: "rules/body.toml".to_owned(),
                text: self.body.to_string(),
            },
            Source {
                path: "rules/ambient.toml".to_owned(),
                text: self.ambient.to_string(),
            },
            Source {
                path: "rules/characters.toml".to_owned(),
                text: self.characters.to_string(),
            },
            Source {
                path: "rules/commands.toml".to_owned(),
                text: self.commands.to_string(),
            },
            Source {
                path: "rules/mutes.toml".to_owned(),
                text: self.mutes.to_string(),
            },
            Source {
                path: "rules/staff.toml".to_owned(),
                text: self.staff.to_string(),
            },
            Source {
                path: "rules/professions.toml".to_owned(),
                text: include_str!("../../../world/rules/professions.toml").to_owned(),
            },
            Source {
                path: "calendar.toml".to_owned(),
                text: self.calendar.to_string(),
            },
            Source {
                path: "environments.toml".to_owned(),
                text: include_str!("../../../world/environments.toml").to_owned(),
            },
            Source {
                path: "rules/lucidity.toml".to_owned(),
                text: self.rules.to_string(),
            },
            Source {
                path: "things/small.toml".to_owned(),
                text: include_str!("small_things.toml").to_owned(),
            },
        ];
        if !self.things.is_empty() {
            let things = self.things.iter().cloned().map(Value::Table);
            let things = Value::Array(things.collect());
            sources.push(file("things/more.toml", [("things", things)]));
        }
        let mut zone = vec![
            ("id", Value::from("town")),
            ("plane", "earth".into()),
            ("name", "Town".into()),
        ];
        zone.extend(special_rules(self.drain, false));
        sources.push(file("zones/town/zone.toml", zone));
        for (id, sub_zone) in &self.sub_zones {
            let rooms = sub_zone.rooms.iter().map(|(id, room)| room_of(id, room));
            let mut fields = vec![
                ("id", id.as_str().into()),
                ("name", titled(id).into()),
                ("rooms", Value::Array(rooms.collect())),
            ];
            fields.extend(special_rules(sub_zone.drain, sub_zone.drain_adds));
            fields.extend(sub_zone.ambient.clone().map(|lines| ("ambient", lines)));
            if let Some(environment) = &sub_zone.environment {
                fields.push(("environment", environment.as_str().into()));
            }
            sources.push(file(&format!("zones/town/{id}.toml"), fields));
        }
        sources
    }

    /// Writes its files into a folder that is empty or not there yet.
    pub(crate) fn write(&self, folder: &Path) {
        for Source { path, text } in self.sources() {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
}

fn file<'a>(path: &str, fields: impl IntoIterator<Item = (&'a str, Value)>) -> Source {
    Source {
        path: path.to_owned(),
        text: table(fields).to_string(),
    }
}

fn table<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Table {
    let owned = |(key, value): (&str, Value)| (key.to_owned(), value);
    fields.into_iter().map(owned).collect()
}

fn special_rules(drain: Option<f64>, adds: bool) -> Option<(&'static str, Value)> {
    let rate = ("lucidity_drain_rate", drain?.into());
    let rules = match adds {
        true => table([rate, ("lucidity_drain_adds", true.into())]),
        false => table([rate]),
    };
    Some(("special_rules", rules.into()))
}

fn room_of(id: &str, room: &Value) -> Value {
    let mut exits = room.as_table().unwrap().clone();
    let rest = [
        "environment",
        "night",
        "hazards",
        "sights",
        "details",
        "ambient",
        "reactions",
        "things",
        "containers",
    ];
    let rest = rest.map(|key| (key.to_owned(), exits.remove(key)));
    let description = exits
        .remove("description")
        .unwrap_or_else(|| format!("A room called {id}, made for a scene.").into());
    let mut fields = table([
        ("id", id.into()),
        ("name", titled(id).into()),
        ("description", description),
        ("exits", exits.into()),
    ]);
    fields.extend(
        rest.into_iter()
            .filter_map(|(key, value)| Some((key, value?))),
    );
    fields.into()
}

/// `back_lane` → `Back lane`
fn titled(id: &str) -> String {
    let (first, rest) = id.split_at(1);
    format!("{}{}", first.to_uppercase(), rest.replace('_', " "))
}

/// The shipped world.
pub(crate) fn shipped() -> Arc<Content> {
    systems::load(&shipped_sources()).unwrap()
}

/// The same, and nobody lives there.
pub(crate) fn shipped_without_creatures() -> Arc<Content> {
    let mut sources = shipped_sources();
    for source in &mut sources {
        if source.path.starts_with("zones/") {
            let mut table: Table = toml::from_str(&source.text).unwrap();
            table.remove("spawns");
            source.text = toml::to_string(&table).unwrap();
        }
    }
    systems::load(&sources).unwrap()
}

/// Its files, in the order of their paths.
pub(crate) fn shipped_sources() -> Vec<Source> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("world");
    let mut sources = Vec::new();
    read_below(&folder, "", &mut sources);
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn read_below(folder: &Path, prefix: &str, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read_below(&entry.path(), &format!("{path}/"), sources);
        } else {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            sources.push(Source { path, text });
        }
    }
}
