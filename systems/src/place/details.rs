//! What of a room's text can be looked at. Derived by `scenery` from the rooms' files.

use engine::prelude::*;

use crate::world::RoomIx;

/// Something that a room's text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomDetail {
    /// What players call it, in lower case.
    pub words: Vec<String>,
    /// What whoever looks at it sees.
    pub text: String,
    /// What they see by night; without it, the same.
    pub night: Option<String>,
}

/// What can be looked at in each room.
#[derive(Resource, Clone, Debug, Default)]
pub struct Details(Vec<Vec<RoomDetail>>);

impl Details {
    /// Those of every room, in the order of the atlas.
    #[must_use]
    pub const fn new(rooms: Vec<Vec<RoomDetail>>) -> Self {
        Self(rooms)
    }

    /// One of a room's, by its number.
    #[must_use]
    pub fn get(&self, room: RoomIx, detail: usize) -> Option<&RoomDetail> {
        self.0.get(room.index())?.get(detail)
    }

    /// Those words of a room's details that its text names, as they can be looked at.
    #[must_use]
    pub(super) fn named(&self, room: RoomIx, text: &str, lines: &[String]) -> Vec<String> {
        let details = self.0.get(room.index()).map_or(&[][..], Vec::as_slice);
        let mut text = text.to_lowercase();
        for line in lines {
            text.push('\n');
            text.push_str(&line.to_lowercase());
        }
        let mut named: Vec<String> = details
            .iter()
            .flat_map(|one| &one.words)
            .filter(|word| names(&text, word))
            .cloned()
            .collect();
        named.sort_unstable();
        named.dedup();
        named
    }

    /// What `words` mean in a room, and which of its details that is.
    #[must_use]
    pub fn find(&self, room: RoomIx, words: &str) -> Option<(usize, &RoomDetail)> {
        let words = words.to_lowercase();
        let mut articles = ["the ", "a ", "an "].iter();
        let meant = articles.find_map(|article| words.strip_prefix(article));
        let meant = meant.unwrap_or(&words);
        let mut details = self.0.get(room.index())?.iter().enumerate();
        details.find(|(_, one)| one.words.iter().any(|word| word == meant))
    }
}

/// Whether a text has these words, and not only within another.
fn names(text: &str, words: &str) -> bool {
    let ends = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    text.match_indices(words).any(|(at, found)| {
        ends(text[..at].chars().next_back()) && ends(text[at + found.len()..].chars().next())
    })
}

impl RoomDetail {
    /// What is seen of it, by day or by night.
    #[must_use]
    pub fn seen(&self, night: bool) -> &str {
        let by_night = self.night.as_ref().filter(|_| night);
        by_night.unwrap_or(&self.text)
    }
}

/// Somebody looks at a detail of the room that they are in.
#[derive(Message, Clone, Copy, Debug)]
pub struct LookedAt {
    /// Who.
    pub actor: Entity,
    /// Where.
    pub room: RoomIx,
    /// Which of the room's details.
    pub detail: usize,
}
