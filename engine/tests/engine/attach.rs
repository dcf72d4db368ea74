//! Who holds a character, and how long it stays.

use std::sync::{Arc, Mutex};

use engine::port::{Inbound, Outbound, Row, Scope, SessionId, StoreAsk, StoreReply};
use engine::prelude::*;
use engine::stage::{STAGE_START, SavedRows, Stage};
use engine::{Engine, EngineFault, Seed, Setup};
use serde::{Deserialize, Serialize};

use crate::kit::{
    Backstage, Coins, Tape, arrival, bare, batch, game, input, leave, line, named, row, values,
};

/// The game, and a porter who writes down who comes and goes.
fn house(tape: &Tape<String>) -> impl Plugin + use<> {
    let tape = tape.clone();
    move |reg: &mut Registrar<'_>| {
        let tape = tape.clone();
        reg.add(game).add(named("porter", move |reg| {
            let tape = tape.clone();
            reg.system(
                Phase::Settle,
                move |mut arrived: MessageReader<Arrived>,
                      mut lost: MessageReader<LinkLost>,
                      mut departed: MessageReader<Departed>,
                      who: Query<&Character>| {
                    let name = |entity| who.get(entity).map_or("?", |one| &one.name);
                    for one in arrived.read() {
                        tape.write(format!("{} {:?}", name(one.actor), one.how));
                    }
                    for one in lost.read() {
                        tape.write(format!("{} cut", name(one.actor)));
                    }
                    for one in departed.read() {
                        tape.write(format!("{} {:?}", name(one.actor), one.why));
                    }
                },
            );
        }));
    }
}

fn scene() -> (Stage, Tape<String>) {
    let tape = Tape::default();
    (Stage::new(house(&tape)).unwrap(), tape)
}

fn living(engine: &mut Engine, name: &str) -> Option<Entity> {
    engine
        .world()
        .resource::<Index>()
        .get(StableId::named(name))
}

/// What of `said` is not a note, in short.
fn short(said: &[Outbound]) -> Vec<String> {
    said.iter()
        .filter_map(|said| match said {
            Outbound::Note { .. } => None,
            Outbound::Outcome { session, .. } => Some(format!("{} outcome", session.0)),
            Outbound::Admitted { session, .. } => Some(format!("{} admitted", session.0)),
            Outbound::Refused { session, refusal } => {
                Some(format!("{} refused {}", session.0, refusal.code.word()))
            }
            Outbound::Close { session, why } => Some(format!("{} closed {why:?}", session.0)),
        })
        .collect()
}

#[test]
fn a_newcomer_comes_with_every_component_of_a_character() {
    let (mut stage, tape) = scene();
    stage.enter("ann");
    assert_eq!(stage.component::<Coins>("ann"), Coins(0));
    assert_eq!(stage.component::<Character>("ann").name, "ann");
    assert_eq!(tape.take(), ["ann Fresh"]);
    let ears = stage.ears("ann");
    let [admission] = ears.admissions.as_slice() else {
        panic!("{ears:?}");
    };
    assert_eq!(admission.player, StableId::named("ann"));
    assert_eq!((admission.last_command_id, admission.returned), (0, false));
    assert_eq!(stage.engine().players_online(), 1);
}

#[test]
fn a_character_comes_back_as_it_was_saved() {
    let (mut stage, tape) = scene();
    stage.enter("ann");
    stage.says("ann", "earn");
    stage.leaves("ann");
    stage.tick();
    stage.tick();
    assert_eq!(living(stage.engine(), "ann"), None);

    stage.enter("ann");
    stage.says("ann", "earn");
    stage.tick();
    stage.leaves("ann");
    stage.pass(Duration::from_secs(1));
    stage.enter("ann");
    assert_eq!(stage.component::<Coins>("ann"), Coins(1));
    assert_eq!(
        tape.take(),
        [
            "ann Fresh",
            "ann Quit",
            "ann Fresh",
            "ann Quit",
            "ann Fresh"
        ]
    );
}

#[test]
fn a_newer_sign_in_takes_the_character_over_and_closes_the_older_session() {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(1, "ann")]);
    world.tick(vec![]);
    world.hold = true;
    world.tick(vec![line(1, Some(1), "earn")]);
    let entity = living(&mut world.engine, "ann");
    let said = world.tick(vec![arrival(2, "ann")]).emission.said;
    assert_eq!(short(&said), ["1 closed TakenOver", "2 admitted"]);
    assert_eq!(
        living(&mut world.engine, "ann"),
        entity,
        "the living one, unsaved"
    );
    assert_eq!(world.engine.players_online(), 1);

    // The older session has no say any more, and its end ends nothing.
    let output = world.tick(vec![
        line(1, Some(2), "earn"),
        leave(1),
        line(2, Some(2), "earn"),
    ]);
    assert_eq!(short(&output.emission.said), ["2 outcome"]);
    assert_eq!(world.engine.players_online(), 1);
}

#[test]
fn of_two_sign_ins_that_wait_for_storage_only_the_newer_gets_in() {
    let mut world = Backstage::new(game);
    let said = world
        .tick(vec![arrival(1, "ann"), arrival(2, "ann")])
        .emission
        .said;
    assert_eq!(short(&said), ["1 closed TakenOver"]);
    assert_eq!(short(&world.tick(vec![]).emission.said), ["2 admitted"]);
    assert_eq!(world.engine.players_online(), 1);
}

#[test]
fn a_session_that_ends_before_its_character_is_loaded_leaves_nothing() {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(1, "ann")]);
    let said = world.tick(vec![]).emission.said;
    assert_eq!(short(&said), ["1 admitted"]);

    world.tick(vec![arrival(2, "bob"), leave(2)]);
    assert_eq!(short(&world.tick(vec![]).emission.said), [""; 0]);
    assert_eq!(living(&mut world.engine, "bob"), None);
}

#[test]
fn a_return_before_the_character_is_loaded_is_refused_and_ends_the_session() {
    let mut world = Backstage::new(game);
    let back = Inbound::Return {
        session: SessionId(1),
        correlation: engine::port::Correlation(9),
    };
    let said = world.tick(vec![arrival(1, "ann"), back]).emission.said;
    assert_eq!(short(&said), ["1 refused session_taken_over"]);
    assert_eq!(short(&world.tick(vec![]).emission.said), [""; 0]);
    assert_eq!(world.engine.players_online(), 0);
}

#[test]
fn a_quick_return_finds_the_living_entity_with_its_unsaved_state() {
    let (mut stage, tape) = scene();
    stage.enter("ann");
    stage.hold_saves(true);
    stage.says("ann", "earn");
    stage.tick();
    let entity = stage.entity("ann");
    stage.leaves("ann");
    stage.tick();
    assert_eq!(stage.engine().players_online(), 0);
    stage.enter("ann");
    assert_eq!(
        (stage.entity("ann"), stage.component("ann")),
        (entity, Coins(1))
    );
    assert_eq!(tape.take(), ["ann Fresh", "ann Quit", "ann Fresh"]);

    // And stays, though what it was saved with before it came back is durable now.
    stage.hold_saves(false);
    stage.pass(Duration::from_secs(1));
    assert_eq!(stage.entity("ann"), entity);
}

#[test]
fn a_character_is_unloaded_only_when_its_last_state_is_durable() {
    let (mut stage, _) = scene();
    stage.enter("ann");
    stage.says("ann", "earn");
    stage.hold_saves(true);
    stage.tick(); // This batch holds one coin and is not durable.
    stage.says("ann", "earn");
    stage.tick();
    stage.leaves("ann");
    stage.pass(Duration::from_secs(10));
    assert!(living(stage.engine(), "ann").is_some());

    stage.hold_saves(false); // One coin is durable.
    stage.hold_saves(true);
    stage.pass(Duration::from_secs(10));
    assert!(
        living(stage.engine(), "ann").is_some(),
        "not the last state"
    );

    stage.hold_saves(false);
    stage.tick();
    assert_eq!(living(stage.engine(), "ann"), None);
    let saved = &stage.saved()[&(StableId::named("ann"), "coins".to_owned())];
    assert_eq!((saved.body.as_str(), saved.scope), ("2", Scope::Character));
}

#[test]
fn a_departed_character_that_still_changes_stays_until_that_is_durable_too() {
    let changes: [fn(EntityWorldMut<'_>); 2] = [
        |mut ann| ann.get_mut::<Coins>().unwrap().0 = 7,
        |mut ann| {
            ann.remove::<Coins>();
        },
    ];
    for change in changes {
        let mut world = Backstage::new(game);
        world.tick(vec![arrival(1, "ann")]);
        world.tick(vec![]);
        let ann = living(&mut world.engine, "ann").unwrap();
        world.engine.world().get_mut::<Coins>(ann).unwrap().0 = 3;
        batch(world.tick(vec![leave(1)]));
        // That batch is durable in the next tick, but no longer her last state.
        change(world.engine.world().entity_mut(ann));
        batch(world.tick(vec![]));
        assert_eq!(living(&mut world.engine, "ann"), Some(ann));
        world.tick(vec![]);
        assert_eq!(living(&mut world.engine, "ann"), None);
    }
}

#[test]
fn a_sign_in_while_saves_lag_sees_the_latest_state() {
    let (mut stage, _) = scene();
    stage.enter("ann");
    stage.says("ann", "earn");
    stage.hold_saves(true);
    stage.tick();
    for coins in 2..6 {
        stage.says("ann", "earn");
        stage.tick();
        stage.leaves("ann");
        stage.pass(Duration::from_secs(1));
        stage.enter("ann");
        assert_eq!(stage.component::<Coins>("ann"), Coins(coins));
    }
}

#[test]
fn a_cut_socket_may_come_back_and_miss_nothing() {
    let (mut stage, tape) = scene();
    stage.enter("ann");
    let session = stage.session("ann");
    stage.inbound(Inbound::Lost { session });
    stage.tick();
    assert_eq!(stage.component::<Linkdead>("ann").since, stage.now());
    assert_eq!(stage.component::<Online>("ann").session, session);
    stage.says("ann", "earn");
    stage.tick();

    stage.ears("ann");
    stage.inbound(Inbound::Return {
        session,
        correlation: engine::port::Correlation(2),
    });
    stage.tick();
    let (entity, ears) = (stage.entity("ann"), stage.ears("ann"));
    assert!(stage.engine().world().get::<Linkdead>(entity).is_none());
    assert!(ears.admissions[0].returned);
    assert_eq!(ears.admissions[0].last_command_id, 1);
    assert_eq!(tape.take(), ["ann Fresh", "ann cut", "ann Returned"]);
}

#[test]
fn a_new_sign_in_of_a_cut_character_ends_its_being_linkdead() {
    let (mut stage, _) = scene();
    stage.enter("ann");
    let session = stage.session("ann");
    stage.inbound(Inbound::Lost { session });
    stage.tick();
    stage.enter("ann");
    let entity = stage.entity("ann");
    assert!(stage.engine().world().get::<Linkdead>(entity).is_none());
}

#[test]
fn a_return_of_a_session_that_is_over_is_refused() {
    let (mut stage, _) = scene();
    stage.enter("ann");
    stage.leaves("ann");
    stage.inbound(Inbound::Return {
        session: stage.session("ann"),
        correlation: engine::port::Correlation(2),
    });
    stage.tick();
    let refused = stage.ears("ann").refused.map(|refusal| refusal.code);
    assert_eq!(refused, Some(Code::SessionTakenOver));
}

#[test]
fn a_dismissal_closes_the_session_after_the_notes_of_its_tick() {
    let (mut stage, tape) = scene();
    stage.enter("ann");
    stage.ears("ann");
    stage.says("ann", "go");
    stage.tick();
    let ears = stage.ears("ann");
    assert_eq!(ears.text(), "farewell\n");
    assert_eq!(
        (ears.closed, ears.notes_before_close),
        (Some(Leaving::Kicked), 1)
    );
    assert_eq!(ears.outcomes.len(), 1);

    stage.says("ann", "earn");
    stage.leaves("ann"); // The gateway notices, too.
    stage.tick();
    assert!(stage.ears("ann").outcomes.is_empty());
    assert_eq!(tape.take(), ["ann Fresh", "ann Kicked"]);
    assert_eq!(stage.engine().players_online(), 0);
}

fn saved(rows: &[Row]) -> SavedRows {
    rows.iter()
        .map(|row| ((row.id, row.component.clone()), row.clone()))
        .collect()
}

fn restored(plugin: impl Plugin, rows: &[Row]) -> Stage {
    Stage::restored(plugin, Seed(1), saved(rows), STAGE_START).unwrap()
}

#[test]
fn a_character_whose_row_cannot_be_read_is_refused_and_its_rows_stay() {
    let ann = StableId::named("ann");
    for (version, body) in [(1, "\"gold\""), (1, "{"), (2, "7")] {
        let rows = [
            row(ann, "coins", version, Scope::Character, body),
            row(ann, "halo", 1, Scope::Character, "true"),
        ];
        let mut stage = restored(game, &rows);
        stage.enter("ann");
        let refused = stage.ears("ann").refused.map(|refusal| refusal.code);
        assert_eq!(refused, Some(Code::InternalError), "{body}");
        assert_eq!(living(stage.engine(), "ann"), None);
        stage.pass(Duration::from_secs(1));
        assert_eq!(stage.saved(), &saved(&rows));
    }
}

#[test]
fn a_world_whose_row_cannot_be_read_does_not_start() {
    let well = StableId::named("well");
    let setup = Setup {
        rows: vec![row(well, "coins", 1, Scope::World, "\"wet\"")],
        ..Setup::default()
    };
    let fault = Engine::build(setup, game).unwrap_err();
    assert!(matches!(fault, EngineFault::Saved(_)));
    for word in ["coins", "version 1", &well.to_string()] {
        assert!(fault.to_string().contains(word), "{fault}");
    }
}

#[test]
fn a_component_that_no_plugin_knows_is_left_alone() {
    let ann = StableId::named("ann");
    let halo = row(ann, "halo", 3, Scope::Character, "{\"bright\":true}");
    let mut stage = restored(game, std::slice::from_ref(&halo));
    stage.enter("ann");
    stage.says("ann", "earn");
    stage.tick();
    stage.leaves("ann");
    stage.pass(Duration::from_secs(1));
    assert_eq!(stage.saved()[&(ann, "halo".to_owned())], halo);
}

/// Coins once; since version 3 they are told apart by metal.
#[derive(Component, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
struct Metals {
    silver: u64,
    gold: u64,
}

fn mint(reg: &mut Registrar<'_>) {
    reg.persist_versioned::<Metals>("metals", 3, |version, old| match version {
        1 => Ok(serde_json::json!({ "silver": old, "gold": 0 })),
        2 => Ok(serde_json::json!({ "silver": old[0], "gold": old[1] })),
        _ => Err("no such mint".to_owned()),
    })
    .character::<Metals>();
}

#[test]
fn a_value_of_an_older_version_is_brought_into_todays_shape() {
    let ann = StableId::named("ann");
    for (version, body, silver, gold) in [
        (1, "7", 7, 0),
        (2, "[7,2]", 7, 2),
        (3, r#"{"silver":7,"gold":2}"#, 7, 2),
    ] {
        let mut stage = restored(mint, &[row(ann, "metals", version, Scope::Character, body)]);
        stage.enter("ann");
        assert_eq!(stage.component::<Metals>("ann"), Metals { silver, gold });
        stage.tick();
        let now = &stage.saved()[&(ann, "metals".to_owned())];
        assert_eq!((now.version, now.body.contains("silver")), (3, true));
    }
    let mut stage = restored(mint, &[row(ann, "metals", 0, Scope::Character, "7")]);
    stage.enter("ann");
    assert!(stage.ears("ann").refused.is_some());
}

#[test]
fn a_sign_in_that_storage_cannot_serve_is_refused_with_its_words() {
    let mut engine = bare(game);
    let mut first = input(50, 0);
    first.heard = vec![arrival(1, "ann")];
    let asked = engine.tick(first).asks;
    let (character, session) = (StableId::named("ann"), SessionId(1));
    assert_eq!(asked, [StoreAsk::Load { character, session }]);
    let refusal = Refusal::of(Code::DatabaseConnectionError).after_ms(2_000);
    let mut second = input(100, 0);
    second.stored = vec![StoreReply::Unavailable {
        character,
        session,
        refusal: refusal.clone(),
    }];
    let said = engine.tick(second).emission.said;
    assert!(
        matches!(&said[..], [Outbound::Refused { refusal: said, .. }] if *said == refusal),
        "{said:?}"
    );
    let mut again = input(150, 0);
    again.heard = vec![arrival(2, "ann")];
    assert_eq!(engine.tick(again).asks.len(), 1, "and may be tried again");
}

#[test]
fn a_destroyed_character_loses_its_session_and_its_rows() {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(1, "ann")]);
    world.tick(vec![]);
    let entity = living(&mut world.engine, "ann").unwrap();
    world.engine.world().write_message(Destroy(entity));
    let output = world.tick(vec![]);
    assert_eq!(short(&output.emission.said), ["1 closed Kicked"]);
    let stones = batch(output).tombstones;
    assert_eq!(stones.len(), 1);
    assert_eq!(
        (stones[0].id, &stones[0].component),
        (StableId::named("ann"), &None)
    );
    survives_its_session(&mut world);
}

#[test]
fn a_character_that_a_plugin_despawns_does_not_take_the_world_with_it() {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(1, "ann")]);
    world.tick(vec![]);
    let entity = living(&mut world.engine, "ann").unwrap();
    world.engine.world().despawn(entity);
    survives_its_session(&mut world);
}

/// Whatever the gateway still says of session 1, the world goes on, and the name may come again.
fn survives_its_session(world: &mut Backstage) {
    let session = SessionId(1);
    let lost = Inbound::Lost { session };
    world.tick(vec![line(1, Some(9), "earn"), lost, leave(1)]);
    world.tick(vec![arrival(2, "ann")]);
    assert_eq!(short(&world.tick(vec![]).emission.said), ["2 admitted"]);
    let output = world.tick(vec![line(2, Some(1), "earn")]);
    assert!(values(&batch(output)).iter().any(|value| value.2 == "1"));
    assert!(world.engine.players_online() == 1);
}

#[test]
fn whoever_asks_sees_where_a_departed_character_was() {
    // `Departed` comes while the entity is still there, no longer online.
    let seen = Arc::new(Mutex::new(None));
    let see = Arc::clone(&seen);
    let mut stage = Stage::new(move |reg: &mut Registrar<'_>| {
        reg.add(game);
        let see = Arc::clone(&see);
        reg.add(named("heir", move |reg| {
            let see = Arc::clone(&see);
            reg.system(
                Phase::Emit,
                move |mut departed: MessageReader<Departed>,
                      all: Query<(&Character, &Coins, Has<Online>)>| {
                    for one in departed.read() {
                        let (who, coins, online) = all.get(one.actor).unwrap();
                        *see.lock().unwrap() = Some((who.name.clone(), coins.0, online));
                    }
                },
            );
        }));
    })
    .unwrap();
    stage.enter("ann");
    stage.says("ann", "earn");
    stage.tick();
    stage.leaves("ann");
    stage.tick();
    assert_eq!(*seen.lock().unwrap(), Some(("ann".to_owned(), 1, false)));
}
