//! Scenes: what happens in a world and what is heard of it, written down and played on the stage.
//!
//! `kadath test` plays a world's own; the repository's tests play `tests/transcripts`. A file begins
//! with what it shows, as a comment, and its stage, as TOML; then, after a line of dashes, the
//! scene:
//!
//! ```text
//! # Whoever walks sees the new room, and is seen leaving.
//! hour = 21
//! ---
//! + Ann
//! + Bob
//! > Ann: north
//! < Ann: Attic
//! < Bob: Ann leaves north.
//! ```
//!
//! | line | means |
//! |---|---|
//! | `+ Ann`, `+ Ann (admin)`, `- Ann` | comes into the world, leaves it |
//! | `cut Ann`, `back Ann` | loses the connection, has it again |
//! | `> Ann: look`, `15> Ann: look` | types a line, or the same so many times; a tick each |
//! | `wait 6.25s` | time passes |
//! | `< Ann: words` | reads a line with these words in it, after those expected before |
//! | `! Ann: code: words` | is refused with that code and these words |
//! | `* Ann: event {"key": value}` | is sent that event with these values, after those before |
//! | `~ Ann: words` | reads no line with these words in it; `~ Ann` alone: reads nothing |
//! | `= Ann: lucidity 99` | so it is now; also `tier`, `liabilities`, `room`, `residual`, `minutes`, `dp`, `mp`, `magic`, `posture`, `experience` |
//!
//! What is expected is what was heard since the last thing that happened; several of a kind, line
//! after line, are one. Of the stage, `hour` is that of the Mythos clock, `hz` the ticks a second;
//! `saved.Ann` is what Ann was when she left last (`room`, `lucidity`, `psyche`, `dp`, `mp`,
//! `posture`), and `commands_per_second` the limit of that name.

mod file;
mod play;

pub use file::{SavedBefore, SceneDeed, SceneFault, SceneFile, SceneSight, SceneStage, SceneStep};
pub use play::{NoteCheck, play, set};
