//! Things: whose they are, how they change hands, and how they come and go with their owners.

use engine::port::{Owner, Row, SaveBatch, SessionId, StoreAsk, StoreReply, Transfer};
use engine::prelude::*;
use engine::{Reverted, Save};

use crate::kit::{Backstage, Coins, Tape, arrival, batch, game, leave, named, row, values};

fn id(name: &str) -> StableId {
    StableId::named(name)
}

fn of(name: &str) -> Owner {
    Owner::Character(id(name))
}

fn keeper(reg: &mut Registrar<'_>) {
    reg.add(game).add(named("holders", |reg| _ = reg.holders()));
}

/// A world in which these play, with all that they did durable.
fn scene(names: &[&str]) -> Backstage {
    let mut world = Backstage::new(keeper);
    let arrivals = (1..).zip(names).map(|(n, name)| arrival(n, name));
    world.tick(arrivals.collect());
    rest(&mut world);
    world
}

/// Ticks until everything is durable.
fn rest(world: &mut Backstage) {
    for _ in 0..3 {
        world.tick(vec![]);
    }
}

fn entity(world: &mut Backstage, name: &str) -> Option<Entity> {
    world.engine.world().resource::<Index>().get(id(name))
}

/// Makes something worth three coins.
fn make(world: &mut Backstage, name: &str, holder: Option<&str>) {
    let holder = Holder(holder.map(id));
    world.engine.world().spawn((id(name), Coins(3), holder));
}

fn hand(world: &mut Backstage, name: &str, holder: Option<&str>) {
    let thing = entity(world, name).unwrap();
    let holder = Holder(holder.map(id));
    world.engine.world().entity_mut(thing).insert(holder);
}

fn transfer(name: &str, from: Option<Owner>, to: Owner) -> Transfer {
    Transfer {
        id: id(name),
        from,
        to,
        through: Vec::new(),
    }
}

fn sorted(mut transfers: Vec<Transfer>) -> Vec<Transfer> {
    transfers.sort_by_key(|one| one.id);
    transfers
}

/// Whose each row of a batch is.
fn owners(batch: &SaveBatch) -> Vec<(StableId, &'static str, Owner)> {
    let mut owners = Vec::new();
    for column in &batch.columns {
        column.visit(&mut |row| owners.push((row.id, column.component(), row.owner)));
    }
    owners.sort();
    owners
}

#[test]
fn new_thing_belongs_to_holder() {
    let mut world = scene(&["ann"]);
    make(&mut world, "lamp", Some("ann"));
    make(&mut world, "stone", None);
    let saved = batch(world.tick(vec![]));
    let new = [
        transfer("lamp", None, of("ann")),
        transfer("stone", None, Owner::Node),
    ];
    assert_eq!(saved.transfers, sorted(new.to_vec()));
    let mut whose = [
        (id("lamp"), "coins", of("ann")),
        (id("lamp"), "holder", of("ann")),
        (id("stone"), "coins", Owner::Node),
        (id("stone"), "holder", Owner::Node),
    ];
    whose.sort();
    assert_eq!(owners(&saved), whose);
}

#[test]
fn bag_transfer_moves_contents() {
    let mut world = scene(&["ann", "bob"]);
    make(&mut world, "bag", Some("ann"));
    make(&mut world, "purse", Some("bag"));
    make(&mut world, "penny", Some("purse"));
    rest(&mut world);
    hand(&mut world, "bag", Some("bob"));
    let saved = batch(world.tick(vec![]));
    let all = ["bag", "purse", "penny"];
    let all = all.map(|name| transfer(name, Some(of("ann")), of("bob")));
    assert_eq!(saved.transfers, sorted(all.to_vec()));
    // Of what went along nothing has changed but whose it is.
    assert_eq!(owners(&saved), [(id("bag"), "holder", of("bob"))]);
    rest(&mut world);
    let penny = entity(&mut world, "penny").unwrap();
    world.engine.world().get_mut::<Coins>(penny).unwrap().0 = 1;
    let saved = batch(world.tick(vec![]));
    assert_eq!(saved.transfers, []);
    assert_eq!(owners(&saved), [(id("penny"), "coins", of("bob"))]);
}

#[test]
fn transfer_names_every_intermediate_owner() {
    let mut world = scene(&["ann", "bob", "cat"]);
    make(&mut world, "bag", Some("ann"));
    make(&mut world, "penny", Some("bag"));
    rest(&mut world);
    world.hold = true;
    make(&mut world, "stone", None);
    world.tick(vec![]);
    hand(&mut world, "bag", Some("bob"));
    world.tick(vec![]);
    hand(&mut world, "bag", Some("cat"));
    world.hold = false;
    let saved = batch(world.tick(vec![]));
    let all = ["bag", "penny"].map(|name| Transfer {
        through: vec![id("bob")],
        ..transfer(name, Some(of("ann")), of("cat"))
    });
    assert_eq!(saved.transfers, sorted(all.to_vec()));
    // There and back is no transfer.
    rest(&mut world);
    hand(&mut world, "bag", Some("bob"));
    hand(&mut world, "bag", Some("cat"));
    assert_eq!(batch(world.tick(vec![])).transfers, []);
}

#[test]
fn owned_things_unload_with_owner() {
    let mut world = scene(&["ann"]);
    make(&mut world, "bag", Some("ann"));
    make(&mut world, "penny", Some("bag"));
    make(&mut world, "stone", None);
    rest(&mut world);
    world.hold = true;
    let penny = entity(&mut world, "penny").unwrap();
    world.engine.world().get_mut::<Coins>(penny).unwrap().0 = 9;
    world.tick(vec![leave(1)]);
    for _ in 0..5 {
        world.tick(vec![]);
    }
    // Its last state is not durable: nobody who owns it goes.
    assert!(entity(&mut world, "ann").is_some());
    assert!(entity(&mut world, "penny").is_some());
    world.hold = false;
    rest(&mut world);
    for name in ["ann", "bag", "penny"] {
        assert_eq!(entity(&mut world, name), None, "{name}");
    }
    assert!(entity(&mut world, "stone").is_some());
    let holdings = world.engine.world().resource::<Holdings>();
    assert_eq!(holdings.all_of(id("ann")), []);
}

fn rows_of_ann() -> Vec<Row> {
    let thing =
        |name: &str, component: &str, body: String| row(id(name), component, 1, of("ann"), &body);
    vec![
        thing("penny", "holder", format!("\"{}\"", id("bag"))),
        thing("penny", "coins", "7".to_owned()),
        row(id("ann"), "coins", 1, of("ann"), "5"),
        thing("bag", "holder", format!("\"{}\"", id("ann"))),
        thing("broken", "coins", "\"wet\"".to_owned()),
        thing("broken", "holder", format!("\"{}\"", id("ann"))),
    ]
}

#[test]
fn owned_things_load_with_owner_as_saved() {
    let mut world = scene(&[]);
    world.answer = false;
    world.tick(vec![arrival(1, "ann")]);
    let loaded = StoreReply::Loaded {
        character: id("ann"),
        session: SessionId(1),
        rows: rows_of_ann(),
    };
    let output = world.tick_with(vec![], vec![loaded]);
    // Only who came is new: it has a record of commands now.
    let saved = batch(output);
    let of_things = owners(&saved).into_iter().filter(|one| one.0 != id("ann"));
    assert_eq!(of_things.count(), 0);
    assert_eq!((saved.transfers, saved.tombstones), (vec![], vec![]));
    let holdings = world.engine.world().resource::<Holdings>();
    assert_eq!(holdings.all_of(id("ann")), [id("bag"), id("penny")]);
    let penny = entity(&mut world, "penny").unwrap();
    assert_eq!(world.engine.world().get::<Coins>(penny), Some(&Coins(7)));
    // What can't be read keeps nobody from playing, and is not overwritten.
    assert_eq!(entity(&mut world, "broken"), None);
    rest(&mut world);
    hand(&mut world, "bag", None);
    let moved = batch(world.tick(vec![])).transfers;
    let both = ["bag", "penny"].map(|name| transfer(name, Some(of("ann")), Owner::Node));
    assert_eq!(moved, sorted(both.to_vec()));
}

#[test]
fn destroyed_holder_destroys_contents() {
    let tape = Tape::<StableId>::default();
    let seen = tape.clone();
    let mut world = Backstage::new(move |reg: &mut Registrar<'_>| {
        let seen = seen.clone();
        reg.add(keeper).add(named("witness", move |reg| {
            let seen = seen.clone();
            reg.system(Phase::Settle, move |mut gone: MessageReader<Destroyed>| {
                gone.read().for_each(|one| seen.write(one.id));
            });
        }));
    });
    world.tick(vec![arrival(1, "ann")]);
    make(&mut world, "bag", Some("ann"));
    make(&mut world, "penny", Some("bag"));
    rest(&mut world);
    let bag = entity(&mut world, "bag").unwrap();
    world.engine.world().write_message(Destroy(bag));
    let saved = batch(world.tick(vec![]));
    let stones = saved.tombstones.iter();
    let mut stones: Vec<_> = stones
        .map(|one| (one.id, one.component.clone(), one.owner))
        .collect();
    stones.sort();
    let mut gone = [(id("bag"), None, of("ann")), (id("penny"), None, of("ann"))];
    gone.sort();
    assert_eq!(stones, gone);
    assert_eq!(tape.read(), []);
    world.tick(vec![]);
    assert_eq!(tape.read(), [id("bag"), id("penny")]);
    assert_eq!(entity(&mut world, "penny"), None);
}

#[test]
fn reverted_thing_matches_storage() {
    let tape = Tape::<Reverted>::default();
    let seen = tape.clone();
    let mut world = Backstage::new(move |reg: &mut Registrar<'_>| {
        let seen = seen.clone();
        reg.add(keeper).add(named("witness", move |reg| {
            let seen = seen.clone();
            reg.system(
                Phase::Settle,
                move |mut reverted: MessageReader<Reverted>| {
                    reverted.read().for_each(|one| seen.write(*one));
                },
            );
        }));
    });
    world.tick(vec![arrival(1, "ann"), arrival(2, "bob")]);
    make(&mut world, "bag", Some("bob"));
    make(&mut world, "penny", Some("bob"));
    rest(&mut world);
    let revert = |name: &str, rows| StoreReply::Reverted {
        entity: id(name),
        rows,
    };
    // Ann is here and has the bag; the penny is elsewhere.
    let bag = vec![
        row(id("bag"), "coins", 1, of("ann"), "1"),
        row(
            id("bag"),
            "holder",
            1,
            of("ann"),
            &format!("\"{}\"", id("ann")),
        ),
    ];
    let output = world.tick_with(vec![], vec![revert("bag", bag), revert("penny", vec![])]);
    let asks = ["bag", "penny"].map(|name| StoreAsk::Reverted { entity: id(name) });
    assert_eq!(output.asks, asks);
    assert!(matches!(output.save, Save::Clean), "as the database has it");
    let told = ["bag", "penny"].map(|name| Reverted {
        id: id(name),
        held_by: Some(id("bob")),
    });
    assert_eq!(tape.read(), told);
    let bag = entity(&mut world, "bag").unwrap();
    assert_eq!(world.engine.world().get::<Coins>(bag), Some(&Coins(1)));
    assert_eq!(entity(&mut world, "penny"), None);
    // Of somebody who left meanwhile it stays out.
    let cats = vec![row(
        id("bag"),
        "holder",
        1,
        of("cat"),
        &format!("\"{}\"", id("cat")),
    )];
    world.tick_with(vec![], vec![revert("bag", cats)]);
    assert_eq!(entity(&mut world, "bag"), None);
}

#[test]
fn destroyed_yielding_character_answers_when_durable() {
    let mut world = scene(&["ann"]);
    world.hold = true;
    make(&mut world, "stone", None);
    world.tick_with(
        vec![],
        vec![StoreReply::Wanted {
            character: id("ann"),
        }],
    );
    let ann = entity(&mut world, "ann").unwrap();
    world.engine.world().write_message(Destroy(ann));
    let mut asks = Vec::new();
    for _ in 0..3 {
        asks.extend(world.tick(vec![]).asks);
    }
    assert_eq!(entity(&mut world, "ann"), None);
    // Somebody who signs in now waits, too.
    asks.extend(world.tick(vec![arrival(2, "ann")]).asks);
    assert_eq!(asks, []);
    world.hold = false;
    for _ in 0..4 {
        asks.extend(world.tick(vec![]).asks);
    }
    let (character, session) = (id("ann"), SessionId(2));
    assert_eq!(
        asks,
        [
            StoreAsk::Release { character },
            StoreAsk::Load { character, session }
        ]
    );
}

/// A plugin that despawns or strips what is not its own.
#[test]
fn thing_taken_by_vandal_is_put_back() {
    let mut world = Backstage::new(|reg: &mut Registrar<'_>| {
        reg.add(keeper).add(named("vandal", |reg| {
            reg.system(
                Phase::Simulate,
                |mut heard: MessageReader<Heard>,
                 things: Query<(Entity, &Holder)>,
                 mut commands: Commands<'_, '_>| {
                    for heard in heard.read() {
                        for (thing, _) in &things {
                            match heard.line.as_str() {
                                "strip" => _ = commands.entity(thing).remove::<Holder>(),
                                _ => commands.entity(thing).despawn(),
                            }
                        }
                    }
                },
            );
        }));
    });
    world.tick(vec![arrival(1, "ann")]);
    make(&mut world, "bag", Some("ann"));
    make(&mut world, "penny", Some("bag"));
    rest(&mut world);
    for word in ["strip", "despawn"] {
        let output = world.tick(vec![crate::kit::line(1, None, word)]);
        assert_eq!(output.faults.len(), 2, "{word}");
        rest(&mut world);
        let holdings = world.engine.world().resource::<Holdings>();
        assert_eq!(
            holdings.all_of(id("ann")),
            [id("bag"), id("penny")],
            "{word}"
        );
    }
    hand(&mut world, "bag", None);
    let saved = batch(world.tick(vec![]));
    let both = ["bag", "penny"].map(|name| transfer(name, Some(of("ann")), Owner::Node));
    assert_eq!(saved.transfers, sorted(both.to_vec()));
    assert_eq!(saved.tombstones, []);
    assert!(values(&saved).iter().any(|one| one.1 == "holder"));
}
