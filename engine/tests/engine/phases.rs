//! One tick, from the inside.

use engine::prelude::*;
use engine::stage::Stage;
use engine::{SETTLE_ROUNDS_MAX, Save};

use crate::kit::{Tape, bare, input, named};

#[test]
fn phases_and_plugins_run_in_order() {
    let tape = Tape::default();
    let says = |name: &'static str, tape: &Tape<String>| {
        let tape = tape.clone();
        named(name, move |reg| {
            // Registered backwards: the tick's order is the phases', not the registration's.
            for phase in Phase::ALL.into_iter().rev() {
                let tape = tape.clone();
                reg.system(phase, move || {
                    tape.write(format!("{name} {}", phase.word()));
                });
            }
        })
    };
    let mut stage = Stage::new(|reg: &mut Registrar<'_>| {
        reg.add(says("zither", &tape)).add(says("accordion", &tape));
    })
    .unwrap();
    stage.tick();
    assert_eq!(
        tape.read(),
        [
            "zither ingest",
            "accordion ingest",
            "zither simulate",
            "accordion simulate",
            "zither settle",
            "accordion settle",
            "zither emit",
            "accordion emit",
        ]
    );
}

#[derive(Message)]
struct Hop;

#[test]
fn message_is_heard_only_in_own_tick() {
    let (prompt, idle) = (Tape::default(), Tape::default());
    let (prompt_in, idle_in) = (prompt.clone(), idle.clone());
    let mut stage = Stage::new(move |reg: &mut Registrar<'_>| {
        let (prompt, idle) = (prompt_in.clone(), idle_in.clone());
        reg.message::<Hop>()
            .system(
                Phase::Simulate,
                |clock: Res<Clock>, mut hops: MessageWriter<Hop>| {
                    if clock.tick == 1 {
                        hops.write(Hop);
                    }
                },
            )
            .system(
                Phase::Settle,
                move |clock: Res<Clock>, mut hops: MessageReader<Hop>| {
                    for _ in hops.read() {
                        prompt.write(clock.tick);
                    }
                },
            )
            .system(
                Phase::Emit,
                move |clock: Res<Clock>, mut hops: MessageReader<Hop>| {
                    if clock.tick > 1 {
                        idle.write(hops.read().count());
                    }
                },
            );
    })
    .unwrap();
    for _ in 0..4 {
        stage.tick();
    }
    assert_eq!(prompt.read(), [1]);
    assert_eq!(idle.read(), [0, 0, 0]);
}

#[derive(Message, Clone, Copy)]
struct Ping(u32);
#[derive(Message, Clone, Copy)]
struct Pong(u32);

/// Two plugins that answer each other until `last`: two answers a round, because the left one
/// stands before the right one and hears it only in the next round.
fn rally(last: u32, tape: &Tape<(u64, u32)>) -> impl Plugin {
    let tape = tape.clone();
    named("rally", move |reg| {
        reg.message::<Ping>().message::<Pong>().system(
            Phase::Simulate,
            |mut pings: MessageWriter<Ping>| {
                pings.write(Ping(0));
            },
        );
        reg.add(named("left", move |reg| {
            reg.system(
                Phase::Settle,
                move |mut pongs: MessageReader<Pong>, mut pings: MessageWriter<Ping>| {
                    pings.write_batch(pongs.read().filter(|n| n.0 < last).map(|n| Ping(n.0 + 1)));
                },
            );
        }));
        let tape = tape.clone();
        reg.add(named("right", move |reg| {
            let tape = tape.clone();
            reg.system(
                Phase::Settle,
                move |clock: Res<Clock>,
                      mut pings: MessageReader<Ping>,
                      mut pongs: MessageWriter<Pong>| {
                    for Ping(n) in pings.read().copied().filter(|ping| ping.0 < last) {
                        tape.write((clock.tick, n));
                        pongs.write(Pong(n + 1));
                    }
                },
            );
        }));
    })
}

#[test]
fn settle_goes_round_until_every_message_is_read() {
    let tape = Tape::default();
    let mut stage = Stage::new(rally(12, &tape)).unwrap();
    stage.tick();
    let pings = [0, 2, 4, 6, 8, 10].map(|n| (1, n));
    assert_eq!(tape.read(), pings);
    assert_eq!(stage.faults(), []);
}

#[test]
fn endless_settle_is_cut_and_counted() {
    let tape = Tape::default();
    let mut stage = Stage::new(rally(u32::MAX, &tape)).unwrap();
    stage.tick();
    assert_eq!(tape.len(), SETTLE_ROUNDS_MAX);
    let [left, right] = stage.faults() else {
        panic!("{:?}", stage.faults());
    };
    assert_eq!((left.plugin, left.phase), ("left", Phase::Settle));
    assert_eq!((right.plugin, right.phase), ("right", Phase::Settle));
    for fault in [left, right] {
        assert!(fault.system.contains("phases::rally"), "{fault:?}");
        for words in [
            "after 8 rounds",
            "`left` writes `engine::phases::Ping`",
            "`right` writes `engine::phases::Pong`",
        ] {
            assert!(fault.what.contains(words), "{fault:?}");
        }
    }
    stage.tick();
    assert_eq!(tape.len(), 2 * SETTLE_ROUNDS_MAX, "the world goes on");
}

#[test]
fn settle_overflow_leaves_plugins_out_like_panics() {
    let tape = Tape::default();
    let mut stage = Stage::new(rally(u32::MAX, &tape)).unwrap();
    for _ in 0..engine::FAULTS_MAX {
        stage.tick();
    }
    let plugins = stage.engine().plugins();
    let out: Vec<&str> = {
        let out = stage.engine().quarantined().zip(plugins);
        out.filter_map(|(out, name)| out.then_some(name)).collect()
    };
    assert_eq!(out, ["left", "right"]);
    let rounds = tape.take().len();
    stage.tick();
    assert_eq!((tape.len(), rounds), (0, 5 * SETTLE_ROUNDS_MAX));
}

#[test]
fn world_time_never_goes_back() {
    let tape = Tape::default();
    let writes = tape.clone();
    let mut engine = bare(move |reg: &mut Registrar<'_>| {
        let tape = writes.clone();
        reg.system(Phase::Ingest, move |clock: Res<Clock>| {
            tape.write((clock.now.millis(), clock.dt.as_millis()));
        });
    });
    for ms in [50, 40, 40, 150] {
        engine.tick(input(ms, 0));
    }
    let start = engine::stage::STAGE_START.millis();
    assert_eq!(
        tape.read(),
        [(50, 50), (50, 0), (50, 0), (150, 100)].map(|(now, dt)| (start + now, dt))
    );
}

#[test]
fn last_tick_hands_over_even_empty_batch() {
    let mut engine = bare(|_: &mut Registrar<'_>| {});
    assert!(matches!(engine.tick(input(50, 0)).save, Save::Clean));
    let mut last = input(100, 0);
    last.stopping = true;
    assert!(matches!(engine.tick(last).save, Save::Batch(batch) if batch.last));
}
