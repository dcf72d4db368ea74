//! Who is online, by name.

use std::collections::BTreeMap;
use std::ops::Bound;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::{Missed, resolve, stem};

/// Everybody who is online, by name in small letters, so that a name finds its bearer at once.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub struct Roster(BTreeMap<String, Listed>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Listed {
    id: StableId,
    name: String,
    entity: Entity,
}

impl Roster {
    /// The one online who is called so, in any case.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Entity> {
        self.0.get(&name.to_lowercase()).map(|one| one.entity)
    }

    /// The one online who is meant by a name, the beginning of one, or an ordinal (`an-2`).
    ///
    /// # Errors
    /// When nobody is, or more than one could be.
    pub fn meant(&self, name: &str) -> Result<Entity, Missed> {
        if let Some(entity) = self.find(name.trim()) {
            return Ok(entity);
        }
        let stem = stem(name);
        if stem.is_empty() {
            return Err(Missed::nobody(name));
        }
        let from = (Bound::Included(stem.as_str()), Bound::Unbounded);
        let begun = self.0.range::<str, _>(from);
        let begun = begun.take_while(|(known, _)| known.starts_with(&stem));
        resolve(
            name,
            begun.map(|(_, one)| (one.id, one.name.as_str(), one.entity)),
        )
    }

    /// Everybody online, by name.
    pub fn everybody(&self) -> impl ExactSizeIterator<Item = Entity> + '_ {
        self.0.values().map(|one| one.entity)
    }
}

impl Roster {
    fn list(&mut self, id: StableId, character: &Character, entity: Entity) {
        let name = character.name.clone();
        let one = Listed { id, name, entity };
        self.0.insert(character.name.to_lowercase(), one);
    }
}

/// Makes the roster anew: who came and went was not heard.
pub(super) fn recount(
    people: Query<(&StableId, &Character, Entity), With<Online>>,
    mut roster: ResMut<Roster>,
) {
    roster.0.clear();
    for (id, character, entity) in &people {
        roster.list(*id, character, entity);
    }
}

/// Keeps the roster.
pub(super) fn keep(
    mut arrived: MessageReader<Arrived>,
    mut departed: MessageReader<Departed>,
    people: Query<(&StableId, &Character, Has<Online>)>,
    mut roster: ResMut<Roster>,
) {
    // Somebody who left and came back within a tick is in both; whether they are online decides.
    for actor in departed
        .read()
        .map(|one| one.actor)
        .chain(arrived.read().map(|one| one.actor))
    {
        let Ok((id, character, online)) = people.get(actor) else {
            // Taken out of the world without a word.
            roster.0.retain(|_, one| one.entity != actor);
            continue;
        };
        if online {
            roster.list(*id, character, actor);
        } else {
            roster.0.remove(&character.name.to_lowercase());
        }
    }
}
