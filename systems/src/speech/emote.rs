//! The wish to make a gesture, which other plugins may have for somebody.

use engine::prelude::*;

use crate::command::{Needs, Usage, Verb, Words};

/// `emote shivers`, `emote nod Bob`, `nod`, `nod Bob`, `emote list`
#[derive(Message, Debug)]
pub(crate) struct Emote {
    pub(crate) order: Order,
    /// The gesture by its own word, or what was typed after `emote`.
    pub(crate) text: String,
    /// It was typed as a word of its own, so it must be a gesture.
    pub(crate) bare: bool,
}

impl Verb for Emote {
    const WORDS: &'static [&'static str] = &["emote", "me"];
    const USAGE: &'static str = "emote <what you do>";
    const HELP: &'static str = "Shows everybody in the room what you do: \"emote shivers\", or \":shivers\". \"emote list\" lists the gestures that have a word of their own: \"nod\", or \"nod Ann\".";
    const NEEDS: Needs = Needs::SPEECH;

    fn read(order: Order, words: Words<'_>) -> Result<Self, Usage> {
        let verb = words.verb();
        let bare = !Self::WORDS
            .iter()
            .any(|word| verb.eq_ignore_ascii_case(word));
        let text = match (bare, words.rest()) {
            (false, "") => return Err(Usage::Show),
            (false, rest) => rest.to_owned(),
            (true, rest) => format!("{verb} {rest}").trim().to_owned(),
        };
        Ok(Self { order, text, bare })
    }
}

impl Emote {
    /// The gesture of a word that is a verb of its own, where that verb has no use for it.
    pub(crate) fn word(order: Order, word: &str, whom: &str) -> Self {
        Self {
            order,
            text: format!("{word} {whom}").trim().to_owned(),
            bare: true,
        }
    }
}
