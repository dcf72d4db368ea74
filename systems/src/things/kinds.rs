//! Every kind of thing that there is: the prototypes of the files, and what stands in rooms.

use std::collections::BTreeMap;

use engine::content::{Content, Definitions, Sections};
use engine::prelude::*;

use super::containers::RoomContainers;
use super::prototype::Prototype;

/// Every kind of thing by its id. Derived.
#[derive(Resource, Clone, Debug, Default)]
pub struct ThingKinds(BTreeMap<String, Prototype>);

impl ThingKinds {
    pub(super) fn of(content: &Content) -> Self {
        let all = content.get::<Definitions<Prototype>>();
        let all = all.into_iter().flat_map(Definitions::iter);
        let mut kinds: BTreeMap<String, Prototype> =
            all.map(|(id, one)| (id.to_owned(), one.clone())).collect();
        let rooms = content.get::<Sections<RoomContainers>>();
        for (_, RoomContainers(all)) in rooms.into_iter().flat_map(Sections::iter) {
            kinds.extend(all.iter().map(|one| (one.sort(), one.kind())));
        }
        Self(kinds)
    }

    /// The kind of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Prototype> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Prototype)> {
        self.0.iter().map(|(id, one)| (id.as_str(), one))
    }
}
