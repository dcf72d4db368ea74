//! Who in a room is meant.

use engine::prelude::*;

use super::super::nouns::near;
use super::Rooms;
use crate::command::{Missed, means_self, resolve};
use crate::world::RoomIx;

impl Rooms<'_, '_> {
    /// The one in `room` who is meant.
    ///
    /// # Errors
    /// When nobody there is, or more than one could be.
    pub fn find_in(&self, room: RoomIx, name: &str) -> Result<Entity, Missed> {
        let here = self.people.iter_many(self.occupants(room)).matched();
        resolve(
            name,
            here.map(|(id, character, _, _, entity, ..)| (*id, character.name.as_str(), entity)),
        )
    }

    /// The same, for somebody who may call themselves `me` or `self`.
    ///
    /// # Errors
    /// As [`find_in`](Self::find_in).
    pub fn find_for(&self, who: Entity, room: RoomIx, name: &str) -> Result<Entity, Missed> {
        if means_self(name) {
            return Ok(who);
        }
        self.find_in(room, name)
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
}
