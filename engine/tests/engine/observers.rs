//! Whose an observer is: its writes and its faults are its registrar's.

use engine::prelude::*;
use engine::stage::Stage;
use engine::{Engine, EngineFault, FAULTS_MAX, Setup};

use crate::guard::check;
use crate::kit::{Tape, named};

#[derive(Component)]
struct Seat(u32);

#[derive(Resource, Default)]
struct Seen(u32);

#[derive(Message)]
struct Sat;

#[derive(Event)]
struct Bell;

/// `host` seats whoever came in each tick, `guest` watches with `observer`, in this order.
fn feast(
    tape: &Tape<u64>,
    guest: impl Fn(&mut Registrar<'_>) + Copy + Send + Sync + 'static,
) -> impl Plugin {
    let tape = tape.clone();
    move |reg: &mut Registrar<'_>| {
        let tape = tape.clone();
        reg.add(named("host", move |reg| {
            let tape = tape.clone();
            reg.scratch::<Seat>().system(
                Phase::Simulate,
                (
                    |mut commands: Commands, clock: Res<Clock>| {
                        commands.spawn(Seat(clock.tick as u32));
                    },
                    move |clock: Res<Clock>, all: Query<&Seat>| {
                        assert_eq!(all.iter().count() as u64, clock.tick);
                        assert!(all.iter().all(|one| u64::from(one.0) <= clock.tick));
                        tape.write(clock.tick);
                    },
                )
                    .chain(),
            );
        }))
        .add(named("guest", guest));
    }
}

/// The plugins left out.
fn out(stage: &mut Stage) -> Vec<&'static str> {
    let plugins = stage.engine().plugins();
    let out = stage.engine().quarantined().zip(plugins);
    out.filter_map(|(out, name)| out.then_some(name)).collect()
}

#[test]
fn observer_panic_blames_registrar_and_spares_trigger() {
    let tape = Tape::default();
    let guest = |reg: &mut Registrar<'_>| {
        reg.observer(|_: On<Insert<Seat>>| panic!("spilled"));
    };
    let mut stage = Stage::new(feast(&tape, guest)).unwrap();
    for _ in 0..FAULTS_MAX + 5 {
        stage.tick();
    }
    assert_eq!(tape.len(), FAULTS_MAX + 5, "the host goes on");
    assert_eq!(out(&mut stage), ["guest"]);
    // Left out, it is not called any more.
    assert_eq!(stage.faults().len(), FAULTS_MAX);
    for fault in stage.faults() {
        assert_eq!((fault.plugin, fault.phase), ("guest", Phase::Simulate));
        assert_eq!(fault.what, "spilled");
        assert!(fault.system.contains("observers::"), "{fault:?}");
    }
}

#[test]
fn observer_error_blames_registrar() {
    let tape = Tape::default();
    let guest = |reg: &mut Registrar<'_>| {
        reg.observer(|_: On<Add<Seat>>| -> Result { Err("burnt".into()) });
    };
    let mut stage = Stage::new(feast(&tape, guest)).unwrap();
    stage.tick();
    let [fault] = stage.faults() else {
        panic!("{:?}", stage.faults());
    };
    assert_eq!((fault.plugin, fault.what.as_str()), ("guest", "burnt"));
    assert_eq!(tape.len(), 1);
}

#[test]
fn observer_panic_under_the_engine_spares_the_world() {
    let mut stage = Stage::new(named("guest", |reg| {
        reg.observer(|_: On<Insert<Online>>| panic!("who is there?"));
    }))
    .unwrap();
    stage.enter("ann");
    assert_eq!(stage.engine().players_online(), 1);
    assert_eq!(stage.faults().len(), 1);
    assert_eq!(stage.faults()[0].plugin, "guest");
}

#[test]
fn observer_of_own_event_runs_under_own_plugin() {
    let mut stage = Stage::new(|reg: &mut Registrar<'_>| {
        reg.add(named("guest", |reg| {
            reg.resource(Seen::default())
                .scratch::<Seen>()
                .observer(|_: On<Bell>, mut seen: ResMut<Seen>| seen.0 += 1);
        }))
        .add(named("host", |reg| {
            reg.system(Phase::Simulate, |mut commands: Commands| {
                commands.trigger(Bell);
            });
        }));
    })
    .unwrap();
    stage.tick();
    assert_eq!(stage.faults(), []);
    assert_eq!(stage.engine().world().resource::<Seen>().0, 1);
}

#[test]
fn observer_that_starts_quarantined_is_not_called() {
    let tape = Tape::default();
    let setup = Setup {
        quarantined: vec!["guest".to_owned()],
        ..Setup::default()
    };
    let guest = |reg: &mut Registrar<'_>| {
        reg.observer(|_: On<Insert<Seat>>| panic!("spilled"));
    };
    let mut engine = Engine::build(setup, feast(&tape, guest)).unwrap();
    let output = engine.tick(crate::kit::input(50, 0));
    assert_eq!((output.faults.len(), tape.len()), (0, 1));
}

#[test]
fn observer_that_writes_anothers_is_refused() {
    check(
        |reg: &mut Registrar<'_>| {
            reg.add(named("host", |reg| {
                reg.scratch::<Seat>();
            }))
            .add(named("guest", |reg| {
                reg.observer(|on: On<Insert<Online>>, mut all: Query<&mut Seat>| {
                    if let Ok(mut seat) = all.get_mut(on.entity) {
                        seat.0 = 0;
                    }
                });
            }));
        },
        &[
            "plugin `guest`: observer `",
            "Seat`, which belongs to plugin `host`",
        ],
    );
}

#[test]
fn observer_that_speaks_or_commands_is_refused() {
    check(
        named("guest", |reg| {
            reg.message::<Sat>()
                .system(Phase::Settle, |mut sat: MessageReader<Sat>| {
                    sat.read().for_each(drop);
                })
                .observer(|_: On<Insert<Seat>>, mut sat: MessageWriter<Sat>| {
                    sat.write(Sat);
                });
        }),
        &["plugin `guest`: observer `", "may run in any phase"],
    );
    check(
        named("guest", |reg| {
            reg.observer(|_: On<Insert<Seat>>, mut outbox: ResMut<Outbox>| {
                outbox.set_changed();
            });
        }),
        &["plugin `guest`: observer `", "notes are made in emit"],
    );
    check(
        named("guest", |reg| {
            reg.observer(|on: On<Insert<Seat>>, mut commands: Commands| {
                commands.entity(on.entity).despawn();
            });
        }),
        &["plugin `guest`: observer `", "gives commands"],
    );
}

#[test]
fn observer_made_in_startup_is_refused() {
    let built = Engine::build(
        Setup::default(),
        named("guest", |reg| {
            reg.startup(|world| {
                world.add_observer(|_: On<Insert<Online>>| {});
            });
        }),
    );
    let Err(EngineFault::Plugins(mistakes)) = built else {
        panic!("{built:?}");
    };
    assert_eq!(
        mistakes,
        [
            "plugin `guest`, startup: adds an observer; say `reg.observer`, so that it is this plugin's"
        ]
    );
}

#[test]
fn observer_from_a_command_is_undone_and_blamed() {
    let mut stage = Stage::new(|reg: &mut Registrar<'_>| {
        reg.add(named("guest", |reg| {
            reg.system(
                Phase::Simulate,
                |clock: Res<Clock>, mut commands: Commands| {
                    if clock.tick == 1 {
                        commands.queue(|world: &mut World| {
                            world.add_observer(|_: On<Insert<Online>>| panic!("who is there?"));
                        });
                    }
                },
            );
        }));
    })
    .unwrap();
    stage.tick();
    assert_eq!(stage.faults().len(), 1);
    assert_eq!(stage.faults()[0].plugin, "guest");
    stage.enter("ann");
    assert_eq!(stage.faults().len(), 1, "it is not there any more");
}

#[test]
fn engine_observers_can_not_be_despawned() {
    let mut stage = Stage::new(|reg: &mut Registrar<'_>| {
        reg.persist::<crate::kit::Coins>("coins");
        reg.add(named("vandal", |reg| {
            reg.system(
                Phase::Ingest,
                |all: Query<Entity, With<Observer>>, mut commands: Commands| {
                    for one in &all {
                        commands.entity(one).despawn();
                    }
                },
            );
        }));
    })
    .unwrap();
    let count = |stage: &mut Stage| {
        let world = stage.engine().world();
        let mut all = world.query_filtered::<Entity, With<Observer>>();
        all.iter(world).count()
    };
    let before = count(&mut stage);
    stage.tick();
    assert!(before > 5 && count(&mut stage) == before);
    assert!(stage.faults().iter().all(|one| one.plugin == "vandal"));
}

#[test]
fn startup_panic_names_the_plugin() {
    let built = Engine::build(
        Setup::default(),
        named("careless", |reg| {
            reg.startup(|_| panic!("the map is missing"));
        }),
    );
    let Err(EngineFault::Plugins(mistakes)) = built else {
        panic!("{built:?}");
    };
    assert_eq!(
        mistakes,
        ["plugin `careless` panics in its startup: the map is missing"]
    );
}

#[test]
fn startup_command_panic_names_the_plugin() {
    let built = Engine::build(
        Setup::default(),
        named("careless", |reg| {
            reg.startup(|world| {
                world.commands().queue(|_: &mut World| panic!("no ground"));
            });
        }),
    );
    let said = built.unwrap_err().to_string();
    assert!(
        said.contains("plugin `careless`, startup: no ground"),
        "{said}"
    );
}

#[test]
fn registering_panic_names_the_plugin() {
    let built = Engine::build(
        Setup::default(),
        named("careless", |_| panic!("no name for it")),
    );
    let said = built.unwrap_err().to_string();
    let words = "plugin `careless` panics while it registers: no name for it";
    assert!(said.contains(words), "{said}");
}
