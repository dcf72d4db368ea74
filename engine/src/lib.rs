//! The world and its pace.
//!
//! `engine` knows no game rule, no socket and no SQL. The core is one function,
//! [`Engine::tick`]; [`runner`] calls it at a fixed rate on a thread of its own, tests call it as
//! they like. [`port`] is what the other crates may see; [`prelude`] is what a designer needs.

#![forbid(unsafe_code)]

mod attach;
mod bridge;
mod character;
mod checkpoint;
mod clock;
pub mod content;
mod dice;
mod engine;
mod exchange;
mod fault;
mod guard;
mod health;
mod identity;
mod message;
mod meter;
mod newcomers;
mod orders;
mod outbox;
mod owners;
mod persist;
mod phase;
mod plugin;
pub mod port;
pub mod record;
pub mod runner;
#[cfg(feature = "stage")]
pub mod stage;
mod unsaved;
mod violations;

pub use attach::{
    Arrived, Arrives, Asked, Departed, Dismiss, DraftTold, DraftWished, Excluded, Grant, Halt,
    LinkLost, Linkdead, Online, OrderUnheeded, Received, RoleChanged, SetApart, SetBan,
};
pub use bridge::{Bridge, Bridged};
pub use character::Character;
pub use clock::{CATCH_UP_MAX, Clock};
pub use dice::{Dice, Seed};
pub use engine::Revised;
pub use engine::{
    Engine, MESSAGES_MAX, NOTES_EACH_MAX, PluginNews, PluginPause, PluginState, PluginStates,
    SETTLE_ROUNDS_MAX, SwitchPlugin,
};
pub use exchange::{EngineFault, PluginOrder, Save, Setup, TickInput, TickOutput};
pub use fault::{FaultReport, running};
pub use health::{FAULTS_MAX, HELD_UP, QUARANTINE};
pub use identity::{Index, NodeName};
pub use meter::{Beacon, Spent, Stopwatch, TickPart};
pub use newcomers::Newcomers;
pub use orders::{Answer, CommandRecord, Heard, Order, Orders, QUEUED_MAX, REMEMBERED};
pub use outbox::Outbox;
pub use persist::{
    Destroy, Destroyed, Holder, Holdings, LoadedEntity, Migration, Owned, Recorded, Reverted,
    StorageView,
};
pub use phase::Phase;
pub use plugin::{Border, LeftOut, Plugin, PluginOff, Registrar};
pub use unsaved::Unsaved;
pub use violations::{CallTotal, ContentCall, Violation};

/// What a plugin's file begins with.
pub mod prelude {
    pub use std::time::Duration;

    pub use bevy_ecs::prelude::*;
    pub use bevy_ecs::system::SystemParam;

    pub use crate::port::{
        Audience, Code, CommandResult, Fact, Gmcp, Ink, Leaving, Note, Prose, Published, Refusal,
        Role, StableId, WorldTime,
    };
    pub use crate::{
        Answer, Arrived, Arrives, Character, Clock, Departed, Destroy, Destroyed, Dice, Dismiss,
        Grant, Halt, Heard, Holder, Holdings, Index, LinkLost, Linkdead, Newcomers, NodeName,
        Online, Order, Outbox, Phase, Plugin, Received, Recorded, Registrar, StorageView, Unsaved,
    };
}

/// The designers' guide is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/plugins.md")]
struct Guide;
