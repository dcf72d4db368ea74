//! Nothing stays behind: connections of servers that stop or die, threads and descriptors of
//! starts and stops within one process.

use std::time::Duration;

use engine::port::{LaneLimits, Registry, SaveBatch, Tasks, lanes};
use sqlx::{Connection, PgConnection};
use storage::{Left, Storage, StorageConfig};

use crate::harness::{Cluster, PATIENCE, Player, Recipe, alone, until, whole};

const STOP_MAX: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_and_stops_and_kills_leave_no_connection_behind() {
    let _alone = alone().await;
    let rounds = if whole() { 100 } else { 10 };
    let cluster = Cluster::shared().await;
    let mut admin = PgConnection::connect(&cluster.url("postgres"))
        .await
        .unwrap();
    sqlx::query("CREATE DATABASE leaking")
        .execute(&mut admin)
        .await
        .unwrap();
    let baseline = connections(&mut admin).await;
    let mut recipe = Recipe::new().set("database.url", cluster.url("leaking"));
    let (mut most, mut longest) = (0, Duration::ZERO);
    for kill in [false, true] {
        for _ in 0..rounds {
            let mut server = recipe.start().await;
            server.ready().await;
            let token = server.http.guest().await;
            let mut guest = Player::join(&server, &token).await;
            guest.does_for_good("status").await;
            most = most.max(connections(&mut admin).await);
            if kill {
                recipe = server.kill9().await;
            } else {
                let (status, took) = server.terminate().await;
                assert_eq!(status.code(), Some(0), "{}", server.recipe.stderr());
                assert!(took < STOP_MAX, "it took {took:?} to stop");
                longest = longest.max(took);
                recipe = server.recipe.clone();
            }
            // A closed connection's backend ends a moment later.
            until("the connections' end", async || {
                (connections(&mut admin).await == baseline).then_some(())
            })
            .await;
        }
    }
    println!(
        "no leak: {rounds} stops and {rounds} kills, {most} connections at most, {baseline} after each; slowest stop {longest:?}"
    );
    assert!(most > baseline, "the servers used no database");
}

/// How many connections there are to the servers' database.
async fn connections(admin: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE datname = 'leaking'")
        .fetch_one(admin)
        .await
        .unwrap()
}

/// Turns the test below into the process that starts and stops.
const ONE_PROCESS: &str = "KADATH_SURVIVAL_ONE_PROCESS";

/// Storage is what a stop within a process would leave things of; it runs as in the server. In a
/// process of its own, since neighbours have threads, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_and_stops_in_one_process_leave_no_thread_and_no_descriptor() {
    if std::env::var_os(ONE_PROCESS).is_none() {
        let _alone = alone().await;
        let itself = tokio::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("no_leak::starts_and_stops_in_one_process_leave_no_thread_and_no_descriptor")
            .env(ONE_PROCESS, "1")
            .output();
        let output = itself.await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        let figures = said.lines().find(|line| line.starts_with("no leak"));
        println!("{}", figures.expect("the figures"));
        return;
    }
    let rounds = if whole() { 100 } else { 20 };
    let folder = tempfile::TempDir::new().unwrap();
    // The first rounds grow what is kept for ever.
    for _ in 0..3 {
        start_and_stop(&folder).await;
    }
    let first = held();
    for _ in 0..rounds {
        start_and_stop(&folder).await;
    }
    let last = until("threads and descriptors to go", async || {
        let now = held();
        (now.0 <= first.0 && now.1 <= first.1).then_some(now)
    })
    .await;
    println!(
        "no leak, one process: {rounds} starts and stops, threads {} then {}, descriptors {} then {}",
        first.0, last.0, first.1, last.1
    );
}

async fn start_and_stop(folder: &tempfile::TempDir) {
    let registry = Registry::new();
    let tasks = Tasks::new(&registry).unwrap();
    let config = StorageConfig::in_folder(folder.path().join("data"));
    let (storage, recovered) = Storage::open(config, &registry, &tasks).await.unwrap();
    let lanes = lanes(LaneLimits::default(), &registry).unwrap();
    storage.run(lanes.storage).unwrap();
    let batch = SaveBatch {
        tick: recovered.first_tick,
        last: true,
        ..SaveBatch::default()
    };
    assert!(lanes.engine.saves.try_send(batch).is_ok());
    drop(lanes.engine);
    assert_eq!(storage.shutdown(PATIENCE).await, Left::Applied);
    drop(storage);
    assert_eq!(tasks.join(PATIENCE).await, Vec::<&str>::new());
}

/// Threads and descriptors of this process.
fn held() -> (usize, usize) {
    let count = |what| {
        std::fs::read_dir(format!("/proc/self/{what}"))
            .unwrap()
            .count()
    };
    (count("task"), count("fd"))
}
