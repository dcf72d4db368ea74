//! The classes of messages: each has its own breaker and its own metrics.

use std::fmt;

/// What kind of message goes over the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Talk to many: heard by whoever listens.
    Chat,
    /// What happens in rooms, for other services: heard by whoever listens.
    Events,
    /// What happens in fights, for other services: heard by whoever listens.
    Combat,
    /// Talk to one who is elsewhere: arrives.
    Whispers,
    /// Mutes and bans on every node: arrive.
    Moderation,
    /// Orders to a node: arrive.
    Orders,
    /// Events for other worlds: arrive.
    Crossing,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Chat,
        Self::Events,
        Self::Combat,
        Self::Whispers,
        Self::Moderation,
        Self::Orders,
        Self::Crossing,
    ];

    /// The word in metrics and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Events => "events",
            Self::Combat => "combat",
            Self::Whispers => "whispers",
            Self::Moderation => "moderation",
            Self::Orders => "orders",
            Self::Crossing => "crossing",
        }
    }

    /// Whether a message of this class must arrive, and take effect once.
    #[must_use]
    pub const fn durable(self) -> bool {
        matches!(
            self,
            Self::Whispers | Self::Moderation | Self::Orders | Self::Crossing
        )
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
