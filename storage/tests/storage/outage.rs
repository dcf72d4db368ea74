//! PostgreSQL late, frozen, unreachable; and how many connections it sees.

use std::time::{Duration, Instant};

use engine::port::{Code, StableId, StoreReply};
use storage::{Left, StorageFault, TlsMode};

use crate::harness::{Backend, Batch, Cluster, Database, PATIENCE, Peek, World, row, until};

fn ann() -> StableId {
    StableId::named("ann")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_database_delays_no_tick() {
    let cluster = Cluster::started().await;
    let mut config = Backend::Sqlite.fresh().await.config();
    config.database.url = cluster.url("postgres");
    let folder = tempfile::TempDir::new().unwrap();
    config.data = folder.path().to_owned();
    let mut world = World::start(config).await;
    world.apply(Batch::default().put(ann(), "purse", 0)).await;

    cluster.freeze();
    for n in 1..=50 {
        world.save(Batch::default().put(ann(), "purse", n)).await;
    }
    let durable = world.ports.gauge.durable_tick();
    assert!(world.ports.gauge.applied_tick() < durable);
    assert!(world.ports.gauge.state().accepting);

    let began = Instant::now();
    let reply = world.load(ann()).await;
    let StoreReply::Unavailable { refusal, .. } = reply else {
        panic!("loaded from a frozen database: {reply:?}");
    };
    assert_eq!(refusal.code, Code::DatabaseConnectionError);
    assert!(refusal.retry_after_ms.is_some());
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    let health = world.storage.health(Duration::from_millis(10));
    assert!(
        health.journal.is_ok() && health.store.is_err(),
        "{health:?}"
    );
    // Fifty values of one key are one row to write, besides what is under way.
    assert!(world.metric("kadath_storage_pending_rows", None) <= 2.0);

    cluster.thaw();
    world.applied(durable).await;
    until("a healthy store", || {
        world.storage.health(Duration::from_secs(5)).is_ok()
    })
    .await;
    assert_eq!(world.rows(ann()).await, [row(ann(), "purse", 50)]);
    assert_eq!(world.stop().await, Left::Applied);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_with_frozen_database_leaves_rest_in_journal() {
    let cluster = Cluster::started().await;
    let folder = tempfile::TempDir::new().unwrap();
    let mut config = Backend::Sqlite.fresh().await.config();
    config.database.url = cluster.url("postgres");
    config.data = folder.path().to_owned();
    let mut world = World::start(config.clone()).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;

    cluster.freeze();
    world.save(Batch::default().put(ann(), "purse", 2)).await;
    let World { storage, ports, .. } = world;
    drop(ports);
    let began = Instant::now();
    assert_eq!(
        storage.shutdown(Duration::from_secs(1)).await,
        Left::Durable
    );
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    drop(storage);
    cluster.thaw();

    let world = World::start(config).await;
    assert_eq!(world.rows(ann()).await, [row(ann(), "purse", 2)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_database_is_waited_for() {
    let cluster = Cluster::stopped();
    let folder = tempfile::TempDir::new().unwrap();
    let mut config = Backend::Sqlite.fresh().await.config();
    config.database.url = cluster.url("postgres");
    config.database.connect_retry_seconds = 30;
    config.data = folder.path().to_owned();
    // Who listens in its place and hangs up is asked again.
    let nobody = tokio::net::TcpListener::bind(("127.0.0.1", cluster.port()));
    let nobody = nobody.await.unwrap();
    let mut opening = tokio::spawn(World::open(config));
    for _ in 0..3 {
        tokio::select! {
            asked = nobody.accept() => drop(asked.unwrap()),
            opened = &mut opening => panic!("no longer waited for: {:?}", opened.unwrap().err()),
        }
    }
    drop(nobody);
    cluster.start();
    let mut world = opening.await.unwrap().unwrap();
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    assert_eq!(world.stop().await, Left::Applied);
}

#[tokio::test]
async fn unreachable_database_is_named_without_password() {
    let mut config = Backend::Sqlite.fresh().await.config();
    let folder = tempfile::TempDir::new().unwrap();
    config.data = folder.path().to_owned();
    config.database.url = "postgres://kadath:hunter2@127.0.0.1:1/arkham".to_owned();
    config.database.connect_retry_seconds = 0;
    let Err(fault) = World::open(config).await else {
        panic!("opened without a database");
    };
    assert!(matches!(fault, StorageFault::Unreachable { .. }), "{fault}");
    let text = fault.to_string();
    assert!(text.contains("arkham on 127.0.0.1:1"), "{text}");
    assert!(!format!("{text} {fault:?}").contains("hunter2"), "{text}");
}

#[tokio::test]
async fn absent_database_is_refused_at_once() {
    let cluster = Cluster::shared().await;
    let mut config = Backend::Sqlite.fresh().await.config();
    let folder = tempfile::TempDir::new().unwrap();
    config.data = folder.path().to_owned();
    config.database.url = cluster.url("nowhere");
    config.database.connect_retry_seconds = 60;
    let began = Instant::now();
    let Err(fault) = World::open(config).await else {
        panic!("opened without a database");
    };
    assert!(matches!(fault, StorageFault::Refused { .. }), "{fault}");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn protected_database_needs_known_certificate() {
    let cluster = Cluster::stopped();
    let certificate = cluster.protect();
    cluster.start();
    cluster.answers().await;
    let folder = tempfile::TempDir::new().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, certificate).unwrap();
    let mut config = Backend::Sqlite.fresh().await.config();
    config.database.url = cluster.url("postgres");
    config.database.connect_retry_seconds = 0;
    config.data = folder.path().to_owned();

    config.database.tls = TlsMode::VerifyFull;
    let Err(fault) = World::open(config.clone()).await else {
        panic!("trusted a stranger");
    };
    assert!(fault.to_string().contains("certificate"), "{fault}");
    config.database.tls = TlsMode::Disable;
    assert!(
        World::open(config.clone()).await.is_err(),
        "let in without TLS"
    );

    config.database.tls = TlsMode::VerifyFull;
    config.database.tls_ca = Some(ca);
    let mut world = World::start(config).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    assert_eq!(world.stop().await, Left::Applied);
}

pub(crate) const OURS: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'kadath'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pool_of_three_opens_no_fourth_backend() {
    let database = Backend::Postgres.fresh().await;
    let mut config = database.config();
    config.database.pool_max = 3;
    config.database.pool_min = 0;
    // Many wait for few connections here, which is the point.
    config.database.acquire_timeout_ms = 20_000;
    let mut world = World::start(config).await;
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let accounts = world.accounts().clone();
        crowd.spawn(async move { accounts.guest().await.map(|_| ()) });
    }
    let mut most = 0;
    while !crowd.is_empty() {
        world.save(Batch::default().put(ann(), "purse", 1)).await;
        most = most.max(database.number(OURS).await);
        while let Some(done) = crowd.try_join_next() {
            done.unwrap().unwrap();
        }
    }
    assert!((1..=3).contains(&most), "{most} backends");
    let shown = |state| world.metric("kadath_db_connections", Some(state));
    assert!(shown("idle") + shown("used") <= 3.0);
    assert_eq!(world.stop().await, Left::Applied);
    none_of_ours(&database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_and_stops_leave_no_connection_behind() {
    let database = Backend::Postgres.fresh().await;
    for round in 0..10 {
        let mut world = World::start(database.config()).await;
        world
            .save(Batch::default().put(ann(), "purse", round))
            .await;
        if round % 2 == 0 {
            world.stop().await;
        } else {
            world.crash();
        }
    }
    none_of_ours(&database).await;
}

/// A closed connection's backend ends a moment later.
pub(crate) async fn none_of_ours(database: &Database) {
    let began = Instant::now();
    while database.number(OURS).await > 0 {
        assert!(began.elapsed() < PATIENCE, "connections stay");
    }
}

/// Waits until a connection of ours has waited for a lock for so long.
pub(crate) async fn a_wait_for_a_lock(database: &Database, longer_than_ms: u32) {
    waits_for_a_lock(database, longer_than_ms, 1).await;
}

/// Waits until so many connections of ours have waited for a lock for so long.
pub(crate) async fn waits_for_a_lock(database: &Database, longer_than_ms: u32, at_least: i64) {
    let waits = format!(
        "{OURS} AND wait_event_type = 'Lock'
         AND clock_timestamp() - query_start > interval '{longer_than_ms} ms'"
    );
    let began = Instant::now();
    while database.number(&waits).await < at_least {
        assert!(began.elapsed() < PATIENCE, "too few wait for the lock");
    }
}

pub(crate) async fn lock(database: &Database, table: &str) -> Peek {
    let mut peek = database.peek().await;
    peek.execute("BEGIN").await;
    peek.execute(&format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        .await;
    peek
}

/// A backend that dies in the middle of a batch leaves nothing of the batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backend_death_rolls_batch_back() {
    let database = Backend::Postgres.fresh().await;
    let mut world = World::start(database.config()).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    let purse = "SELECT CAST(body AS BIGINT) FROM component_rows WHERE component = 'purse'";
    let sequence = "SELECT sequence FROM applied";

    // The rows come before the facts: they are written when it waits.
    let hold = lock(&database, "facts").await;
    let batch = Batch::default().put(ann(), "purse", 2);
    let tick = world.save(batch.fact("audit", ann(), 1)).await;
    a_wait_for_a_lock(&database, 0).await;
    let killed = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE pid IN (SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                       AND datname = current_database() AND application_name = 'kadath')";
    assert_eq!(database.number(killed).await, 1);
    assert_eq!(database.number(purse).await, 1);
    assert_eq!(database.number(sequence).await, 1);

    hold.release().await;
    world.applied(tick).await;
    assert_eq!(database.number(purse).await, 2);
    assert_eq!(database.number(sequence).await, 2);
    assert_eq!(database.number("SELECT count(*) FROM facts").await, 1);
    assert_eq!(world.stop().await, Left::Applied);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrating_may_take_longer_than_a_statement() {
    let database = Backend::Postgres.fresh().await;
    World::start(database.config()).await.stop().await;
    let hold = lock(&database, "_sqlx_migrations").await;
    let mut config = database.config();
    config.database.statement_timeout_ms = 100;
    config.database.connect_retry_seconds = 0;
    let opening = tokio::spawn(World::open(config));
    a_wait_for_a_lock(&database, 500).await;
    hold.release().await;
    assert!(opening.await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlong_statement_is_given_up() {
    let database = Backend::Postgres.fresh().await;
    let mut config = database.config();
    config.database.statement_timeout_ms = 200;
    let mut world = World::start(config).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    let hold = lock(&database, "component_rows").await;
    let began = Instant::now();
    let reply = world.load(ann()).await;
    assert!(matches!(reply, StoreReply::Unavailable { .. }), "{reply:?}");
    // A load has two seconds; the statement had less.
    assert!(
        began.elapsed() < Duration::from_millis(1_500),
        "{:?}",
        began.elapsed()
    );
    hold.release().await;
    assert_eq!(world.rows(ann()).await, [row(ann(), "purse", 1)]);
    assert_eq!(world.stop().await, Left::Applied);
}

/// Four nodes open an empty database at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_nodes_migrate_empty_database_once() {
    let database = Backend::Postgres.fresh().await;
    let mut opening = tokio::task::JoinSet::new();
    for node in ["north", "east", "south", "west"] {
        let mut config = database.config_in(node);
        config.node = node.to_owned();
        config.database.shared = true;
        opening.spawn(World::open(config));
    }
    let mut worlds = Vec::new();
    while let Some(opened) = opening.join_next().await {
        worlds.push(opened.unwrap().unwrap());
    }
    let first = worlds[0].recovered.world;
    assert!(worlds.iter().all(|world| world.recovered.world == first));
    let twice = "SELECT count(*) - count(DISTINCT version) FROM _sqlx_migrations";
    assert_eq!(database.number(twice).await, 0);
    for world in worlds {
        assert_eq!(world.stop().await, Left::Applied);
    }
}
