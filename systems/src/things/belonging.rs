//! How many of something somebody has, for lists of effects.

use engine::prelude::*;

use super::kinds::ThingKinds;
use super::placements::Placements;
use super::{Thing, Worn};
use crate::place::{Quantity, Sort};

type Counted = (&'static Sort, Option<&'static Quantity>, Has<Worn>);

/// What people have, by kind.
#[derive(SystemParam)]
pub struct Belonging<'w, 's> {
    things: Query<'w, 's, Counted, With<Thing>>,
    holdings: Res<'w, Holdings>,
    index: Res<'w, Index>,
    prototypes: Res<'w, ThingKinds>,
    placements: Res<'w, Placements>,
}

impl Belonging<'_, '_> {
    /// How many of a prototype somebody has: carried, worn and in bags, or only worn.
    #[must_use]
    pub fn of_sort(&self, who: StableId, sort: &str, worn: bool) -> u32 {
        self.count(who, worn, |one| one == sort)
    }

    /// How many things with a tag somebody has.
    #[must_use]
    pub fn of_tag(&self, who: StableId, tag: &str, worn: bool) -> u32 {
        self.count(who, worn, |sort| {
            let kind = self.prototypes.get(sort);
            kind.is_some_and(|kind| kind.tags.iter().any(|one| one == tag))
        })
    }

    /// The thing of an id, if there is one.
    #[must_use]
    pub fn thing(&self, id: StableId) -> Option<Entity> {
        let thing = self.index.get(id)?;
        self.things.contains(thing).then_some(thing)
    }

    /// What stands in a room under an id.
    #[must_use]
    pub fn standing(&self, id: &str) -> Option<Entity> {
        self.thing(self.placements.container(id))
    }

    /// Whether a thing is one that burns.
    #[must_use]
    pub fn can_burn(&self, thing: Entity) -> bool {
        let kind = self.things.get(thing).ok();
        let kind = kind.and_then(|(Sort(sort), ..)| self.prototypes.get(sort));
        kind.is_some_and(|kind| kind.light.is_some())
    }

    fn count(&self, who: StableId, only_worn: bool, is_meant: impl Fn(&str) -> bool) -> u32 {
        let all = match only_worn {
            true => self.holdings.of(who).collect(),
            false => self.holdings.all_of(who),
        };
        let counted = all.into_iter().filter_map(|id| {
            let (Sort(sort), quantity, worn) = self.things.get(self.index.get(id)?).ok()?;
            let counts = (worn || !only_worn) && is_meant(sort);
            counts.then(|| quantity.map_or(1, |quantity| quantity.0))
        });
        counted.fold(0, u32::saturating_add)
    }
}
