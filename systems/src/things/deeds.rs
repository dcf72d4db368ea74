//! What can be done with things: the messages by which others say it.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::place::ThingPlace;
use super::prototype::Slot;
use crate::place::Portion;
use crate::world::RoomIx;

/// Do something with things: the one way in which they are made, moved, changed and used up. Done in
/// the order in which it was said.
#[derive(Message, Clone, Debug)]
pub enum ThingDeed {
    /// Put things somewhere else.
    Handle(Handle),
    /// Make things out of nothing.
    Create(CreateThings),
    /// Use things up: so many of a prototype that somebody holds, wears or has in a bag.
    Destroy {
        /// Who has them.
        of: StableId,
        /// Of which prototype.
        prototype: String,
        /// How many.
        count: u32,
    },
    /// Use up so many of one stack.
    Consume {
        /// Which.
        thing: Entity,
        /// How many.
        count: u32,
    },
    /// Wear a thing out by so much.
    WearOut {
        /// Which.
        thing: Entity,
        /// By how much.
        amount: u16,
    },
    /// Set how often a thing can still be used.
    Charges {
        /// Which.
        thing: Entity,
        /// How often.
        left: u16,
    },
    /// Light it, put it out, or fill it.
    Kindle {
        /// Which.
        thing: Entity,
        /// Whether it burns from now on; `None`: as before.
        lit: Option<bool>,
        /// How much longer it burns, in seconds.
        fuel: u32,
    },
    /// It was found, and lies open from now on.
    Find {
        /// Which.
        thing: Entity,
    },
    /// It has lain there long enough: it is gone, and what was in it lies there.
    Rot {
        /// Which.
        thing: Entity,
    },
    /// Everything that somebody carries and wears becomes a corpse where they are, but for what stays
    /// with them.
    LeaveCorpse(LeaveCorpse),
    /// Open it, close it or lock it.
    Latch {
        /// Which.
        thing: Entity,
        /// How it is from now on.
        latch: Latch,
    },
}

/// Whether something can be reached into, where it can be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Latch {
    /// It stands open.
    Open,
    /// It is closed, and can be opened.
    Closed,
    /// It is locked, and takes its key.
    Locked,
    /// Nobody opens it but by effects.
    Sealed,
}

impl Latch {
    /// The state of its lock, on the wire.
    #[must_use]
    pub const fn lock_state(self) -> &'static str {
        match self {
            Self::Open | Self::Closed => "unlocked",
            Self::Locked => "locked",
            Self::Sealed => "sealed",
        }
    }
}

/// Somebody is dead, and what they had lies with them.
#[derive(Clone, Debug)]
pub struct LeaveCorpse {
    /// Whose things: those of a player, or of whatever else lives.
    pub of: StableId,
    /// What is lying there: `corpse of Ann`.
    pub name: String,
    /// Where.
    pub room: RoomIx,
    /// Who reach in from the beginning; nobody named: everybody.
    pub owners: Vec<StableId>,
    /// For how long nobody else does.
    pub grace: Duration,
    /// After how long it falls apart.
    pub decay: Duration,
    /// What is bound, or can't be let go, lies with them, too.
    pub all: bool,
}

/// From whom or what things are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The floor of the room where the actor is.
    Floor,
    /// What somebody carries.
    Hands(Entity),
    /// What somebody wears.
    Worn(Entity),
    /// Another thing.
    Inside(Entity),
}

/// Where things are to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Into somebody's hands.
    Hands(Entity),
    /// Onto the floor of a room.
    Floor(RoomIx),
    /// On the actor: there, or where it goes.
    Worn(Option<Slot>),
    /// Into another thing.
    Inside(Entity),
}

/// Put things somewhere else.
#[derive(Clone, Debug)]
pub struct Handle {
    /// The command that is answered, if it is one.
    pub order: Option<Order>,
    /// Who does it.
    pub actor: Entity,
    /// Which things and how many of each, in this order; those that can't be moved stay.
    pub things: Vec<Portion>,
    /// From where they are taken.
    pub from: Source,
    /// Where to.
    pub to: To,
}

/// Make things out of nothing. What finds no room where it is to be lies on the floor there.
#[derive(Clone, Debug)]
pub struct CreateThings {
    /// Of which prototype; of one that there is not, nothing is made.
    pub prototype: String,
    /// How many.
    pub count: u32,
    /// Where.
    pub at: ThingPlace,
    /// To whom they belong for ever.
    pub bound: Option<StableId>,
    /// They come with somebody who is not saved, and go where that is not here any more.
    pub issued: bool,
    /// Who makes them, and with which command; for the dice, and to be told.
    pub by: Option<Entity>,
    /// By which placement of the world.
    pub placed: Option<StableId>,
    /// The id of what is made, where it has one of its own.
    pub id: Option<StableId>,
}

impl CreateThings {
    /// So many of a prototype, somewhere.
    #[must_use]
    pub fn new(prototype: &str, count: u32, at: ThingPlace) -> Self {
        Self {
            prototype: prototype.to_owned(),
            count,
            at,
            bound: None,
            issued: false,
            by: None,
            placed: None,
            id: None,
        }
    }
}
