//! Exploration: which rooms a character has been in, and the map of them.
//!
//! **Invariant:** a room is explored by being there, once and for ever. It is kept by its id, so
//! that a room the world loses for a while is not forgotten; only the map leaves it out.

mod map;
mod notes;
mod pages;

pub use notes::{ExploredMap, MapRoom};

use std::collections::BTreeSet;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::verb;
use crate::place::{InRoom, Moved};
use crate::world::{Atlas, RoomIx, RoomMap};

/// The exploration plugin. Runs after `place`.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after("place", "a room is explored by being there");
    reg.persist::<Explored>("explored")
        .character::<Explored>()
        .message::<Discovered>()
        .note::<notes::MapRoom>()
        .note::<notes::ExploredMap>()
        .command_result::<map::MapView>()
        .recover((mark_here, pages::go_on).chain())
        .system(Phase::Settle, mark)
        .emit_resource(pages::Unfolding::default())
        .transient::<pages::Unfolding>("unfolding")
        .carried(|unfolding: &mut pages::Unfolding, carryover| {
            unfolding.carry(&carryover.map::<RoomMap>());
            true
        })
        .system(Phase::Emit, pages::tell);
    verb::<map::Map>(reg);
    reg.system(Phase::Simulate, map::map);
}

/// The rooms a character has been in, by id.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct Explored(BTreeSet<String>);

impl Explored {
    /// Whether the character has been in the room of this id.
    #[must_use]
    pub fn has(&self, room: &str) -> bool {
        self.0.contains(room)
    }

    /// The rooms that the world still has, by id.
    pub fn rooms<'a>(&'a self, atlas: &'a Atlas) -> impl Iterator<Item = RoomIx> + 'a {
        self.0.iter().filter_map(|room| atlas.find(room))
    }
}

/// A character is in a room for the first time.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// Who.
    pub actor: Entity,
    /// Which room.
    pub room: RoomIx,
}

/// What rooms are explored with.
#[derive(SystemParam)]
struct Scouts<'w, 's> {
    explorers: Query<'w, 's, &'static mut Explored>,
    atlas: Res<'w, Atlas>,
    discovered: MessageWriter<'w, Discovered>,
}

impl Scouts<'_, '_> {
    fn mark(&mut self, actor: Entity, room: RoomIx) {
        let Ok(mut explored) = self.explorers.get_mut(actor) else {
            return;
        };
        let id = &self.atlas.room(room).id;
        // Asked first, because writing would save the whole set with every step.
        if !explored.has(id) {
            explored.0.insert(id.clone());
            self.discovered.write(Discovered { actor, room });
        }
    }
}

/// Marks the rooms that people come into.
fn mark(mut moves: MessageReader<Moved>, mut scouts: Scouts<'_, '_>) {
    for Moved { actor, to, .. } in moves.read() {
        if let Some(room) = to {
            scouts.mark(*actor, *room);
        }
    }
}

/// Marks the rooms that people have come into unmarked. Those that they only went through are not
/// known any more.
fn mark_here(places: Query<(&StableId, Entity, &InRoom)>, mut scouts: Scouts<'_, '_>) {
    let mut places: Vec<_> = places
        .iter()
        .map(|(id, one, room)| (*id, one, room.0))
        .collect();
    places.sort_unstable();
    for (_, actor, room) in places {
        scouts.mark(actor, room);
    }
}
