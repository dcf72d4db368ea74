//! Reads that nobody waits for any more, and the pool after them.

use storage::Left;

use crate::harness::{Backend, World, until};
use crate::outage::{OURS, a_wait_for_a_lock, lock, none_of_ours, waits_for_a_lock};

/// Each is in the database and waits there for a lock when it is given up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abandoned_reads_leave_pool_unchanged() {
    const POOL: u32 = 25;
    let whole = std::env::var("KADATH_PROOF").is_ok_and(|proof| proof == "full");
    let rounds = if whole { 400 } else { 40 };
    let database = Backend::Postgres.fresh().await;
    let mut config = database.config();
    config.database.pool_max = POOL;
    let world = World::start(config).await;
    let guest = world.accounts().guest().await.unwrap().account.id;
    let shown = |state| world.metric("kadath_db_connections", Some(state));
    for _ in 0..rounds {
        let hold = lock(&database, "accounts").await;
        let mut crowd = tokio::task::JoinSet::new();
        for _ in 0..POOL {
            let accounts = world.accounts().clone();
            crowd.spawn(async move { accounts.me(guest).await.map(|_| ()) });
        }
        waits_for_a_lock(&database, 0, POOL.into()).await;
        crowd.shutdown().await;
        hold.release().await;
        until("an idle pool", || shown("used") == 0.0).await;
        assert!(shown("idle") <= f64::from(POOL));
        assert!(database.number(OURS).await <= POOL.into());
        assert_eq!(world.accounts().me(guest).await.unwrap().id, guest);
    }
    assert_eq!(world.stop().await, Left::Applied);
    none_of_ours(&database).await;
}

/// Those that wait for a place in the pool, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abandoned_waits_leave_pool_unchanged() {
    let database = Backend::Postgres.fresh().await;
    let mut config = database.config();
    config.database.pool_max = 5;
    let world = World::start(config).await;
    let guest = world.accounts().guest().await.unwrap().account.id;
    let hold = lock(&database, "accounts").await;
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..10_000 {
        let accounts = world.accounts().clone();
        crowd.spawn(async move { accounts.me(guest).await.map(|_| ()) });
    }
    a_wait_for_a_lock(&database, 0).await;
    crowd.shutdown().await;
    hold.release().await;

    let shown = |state| world.metric("kadath_db_connections", Some(state));
    until("an idle pool", || shown("used") == 0.0).await;
    assert!(shown("idle") <= 5.0);
    assert_eq!(world.accounts().me(guest).await.unwrap().id, guest);
    assert_eq!(world.stop().await, Left::Applied);
    none_of_ours(&database).await;
}
