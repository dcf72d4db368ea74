//! Text for people, coloured by meaning; the gateway decides what a meaning looks like.

use std::borrow::Cow;

/// What a piece of text means. A terminal shows it as a colour, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ink {
    /// Ordinary text.
    Plain,
    /// The name of a place.
    Title,
    /// A way out.
    Exit,
    /// Somebody's name.
    Name,
    /// Words said in the room or near it.
    Speech,
    /// Words said to all.
    Broadcast,
    /// Words for one person.
    Whisper,
    /// The server speaking.
    System,
    /// A refusal.
    Refusal,
    /// Loss of mind or body.
    Loss,
    /// Recovery.
    Gain,
    /// Of little weight.
    Faint,
}

/// A passage of text in coloured pieces. A line break is `\n`; the last line needs none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prose {
    pieces: Vec<(Ink, Cow<'static, str>)>,
}

impl Prose {
    /// An empty passage.
    #[must_use]
    pub const fn new() -> Self {
        Self { pieces: Vec::new() }
    }

    /// A passage of one piece.
    #[must_use]
    pub fn of(ink: Ink, text: impl Into<Cow<'static, str>>) -> Self {
        Self::new().with(ink, text)
    }

    /// The passage with one more piece at its end.
    #[must_use]
    pub fn with(mut self, ink: Ink, text: impl Into<Cow<'static, str>>) -> Self {
        self.pieces.push((ink, text.into()));
        self
    }

    /// The pieces in reading order.
    pub fn pieces(&self) -> impl Iterator<Item = (Ink, &str)> {
        self.pieces.iter().map(|(ink, text)| (*ink, text.as_ref()))
    }

    /// The bare words.
    #[must_use]
    pub fn plain(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_ref()).collect()
    }
}
