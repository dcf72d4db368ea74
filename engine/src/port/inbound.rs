//! What the gateway tells the world.

use std::fmt;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::{AccountId, Correlation, SessionId, StableId, Tick, WorldTime, visible};

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
    /// Somebody asks something that no frame answers. Answered with one `Outbound::Reply`.
    Ask {
        /// By which the reply is told from others.
        ask: u64,
        /// The sessions of whoever asks.
        sessions: Vec<SessionId>,
        /// An admin's account asks.
        admin: bool,
        /// What.
        question: Question,
    },
    /// Those who keep the world's draft tell something. No gateway says this.
    Draft {
        /// Who is told; `None`: everybody who may change the world.
        to: Option<StableId>,
        /// What, in lines.
        text: String,
        /// A thing done, for the record of who did what: the verb, and its words.
        done: Option<(String, String)>,
    },
    /// The session is over: the player left, or the gateway closed it.
    Leave {
        /// The session.
        session: SessionId,
        /// Why.
        why: Leaving,
    },
    /// The client has read everything that was said to the session up to `Outbound::Receipt` of
    /// that tick. At most one for each.
    Received {
        /// The session.
        session: SessionId,
        /// The tick that asked.
        through: Tick,
    },
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// Who is in a room, by name, a page at a time.
    Occupants {
        /// The room's id.
        room: String,
        /// The name after which the page begins; empty for the first.
        after: String,
        /// The most people on the page.
        limit: u16,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Plays.
    #[default]
    Player,
    /// Plays, and changes the world's content.
    Designer,
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

/// A player's line: 1 to 1,000 characters on one line, none of which hides, breaks the line or
/// turns it around; not blank.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Line(String);

impl Line {
    /// The longest line, in characters.
    pub const CHARS_MAX: usize = 1_000;

    /// Checks and trims `text`; a tab counts as a space, and so do the blanks that Unicode calls
    /// letters.
    ///
    /// # Errors
    /// Says which rule `text` breaks.
    pub fn new(text: &str) -> Result<Self, LineFault> {
        let text = text.trim();
        if visible::is_blank(text) && !text.contains(char::is_control) {
            return Err(LineFault::Empty);
        }
        if text.chars().count() > Self::CHARS_MAX {
            return Err(LineFault::TooLong);
        }
        Ok(Self(visible::legible(text)?.trim().to_owned()))
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
    /// A character that can't be seen, breaks lines or turns text around.
    #[error("the line holds an invisible or directional character")]
    Invisible,
    /// A letter under too many marks.
    #[error("the line holds a letter under more than four marks")]
    Marks,
}

#[cfg(test)]
mod tests {
    use super::{Line, LineFault};

    fn read(text: &str) -> Result<String, LineFault> {
        Line::new(text).map(|line| line.as_str().to_owned())
    }

    #[test]
    fn line_with_a_hidden_character_is_refused() {
        for hidden in [
            '\u{202a}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{200e}',
            '\u{200f}',
            '\u{61c}',
            '\u{2028}',
            '\u{2029}',
            '\u{feff}',
            '\u{200b}',
            '\u{2060}',
            '\u{2064}',
            '\u{ad}',
            '\u{180e}',
            '\u{206a}',
            '\u{fff9}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e007f}',
            '\u{e0002}',
        ] {
            let words = format!("say a{hidden}b");
            assert_eq!(read(&words), Err(LineFault::Invisible), "{hidden:?}");
        }
        assert_eq!(read("say a\u{85}b"), Err(LineFault::ControlCharacter));
        assert_eq!(read("say \u{7}"), Err(LineFault::ControlCharacter));
        assert_eq!(read("say a\u{200d}\u{200d}b"), Err(LineFault::Invisible));
    }

    #[test]
    fn line_of_blanks_is_empty() {
        for blank in [
            "",
            " \t ",
            "\u{3164}",
            "\u{2800}",
            "\u{115f}\u{1160}",
            "\u{ffa0}",
            "\u{200b}",
            "\u{3000}",
            "\u{200d}",
            "\u{fe0f}",
            "\u{34f}",
            "\u{1d159}",
            "\u{301}",
        ] {
            assert_eq!(read(blank), Err(LineFault::Empty), "{blank:?}");
        }
        // So that the verb sees that nothing is said.
        for blank in [
            "\u{3164}",
            "\u{2800} \u{115f}",
            "\u{200d}",
            "\u{fe0f}",
            "\u{34f}",
        ] {
            assert_eq!(
                read(&format!("say {blank}")),
                Ok("say".to_owned()),
                "{blank:?}"
            );
        }
    }

    #[test]
    fn line_of_any_script_or_emoji_is_kept() {
        for words in [
            "say Grüße, 你好, こんにちは, สวัสดี, Здравствуйте",
            "say 👩‍👩‍👧‍👦 ❤️ 1️⃣ 🏳️‍🌈 🇫🇷",
            "say नमस्ते क्ष्म्य می‌خواهم",
            "say בְּרֵאשִׁ֖ית ﷽ \u{600}",
            "say Việt e\u{302}\u{301}",
        ] {
            assert_eq!(read(words), Ok(words.to_owned()));
        }
    }

    #[test]
    fn line_with_stacked_marks_is_refused() {
        let stacked = |marks: usize| format!("say Z{}algo", "\u{301}".repeat(marks));
        assert_eq!(read(&stacked(4)), Ok(stacked(4)));
        assert_eq!(read(&stacked(5)), Err(LineFault::Marks));
        let joined = format!("say Z{0}\u{200c}{0}", "\u{301}".repeat(4));
        assert_eq!(read(&joined), Err(LineFault::Marks));
    }
}
