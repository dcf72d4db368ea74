//! The keys of the files that say where what is, as designers write them.
//!
//! Each field's doc comment is its sentence in the reference of `docs/world.md`.

use std::collections::BTreeMap;

use engine::content::{KeyTable, schema_of};
use schemars::JsonSchema;
use serde::Deserialize;

use super::atlas::Direction;
use super::header::WorldKeys;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnvironmentsKeys {
    pub(super) environments: BTreeMap<String, EnvironmentKeys>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnvironmentKeys {
    /// what it is like, for those who edit the world; nobody is shown it
    #[schemars(length(max = 1000))]
    #[expect(dead_code, reason = "written for the people who edit the world")]
    summary: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ZoneKeys {
    /// the zone's id
    #[schemars(extend("x-bounds" = "the folder's name"))]
    pub(super) id: String,
    /// the plane it lies in
    #[schemars(length(min = 1, max = 100))]
    pub(super) plane: String,
    /// its name for people
    #[schemars(length(min = 1, max = 200))]
    pub(super) name: String,
    /// the environment of its rooms, unless they or their sub-zone name their own
    #[schemars(extend("x-bounds" = "one of `environments.toml`", "x-usual" = "`outdoors`"))]
    pub(super) environment: Option<String>,
    /// for those who edit the world; nobody is shown it
    #[schemars(length(max = 10000))]
    #[expect(dead_code, reason = "written for the people who edit the world")]
    description: Option<String>,
}

impl ZoneKeys {
    pub(super) const ALL: [&str; 5] = ["description", "environment", "id", "name", "plane"];
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SubZoneKeys {
    /// the sub-zone's id; rules name it
    #[schemars(extend("x-bounds" = "the file's name without `.toml`"))]
    pub(super) id: String,
    /// its name for people
    #[schemars(length(min = 1, max = 200))]
    pub(super) name: String,
    /// the environment of its rooms, unless they name their own
    #[schemars(extend("x-bounds" = "one of `environments.toml`", "x-usual" = "the zone's"))]
    pub(super) environment: Option<String>,
    /// for those who edit the world; nobody is shown it
    #[schemars(length(max = 10000))]
    #[expect(dead_code, reason = "written for the people who edit the world")]
    description: Option<String>,
}

impl SubZoneKeys {
    /// Its rooms are read one by one.
    pub(super) const ALL: [&str; 5] = ["description", "environment", "id", "name", "rooms"];
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoomKeys {
    /// its id for ever: characters, rules and exits refer to it
    #[schemars(extend("x-bounds" = "no blanks, once in the world"))]
    pub(super) id: String,
    /// what stands above its description
    #[schemars(length(min = 1, max = 200))]
    pub(super) name: String,
    /// what is seen by day, and by night where there is no `night`
    #[schemars(length(min = 10, max = 2000))]
    pub(super) description: String,
    /// what is seen by night
    #[schemars(length(min = 10, max = 2000))]
    pub(super) night: Option<String>,
    /// what it is like there
    #[schemars(extend(
        "x-bounds" = "one of `environments.toml`",
        "x-usual" = "the sub-zone's, else the zone's"
    ))]
    pub(super) environment: Option<String>,
    /// `[rooms.exits]`: the ways out, by direction (`north`, `east`, `south`, `west`, `northeast`, `northwest`, `southeast`, `southwest`, `up`, `down`)
    #[serde(default)]
    #[schemars(extend("x-bounds" = "each the id of a room, or a table as below", "x-usual" = "none"))]
    pub(super) exits: BTreeMap<Direction, ExitKeys>,
}

impl RoomKeys {
    pub(super) const ALL: [&str; 6] =
        ["description", "environment", "exits", "id", "name", "night"];
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum ExitKeys {
    To(String),
    Named(NamedExitKeys),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedExitKeys {
    /// where it leads
    #[schemars(extend("x-bounds" = "the id of a room"))]
    pub(super) to: String,
    /// what it looks like: `a blue door`
    #[schemars(length(max = 100))]
    pub(super) name: Option<String>,
    /// there is no way back; without it, the other room must have the exit in the opposite direction
    #[serde(default)]
    pub(super) one_way: bool,
}

impl NamedExitKeys {
    pub(super) const ALL: [&str; 3] = ["name", "one_way", "to"];
}

/// The reference of all of them.
pub(super) fn reference() -> Vec<KeyTable> {
    vec![
        KeyTable::of("world.toml", &schema_of::<WorldKeys>()),
        KeyTable::of("environments.toml", &schema_of::<EnvironmentsKeys>()),
        KeyTable::of("zones/ZONE/zone.toml", &schema_of::<ZoneKeys>()),
        KeyTable::of("zones/ZONE/SUB_ZONE.toml", &schema_of::<SubZoneKeys>()),
        KeyTable::of("room", &schema_of::<RoomKeys>()),
        KeyTable::of("exit", &schema_of::<NamedExitKeys>()),
    ]
}
