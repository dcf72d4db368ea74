//! A database that is exchanged, or put back to an older state, under a running server.

use std::time::Duration;

use engine::port::StableId;
use storage::Left;

use crate::harness::{Backend, Batch, Cluster, Database, World, on_both, until};

on_both!(
    database_of_another_world_takes_nothing,
    database_put_back_takes_nothing,
);

const FOREIGN: &str = "7a1c2d3e-0000-4000-8000-000000000000";
const ROWS: &str = "SELECT count(*) FROM component_rows";

fn ann() -> StableId {
    StableId::named("ann")
}

/// Until nothing is durable any more, and the store says why.
async fn noticed(world: &World) {
    until("the exchange to be noticed", || {
        let health = world.storage.health(Duration::from_secs(60));
        !world.ports.gauge.state().accepting && health.journal.is_err() && health.store.is_err()
    })
    .await;
    let denied = world.accounts().guest().await.unwrap_err();
    assert_eq!(
        denied.refusal.code.word(),
        "database_connection_error",
        "{denied}"
    );
}

async fn database_of_another_world_takes_nothing(database: Database) {
    let mut world = World::start(database.config()).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    let ours = database
        .text("SELECT value FROM meta WHERE key = 'world'")
        .await;
    let name = |world: &str| format!("UPDATE meta SET value = '{world}' WHERE key = 'world'");
    database.execute(&name(FOREIGN)).await;
    // At once, before anybody looks.
    let batch = Batch::default().put(StableId::named("bob"), "purse", 2);
    let tick = world.send(batch).await;
    noticed(&world).await;
    assert_eq!(database.number(ROWS).await, 1, "it was written to");

    database.execute(&name(&ours)).await;
    world.applied(tick).await;
    until("welcome", || world.ports.gauge.state().accepting).await;
    assert_eq!(database.number(ROWS).await, 2);
    assert_eq!(world.stop().await, Left::Applied);
}

async fn database_put_back_takes_nothing(database: Database) {
    let mut world = World::start(database.config()).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    world.apply(Batch::default().put(ann(), "purse", 2)).await;
    database
        .execute("UPDATE applied SET sequence = sequence - 1")
        .await;
    world.send(Batch::default().put(ann(), "purse", 3)).await;
    noticed(&world).await;
    let purse = "SELECT CAST(body AS BIGINT) FROM component_rows WHERE component = 'purse'";
    assert_eq!(database.number(purse).await, 2, "it was written to");
    assert_eq!(world.stop().await, Left::Lost);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_database_is_noticed() {
    let cluster = Cluster::shared().await;
    let url = cluster.make("dropped").await;
    let folder = tempfile::TempDir::new().unwrap();
    let mut config = Backend::Sqlite.fresh().await.config();
    config.data = folder.path().to_owned();
    config.database.url = url;
    let mut world = World::start(config).await;
    world.apply(Batch::default().put(ann(), "purse", 1)).await;
    let mut admin = cluster.connect("postgres").await;
    sqlx::query("DROP DATABASE dropped WITH (FORCE)")
        .execute(&mut admin)
        .await
        .unwrap();
    noticed(&world).await;
    assert_eq!(world.stop().await, Left::Lost);
}
