//! What of a room's text can be looked at.

use std::collections::BTreeSet;

use engine::content::{At, Section};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::world::Direction;

/// Something that a room's text names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomDetail {
    /// what players call it, in lower case: `["owls", "stone owls"]`
    #[schemars(
        length(min = 1, max = 12),
        extend("x-bounds" = "1 to 12 words in lower case, no direction")
    )]
    pub words: Vec<String>,
    /// what whoever looks at it sees
    #[schemars(length(min = 1, max = 500))]
    pub text: String,
    /// what they see by night; without it, the same
    #[serde(default)]
    #[schemars(length(min = 1, max = 500))]
    pub night: Option<String>,
}

/// What can be looked at in a room: `[[rooms.details]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Details(pub Vec<RoomDetail>);

impl Section for Details {
    fn check(&mut self, _room: &str, at: &At<'_>) {
        let mut known = BTreeSet::new();
        for (index, detail) in self.0.iter().enumerate() {
            for word in &detail.words {
                if let Some(mistake) = mistake(word, &mut known) {
                    at.item(index).problem(format!("{mistake}: \"{word}\""));
                }
            }
        }
    }
}

/// What is wrong with a word for a detail, beside those before it in the room.
fn mistake(word: &str, known: &mut BTreeSet<String>) -> Option<&'static str> {
    if word.is_empty() || word.trim() != word || word.to_lowercase() != word {
        return Some("a detail's words are in lower case and have no blanks around them");
    }
    if Direction::from_word(word).is_some() {
        return Some("a direction is looked out by, so no detail can be called so");
    }
    (!known.insert(word.to_owned())).then_some("two details of the room are called by one word")
}

impl Details {
    /// What is seen of what `words` mean, by day or by night.
    pub(super) fn seen(&self, words: &str, night: bool) -> Option<&str> {
        let words = words.to_lowercase();
        let mut articles = ["the ", "a ", "an "].iter();
        let meant = articles.find_map(|article| words.strip_prefix(article));
        let meant = meant.unwrap_or(&words);
        let mut details = self.0.iter();
        let detail = details.find(|one| one.words.iter().any(|word| word == meant))?;
        let by_night = detail.night.as_ref().filter(|_| night);
        Some(by_night.unwrap_or(&detail.text))
    }
}
