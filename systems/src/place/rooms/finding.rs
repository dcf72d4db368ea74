//! Who in a room is meant.

use engine::prelude::*;

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
}
