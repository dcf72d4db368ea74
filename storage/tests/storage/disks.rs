//! Databases on disks that fill up or fail, and are well again; futures given up half-way.

use std::task::Poll;
use std::time::{Duration, Instant};

use engine::port::StableId;
use storage::{Left, StorageConfig};

use crate::harness::{Backend, Batch, Database, PATIENCE, SmallDisk, World, on_both, row, until};

on_both!(given_up_transactions_leave_no_open_one,);

/// More than the steps in which a guest is made: each ends where something is waited for.
const STEPS: u32 = 60;
/// How often each is given up at.
const ROUNDS: u32 = 2;

fn ann() -> StableId {
    StableId::named("ann")
}

/// A SQLite file on `disk`, and the journal elsewhere.
fn sqlite_on(disk: &SmallDisk, database: &Database) -> StorageConfig {
    let mut config = database.config();
    config.database.url = format!("sqlite://{}", disk.path().join("kadath.db").display());
    config.database.acquire_timeout_ms = 1_000;
    config
}

/// Until a guest can be made again.
async fn guests_are_welcome(world: &World) {
    let began = Instant::now();
    while let Err(denied) = world.accounts().guest().await {
        assert!(began.elapsed() < PATIENCE, "still refused: {denied}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Until none can be made.
async fn guests_are_refused(world: &World) {
    let began = Instant::now();
    while world.accounts().guest().await.is_ok() {
        assert!(began.elapsed() < PATIENCE, "the disk is never full");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_disk_once_freed_lets_sqlite_go_on() {
    let disk = SmallDisk::mount(2_048);
    let database = Backend::Sqlite.fresh().await;
    let mut world = World::start(sqlite_on(&disk, &database)).await;
    world.apply(Batch::default().put(ann(), "purse", 0)).await;
    for round in 1..=3 {
        disk.fill();
        guests_are_refused(&world).await;
        let tale = "t".repeat(100_000);
        let batch = Batch::default()
            .put(ann(), "tale", tale)
            .put(ann(), "purse", round);
        let tick = world.save(batch.fact("audit", ann(), 1)).await;
        until("the database to be behind", || {
            world.storage.health(Duration::ZERO).store.is_err()
        })
        .await;
        disk.free();
        let freed = Instant::now();
        world.applied(tick).await;
        guests_are_welcome(&world).await;
        assert!(freed.elapsed() < Duration::from_secs(20));
    }
    let rows = world.rows(ann()).await;
    assert!(rows.contains(&row(ann(), "purse", 3)), "{rows:?}");
    let mut peek = database.config();
    peek.database.url = sqlite_on(&disk, &database).database.url;
    assert_eq!(world.stop().await, Left::Applied);
    assert_eq!(facts(&peek.database.url).await, 3, "each effect once");
}

async fn facts(url: &str) -> i64 {
    use sqlx::Connection;
    let mut db = sqlx::SqliteConnection::connect(url).await.unwrap();
    let count = sqlx::query_scalar("SELECT count(*) FROM facts");
    count.fetch_one(&mut db).await.unwrap()
}

/// Lets something go on for so many steps, and drops it where it is then.
async fn give_up_after<T>(mut steps: u32, work: impl Future<Output = T>) {
    let mut work = Box::pin(work);
    std::future::poll_fn(|context| {
        if steps == 0 || work.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        steps -= 1;
        Poll::Pending
    })
    .await;
}

/// Whoever asks may go away at any moment; what was begun for them must not stay open, or what
/// the next one writes would be lost with it.
async fn given_up_transactions_leave_no_open_one(database: Database) {
    let mut config = database.config();
    // All through the same connection.
    config.database.pool_max = 1;
    let world = World::start(config).await;
    world.upkeep_done().await;
    let mut made = 0;
    for _ in 0..ROUNDS {
        for steps in 0..STEPS {
            give_up_after(steps, world.accounts().guest()).await;
            world.accounts().create_invite(None, 1).await.unwrap();
            made += 1;
            let there = database.number("SELECT count(*) FROM invites").await;
            assert_eq!(there, made, "given up after {steps} steps");
        }
    }
    assert_eq!(world.stop().await, Left::Applied);
}
