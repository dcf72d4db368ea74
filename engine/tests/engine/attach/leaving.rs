//! What becomes of a character that has left, or is no more.

use super::*;

#[test]
fn quick_return_finds_unsaved_living_entity() {
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
fn character_unloads_only_once_durable() {
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
    assert_eq!(
        (saved.body.as_str(), saved.owner),
        ("2", Owner::Character(StableId::named("ann")))
    );
}

#[test]
fn departed_character_stays_until_late_change_durable() {
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
fn sign_in_sees_state_still_being_saved() {
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
fn destroyed_character_loses_session_and_rows() {
    let mut world = Backstage::new(game);
    world.tick(vec![arrival(1, "ann")]);
    world.tick(vec![]);
    let entity = living(&mut world.engine, "ann").unwrap();
    world.engine.world().write_message(Destroy(entity));
    let output = world.tick(vec![]);
    assert_eq!(short(&output.emission.said), ["1 closed Kicked"]);
    // It departs first.
    assert!(living(&mut world.engine, "ann").is_some());
    let stones = batch(world.tick(vec![])).tombstones;
    assert_eq!(stones.len(), 1);
    assert_eq!(
        (stones[0].id, &stones[0].component),
        (StableId::named("ann"), &None)
    );
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
fn departed_message_finds_entity_in_world() {
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
