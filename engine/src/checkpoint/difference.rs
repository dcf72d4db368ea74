//! Where two states of a world differ.

use std::collections::{BTreeMap, HashMap};

use bevy_ecs::entity::Entity;

use super::{StateType, WorldState};
use crate::port::StableId;

impl WorldState {
    /// How many values of each state are others than in `now`, or are there on one side only, by its
    /// name; of what has an id.
    #[must_use]
    pub fn differences(&self, now: &Self) -> BTreeMap<String, usize> {
        let by_id = |state: &Self| {
            let ids: HashMap<Entity, StableId> = state.entities.iter().copied().collect();
            let mut all = BTreeMap::new();
            for (name, values) in &state.parts {
                for (entity, value) in values {
                    if let Some(id) = ids.get(entity) {
                        all.insert((name.clone(), *id), value.clone());
                    }
                }
            }
            all
        };
        let (was, is) = (by_id(self), by_id(now));
        let mut differences = BTreeMap::new();
        let gone = was.iter().filter(|(key, value)| is.get(key) != Some(value));
        let come = is.iter().filter(|(key, _)| !was.contains_key(key));
        for ((name, _), _) in gone.chain(come) {
            *differences.entry(name.clone()).or_default() += 1;
        }
        differences
    }

    /// The first value that is another than in `now`: its state, its entity, and how it was and is.
    /// A row may be written otherwise than it would be now: by a database, or by an older version.
    pub(crate) fn first_difference(
        &self,
        now: &Self,
        types: &[StateType],
    ) -> Option<(String, String, String, String)> {
        let words = |bytes: Option<&Vec<u8>>| match bytes {
            None => "nothing".to_owned(),
            Some(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) if text.starts_with(['{', '[', '"']) => text.to_owned(),
                _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            },
        };
        for (name, was) in &self.parts {
            let again = types.iter().find(|one| one.name == name);
            let again = again.map(|one| one.again);
            let is = now.parts.iter().find(|(other, _)| other == name);
            let is = is.map_or(&[][..], |(_, values)| values);
            let mut entities: Vec<Entity> = was.iter().chain(is).map(|one| one.0).collect();
            entities.sort_unstable();
            for entity in entities {
                let find = |values: &[(Entity, Vec<u8>)]| {
                    let at = values.binary_search_by_key(&entity, |(one, _)| *one).ok();
                    at.map(|at| values[at].1.clone())
                };
                let (was, is) = (find(was), find(is));
                let again = |was: &Vec<u8>| again.and_then(|again| again(was));
                if was != is && was.as_ref().and_then(again) != is {
                    let id = self.entities.iter().find(|(one, _)| *one == entity);
                    let id = id.map_or_else(|| "-".to_owned(), |(_, id)| id.to_string());
                    return Some((name.clone(), id, words(was.as_ref()), words(is.as_ref())));
                }
            }
        }
        None
    }
}
