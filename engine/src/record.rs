//! Recordings: every tick's input with what came of it, so that any stretch can be played again.
//!
//! This module owns the format and what is compared; it reads and writes no file. The world's
//! thread hands each tick's own copies over a bounded [`RecordLane`]; all hashing and encoding is
//! the recorder's thread's work. Nobody in the world reads any of this.
//!
//! A recording is a chain of files. Each begins with a [`Header`] and a [`Checkpoint`], from which
//! its ticks can be played by itself.

mod content;
mod effects;
mod file;
mod lane;
mod replay;
mod state;
mod trace;
mod words;
mod writer;

pub use content::RecordedContent;
pub use effects::{TickEffects, TickRecord};
pub use file::{Checkpoint, Frame, Header, RecordFault, Ticks, frames};
pub use lane::{RECORD_TICKS_MAX, RECORD_WEIGHT_MAX, RecordIntake, RecordLane, Taken, record_lane};
pub use replay::{Difference, Replay};
pub use words::{json, word};
pub use writer::ChunkWriter;

pub use state::{WorldCopy, WorldState, sorted};

pub(crate) use state::{EngineState, StateType, TransientPart};
pub(crate) use trace::said_hash;
