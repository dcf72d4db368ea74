//! Light: how dark a room is, and what burns in it (game.md §9).
//!
//! Reads `rules/light.toml` and `light` of rooms. Owns nothing: a light is a thing, and a room is as
//! bright as its environment, the hour and the best light in it make it ([`RoomLight`]).

mod verbs;

use std::collections::BTreeMap;

use engine::content::{At, Rules as ContentRules, Section};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::{Daypart, MythosTime, Observances};
use crate::command::verb;
use crate::place::Occupancy;
use crate::things::Near;
use crate::world::{Atlas, RoomData, RoomIx, room_data};

/// The brightest that it gets.
pub const BRIGHT: u8 = 3;

/// The light plugin. Runs after `things`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("things", "what burns is a thing")
        .rules::<LightRules>("light");
    room_data::<RoomLightKey>(reg, "light");
    verb::<verbs::LightVerb>(reg);
    verb::<verbs::Extinguish>(reg);
    reg.system(Phase::Simulate, (verbs::light, verbs::extinguish).chain());
}

/// How bright it is where.
#[derive(Resource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LightRules {
    /// `[environments]`: how bright it is in each at any hour: 0 pitch dark, 1 dim, 2 light, 3 bright; where none is written, it is as bright as under the sky
    #[schemars(extend("x-bounds" = "0 to 3 for each environment"))]
    pub environments: BTreeMap<String, u8>,
    /// under the sky by day
    #[schemars(range(min = 0, max = 3))]
    pub day: u8,
    /// under the sky at dawn and dusk
    #[schemars(range(min = 0, max = 3))]
    pub twilight: u8,
    /// under the sky by night
    #[schemars(range(min = 0, max = 3))]
    pub night: u8,
}

impl Default for LightRules {
    fn default() -> Self {
        let indoors = ("indoors".to_owned(), 2);
        Self {
            environments: [indoors].into(),
            day: 3,
            twilight: 2,
            night: 1,
        }
    }
}

impl ContentRules for LightRules {
    fn check(&mut self, at: &At<'_>) {
        let atlas = at.content::<Atlas>();
        for (id, level) in &self.environments {
            let at = at.key("environments").key(id);
            at.unless(*level <= BRIGHT, "this is not within 0 to 3");
            let known = atlas.is_none_or(|atlas| atlas.environments().any(|one| one == id));
            at.unless(known, format!("`{id}` is not an environment"));
        }
    }
}

/// How much brighter or darker a room is than its environment: `light`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("minimum" = -3, "maximum" = 3))]
struct RoomLightKey(i8);

impl Section for RoomLightKey {}

/// How bright rooms are.
#[derive(SystemParam)]
pub struct RoomLight<'w, 's> {
    rules: Res<'w, LightRules>,
    rooms: Res<'w, RoomData<RoomLightKey>>,
    atlas: Res<'w, Atlas>,
    observances: Res<'w, Observances>,
    clock: Res<'w, Clock>,
    occupancy: Res<'w, Occupancy>,
    near: Near<'w, 's>,
}

impl RoomLight<'_, '_> {
    /// How bright a room is: 0 pitch dark, 1 dim, 2 light, 3 bright.
    #[must_use]
    pub fn level(&self, room: RoomIx) -> u8 {
        let environment = self.atlas.room(room).environment;
        let environment = self.atlas.environment(environment);
        let fixed = self.rules.environments.get(environment).copied();
        let base = fixed.unwrap_or_else(|| self.sky());
        let own = self.rooms.get(room).map_or(0, |one| one.0);
        let base = base.saturating_add_signed(own).min(BRIGHT);
        base.max(self.near.brightest(room, self.occupancy.of(room)))
    }

    /// How bright it is under the sky.
    fn sky(&self) -> u8 {
        let now = MythosTime::at(self.clock.wall());
        match self.observances.daypart(now) {
            Daypart::Day => self.rules.day,
            Daypart::Dawn | Daypart::Dusk => self.rules.twilight,
            Daypart::Night | Daypart::Witching => self.rules.night,
        }
    }
}
