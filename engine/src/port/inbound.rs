//! What the gateway tells the world.

use std::fmt;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::{AccountId, Correlation, SessionId, StableId, WorldTime};

/// One thing that happened at the gateway.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Inbound {
    /// A signed-in session wants its character in the world. Answered with
    /// `Outbound::Admitted` or `Outbound::Refused`.
    Arrive(Arrival),
    /// A session whose socket was cut has a socket again. Answered like `Arrive`.
    Return {
        /// The session.
        session: SessionId,
        /// The new connection.
        correlation: Correlation,
    },
    /// A line from the player. Answered with exactly one `Outbound::Outcome`.
    Line {
        /// Who speaks.
        session: SessionId,
        /// The client's command id; `None` gives up protection against resends.
        id: Option<u64>,
        /// The words.
        line: Line,
        /// The connection it came by.
        correlation: Correlation,
    },
    /// The socket is gone but the player may come back within the linkdead grace.
    Lost {
        /// The session.
        session: SessionId,
    },
    /// The session is over: the player left, or the gateway closed it.
    Leave {
        /// The session.
        session: SessionId,
        /// Why.
        why: Leaving,
    },
}

/// Who arrives, as the account store knows them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Arrival {
    /// The gateway's session.
    pub session: SessionId,
    /// The connection it came by.
    pub correlation: Correlation,
    /// The account that owns the character.
    pub account: AccountId,
    /// The character.
    pub character: StableId,
    /// The character's name, unique among living characters.
    pub name: String,
    /// The profession chosen at creation, if any.
    pub profession: Option<String>,
    /// What the chance of its birth grows from, where the account store keeps it.
    pub seed: Option<NonZeroU64>,
    /// What the account may do.
    pub role: Role,
    /// A throw-away character.
    pub guest: bool,
    /// When the character was made.
    pub created_at: WorldTime,
}

/// What an account may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Plays.
    #[default]
    Player,
    /// Plays, and keeps order.
    Admin,
}

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaving {
    /// The player said so.
    Quit,
    /// The socket stayed away longer than the grace.
    LinkDead,
    /// A newer sign-in holds the character.
    TakenOver,
    /// The client could not keep up.
    TooSlow,
    /// Somebody with the right to do so removed them.
    Kicked,
    /// A plugin took the character out of the world that had no right to; it can come back at
    /// once.
    Fault,
    /// The server stops.
    Shutdown,
}

/// A player's line: 1 to 1,000 characters on one line, no control characters, not blank.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Line(String);

impl Line {
    /// The longest line, in characters.
    pub const CHARS_MAX: usize = 1_000;

    /// Checks and trims `text`; a tab counts as a space.
    ///
    /// # Errors
    /// Says which rule `text` breaks.
    pub fn new(text: &str) -> Result<Self, LineFault> {
        let text = text.trim();
        if text.is_empty() {
            return Err(LineFault::Empty);
        }
        if text.chars().count() > Self::CHARS_MAX {
            return Err(LineFault::TooLong);
        }
        if text.chars().any(|c| c.is_control() && c != '\t') {
            return Err(LineFault::ControlCharacter);
        }
        Ok(Self(text.replace('\t', " ")))
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// Players' words stay out of logs: only their length is printed.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({} bytes)", self.0.len())
    }
}

/// Why a text is not a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Nothing but blanks.
    #[error("the line is empty")]
    Empty,
    /// More than [`Line::CHARS_MAX`] characters.
    #[error("the line is longer than 1000 characters")]
    TooLong,
    /// A control character other than tab.
    #[error("the line holds a control character")]
    ControlCharacter,
}
