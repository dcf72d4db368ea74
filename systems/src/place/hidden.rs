//! Ways that are not seen by everybody, and doors in ways. What they are is said by the plugin that owns
//! doors; who has found which is kept with each of them.

use std::collections::{BTreeMap, BTreeSet};

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::world::{Atlas, Direction, RoomIx};

/// The ways that have to be found. Derived by the plugin that owns doors.
#[derive(Resource, Clone, Debug, Default)]
pub struct HiddenWays(BTreeSet<(RoomIx, Direction)>);

impl HiddenWays {
    /// These.
    #[must_use]
    pub const fn new(ways: BTreeSet<(RoomIx, Direction)>) -> Self {
        Self(ways)
    }

    /// Whether a way is one of them.
    #[must_use]
    pub fn has(&self, room: RoomIx, way: Direction) -> bool {
        self.0.contains(&(room, way))
    }

    /// Those of a room.
    pub fn of(&self, room: RoomIx) -> impl Iterator<Item = Direction> + '_ {
        let first = (room, Direction::ALL[0]);
        let all = self.0.range(first..);
        all.take_while(move |(of, _)| *of == room)
            .map(|(_, way)| *way)
    }
}

/// Which hidden ways somebody has found, and until when they know: for ever, where nothing is said.
/// Saved by the plugin that owns doors.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct Found(BTreeMap<String, Option<WorldTime>>);

impl Found {
    /// The name of a way, which outlives the atlas.
    #[must_use]
    pub fn key(atlas: &Atlas, room: RoomIx, way: Direction) -> String {
        format!("{} {}", atlas.room(room).id, way.word())
    }

    /// Whether somebody knows a way.
    #[must_use]
    pub fn knows(&self, key: &str, now: WorldTime) -> bool {
        let known = self.0.get(key);
        known.is_some_and(|until| until.is_none_or(|until| now < until))
    }

    /// The same with one more, known until then.
    #[must_use]
    pub fn with(&self, key: String, until: Option<WorldTime>, now: WorldTime) -> Self {
        let mut all = self.0.clone();
        all.retain(|_, until| until.is_none_or(|until| now < until));
        let forever = all.get(&key) == Some(&None);
        if !forever {
            all.insert(key, until);
        }
        Self(all)
    }
}

/// A door as clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DoorView {
    /// What it is called.
    pub door: String,
    /// It is closed.
    pub closed: bool,
    /// It is locked.
    pub locked: bool,
}

/// The doors in the ways of each room, as they are now. Kept by the plugin that owns doors.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorViews(BTreeMap<(RoomIx, Direction), DoorView>);

impl DoorViews {
    /// These.
    #[must_use]
    pub const fn new(doors: BTreeMap<(RoomIx, Direction), DoorView>) -> Self {
        Self(doors)
    }

    /// The door in a way.
    #[must_use]
    pub fn get(&self, room: RoomIx, way: Direction) -> Option<&DoorView> {
        self.0.get(&(room, way))
    }
}

/// Who sees which ways.
#[derive(SystemParam)]
pub struct SeenWays<'w, 's> {
    hidden: Res<'w, HiddenWays>,
    found: Query<'w, 's, &'static Found>,
    atlas: Res<'w, Atlas>,
    clock: Res<'w, Clock>,
}

impl SeenWays<'_, '_> {
    /// The ways of a room that somebody does not see.
    #[must_use]
    pub fn unseen(&self, viewer: Entity, room: RoomIx) -> Vec<Direction> {
        let hidden = self.hidden.of(room);
        hidden
            .filter(|way| !self.sees(viewer, room, *way))
            .collect()
    }

    /// Whether a room has ways that not everybody sees.
    #[must_use]
    pub fn has_hidden(&self, room: RoomIx) -> bool {
        self.hidden.of(room).next().is_some()
    }

    /// Whether somebody sees a way.
    #[must_use]
    pub fn sees(&self, viewer: Entity, room: RoomIx, way: Direction) -> bool {
        if !self.hidden.has(room, way) {
            return true;
        }
        let found = self.found.get(viewer);
        let key = Found::key(&self.atlas, room, way);
        found.is_ok_and(|found| found.knows(&key, self.clock.now))
    }
}
