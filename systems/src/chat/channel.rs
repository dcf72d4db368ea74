//! The channels, with the figures of each.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

/// A way to talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
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
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Say,
        Self::Local,
        Self::Global,
        Self::Whisper,
        Self::Emote,
    ];

    /// The longest text, in characters.
    #[must_use]
    pub const fn chars_max(self) -> usize {
        match self {
            Self::Say | Self::Local => 500,
            Self::Global => 1_000,
            Self::Whisper => 2_000,
            Self::Emote => 200,
        }
    }

    /// Lines a character may send in any sliding minute, unless configured otherwise.
    #[must_use]
    pub const fn per_minute(self) -> u32 {
        match self {
            Self::Say => 15,
            Self::Local => 20,
            Self::Global | Self::Emote => 10,
            Self::Whisper => 5,
        }
    }

    /// What everybody reads.
    #[must_use]
    pub fn format(self, name: &str, text: &str) -> String {
        match self {
            Self::Say => format!("{name} says: {text}"),
            Self::Local => format!("{name} (local): {text}"),
            Self::Global => format!("{name} (global): {text}"),
            Self::Whisper => format!("{name} whispers: {text}"),
            Self::Emote => format!("{name} {text}"),
        }
    }

    pub(super) const fn ink(self) -> Ink {
        match self {
            Self::Say | Self::Local => Ink::Speech,
            Self::Global => Ink::Broadcast,
            Self::Whisper => Ink::Whisper,
            Self::Emote => Ink::Plain,
        }
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}
