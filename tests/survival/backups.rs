//! The commands of docs/operations.md, "Backup and restore", as they stand there.

use std::path::Path;
use std::process::Command;

use crate::harness::{Cluster, Player, Recipe, Server, beside};

/// Someone whose tally is what the backups are about.
struct Keeper {
    token: String,
}

impl Keeper {
    async fn begin(server: &Server) -> Self {
        Self {
            token: server.http.guest().await,
        }
    }

    /// Counts as often as told, each time for good.
    async fn counts(&self, server: &Server, times: usize) {
        let mut player = Player::join(server, &self.token).await;
        for _ in 0..times {
            player.does_for_good("count").await;
        }
    }

    async fn tally(&self, server: &Server) -> u64 {
        let mut player = Player::join(server, &self.token).await;
        let answer = player.does("holdings").await;
        let text = answer["data"]["result"].as_str().unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_backup_under_way_restores_that_moment() {
    let _beside = beside().await;
    let server = Recipe::with_trades().start().await;
    server.ready().await;
    let keeper = Keeper::begin(&server).await;
    keeper.counts(&server, 3).await;
    applied(&server).await;
    let (data, backup) = folders(&server.recipe);
    let database = data.join("kadath.db");
    let copy = backup.join("kadath.db");
    run(Command::new("sqlite3")
        .arg(&database)
        .arg(format!(".backup '{}'", copy.display())));
    keeper.counts(&server, 4).await;
    let recipe = server.stop().await;

    for left in ["kadath.db", "kadath.db-wal", "kadath.db-shm"] {
        let _ = std::fs::remove_file(data.join(left));
    }
    std::fs::copy(copy, &database).unwrap();
    std::fs::remove_dir_all(data.join("journal")).unwrap();
    let server = recipe.start().await;
    assert_eq!(keeper.tally(&server).await, 3);
    server.kill9().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_server_folder_can_be_copied() {
    let _beside = beside().await;
    let server = Recipe::with_trades().start().await;
    let keeper = Keeper::begin(&server).await;
    keeper.counts(&server, 3).await;
    let recipe = server.stop().await;
    let (data, backup) = folders(&recipe);
    run(Command::new("cp").arg("-a").arg(&data).arg(&backup));

    let server = recipe.start().await;
    keeper.counts(&server, 1).await;
    let recipe = server.kill9().await;
    std::fs::remove_dir_all(&data).unwrap();
    run(Command::new("cp")
        .arg("-a")
        .arg(backup.join("data"))
        .arg(&data));
    let server = recipe.start().await;
    assert_eq!(keeper.tally(&server).await, 3);
    server.kill9().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_dump_under_way_restores_that_moment() {
    let _beside = beside().await;
    let cluster = Cluster::shared().await;
    let maintenance = cluster.url("postgres");
    let url = cluster.url("kept");
    psql(&maintenance, "CREATE DATABASE kept");
    let server = Recipe::with_trades()
        .set("database.url", &url)
        .start()
        .await;
    let keeper = Keeper::begin(&server).await;
    keeper.counts(&server, 3).await;
    applied(&server).await;
    let (data, backup) = folders(&server.recipe);
    let dump = backup.join("kadath.dump");
    run(Command::new("pg_dump")
        .arg("--format=custom")
        .arg(format!("--file={}", dump.display()))
        .arg(&url));
    keeper.counts(&server, 4).await;
    let recipe = server.kill9().await;

    // The database and its journal: nothing durable is lost.
    let server = recipe.start().await;
    assert_eq!(keeper.tally(&server).await, 7);
    let recipe = server.stop().await;

    // The dump alone.
    let journal = data.join("journal");
    let away = data.join("journal.away");
    std::fs::rename(&journal, &away).unwrap();
    restore(&maintenance, &url, &dump);
    let server = recipe.start().await;
    assert_eq!(keeper.tally(&server).await, 3);
    let recipe = server.kill9().await;

    // The dump under the newer journal, which does not reach back to it.
    std::fs::remove_dir_all(&journal).unwrap();
    std::fs::rename(&away, &journal).unwrap();
    restore(&maintenance, &url, &dump);
    let before = recipe.stderr().len();
    assert_eq!(recipe.refused().await, Some(1));
    let said = recipe.stderr().split_off(before);
    println!(
        "backup, older database under a newer journal: {}",
        said.trim()
    );
    assert!(said.contains("journal"), "{said}");
}

/// Waits until the database has everything.
async fn applied(server: &Server) {
    crate::harness::until("the database to have all", async || {
        let waiting = server.http.figures().await;
        let name = "kadath_storage_pending_rows";
        let (_, rows) = waiting.iter().find(|(known, _)| known == name)?;
        (*rows == 0.0).then_some(())
    })
    .await;
}

fn folders(recipe: &Recipe) -> (std::path::PathBuf, std::path::PathBuf) {
    let backup = recipe.folder().join("backup");
    std::fs::create_dir_all(&backup).unwrap();
    (recipe.data(), backup)
}

fn restore(maintenance: &str, url: &str, dump: &Path) {
    psql(maintenance, "DROP DATABASE kept WITH (FORCE)");
    psql(maintenance, "CREATE DATABASE kept");
    run(Command::new("pg_restore")
        .arg("--exit-on-error")
        .arg(format!("--dbname={url}"))
        .arg(dump));
}

fn psql(url: &str, sql: &str) {
    run(Command::new("psql").args(["-q", "-d", url, "-c", sql]));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}
