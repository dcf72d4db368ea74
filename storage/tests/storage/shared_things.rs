//! Things on two nodes over one PostgreSQL: whoever changes one must have it, and it changes hands only
//! while both leases stand.

use std::time::Instant;

use crate::harness::{Backend, Batch, Database, PATIENCE, World, row};
use crate::shared::{id, node};
use engine::port::{Owner, Row, StoreAsk, StoreReply, Tick};

fn of(owner: &str) -> Owner {
    Owner::Character(id(owner))
}

fn thing(owner: Owner, value: i64) -> Row {
    Row {
        owner,
        ..row(id("lamp"), "thing", value)
    }
}

fn purse(name: &str, value: i64) -> Row {
    row(id(name), "purse", value)
}

/// Two nodes; the north plays ann and bob, and ann has a lamp.
async fn scene() -> (Database, World, World) {
    let database = Backend::Postgres.fresh().await;
    let mut north = World::start(node(&database, "north")).await;
    let south = World::start(node(&database, "south")).await;
    north.rows(id("ann")).await;
    north.rows(id("bob")).await;
    north
        .save(
            Batch::default()
                .put(id("ann"), "purse", 1)
                .put(id("bob"), "purse", 1)
                .hand(id("lamp"), None, of("ann"))
                .put_in(of("ann"), id("lamp"), "thing", 1),
        )
        .await;
    (database, north, south)
}

/// The world of a node as it should be: it lets go of what is lost, puts right what is reverted, and
/// answers what it was told of the lamp, until `tick` is durable.
async fn heeds(world: &World, tick: Tick) -> Vec<Vec<Row>> {
    let mut reverted = Vec::new();
    let began = Instant::now();
    while world.ports.gauge.durable_tick() < tick {
        assert!(began.elapsed() < PATIENCE, "tick {tick} is never durable");
        let ask = match world.ports.replies.try_recv() {
            Ok(StoreReply::Lost { character }) => StoreAsk::Release { character },
            Ok(StoreReply::Reverted { entity, rows }) => {
                assert_eq!(entity, id("lamp"));
                reverted.push(rows);
                StoreAsk::Reverted { entity }
            }
            _ => {
                tokio::task::yield_now().await;
                continue;
            }
        };
        world.ports.asks.send(ask).await.unwrap();
    }
    reverted.dedup();
    reverted
}

async fn lamps(database: &Database) -> (i64, String) {
    let count = "SELECT count(*) FROM component_rows WHERE component = 'thing'";
    let owner = "SELECT coalesce(owner::text, node) FROM component_rows WHERE component = 'thing'";
    (database.number(count).await, database.text(owner).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfer_stands_while_both_leases_stand() {
    let (database, mut north, south) = scene().await;
    let given = Batch::default()
        .hand(id("lamp"), Some(of("ann")), of("bob"))
        .put_in(of("bob"), id("lamp"), "thing", 2);
    let tick = north.send(given).await;
    assert_eq!(heeds(&north, tick).await, Vec::<Vec<Row>>::new());
    assert_eq!(lamps(&database).await, (1, id("bob").to_string()));
    assert_eq!(database.number("SELECT count(*) FROM conflicts").await, 0);
    // Taken by force, and with all it owns.
    let mut rows = south.rows(id("bob")).await;
    rows.sort_by(|a, b| a.component.cmp(&b.component));
    assert_eq!(rows, [purse("bob", 1), thing(of("bob"), 2)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfer_from_lost_giver_is_conflict() {
    let (database, mut north, mut south) = scene().await;
    south.rows(id("ann")).await;
    let given = Batch::default()
        .hand(id("lamp"), Some(of("ann")), of("bob"))
        .put_in(of("bob"), id("lamp"), "thing", 2)
        .put(id("bob"), "purse", 5);
    let tick = north.send(given).await;
    // Ann is elsewhere, and so is the lamp.
    assert_eq!(heeds(&north, tick).await, [vec![]]);
    assert_eq!(lamps(&database).await, (1, id("ann").to_string()));
    assert_eq!(database.number("SELECT count(*) FROM conflicts").await, 2);

    // What the north still says of it, as bob's, counts no more than that he had it.
    let more = Batch::default().put_in(of("bob"), id("lamp"), "thing", 3);
    let tick = north.send(more).await;
    assert_eq!(heeds(&north, tick).await, [vec![]]);
    assert_eq!(north.rows(id("bob")).await, [purse("bob", 5)]);

    // Destroyed where it is, it does not come back where it was: not as bob's, not on the floor.
    south
        .save(Batch::default().wipe_in(of("ann"), id("lamp")))
        .await;
    for owner in [of("bob"), Owner::Node] {
        let more = Batch::default().put_in(owner, id("lamp"), "thing", 4);
        let tick = north.send(more).await;
        assert_eq!(heeds(&north, tick).await, [vec![]], "{owner:?}");
    }
    let left = "SELECT count(*) FROM component_rows WHERE component = 'thing'";
    assert_eq!(database.number(left).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfer_to_lost_taker_is_undone() {
    let (database, mut north, south) = scene().await;
    south.rows(id("bob")).await;
    let given = Batch::default()
        .hand(id("lamp"), Some(of("ann")), of("bob"))
        .put_in(of("bob"), id("lamp"), "thing", 2);
    let tick = north.send(given).await;
    // Ann is here, and has it still.
    assert_eq!(heeds(&north, tick).await, [vec![thing(of("ann"), 1)]]);
    assert_eq!(lamps(&database).await, (1, id("ann").to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfer_through_lost_hands_is_undone() {
    let (database, mut north, south) = scene().await;
    south.rows(id("bob")).await;
    // By bob to the floor, both before the database hears of either.
    let held = database.hold_writes().await;
    let given = Batch::default().hand(id("lamp"), Some(of("ann")), of("bob"));
    north.send(given).await;
    let dropped = Batch::default()
        .hand(id("lamp"), Some(of("bob")), Owner::Node)
        .put_in(Owner::Node, id("lamp"), "thing", 9);
    let tick = north.send(dropped).await;
    held.release().await;
    assert_eq!(
        heeds(&north, tick).await.last(),
        Some(&vec![thing(of("ann"), 1)])
    );
    assert_eq!(lamps(&database).await, (1, id("ann").to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thing_picked_up_by_lost_hands_lies_again() {
    let (database, mut north, south) = scene().await;
    let dropped = Batch::default()
        .hand(id("lamp"), Some(of("ann")), Owner::Node)
        .put_in(Owner::Node, id("lamp"), "thing", 2);
    let tick = north.send(dropped).await;
    assert_eq!(heeds(&north, tick).await, Vec::<Vec<Row>>::new());
    assert_eq!(lamps(&database).await, (1, "north".to_owned()));

    south.rows(id("bob")).await;
    let taken = Batch::default()
        .hand(id("lamp"), Some(Owner::Node), of("bob"))
        .put_in(of("bob"), id("lamp"), "thing", 3);
    let tick = north.send(taken).await;
    assert_eq!(heeds(&north, tick).await, [vec![thing(Owner::Node, 2)]]);
    assert_eq!(lamps(&database).await, (1, "north".to_owned()));
}
