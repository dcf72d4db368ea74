//! The game: one module a plugin.
//!
//! A system can't block: this crate has no runtime, no database and no channel, and clippy
//! refuses the clocks and files of std. Modules know each other by their components and messages.

pub mod calendar;
pub mod chat;
pub mod command;
pub mod exploration;
mod game;
pub mod lucidity;
pub mod place;
pub mod presence;
pub mod sheet;
pub mod world;

pub use game::{Settings, game};
