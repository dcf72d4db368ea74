//! What keepers decide on one node, and what comes of it on another.

use std::process::Command;
use std::time::Duration;

use async_nats::jetstream::{self, consumer::PullConsumer};
use net::bridge::DeadLetters;
use serde_json::{Value, json};
use sqlx::Row as _;

use crate::broker::Broker;
use crate::harness::{Account, Player, Server, beside, until};
use crate::nodes::{player, sees, server};
use crate::shared::Common;

/// Somebody who keeps the world.
pub(crate) async fn keeper(server: &Server, name: &str) -> Player {
    let username = format!("{}account", name.to_lowercase());
    let account = server.http.register(&username, name).await;
    let granted = Command::new(env!("CARGO_BIN_EXE_kadath"))
        .args(["account", "grant", &username, "admin"])
        .env("KADATH_SERVER__DATA", server.recipe.data())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(granted.status.success(), "{granted:?}");
    Player::join(server, &server.http.login(&account).await).await
}

/// Waits until a node has acknowledged all that it has to.
async fn acknowledged(context: &jetstream::Context, node: &str) {
    acknowledged_in(context, "kadath_durable", node).await;
}

/// The same of any place in any stream.
pub(crate) async fn acknowledged_in(context: &jetstream::Context, stream: &str, place: &str) {
    until("everything to be acknowledged", async || {
        let stream = context.get_stream(stream).await.ok()?;
        let mut place: PullConsumer = stream.get_consumer(place).await.ok()?;
        let info = place.info().await.ok()?;
        (info.num_pending == 0 && info.num_ack_pending == 0).then_some(())
    })
    .await;
}

fn says(data: &Value, words: &str) -> bool {
    data["message"]
        .as_str()
        .is_some_and(|text| text.contains(words))
}

/// What an admin orders on another node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn remote_order_runs_once_over_redelivery_and_kill() {
    let _beside = beside().await;
    let broker = Broker::start().await;
    let north = server(&broker, "north").await;
    let south = server(&broker, "south").await;
    let mut ada = keeper(&north, "Ada").await;
    let bob = south.http.register("bobaccount", "Bob").await;
    let mut bobby = Player::join(&south, &bob.token).await;
    sees(&mut ada, "Bob", |text| text.contains("Bob")).await;

    let refused = ada.fails("order west kick Bob").await;
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("There are: south."), "{message}");
    let refused = ada.fails("order south dance").await;
    assert_eq!(refused["code"], "invalid_input", "{refused}");

    ada.does_for_good("order south kick Bob mind your tongue")
        .await;
    let last_word = bobby.closed().await.0.unwrap();
    assert!(says(
        &last_word,
        "A keeper sends you away: mind your tongue"
    ));
    let told = ada
        .find("chat_message", |data| data["channel"] == "admin")
        .await;
    let words = "Bob is sent away, as Ada of north ordered.";
    assert_eq!(told["data"]["original_content"], words);

    // The very same order comes again, as if nobody had acknowledged it, and once more after a
    // kill: Bob, who is back, stays.
    let context = jetstream::new(broker.client().await);
    acknowledged(&context, "south").await;
    let stream = context.get_stream("kadath_durable").await.unwrap();
    let subject = "kadath.orders.node.south";
    let order = stream
        .get_last_raw_message_by_subject(subject)
        .await
        .unwrap();
    let again = async || {
        let sent = context.publish(subject, order.payload.clone()).await;
        sent.unwrap().await.unwrap();
        acknowledged(&context, "south").await;
    };
    let mut back = Player::join(&south, &south.http.login(&bob).await).await;
    again().await;
    back.does_for_good("say still here").await;
    let south = south.kill9().await.start().await;
    south.ready().await;
    let mut back = Player::join(&south, &south.http.login(&bob).await).await;
    again().await;
    back.does("say still here").await;

    // What is on no list is a dead letter, and stops nothing.
    let mut other: Value = serde_json::from_slice(&order.payload).unwrap();
    other["content"]["data"]["act"] = json!({"verb": "dance"});
    other["seq"] = json!(1_000);
    let other = serde_json::to_vec(&other).unwrap();
    let sent = context.publish(subject, other.into()).await;
    sent.unwrap().await.unwrap();
    let letters = DeadLetters::below(&south.recipe.data(), 10, Duration::from_secs(3_600));
    until("the dead letter", async || {
        (letters.count() == 1).then_some(())
    })
    .await;

    // A node that is ordered to end does.
    ada.does_for_good("order south shutdown 1").await;
    back.find("system", |data| says(data, "The world ends in 1 second."))
        .await;
    assert!(back.closed().await.1.is_some());
    north.stop().await;
    let recipe = south.recipe.clone();
    drop(south);
    let database = format!("sqlite://{}/kadath.db", recipe.data().display());
    let pool = sqlx::SqlitePool::connect(&database).await.unwrap();
    let rows = sqlx::query("SELECT detail FROM facts WHERE kind = 'moderation' ORDER BY at")
        .fetch_all(&pool)
        .await
        .unwrap();
    let verbs: Vec<String> = rows
        .iter()
        .map(|row| {
            let detail: Value = serde_json::from_str(row.get::<&str, _>(0)).unwrap();
            assert_eq!(detail["by"], "Ada");
            detail["verb"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(verbs, ["kick", "shutdown"], "each once");
}

/// Another character of an account.
async fn second(server: &Server, account: &Account, name: &str) -> String {
    let (status, body) = server
        .http
        .post_as(
            "/api/players/characters",
            json!({"name": name}),
            &account.token,
        )
        .await;
    assert_eq!(status, 201, "{body}");
    body["id"].as_str().unwrap().to_owned()
}

async fn join_as(server: &Server, account: &Account, character: &str) -> Player {
    let token = server.http.login(account).await;
    let mut player = Player::connect(server).await;
    let who = json!({"token": token, "character_id": character});
    player
        .send(json!({"type": "authenticate", "data": who}))
        .await;
    player.let_in().await;
    player
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ban_ends_and_bars_sessions_on_other_node() {
    let _beside = beside().await;
    let common = Common::start().await;
    let north = common.node("north").await;
    let south = common.node("south").await;
    let ada = north.http.register("adaaccount", "Ada").await;
    sqlx::raw_sql("UPDATE accounts SET role = 'admin' WHERE username_key = 'adaaccount'")
        .execute(&mut common.database().await)
        .await
        .unwrap();
    let mut ada = Player::join(&north, &north.http.login(&ada).await).await;
    // One account: a character beside the keeper, one on the other node, and one there whose
    // connection is lost.
    let bob = north.http.register("bobaccount", "Bob").await;
    let robert = second(&north, &bob, "Robert").await;
    let rob = second(&north, &bob, "Rob").await;
    let mut here = Player::join(&north, &bob.token).await;
    let mut there = join_as(&south, &bob, &robert).await;
    let lost = join_as(&south, &bob, &rob).await;
    let mut cat = player(&south, "Cat").await;
    sees(&mut ada, "everybody", |text| {
        ["Robert", "Rob,", "Cat"]
            .iter()
            .all(|name| text.contains(name))
    })
    .await;
    drop(lost);
    cat.find("system", |data| says(data, "Rob's eyes grow empty"))
        .await;

    ada.does_for_good("ban Bob 5 shouting").await;
    assert!(here.closed().await.1.is_some());
    let last_word = there.closed().await.0.unwrap();
    assert!(says(
        &last_word,
        "You are banned for another 5 min: shouting"
    ));
    sees(&mut cat, "all of them to be gone", |text| {
        !text.contains("Rob") && !text.contains("Bob")
    })
    .await;
    // Nothing of the account is waited for, and no new session of it gets in.
    until("nobody of them to be there", async || {
        (south.http.figure("kadath_players_online").await == 1.0).then_some(())
    })
    .await;
    let body = json!({"username": bob.username, "password": bob.password});
    let (status, answer) = south.http.post("/auth/login", body).await;
    assert_ne!(status, 200, "{answer}");
    cat.does("say peace at last").await;
    north.stop().await;
    south.stop().await;
}
