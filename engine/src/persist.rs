//! What is saved, how it is found dirty, and how it comes back.
//!
//! Change detection is the dirty list: each saved component has a collector system, run only
//! while the journal lane is free, which therefore sees each value once however often it changed.
//! **Invariant:** a batch holds everything that changed up to its tick, so one watermark speaks
//! for every tick before it.

mod collect;
mod load;
mod loss;
mod owners;
mod types;

pub(crate) use self::load::{load_entity, load_things};
pub(crate) use collect::{
    Collector, Unloading, collect_transfers, forget_entity, take_tombstones, unload,
};
pub(crate) use loss::{Losses, guard, restore, watch};
pub(crate) use owners::install as install_holdings;
pub use owners::{Holder, Holdings, Owned};
pub use types::Migration;
pub(crate) use types::{HOLDER, SavedName, SavedTypes};

use bevy_ecs::entity::Entity;
use bevy_ecs::message::Message;
use bevy_ecs::resource::Resource;
use serde::{Deserialize, Serialize};

use crate::port::{Fact, StableId};

/// A row to be appended to the audit log: written with the effects of this tick, or not at all.
#[derive(Message, Debug, Clone)]
pub struct Recorded(pub Fact);

/// Take an entity out of the world and out of every save, with all that it holds, at the end of this
/// tick. A character that is played departs first, and goes a tick later.
#[derive(Message, Debug, Clone, Copy)]
pub struct Destroy(pub Entity);

/// An entity was destroyed at the end of the tick before. What it held went with it, each with a
/// message of its own, after its holder's.
#[derive(Message, Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destroyed {
    /// What it was.
    pub entity: Entity,
    /// Its name for ever.
    pub id: StableId,
}

/// A thing is not what or where it was: it changed hands under a lease that was over, and stays what
/// the database says it is. Whoever had it here is told.
#[derive(Message, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reverted {
    /// Which thing.
    pub id: StableId,
    /// Who or what held it here.
    pub held_by: Option<StableId>,
}

/// What came into memory from saved rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadedEntity {
    /// From which of [`TickInput::stored`](crate::TickInput::stored).
    pub reply: usize,
    /// Which entity.
    pub id: StableId,
}

/// How storage stood when this tick began.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageView {
    /// Durable actions are welcome. When not, refuse them with `storage_unavailable`.
    pub accepting: bool,
    /// How many more facts can be recorded.
    pub facts_room: u32,
}
