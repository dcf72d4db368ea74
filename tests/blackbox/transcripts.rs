//! The game as scripts: every file below `tests/transcripts/` is a scene that must go as written.
//!
//! Their lines are those of [`kadath::scenes`]. The stage is the shipped world, or `world` as in
//! the harness's `SmallWorld`.
//!
//! `SCENES=admin cargo test --test blackbox transcripts` plays only those whose path has that in it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::Seed;
use engine::port::Role;
use engine::stage::{STAGE_START, SavedRows, Stage};
use kadath::scenes::{self, SceneDeed, SceneFault, SceneFile, SceneSight, SceneStep};
use systems::Settings;
use systems::command::{Entry, Verbs};

use crate::harness::{SmallWorld, data_unlike_its_schema, shipped};

#[test]
fn every_transcript_plays_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let files = files_below(&folder);
    assert!(files.len() >= 120, "only {} transcripts", files.len());
    let only = std::env::var("SCENES").unwrap_or_default();
    let wanted = files
        .iter()
        .filter(|file| file.to_string_lossy().contains(&only));
    let wanted: Vec<&PathBuf> = wanted.collect();
    // The last test of all, so that one thread alone would leave a processor idle.
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while let Some(file) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
                    let text = std::fs::read_to_string(file).unwrap();
                    let played = SceneFile::read(&text).and_then(|scene| play(&scene));
                    if let Err(fault) = played {
                        let fault = format!("{}:{fault}", name.display());
                        failed.lock().unwrap().push(fault);
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
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
            SceneFile::read(&text).unwrap_or_else(|fault| panic!("{}:{fault}", file.display()));
        for (_, step) in script.steps {
            match step {
                SceneStep::Do(SceneDeed::Type { line, .. }) => {
                    let word = line.split_whitespace().next().unwrap_or_default();
                    typed.insert(word.trim_start_matches('/').to_lowercase());
                }
                SceneStep::See(_, SceneSight::Event { event_type, .. }) => {
                    sent.insert(event_type);
                }
                _ => {}
            }
        }
    }
    let game = systems::game(shipped(), Settings::default());
    let mut stage = Stage::restored(game, Seed(1), SavedRows::new(), STAGE_START).unwrap();
    let verbs = stage.engine().world().resource::<Verbs>();
    let verbs: Vec<Entry> = verbs.of(Role::Admin).cloned().collect();
    let untyped: Vec<_> = verbs
        .iter()
        .filter(|verb| !verb.words.iter().any(|word| typed.contains(word.as_ref())))
        .map(Entry::name)
        .collect();
    assert!(untyped.is_empty(), "typed in no scene: {untyped:?}");
    let unwritten: Vec<_> = verbs
        .iter()
        .filter(|verb| verb.help.len() < 20 || !verb.help.ends_with('.'))
        .map(Entry::name)
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

/// Plays a scene on its stage; whatever is heard must be as its schema says.
fn play(scene: &SceneFile) -> Result<(), SceneFault> {
    let world = match &scene.stage.world {
        None => shipped(),
        Some(small) => {
            let small: SmallWorld =
                small.clone().try_into().map_err(|fault: toml::de::Error| {
                    let (line, message) = (1, fault.message().to_owned());
                    SceneFault { line, message }
                })?;
            systems::load(&small.sources()).unwrap_or_else(|problems| panic!("{problems:?}"))
        }
    };
    let game = |settings| systems::game(world, settings);
    let stage = scenes::set(&scene.stage, Seed(1), Settings::default(), game);
    let stage = stage.unwrap_or_else(|fault| panic!("{fault}"));
    scenes::play(stage, &scene.steps, false, |event, data| {
        data_unlike_its_schema(event, data)
    })
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
