//! Who is online, by name.

use std::collections::BTreeMap;
use std::ops::Bound;

use engine::prelude::*;

use crate::command::{Missed, resolve, stem};

/// Everybody who is online, by name in small letters, so that a name finds its bearer at once.
#[derive(Resource, Default, Debug)]
pub struct Roster(BTreeMap<String, Listed>);

#[derive(Debug)]
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
        let name = character.name.to_lowercase();
        if online {
            roster.0.insert(
                name,
                Listed {
                    id: *id,
                    name: character.name.clone(),
                    entity: actor,
                },
            );
        } else {
            roster.0.remove(&name);
        }
    }
}
