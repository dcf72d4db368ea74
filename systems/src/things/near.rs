//! What is near somebody, in the order in which it is found (game.md §1.3).

use engine::prelude::*;

use super::place::{ThingPlace, ThingView, ThingWorld};
use super::prototype::{Prototype, Slot, ThingFlag};
use crate::place::{Candidate, SortWords, Unlisted};
use crate::world::RoomIx;

/// The things near people, for whoever looks for one.
#[derive(SystemParam)]
pub struct Near<'w, 's> {
    pub(super) world: ThingWorld<'w, 's>,
    words: Res<'w, SortWords>,
}

impl Near<'_, '_> {
    fn candidate<'a>(&'a self, view: ThingView<'a>) -> Candidate<'a> {
        Candidate {
            name: view.name,
            more: self.words.of_id(view.sort),
            quantity: view.quantity,
            thing: view.entity,
        }
    }

    /// What is held by somebody or something, the oldest first.
    pub(super) fn held(&self, holder: Entity) -> Vec<ThingView<'_>> {
        let Some(id) = self.world.id(holder) else {
            return Vec::new();
        };
        let mut held: Vec<_> = self.world.held(id).collect();
        held.sort_unstable_by_key(|one| (one.thing.since, one.id));
        held
    }

    /// What somebody carries, the oldest first.
    #[must_use]
    pub fn carried(&self, who: Entity) -> Vec<Candidate<'_>> {
        let held = self.held(who).into_iter();
        let carried = held.filter(|one| matches!(one.place, Some(ThingPlace::Carried(_))));
        carried.map(|one| self.candidate(one)).collect()
    }

    /// What somebody wears, with where, in the order of the slots.
    pub(super) fn worn_views(&self, who: Entity) -> Vec<(Slot, ThingView<'_>)> {
        let held = self.held(who).into_iter();
        let worn = held.filter_map(|one| match one.place {
            Some(ThingPlace::Worn(_, slot)) => Some((slot, one)),
            _ => None,
        });
        let mut worn: Vec<_> = worn.collect();
        worn.sort_unstable_by_key(|(slot, _)| *slot);
        worn
    }

    /// What somebody wears, in the order of the slots.
    #[must_use]
    pub fn worn(&self, who: Entity) -> Vec<Candidate<'_>> {
        let worn = self.worn_views(who).into_iter();
        worn.map(|(_, one)| self.candidate(one)).collect()
    }

    /// What somebody wears on a slot.
    #[must_use]
    pub fn worn_on(&self, who: Entity, slot: Slot) -> Option<Entity> {
        let mut worn = self.worn_views(who).into_iter();
        worn.find(|(on, _)| *on == slot).map(|(_, one)| one.entity)
    }

    /// What is in a thing, the oldest first.
    #[must_use]
    pub fn inside(&self, thing: Entity) -> Vec<Candidate<'_>> {
        let held = self.held(thing).into_iter();
        held.map(|one| self.candidate(one)).collect()
    }

    /// What is seen on the floor where somebody is, what lies there longest first; what stands there
    /// comes behind.
    #[must_use]
    pub fn lying(&self, who: Entity) -> Vec<Candidate<'_>> {
        let Some(room) = self.world.room(who) else {
            return Vec::new();
        };
        let lying = self.world.lying(room);
        let lying = lying.filter(|one| one.unlisted != Some(Unlisted::Hidden));
        let mut lying: Vec<_> = lying.collect();
        lying.sort_unstable_by_key(|one| (one.unlisted.is_some(), one.thing.since, one.id));
        lying.into_iter().map(|one| self.candidate(one)).collect()
    }

    /// What is hidden in a room, in the order of ids.
    #[must_use]
    pub fn hidden(&self, room: RoomIx) -> Vec<Entity> {
        let lying = self.world.lying(room);
        let hidden = lying.filter(|one| one.unlisted == Some(Unlisted::Hidden));
        let mut hidden: Vec<_> = hidden.map(|one| (one.id, one.entity)).collect();
        hidden.sort_unstable();
        hidden.into_iter().map(|(_, one)| one).collect()
    }

    /// What somebody carries, then what they wear.
    #[must_use]
    pub fn on_person(&self, who: Entity) -> Vec<Candidate<'_>> {
        let mut all = self.carried(who);
        all.extend(self.worn(who));
        all
    }

    /// The kind that a thing is of.
    #[must_use]
    pub fn prototype(&self, thing: Entity) -> Option<&Prototype> {
        self.world.view(thing)?.prototype
    }

    /// Whether a thing that lies somewhere can be taken from there.
    #[must_use]
    pub fn is_loose(&self, thing: Entity) -> bool {
        let kind = self.prototype(thing);
        let fixed = kind.is_some_and(|kind| kind.is(ThingFlag::Fixed));
        !fixed && self.world.corpse(thing).is_none()
    }

    /// The prototype's id of a thing, and its own.
    #[must_use]
    pub fn sort(&self, thing: Entity) -> Option<(&str, StableId)> {
        let view = self.world.view(thing)?;
        Some((view.sort, view.id))
    }

    /// What a thing is called.
    #[must_use]
    pub fn name(&self, thing: Entity) -> &str {
        self.world.name(thing)
    }

    /// Whether somebody has a thing: in their hands, on them, or in a bag that they have.
    #[must_use]
    pub fn is_held_by(&self, thing: Entity, who: Entity) -> bool {
        self.world.root(thing).is_some_and(|(_, root)| root == who) && thing != who
    }

    /// How often a thing can still be used; `None`: as often as when it was new.
    #[must_use]
    pub fn charges(&self, thing: Entity) -> Option<u16> {
        self.world.view(thing)?.thing.charges
    }

    /// Whether a thing burns; `None`: it never does.
    #[must_use]
    pub fn burns(&self, thing: Entity) -> Option<bool> {
        let view = self.world.view(thing)?;
        view.prototype?.light.as_ref()?;
        Some(view.burning.is_some())
    }

    /// For how many more seconds a thing that is out would burn; `None`: as when it was new.
    #[must_use]
    pub fn fuel(&self, thing: Entity) -> Option<u32> {
        self.world.view(thing)?.thing.fuel
    }

    /// The brightest light that is in a room: what lies there, and what those have who are in it.
    #[must_use]
    pub fn brightest(&self, room: RoomIx, people: &[Entity]) -> u8 {
        let glow = |one: &ThingView<'_>| {
            let glows = u8::from(one.is(ThingFlag::Glow));
            let burns = one.burning.and_then(|_| one.prototype?.light.as_ref());
            burns.map_or(glows, |light| light.level.max(glows))
        };
        let lying = self.world.lying(room);
        let lying = lying.filter(|one| one.unlisted != Some(Unlisted::Hidden));
        let brightest = lying.map(|one| glow(&one)).max().unwrap_or(0);
        let held = people.iter().flat_map(|who| self.held(*who));
        held.map(|one| glow(&one)).max().unwrap_or(0).max(brightest)
    }

    /// Whether a thing is broken.
    #[must_use]
    pub fn is_broken(&self, thing: Entity) -> bool {
        self.world.view(thing).is_some_and(|one| one.is_broken())
    }
}
