//! The channels, with the figures of each.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A way to talk.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// To the room.
    Say,
    /// To the whole sub-zone.
    Local,
    /// To everybody.
    Global,
    /// To one person.
    Whisper,
    /// A gesture, to the room.
    Emote,
    /// How one stands there, to the room.
    Pose,
    /// From the keepers of the world, to everybody.
    System,
    /// Among the keepers of the world.
    Admin,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Say,
        Self::Local,
        Self::Global,
        Self::Whisper,
        Self::Emote,
        Self::Pose,
        Self::System,
        Self::Admin,
    ];

    /// The channel's name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Say => "say",
            Self::Local => "local",
            Self::Global => "global",
            Self::Whisper => "whisper",
            Self::Emote => "emote",
            Self::Pose => "pose",
            Self::System => "system",
            Self::Admin => "admin",
        }
    }

    /// The channel of that name, in any case.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        Self::ALL.into_iter().find(|channel| channel.word() == word)
    }

    /// Whether somebody of that role speaks on it.
    #[must_use]
    pub fn is_open_to(self, role: Role) -> bool {
        role == Role::Admin || !matches!(self, Self::System | Self::Admin)
    }

    /// Whether one may close one's ears to it. What the keepers announce must be heard.
    #[must_use]
    pub const fn can_be_muted(self) -> bool {
        !matches!(self, Self::System | Self::Admin)
    }

    /// Lines a character earns in a minute, unless configured otherwise.
    #[must_use]
    pub const fn per_minute(self) -> u32 {
        match self {
            Self::Say => 15,
            Self::Local => 20,
            Self::Global | Self::Emote | Self::Pose => 10,
            Self::Whisper => 5,
            Self::System => 100,
            Self::Admin => 50,
        }
    }

    /// Whether one hears words on it; the keepers' are clear to everybody.
    pub(crate) const fn is_spoken(self) -> bool {
        matches!(self, Self::Say | Self::Local | Self::Global | Self::Whisper)
    }

    /// What everybody reads.
    #[must_use]
    pub fn format(self, name: &str, text: &str) -> String {
        // Joined, not formatted: each of the lines of a tick is one allocation of the right size.
        match self {
            Self::Say => [name, " says: ", text].concat(),
            Self::Local => [name, " (local): ", text].concat(),
            Self::Global => [name, " (global): ", text].concat(),
            Self::Whisper => [name, " whispers: ", text].concat(),
            Self::Emote | Self::Pose => [name, " ", text].concat(),
            Self::System => ["[SYSTEM] ", text].concat(),
            Self::Admin => ["[ADMIN] ", name, ": ", text].concat(),
        }
    }

    pub(super) const fn ink(self) -> Ink {
        match self {
            Self::Say | Self::Local => Ink::Speech,
            Self::Global | Self::Admin => Ink::Broadcast,
            Self::Whisper => Ink::Whisper,
            Self::Emote | Self::Pose => Ink::Plain,
            Self::System => Ink::System,
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}
