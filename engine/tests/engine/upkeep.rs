//! What must hold after weeks: change detection, flat buffers, an idle tick that costs nothing.

use std::hint::black_box;

use allocation_counter::measure;
use bevy_ecs::change_detection::CHECK_TICK_THRESHOLD;
use bevy_ecs::message::Messages;
use engine::Save;
use engine::prelude::*;

use crate::kit::{Backstage, Coins, Tape, bare, batch, game, input, named, values};

#[derive(Message)]
struct Tick(#[expect(dead_code, reason = "weight to be seen, if it were kept")] [u64; 8]);

/// A plugin that is there and has nothing to do.
fn trivial(name: &'static str) -> impl Plugin {
    named(name, |reg| {
        reg.message::<Tick>()
            .system(Phase::Ingest, |mut heard: MessageReader<Heard>| {
                heard.read().for_each(drop);
            })
            .system(Phase::Simulate, |all: Query<(&StableId, &Coins)>| {
                for one in &all {
                    black_box(one);
                }
            })
            .every(Duration::from_millis(250), |clock: Res<Clock>| {
                black_box(clock.now);
            })
            .system(Phase::Settle, |mut ticks: MessageReader<Tick>| {
                ticks.read().for_each(drop);
            })
            .system(
                Phase::Emit,
                |mut ticks: MessageReader<Tick>, _: ResMut<Outbox>| {
                    ticks.read().for_each(drop);
                },
            );
    })
}

#[test]
fn an_idle_tick_allocates_nothing() {
    let mut engine = bare(|reg: &mut Registrar<'_>| {
        reg.add(game);
        for n in 0..100 {
            reg.add(trivial(Box::leak(format!("trivial {n}").into_boxed_str())));
        }
    });
    for n in 0..100 {
        let id = StableId::named(&format!("thing {n}"));
        engine.world().spawn((id, Coins(n)));
    }
    let mut ms = 0;
    let mut ticks = |count: u64| {
        for _ in 0..count {
            ms += 50;
            let output = engine.tick(input(ms, 1));
            assert!(output.faults.is_empty());
            black_box((output, engine.players_online()));
        }
    };
    ticks(100);
    let spent = measure(|| ticks(1_000));
    assert_eq!((spent.count_total, spent.bytes_total), (0, 0));
}

#[test]
fn messages_leave_no_trace_over_100k_ticks() {
    let mut engine = bare(|reg: &mut Registrar<'_>| {
        reg.message::<Tick>()
            .system(Phase::Simulate, |mut ticks: MessageWriter<Tick>| {
                ticks.write_batch((0..10).map(|n| Tick([n; 8])));
            })
            .system(Phase::Settle, |mut ticks: MessageReader<Tick>| {
                ticks.read().for_each(drop);
            });
    });
    let mut ms = 0;
    let mut ticks = |count: u64| {
        for _ in 0..count {
            ms += 50;
            engine.tick(input(ms, 0));
        }
        let kept = engine.world().resource::<Messages<Tick>>().len();
        assert_eq!(kept, 0);
    };
    ticks(1_000);
    let spent = measure(|| ticks(99_000));
    assert_eq!(spent.bytes_current, 0);
}

/// Lets `n` change ticks pass, as after that many runs of systems.
fn age(world: &mut World, n: u32) {
    const AT_ONCE: u32 = 64;
    let mut left = n / AT_ONCE;
    while left > 0 {
        // Written out, because four billion rounds of a loop take a minute without optimisation.
        macro_rules! four_times {
            ($step:expr) => {{
                $step;
                $step;
                $step;
                $step;
            }};
        }
        four_times!(four_times!(four_times!(world.increment_change_tick())));
        left -= 1;
    }
    for _ in 0..n % AT_ONCE {
        world.increment_change_tick();
    }
}

#[test]
fn change_detection_survives_four_billion_system_runs() {
    let seen = Tape::default();
    let tape = seen.clone();
    let mut world = Backstage::new(move |reg: &mut Registrar<'_>| {
        reg.add(game);
        let tape = tape.clone();
        reg.add(named("yearly", move |reg| {
            let tape = tape.clone();
            reg.every(
                Duration::from_secs(10),
                move |changed: Query<&Coins, Changed<Coins>>| {
                    let mut coins: Vec<i64> = changed.iter().map(|coins| coins.0).collect();
                    coins.sort_unstable();
                    tape.write(coins);
                },
            );
        }));
    });
    let [_, early, late] = ["still", "early", "late"].map(|name| {
        let id = StableId::named(name);
        world.engine.world().spawn((id, Coins(0))).id()
    });
    let set = |world: &mut Backstage, entity, to| {
        world.engine.world().get_mut::<Coins>(entity).unwrap().0 = to;
    };
    for _ in 0..200 {
        world.tick(vec![]);
    }
    assert_eq!(seen.take(), [[0, 0, 0]]);

    // From here on storage is away: the collectors and the yearly system last ran about now.
    set(&mut world, early, 1);
    world.tick(vec![]);
    world.hold = true;
    set(&mut world, early, 2);
    let (mut left, circle) = (u32::MAX, CHECK_TICK_THRESHOLD);
    while left > circle {
        age(world.engine.world(), circle);
        world.tick(vec![]);
        left -= circle;
    }
    // One full turn of the counter in all, with a change just before its end.
    age(world.engine.world(), left - 100_000);
    set(&mut world, late, 3);
    age(world.engine.world(), 100_000);
    while seen.len() == 0 {
        assert!(matches!(world.tick(vec![]).save, Save::Busy));
    }
    // A change of before the last half turn is forgotten by `Changed` (bevy's own limit, weeks of
    // ticks), but nothing looks changed that is not, and nothing recent is missed.
    assert_eq!(
        seen.take()
            .concat()
            .iter()
            .filter(|coins| **coins == 3)
            .count(),
        1
    );
    world.hold = false;
    let saved: Vec<String> = values(&batch(world.tick(vec![])))
        .into_iter()
        .map(|value| value.2)
        .collect();
    assert_eq!(saved.len(), 2, "{saved:?}");
    assert!(
        ["2", "3"]
            .iter()
            .all(|coins| saved.iter().any(|one| one == coins))
    );
}
