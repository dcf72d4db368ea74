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
//! `SmallWorld`; `hour` is that of the Mythos clock, `hz` the ticks a second; `saved.Ann` is what Ann was when she left last
//! (`room`, `lucidity`, `psyche`, `dp`, `mp`, `posture`), and `commands_per_second` the limit of that name.
//!
//! `SCENES=admin cargo test --test blackbox transcripts` plays only those whose path has that in it.

mod scene;
mod script;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use engine::Seed;
use engine::port::Role;
use engine::stage::{STAGE_START, SavedRows, Stage};
use scene::Scene;
use script::{Deed, Script, Sight, Step};
use systems::Settings;
use systems::command::{Entry, Verbs};

use crate::harness::shipped;

#[test]
fn every_transcript_plays_as_written() {
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

#[test]
fn scenes_type_every_verb_and_show_every_event() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let (mut typed, mut sent) = (BTreeSet::new(), BTreeSet::new());
    for file in files_below(&folder) {
        let text = std::fs::read_to_string(&file).unwrap();
        let script =
            Script::read(&text).unwrap_or_else(|fault| panic!("{}:{fault}", file.display()));
        for (_, step) in script.steps {
            match step {
                Step::Do(Deed::Type { line, .. }) => {
                    let word = line.split_whitespace().next().unwrap_or_default();
                    typed.insert(word.trim_start_matches('/').to_lowercase());
                }
                Step::See(_, Sight::Event { event_type, .. }) => {
                    sent.insert(event_type);
                }
                _ => {}
            }
        }
    }
    let game = systems::game(shipped(), Settings::default());
    let mut stage = Stage::restored(game, Seed(1), SavedRows::new(), STAGE_START).unwrap();
    let verbs = stage.engine().world().resource::<Verbs>();
    let verbs: Vec<Entry> = verbs.of(Role::Admin).copied().collect();
    let untyped: Vec<_> = verbs
        .iter()
        .filter(|verb| !verb.words.iter().any(|word| typed.contains(*word)))
        .map(|verb| verb.words[0])
        .collect();
    assert!(untyped.is_empty(), "typed in no scene: {untyped:?}");
    let unwritten: Vec<_> = verbs
        .iter()
        .filter(|verb| verb.help.len() < 20 || !verb.help.ends_with('.'))
        .map(|verb| verb.words[0])
        .collect();
    assert!(
        unwritten.is_empty(),
        "without a sentence of help: {unwritten:?}"
    );
    let unsent: Vec<_> = stage
        .engine()
        .notes()
        .iter()
        .flat_map(|event| event.types)
        .filter(|event| !sent.contains(**event))
        .collect();
    assert!(unsent.is_empty(), "sent in no scene: {unsent:?}");
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
