//! Who plays where, for those who look at a world from outside.

use engine::port::SessionId;
use engine::prelude::*;

use super::InRoom;
use crate::world::Atlas;

/// Somebody who plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayerSpot {
    /// By which session.
    pub session: SessionId,
    /// The character's name.
    pub name: String,
    /// The id of the room; empty: nowhere.
    pub room: String,
}

impl PlayerSpot {
    /// Everybody who plays, in no order.
    #[must_use]
    pub fn of_all(world: &mut World) -> Vec<Self> {
        let mut people = world.query::<(&Online, &Character, Option<&InRoom>)>();
        let atlas = world.get_resource::<Atlas>();
        let room = |place: Option<&InRoom>| {
            let room = place.and_then(|InRoom(room)| Some(atlas?.room(*room)));
            room.map_or_else(String::new, |room| room.id.clone())
        };
        people
            .iter(world)
            .map(|(online, character, place)| Self {
                session: online.session,
                name: character.name.clone(),
                room: room(place),
            })
            .collect()
    }
}
