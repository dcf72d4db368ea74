//! How people appear to those around them.
//!
//! A room shows it, so it is declared here. Each part has one writer elsewhere: `body` keeps
//! postures, `chat` poses, what people say of themselves and who spoke last, and both say when it changes.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::world::{RoomIx, RoomMap};

/// How somebody holds themselves.
#[derive(
    Component, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[component(summary_tick)]
pub enum Posture {
    /// Can walk.
    #[default]
    Standing,
    /// Rests a little.
    Sitting,
    /// Rests, or can't help it.
    Lying,
}

impl Posture {
    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Standing => "standing",
            Self::Sitting => "sitting",
            Self::Lying => "lying",
        }
    }
}

/// Somebody holds themselves otherwise now.
#[derive(Message, Clone, Copy, Debug)]
pub struct PostureTaken {
    /// Who.
    pub body: Entity,
    /// Where, if anywhere.
    pub room: Option<RoomIx>,
    /// They fell.
    pub forced: bool,
}

/// How somebody stands there, until they go elsewhere; empty: nothing is to be said of it.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pose {
    text: String,
    /// Where it was struck.
    room: Option<RoomIx>,
}

impl Pose {
    /// A pose struck in a room.
    pub(crate) const fn new(text: String, room: Option<RoomIx>) -> Self {
        Self { text, room }
    }

    /// Where it was struck.
    pub(crate) const fn room(&self) -> Option<RoomIx> {
        self.room
    }

    /// The same over another atlas.
    pub(super) fn carry(&mut self, map: &RoomMap) {
        self.room = self.room.and_then(|room| map.get(room));
    }

    /// The words that follow the name; `None`: there are none.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        (!self.text.is_empty()).then_some(self.text.as_str())
    }
}

/// Somebody stands there otherwise.
#[derive(Message, Clone, Debug)]
pub struct Posed {
    /// Who.
    pub actor: Entity,
    /// How; empty: not in any way.
    pub pose: String,
}

/// How a character has described itself; who has not has not this. Saved, written by `chat`.
#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct Likeness(String);

impl Likeness {
    /// These words.
    pub(crate) const fn new(words: String) -> Self {
        Self(words)
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.0
    }
}

/// Where and when this character last said something to be heard around it. Transient.
#[derive(Component, Default, Debug, Clone, Copy, Serialize, Deserialize)]
pub struct LastSpoke(Option<(RoomIx, WorldTime)>);

impl LastSpoke {
    /// Somebody speaks.
    pub(crate) const fn at(room: RoomIx, now: WorldTime) -> Self {
        Self(Some((room, now)))
    }

    /// The same over another atlas.
    pub(super) fn carry(&mut self, map: &RoomMap) {
        self.0 = self.0.and_then(|(room, at)| Some((map.get(room)?, at)));
    }

    /// When that was, if it was in `room`.
    #[must_use]
    pub fn in_room(self, room: RoomIx) -> Option<WorldTime> {
        self.0.filter(|(there, _)| *there == room).map(|(_, at)| at)
    }
}
