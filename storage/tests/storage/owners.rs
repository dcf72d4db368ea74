//! Things and their owners: loaded together, handed on whole.

use engine::port::{Owner, Row, StableId};
use storage::Left;

use crate::harness::{Batch, Database, World, on_both, row};

on_both!(
    load_brings_all_a_character_owns,
    transfer_moves_every_row,
    load_follows_transfers_the_database_lacks,
    transfer_survives_crash,
    floor_belongs_to_node,
);

fn id(name: &str) -> StableId {
    StableId::named(name)
}

fn of(owner: &str) -> Owner {
    Owner::Character(id(owner))
}

/// A row of a thing.
fn thing(owner: &str, thing: &str, component: &str, value: i64) -> Row {
    Row {
        owner: of(owner),
        ..row(id(thing), component, value)
    }
}

/// A lamp of ann's, with a component that nothing writes again.
fn lamp() -> Batch {
    Batch::default()
        .put(id("ann"), "purse", 1)
        .put(id("bob"), "purse", 2)
        .hand(id("lamp"), None, of("ann"))
        .put_in(of("ann"), id("lamp"), "thing", 3)
        .put_in(of("ann"), id("lamp"), "oil", 9)
}

fn given() -> Batch {
    Batch::default()
        .hand(id("lamp"), Some(of("ann")), of("bob"))
        .put_in(of("bob"), id("lamp"), "thing", 4)
}

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|a, b| (a.id, &a.component).cmp(&(b.id, &b.component)));
    rows
}

/// What bob has once the lamp is his.
fn bobs() -> Vec<Row> {
    sorted(vec![
        row(id("bob"), "purse", 2),
        thing("bob", "lamp", "oil", 9),
        thing("bob", "lamp", "thing", 4),
    ])
}

async fn load_brings_all_a_character_owns(database: Database) {
    let mut world = World::start(database.quiet_config()).await;
    let mut batch = Batch::default().put(id("ann"), "purse", 1);
    for n in 0..20 {
        let name = format!("thing {n}");
        batch = batch
            .hand(id(&name), None, of("ann"))
            .put_in(of("ann"), id(&name), "thing", n);
    }
    world.apply(batch).await;
    world.upkeep_done().await;
    let before = world.statements();
    let rows = world.rows(id("ann")).await;
    assert_eq!(rows.len(), 21);
    assert_eq!(world.statements() - before, 1.0);
    assert!(rows.iter().all(|row| row.owner == of("ann")));
    // None of it is the world's to load at start.
    assert_eq!(world.stop().await, Left::Applied);
    let world = World::start(database.config()).await;
    assert_eq!(world.recovered.world_rows, []);
}

async fn transfer_moves_every_row(database: Database) {
    let mut world = World::start(database.config()).await;
    world.apply(lamp()).await;
    world.apply(given()).await;
    assert_eq!(world.rows(id("ann")).await, [row(id("ann"), "purse", 1)]);
    assert_eq!(world.rows(id("bob")).await, bobs());
    // A value written before it was handed on, both in one transaction.
    let _held = database.hold_writes().await;
    let back = Batch::default().hand(id("lamp"), Some(of("bob")), of("ann"));
    world
        .save(Batch::default().put_in(of("bob"), id("lamp"), "thing", 5))
        .await;
    world.save(back).await;
    drop(_held);
    world
        .apply(Batch::default().put(id("ann"), "purse", 7))
        .await;
    assert_eq!(
        world.rows(id("ann")).await,
        sorted(vec![
            row(id("ann"), "purse", 7),
            thing("ann", "lamp", "oil", 9),
            thing("ann", "lamp", "thing", 5),
        ])
    );
    assert_eq!(world.rows(id("bob")).await, [row(id("bob"), "purse", 2)]);
}

async fn load_follows_transfers_the_database_lacks(database: Database) {
    let mut world = World::start(database.config()).await;
    world.apply(lamp()).await;
    let held = database.hold_writes().await;
    world.save(given()).await;
    assert_eq!(world.rows(id("ann")).await, [row(id("ann"), "purse", 1)]);
    assert_eq!(world.rows(id("bob")).await, bobs());
    // Given back, and then destroyed.
    world
        .save(Batch::default().hand(id("lamp"), Some(of("bob")), of("ann")))
        .await;
    assert_eq!(world.rows(id("bob")).await, [row(id("bob"), "purse", 2)]);
    assert_eq!(world.rows(id("ann")).await.len(), 3);
    world
        .save(Batch::default().wipe_in(of("ann"), id("lamp")))
        .await;
    assert_eq!(world.rows(id("ann")).await, [row(id("ann"), "purse", 1)]);
    held.release().await;
}

async fn transfer_survives_crash(database: Database) {
    let mut world = World::start(database.config()).await;
    world.apply(lamp()).await;
    let held = database.hold_writes().await;
    world.save(given()).await;
    world.crash();
    held.release().await;
    let world = World::start(database.config()).await;
    assert_eq!(world.rows(id("bob")).await, bobs());
    assert_eq!(world.rows(id("ann")).await, [row(id("ann"), "purse", 1)]);
}

async fn floor_belongs_to_node(database: Database) {
    let mut world = World::start(database.config()).await;
    world.apply(lamp()).await;
    world
        .apply(Batch::default().hand(id("lamp"), Some(of("ann")), Owner::Node))
        .await;
    assert_eq!(world.rows(id("ann")).await, [row(id("ann"), "purse", 1)]);
    assert_eq!(world.stop().await, Left::Applied);
    let world = World::start(database.config()).await;
    let lying = &world.recovered.world_rows;
    assert_eq!(lying.len(), 2);
    assert!(lying.iter().all(|row| row.owner == Owner::Node));
}
