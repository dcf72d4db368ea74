//! What is in rooms and no person, as it is listed and found.

use engine::prelude::*;

use super::nouns::near;
use super::{Candidate, Drops, Label, Quantity, Rooms, Sort, StandingThing, Unlisted};
use crate::world::RoomIx;

impl Rooms<'_, '_> {
    /// What is seen in a room and no person, what lies there longest first; what stands there as part
    /// of the room comes behind.
    #[must_use]
    pub fn lying(&self, room: RoomIx) -> Vec<Candidate<'_>> {
        let here = self.labels.iter_many(self.occupancy.things(room)).matched();
        let mut lying: Vec<_> = here
            .filter(|(.., unlisted)| *unlisted != Some(&Unlisted::Hidden))
            .map(|(id, label, spot, thing, quantity, sort, unlisted)| {
                let since = spot.map(|spot| spot.since);
                let candidate = self.candidate(thing, label, quantity, sort);
                ((unlisted.is_some(), since, *id), candidate)
            })
            .collect();
        lying.sort_unstable_by_key(|(order, _)| *order);
        lying.into_iter().map(|(_, thing)| thing).collect()
    }

    fn candidate<'a>(
        &'a self,
        thing: Entity,
        label: &'a Label,
        quantity: Option<&Quantity>,
        sort: Option<&Sort>,
    ) -> Candidate<'a> {
        Candidate {
            name: &label.0,
            more: self.sorts.of(sort),
            quantity: quantity.map_or(1, |quantity| quantity.0),
            thing,
        }
    }

    /// What is told of the floor of a room.
    #[must_use]
    pub fn drops(&self, room: RoomIx) -> Drops {
        if self.occupancy.things(room).is_empty() {
            return Drops::default();
        }
        if let Some(known) = self.known(|known| known.drops.get(&room).cloned()) {
            return known;
        }
        let here = self.labels.iter_many(self.occupancy.things(room)).matched();
        let mut lying: Vec<_> = here
            .filter(|(.., unlisted)| unlisted.is_none())
            .map(|(id, label, spot, _, quantity, ..)| {
                let since = spot.map(|spot| spot.since);
                let quantity = quantity.map_or(1, |quantity| quantity.0);
                ((since, *id), label.0.as_str(), quantity)
            })
            .collect();
        lying.sort_unstable_by_key(|(order, ..)| *order);
        let here = self.labels.iter_many(self.occupancy.things(room)).matched();
        let mut standing: Vec<StandingThing> = here
            .filter_map(|(id, label, .., unlisted)| StandingThing::of(*id, &label.0, *unlisted?))
            .collect();
        standing.sort_unstable_by(|one, other| {
            (&one.name, one.container_id).cmp(&(&other.name, other.container_id))
        });
        let drops = Drops::of(
            lying
                .iter()
                .map(|((_, id), name, quantity)| (*id, *name, *quantity)),
            standing,
        );
        self.known(|known| known.drops.insert(room, drops.clone()));
        drops
    }

    /// What somebody calls a thing that they hold, or that lies in the room.
    #[must_use]
    pub fn thing_near(&self, who: Entity, room: RoomIx, target: &str) -> Option<Entity> {
        let me = self.people.get(who).map(|(id, ..)| *id).ok()?;
        let held = self.holdings.of(me).filter_map(|id| self.index.get(id));
        let held = held.filter_map(|one| {
            let (_, label, _, thing, quantity, sort, _) = self.labels.get(one).ok()?;
            Some(self.candidate(thing, label, quantity, sort))
        });
        near(target, held.chain(self.lying(room)))
    }

    /// What a thing is called, if it is one.
    #[must_use]
    pub fn label(&self, thing: Entity) -> Option<&str> {
        let (_, label, ..) = self.labels.get(thing).ok()?;
        Some(&label.0)
    }

    /// Whether somebody answers those who look at things.
    pub(super) fn has_things_shown(&self) -> bool {
        self.sorts.are_shown()
    }
}
