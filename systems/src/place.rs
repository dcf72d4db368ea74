//! Places: who is where, the ways between, and looking.
//!
//! **Invariant:** `InRoom` is the only truth about where somebody is; [`Occupancy`] is its mirror,
//! kept by the same systems in the same step. Everybody else who wants somebody moved says
//! [`Relocate`].

mod look;
mod notes;
mod travel;

pub use notes::{Occupant, RoomOccupants, RoomUpdate, RoomView};

use std::sync::Arc;

use engine::port::SessionId;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::body::Posture;
use crate::chat::{Channel, Pose};
use crate::command::{Missed, resolve, verb};
use crate::mute::Hearing;
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

/// Who is in which room, in the order they came.
#[derive(Resource, Debug)]
pub struct Occupancy(Vec<Vec<Entity>>);

impl Occupancy {
    /// Everybody in a room.
    #[must_use]
    pub fn of(&self, room: RoomIx) -> &[Entity] {
        &self.0[room.index()]
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

/// Rooms, who is in them, and how to reach those.
#[derive(SystemParam)]
pub struct Rooms<'w, 's> {
    /// Every room.
    pub atlas: Res<'w, Atlas>,
    occupancy: Res<'w, Occupancy>,
    people: Query<
        'w,
        's,
        (
            &'static StableId,
            &'static Character,
            &'static Online,
            Has<Linkdead>,
            Entity,
            Option<&'static Posture>,
        ),
    >,
    poses: Query<'w, 's, &'static Pose>,
    hearing: Hearing<'w, 's>,
}

impl Rooms<'_, '_> {
    /// Everybody in a room, in the order they came.
    #[must_use]
    pub fn occupants(&self, room: RoomIx) -> &[Entity] {
        self.occupancy.of(room)
    }

    /// The sessions of everybody in a room.
    #[must_use]
    pub fn audience(&self, room: RoomIx) -> Arc<[SessionId]> {
        let occupants = self.people.iter_many(self.occupants(room)).matched();
        occupants.map(|(_, _, online, ..)| online.session).collect()
    }

    /// Somebody's session, if they are played.
    #[must_use]
    pub fn session(&self, actor: Entity) -> Option<SessionId> {
        self.people
            .get(actor)
            .ok()
            .map(|(_, _, online, ..)| online.session)
    }

    /// Everybody in a room, as clients are told who have muted nobody there.
    #[must_use]
    pub fn listing(&self, room: RoomIx) -> Vec<Occupant> {
        self.listing_for(room, None)
    }

    /// Everybody in a room, as `viewer` is told: without the poses of those whom they have muted.
    #[must_use]
    pub fn listing_for(&self, room: RoomIx, viewer: Option<Entity>) -> Vec<Occupant> {
        let occupants = self.people.iter_many(self.occupants(room)).matched();
        occupants
            .map(|(id, character, _, linkdead, entity, posture)| Occupant {
                id: *id,
                name: character.name.clone(),
                linkdead,
                position: posture.copied().unwrap_or_default(),
                pose: self.pose(entity, viewer).map(str::to_owned),
            })
            .collect()
    }

    /// How somebody stands there, if that is anything to tell `viewer`.
    #[must_use]
    pub fn pose(&self, actor: Entity, viewer: Option<Entity>) -> Option<&str> {
        let pose = self.poses.get(actor).ok()?.text()?;
        let (id, character, ..) = self.people.get(actor).ok()?;
        let who = (*id, character.role);
        let hears = viewer.is_none_or(|viewer| self.hearing.hears(viewer, who, Channel::Pose));
        hears.then_some(pose)
    }

    /// Those in a room who have muted somebody whose pose the others there see.
    #[must_use]
    pub(crate) fn averted(&self, room: RoomIx) -> Vec<Entity> {
        let posing: Vec<(StableId, Role)> = self
            .people
            .iter_many(self.occupants(room))
            .matched()
            .filter(|(_, _, _, _, entity, _)| {
                self.poses
                    .get(*entity)
                    .is_ok_and(|pose| pose.text().is_some())
            })
            .map(|(id, character, ..)| (*id, character.role))
            .collect();
        let averted = |viewer: &&Entity| {
            let hears = |who: &(StableId, Role)| self.hearing.hears(**viewer, *who, Channel::Pose);
            !posing.iter().all(hears)
        };
        self.occupants(room)
            .iter()
            .filter(averted)
            .copied()
            .collect()
    }

    /// The one in `room` who is meant.
    ///
    /// # Errors
    /// When nobody there is, or more than one could be.
    pub fn find_in(&self, room: RoomIx, name: &str) -> Result<Entity, Missed> {
        let here = self.people.iter_many(self.occupants(room)).matched();
        resolve(
            name,
            here.map(|(id, character, _, _, entity, _)| (*id, character.name.as_str(), entity)),
        )
    }

    /// The same, for somebody who may call themselves `me` or `self`.
    ///
    /// # Errors
    /// As [`find_in`](Self::find_in).
    pub fn find_for(&self, who: Entity, room: RoomIx, name: &str) -> Result<Entity, Missed> {
        let own = ["me", "self", "myself"].contains(&name.to_ascii_lowercase().as_str());
        if own {
            return Ok(who);
        }
        self.find_in(room, name)
    }
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
        reg.resource(Occupancy(vec![Vec::new(); self.atlas.rooms().len()]))
            .resource(self.atlas.clone())
            .persist::<Whereabouts>("whereabouts")
            .owns::<InRoom>()
            .character::<Whereabouts>()
            .message::<Relocate>()
            .message::<Moved>()
            .note::<notes::RoomUpdate>()
            .note::<notes::RoomOccupants>()
            .note::<notes::Passing>()
            .system(
                Phase::Settle,
                (travel::leave_world, travel::enter_world, travel::relocate).chain(),
            )
            .system(Phase::Emit, (notes::tell, notes::turn).chain());
        verb::<travel::Go>(reg);
        verb::<look::Look>(reg);
        reg.system(Phase::Simulate, travel::travel)
            .system(Phase::Simulate, look::look);
    }
}
