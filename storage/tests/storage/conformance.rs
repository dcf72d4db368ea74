//! What both databases must do alike.

use engine::port::{Owner, StableId};
use storage::Left;

use crate::harness::{Batch, Database, World, on_both, row};

on_both!(
    saved_rows_come_back,
    removal_and_value_keep_order,
    clean_stop_leaves_nothing_pending,
    a_crash_loses_nothing_durable_and_ticks_leap,
    a_fact_replayed_is_written_once,
    waiting_facts_are_summed,
    load_sees_unapplied_rows,
    flush_statements_do_not_grow_with_rows,
    applied_segments_are_deleted,
    start_from_database_alone_knows_world,
    old_facts_are_forgotten,
);

fn id(name: &str) -> StableId {
    StableId::named(name)
}

async fn saved_rows_come_back(database: Database) {
    let mut world = World::start(database.config()).await;
    let text = "quotes \" and \\ and \u{0} and \u{1F419}";
    world
        .apply(
            Batch::default()
                .put(id("ann"), "purse", 12)
                .put(id("ann"), "name", text)
                .put_in(Owner::World, id("clock"), "calendar", 9),
        )
        .await;
    world
        .apply(Batch::default().put(id("ann"), "purse", 13))
        .await;
    assert_eq!(world.stop().await, Left::Applied);

    let world = World::start(database.config()).await;
    assert_eq!(
        world.rows(id("ann")).await,
        [row(id("ann"), "name", text), row(id("ann"), "purse", 13)]
    );
    assert_eq!(world.rows(id("nobody")).await, []);
    let saved = &world.recovered.world_rows;
    assert_eq!(saved.len(), 1, "{saved:?}");
    assert_eq!(
        (saved[0].component.as_str(), saved[0].body.as_str()),
        ("calendar", "9")
    );
    assert_eq!(saved[0].owner, Owner::World);
}

async fn removal_and_value_keep_order(database: Database) {
    let mut world = World::start(database.config()).await;
    let ann = id("ann");
    world
        .apply(
            Batch::default()
                .put(ann, "mute", 1)
                .put(ann, "purse", 1)
                .put(ann, "hat", 1),
        )
        .await;
    // Within a batch the removal came first; across batches the later one counts.
    world
        .apply(
            Batch::default()
                .remove(ann, "mute")
                .put(ann, "mute", 2)
                .remove(ann, "hat"),
        )
        .await;
    assert_eq!(
        world.rows(ann).await,
        [row(ann, "mute", 2), row(ann, "purse", 1)]
    );

    let held = database.hold_writes().await;
    world.save(Batch::default().put(ann, "coat", 1)).await;
    world
        .save(Batch::default().wipe(ann).put(ann, "ghost", 1))
        .await;
    world
        .save(Batch::default().put(ann, "chain", 1).remove(ann, "purse"))
        .await;
    let tick = world.save(Batch::default().put(ann, "hat", 5)).await;
    let expected = [
        row(ann, "chain", 1),
        row(ann, "ghost", 1),
        row(ann, "hat", 5),
    ];
    assert_eq!(
        world.rows(ann).await,
        expected,
        "while the database is behind"
    );
    held.release().await;
    world.applied(tick).await;
    assert_eq!(world.rows(ann).await, expected, "once it has caught up");
}

/// After a clean stop nothing waits, and ticks go on from the last one.
async fn clean_stop_leaves_nothing_pending(database: Database) {
    let mut world = World::start(database.config()).await;
    let first = world.recovered.clone();
    assert_eq!(
        (first.first_tick, first.clean, first.before),
        (1, true, None)
    );
    world
        .save(Batch::default().put(id("ann"), "purse", 1))
        .await;
    assert_eq!(world.stop().await, Left::Applied);

    let world = World::start(database.config()).await;
    let second = &world.recovered;
    assert_eq!(second.world, first.world);
    assert_ne!(second.run, first.run);
    // One batch and the last one.
    assert_eq!(second.before, Some((first.run, 2)));
    assert_eq!((second.first_tick, second.clean), (3, true));
    assert!(second.reached > first.reached);
}

async fn a_crash_loses_nothing_durable_and_ticks_leap(database: Database) {
    let mut world = World::start(database.config()).await;
    let run = world.recovered.run;
    world
        .apply(Batch::default().put(id("ann"), "purse", 1))
        .await;
    let held = database.hold_writes().await;
    world
        .save(
            Batch::default()
                .put(id("ann"), "purse", 2)
                .put(id("bob"), "purse", 5),
        )
        .await;
    let tick = world
        .save(Batch::default().put(id("ann"), "purse", 3).wipe(id("bob")))
        .await;
    world.crash();
    held.release().await;

    let mut world = World::start(database.config()).await;
    assert_eq!(world.recovered.before, Some((run, tick)));
    assert!(!world.recovered.clean);
    assert_eq!(world.recovered.first_tick, 1_000_000);
    assert_eq!(world.rows(id("ann")).await, [row(id("ann"), "purse", 3)]);
    assert_eq!(world.rows(id("bob")).await, []);
    let run = world.recovered.run;
    let tick = world
        .save(Batch::default().put(id("ann"), "purse", 4))
        .await;
    world.crash();

    let world = World::start(database.config()).await;
    assert_eq!(world.recovered.before, Some((run, tick)));
    assert_eq!(world.recovered.first_tick, 2_000_000);
    assert_eq!(world.rows(id("ann")).await, [row(id("ann"), "purse", 4)]);
}

async fn a_fact_replayed_is_written_once(database: Database) {
    let mut world = World::start(database.config()).await;
    let ann = id("ann");
    world
        .apply(
            Batch::default()
                .fact("lucidity", ann, -5)
                .fact("lucidity", ann, -5),
        )
        .await;
    world.crash();
    // The database forgets how far it was; the journal still has the batch and writes it again.
    database.execute("DELETE FROM applied").await;

    let mut world = World::start(database.config()).await;
    world.apply(Batch::default().fact("audit", ann, 0)).await;
    assert_eq!(database.number("SELECT count(*) FROM facts").await, 3);
    let sum = database
        .number("SELECT CAST(sum(sum) AS BIGINT) FROM facts")
        .await;
    assert_eq!(sum, -10);
    let full = world.ports.gauge.state().facts_room;
    assert_eq!(full, world_facts_max(), "nothing waits any more");
}

async fn waiting_facts_are_summed(database: Database) {
    let mut world = World::start(database.config()).await;
    let ann = id("ann");
    world.apply(Batch::default().put(ann, "purse", 1)).await;
    let held = database.hold_writes().await;
    let mut tick = 0;
    for _ in 0..50 {
        tick = world
            .save(Batch::default().passing_fact("lucidity", ann, -2))
            .await;
    }
    // One may be on its way to the database already, alone; the others wait as one.
    let room = world.ports.gauge.state().facts_room;
    assert!(world_facts_max() - room <= 2, "room for {room}");
    held.release().await;
    world.applied(tick).await;
    let rows = database.number("SELECT count(*) FROM facts").await;
    assert!((1..=3).contains(&rows), "{rows} rows");
    let figures = "SELECT CAST(sum(count) * 1000 - sum(sum) AS BIGINT) FROM facts";
    assert_eq!(database.number(figures).await, 50_100);
}

fn world_facts_max() -> u32 {
    storage::JournalConfig::default().facts_max
}

async fn load_sees_unapplied_rows(database: Database) {
    let mut world = World::start(database.config()).await;
    let ann = id("ann");
    world
        .apply(Batch::default().put(ann, "purse", 1).put(ann, "hat", 1))
        .await;
    let held = database.hold_writes().await;
    world
        .save(Batch::default().put(ann, "purse", 2).remove(ann, "hat"))
        .await;
    assert_eq!(world.rows(ann).await, [row(ann, "purse", 2)]);
    assert!(world.ports.gauge.applied_tick() < world.ports.gauge.durable_tick());
    assert!(world.metric("kadath_storage_pending_rows", None) >= 2.0);
    held.release().await;
    world.applied(world.ports.gauge.durable_tick()).await;
    assert_eq!(world.metric("kadath_storage_pending_rows", None), 0.0);
}

async fn flush_statements_do_not_grow_with_rows(database: Database) {
    let mut world = World::start(database.quiet_config()).await;
    world.upkeep_done().await;
    let statements = World::statements;
    let mut costs = Vec::new();
    for rows in [10, 10_000] {
        let mut batch = Batch::default().wipe(id("gone")).remove(id("ann"), "hat");
        for n in 0..rows {
            batch = batch.put(id(&format!("player {n}")), "purse", n);
            batch = batch.fact("lucidity", id(&format!("player {n}")), 1);
        }
        let before = statements(&world);
        world.apply(batch).await;
        costs.push(statements(&world) - before);
    }
    assert_eq!(costs[0], costs[1]);
    assert_eq!(
        database.number("SELECT count(*) FROM component_rows").await,
        10_000
    );
}

async fn applied_segments_are_deleted(database: Database) {
    let mut config = database.config();
    config.journal.segment_bytes = 4_096;
    let mut world = World::start(config).await;
    let files = || {
        std::fs::read_dir(database.journal_folder())
            .unwrap()
            .count()
    };
    let held = database.hold_writes().await;
    for _ in 0..10 {
        world
            .save(Batch::default().put(id("ann"), "tale", "t".repeat(3_000)))
            .await;
    }
    assert!(files() >= 5, "only {} segments", files());
    assert!(world.metric("kadath_journal_bytes", None) > 25_000.0);
    held.release().await;
    world.applied(world.ports.gauge.durable_tick()).await;
    // The thread trims as it goes on.
    world
        .apply(Batch::default().put(id("ann"), "tale", "the end"))
        .await;
    crate::harness::until("old segments to go", || files() <= 2).await;
    world.crash();
    let world = World::start(database.config()).await;
    assert_eq!(
        world.rows(id("ann")).await,
        [row(id("ann"), "tale", "the end")]
    );
}

async fn start_from_database_alone_knows_world(database: Database) {
    let mut world = World::start(database.config()).await;
    let first = world.recovered.clone();
    for purse in [5, 6] {
        world
            .apply(Batch::default().put(id("ann"), "purse", purse))
            .await;
    }
    let tick = world
        .apply(Batch::default().put(id("ann"), "purse", 7))
        .await;
    world.crash();

    let mut world = World::start(database.config_in("elsewhere")).await;
    assert_eq!(world.recovered.world, first.world);
    assert_eq!(world.recovered.before, Some((first.run, tick)));
    assert_eq!(world.recovered.first_tick, 1_000_000);
    assert_eq!(world.rows(id("ann")).await, [row(id("ann"), "purse", 7)]);
    // The new journal counts from 1, below what the rows in the database were written by.
    let held = database.hold_writes().await;
    world
        .save(Batch::default().put(id("ann"), "purse", 8))
        .await;
    assert_eq!(world.rows(id("ann")).await, [row(id("ann"), "purse", 8)]);
    held.release().await;
    assert_eq!(world.stop().await, Left::Applied);
}

async fn old_facts_are_forgotten(database: Database) {
    let mut world = World::start(database.config()).await;
    world
        .apply(Batch::default().fact("audit", id("ann"), 1))
        .await;
    world
        .apply(Batch::default().fact("audit", id("ann"), 2))
        .await;
    assert_eq!(world.stop().await, Left::Applied);
    database
        .execute("UPDATE facts SET at = 1000 WHERE sum = 1")
        .await;

    let _world = World::start(database.config()).await;
    let began = std::time::Instant::now();
    while database.number("SELECT count(*) FROM facts").await > 1 {
        assert!(
            began.elapsed() < crate::harness::PATIENCE,
            "the old fact stays"
        );
    }
    assert_eq!(database.number("SELECT sum FROM facts").await, 2);
}
