//! The world never forgets: what a client was told is durable survives `kill -9`, exactly once.

mod book;
mod client;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::harness::{Cluster, Lots, Recipe, beside, whole};
use crate::trades::FIRST_COINS;
use client::{Client, Ending};

const CLIENTS: usize = 8;
/// Before every so many-th another one happens while the server starts and recovers.
const IN_THE_START_EVERY: u32 = 4;
/// After so many kills everything is counted up.
const RECKONING_EVERY: u32 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn durable_effects_survive_kills_exactly_once_on_sqlite() {
    let _beside = beside().await;
    survives("SQLite", Recipe::with_trades()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn durable_effects_survive_kills_exactly_once_on_postgresql() {
    let _beside = beside().await;
    let cluster = Cluster::shared().await;
    let url = cluster.make("forgetting").await;
    let recipe = Recipe::with_trades().set("database.url", url);
    survives("PostgreSQL", recipe).await;
}

/// Kills a server again and again under players who keep books.
async fn survives(store: &str, recipe: Recipe) {
    let kills = if whole() { 100 } else { 10 };
    let mut lots = Lots::cast(&format!("never forgets, {store}"));
    // Small segments, so that kills also meet their change.
    let mut recipe = recipe
        .set("tick.rate_hz", 60)
        .set("limits.lines_per_tick", 8)
        .set("journal.segment_bytes", 16_384);

    let server = recipe.start().await;
    server.ready().await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(Client::meet(&server, lots.branch()).await);
    }
    let names: Arc<[String]> = clients.iter().map(|one| one.name.clone()).collect();
    for client in &mut clients {
        client.acquaint(Arc::clone(&names));
    }
    recipe = server.kill9().await;

    for kill in 1..=kills {
        if kill % IN_THE_START_EVERY == 0 {
            let moment = Duration::from_millis(lots.below(200));
            recipe.killed_while_starting(moment).await;
        }
        let server = recipe.start().await;
        let (tell, told) = watch::channel(Ending::Never);
        let mut playing = JoinSet::new();
        for client in clients.drain(..) {
            let (url, told) = (server.url.clone(), told.clone());
            playing.spawn(client.play(url, told));
        }
        // The one wait that nothing could replace: its length is what is drawn.
        tokio::time::sleep(Duration::from_millis(10 + lots.below(900))).await;
        recipe = server.kill9().await;
        tell.send_replace(Ending::Now);
        while let Some(client) = playing.join_next().await {
            clients.push(client.unwrap());
        }
        if kill % RECKONING_EVERY == 0 {
            (recipe, clients) = reckon(recipe, clients).await;
        }
    }

    let mut sum = book::Figures::default();
    for client in &clients {
        sum.add(&client.book.figures);
    }
    let starts = kills / IN_THE_START_EVERY;
    println!("never forgets, {store}: {kills} kills under way, {starts} while starting, {sum}");
    assert!(sum.durable > 0 && sum.repeated > 0, "the proof met nothing");
}

/// Lets everybody get every answer, and compares what they hold with their books.
async fn reckon(recipe: Recipe, clients: Vec<Client>) -> (Recipe, Vec<Client>) {
    let server = recipe.start().await;
    let (_tell, told) = watch::channel(Ending::WhenAnswered);
    let mut playing = JoinSet::new();
    for client in clients {
        playing.spawn(client.play(server.url.clone(), told.clone()));
    }
    let mut clients = Vec::new();
    while let Some(client) = playing.join_next().await {
        clients.push(client.unwrap());
    }
    let mut total = 0;
    for client in &mut clients {
        client.look_up(&server).await;
    }
    for client in &clients {
        let due = FIRST_COINS
            + clients
                .iter()
                .map(|other| other.book.given_to(&client.name))
                .sum::<i64>()
            - client.book.given();
        let (tally, coins) = client.holdings;
        assert_eq!(tally, client.book.counted(), "tally of {}", client.name);
        assert_eq!(coins, due, "coins of {}", client.name);
        total += coins;
    }
    let everybody = i64::try_from(CLIENTS).unwrap();
    assert_eq!(total, everybody * FIRST_COINS, "coins of all");
    (server.kill9().await, clients)
}
