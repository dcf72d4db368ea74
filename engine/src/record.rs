//! Recordings: every tick's input with what came of it, so that any stretch can be played again.
//!
//! This module owns the format and what is compared; it reads and writes no file. The world's
//! thread hands each tick's own copies over a bounded [`RecordLane`]; all hashing and encoding is
//! the recorder's thread's work. Nobody in the world reads any of this.
//!
//! A recording is a chain of files. Each begins with a [`RecordingHeader`] and a [`Checkpoint`], from which
//! its ticks can be played by itself.

mod content;
mod effects;
mod file;
mod inputs;
mod lane;
mod replay;
mod shadow;
mod trace;
mod words;
mod writer;

pub use content::RecordedContent;
pub use effects::{TickEffects, TickRecord};
pub use file::{Checkpoint, Frame, RecordFault, RecordingHeader, Ticks, frames};
pub use inputs::RecordedTick;
pub use lane::{
    LaneItem, RECORD_TICKS_MAX, RECORD_WEIGHT_MAX, RecordIntake, RecordLane, record_lane,
};
pub use replay::{Contents, Difference, Replay};
pub use shadow::Shadow;
pub use words::{json, word};
pub use writer::ChunkWriter;

pub use crate::checkpoint::{StateFault, WorldCopy, WorldState, sorted};
