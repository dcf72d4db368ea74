//! Gestures that the world's files give: a word each, and how it looks to whom.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::Deserialize;
use toml::Spanned;

use crate::world::{Problem, Source};

/// The file within a world's folder.
const FILE: &str = "rules/emotes.toml";
/// The longest word, in characters.
const WORD_CHARS_MAX: usize = 20;
/// The longest text, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// Every gesture, by its words.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct Emotes {
    gestures: Vec<Gesture>,
    by_word: BTreeMap<String, usize>,
}

/// One gesture. `{name}` stands for whoever makes it, `{target}` for whoever it is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gesture {
    alone: Alone,
    at: Option<At>,
}

/// How a gesture looks that is meant for nobody: to whoever makes it, and to the room.
type Alone = [String; 2];
/// How one looks that is meant for somebody: to whoever makes it, to them, and to the room.
type At = [String; 3];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    also: Vec<Spanned<String>>,
    alone: Spanned<Alone>,
    at: Option<Spanned<At>>,
}

/// By the word that each is called by.
type Entries = BTreeMap<Spanned<String>, Entry>;

impl Emotes {
    /// Reads and checks the gestures of a world; one without the file has none.
    pub fn load(sources: &[Source], problems: &mut Vec<Problem>) -> Self {
        let mut emotes = Self::default();
        let Some((source, entries)) = Source::find::<Entries>(sources, FILE, problems) else {
            return emotes;
        };
        for (word, Entry { also, alone, at }) in entries {
            let index = emotes.gestures.len();
            for word in std::iter::once(word).chain(also) {
                let span = word.span();
                let word = word.into_inner();
                let fits = (1..=WORD_CHARS_MAX).contains(&word.len())
                    && word.bytes().all(|c| c.is_ascii_lowercase());
                if !fits {
                    let message = format!("`{word}` is not 1 to {WORD_CHARS_MAX} small letters");
                    problems.push(source.problem(&span, message));
                }
                if emotes.by_word.insert(word.clone(), index).is_some() {
                    problems.push(source.problem(&span, format!("`{word}` is there twice")));
                }
            }
            let texts = alone.as_ref().iter().map(|text| (alone.span(), text));
            let texts = texts.chain(
                at.iter()
                    .flat_map(|at| at.as_ref().iter().map(|text| (at.span(), text))),
            );
            for (span, text) in texts {
                if !(1..=TEXT_CHARS_MAX).contains(&text.chars().count()) {
                    let message = format!("a text is not 1 to {TEXT_CHARS_MAX} characters long");
                    problems.push(source.problem(&span, message));
                }
            }
            if !alone.as_ref()[1].contains("{name}") {
                let message = "what the room sees does not say `{name}`";
                problems.push(source.problem(&alone.span(), message));
            }
            if let Some(at) = &at {
                let [actor, target, room] = at.as_ref();
                let whole = actor.contains("{target}")
                    && target.contains("{name}")
                    && room.contains("{name}")
                    && room.contains("{target}");
                if !whole {
                    let message = "of a gesture at somebody, the first text must say `{target}`, the second `{name}`, the third both";
                    problems.push(source.problem(&at.span(), message));
                }
            }
            emotes.gestures.push(Gesture {
                alone: alone.into_inner(),
                at: at.map(Spanned::into_inner),
            });
        }
        emotes
    }

    /// Every word that is a gesture, in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.by_word.keys().map(String::as_str)
    }

    pub(super) fn find(&self, word: &str) -> Option<&Gesture> {
        let index = self.by_word.get(&word.to_ascii_lowercase())?;
        self.gestures.get(*index)
    }
}

impl Gesture {
    /// How it looks to whoever makes it and to the room.
    pub(super) fn alone(&self, name: &str) -> (String, String) {
        let [actor, room] = &self.alone;
        (actor.clone(), room.replace("{name}", name))
    }

    /// How it looks to whoever makes it, to whoever it is meant for, and to the room; `None`: it
    /// can't be meant for anybody.
    pub(super) fn at(&self, name: &str, target: &str) -> Option<(String, String, String)> {
        let [actor, to, room] = self.at.as_ref()?;
        // The target first: a name can't hold braces, so nothing is filled in twice.
        let fill = |text: &String| text.replace("{target}", target).replace("{name}", name);
        Some((fill(actor), fill(to), fill(room)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> (Emotes, Vec<String>) {
        Source::alone(FILE, text, Emotes::load)
    }

    #[test]
    fn a_gesture_looks_different_to_everybody() {
        let (emotes, problems) = load(
            "[nod]\nalso = [\"agree\"]\nalone = [\"You nod.\", \"{name} nods.\"]\n\
             at = [\"You nod to {target}.\", \"{name} nods to you.\", \"{name} nods to {target}.\"]\n",
        );
        assert_eq!(problems, Vec::<String>::new());
        let nod = emotes.find("AGREE").unwrap();
        assert_eq!(nod.alone("Ann").1, "Ann nods.");
        let (actor, target, room) = nod.at("Ann", "Bob").unwrap();
        assert_eq!(actor, "You nod to Bob.");
        assert_eq!(target, "Ann nods to you.");
        assert_eq!(room, "Ann nods to Bob.");
    }

    #[test]
    fn what_is_wrong_with_a_gesture_is_told_with_its_line() {
        let (_, problems) = load(
            "[nod]\nalso = [\"Nod\"]\nalone = [\"You nod.\", \"nods\"]\n\
             [bow]\nalso = [\"nod\"]\nalone = [\"You bow.\", \"{name} bows.\"]\nat = [\"\", \"x\", \"y\"]\n",
        );
        let all = problems.join("\n");
        for part in [
            "emotes.toml:2: `Nod` is not",
            "emotes.toml:3: what the room sees",
            "is there twice",
            "emotes.toml:7: a text is not",
            "emotes.toml:7: of a gesture",
        ] {
            assert!(all.contains(part), "{part}: {all}");
        }
    }
}
