//! Who is online, by name.

use std::collections::BTreeMap;

use engine::prelude::*;

/// Everybody who is online, by name in small letters, so that a name finds its bearer at once.
#[derive(Resource, Default, Debug)]
pub struct Roster(BTreeMap<String, Entity>);

impl Roster {
    /// The one online who is called so, in any case.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Entity> {
        self.0.get(&name.to_lowercase()).copied()
    }

    /// Everybody online, by name.
    pub fn everybody(&self) -> impl ExactSizeIterator<Item = Entity> + '_ {
        self.0.values().copied()
    }
}

/// Keeps the roster.
pub(super) fn keep(
    mut arrived: MessageReader<Arrived>,
    mut departed: MessageReader<Departed>,
    people: Query<(&Character, Has<Online>)>,
    mut roster: ResMut<Roster>,
) {
    // Somebody who left and came back within a tick is in both; whether they are online decides.
    for actor in departed
        .read()
        .map(|one| one.actor)
        .chain(arrived.read().map(|one| one.actor))
    {
        let Ok((character, online)) = people.get(actor) else {
            continue;
        };
        let name = character.name.to_lowercase();
        if online {
            roster.0.insert(name, actor);
        } else {
            roster.0.remove(&name);
        }
    }
}
