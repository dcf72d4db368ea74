//! The game: one module a plugin.
//!
//! A system can't block: this crate has no runtime, no database and no channel, and clippy
//! refuses the clocks and files of std. Modules know each other by their components and messages.
//!
//! **A new note** is a type with `Serialize`, `JsonSchema` and doc comments on its fields that
//! client authors will read, `impl Note`, `impl Published` with its event types and an example of
//! each (people and places of `cast`), and `reg.note::<T>()` in its plugin. Then
//! `UPDATE=1 cargo test --test blackbox -- schema golden` writes it into `docs/schema`, the
//! client's types and the golden frames: look at what has changed there, and commit it. Whatever
//! the transcripts and journeys hear is compared with its schema.

#![forbid(unsafe_code)]

pub mod afflictions;
pub mod ambient;
pub mod amount;
pub mod audit;
pub mod body;
pub mod bus;
pub mod calendar;
mod cast;
pub mod character;
pub mod chat;
pub mod combat;
pub mod command;
pub mod conditions;
pub mod corpses;
pub mod creatures;
pub mod describe;
pub mod doors;
pub mod effects;
pub mod exploration;
pub mod faces;
pub mod feedback;
pub mod fight;
pub mod flags;
mod game;
pub mod hazards;
pub mod hearing;
pub mod letters;
pub mod light;
pub mod lucidity;
pub mod mute;
pub mod place;
pub mod presence;
pub mod reactions;
pub mod revisions;
pub mod scenery;
pub mod script;
pub mod sheet;
pub mod sights;
pub mod speech;
pub mod staff;
pub mod things;
pub mod uses;
mod wall_time;
pub mod world;

pub use game::{Settings, content_types, game, load, survey};
