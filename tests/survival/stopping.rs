//! SIGTERM: soon over, nothing lost, and the exit code tells where everything is.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::harness::{Cluster, Player, Recipe, Server, beside};
use crate::never_waits::limit_files;

/// By the contract.
const STOPS_WITHIN: Duration = Duration::from_secs(5);
/// Everything is in the database.
const APPLIED: Option<i32> = Some(0);
/// It is not, but the journal or nobody has it.
const NOT_APPLIED: Option<i32> = Some(3);
/// Who acts when the signal comes.
const CROWD: usize = 50;
/// How often each.
const COUNTS: u64 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_with_frozen_database_defers_to_next_start() {
    let _beside = beside().await;
    let cluster = Cluster::started().await;
    let server = Recipe::with_trades()
        .set("database.url", cluster.url("postgres"))
        .start()
        .await;
    server.ready().await;
    let token = server.http.guest().await;
    let mut guest = Player::join(&server, &token).await;
    guest.does_for_good("count").await;
    cluster.freeze();
    guest.does_for_good("count").await;
    let recipe = stops(server, NOT_APPLIED, "frozen database").await;

    // Nor is a start that is stopped before it reaches the database any wiser.
    assert_eq!(recipe.stopped_while_starting().await, NOT_APPLIED);
    cluster.thaw();
    let server = recipe.start().await;
    let mut guest = Player::join(&server, &token).await;
    assert_eq!(tally(&mut guest).await, 2);
    stops(server, APPLIED, "thawed database").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_with_full_disk_reports_loss() {
    let _beside = beside().await;
    let server = Recipe::with_trades().start().await;
    server.ready().await;
    let token = server.http.guest().await;
    let mut guest = Player::join(&server, &token).await;
    guest.does_for_good("count").await;
    limit_files(&server, "1:");
    let recipe = stops(server, NOT_APPLIED, "full disk").await;

    let server = recipe.start().await;
    let mut guest = Player::join(&server, &token).await;
    assert_eq!(tally(&mut guest).await, 1, "what was durable is there");
    stops(server, APPLIED, "disk with room").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answered_command_survives_stop() {
    let _beside = beside().await;
    // The batch under way is not durable for longer than any part of a stop has patience.
    let server = Recipe::with_trades()
        .set("journal.fsync", "interval")
        .set("journal.fsync_interval_ms", 10_000)
        .set("limits.sign_ins_per_minute", 0)
        .start()
        .await;
    server.ready().await;
    let mut acting = JoinSet::new();
    for _ in 0..CROWD {
        let token = server.http.guest().await;
        let mut guest = Player::join(&server, &token).await;
        acting.spawn(async move {
            for _ in 0..COUNTS {
                guest.does("count").await;
            }
            (token, guest)
        });
    }
    let answered = acting.join_all().await;
    let recipe = stops(server, APPLIED, "crowd").await;

    let server = recipe.start().await;
    for (token, _) in answered {
        let mut guest = Player::join(&server, &token).await;
        assert_eq!(tally(&mut guest).await, COUNTS);
    }
    stops(server, APPLIED, "idle").await;
}

/// Asks it to stop, and holds how it does against the contract.
async fn stops(mut server: Server, code: Option<i32>, beside: &str) -> Recipe {
    let (status, took) = server.terminate().await;
    println!("stopping, {beside}: {status} after {took:?}");
    let said = server.recipe.stderr();
    assert_eq!(status.code(), code, "{beside}: {said}");
    assert!(took < STOPS_WITHIN, "{beside}: {took:?}");
    server.recipe.clone()
}

async fn tally(player: &mut Player) -> u64 {
    let answer = player.does("holdings").await;
    let text = answer["data"]["result"].as_str().unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}
