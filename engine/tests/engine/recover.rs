//! A plugin that was left out finds the world right.

use engine::prelude::*;
use engine::stage::Stage;

use crate::guard::check;
use crate::kit::{Tape, named};

/// `porter` recovers, hears who comes in Ingest and looks for newcomers in Emit; says so in order.
fn porter(tape: &Tape<(u64, &'static str)>) -> Stage {
    let tape = tape.clone();
    let plugin = named("porter", move |reg| {
        let said = |word: &'static str| {
            let tape = tape.clone();
            move |clock: Res<Clock>| tape.write((clock.tick, word))
        };
        let tape = tape.clone();
        // Registered last, it runs first all the same.
        reg.system(Phase::Ingest, said("ingest"))
            .recover(said("recovers"))
            .recover(said("recovers again"))
            .system(
                Phase::Emit,
                move |clock: Res<Clock>, mut newcomers: Newcomers, people: Query<&Character>| {
                    for (_, actor) in newcomers.read() {
                        assert!(people.contains(actor));
                        tape.write((clock.tick, "newcomer"));
                    }
                },
            );
    });
    Stage::new(plugin).unwrap().at_hz(1)
}

#[test]
fn recovery_runs_first_and_only_after_broken_tick() {
    let tape = Tape::default();
    let mut stage = porter(&tape);
    stage.tick();
    stage.tick_breaking(&["porter"], Phase::Emit);
    stage.tick();
    stage.tick();
    let recovers = [(3, "recovers"), (3, "recovers again")];
    let ingest = |tick| (tick, "ingest");
    let mut expected = vec![ingest(1), ingest(2)];
    expected.extend(recovers);
    expected.extend([ingest(3), ingest(4)]);
    assert_eq!(tape.read(), expected);
}

#[test]
fn recovery_comes_once_after_a_quarantine() {
    let tape = Tape::default();
    let mut stage = porter(&tape);
    for _ in 0..engine::FAULTS_MAX {
        stage.tick_breaking(&["porter"], Phase::Ingest);
    }
    stage.pass(Duration::from_secs(90));
    let said = tape.read();
    let first = &said[..4];
    let words: Vec<&str> = first.iter().map(|(_, word)| *word).collect();
    assert_eq!(words, ["recovers", "recovers again", "ingest", "ingest"]);
    assert!(said[4..].iter().all(|(_, word)| *word == "ingest"));
    assert_eq!(stage.faults().len(), engine::FAULTS_MAX);
}

#[test]
fn broken_recovery_is_fault_and_retried() {
    let tape = Tape::default();
    let said = tape.clone();
    let mut stage = Stage::new(named("healer", move |reg| {
        let said = said.clone();
        reg.recover(move |clock: Res<Clock>| {
            assert!(clock.tick != 2, "not yet");
            said.write(clock.tick);
        });
    }))
    .unwrap();
    stage.tick_breaking(&["healer"], Phase::Settle);
    for _ in 0..3 {
        stage.tick();
    }
    assert_eq!(tape.read(), [3]);
    let [_, fault] = stage.faults() else {
        panic!("{:?}", stage.faults());
    };
    assert_eq!((fault.plugin, fault.phase), ("healer", Phase::Ingest));
}

#[test]
fn newcomers_of_a_missed_minute_are_found_once() {
    let tape = Tape::default();
    let mut stage = porter(&tape);
    let newcomers = |tape: &Tape<(u64, &str)>| {
        let said = tape.take();
        said.iter().filter(|(_, word)| *word == "newcomer").count()
    };
    stage.enter("ann");
    assert_eq!(newcomers(&tape), 1);
    for _ in 0..engine::FAULTS_MAX {
        stage.tick_breaking(&["porter"], Phase::Ingest);
    }
    stage.enter("bob");
    stage.enter("cid");
    stage.enter("dee");
    stage.leaves("dee");
    // Another session of hers, and another socket of his.
    stage.enter("ann");
    stage.loses("bob");
    stage.tick();
    stage.returns("bob");
    stage.pass(Duration::from_secs(70));
    assert_eq!(newcomers(&tape), 3, "ann, bob and cid");
    // Broken before the system's turn, and behind it.
    stage.arrives("eve", Role::Player);
    stage.tick();
    stage.tick_breaking(&["porter"], Phase::Ingest);
    stage.tick();
    assert_eq!(newcomers(&tape), 1);
    stage.tick();
    stage.tick();
    assert_eq!(newcomers(&tape), 0);
}

#[derive(Message)]
struct Rang;

#[test]
fn reader_that_recovers_is_refused() {
    let plugin = named("sleeper", |reg| {
        reg.message::<Rang>()
            .recover(|mut rang: MessageReader<Rang>| rang.read().for_each(drop));
    });
    let words = [
        "plugin `sleeper`",
        "to recover, but what was missed is gone",
    ];
    check(plugin, &words);
}
