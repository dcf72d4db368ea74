//! What a plugin takes out of the world that is not its to take.

use engine::port::{Leaving, Outbound};
use engine::prelude::*;
use engine::{Save, TickOutput};

use crate::kit::{Backstage, Coins, arrival, batch, game, line, named, row, values};

/// What the vandal does when somebody says so.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Havoc {
    Despawn,
    Clear,
    TakeId,
    TakeCoins,
    TakeCharacter,
    Destroy,
}

const HAVOC: [(&str, Havoc); 6] = [
    ("despawn", Havoc::Despawn),
    ("clear", Havoc::Clear),
    ("take id", Havoc::TakeId),
    ("take coins", Havoc::TakeCoins),
    ("take character", Havoc::TakeCharacter),
    ("destroy", Havoc::Destroy),
];

fn wreck(
    mut heard: MessageReader<Heard>,
    mut destroy: MessageWriter<Destroy>,
    mut commands: Commands<'_, '_>,
) {
    for Heard { order, line } in heard.read() {
        let Some((_, havoc)) = HAVOC.iter().find(|(word, _)| line.as_str() == *word) else {
            continue;
        };
        let mut whom = commands.entity(order.actor);
        match havoc {
            Havoc::Despawn => whom.despawn(),
            Havoc::Clear => _ = whom.clear(),
            Havoc::TakeId => _ = whom.remove::<StableId>(),
            Havoc::TakeCoins => _ = whom.remove::<Coins>(),
            Havoc::TakeCharacter => _ = whom.remove::<Character>(),
            Havoc::Destroy => _ = destroy.write(Destroy(order.actor)),
        }
    }
}

/// A game, and a plugin behind it in `phase` that takes what is not its own; and, by `Tape`, who
/// left it.
fn vandalised(phase: Phase) -> Backstage {
    Backstage::new(move |reg: &mut Registrar<'_>| {
        reg.add(game)
            .add(named("vandal", move |reg| _ = reg.system(phase, wreck)));
    })
}

/// A world in which Ann has two coins, and everything is saved.
fn scene(phase: Phase) -> Backstage {
    let mut world = vandalised(phase);
    world.tick(vec![arrival(1, "ann")]);
    world.tick(vec![]);
    world.tick(vec![line(1, Some(1), "earn")]);
    world.tick(vec![line(1, Some(2), "earn")]);
    world.tick(vec![]);
    assert!(matches!(world.tick(vec![]).save, Save::Clean));
    world
}

fn ann() -> StableId {
    StableId::named("ann")
}

fn closed(output: &TickOutput) -> Vec<Leaving> {
    let said = output.emission.said.iter();
    said.filter_map(|one| match one {
        Outbound::Close { why, .. } => Some(*why),
        _ => None,
    })
    .collect()
}

/// The rows that a tick's batch removes.
fn removed(output: TickOutput) -> usize {
    match output.save {
        Save::Batch(batch) => batch.tombstones.len(),
        Save::Clean | Save::Busy => 0,
    }
}

/// Ann as storage has her, after a clean stop.
fn coins_saved(world: &mut Backstage) -> Option<i64> {
    let index = world.engine.world().resource::<Index>();
    let entity = index.get(ann())?;
    world.engine.world().get::<Coins>(entity).map(|one| one.0)
}

#[test]
fn despawned_player_keeps_rows_and_culprit_is_named() {
    for phase in [Phase::Simulate, Phase::Settle, Phase::Emit] {
        let mut world = scene(phase);
        let output = world.tick(vec![line(1, Some(3), "despawn")]);
        let [fault] = output.faults.as_slice() else {
            panic!("not one fault: {:?}", output.faults);
        };
        assert_eq!((fault.plugin, fault.phase), ("vandal", phase));
        assert!(fault.system.ends_with("losses::wreck"), "{}", fault.system);
        assert!(fault.what.contains("despawns"), "{}", fault.what);
        assert_eq!(closed(&output), [Leaving::Fault], "{phase:?}");
        assert_eq!(removed(output), 0, "{phase:?}");
        assert_eq!(coins_saved(&mut world), Some(2));
        for _ in 0..3 {
            assert_eq!(removed(world.tick(vec![])), 0);
        }
        assert_eq!(world.engine.players_online(), 0);
    }
}

#[test]
fn despawned_player_returns_whole_with_record() {
    let mut world = scene(Phase::Simulate);
    // Unsaved: nothing becomes durable from here on.
    world.hold = true;
    world.tick(vec![line(1, Some(3), "earn")]);
    world.tick(vec![line(1, Some(4), "earn")]);
    // The same tick earns a coin, and its command is remembered with it.
    let output = world.tick(vec![line(1, Some(5), "earn"), line(1, Some(6), "despawn")]);
    assert_eq!(closed(&output), [Leaving::Fault]);
    world.tick(vec![arrival(2, "ann")]);
    assert_eq!(coins_saved(&mut world), Some(5));
    assert_eq!(world.engine.players_online(), 1);
    // A resend is known and not done again.
    let output = world.tick(vec![line(2, Some(5), "earn")]);
    let repeated = output.emission.said.iter().any(|one| {
        matches!(one, Outbound::Outcome { outcome, .. } if outcome.repeated && outcome.id == Some(5))
    });
    assert!(repeated, "{:?}", output.emission.said);
    assert_eq!(coins_saved(&mut world), Some(5));
    // And what was not saved yet is.
    world.hold = false;
    let saved = values(&batch(world.tick(vec![])));
    assert!(
        saved.contains(&(ann(), "coins", "5".to_owned())),
        "{saved:?}"
    );
}

#[test]
fn foreign_removal_is_undone_and_blamed() {
    for what in ["take coins", "take id", "take character", "clear"] {
        let mut world = scene(Phase::Simulate);
        let output = world.tick(vec![line(1, Some(3), what)]);
        assert!(!output.faults.is_empty(), "{what}");
        for fault in &output.faults {
            assert_eq!(fault.plugin, "vandal", "{what}");
            assert!(fault.system.ends_with("losses::wreck"), "{}", fault.system);
        }
        assert_eq!(closed(&output), [], "{what}");
        assert_eq!(removed(output), 0, "{what}");
        assert_eq!(coins_saved(&mut world), Some(2), "{what}");
        let output = world.tick(vec![line(1, Some(4), "earn")]);
        let saved = values(&batch(output));
        assert!(
            saved.contains(&(ann(), "coins", "3".to_owned())),
            "{what}: {saved:?}"
        );
    }
}

#[test]
fn owner_may_remove_own_component() {
    let mut world = Backstage::new(|reg: &mut Registrar<'_>| {
        reg.persist::<Coins>("coins")
            .startup(|world| _ = world.spawn((StableId::named("well"), Coins(3))))
            .system(
                Phase::Simulate,
                |all: Query<Entity, With<Coins>>, mut commands: Commands<'_, '_>| {
                    for one in &all {
                        commands.entity(one).remove::<Coins>();
                    }
                },
            );
    });
    let output = world.tick(vec![]);
    assert_eq!(output.faults, []);
    let stones = batch(output).tombstones;
    assert_eq!(stones.len(), 1);
    assert_eq!(stones[0].component.as_deref(), Some("coins"));
}

#[test]
fn despawned_thing_of_the_world_stays() {
    let well = StableId::named("well");
    let plugin = |reg: &mut Registrar<'_>| {
        reg.persist::<Coins>("coins")
            .system(Phase::Simulate, |mut all: Query<&mut Coins>| {
                for mut coins in &mut all {
                    coins.0 += 1;
                }
            })
            .add(named("vandal", |reg| {
                reg.system(
                    Phase::Emit,
                    |all: Query<Entity, With<Coins>>, mut commands: Commands<'_, '_>| {
                        for one in &all {
                            commands.entity(one).despawn();
                        }
                    },
                );
            }));
    };
    let mut engine = engine::Engine::build(
        engine::Setup {
            rows: vec![row(well, "coins", 1, engine::port::Owner::World, "3")],
            ..engine::Setup::default()
        },
        plugin,
    )
    .unwrap();
    for n in 1..=3 {
        let output = engine.tick(crate::kit::input(n * 50, n - 1));
        assert_eq!(output.faults.len(), 1);
        let saved = batch(output);
        assert_eq!(saved.tombstones, []);
        let coins = (3 + n).to_string();
        assert_eq!(values(&saved), [(well, "coins", coins)]);
    }
}

#[test]
fn destroyed_player_departs() {
    let mut world = Backstage::new(|reg: &mut Registrar<'_>| {
        reg.resource(Seen::default())
            .scratch::<Seen>()
            .system(
                Phase::Settle,
                |mut gone: MessageReader<Departed>, mut seen: ResMut<Seen>| {
                    seen.0.extend(gone.read().map(|one| one.actor));
                },
            )
            .add(game)
            .add(named("vandal", |reg| {
                _ = reg.system(Phase::Simulate, wreck)
            }));
    });
    world.tick(vec![arrival(1, "ann")]);
    world.tick(vec![]);
    let ann = world.engine.world().resource::<Index>().get(ann()).unwrap();
    let output = world.tick(vec![line(1, None, "destroy")]);
    assert_eq!(closed(&output), [Leaving::Kicked]);
    assert_eq!(output.faults, []);
    assert_eq!(world.engine.world().resource::<Seen>().0, []);
    let output = world.tick(vec![]);
    assert_eq!(world.engine.world().resource::<Seen>().0, [ann]);
    assert_eq!(removed(output), 1);
    world.tick(vec![]);
    assert_eq!(world.engine.world().resource::<Seen>().0, [ann]);
}

/// Who departed.
#[derive(Resource, Default)]
struct Seen(Vec<Entity>);
