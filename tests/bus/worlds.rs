//! Several worlds on one broker.

use crate::broker::Broker;
use crate::harness::{Player, Recipe, Server, beside, until};
use crate::keepers::{acknowledged_in, keeper};

/// A node of a world of its own; its name is that of the other world's node.
async fn world(broker: &Broker, name: &str, hears: &str) -> Server {
    let server = Recipe::new()
        .set("nats.url", broker.url())
        .set("nats.world", name)
        .set("nats.hears_worlds", hears)
        .set("nats.health_interval_ms", 1_000)
        .set("nats.ack_wait_ms", 1_000)
        .set("server.node", "north")
        .start()
        .await;
    server.ready().await;
    server
}

async fn lets_know(player: &mut Player, words: &str) {
    player
        .find("system", |data| {
            data["message"].as_str().is_some_and(|text| text == words)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn herald_is_told_once_in_listening_worlds() {
    let _beside = beside().await;
    let broker = Broker::start().await;
    let waking = world(&broker, "waking", "[]").await;
    let dream = world(&broker, "dream", "[\"waking\"]").await;
    let deaf = world(&broker, "deaf", "[\"dream\"]").await;
    let context = async_nats::jetstream::new(broker.client().await);
    let place = "north@dream";
    let stream = "waking_durable";
    until("the world to be heard", async || {
        let stream = context.get_stream(stream).await.ok()?;
        stream.consumer_info(place).await.ok()
    })
    .await;
    let mut ada = keeper(&waking, "Ada").await;
    let kuranes = dream.http.register("kuranesaccount", "Kuranes").await;
    let mut kuranes_here = Player::join(&dream, &kuranes.token).await;
    let bob = deaf.http.register("bobaccount", "Bob").await;
    let mut bob = Player::join(&deaf, &bob.token).await;

    ada.does_for_good("herald The stars are right.").await;
    let first = "Ada of waking lets you know: The stars are right.";
    lets_know(&mut kuranes_here, first).await;
    acknowledged_in(&context, stream, place).await;

    // While the world that hears is down, and over a second delivery.
    let killed = dream.kill9().await;
    ada.does_for_good("herald The gate is open.").await;
    let subject = "waking.crossing.herald";
    let held = context.get_stream(stream).await.unwrap();
    let sent = until("the herald to be stored", async || {
        let last = held.get_last_raw_message_by_subject(subject).await.ok()?;
        let text = String::from_utf8_lossy(&last.payload).into_owned();
        text.contains("The gate is open").then_some(last)
    })
    .await;
    let again = context.publish(subject, sent.payload.clone()).await;
    again.unwrap().await.unwrap();
    let dream = killed.start().await;
    let token = dream.http.login(&kuranes).await;
    let mut kuranes_here = Player::join(&dream, &token).await;
    dream.ready().await;
    acknowledged_in(&context, stream, place).await;
    ada.does_for_good("herald That is all.").await;
    lets_know(
        &mut kuranes_here,
        "Ada of waking lets you know: That is all.",
    )
    .await;
    // Told when the world woke, to whoever was there by then, and at most once.
    let told = kuranes_here.count("system", |data| {
        data["message"]
            .as_str()
            .is_some_and(|text| text.contains("The gate"))
    });
    assert!(told <= 1, "told {told} times");

    // Who does not hear that world hears nothing of it, and talk stays in its world.
    ada.does("global good evening").await;
    bob.does("say nothing here").await;
    let heard = bob.count("system", |data| {
        data["message"]
            .as_str()
            .is_some_and(|text| text.contains("waking"))
    });
    let talk = kuranes_here.count("chat_message", |data| {
        let words = data["original_content"].as_str();
        words.is_some_and(|words| words.contains("good evening"))
    });
    assert_eq!((heard, talk), (0, 0));
    for server in [waking, dream, deaf] {
        server.stop().await;
    }
}
