//! Disks that fill up under a whole server and are emptied again, and files that are taken away.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::Connection;

use crate::harness::{Cluster, Player, Recipe, Server, SmallDisk, beside, until};
use crate::never_waits::limit_files;

/// How often a disk is filled and freed.
const ROUNDS: u32 = 2;
/// Everything is well again so soon after there is room. Journal and database try every 2 and 5 s.
const WELL_WITHIN: Duration = Duration::from_secs(25);

/// Somebody who counts, and how often that was done.
struct Counter {
    player: Player,
    token: String,
    done: u64,
}

impl Counter {
    async fn join(server: &Server) -> Self {
        let token = server.http.guest().await;
        Self {
            player: Player::join(server, &token).await,
            token,
            done: 0,
        }
    }

    /// Counts once; `false`: it was refused, for want of storage.
    async fn counts(&mut self) -> bool {
        let id = self.player.begin("count").await;
        let answer = self.player.answer(id).await;
        if answer["data"]["ok"] == true {
            self.done += 1;
            return true;
        }
        let code = &answer["data"]["error"]["code"];
        assert_eq!(code, "storage_unavailable", "{answer}");
        false
    }

    async fn counts_for_good(&mut self) {
        self.player.does_for_good("count").await;
        self.done += 1;
    }

    /// What the world says of it.
    async fn tally(&mut self) -> u64 {
        let answer = self.player.does("holdings").await;
        let text = answer["data"]["result"].as_str().unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    }
}

/// The answer of `/readyz` once it is no; nothing in it is anybody's business but the operator's.
async fn unready(server: &Server, secrets: &[&str]) -> Value {
    let body = until("a no", async || {
        let (status, body) = server.http.get("/readyz").await;
        (status == 503).then_some(body)
    })
    .await;
    let text = body.to_string();
    for secret in secrets.iter().chain(&["/", "127.0.0.1", "os error"]) {
        assert!(!text.contains(secret), "`{secret}` in {text}");
    }
    body
}

/// Waits until the disk's owner has met its end.
async fn refused(server: &Server, counter: &mut Counter) {
    until("a full disk", async || {
        let guest = server.http.post("/auth/guest", serde_json::json!({})).await;
        let refused = !counter.counts().await;
        (refused || guest.0 == 503).then_some(())
    })
    .await;
}

/// Waits until counting, signing in and the database are as they were.
async fn well_again(server: &Server, counter: &mut Counter, what: &str) {
    let began = Instant::now();
    until("welcome", async || counter.counts().await.then_some(())).await;
    counter.counts_for_good().await;
    until("guests", async || {
        let guest = server.http.post("/auth/guest", serde_json::json!({})).await;
        (guest.0 == 200).then_some(())
    })
    .await;
    server.ready().await;
    until("the database", async || {
        let figures = server.http.figures().await;
        let of = |name| crate::never_waits::span::figure(&figures, name);
        (of("kadath_storage_applied_tick") + 40.0 >= of("kadath_current_tick")).then_some(())
    })
    .await;
    println!(
        "{what}: well again {:?} after there was room",
        began.elapsed()
    );
    assert!(
        began.elapsed() < WELL_WITHIN,
        "{what}: {:?}",
        began.elapsed()
    );
}

/// Stops with everything saved, and finds each effect once at the next start.
async fn ends_well(server: Server, counter: Counter) {
    let recipe = server.stop().await;
    let server = recipe.start().await;
    let player = Player::join(&server, &counter.token).await;
    let mut again = Counter { player, ..counter };
    assert_eq!(again.tally().await, again.done, "each effect once");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_disk_under_journal_and_sqlite_passes() {
    let _beside = beside().await;
    let disk = SmallDisk::mount(16_384);
    let server = Recipe::with_trades()
        .set("server.data", disk.path().join("data").display())
        .set("limits.sign_ins_per_minute", 0)
        .set("readiness.lag_seconds", 1)
        .start()
        .await;
    server.ready().await;
    let mut counter = Counter::join(&server).await;
    counter.counts_for_good().await;
    for _ in 0..ROUNDS {
        disk.fill();
        refused(&server, &mut counter).await;
        unready(&server, &["kadath-disk"]).await;
        disk.free();
        well_again(&server, &mut counter, "journal and SQLite").await;
    }
    ends_well(server, counter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_disk_under_journal_alone_passes() {
    let _beside = beside().await;
    let disk = SmallDisk::mount(4_096);
    let cluster = Cluster::shared().await;
    let server = Recipe::with_trades()
        .set("database.url", cluster.make("room_elsewhere").await)
        .set("server.data", disk.path().join("data").display())
        .set("limits.sign_ins_per_minute", 0)
        .start()
        .await;
    server.ready().await;
    let mut counter = Counter::join(&server).await;
    counter.counts_for_good().await;
    for _ in 0..ROUNDS {
        disk.fill();
        until("a full disk", async || {
            (!counter.counts().await).then_some(())
        })
        .await;
        unready(&server, &["kadath-disk", "room_elsewhere"]).await;
        disk.free();
        well_again(&server, &mut counter, "journal alone").await;
    }
    ends_well(server, counter).await;
}

/// Writes to the database server for as long as it takes anything; it may be gone by then.
async fn press(cluster: &Cluster) {
    let Ok(mut admin) = sqlx::PgConnection::connect(&cluster.url("postgres")).await else {
        return;
    };
    // Into its log only: tables find room in their own pages for long.
    let heavy = "SELECT pg_logical_emit_message(true, 'ballast', repeat('x', 200000))";
    while sqlx::raw_sql(heavy).execute(&mut admin).await.is_ok() {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_disk_under_postgresql_passes() {
    let _beside = beside().await;
    // A new one takes 40 MiB.
    let disk = SmallDisk::mount(98_304);
    let cluster = Cluster::stopped_in(disk.path());
    cluster.start();
    cluster.answers().await;
    let server = Recipe::with_trades()
        .set("database.url", cluster.make("small_room").await)
        .set("limits.sign_ins_per_minute", 0)
        .set("readiness.lag_seconds", 1)
        .start()
        .await;
    server.ready().await;
    let mut counter = Counter::join(&server).await;
    counter.counts_for_good().await;
    for _ in 0..ROUNDS {
        // With writes of the test's own: the files that PostgreSQL has made ahead for its log must be
        // used up, too.
        until("a database without room", async || {
            disk.fill();
            press(&cluster).await;
            assert!(counter.counts().await, "the journal has room");
            let guest = server.http.post("/auth/guest", serde_json::json!({})).await;
            let (status, _) = server.http.get("/readyz").await;
            (guest.0 == 503 && status == 503).then_some(())
        })
        .await;
        unready(&server, &["small_room"]).await;
        disk.free();
        // It gives up where it can't even write its log; whoever runs it starts it again.
        cluster.revive();
        cluster.answers().await;
        well_again(&server, &mut counter, "PostgreSQL's own").await;
    }
    ends_well(server, counter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_may_not_grow_pass() {
    let _beside = beside().await;
    let server = Recipe::with_trades()
        .set("limits.sign_ins_per_minute", 0)
        .set("readiness.lag_seconds", 1)
        .start()
        .await;
    server.ready().await;
    let mut counter = Counter::join(&server).await;
    counter.counts_for_good().await;
    for bytes in ["1:", "70000:"] {
        limit_files(&server, bytes);
        refused(&server, &mut counter).await;
        unready(&server, &["kadath-survival"]).await;
        limit_files(&server, "unlimited:");
        well_again(&server, &mut counter, "file size limit").await;
    }
    ends_well(server, counter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleted_data_folder_ends_durability_exit_3() {
    let _beside = beside().await;
    let mut first = Recipe::with_trades().start().await;
    first.ready().await;
    let mut counter = Counter::join(&first).await;
    counter.counts_for_good().await;
    std::fs::remove_dir_all(first.recipe.data()).unwrap();
    let gone = Instant::now();
    let body = unready(&first, &["kadath-survival"]).await;
    assert!(
        gone.elapsed() < Duration::from_secs(5),
        "{:?}",
        gone.elapsed()
    );
    let reason = body["checks"]["journal"]["reason"].as_str().unwrap();
    assert!(reason.contains("removed or replaced"), "{reason}");
    assert!(!counter.counts().await, "still welcome");
    let guest = first.http.post("/auth/guest", serde_json::json!({})).await;
    assert_eq!(guest.0, 503, "{guest:?}");

    let second = first.recipe.clone().start().await;
    second.ready().await;
    let mut other = Counter::join(&second).await;
    other.counts_for_good().await;
    let (status, _) = first.terminate().await;
    let said = first.recipe.stderr();
    assert_eq!(status.code(), Some(3), "{said}");
    assert!(said.contains("no longer what its path names"), "{said}");
    other.counts_for_good().await;
    ends_well(second, other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_server_on_sqlite_file_exits_with_2() {
    let _beside = beside().await;
    let first = Recipe::new().start().await;
    first.ready().await;
    let file = first.recipe.data().join("kadath.db");
    let url = |path: &Path| format!("sqlite://{}", path.display());
    let second = Recipe::new().set("database.url", url(&file));
    assert_eq!(second.refused().await, Some(2));
    let said = second.stderr();
    let holder = format!("process {}", first.pid());
    for word in ["kadath.db", "in use by another server", &holder] {
        assert!(said.contains(word), "no `{word}` in {said}");
    }
    first.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn database_without_utf8_ends_start_at_once() {
    let _beside = beside().await;
    let cluster = Cluster::shared().await;
    let mut admin = cluster.connect("postgres").await;
    sqlx::query("CREATE DATABASE narrow_letters ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        .execute(&mut admin)
        .await
        .unwrap();
    let recipe = Recipe::new()
        .set("database.url", cluster.url("narrow_letters"))
        .set("database.connect_retry_seconds", 600);
    assert_eq!(recipe.refused().await, Some(2));
    let said = recipe.stderr();
    assert!(said.contains("LATIN1") && said.contains("UTF8"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wide_data_folder_is_warned_of() {
    use std::os::unix::fs::DirBuilderExt;
    let _beside = beside().await;
    let recipe = Recipe::new();
    let data = recipe.data();
    std::fs::DirBuilder::new()
        .mode(0o755)
        .create(&data)
        .unwrap();
    let server = recipe.start().await;
    server.ready().await;
    let said = server.stop().await.stderr();
    let remedy = format!("chmod 700 {}", data.display());
    for word in ["data folder is open to others", &remedy] {
        assert!(said.contains(word), "no `{word}` in {said}");
    }
}
