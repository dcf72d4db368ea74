//! What a plugin writes into what is another's, in the server as on the Stage.

use engine::prelude::*;
use engine::{EngineFault, FaultReport, Save};
use serde::{Deserialize, Serialize};

use crate::kit::{Backstage, named};

#[derive(Component, Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
struct Gold(u32);

/// Owned, unsaved and no `Clone`, as a handle would be.
#[derive(Component, Debug, PartialEq)]
struct Lock(u32);

#[derive(Resource, Debug, PartialEq)]
struct Rates(u32);

/// How much gold there is: kept by the bank's observers.
#[derive(Resource, Default, Debug, PartialEq)]
struct Vault(u32);

/// Nobody claims it; the bank is the first to write it.
#[derive(Component, Default, Debug, PartialEq)]
struct Seal(u32);

/// The vandal's own.
#[derive(Component)]
#[require(Gold)]
struct Loot;

#[derive(Component)]
struct Sack;

type Deed = fn(&mut Commands<'_, '_>, Entity);

fn chest() -> StableId {
    StableId::named("chest")
}

/// A bank whose chest holds 7 gold, and a vandal that does `deed` to it in the second tick.
fn scene(deed: Deed) -> Backstage {
    Backstage::new(move |reg: &mut Registrar<'_>| {
        reg.add(named("bank", |reg| {
            reg.persist::<Gold>("gold")
                .scratch::<Lock>()
                .scratch::<Seal>()
                .resource(Rates(3))
                .scratch::<Rates>()
                .resource(Vault::default())
                .scratch::<Vault>()
                .observer(
                    |on: On<Insert<Gold>>, all: Query<&Gold>, mut vault: ResMut<Vault>| {
                        vault.0 += all.get(on.entity).map_or(0, |one| one.0);
                    },
                )
                .observer(
                    |on: On<Discard<Gold>>, all: Query<&Gold>, mut vault: ResMut<Vault>| {
                        vault.0 -= all.get(on.entity).map_or(0, |one| one.0);
                    },
                )
                .system(Phase::Settle, |mut seals: Query<&mut Seal>| {
                    for mut seal in &mut seals {
                        seal.set_if_neq(Seal(5));
                    }
                })
                .startup(|world| {
                    world.spawn((chest(), Gold(7), Lock(4), Seal(5)));
                });
        }))
        .add(named("vandal", move |reg| {
            reg.scratch::<Loot>().scratch::<Sack>().system(
                Phase::Simulate,
                move |clock: Res<Clock>, index: Res<Index>, mut commands: Commands| {
                    if clock.tick == 3
                        && let Some(chest) = index.get(chest())
                    {
                        deed(&mut commands, chest);
                    }
                },
            );
        }));
    })
}

/// What became of the bank's: gold, lock, seal, rates, vault; `None`: it is gone.
fn state(world: &mut Backstage) -> [Option<u32>; 5] {
    let world = world.engine.world();
    let chest = world.resource::<Index>().get(chest()).unwrap();
    [
        world.get::<Gold>(chest).map(|one| one.0),
        world.get::<Lock>(chest).map(|one| one.0),
        world.get::<Seal>(chest).map(|one| one.0),
        world.get_resource::<Rates>().map(|one| one.0),
        world.get_resource::<Vault>().map(|one| one.0),
    ]
}

const WHOLE: [Option<u32>; 5] = [Some(7), Some(4), Some(5), Some(3), Some(7)];

/// Does it, and answers the faults of that tick after looking at the world, its save and the next
/// ticks: nothing of the bank's may have changed.
fn done(deed: Deed) -> Vec<FaultReport> {
    let mut world = scene(deed);
    world.tick(vec![]);
    world.tick(vec![]);
    assert_eq!(state(&mut world), WHOLE);
    let output = world.tick(vec![]);
    assert_eq!(state(&mut world), WHOLE);
    assert!(matches!(output.save, Save::Clean), "{:?}", output.save);
    let after = world.tick(vec![]);
    assert_eq!(after.faults, [], "the vandal goes on");
    assert!(matches!(after.save, Save::Clean), "{:?}", after.save);
    assert_eq!(state(&mut world), WHOLE);
    output.faults
}

/// Asserts that the vandal, and nobody else, is blamed in words that hold `what`.
fn check(what: &str, deed: Deed) {
    let faults = done(deed);
    let [fault] = faults.as_slice() else {
        panic!("{what}: not one fault: {faults:?}");
    };
    assert_eq!((fault.plugin, fault.phase), ("vandal", Phase::Simulate));
    assert!(fault.what.contains(what), "{fault:?}");
    assert!(
        fault.what.contains("belongs to another plugin"),
        "{fault:?}"
    );
    assert!(fault.system.contains("foreign::scene"), "{fault:?}");
}

#[test]
fn foreign_overwrite_is_refused_and_blamed() {
    check("inserts `engine::foreign::Gold`", |commands, chest| {
        commands.entity(chest).insert(Gold(1_000));
    });
    check("inserts `engine::foreign::Lock`", |commands, chest| {
        commands.entity(chest).insert(Lock(0));
    });
    check("inserts `engine::foreign::Seal`", |commands, chest| {
        commands.entity(chest).insert(Seal(0));
    });
    check("inserts `engine::foreign::Rates`", |commands, _| {
        commands.insert_resource(Rates(0));
    });
    check("inserts `engine::foreign::Gold`", |commands, chest| {
        commands.queue(move |world: &mut World| {
            world.entity_mut(chest).insert((Sack, Gold(1)));
        });
    });
}

#[test]
fn foreign_removal_is_refused_and_blamed() {
    check("removes `engine::foreign::Lock`", |commands, chest| {
        commands.entity(chest).remove::<Lock>();
    });
    check("removes `engine::foreign::Gold`", |commands, chest| {
        commands.entity(chest).remove::<Gold>();
    });
    check("removes `engine::foreign::Seal`", |commands, chest| {
        commands.entity(chest).remove::<Seal>();
    });
    check("removes `engine::foreign::Rates`", |commands, _| {
        commands.remove_resource::<Rates>();
    });
    check("removes `engine::foreign::", |commands, chest| {
        commands.entity(chest).retain::<StableId>();
    });
}

#[test]
fn foreign_value_in_a_spawn_is_undone() {
    check("inserts `engine::foreign::Gold`", |commands, _| {
        commands.spawn((Sack, Gold(50)));
    });
    check("inserts `engine::foreign::Lock`", |commands, _| {
        commands.spawn((StableId::named("trap"), Lock(50)));
    });
}

#[test]
fn resource_written_in_place_is_blamed() {
    let mut world = scene(|commands, _| {
        commands.queue(|world: &mut World| world.resource_mut::<Rates>().0 = 0);
    });
    world.tick(vec![]);
    world.tick(vec![]);
    let output = world.tick(vec![]);
    let [fault] = output.faults.as_slice() else {
        panic!("not one fault: {:?}", output.faults);
    };
    assert_eq!(fault.plugin, "vandal");
    assert!(
        fault.what.contains("writes `engine::foreign::Rates`"),
        "{fault:?}"
    );
}

#[test]
fn despawn_of_foreign_entity_without_id_is_refused() {
    let mut world = Backstage::new(|reg: &mut Registrar<'_>| {
        reg.add(named("bank", |reg| {
            reg.scratch::<Lock>().startup(|world| {
                world.spawn(Lock(4));
            });
        }))
        .add(named("vandal", |reg| {
            reg.system(
                Phase::Simulate,
                |all: Query<Entity, With<Lock>>, mut commands: Commands| {
                    for one in &all {
                        commands.entity(one).despawn();
                    }
                },
            );
        }));
    });
    let output = world.tick(vec![]);
    assert_eq!(output.faults[0].plugin, "vandal");
    assert!(output.faults[0].what.contains("despawns an entity with"));
    let locks: Vec<u32> = {
        let world = world.engine.world();
        world
            .query::<&Lock>()
            .iter(world)
            .map(|one| one.0)
            .collect()
    };
    assert_eq!(locks, [4]);
}

#[test]
fn required_component_of_another_is_no_fault() {
    assert_eq!(spawned_loot(), [0, 7]);
}

/// How much gold each has after the vandal spawned what comes with gold.
fn spawned_loot() -> Vec<u32> {
    let mut world = scene(|commands, _| {
        commands.spawn(Loot);
    });
    for _ in 0..3 {
        assert_eq!(world.tick(vec![]).faults, []);
    }
    let world = world.engine.world();
    let mut gold: Vec<u32> = world
        .query::<&Gold>()
        .iter(world)
        .map(|one| one.0)
        .collect();
    gold.sort_unstable();
    gold
}

#[test]
fn engine_resource_has_no_other_writer() {
    crate::guard::check(
        named("vandal", |reg| {
            reg.system(Phase::Simulate, |mut clock: ResMut<Clock>| clock.tick = 0);
        }),
        &[
            "plugin `vandal`: ",
            "Clock`, which belongs to plugin `engine`",
        ],
    );
}

#[test]
fn stable_id_given_anew_is_refused() {
    let faults = done(|commands, chest| {
        commands.entity(chest).insert(StableId::named("coffin"));
    });
    assert_eq!(faults.len(), 1);
    assert!(faults[0].what.contains("StableId"), "{faults:?}");
}

#[test]
fn startup_that_writes_anothers_is_refused() {
    let built = engine::Engine::build(engine::Setup::default(), |reg: &mut Registrar<'_>| {
        reg.add(named("bank", |reg| {
            reg.persist::<Gold>("gold")
                .startup(|world| _ = world.spawn((chest(), Gold(7))));
        }))
        .add(named("vandal", |reg| {
            reg.startup(|world| {
                let chest = world.resource::<Index>().get(chest()).unwrap();
                world.entity_mut(chest).insert(Gold(0));
            });
        }));
    });
    let Err(EngineFault::Plugins(mistakes)) = built else {
        panic!("{built:?}");
    };
    let [mistake] = mistakes.as_slice() else {
        panic!("{mistakes:?}");
    };
    assert!(mistake.starts_with("plugin `vandal`"), "{mistake}");
    assert!(mistake.contains("belongs to another plugin"), "{mistake}");
}
