//! What checkpoints hold of what is saved comes from the rows that passed.

use allocation_counter::measure;
use engine::prelude::*;
use engine::record::{Checkpoint, Replay, Shadow, frames};
use engine::stage::Stage;
use serde::{Deserialize, Serialize};

use super::planted::forgetful;
use super::play::{Recorded, Script};
use super::{Frame, PLAY, TICKS, header, none, replay_from};
use crate::kit::{arrival, game, leave, named};

/// Changes at every tick; a save is worth only every hundredth.
#[derive(Component, Serialize, Deserialize, Clone, Default)]
struct Dust(u64);

fn settle(mut dust: Query<&mut Dust>) {
    for mut dust in &mut dust {
        dust.bypass_change_detection().0 += 1;
        if dust.0.is_multiple_of(100) {
            dust.set_changed();
        }
    }
}

fn dusty(reg: &mut Registrar<'_>) {
    reg.add(game).add(named("dust", |reg| {
        reg.persist::<Dust>("dust")
            .unmarked::<Dust>()
            .character::<Dust>()
            .system(Phase::Simulate, settle);
    }));
}

fn silent(reg: &mut Registrar<'_>) {
    reg.add(game).add(named("dust", |reg| {
        reg.persist::<Dust>("dust")
            .character::<Dust>()
            .system(Phase::Simulate, settle);
    }));
}

/// The first difference of a checkpoint to the world that was played up to it.
fn compared(recorded: &Recorded, plugin: impl Plugin, checkpoint: &Checkpoint) -> Option<String> {
    let mut replay = Replay::begin(&header(), Checkpoint::default(), plugin).unwrap();
    for frame in frames(&recorded.bytes).unwrap() {
        if let Frame::Ticks(ticks) = frame.unwrap() {
            replay.play(ticks, checkpoint.tick, &mut none).unwrap();
        }
    }
    let found = replay.compare(checkpoint).unwrap();
    found.map(|found| found.component)
}

#[test]
fn checkpoint_from_rows_equals_whole_copy() {
    let recorded = PLAY.record(forgetful);
    for (checkpoint, copy) in recorded.checkpoints.iter().zip(&recorded.copies) {
        let whole = Checkpoint {
            state: Some(copy.clone()),
            ..checkpoint.clone()
        };
        assert_eq!(compared(&recorded, forgetful, checkpoint), None);
        assert_eq!(compared(&recorded, forgetful, &whole), None);
    }
}

#[test]
fn change_without_mark_is_in_checkpoints() {
    let recorded = PLAY.record(dusty);
    for checkpoint in &recorded.checkpoints {
        assert_eq!(compared(&recorded, dusty, checkpoint), None);
        let replayed = replay_from(&recorded.bytes, checkpoint, dusty);
        assert_eq!(replayed, (TICKS - checkpoint.tick, None));
    }
}

#[test]
fn undeclared_change_without_mark_is_named() {
    let recorded = PLAY.record(silent);
    let found = compared(&recorded, silent, &recorded.checkpoints[1]);
    assert_eq!(found.as_deref(), Some("dust"));
}

#[test]
fn shadow_forgets_who_left_memory() {
    let one_leaves = Script {
        heard: |n| match n {
            1 => vec![arrival(1, "ann"), arrival(2, "bob")],
            100 => vec![leave(2)],
            _ => Vec::new(),
        },
        copied: &[],
        ..PLAY
    };
    let mut recorded = one_leaves.record(game);
    let (both, _) = recorded.shadow.size();
    let copy = recorded.engine.unsaved();
    recorded.shadow.complete(&copy).unwrap();
    let (one, _) = recorded.shadow.size();
    assert!(0 < one && one < both, "{one} of {both}");
    // After a gap it learns the same.
    let whole = recorded.engine.checkpoint();
    let mut learned = Shadow::default();
    learned.complete(&whole).unwrap();
    assert_eq!(learned.size().0, one);
}

/// Much to be saved of everybody.
#[derive(Component, Serialize, Deserialize, Clone)]
struct Book(String);

const BOOK_BYTES: u64 = 4_096;

impl Default for Book {
    fn default() -> Self {
        Self("x".repeat(BOOK_BYTES as usize))
    }
}

#[test]
fn checkpoint_copies_no_saved_values() {
    const READERS: u64 = 100;
    let library = named("library", |reg| {
        reg.add(game).persist::<Book>("book").character::<Book>();
    });
    let mut stage = Stage::new(library).unwrap();
    for reader in 0..READERS {
        stage.enter(&format!("reader{reader}"));
    }
    let unsaved = measure(|| drop(stage.engine().unsaved()));
    let whole = measure(|| drop(stage.engine().checkpoint()));
    assert!(whole.bytes_total > READERS * BOOK_BYTES, "{whole:?}");
    assert!(
        unsaved.bytes_total < READERS * BOOK_BYTES / 4,
        "{unsaved:?}"
    );
    assert!(
        unsaved.count_total < whole.count_total,
        "{unsaved:?} {whole:?}"
    );
}

#[test]
fn unmarked_without_persist_is_refused() {
    let plugin = named("dust", |reg| {
        reg.unmarked::<Dust>();
    });
    let fault = engine::Engine::build(engine::Setup::default(), plugin).unwrap_err();
    assert!(fault.to_string().contains("does not save it"), "{fault}");
}
