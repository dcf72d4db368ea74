//! Characters that nobody plays cost nothing, nor does what they have.

use std::time::Duration;

use sqlx::PgConnection;

use crate::harness::{Cluster, Player, Recipe, Server, alone, until, whole};
use crate::never_waits::span::{figure, resident};

/// What two starts of one server may differ by anyway, in bytes.
const MEMORY_NOISE: u64 = 8 * 1_024 * 1_024;

/// How many flushes fall into a sign-in is chance, and more do on a slow machine; a statement for
/// even one sleeper in fifty would be more than all of them.
const SLEEPERS_PER_STATEMENT: u32 = 50;

/// What a start, a sign-in, twenty commands and a stop fetch at most: the rows of one character a
/// few times over, however many sleep.
const READS_MAX: i64 = 500;

/// What the processor time of a tick may differ by between two starts: caches, and the machine's
/// other work. A look at one of the sleepers takes a build without optimisation 50 ns at least,
/// and at all of the fewest 500 µs.
const TICK_NOISE: Duration = Duration::from_micros(300);

/// How many evaluations of the flux are waited for, at 6.25 s each.
const EVALUATIONS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unplayed_characters_cost_no_memory_or_tick_time() {
    let _alone = alone().await;
    let crowd: u32 = if whole() { 100_000 } else { 10_000 };
    let cluster = Cluster::shared().await;
    let url = cluster.make("asleep").await;
    let recipe = Recipe::new()
        .quiet()
        .set("database.url", url)
        .set("log.level", "info,systems=debug");
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
    assert!(full.tick <= empty.tick * 5 / 4 + TICK_NOISE);
    for costs in [&empty, &full] {
        let one = |evaluated: &u64| *evaluated == 1;
        assert!(costs.evaluated.iter().all(one), "somebody asleep drifts");
    }
    assert!(full.statements <= f64::from(crowd / SLEEPERS_PER_STATEMENT));
    assert_eq!((empty.pebbles, full.pebbles), (0, 20));
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
        "INSERT INTO component_rows (entity, component, version, scope, owner, body, sequence)
         SELECT sleepers.character, component, version, scope, sleepers.character, body, sequence
         FROM component_rows, sleepers WHERE scope = 1 AND n <= $1",
        // Everybody has twenty things, also the guest.
        "CREATE TABLE belongings AS SELECT gen_random_uuid() AS thing, id AS owner
         FROM characters, generate_series(1, 20) WHERE $1 > 0",
        "INSERT INTO component_rows (entity, component, version, scope, owner, body, sequence)
         SELECT thing, component, 1, 1, owner, CASE component WHEN 'thing' THEN '{\"since\":1}'
             WHEN 'label' THEN '\"pebble\"' ELSE to_json(owner)::text END, 1
         FROM belongings, unnest(ARRAY['thing', 'label', 'holder']) AS component WHERE $1 > 0",
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
    /// Mean processor time of the world's thread in a tick, the flux included.
    tick: Duration,
    /// How many minds each evaluation of the flux went through.
    evaluated: Vec<u64>,
    /// How many things the one who signed in has.
    pebbles: usize,
}

/// The numbers of minds that the log says were evaluated.
fn evaluations(log: &str) -> Vec<u64> {
    let records = log.lines().filter(|line| line.contains("passive flux"));
    records
        .filter_map(|line| {
            let (_, rest) = line.split_once("evaluated=")?;
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
            digits.parse().ok()
        })
        .collect()
}

/// What the world's thread has had of the processors: what others took away is not in it.
fn world_cpu(server: &Server) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap();
    for task in tasks {
        let task = task.unwrap().path();
        let name = std::fs::read_to_string(task.join("comm")).unwrap_or_default();
        if name.trim() == "kadath-world" {
            let spent = std::fs::read_to_string(task.join("schedstat")).unwrap();
            let nanos = spent.split(' ').next().unwrap().parse().unwrap();
            return Duration::from_nanos(nanos);
        }
    }
    panic!("no thread of the world");
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
    let asleep = evaluations(&server.recipe.stderr()).len();
    let spent = world_cpu(server);
    for _ in 0..20 {
        guest.does("status").await;
    }
    let carried = guest.does("inventory").await;
    let text = carried["data"]["result"].as_str().unwrap_or_default();
    let pebbles = text.matches("pebble").count();
    // Not the guest's arrival, whose evaluation may have been under way.
    let evaluated = until("evaluations of the flux", async || {
        let all = evaluations(&server.recipe.stderr());
        (all.len() > asleep + EVALUATIONS).then(|| all[asleep + 1..].to_vec())
    })
    .await;
    let figures = server.http.figures().await;
    let name = "kadath_db_statements_total";
    let ticks = "kadath_ticks_total";
    let ticks = figure(&figures, ticks) - figure(&after, ticks);
    let tick = (world_cpu(server) - spent).as_secs_f64() / ticks;
    let costs = Costs {
        memory: resident(server),
        statements: figure(&after, name) - figure(&before, name),
        tick: Duration::from_secs_f64(tick),
        evaluated,
        pebbles,
    };
    (token, costs)
}
