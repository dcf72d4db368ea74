//! What was taken away stays away, also when saving was held up meanwhile.

use crate::harness::{Cluster, Player, Recipe, Server, alone};
use crate::never_waits::span::figure;

/// The batch under way may become durable at any moment, so it may take more than one attempt to
/// remove something before it does.
const ATTEMPTS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_removed_while_saving_was_held_up_stays_removed() {
    let _alone = alone().await;
    let cluster = Cluster::stopped();
    cluster.start();
    cluster.answers().await;
    // The journal lane is busy for most of each second.
    let server = Recipe::with_trades()
        .set("database.url", cluster.url("postgres"))
        .set("journal.fsync", "interval")
        .set("journal.fsync_interval_ms", 1_000)
        .start()
        .await;
    server.ready().await;
    let token = server.http.guest().await;
    let mut guest = Player::join(&server, &token).await;
    guest.does_for_good("badge on").await;
    assert!(badge(&mut guest).await);
    let recipe = server.kill9().await;

    let server = recipe.start().await;
    let mut guest = Player::join(&server, &token).await;
    assert!(badge(&mut guest).await, "it was never saved");
    cluster.freeze();
    let mut off = None;
    for _ in 0..ATTEMPTS {
        // Of these the first makes the lane busy, the removal happens while it is.
        let first = tick(&guest.does("count").await);
        let removed = tick(&guest.does("badge off").await);
        let (durable, now) = journal(&server).await;
        guest.does("count").await;
        if durable < first && first < removed && removed <= now {
            println!(
                "removed in tick {removed}; what was handed over from tick {first} on was not durable, {durable} was"
            );
            off = Some(removed);
            break;
        }
        guest.does_for_good("badge on").await;
    }
    let off = off.expect("the journal's lane was never busy when the badge went");
    guest.durable(off).await;
    let recipe = server.kill9().await;
    cluster.thaw();

    let server = recipe.start().await;
    let mut guest = Player::join(&server, &token).await;
    assert!(!badge(&mut guest).await, "the badge came back");
    server.stop().await;
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
