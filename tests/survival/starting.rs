//! The database as a start finds it: late, absent, or with few connections to give.

use std::time::{Duration, Instant};

use crate::harness::{Cluster, Http, Player, Recipe, beside, until, whole};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_database_needs_no_second_start() {
    let _beside = beside().await;
    let late = Duration::from_secs(if whole() { 10 } else { 2 });
    let cluster = Cluster::stopped();
    let recipe = Recipe::new().set("database.url", cluster.url("postgres"));
    let log = recipe.clone();
    let began = Instant::now();
    let starting = tokio::spawn(recipe.start());
    until("a word about the wait", async || {
        let said = log.stderr();
        said.contains("127.0.0.1").then_some(())
    })
    .await;
    // The length of the outage is the case itself.
    tokio::time::sleep(late.saturating_sub(began.elapsed())).await;
    assert!(!starting.is_finished(), "it started without a database");
    cluster.start();
    let up = Instant::now();
    let server = starting.await.unwrap();
    server.ready().await;
    println!(
        "late database: away for {late:?}, ready {:?} after it was started",
        up.elapsed()
    );
    let token = server.http.guest().await;
    Player::join(&server, &token)
        .await
        .does_for_good("status")
        .await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn database_that_stays_away_is_named_without_password() {
    let recipe = Recipe::new()
        .set(
            "database.url",
            "postgres://keeper:hunter2-secret@127.0.0.1:1/arkham",
        )
        .set("database.connect_retry_seconds", 1);
    let code = recipe.refused().await;
    let said = recipe.stderr();
    assert!(code.is_some_and(|code| code != 0), "{code:?}: {said}");
    assert!(
        said.contains("127.0.0.1") && said.contains("arkham"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_of_none_is_refused() {
    let recipe = Recipe::new().set("database.pool_max", 0);
    assert_eq!(recipe.refused().await, Some(2));
    let said = recipe.stderr();
    assert!(said.contains("database.pool_max"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pool_of_three_never_opens_fourth_connection() {
    let _beside = beside().await;
    let cluster = Cluster::shared().await;
    let url = cluster.make("narrow").await;
    let mut admin = cluster.connect("postgres").await;
    let server = Recipe::new()
        .set("database.url", url)
        .set("database.pool_max", 3)
        .set("database.acquire_timeout_ms", 20_000)
        .set("limits.sign_ins_per_minute", 0)
        .start()
        .await;
    server.ready().await;
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let http = Http::new(&server.url);
        crowd.spawn(async move { http.guest().await });
    }
    let mut most: i64 = 0;
    while !crowd.is_empty() {
        let now =
            sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE datname = 'narrow'");
        most = most.max(now.fetch_one(&mut admin).await.unwrap());
        while let Some(guest) = crowd.try_join_next() {
            guest.unwrap();
        }
    }
    println!("pool of 3: {most} connections at most");
    assert!((1..=3).contains(&most), "{most} connections");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unreadable_saved_world_ends_start_with_connections() {
    let _beside = beside().await;
    let cluster = Cluster::shared().await;
    let url = cluster.make("unreadable").await;
    let mut admin = cluster.connect("postgres").await;
    let server = Recipe::new().set("database.url", &url).start().await;
    server.ready().await;
    let recipe = server.stop().await;
    let mut database = cluster.connect("unreadable").await;
    let spoilt = sqlx::query("UPDATE component_rows SET body = '[[]]' WHERE scope = 0")
        .execute(&mut database)
        .await
        .unwrap();
    assert!(spoilt.rows_affected() > 0, "the world has no rows");

    let began = Instant::now();
    assert_eq!(recipe.refused().await, Some(1));
    let said = recipe.stderr();
    assert!(said.contains("the saved world can't be read"), "{said}");
    assert!(said.contains("storage ended"), "{said}");
    assert!(began.elapsed() < Duration::from_secs(10), "{said}");
    until("its connections to end", async || {
        let left: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = 'unreadable' AND application_name = 'kadath'",
        )
        .fetch_one(&mut admin)
        .await
        .unwrap();
        (left == 0).then_some(())
    })
    .await;
}
