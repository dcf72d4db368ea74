//! Several nodes on one PostgreSQL: a character is in one place, and what is old loses.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::broker::Broker;
use crate::harness::{Account, Cluster, Player, Recipe, Server, beside, until};
use crate::nodes::sees;

const LEASE: Duration = Duration::from_millis(2_000);

/// What the nodes share.
pub(crate) struct Common {
    broker: Broker,
    cluster: Cluster,
}

impl Common {
    pub(crate) async fn start() -> Self {
        let cluster = Cluster::started().await;
        Self {
            broker: Broker::start().await,
            cluster,
        }
    }

    pub(crate) async fn node(&self, name: &str) -> Server {
        let server = Recipe::new()
            .set("database.url", self.cluster.url("postgres"))
            .set("database.shared", true)
            .set("database.lease_ms", LEASE.as_millis())
            .set("nats.url", self.broker.url())
            .set("nats.lease_ms", LEASE.as_millis())
            .set("nats.health_interval_ms", 1_000)
            .set("nats.circuit_ms", 300)
            .set("server.node", name)
            .start()
            .await;
        server.ready().await;
        server
    }

    pub(crate) async fn database(&self) -> PgConnection {
        self.cluster.connect("postgres").await
    }

    async fn number(&self, sql: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut self.database().await)
            .await
            .unwrap()
    }

    /// The components of what the database refused.
    async fn conflicts(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT component FROM conflicts ORDER BY component")
            .fetch_all(&mut self.database().await)
            .await
            .unwrap()
    }
}

/// Signs in on a node, whichever made the account.
pub(crate) async fn enter(server: &Server, account: &Account) -> Player {
    let token = server.http.login(account).await;
    Player::join(server, &token).await
}

/// Walks one step and answers where to, once that is durable.
async fn step(player: &mut Player) -> String {
    let (way, to) = player.way_out();
    player.does_for_good(&format!("go {way}")).await;
    to
}

async fn is_taken_over(player: &mut Player) {
    let (error, close) = player.closed().await;
    let code = error.as_ref().map(|error| &error["code"]);
    assert_eq!(code, Some(&json!("session_taken_over")), "{error:?}");
    assert!(close.is_some());
}

pub(crate) fn signal(server: &Server, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &server.pid().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn newer_sign_in_on_other_node_finds_everything() {
    let _beside = beside().await;
    let common = Common::start().await;
    let north = common.node("north").await;
    let south = common.node("south").await;
    let account = north.http.register("annaccount", "Ann").await;
    let mut here = enter(&north, &account).await;
    let mut to = step(&mut here).await;
    // There and back, each time the newest sees what the one before did.
    for server in [&south, &north, &south] {
        let mut there = enter(server, &account).await;
        is_taken_over(&mut here).await;
        assert_eq!(there.room(), to);
        to = step(&mut there).await;
        here = there;
    }
    let online = async |server: &Server| server.http.figure("kadath_players_online").await;
    assert_eq!((online(&north).await, online(&south).await), (0.0, 1.0));
    assert_eq!(common.conflicts().await, Vec::<String>::new());
    north.stop().await;
    south.stop().await;
}

/// They play on elsewhere, and the old node's journal overwrites nothing newer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_node_players_move_without_stale_overwrite() {
    let _beside = beside().await;
    let common = Common::start().await;
    let north = common.node("north").await;
    let south = common.node("south").await;
    let west = common.node("west").await;
    let ann = north.http.register("annaccount", "Ann").await;
    let bob = south.http.register("bobaccount", "Bob").await;
    let mut here = enter(&north, &ann).await;
    let mut watcher = enter(&west, &bob).await;
    sees(&mut watcher, "Ann", |text| text.contains("Ann")).await;
    let promised = step(&mut here).await;

    // One more deed reaches the journal only: the database takes nothing.
    let mut holder = common.database().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE component_rows IN EXCLUSIVE MODE")
        .execute(&mut holder)
        .await
        .unwrap();
    here.does("sit").await;
    until("a batch in the journal", async || {
        let waiting = north.http.figure("kadath_storage_pending_rows").await;
        (waiting > 0.0).then_some(())
    })
    .await;
    let killed = north.kill9().await;
    let began = Instant::now();
    sqlx::raw_sql("ROLLBACK")
        .execute(&mut holder)
        .await
        .unwrap();
    sees(&mut watcher, "Ann is gone", |text| !text.contains("Ann")).await;
    let took = began.elapsed();
    println!("gone from who after {took:?} of a lease of {LEASE:?}");
    // A busy machine may look late.
    assert!(took < LEASE * 3 / 2, "{took:?}");

    // Elsewhere with everything that was durable, and nothing else.
    let mut there = enter(&south, &ann).await;
    assert_eq!(there.room(), promised);
    let newest = step(&mut there).await;

    // The dead come back and are too late.
    let north = killed.start().await;
    let late = north.http.figure("kadath_storage_conflicts_total").await;
    assert!(late >= 1.0, "{late}");
    let kept = common.conflicts().await;
    assert_eq!(kept.len() as f64, late, "{kept:?}");
    north.ready().await;
    there.does("look").await;
    let back = enter(&north, &ann).await;
    is_taken_over(&mut there).await;
    assert_eq!(back.room(), newest);
    for server in [north, south, west] {
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn world_writer_moves_after_kill() {
    let _beside = beside().await;
    let common = Common::start().await;
    let north = common.node("north").await;
    let south = common.node("south").await;
    let elected = async |server: &Server| server.http.figure("kadath_storage_elected").await;
    assert_eq!((elected(&north).await, elected(&south).await), (1.0, 0.0));
    // Spoken where the world is not written, it is written where it is.
    let bob = south.http.register("bobaccount", "Bob").await;
    let ann = south.http.register("annaccount", "Ann").await;
    sqlx::raw_sql("UPDATE accounts SET role = 'admin' WHERE username_key = 'annaccount'")
        .execute(&mut common.database().await)
        .await
        .unwrap();
    let _heard = enter(&south, &bob).await;
    let mut ann = enter(&south, &ann).await;
    ann.does_for_good("mute_global Bob").await;
    let silences = "SELECT count(*) FROM component_rows WHERE component = 'silence'";
    until("the silence", async || {
        (common.number(silences).await == 1).then_some(())
    })
    .await;
    sqlx::raw_sql("DELETE FROM component_rows WHERE component = 'silence'")
        .execute(&mut common.database().await)
        .await
        .unwrap();

    let killed = north.kill9().await;
    let began = Instant::now();
    until("another to be elected", async || {
        (elected(&south).await == 1.0).then_some(())
    })
    .await;
    let took = began.elapsed();
    println!("followed after {took:?} of a lease of {LEASE:?}");
    assert!(took < LEASE * 2, "{took:?}");
    // What it knows of the world is there, though nothing happened since.
    until("the silence again", async || {
        (common.number(silences).await == 1).then_some(())
    })
    .await;
    let north = killed.start().await;
    north.ready().await;
    assert_eq!((elected(&north).await, elected(&south).await), (0.0, 1.0));
    assert_eq!(common.number("SELECT term FROM elections").await, 2);
    north.stop().await;
    south.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_frozen_past_lease_loses_session_and_changes() {
    let _beside = beside().await;
    let common = Common::start().await;
    let north = common.node("north").await;
    let south = common.node("south").await;
    let ann = north.http.register("annaccount", "Ann").await;
    let mut here = enter(&north, &ann).await;
    let before = step(&mut here).await;

    signal(&north, "-STOP");
    // It lies in the socket until the node wakes.
    let (way, _) = here.way_out();
    here.begin(&format!("go {way}")).await;
    let mut there = enter(&south, &ann).await;
    assert_eq!(there.room(), before);
    let newest = step(&mut there).await;
    signal(&north, "-CONT");

    is_taken_over(&mut here).await;
    let mut back = enter(&north, &ann).await;
    is_taken_over(&mut there).await;
    assert_eq!(back.room(), newest);
    back.does("look").await;
    north.stop().await;
    south.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_frozen_in_transaction_gives_way() {
    let _beside = beside().await;
    let common = Common::start().await;
    let north = common.node("north").await;
    let south = common.node("south").await;
    let ann = north.http.register("annaccount", "Ann").await;
    let mut here = enter(&north, &ann).await;
    let before = step(&mut here).await;

    // Its transaction has locked the lease, and waits for a table.
    let mut holder = common.database().await;
    let lock = "BEGIN; LOCK TABLE component_rows IN EXCLUSIVE MODE";
    sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
    here.begin("sit").await;
    let waits = "SELECT count(*) FROM pg_stat_activity
         WHERE application_name = 'kadath' AND wait_event_type = 'Lock'";
    until("a transaction that waits", async || {
        (common.number(waits).await > 0).then_some(())
    })
    .await;
    signal(&north, "-STOP");
    sqlx::raw_sql("ROLLBACK")
        .execute(&mut holder)
        .await
        .unwrap();
    let there = enter(&south, &ann).await;
    assert_eq!(there.room(), before);
    signal(&north, "-CONT");
    north.stop().await;
    south.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_server_on_unshared_database_is_refused() {
    let _beside = beside().await;
    let cluster = Cluster::started().await;
    let recipe = |node: &str| {
        Recipe::new()
            .set("database.url", cluster.url("postgres"))
            .set("database.lease_ms", LEASE.as_millis())
            .set("server.node", node)
    };
    let north = recipe("north").start().await;
    north.ready().await;
    for second in [
        recipe("north"),
        recipe("south"),
        recipe("west").set("database.shared", true),
    ] {
        assert_eq!(second.refused().await, Some(2));
        let said = second.stderr();
        assert!(said.contains("in use by another server"), "{said}");
        assert!(said.contains("database.shared"), "{said}");
    }
    north.ready().await;
    north.stop().await;
    let south = recipe("south").start().await;
    south.ready().await;
    south.stop().await;
}
