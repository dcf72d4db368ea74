//! What plugins read of each room, at hand by the room's place in the atlas.

use engine::content::{Content, Section, Sections};
use engine::prelude::*;

use super::{Atlas, RoomIx};

/// What was written of each room under one key. Derived from content.
#[derive(Resource, Debug)]
pub struct RoomData<T: Send + Sync + 'static> {
    /// By room; of most, nothing was written.
    rooms: Box<[Option<T>]>,
}

impl<T: Clone + Send + Sync> RoomData<T> {
    fn of(content: &Content) -> Self {
        let sections = content.get::<Sections<T>>();
        let rooms = content.get::<Atlas>().into_iter().flat_map(Atlas::rooms);
        let rooms = rooms.map(|(_, room)| sections?.get(&room.id).cloned());
        Self {
            rooms: rooms.collect(),
        }
    }
}

impl<T: Send + Sync> RoomData<T> {
    /// What was written of a room.
    #[must_use]
    pub fn get(&self, room: RoomIx) -> Option<&T> {
        self.rooms.get(room.index())?.as_ref()
    }
}

/// Reads `key` of each room: the resource [`RoomData`].
pub fn room_data<T: Section + Clone>(reg: &mut Registrar<'_>, key: &'static str) {
    reg.section::<T>(&["room"], key).derived(RoomData::<T>::of);
}
