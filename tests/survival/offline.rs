//! Characters that nobody plays cost nothing.

use std::time::Duration;

use sqlx::{Connection, PgConnection};

use crate::harness::{Cluster, Player, Recipe, Server, alone, whole};
use crate::never_waits::span::{figure, resident};

/// What two starts of one server may differ by anyway, in bytes.
const MEMORY_NOISE: u64 = 8 * 1_024 * 1_024;

/// How many flushes fall into a sign-in is chance, and more do on a slow machine; a statement for
/// even one sleeper in fifty would be more than all of them.
const SLEEPERS_PER_STATEMENT: u32 = 50;

/// What the mean of a few dozen ticks may differ by on a busy machine. A tick that looked at
/// each of 100,000 sleepers would take many times as long.
const TICK_NOISE: Duration = Duration::from_millis(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn characters_that_nobody_plays_cost_no_memory_and_no_tick_time() {
    let _alone = alone().await;
    let crowd: u32 = if whole() { 100_000 } else { 10_000 };
    let cluster = Cluster::shared().await;
    let mut admin = PgConnection::connect(&cluster.url("postgres"))
        .await
        .unwrap();
    sqlx::query("CREATE DATABASE asleep")
        .execute(&mut admin)
        .await
        .unwrap();
    let recipe = Recipe::new().set("database.url", cluster.url("asleep"));
    let server = recipe.start().await;
    let (token, empty) = measure(&server, None).await;
    let recipe = server.stop().await;

    let mut database = PgConnection::connect(&cluster.url("asleep")).await.unwrap();
    let written = sqlx::query(
        "INSERT INTO component_rows (entity, component, version, scope, body, sequence)
         SELECT gen_random_uuid(), component, version, scope, body, sequence
         FROM component_rows, generate_series(1, $1) WHERE scope = 1",
    )
    .bind(i64::from(crowd))
    .execute(&mut database)
    .await
    .unwrap()
    .rows_affected();
    assert!(written >= u64::from(crowd), "{written} rows");

    let server = recipe.start().await;
    let (_, full) = measure(&server, Some(token)).await;
    println!(
        "offline, {written} rows of {crowd} characters: alone {empty:?}, beside them {full:?}"
    );
    assert!(full.memory <= empty.memory + MEMORY_NOISE);
    assert!(full.tick <= 2 * empty.tick + TICK_NOISE);
    assert!(full.statements <= f64::from(crowd / SLEEPERS_PER_STATEMENT));
    server.stop().await;
}

#[derive(Debug)]
struct Costs {
    /// Resident, in bytes.
    memory: u64,
    /// Statements of a sign-in, up to the first picture of the world.
    statements: f64,
    /// Mean duration of a tick.
    tick: Duration,
}

/// Lets one guest in, and says what that and the world around cost.
async fn measure(server: &Server, token: Option<String>) -> (String, Costs) {
    server.ready().await;
    let token = match token {
        Some(token) => token,
        None => server.http.guest().await,
    };
    let before = server.http.figures().await;
    let mut guest = Player::join(server, &token).await;
    let after = server.http.figures().await;
    for _ in 0..20 {
        guest.does("status").await;
    }
    let figures = server.http.figures().await;
    let name = "kadath_db_statements_total";
    let ticks = figure(&figures, "kadath_tick_seconds_count");
    let tick = figure(&figures, "kadath_tick_seconds_sum") / ticks;
    let costs = Costs {
        memory: resident(server),
        statements: figure(&after, name) - figure(&before, name),
        tick: Duration::from_secs_f64(tick),
    };
    (token, costs)
}
