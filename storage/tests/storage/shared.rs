//! Two nodes on one PostgreSQL: who has a character, and whose changes count.

use std::time::{Duration, Instant};

use engine::port::{AccountAct, AccountOrder, Owner, StableId, StoreAsk, StoreReply};
use storage::{Left, StorageConfig, StorageFault};

use crate::harness::{Backend, Batch, Database, PATIENCE, World, row, until};

/// What the database may lag.
const LAG: Duration = Duration::from_secs(30);

async fn database() -> Database {
    Backend::Postgres.fresh().await
}

pub(crate) fn node(database: &Database, name: &str) -> StorageConfig {
    let mut config = database.config_in(name);
    config.node = name.to_owned();
    config.database.shared = true;
    config.database.lease_ms = 1_000;
    config
}

pub(crate) fn id(name: &str) -> StableId {
    StableId::named(name)
}

/// What storage tells a world unasked.
async fn told(world: &World) -> StoreReply {
    let mut reply = None;
    until("a word of storage", || {
        reply = world.ports.replies.try_recv().ok();
        reply.is_some()
    })
    .await;
    reply.unwrap()
}

async fn release(world: &World, character: StableId) {
    let ask = StoreAsk::Release { character };
    world.ports.asks.send(ask).await.unwrap();
}

/// Waits until the database answers with that number.
async fn becomes(database: &Database, number: i64, sql: &str) {
    let began = Instant::now();
    while database.number(sql).await != number {
        assert!(began.elapsed() < PATIENCE, "never {number}: {sql}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn durable_means_committed() {
    let database = database().await;
    let mut world = World::start(node(&database, "north")).await;
    assert_eq!(world.rows(id("ann")).await, []);
    world
        .apply(Batch::default().put(id("ann"), "purse", 1))
        .await;
    let held = database.hold_writes().await;
    let tick = world
        .send(Batch::default().put(id("ann"), "purse", 2))
        .await;
    until("a batch that waits", || {
        world.metric("kadath_storage_pending_rows", None) > 0.0
    })
    .await;
    assert!(world.ports.gauge.durable_tick() < tick);
    held.release().await;
    world.durable(tick).await;
    assert_eq!(world.ports.gauge.applied_tick(), tick);
    assert_eq!(world.rows(id("ann")).await, [row(id("ann"), "purse", 2)]);
}

/// A character that another node wants is given up, and found there with all that was saved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn yielded_character_arrives_with_all_saved_rows() {
    let database = database().await;
    let mut north = World::start(node(&database, "north")).await;
    let south = World::start(node(&database, "south")).await;
    let ann = id("ann");
    north.rows(ann).await;
    north.save(Batch::default().put(ann, "purse", 7)).await;

    let (rows, ()) = tokio::join!(south.rows(ann), async {
        assert_eq!(told(&north).await, StoreReply::Wanted { character: ann });
        // What it did last is saved before it is given up.
        north.save(Batch::default().put(ann, "purse", 8)).await;
        release(&north, ann).await;
    });
    assert_eq!(rows, [row(ann, "purse", 8)]);
    let holder = "SELECT node FROM character_leases";
    assert_eq!(database.text(holder).await, "south");
    assert_eq!(
        database.number("SELECT epoch FROM character_leases").await,
        2
    );
    assert_eq!(database.number("SELECT count(*) FROM conflicts").await, 0);
}

/// A change that comes after another node has taken its character is a conflict, and is not durable
/// before the session is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_change_of_taken_character_is_conflict() {
    let database = database().await;
    let mut north = World::start(node(&database, "north")).await;
    let mut south = World::start(node(&database, "south")).await;
    let ann = id("ann");
    north.rows(ann).await;
    north.save(Batch::default().put(ann, "purse", 1)).await;
    // The world of the north answers nothing: after a while the south has it.
    let began = Instant::now();
    assert_eq!(south.rows(ann).await, [row(ann, "purse", 1)]);
    assert!(began.elapsed().as_secs() >= 3, "not asked for first");
    south.save(Batch::default().put(ann, "purse", 2)).await;

    let late = Batch::default()
        .put(ann, "purse", 100)
        .put(ann, "hat", 1)
        .remove(ann, "coat")
        .fact("deed", ann, 1);
    let tick = north.send(late).await;
    until("north to be told", || {
        north.ports.replies.try_recv().ok() == Some(StoreReply::Lost { character: ann })
    })
    .await;
    becomes(&database, 3, "SELECT count(*) FROM conflicts").await;
    assert!(north.ports.gauge.durable_tick() < tick, "told too early");
    release(&north, ann).await;
    north.durable(tick).await;

    assert_eq!(south.rows(ann).await, [row(ann, "purse", 2)]);
    assert_eq!(north.metric("kadath_storage_conflicts_total", None), 3.0);
    let kept = "SELECT body FROM conflicts WHERE component = 'purse' AND holder = 'south'";
    assert_eq!(database.text(kept).await, "100");
    // What happened, happened.
    assert_eq!(database.number("SELECT count(*) FROM facts").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn returning_old_journal_overwrites_nothing_newer() {
    let database = database().await;
    let mut north = World::start(node(&database, "north")).await;
    let mut south = World::start(node(&database, "south")).await;
    let (ann, bob) = (id("ann"), id("bob"));
    north.rows(ann).await;
    north.rows(bob).await;
    let saved = Batch::default().put(ann, "purse", 1).put(bob, "purse", 1);
    let promised = north.save(saved).await;
    let first = north.recovered.run;

    // The last batch reaches the journal only.
    let held = database.hold_writes().await;
    let late = Batch::default().put(ann, "purse", 99).put(bob, "purse", 2);
    north.send(late).await;
    until("a batch that waits", || {
        north.metric("kadath_storage_pending_rows", None) > 0.0
    })
    .await;
    north.crash();
    held.release().await;

    assert_eq!(south.rows(ann).await, [row(ann, "purse", 1)]);
    south.save(Batch::default().put(ann, "purse", 2)).await;
    assert_eq!(database.number("SELECT count(*) FROM conflicts").await, 0);

    let north = World::start(node(&database, "north")).await;
    assert_eq!(database.number("SELECT count(*) FROM conflicts").await, 1);
    assert_eq!(north.metric("kadath_storage_conflicts_total", None), 1.0);
    // Bob stayed: his last deed survived, though only the one before is promised.
    assert_eq!(north.rows(bob).await, [row(bob, "purse", 2)]);
    assert_eq!(north.recovered.before, Some((first, promised)));
    assert_eq!(south.rows(ann).await, [row(ann, "purse", 2)]);
}

/// One node writes the world; when it dies, another does within the lease.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn world_writer_death_elects_successor_within_lease() {
    let database = database().await;
    let mut north = World::start(node(&database, "north")).await;
    let mut south = World::start(node(&database, "south")).await;
    let almanac = id("almanac");
    let hour = |number: i64| Batch::default().put_in(Owner::World, almanac, "hour", number);
    let written = "SELECT body::bigint FROM component_rows WHERE component = 'hour'";
    north.save(hour(1)).await;
    // Both count the hours; one writes them.
    south.save(hour(2)).await;
    // What is a node's own is written by it in any case, and loaded by nobody else.
    let own = Batch::default().put_in(Owner::Node, id("book of south"), "book", 5);
    south.save(own).await;
    let letter = Batch::default().put_in(Owner::Node, id("letter"), "letter", 1);
    south.save(letter).await;
    south
        .save(Batch::default().wipe_in(Owner::Node, id("letter")))
        .await;
    assert_eq!(database.number(written).await, 1);
    assert_eq!(north.metric("kadath_storage_elected", None), 1.0);
    assert_eq!(south.metric("kadath_storage_elected", None), 0.0);

    north.crash();
    // With nothing else to save.
    becomes(&database, 2, written).await;
    assert_eq!(south.metric("kadath_storage_elected", None), 1.0);
    south.save(hour(3)).await;
    assert_eq!(database.number(written).await, 3);

    let mut north = World::start(node(&database, "north")).await;
    let bodies = |world: &World| -> Vec<String> {
        let rows = world.recovered.world_rows.iter();
        rows.map(|row| row.body.clone()).collect()
    };
    assert_eq!(bodies(&north), ["3"]);
    north.save(hour(4)).await;
    assert_eq!(database.number(written).await, 3);
    assert_eq!(database.number("SELECT count(*) FROM conflicts").await, 0);

    // One that stops in peace is followed, and finds what is its own.
    assert_eq!(south.stop().await, Left::Applied);
    becomes(&database, 4, written).await;
    let south = World::start(node(&database, "south")).await;
    let mut found = bodies(&south);
    found.sort();
    assert_eq!(found, ["4", "5"]);
}

/// A second node of the same name is refused, and a new one knows of no run before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_name_is_unique_and_starts_without_past() {
    let database = database().await;
    let mut north = World::start(node(&database, "north")).await;
    let tick = north
        .save(Batch::default().put(id("ann"), "purse", 1))
        .await;
    let mut twin = node(&database, "twin");
    twin.node = "north".to_owned();
    let refused = World::open(twin).await.err().expect("it opens");
    assert!(refused.to_string().contains("server.node"), "{refused}");

    let south = World::start(node(&database, "south")).await;
    assert_eq!(south.recovered.before, None);
    assert!(south.recovered.first_tick > tick);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_journals_order_undoes_no_newer_order() {
    const PASSWORD: &str = "the king in yellow";
    let database = database().await;
    let mut north = World::start(node(&database, "north")).await;
    let mut south = World::start(node(&database, "south")).await;
    let accounts = south.accounts().clone();
    let zadok = accounts.register("Zadok", PASSWORD, None).await.unwrap();
    let allen = accounts
        .create_character(zadok.account.id, "Allen", None)
        .await
        .unwrap();
    let order = |act| {
        Batch::default().order(&AccountOrder {
            character: Some(allen.id),
            name: String::new(),
            by: "Ann".to_owned(),
            act,
        })
    };
    let ban = || AccountAct::Ban {
        until: None,
        reason: "shouting in the library".to_owned(),
    };
    let held = database.hold_writes().await;
    north.send(order(ban())).await;
    until("a batch that waits", || {
        north.storage.health(Duration::ZERO).store.is_err()
    })
    .await;
    north.crash();
    held.release().await;
    south.save(order(ban())).await;
    assert!(accounts.login("zadok", PASSWORD).await.is_err());
    south.save(order(AccountAct::Unban)).await;
    let north = World::start(node(&database, "north")).await;
    assert_eq!(database.number("SELECT count(*) FROM facts").await, 3);
    assert!(accounts.login("zadok", PASSWORD).await.is_ok());
    north.crash();
}

/// Of two servers that do not share a database only the first is let on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unshared_database_admits_one_server() {
    let database = database().await;
    let alone = |name: &str| {
        let mut config = node(&database, name);
        config.database.shared = false;
        config
    };
    let north = World::start(alone("north")).await;
    // Whatever it is called, and whether or not it would share.
    let mut twin = alone("twin");
    twin.node = "north".to_owned();
    for config in [alone("south"), twin, node(&database, "west")] {
        let refused = World::open(config).await.err().expect("it opens");
        assert!(
            matches!(refused, StorageFault::Occupied { .. }),
            "{refused}"
        );
        assert!(refused.to_string().contains("database.shared"), "{refused}");
    }
    assert!(north.storage.health(LAG).is_ok());
    // Who has stopped has left, and who has died leaves within the lease.
    assert_eq!(north.stop().await, Left::Applied);
    let began = Instant::now();
    let south = World::start(alone("south")).await;
    assert!(began.elapsed() < Duration::from_millis(1_000));
    south.crash();
    let west = World::start(node(&database, "west")).await;
    let refused = World::open(alone("north")).await.err().expect("it opens");
    assert!(
        matches!(refused, StorageFault::Occupied { .. }),
        "{refused}"
    );
    assert_eq!(west.stop().await, Left::Applied);
}

/// A server that finds another on its database says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_server_on_database_is_reported() {
    let database = database().await;
    let mut config = node(&database, "north");
    config.database.shared = false;
    let north = World::start(config).await;
    // As if it had been frozen for longer than its lease, and another had come.
    let other = "UPDATE elections SET journal = '7a1c2d3e-0000-4000-8000-000000000000',
                 until = clock_timestamp() + interval '1 hour' WHERE role = 'alone'";
    database.execute(other).await;
    until("trouble", || north.storage.health(LAG).store.is_err()).await;
    let reason = north.storage.health(LAG).store.unwrap_err();
    assert!(reason.contains("another server"), "{reason}");
}
