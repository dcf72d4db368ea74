//! The game as scripts: every file below `tests/transcripts/` is a scene that must go as written.
//!
//! A file begins with what it shows, as a comment, and its stage, as TOML; then, after a line of
//! dashes, the scene:
//!
//! ```text
//! # Whoever walks sees the new room, and is seen leaving.
//! [world.sub_zones.house]
//! rooms.hall = { north = "attic" }
//! rooms.attic = { south = "hall" }
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
//! after line, are one. The stage is the shipped world, or `world` as in the harness's
//! `SmallWorld`; `hour` is that of the Mythos clock; `saved.Ann` is what Ann was when she left last
//! (`room`, `lucidity`, `psyche`, `dp`, `mp`, `posture`), and `commands_per_second` the limit of that name.
//!
//! `SCENES=admin cargo test --test blackbox transcripts` plays only those whose path has that in it.

mod scene;
mod script;

use std::path::{Path, PathBuf};

use scene::Scene;
use script::Script;

#[test]
fn every_transcript_goes_as_it_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let files = files_below(&folder);
    assert!(files.len() >= 120, "only {} transcripts", files.len());
    let only = std::env::var("SCENES").unwrap_or_default();
    let mut failed = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.to_string_lossy().contains(&only))
    {
        let name = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
        let text = std::fs::read_to_string(file).unwrap();
        let played = Script::read(&text).and_then(|script| Scene::play(&script));
        if let Err(fault) = played {
            failed.push(format!("{}:{fault}", name.display()));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {} transcripts go otherwise\n\n{}",
        failed.len(),
        files.len(),
        failed.join("\n\n")
    );
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.extension().is_some_and(|kind| kind == "txt") {
            files.push(path);
        }
    }
    files.sort();
    files
}
