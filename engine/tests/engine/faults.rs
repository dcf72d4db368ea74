//! A plugin that breaks hurts only itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::prelude::*;
use engine::stage::Stage;
use engine::{Engine, FAULTS_MAX, Setup};

use crate::kit::{Tape, bare, input, named};

#[derive(Component)]
struct Mark;

#[derive(Debug, thiserror::Error)]
#[error("the ink has dried")]
struct Dry;

fn panics() {
    panic!("a page is missing");
}

fn fails() -> Result {
    Err(Dry)?;
    Ok(())
}

fn marks_the_dead(mut commands: Commands) {
    let dead = commands.spawn_empty().id();
    commands.entity(dead).despawn();
    commands.entity(dead).insert(Mark);
}

/// `scribe` runs `broken` in Simulate between two sound systems, `sexton` stands behind it.
fn library<M>(
    broken: impl IntoSystem<(), (), M> + Copy + Send + Sync + 'static,
    tape: &Tape<&'static str>,
) -> impl Plugin {
    let tape = tape.clone();
    move |reg: &mut Registrar<'_>| {
        let say = |word: &'static str| {
            let tape = tape.clone();
            move || tape.write(word)
        };
        let (before, after, settle) = (say("before"), say("after"), say("settle"));
        reg.add(named("scribe", move |reg| {
            reg.system(
                Phase::Simulate,
                (before.clone(), broken, after.clone()).chain(),
            )
            .system(Phase::Settle, settle.clone());
        }));
        let sexton = say("sexton");
        reg.add(named("sexton", move |reg| {
            reg.system(Phase::Simulate, sexton.clone());
        }));
    }
}

fn check<M>(
    broken: impl IntoSystem<(), (), M> + Copy + Send + Sync + 'static,
    system: &str,
    what: &str,
) {
    let tape = Tape::default();
    let mut stage = Stage::new(library(broken, &tape)).unwrap();
    stage.tick();
    // What had already run stays; the rest of the plugin is left out of this tick, nobody else is.
    assert_eq!(tape.take(), ["before", "sexton"]);
    let [fault] = stage.faults() else {
        panic!("{:?}", stage.faults());
    };
    assert_eq!((fault.plugin, fault.phase), ("scribe", Phase::Simulate));
    assert!(fault.system.contains(system), "{fault:?}");
    assert!(fault.what.contains(what), "{fault:?}");
    stage.tick();
    assert_eq!(
        tape.take(),
        ["before", "sexton"],
        "the next tick tries again"
    );
}

#[test]
fn plugin_panic_is_contained_and_named() {
    check(panics, "faults::panics", "a page is missing");
}

#[test]
fn plugin_error_is_contained_and_named() {
    check(fails, "faults::fails", "the ink has dried");
}

#[test]
fn command_on_dead_entity_is_contained_and_named() {
    // bevy knows the command by then, no longer the system that queued it.
    check(marks_the_dead, "insert", "despawned");
}

#[test]
fn run_condition_panic_is_contained() {
    let tape = Tape::default();
    let sound = tape.clone();
    let mut stage = Stage::new(move |reg: &mut Registrar<'_>| {
        reg.add(named("doubter", |reg| {
            let doubt = || -> bool { panic!("is it so?") };
            reg.system(Phase::Simulate, (|| {}).run_if(doubt));
        }));
        let sound = sound.clone();
        reg.add(named("believer", move |reg| {
            let sound = sound.clone();
            reg.system(Phase::Simulate, move || sound.write(()));
        }));
    })
    .unwrap();
    stage.tick();
    assert_eq!(tape.len(), 1);
    assert_eq!(stage.faults()[0].plugin, "doubter");
}

#[test]
fn fault_ends_cadence_catch_up() {
    let tape = Tape::default();
    let runs = tape.clone();
    let mut engine = bare(move |reg: &mut Registrar<'_>| {
        let runs = runs.clone();
        reg.every(Duration::from_millis(100), move || {
            runs.write(());
            panic!("cracked");
        });
    });
    let output = engine.tick(input(450, 0));
    assert_eq!((tape.len(), output.faults.len()), (1, 1));
}

/// A plugin that breaks while the switch is on, at 1 Hz; answers how often it ran.
fn fragile() -> (Stage, Arc<AtomicBool>, Tape<()>) {
    let (broken, runs) = (Arc::new(AtomicBool::new(false)), Tape::default());
    let (switch, tape) = (Arc::clone(&broken), runs.clone());
    let stage = Stage::new(named("vase", move |reg| {
        let (switch, tape) = (Arc::clone(&switch), tape.clone());
        reg.system(Phase::Simulate, move || {
            tape.write(());
            assert!(!switch.load(Ordering::Relaxed), "cracked");
        });
    }));
    (stage.unwrap().at_hz(1), broken, runs)
}

fn quarantined(stage: &mut Stage) -> bool {
    stage.engine().quarantined().any(|out| out)
}

#[test]
fn fifth_fault_in_minute_quarantines_for_minute() {
    let (mut stage, broken, runs) = fragile();
    broken.store(true, Ordering::Relaxed);
    stage.pass(Duration::from_secs(4));
    assert!(!quarantined(&mut stage));
    stage.tick();
    assert!(quarantined(&mut stage));
    assert_eq!((runs.take().len(), stage.faults().len()), (FAULTS_MAX, 5));

    broken.store(false, Ordering::Relaxed);
    stage.pass(Duration::from_secs(59));
    assert_eq!((runs.len(), quarantined(&mut stage)), (0, true));
    stage.tick();
    assert_eq!((runs.len(), quarantined(&mut stage)), (1, false));

    // Old faults are forgiven: it takes five new ones.
    broken.store(true, Ordering::Relaxed);
    stage.pass(Duration::from_secs(4));
    assert!(!quarantined(&mut stage));
}

#[test]
fn sparse_faults_cause_no_quarantine() {
    let (mut stage, broken, _) = fragile();
    for _ in 0..20 {
        broken.store(true, Ordering::Relaxed);
        stage.tick();
        broken.store(false, Ordering::Relaxed);
        stage.pass(Duration::from_secs(19));
    }
    assert_eq!(stage.faults().len(), 20);
    assert!(!quarantined(&mut stage));
}

#[test]
fn plugin_that_stopped_world_starts_in_quarantine() {
    let runs = Tape::default();
    let tape = runs.clone();
    let setup = Setup {
        quarantined: vec!["loop".to_owned()],
        ..Setup::default()
    };
    let plugin = named("loop", move |reg| {
        let tape = tape.clone();
        reg.system(Phase::Simulate, move || tape.write(()));
    });
    let mut engine = Engine::build(setup, plugin).unwrap();
    for minute in 0..10 {
        engine.tick(input(minute * 60_000, 0));
    }
    assert_eq!(runs.len(), 0);
}

#[derive(Message)]
struct Knock;

#[test]
fn plugin_after_fault_hears_no_old_messages() {
    let heard = Tape::default();
    let tape = heard.clone();
    let mut stage = Stage::new(move |reg: &mut Registrar<'_>| {
        reg.message::<Knock>()
            .system(Phase::Ingest, |mut knocks: MessageWriter<Knock>| {
                knocks.write(Knock);
            });
        let tape = tape.clone();
        reg.add(named("porter", move |reg| {
            let tape = tape.clone();
            reg.system(
                Phase::Simulate,
                move |clock: Res<Clock>, mut knocks: MessageReader<Knock>| {
                    assert!(clock.tick != 1, "asleep");
                    tape.write((clock.tick, knocks.read().count()));
                },
            );
        }));
    })
    .unwrap();
    stage.tick();
    stage.tick();
    assert_eq!(heard.read(), [(2, 1)]);
}

/// A durable value that can't be copied for a save.
#[derive(Component, serde::Serialize, serde::Deserialize)]
struct Brittle;

impl Clone for Brittle {
    fn clone(&self) -> Self {
        panic!("it crumbles");
    }
}

#[test]
fn engine_work_fault_blames_no_plugin() {
    let ticks = Tape::default();
    let tape = ticks.clone();
    let mut stage = Stage::new(move |reg: &mut Registrar<'_>| {
        reg.persist::<Brittle>("brittle")
            .startup(|world| _ = world.spawn((StableId::named("vase"), Brittle)));
        let tape = tape.clone();
        reg.add(named("scribe", move |reg| {
            let tape = tape.clone();
            reg.system(Phase::Ingest, move |clock: Res<Clock>| {
                tape.write(clock.tick);
            });
        }));
    })
    .unwrap();
    stage.enter("ann");
    stage.tick();
    // What could not be copied stays dirty and is tried again each tick.
    assert_eq!(stage.faults().len(), 3, "{:?}", stage.faults());
    for fault in stage.faults() {
        assert_eq!(fault.plugin, "engine");
        assert!(fault.what.contains("it crumbles"), "{fault:?}");
    }
    assert_eq!(ticks.read(), [1, 2, 3]);
}
