//! Characters that nobody plays cost nothing.

use std::time::Duration;

use sqlx::PgConnection;

use crate::harness::{Cluster, Player, Recipe, Server, alone, whole};
use crate::never_waits::span::{figure, resident};

/// What two starts of one server may differ by anyway, in bytes.
const MEMORY_NOISE: u64 = 8 * 1_024 * 1_024;

/// How many flushes fall into a sign-in is chance, and more do on a slow machine; a statement for
/// even one sleeper in fifty would be more than all of them.
const SLEEPERS_PER_STATEMENT: u32 = 50;

/// What a start, a sign-in, twenty commands and a stop fetch at most: the rows of one character a
/// few times over, however many sleep.
const READS_MAX: i64 = 500;

/// What the mean of a few dozen ticks may differ by on a busy machine. A tick that looked at
/// each of 100,000 sleepers would take many times as long.
const TICK_NOISE: Duration = Duration::from_millis(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn characters_that_nobody_plays_cost_no_memory_and_no_tick_time() {
    let _alone = alone().await;
    let crowd: u32 = if whole() { 100_000 } else { 10_000 };
    let cluster = Cluster::shared().await;
    let url = cluster.make("asleep").await;
    let recipe = Recipe::new().set("database.url", url);
    let server = recipe.start().await;
    let (token, empty) = measure(&server, None).await;
    let recipe = server.stop().await;

    let mut database = cluster.connect("asleep").await;
    let written = put_to_sleep(&mut database, crowd).await;
    let before = Reads::so_far(&mut database).await;

    let server = recipe.start().await;
    let (_, full) = measure(&server, Some(token)).await;
    server.stop().await;
    let reads = Reads::so_far(&mut database).await.since(&before);
    println!(
        "offline, {written} rows of {crowd} accounts with a character each: alone {empty:?}, beside them {full:?}; a start, a sign-in and a stop read {reads:?}"
    );
    assert!(full.memory <= empty.memory + MEMORY_NOISE);
    assert!(full.tick <= 2 * empty.tick + TICK_NOISE);
    assert!(full.statements <= f64::from(crowd / SLEEPERS_PER_STATEMENT));
    assert_eq!(reads.scanned, 0, "somebody looked through a table");
    assert!(reads.fetched < READS_MAX, "{reads:?}");
}

/// Gives every sleeper an account, a character and what the one guest has; answers how many rows
/// of the world that made.
async fn put_to_sleep(database: &mut PgConnection, crowd: u32) -> u64 {
    let mut written = 0;
    for sql in [
        "CREATE TABLE sleepers AS SELECT n, gen_random_uuid() AS account, gen_random_uuid() AS character
         FROM generate_series(1, $1) AS n",
        "INSERT INTO accounts (id, username, username_key, role, guest, living, created_at)
         SELECT account, 'Sleeper' || n, 'sleeper' || n, 'player', FALSE, 1, created_at
         FROM sleepers, (SELECT created_at FROM accounts LIMIT 1) AS one WHERE n <= $1",
        "INSERT INTO characters (id, account, name, name_key, created_at)
         SELECT sleepers.character, sleepers.account, 'Sleeper' || n, 'sleeper' || n, created_at
         FROM sleepers, (SELECT created_at FROM characters LIMIT 1) AS one WHERE n <= $1",
        "INSERT INTO component_rows (entity, component, version, scope, body, sequence)
         SELECT sleepers.character, component, version, scope, body, sequence
         FROM component_rows, sleepers WHERE scope = 1 AND n <= $1",
    ] {
        let done = sqlx::query(sql).bind(i64::from(crowd)).execute(&mut *database);
        written = done.await.unwrap().rows_affected();
        assert!(written >= u64::from(crowd), "{written} rows by {sql}");
    }
    // Else the planner still takes the tables for nearly empty ones.
    sqlx::query("ANALYZE")
        .execute(&mut *database)
        .await
        .unwrap();
    sqlx::query("SELECT pg_stat_force_next_flush()")
        .execute(&mut *database)
        .await
        .unwrap();
    written
}

/// What the tables of people and of the world have given so far. A connection tells when it ends
/// at the latest, so it is asked for while no server runs.
#[derive(Debug)]
struct Reads {
    /// Rows read by looking through a table.
    scanned: i64,
    /// Rows fetched by an index.
    fetched: i64,
}

impl Reads {
    async fn so_far(database: &mut PgConnection) -> Self {
        let none_left = "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'kadath'";
        let began = std::time::Instant::now();
        while sqlx::query_scalar::<_, i64>(none_left)
            .fetch_one(&mut *database)
            .await
            .unwrap()
            > 0
        {
            assert!(
                began.elapsed() < crate::harness::PATIENCE,
                "connections stay"
            );
        }
        let (scanned, fetched) = sqlx::query_as(
            "SELECT CAST(sum(seq_tup_read) AS BIGINT), CAST(sum(idx_tup_fetch) AS BIGINT)
             FROM pg_stat_user_tables WHERE relname IN ('accounts', 'characters', 'component_rows')",
        )
        .fetch_one(&mut *database)
        .await
        .unwrap();
        Self { scanned, fetched }
    }

    const fn since(&self, before: &Self) -> Self {
        Self {
            scanned: self.scanned - before.scanned,
            fetched: self.fetched - before.fetched,
        }
    }
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
