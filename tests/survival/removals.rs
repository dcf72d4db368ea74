//! What was taken away stays away, also when saving was held up meanwhile.

use crate::harness::{Cluster, Player, Recipe, alone};

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
    // Of these the first makes the lane busy, the removal happens while it is.
    guest.does("count").await;
    let off = guest.does("badge off").await;
    guest.does("count").await;
    guest.durable(off["tick"].as_u64().unwrap()).await;
    let recipe = server.kill9().await;
    cluster.thaw();

    let server = recipe.start().await;
    let mut guest = Player::join(&server, &token).await;
    assert!(!badge(&mut guest).await, "the badge came back");
    server.stop().await;
}

async fn badge(player: &mut Player) -> bool {
    let answer = player.does("holdings").await;
    let text = answer["data"]["result"].as_str().unwrap();
    text.ends_with("true")
}
