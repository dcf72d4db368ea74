//! Gestures that the world's files give: a word each, and how it looks to whom.

use std::collections::BTreeMap;

use engine::content::{self, At};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest word, in characters.
const WORD_CHARS_MAX: usize = 20;

/// Every gesture, by its words.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Emotes {
    #[schemars(extend("x-name" = "WORD"))]
    gestures: BTreeMap<String, Gesture>,
    /// Further words, with the one that each stands for.
    #[serde(skip)]
    also: BTreeMap<String, String>,
}

/// One gesture. `{name}` stands for whoever makes it, `{target}` for whoever it is meant for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Gesture {
    /// further words for it
    #[serde(default)]
    #[schemars(extend("x-bounds" = "a list of words of 1 to 20 small letters"))]
    also: Vec<String>,
    /// how it looks when it is meant for nobody: to whoever makes it, and to the room, which is told `{name}`
    alone: Alone,
    /// how it looks when it is meant for somebody: to whoever makes it (`{target}`), to them (`{name}`), and to the room (both)
    #[serde(default)]
    at: Option<At3>,
}

/// How a gesture looks that is meant for nobody: to whoever makes it, and to the room.
type Alone = [EmoteText; 2];
/// How one looks that is meant for somebody: to whoever makes it, to them, and to the room.
type At3 = [EmoteText; 3];

/// What is seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
struct EmoteText(#[schemars(length(min = 1, max = 200))] String);

impl content::Rules for Emotes {
    fn check(&mut self, at: &At<'_>) {
        for (word, gesture) in &self.gestures {
            let here = at.key(word);
            fits(word, &at.name(word));
            for (index, also) in gesture.also.iter().enumerate() {
                let at = here.key("also").item(index);
                fits(also, &at);
                let known = self.gestures.contains_key(also);
                let twice = self.also.insert(also.clone(), word.clone()).is_some();
                at.unless(!known && !twice, format!("`{also}` is there twice"));
            }
            here.key("alone").unless(
                gesture.alone[1].0.contains("{name}"),
                "what the room sees does not say `{name}`",
            );
            let Some([actor, target, room]) = &gesture.at else {
                continue;
            };
            let whole = actor.0.contains("{target}")
                && target.0.contains("{name}")
                && room.0.contains("{name}")
                && room.0.contains("{target}");
            here.key("at").unless(
                whole,
                "of a gesture at somebody, the first text must say `{target}`, the second `{name}`, the third both",
            );
        }
    }
}

fn fits(word: &str, at: &At<'_>) {
    let fits =
        (1..=WORD_CHARS_MAX).contains(&word.len()) && word.bytes().all(|c| c.is_ascii_lowercase());
    at.unless(
        fits,
        format!("`{word}` is not 1 to {WORD_CHARS_MAX} small letters"),
    );
}

impl Emotes {
    /// Every word that is a gesture, in order.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let words = self.gestures.keys().chain(self.also.keys());
        let mut words: Vec<String> = words.cloned().collect();
        words.sort();
        words
    }

    pub(super) fn find(&self, word: &str) -> Option<&Gesture> {
        let word = word.to_ascii_lowercase();
        let known = self.gestures.get(&word);
        known.or_else(|| self.gestures.get(self.also.get(&word)?))
    }
}

impl Gesture {
    /// How it looks to whoever makes it and to the room.
    pub(super) fn alone(&self, name: &str) -> (String, String) {
        let [actor, room] = &self.alone;
        (actor.0.clone(), room.0.replace("{name}", name))
    }

    /// How it looks to whoever makes it, to whoever it is meant for, and to the room; `None`: it
    /// can't be meant for anybody.
    pub(super) fn at(&self, name: &str, target: &str) -> Option<(String, String, String)> {
        let [actor, to, room] = self.at.as_ref()?;
        // The target first: a name can't hold braces, so nothing is filled in twice.
        let fill = |text: &EmoteText| text.0.replace("{target}", target).replace("{name}", name);
        Some((fill(actor), fill(to), fill(room)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::alone;

    fn load(text: &str) -> Result<Emotes, Vec<String>> {
        alone("rules/emotes.toml", text)
    }

    #[test]
    fn gesture_text_depends_on_viewer() {
        let emotes = load(
            "[nod]\nalso = [\"agree\"]\nalone = [\"You nod.\", \"{name} nods.\"]\n\
             at = [\"You nod to {target}.\", \"{name} nods to you.\", \"{name} nods to {target}.\"]\n",
        )
        .unwrap();
        let nod = emotes.find("AGREE").unwrap();
        assert_eq!(nod.alone("Ann").1, "Ann nods.");
        let (actor, target, room) = nod.at("Ann", "Bob").unwrap();
        assert_eq!(actor, "You nod to Bob.");
        assert_eq!(target, "Ann nods to you.");
        assert_eq!(room, "Ann nods to Bob.");
    }

    #[test]
    fn gesture_mistake_is_named_with_line() {
        let problems = load(
            "[nod]\nalso = [\"Nod\"]\nalone = [\"You nod.\", \"nods\"]\n\
             [bow]\nalso = [\"nod\"]\nalone = [\"You bow.\", \"{name} bows.\"]\nat = [\"\", \"x\", \"y\"]\n",
        )
        .unwrap_err();
        let all = problems.join("\n");
        for part in [
            "emotes.toml:2: `Nod` is not",
            "emotes.toml:3: what the room sees",
            "is there twice",
            "emotes.toml:7: `bow.at` has 0 characters",
            "emotes.toml:7: of a gesture",
        ] {
            assert!(all.contains(part), "{part}: {all}");
        }
    }
}
