//! Places: who is where, the ways between, and looking.
//!
//! **Invariant:** `InRoom` is the only truth about where somebody is; [`Occupancy`] is its mirror,
//! kept by the same systems in the same step. Everybody else who wants somebody moved says
//! [`Relocate`].

mod changes;
mod listing;
mod look;
mod notes;
mod page;
mod rooms;
mod travel;

pub use changes::RoomOccupantsChanged;
pub use listing::{LISTED_MAX, Listing, Occupant};
pub use notes::{RoomOccupants, RoomUpdate, RoomView};
pub use page::Page;
pub use rooms::Rooms;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::verb;
use crate::world::{Atlas, Direction, RoomIx};

/// The room a character is in, as it is saved: by the room's id, which outlives the atlas.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// The room's id; empty for somebody who was never anywhere.
    pub room: String,
}

/// The room a character is in. Only those who are played are in a room.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct InRoom(pub RoomIx);

/// Who is in which room, in the order they came. Derived from [`InRoom`].
#[derive(Resource, Debug)]
pub struct Occupancy {
    rooms: Vec<Vec<Entity>>,
    /// Who is to be taken out of which room: all at once, since each time costs a look at everybody
    /// there. Scratch.
    leaving: BTreeMap<RoomIx, HashSet<Entity>>,
}

impl Occupancy {
    /// Everybody in a room.
    #[must_use]
    pub fn of(&self, room: RoomIx) -> &[Entity] {
        &self.rooms[room.index()]
    }

    /// Takes somebody out of a room, with the next [`settle`](Self::settle).
    fn take_out(&mut self, room: RoomIx, who: Entity) {
        self.leaving.entry(room).or_default().insert(who);
    }

    /// Puts somebody into a room, behind everybody else.
    fn put(&mut self, room: RoomIx, who: Entity) {
        // Who comes back has to be out first.
        if let Some(leaving) = self.leaving.get_mut(&room)
            && leaving.remove(&who)
        {
            self.rooms[room.index()].retain(|one| *one != who);
        }
        self.rooms[room.index()].push(who);
    }

    /// Takes somebody out who is no more, wherever that was.
    fn strike_out(&mut self, who: Entity) {
        for room in &mut self.rooms {
            room.retain(|one| *one != who);
        }
    }

    /// Lists just these: whoever was listed in their room keeps their place, the others come behind
    /// in the order of their ids.
    fn recount(&mut self, mut there: BTreeSet<(RoomIx, (StableId, Entity))>) {
        self.leaving.clear();
        let known: HashMap<Entity, (RoomIx, StableId)> = there
            .iter()
            .map(|(room, (id, one))| (*one, (*room, *id)))
            .collect();
        for (ix, room) in self.rooms.iter_mut().enumerate() {
            room.retain(|one| {
                known
                    .get(one)
                    .is_some_and(|(at, id)| at.index() == ix && there.remove(&(*at, (*id, *one))))
            });
        }
        for (room, (_, one)) in there {
            self.rooms[room.index()].push(one);
        }
    }

    fn settle(&mut self) {
        for (room, leaving) in std::mem::take(&mut self.leaving) {
            self.rooms[room.index()].retain(|one| !leaving.contains(one));
        }
    }
}

/// Put somebody somewhere else: the one way in which people move.
#[derive(Message, Clone, Copy, Debug)]
pub struct Relocate {
    /// Who.
    pub actor: Entity,
    /// Where to.
    pub to: RoomIx,
    /// By which way, if by one.
    pub way: Option<Direction>,
}

/// Somebody is somewhere else now.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Who.
    pub actor: Entity,
    /// Where they were; `None`: they came into the world.
    pub from: Option<RoomIx>,
    /// Where they are; `None`: they left the world.
    pub to: Option<RoomIx>,
    /// By which way they walked, if they walked.
    pub way: Option<Direction>,
}

/// The place plugin over an atlas.
pub fn plugin(atlas: Atlas) -> impl Plugin {
    PlacePlugin { atlas }
}

struct PlacePlugin {
    atlas: Atlas,
}

impl Plugin for PlacePlugin {
    fn name(&self) -> &'static str {
        "place"
    }

    fn build(&self, reg: &mut Registrar<'_>) {
        let occupancy = Occupancy {
            rooms: vec![Vec::new(); self.atlas.rooms().len()],
            leaving: BTreeMap::new(),
        };
        reg.resource(occupancy)
            .resource(self.atlas.clone())
            .resource(changes::Changes::default())
            .persist::<Whereabouts>("whereabouts")
            .owns::<InRoom>()
            .character::<Whereabouts>()
            .message::<Relocate>()
            .message::<Moved>()
            .note::<notes::RoomUpdate>()
            .note::<notes::RoomOccupants>()
            .note::<changes::RoomOccupantsChanged>()
            .note::<notes::Passing>()
            .recover(travel::recount)
            .system(
                Phase::Settle,
                (travel::leave_world, travel::enter_world, travel::relocate).chain(),
            )
            .system(
                Phase::Emit,
                (notes::tell, changes::tell, notes::turn, page::answer).chain(),
            );
        verb::<travel::Go>(reg);
        verb::<look::Look>(reg);
        reg.system(Phase::Simulate, travel::travel)
            .system(Phase::Simulate, look::look);
    }
}
