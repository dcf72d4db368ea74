//! What a plugin may write and say in a tick, and how it is turned off and on.

use engine::prelude::*;
use engine::stage::Stage;
use engine::{
    FAULTS_MAX, MESSAGES_MAX, NOTES_EACH_MAX, PluginNews, PluginPause, PluginStates, SwitchPlugin,
};

use crate::kit::{Tape, Words, named};

#[derive(Message)]
struct Chatter;

/// `crier` writes so many messages a tick, `scribe` takes down what is told of plugins.
fn square(messages: usize, tape: &Tape<String>) -> impl Plugin + use<> {
    let tape = tape.clone();
    move |reg: &mut Registrar<'_>| {
        let tape = tape.clone();
        reg.add(named("scribe", move |reg| {
            let tape = tape.clone();
            reg.system(
                Phase::Simulate,
                move |mut news: MessageReader<PluginNews>| {
                    for one in news.read() {
                        let PluginNews {
                            name,
                            faults,
                            pause,
                            lasts,
                        } = one;
                        let pause = match pause {
                            None => "back".to_owned(),
                            Some(PluginPause::UntilTurnedOn) => "off".to_owned(),
                            Some(PluginPause::Until(_)) => format!("out for {lasts:?}"),
                        };
                        tape.write(format!("{name} {faults} {pause}"));
                    }
                },
            );
        }))
        .add(named("crier", move |reg| {
            reg.message::<Chatter>()
                .system(Phase::Simulate, move |mut all: MessageWriter<Chatter>| {
                    all.write_batch((0..messages).map(|_| Chatter));
                })
                .system(Phase::Settle, |all: MessageReader<Chatter>| _ = all.len());
        }));
    }
}

#[test]
fn plugin_writing_too_much_is_left_out() {
    let tape = Tape::default();
    let mut stage = Stage::new(square(MESSAGES_MAX + 1, &tape)).unwrap();
    // The first such tick is not counted by plugin yet.
    for _ in 0..=FAULTS_MAX {
        stage.tick();
    }
    assert_eq!(stage.faults().len(), FAULTS_MAX);
    let fault = stage.faults().last().unwrap();
    assert_eq!(fault.plugin, "crier");
    assert!(fault.what.contains("250001 messages"), "{fault:?}");
    stage.tick();
    assert_eq!(tape.take(), ["crier 5 out for Some(60s)"]);
    let mut calm = Stage::new(square(MESSAGES_MAX, &tape)).unwrap();
    for _ in 0..=FAULTS_MAX {
        calm.tick();
    }
    assert_eq!(calm.faults(), []);
}

#[test]
fn notes_beyond_bound_are_not_sent() {
    let gossip = named("gossip", |reg: &mut Registrar<'_>| {
        reg.note::<Words>().system(
            Phase::Emit,
            |awake: Query<&Online>, mut out: ResMut<Outbox>| {
                for Online { session, .. } in &awake {
                    for _ in 0..NOTES_EACH_MAX + 10 {
                        out.tell_one(*session, Words("psst".to_owned()));
                    }
                }
            },
        );
    });
    let mut stage = Stage::new(gossip).unwrap();
    stage.enter("Ann");
    stage.ears("Ann");
    stage.tick();
    let heard = stage.ears("Ann").events("words").len();
    assert_eq!(heard, NOTES_EACH_MAX);
    let fault = stage.faults().last().unwrap();
    assert_eq!(fault.plugin, "gossip");
    assert!(fault.what.contains("10 notes are not sent"), "{fault:?}");
}

#[test]
fn plugin_switched_in_world_is_told_and_shown() {
    let tape = Tape::default();
    let mut stage = Stage::new(square(0, &tape)).unwrap();
    let switch = |stage: &mut Stage, on: bool| {
        let name = "crier".to_owned();
        let world = stage.engine().world();
        world.write_message(SwitchPlugin { name, on });
        stage.tick();
        stage.tick();
    };
    switch(&mut stage, false);
    assert_eq!(tape.take(), ["crier 0 off"]);
    let pause = |stage: &mut Stage| {
        let states = stage.engine().world().resource::<PluginStates>();
        let crier = states.0.iter().find(|one| one.name == "crier");
        crier.unwrap().pause
    };
    assert_eq!(pause(&mut stage), Some(PluginPause::UntilTurnedOn));
    switch(&mut stage, true);
    stage.tick();
    assert_eq!(tape.take(), ["crier 0 back"]);
    assert_eq!(pause(&mut stage), None);
}
