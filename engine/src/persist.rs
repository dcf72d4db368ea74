//! What is saved, how it is found dirty, and how it comes back.
//!
//! Change detection is the dirty list: each saved component has a collector system, run only
//! while the journal lane is free, which therefore sees each value once however often it changed.
//! **Invariant:** a batch holds everything that changed up to its tick, so one watermark speaks
//! for every tick before it.

mod collect;
mod load;
mod loss;
mod types;

pub(crate) use self::load::load_entity;
pub(crate) use collect::{Collector, Unloading, forget_entity};
pub(crate) use loss::{guard, restore, watch};
pub use types::Migration;
pub(crate) use types::{SavedName, SavedTypes};

use bevy_ecs::entity::Entity;
use bevy_ecs::message::Message;
use bevy_ecs::resource::Resource;

use crate::port::Fact;

/// A row to be appended to the chronicle: written with the effects of this tick, or not at all.
#[derive(Message, Debug, Clone)]
pub struct Recorded(pub Fact);

/// Take an entity out of the world and out of every save, at the end of this tick.
#[derive(Message, Debug, Clone, Copy)]
pub struct Destroy(pub Entity);

/// How storage stood when this tick began.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageView {
    /// Durable actions are welcome. When not, refuse them with `storage_unavailable`.
    pub accepting: bool,
    /// How many more facts can be recorded.
    pub facts_room: u32,
}
