//! PostgreSQL late, frozen, unreachable; and how many connections it sees.

use std::time::{Duration, Instant};

use engine::port::{Code, StableId, StoreReply};
use storage::{Left, StorageFault, TlsMode};

use crate::harness::{Backend, Batch, Cluster, Database, PATIENCE, World, row, until};

fn ann() -> StableId {
    StableId::named("ann")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_database_holds_nobody_up() {
    let cluster = Cluster::stopped();
    cluster.start();
    cluster.answers().await;
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
async fn a_stop_while_the_database_is_frozen_leaves_the_rest_in_the_journal() {
    let cluster = Cluster::stopped();
    cluster.start();
    cluster.answers().await;
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
async fn a_database_that_comes_up_late_is_waited_for() {
    let cluster = Cluster::stopped();
    let folder = tempfile::TempDir::new().unwrap();
    let mut config = Backend::Sqlite.fresh().await.config();
    config.database.url = cluster.url("postgres");
    config.database.connect_retry_seconds = 30;
    config.data = folder.path().to_owned();
    let opening = tokio::spawn(World::open(config));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!opening.is_finished(), "it opened without a database");
    cluster.start();
    let mut world = opening.await.unwrap().unwrap();
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    assert_eq!(world.stop().await, Left::Applied);
}

#[tokio::test]
async fn an_unreachable_database_is_named_without_its_password() {
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
async fn a_database_that_does_not_exist_is_refused_at_once() {
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
async fn a_protected_database_is_reached_by_those_who_know_its_certificate() {
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

const OURS: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'kadath'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_of_three_never_shows_a_fourth_backend() {
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
async fn none_of_ours(database: &Database) {
    let began = Instant::now();
    while database.number(OURS).await > 0 {
        assert!(began.elapsed() < PATIENCE, "connections stay");
    }
}
