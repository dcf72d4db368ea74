//! Places: who is where, the ways between, and looking.
//!
//! **Invariant:** `InRoom` is the only truth about where somebody is; [`Occupancy`] is its mirror,
//! kept by the same systems in the same step. Everybody else who wants somebody moved says
//! [`Relocate`]. Things are in rooms, too, wherever their [`Spot`] says.

mod appearance;
mod brief;
mod changes;
mod creatures;
mod details;
mod displaced;
mod floor;
mod hidden;
mod listing;
mod look;
mod lying;
mod notes;
mod nouns;
mod occupancy;
mod packages;
mod page;
mod rooms;
mod shown;
mod spots;
mod survey;
mod travel;
mod ways;

pub use appearance::{LastSpoke, Likeness, Pose, Posed, Posture, PostureTaken};
pub use brief::BriefRooms;
pub use changes::RoomOccupantsChanged;
pub use creatures::{
    Creature, CreatureLook, CreatureLooks, CreatureMoved, CreatureNames, DespawnCreature, Npc,
    SpawnCreature, VacateRoom,
};
pub use details::{Details, LookedAt, RoomDetail};
pub use displaced::Displaced;
pub(crate) use displaced::carry_talk;
pub use hidden::{DoorView, DoorViews, FoundWays, HiddenWays, SeenWays};
pub use listing::{LISTED_MAX, Listing, Occupant};
pub use lying::{
    Appeared, Drops, Label, LookedAtThing, LookedIn, Quantity, RoomDrop, Sort, SortWords, Spot,
    StandingThing, Unlisted, Vanished,
};
pub use notes::{RoomDrops, RoomOccupants, RoomUpdate, RoomView};
pub use nouns::{Candidate, Noun, Portion};
pub use occupancy::Occupancy;
pub(crate) use packages::{laid, passed};
pub use page::Page;
pub use rooms::Rooms;
pub use spots::PlayerSpot;
pub use ways::{CrossGuarded, GuardedWays};

use bevy_ecs::system::{ParamBuilder, SystemParamBuilder};
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use crate::command::{turn, verb};
use crate::describe::{self, Descriptions, Marked, Marks, Retell, RoomLines, RoomLinesTold};
use crate::world::{Atlas, Direction, Geography, RoomIx, WorldHeader};

/// The room a character is in, as it is saved: by the room's id, which outlives the atlas.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Whereabouts {
    /// The room's id; empty for somebody who was never anywhere.
    pub room: String,
}

/// The room somebody or something is in. Of characters, only those who are played are in a room.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InRoom(pub RoomIx);

/// Put somebody somewhere else: the one way in which people move.
#[derive(Message, Clone, Copy, Debug)]
pub struct Relocate {
    /// Who.
    pub actor: Entity,
    /// Where to.
    pub to: RoomIx,
    /// By which way, if by one.
    pub way: Option<Direction>,
    /// The command by which they walk, and the room that the way begins in: it is answered when it is
    /// known whether they went.
    pub walk: Option<(Order, RoomIx)>,
}

impl Relocate {
    /// Put somebody into a room, wherever they are.
    #[must_use]
    pub const fn to(actor: Entity, to: RoomIx) -> Self {
        Self {
            actor,
            to,
            way: None,
            walk: None,
        }
    }
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

/// The place plugin.
pub fn plugin(reg: &mut Registrar<'_>) {
    reg.after(
        "sheet",
        "what a client is told on arrival begins with the sheet",
    );
    reg.reads(Geography)
        .from_content::<WorldHeader>()
        .from_content::<Atlas>()
        .begun(Occupancy::derive)
        .emit_resource(changes::Changes::default())
        .transient::<changes::Changes>("changes")
        .transient::<Occupancy>("occupancy")
        .persist::<Whereabouts>("whereabouts")
        .persist::<BriefRooms>("brief_rooms")
        .transient::<InRoom>("in_room")
        .character::<Whereabouts>()
        .transient::<Marks>("marks")
        .resource(RoomLines::default())
        .transient::<RoomLines>("room_lines")
        .resource(Retell)
        .scratch::<Retell>()
        .fill(|_: &mut Descriptions| {})
        .message::<Marked>()
        .message::<RoomLinesTold>()
        .message::<shown::MarksChanged>()
        .fact::<Displaced>()
        .message::<Relocate>()
        .message::<Moved>()
        .message::<VacateRoom>()
        .message::<CreatureMoved>()
        .fact::<LookedAt>()
        .fact::<LookedAtThing>()
        .fact::<LookedIn>()
        .fact::<CrossGuarded>()
        .fact::<Appeared>()
        .fact::<Vanished>()
        .note::<notes::RoomUpdate>()
        .note::<notes::RoomOccupants>()
        .note::<notes::RoomDrops>()
        .note::<changes::RoomOccupantsChanged>()
        .note::<notes::Passing>()
        .recover(
            (
                travel::recount,
                lying::recount,
                creatures::recount,
                shown::retell,
            )
                .chain(),
        )
        .system(
            Phase::Settle,
            (
                displaced::displace,
                travel::leave_world,
                travel::enter_world,
                travel::relocate,
                creatures::relocate,
                lying::keep,
                shown::keep_marks,
                shown::keep_lines,
            )
                .chain(),
        )
        .system(
            Phase::Emit,
            (notes::tell, changes::tell, notes::turn, page::answer).chain(),
        );
    register_verbs(reg);
    displaced::carry(reg);
}

fn register_verbs(reg: &mut Registrar<'_>) {
    verb::<travel::Go>(reg);
    verb::<look::Look>(reg);
    verb::<survey::Exits>(reg);
    verb::<survey::ScanVerb>(reg);
    verb::<brief::BriefVerb>(reg);
    // Built when it first runs, after the last plugin has said what it looks at.
    let look = (
        ParamBuilder,
        ParamBuilder,
        ParamBuilder,
        ParamBuilder,
        describe::beheld(),
        ParamBuilder,
        ParamBuilder,
        ParamBuilder,
        ParamBuilder,
        ParamBuilder,
    )
        .build_system(look::look);
    reg.system(Phase::Simulate, travel::travel)
        .system(Phase::Simulate, look)
        .system(
            Phase::Simulate,
            (survey::survey, turn::<brief::BriefVerb>).chain(),
        );
}
