//! Figures are kept in place: the more happens, the larger the numbers, not what holds them.

use std::collections::BTreeSet;

use crate::harness::{Player, Recipe, Server, alone, until, whole};
use crate::never_waits::span::resident;

const PLAYERS: usize = 10;
/// What a server's memory may wander by, in bytes.
const NOISE: u64 = 8 * 1_024 * 1_024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_raises_metrics_but_not_series_count() {
    let _alone = alone().await;
    let commands = if whole() { 2_000 } else { 100 };
    let server = Recipe::with_trades().start().await;
    server.ready().await;
    let mut players = Vec::new();
    for _ in 0..PLAYERS {
        let token = server.http.guest().await;
        players.push(Player::join(&server, &token).await);
    }
    // Every kind of command once, so that each series is there, and what comes by the clock.
    act(&mut players, 20).await;
    until("the account store to be asked who is what", async || {
        let asked = |name: &String| name == "kadath_tasks{task=\"standings\"}";
        series(&server).await.iter().any(asked).then_some(())
    })
    .await;
    let (first, memory) = (series(&server).await, resident(&server));
    act(&mut players, commands).await;
    let last = series(&server).await;
    let grown = resident(&server).saturating_sub(memory);
    println!(
        "figures: {} series before and {} after {} commands more, memory +{} KiB",
        first.len(),
        last.len(),
        commands * PLAYERS,
        grown / 1_024
    );
    assert_eq!(first, last);
    assert!(grown <= NOISE, "memory grew by {grown} bytes");
    server.stop().await;
}

async fn act(players: &mut [Player], times: usize) {
    for n in 0..times {
        let line = ["count", "status", "holdings", "who"][n % 4];
        let all = players.iter_mut().map(|player| player.does(line));
        futures_util::future::join_all(all).await;
    }
}

/// The names and labels of all figures.
async fn series(server: &Server) -> BTreeSet<String> {
    let figures = server.http.figures().await;
    figures.into_iter().map(|(name, _)| name).collect()
}
