//! What was taken away stays away, also when saving was held up meanwhile.

use sqlx::Connection;

use crate::harness::{Cluster, Player, Recipe, Server, beside};
use crate::never_waits::span::figure;

/// The batch under way may become durable at any moment, so it may take more than one attempt to
/// remove something before it does.
const ATTEMPTS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removal_during_save_outage_stays_removed() {
    let _beside = beside().await;
    let cluster = Cluster::started().await;
    let server = busy(&cluster).await;
    let token = server.http.guest().await;
    let mut guest = Player::join(&server, &token).await;
    guest.does_for_good("badge on").await;
    assert!(badge(&mut guest).await);
    let recipe = server.kill9().await;

    let server = recipe.start().await;
    let mut guest = Player::join(&server, &token).await;
    assert!(badge(&mut guest).await, "it was never saved");
    cluster.freeze();
    removes_while_busy(&server, &mut guest, "badge off", "badge on").await;
    let recipe = server.kill9().await;
    cluster.thaw();

    let server = recipe.start().await;
    let mut guest = Player::join(&server, &token).await;
    assert!(!badge(&mut guest).await, "the badge came back");
    server.stop().await;
}

/// Its row is the world's own, and goes with its whole entity.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mute_lifted_during_save_outage_stays_lifted() {
    let _beside = beside().await;
    let cluster = Cluster::started().await;
    let server = busy(&cluster).await;
    let token = server.http.guest().await;
    let name = name_of(&server, &token).await;
    let other = server.http.guest().await;
    let muted = name_of(&server, &other).await;
    let mut admin = cluster.connect("postgres").await;
    sqlx::query(
        "UPDATE accounts SET role = 'admin'
         WHERE id IN (SELECT account FROM characters WHERE name = $1)",
    )
    .bind(&name)
    .execute(&mut admin)
    .await
    .unwrap();
    admin.close().await.unwrap();

    let recipe = server.stop().await;
    let server = recipe.start().await;
    let mut keeper = Player::join(&server, &token).await;
    let _muted = Player::join(&server, &other).await;
    let (mute, lift) = (
        format!("mute_global {muted} 60 shouting"),
        format!("unmute_global {muted}"),
    );
    keeper.does_for_good(&mute).await;
    assert!(is_muted(&mut keeper, &muted).await);
    let recipe = server.kill9().await;

    let server = recipe.start().await;
    let mut keeper = Player::join(&server, &token).await;
    let _muted = Player::join(&server, &other).await;
    assert!(is_muted(&mut keeper, &muted).await, "it was never saved");
    cluster.freeze();
    removes_while_busy(&server, &mut keeper, &lift, &mute).await;
    let recipe = server.kill9().await;
    cluster.thaw();

    let server = recipe.start().await;
    let mut keeper = Player::join(&server, &token).await;
    assert!(!is_muted(&mut keeper, &muted).await, "the mute came back");
    server.stop().await;
}

/// A server whose journal lane is busy for most of each second.
async fn busy(cluster: &Cluster) -> Server {
    let server = Recipe::with_trades()
        .set("database.url", cluster.url("postgres"))
        .set("journal.fsync", "interval")
        .set("journal.fsync_interval_ms", 1_000)
        .start()
        .await;
    server.ready().await;
    server
}

/// Removes something in a tick whose batch had to wait behind another, and waits until that is
/// durable.
async fn removes_while_busy(server: &Server, player: &mut Player, off: &str, on: &str) {
    for _ in 0..ATTEMPTS {
        // Of these the first makes the lane busy, the removal happens while it is.
        let first = tick(&player.does("count").await);
        let removed = tick(&player.does(off).await);
        let (durable, now) = journal(server).await;
        player.does("count").await;
        if durable < first && first < removed && removed <= now {
            println!(
                "removed in tick {removed}; what was handed over from tick {first} on was not durable, {durable} was"
            );
            player.durable(removed).await;
            return;
        }
        player.does_for_good(on).await;
    }
    panic!("the journal's lane was never busy when it went");
}

async fn is_muted(keeper: &mut Player, name: &str) -> bool {
    let answer = keeper.does("mute_global").await;
    answer["data"]["result"].as_str().unwrap().contains(name)
}

async fn name_of(server: &Server, token: &str) -> String {
    let player = Player::join(server, token).await;
    player.state["player"]["name"].as_str().unwrap().to_owned()
}

/// The tick that answered.
fn tick(answer: &serde_json::Value) -> u64 {
    answer["tick"].as_u64().unwrap()
}

/// Up to which tick the journal has everything, and the world's tick a moment later.
async fn journal(server: &Server) -> (u64, u64) {
    let figures = server.http.figures().await;
    let of = |name| figure(&figures, name) as u64;
    (of("kadath_journal_durable_tick"), of("kadath_current_tick"))
}

async fn badge(player: &mut Player) -> bool {
    let answer = player.does("holdings").await;
    let text = answer["data"]["result"].as_str().unwrap();
    text.ends_with("true")
}
