//! Nothing stays behind: connections of servers that stop or die, threads and descriptors of
//! starts and stops within one process.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use kadath::config::{Config, Overrides};
use sqlx::PgConnection;
use tokio::runtime::Runtime;

use crate::harness::{Cluster, Http, PATIENCE, Player, Recipe, beside, until, whole};

const STOP_MAX: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_stops_and_kills_leave_no_connection() {
    let _beside = beside().await;
    let rounds = if whole() { 100 } else { 10 };
    let cluster = Cluster::shared().await;
    let url = cluster.make("leaking").await;
    let mut admin = cluster.connect("postgres").await;
    let baseline = connections(&mut admin).await;
    let mut recipe = Recipe::new().set("database.url", url);
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

/// The whole server, its runtime included, in a process of its own, since neighbours have threads,
/// too.
#[test]
fn starts_and_stops_leave_no_thread_or_descriptor() {
    if std::env::var_os(ONE_PROCESS).is_none() {
        let itself = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("no_leak::starts_and_stops_leave_no_thread_or_descriptor")
            .env(ONE_PROCESS, "1")
            .output();
        let output = itself.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}{complaint}");
        let figures = said.lines().find(|line| line.starts_with("no leak"));
        println!("{}", figures.expect("the figures"));
        return;
    }
    let rounds = if whole() { 100 } else { 10 };
    let folder = tempfile::TempDir::new().unwrap();
    let cluster = Cluster::stopped();
    cluster.start();
    // The two databases in turns; a server waits for one that is not up yet.
    let guests = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let round = |round: u32| {
        let url = (round % 2 == 1).then(|| cluster.url("postgres"));
        start_and_stop(&folder, url, &guests);
    };
    // The first rounds grow what is kept for ever.
    (0..4).for_each(round);
    let first = held();
    (0..rounds).for_each(round);
    let began = Instant::now();
    let last = loop {
        let now = held();
        if now.0 <= first.0 && now.1 <= first.1 {
            break now;
        }
        assert!(began.elapsed() < PATIENCE, "{first:?} became {now:?}");
        std::thread::sleep(Duration::from_millis(20));
    };
    println!(
        "no leak, one process: {rounds} starts and stops over both databases in turns, threads {} then {}, descriptors {} then {}",
        first.0, last.0, first.1, last.1
    );
}

/// A server that a guest played on, and that was asked to stop while it did; over SQLite unless
/// `url` says otherwise.
fn start_and_stop(folder: &tempfile::TempDir, url: Option<String>, guests: &Runtime) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap();
    drop(port);
    let config = Config::load(
        None,
        Overrides {
            listen: Some(address.to_string()),
            data: Some(folder.path().join(match url {
                Some(_) => "data-beside-postgresql",
                None => "data",
            })),
            ..Overrides::default()
        },
    );
    let mut config = config.unwrap();
    config.database.url = url.unwrap_or_default();
    let server = std::thread::spawn(move || {
        kadath::server::run_unlogged(config, &kadath::Game::default()).unwrap()
    });
    let began = Instant::now();
    while !healthy(address) {
        assert!(began.elapsed() < PATIENCE, "it does not answer");
        assert!(!server.is_finished(), "it gave up");
        std::thread::sleep(Duration::from_millis(20));
    }
    let guest = guests.block_on(play(address));
    let asked = std::process::Command::new("kill")
        .args(["-TERM", &std::process::id().to_string()])
        .status();
    assert!(asked.unwrap().success());
    assert_eq!(server.join().unwrap(), ExitCode::SUCCESS);
    drop(guest);
}

/// Lets a guest do something that is saved; it stays.
async fn play(address: SocketAddr) -> Player {
    let url = format!("http://{address}");
    let http = Http::new(&url);
    until("readiness", async || {
        (http.get("/readyz").await.0 == 200).then_some(())
    })
    .await;
    let token = http.guest().await;
    let mut guest = Player::join_at(&address.to_string(), &token).await;
    guest.does_for_good("status").await;
    guest
}

/// Whether somebody answers `/healthz` there.
fn healthy(address: SocketAddr) -> bool {
    let Ok(mut socket) = TcpStream::connect(address) else {
        return false;
    };
    let asked = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let mut answer = String::new();
    socket.write_all(asked).is_ok()
        && socket.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
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
