//! What a batch holds.

use std::borrow::Cow;

use engine::Save;
use engine::port::{Owner, SessionId, StoreReply, Tombstone, WorldTime};
use engine::prelude::*;
use engine::stage::{STAGE_START, Stage};
use serde::{Deserialize, Serialize};

use crate::kit::{Backstage, Coins, Tape, arrival, batch, game, input, leave, line, named, values};

fn well() -> StableId {
    StableId::named("well")
}

/// A world with one durable thing, saved.
fn scene() -> (Backstage, Entity) {
    let mut world = Backstage::new(game);
    let entity = world.engine.world().spawn((well(), Coins(1))).id();
    assert_eq!(values(&batch(world.tick(vec![]))), [coins(1)]);
    assert!(matches!(world.tick(vec![]).save, Save::Clean));
    (world, entity)
}

fn coins(n: i64) -> (StableId, &'static str, String) {
    (well(), "coins", n.to_string())
}

fn set(world: &mut Backstage, entity: Entity, coins: i64) {
    world.engine.world().get_mut::<Coins>(entity).unwrap().0 = coins;
}

fn stone(component: Option<&'static str>) -> Tombstone {
    Tombstone {
        id: well(),
        component: component.map(Cow::Borrowed),
        owner: Owner::World,
    }
}

#[test]
fn change_during_batch_is_whole_in_next_batch() {
    let (mut world, entity) = scene();
    set(&mut world, entity, 2);
    assert_eq!(values(&batch(world.tick(vec![]))), [coins(2)]);
    world.hold = true;
    let other = StableId::named("bucket");
    world.engine.world().spawn((other, Coins(70)));
    for n in 3..30 {
        set(&mut world, entity, n);
        assert!(matches!(world.tick(vec![]).save, Save::Busy), "{n}");
    }
    world.hold = false;
    let last = batch(world.tick(vec![]));
    let mut both = [coins(29), (other, "coins", "70".to_owned())];
    both.sort();
    assert_eq!(values(&last), both);
    // Everything up to the batch's own tick, whose time it bears.
    assert_eq!(last.tick, world.engine.last_tick());
    assert_eq!(last.now, WorldTime(STAGE_START.0 + last.tick * 50_000));
    assert!(matches!(world.tick(vec![]).save, Save::Clean));
}

#[test]
fn change_in_batch_tick_is_in_batch() {
    let mut world = Backstage::new(|reg: &mut Registrar<'_>| {
        reg.persist::<Coins>("coins")
            .startup(|world| {
                world.spawn((well(), Coins(0)));
            })
            .system(Phase::Settle, |mut all: Query<&mut Coins>| {
                for mut coins in &mut all {
                    coins.0 += 1;
                }
            });
    });
    for n in 1..5 {
        assert_eq!(values(&batch(world.tick(vec![]))), [coins(n)]);
    }
}

#[test]
fn of_removal_and_insertion_the_last_wins() {
    for busy in [false, true] {
        let (mut world, entity) = scene();
        if busy {
            set(&mut world, entity, 2);
            world.tick(vec![]);
            world.hold = true;
        }
        // Each change falls into a tick of its own while the lane is busy, into one otherwise.
        let between = |world: &mut Backstage| {
            if busy {
                assert!(matches!(world.tick(vec![]).save, Save::Busy));
            }
        };
        world.engine.world().entity_mut(entity).remove::<Coins>();
        between(&mut world);
        world.engine.world().entity_mut(entity).insert(Coins(5));
        between(&mut world);
        world.hold = false;
        let newer = batch(world.tick(vec![]));
        assert_eq!((values(&newer), newer.tombstones), (vec![coins(5)], vec![]));

        world.hold = busy;
        world.engine.world().entity_mut(entity).insert(Coins(6));
        between(&mut world);
        world.engine.world().entity_mut(entity).remove::<Coins>();
        between(&mut world);
        world.hold = false;
        let newer = batch(world.tick(vec![]));
        assert_eq!(values(&newer), []);
        assert_eq!(newer.tombstones, [stone(Some("coins"))]);
    }
}

#[test]
fn removal_is_remembered_while_lane_is_busy() {
    let (mut world, entity) = scene();
    set(&mut world, entity, 2);
    world.tick(vec![]);
    world.hold = true;
    world.engine.world().entity_mut(entity).remove::<Coins>();
    for _ in 0..1_000 {
        world.tick(vec![]);
    }
    world.hold = false;
    assert_eq!(batch(world.tick(vec![])).tombstones, [stone(Some("coins"))]);
}

#[test]
fn destroyed_entity_leaves_one_tombstone_for_all_rows() {
    let (mut world, entity) = scene();
    set(&mut world, entity, 2);
    world.engine.world().write_message(Destroy(entity));
    let last = batch(world.tick(vec![]));
    assert_eq!(values(&last), []);
    assert_eq!(last.tombstones, [stone(None)]);
    assert!(world.engine.world().get_entity(entity).is_err());
}

#[test]
fn destroyed_id_may_live_again() {
    let (mut world, entity) = scene();
    world.engine.world().write_message(Destroy(entity));
    world.hold = true;
    // Under way, so that destruction and rebirth fall into one batch.
    world.tick(vec![]);
    let reborn = world.engine.world().spawn((well(), Coins(9))).id();
    world.engine.world().write_message(Destroy(reborn));
    world.tick(vec![]);
    world.engine.world().spawn((well(), Coins(10)));
    world.hold = false;
    let last = batch(world.tick(vec![]));
    assert_eq!(values(&last), [coins(10)]);
    assert_eq!(last.tombstones, [stone(None)], "comes before the column");
}

#[test]
fn entity_without_stable_id_is_never_saved() {
    let (mut world, _) = scene();
    let ghost = world.engine.world().spawn(Coins(1)).id();
    assert!(matches!(world.tick(vec![]).save, Save::Clean));
    world.engine.world().write_message(Destroy(ghost));
    assert!(matches!(world.tick(vec![]).save, Save::Clean));
    assert!(world.engine.world().get_entity(ghost).is_err());
    // Twice is once.
    world.engine.world().write_message(Destroy(ghost));
    assert!(matches!(world.tick(vec![]).save, Save::Clean));
}

#[test]
fn unloading_a_character_leaves_no_tombstone() {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(1, "ann")]);
    world.tick(vec![]);
    world.tick(vec![line(1, Some(1), "earn")]);
    let mut stones = Vec::new();
    for said in [vec![leave(1)], vec![], vec![], vec![]] {
        if let Save::Batch(batch) = world.tick(said).save {
            stones.extend(batch.tombstones);
        }
    }
    let index = world.engine.world().resource::<Index>();
    assert_eq!(index.get(StableId::named("ann")), None);
    assert_eq!(stones, []);
}

#[test]
fn saved_row_says_world_or_character() {
    let mut world = Backstage::new(game);
    world.engine.world().spawn((well(), Coins(1)));
    world.tick(vec![arrival(1, "ann")]);
    let mut owners = Vec::new();
    for column in &batch(world.tick(vec![])).columns {
        column.visit(&mut |row| owners.push((row.id, row.owner)));
    }
    assert!(owners.iter().all(|one| *one
        == (
            StableId::named("ann"),
            Owner::Character(StableId::named("ann"))
        )));
    assert_eq!(owners.len(), 2, "coins and command record");
    let well = world
        .engine
        .world()
        .resource::<Index>()
        .get(well())
        .unwrap();
    set(&mut world, well, 2);
    let mut owner = None;
    batch(world.tick(vec![])).columns[0].visit(&mut |row| owner = Some(row.owner));
    assert_eq!(owner, Some(Owner::World));
}

fn recorded(detail: &str, sum: i64, at: u64, merges: bool) -> Recorded {
    Recorded(Fact {
        kind: Cow::Borrowed("flux"),
        subject: well(),
        at: WorldTime(at),
        count: 1,
        sum,
        detail: detail.to_owned().into(),
        merges,
    })
}

fn facts(world: &mut Backstage) -> Vec<(String, u32, i64, u64)> {
    batch(world.tick(vec![]))
        .facts
        .into_iter()
        .map(|fact| (fact.detail.into_owned(), fact.count, fact.sum, fact.at.0))
        .collect()
}

#[test]
fn mergeable_facts_sum_while_others_stay_apart() {
    let (mut world, entity) = scene();
    set(&mut world, entity, 2);
    world.tick(vec![]);
    world.hold = true;
    for at in 1..=3 {
        let to = world.engine.world();
        to.write_message(recorded("fog", -2, at, true));
        to.write_message(recorded("rain", 1, at, true));
        to.write_message(recorded("fall", -30, at, false));
        world.tick(vec![]);
    }
    world.hold = false;
    let one = |detail: &str, count, sum, at| (detail.to_owned(), count, sum, at);
    assert_eq!(
        facts(&mut world),
        [
            one("fog", 3, -6, 3),
            one("rain", 3, 3, 3),
            one("fall", 1, -30, 1),
            one("fall", 1, -30, 2),
            one("fall", 1, -30, 3),
        ]
    );
    // What was handed over is not summed into again.
    world
        .engine
        .world()
        .write_message(recorded("fog", -1, 9, true));
    assert_eq!(facts(&mut world), [one("fog", 1, -1, 9)]);
}

#[test]
fn facts_that_wait_take_up_room() {
    let rooms = Tape::default();
    let tape = rooms.clone();
    let mut engine = crate::kit::bare(named("clerk", move |reg| {
        let tape = tape.clone();
        reg.system(Phase::Simulate, move |storage: Res<StorageView>| {
            tape.write(storage.facts_room);
        });
    }));
    for tick in 1..=3 {
        for at in 0..10 {
            engine.world().write_message(recorded("fall", 0, at, false));
        }
        // The first tick's batch stays under way.
        let mut full = input(tick * 50, 0);
        full.storage.facts_room = 25;
        engine.tick(full);
    }
    assert_eq!(rooms.read(), [25, 25, 15]);
}

#[test]
fn storage_refusal_is_visible_to_plugins() {
    let seen = Tape::default();
    let tape = seen.clone();
    let mut engine = crate::kit::bare(named("clerk", move |reg| {
        let tape = tape.clone();
        reg.system(Phase::Simulate, move |storage: Res<StorageView>| {
            tape.write(storage.accepting);
        });
    }));
    for accepting in [true, false, true] {
        let mut one = input(50, 0);
        one.storage.accepting = accepting;
        engine.tick(one);
    }
    assert_eq!(seen.read(), [true, false, true]);
}

/// Notes when it is copied.
#[derive(Component, Serialize, Deserialize)]
struct Watched {
    #[serde(skip)]
    tape: Tape<&'static str>,
}

impl Clone for Watched {
    fn clone(&self) -> Self {
        self.tape.write("copied");
        Self {
            tape: self.tape.clone(),
        }
    }
}

#[test]
fn notes_leave_before_changes_are_copied() {
    let mut engine = crate::kit::bare(|reg: &mut Registrar<'_>| {
        game(reg);
        reg.persist::<Watched>("watched");
    });
    let tape = Tape::default();
    let watched = Watched { tape: tape.clone() };
    engine.world().spawn((well(), watched));
    let mut first = input(50, 0);
    first.heard.push(arrival(7, "ann"));
    let mut said = 0;
    let output = engine.tick_aloud(first, |emission| {
        said = emission.tick;
        tape.write("said");
    });
    assert_eq!(tape.read(), ["said", "copied"]);
    assert_eq!((said, output.emission.said.len()), (1, 0));
    assert!(matches!(output.save, Save::Batch(_)), "{:?}", output.save);
}

#[test]
fn batch_names_commands_of_saved_effects() {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(7, "ann")]);
    world.hold = true;
    world.tick(vec![]);
    world.tick(vec![line(7, Some(3), "earn"), line(7, Some(4), "refuse")]);
    world.tick(vec![line(7, None, "earn")]);
    world.hold = false;
    let marks: Vec<_> = batch(world.tick(vec![]))
        .commands
        .into_iter()
        .map(|mark| (mark.correlation.0, mark.command_id, mark.tick))
        .collect();
    assert_eq!(marks, [(7, 3, 3), (7, 4, 3), (7, 0, 4)]);
}

#[test]
fn loaded_component_is_saved_only_after_change() {
    let mut stage = Stage::new(game).unwrap();
    stage.enter("ann");
    stage.says("ann", "earn");
    stage.tick();
    let saved = stage.saved().clone();
    assert!(saved.len() >= 2, "a record and a purse: {saved:?}");

    let mut engine = crate::kit::bare(game);
    let mut later = input(50, 0);
    later.heard.push(arrival(7, "ann"));
    engine.tick(later);
    let mut later = input(100, 0);
    later.stored.push(StoreReply::Loaded {
        character: StableId::named("ann"),
        session: SessionId(7),
        rows: saved.into_values().collect(),
    });
    let loaded = engine.tick(later);
    assert!(matches!(loaded.save, Save::Clean), "{:?}", loaded.save);
    let mut later = input(150, 0);
    later.heard.push(line(7, Some(9), "earn"));
    let earned = values(&batch(engine.tick(later)));
    let coins = earned
        .iter()
        .find(|(_, component, _)| *component == "coins");
    assert_eq!(
        coins.map(|(.., body)| body.as_str()),
        Some("2"),
        "{earned:?}"
    );
}
