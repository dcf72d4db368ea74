//! What scripts remember: declared keys of plain values, per script, per room and per character.
//!
//! Saved. Of a script itself and of rooms it is kept on the singleton `scripts`, of a character on
//! the character. What a script does not declare any more stays saved and is not seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::prelude::*;
use rhai::{Dynamic, INT, Map};
use serde::{Deserialize, Serialize};

/// A value that can be saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum SavedValue {
    Nothing,
    Switch(bool),
    Whole(INT),
    Fraction(f64),
    Text(String),
    List(Vec<SavedValue>),
    Table(BTreeMap<String, SavedValue>),
}

impl SavedValue {
    /// The value, as far as it can be saved: people are saved by their id.
    pub(super) fn of(value: &Dynamic) -> Option<Self> {
        if let Some(list) = value.read_lock::<rhai::Array>() {
            return list
                .iter()
                .map(Self::of)
                .collect::<Option<_>>()
                .map(Self::List);
        }
        if let Some(map) = value.read_lock::<Map>() {
            let each = map
                .iter()
                .map(|(key, one)| Some((key.to_string(), Self::of(one)?)));
            return each.collect::<Option<_>>().map(Self::Table);
        }
        if let Some(text) = value.read_lock::<rhai::ImmutableString>() {
            return Some(Self::Text(text.to_string()));
        }
        let plain = value.as_int().map(Self::Whole);
        let plain = plain.or_else(|_| value.as_bool().map(Self::Switch));
        let plain = plain.or_else(|_| value.as_char().map(|one| Self::Text(one.to_string())));
        match plain {
            Ok(plain) => Some(plain),
            // No number that JSON can't hold.
            Err(_) => match value.as_float() {
                Ok(fraction) => fraction.is_finite().then_some(Self::Fraction(fraction)),
                Err(_) => value.is_unit().then_some(Self::Nothing),
            },
        }
    }

    pub(super) fn value(&self) -> Dynamic {
        match self {
            Self::Nothing => Dynamic::UNIT,
            Self::Switch(on) => (*on).into(),
            Self::Whole(whole) => (*whole).into(),
            Self::Fraction(fraction) => (*fraction).into(),
            Self::Text(text) => text.as_str().into(),
            Self::List(list) => Dynamic::from_array(list.iter().map(Self::value).collect()),
            Self::Table(table) => Dynamic::from_map(Self::map(table)),
        }
    }

    fn map(table: &BTreeMap<String, Self>) -> Map {
        let each = table.iter();
        each.map(|(key, one)| (key.as_str().into(), one.value()))
            .collect()
    }
}

/// What one script remembers of one thing, and by which version of its declaration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RememberedState {
    pub(super) version: u32,
    pub(super) values: BTreeMap<String, SavedValue>,
}

impl RememberedState {
    /// All of it as a map.
    pub(super) fn map(&self) -> Map {
        SavedValue::map(&self.values)
    }
}

/// What scripts remember of a character, by script; on the singleton `scripts`, what they remember of
/// themselves, and by `script@room` of a room.
#[derive(Component, Clone, Debug, Default, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct ScriptState(Arc<BTreeMap<String, Arc<RememberedState>>>);

/// Rooms that a script remembers at most.
const ROOMS_MAX: usize = 1_024;

impl ScriptState {
    /// What is remembered under a key.
    pub(super) fn get(&self, key: &str) -> Option<&RememberedState> {
        self.0.get(key).map(AsRef::as_ref)
    }

    /// Everything under keys of a script, its own first.
    pub(super) fn of<'a>(
        &'a self,
        script: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a RememberedState)> {
        let is_its = move |key: &str| {
            let rest = key.strip_prefix(script);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
        };
        let all = self.0.iter().map(|(key, one)| (key.as_str(), one.as_ref()));
        all.filter(move |(key, _)| is_its(key))
    }

    /// Remembers values; answers whether there was room.
    pub(super) fn set(&mut self, key: &str, values: RememberedState) -> bool {
        if self.0.get(key).is_some_and(|known| **known == values) {
            return true;
        }
        if self.0.len() >= ROOMS_MAX && !self.0.contains_key(key) {
            return false;
        }
        Arc::make_mut(&mut self.0).insert(key.to_owned(), Arc::new(values));
        true
    }
}

/// What may be remembered: the keys with what they begin with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Declared {
    pub(super) own: BTreeMap<String, SavedValue>,
    pub(super) room: BTreeMap<String, SavedValue>,
    pub(super) character: BTreeMap<String, SavedValue>,
    /// The version of these, from 1 on.
    pub(super) version: u32,
    /// The function that makes older values into these.
    pub(super) migrate: Option<String>,
}

impl Declared {
    /// Keys of each kind at most.
    pub(super) const KEYS_MAX: usize = 64;

    /// What may be remembered of the script, of a room or of a character.
    pub(super) fn keys(&self, of: &str) -> Option<&BTreeMap<String, SavedValue>> {
        Some(match of {
            "script" => &self.own,
            "room" => &self.room,
            "character" => &self.character,
            _ => return None,
        })
    }

    pub(super) fn keys_mut(&mut self, of: &str) -> Option<&mut BTreeMap<String, SavedValue>> {
        Some(match of {
            "script" => &mut self.own,
            "room" => &mut self.room,
            "character" => &mut self.character,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_value_builds_back() {
        let engine = rhai::Engine::new_raw();
        let read = |text: &str| SavedValue::of(&engine.eval::<Dynamic>(text).unwrap());
        for text in [
            "1",
            "true",
            "\"a\"",
            "1.5",
            "()",
            "[1, \"b\", [2]]",
            "#{ a: 1, b: #{ c: [] } }",
        ] {
            let saved = read(text).unwrap();
            assert_eq!(SavedValue::of(&saved.value()), Some(saved), "{text}");
        }
        assert_eq!(read("1.0 / 0.0"), None);
    }

    #[test]
    fn script_state_tells_scripts_of_like_names_apart() {
        let mut state = ScriptState::default();
        for key in ["bell", "bell@hall", "bells", "bells@hall"] {
            assert!(state.set(key, RememberedState::default()));
        }
        let keys: Vec<&str> = state.of("bell").map(|(key, _)| key).collect();
        assert_eq!(keys, ["bell", "bell@hall"]);
    }
}
