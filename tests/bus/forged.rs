//! What whoever may publish on a few subjects can't do: the broker is set up as the docs say.

use async_nats::ConnectOptions;
use async_nats::jetstream::{self, message::PublishMessage};
use serde_json::{Value, json};

use crate::broker::Broker;
use crate::harness::{Player, Recipe, Server, beside, until};
use crate::keepers::{acknowledged_in, keeper};

/// The rights of two worlds as `docs/bus.md` shows them, and a user of the test's own.
fn rights() -> String {
    let docs = include_str!("../../docs/bus.md");
    let (_, block) = docs.split_once("\nauthorization: {").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let all = "users: [\n { user: \"test\", password: \"test\" },";
    format!("authorization: {{{}", block.replacen("users: [", all, 1))
}

async fn node(broker: &Broker, node: &str, world: &str, password: &str, hears: &str) -> Server {
    let server = Recipe::new()
        .set("nats.url", broker.url())
        .set("nats.user", world)
        .set("nats.password", password)
        .set("nats.world", world)
        .set("nats.hears_worlds", hears)
        .set("chat.whisper_per_minute", 0)
        // So that the streams of two worlds have room at the broker.
        .set("nats.stream_max_bytes", 64 << 20)
        .set("nats.health_interval_ms", 1_000)
        .set("nats.ack_wait_ms", 1_000)
        .set("server.node", node)
        .start()
        .await;
    server.ready().await;
    server
}

async fn player(server: &Server, name: &str) -> Player {
    let account = server.http.register(&format!("{name}account"), name).await;
    Player::join(server, &account.token).await
}

/// Waits until a whisper with these words is heard.
async fn hears(player: &mut Player, words: &str) {
    player
        .find("chat_message", |data| data["original_content"] == words)
        .await;
}

/// The last message of a stream: its number there, and what it says.
async fn last_of(context: &jetstream::Context, stream: &str) -> (u64, Value) {
    let stream = context.get_stream(stream).await.unwrap();
    let last = stream.cached_info().state.last_sequence;
    let message = stream.get_raw_message(last).await.unwrap();
    (last, serde_json::from_slice(&message.payload).unwrap())
}

/// A herald of `world` that bears the number `ahead` after that of a message of `node`.
fn herald(like: &Value, ahead: u64, node: &str, world: &str) -> Value {
    let mut forged = like.clone();
    let seq = like["seq"].as_u64().unwrap() + ahead;
    forged["node"] = node.into();
    forged["seq"] = seq.into();
    let text = format!("Nothing of {seq} will be heard.");
    let data = json!({"event": "herald", "world": world, "by": "Nobody", "text": text});
    forged["content"] = json!({"kind": "crossing", "data": data});
    forged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_herald_suppresses_no_whisper() {
    let _beside = beside().await;
    let test = ConnectOptions::with_user_and_password("test".into(), "test".into());
    let broker = Broker::start_with(&rights(), test).await;
    let dream = node(&broker, "cave", "dream", "change this, too", "[]").await;
    let north = node(&broker, "north", "waking", "change this", "[\"dream\"]").await;
    let south = node(&broker, "south", "waking", "change this", "[\"dream\"]").await;
    let context = jetstream::new(broker.client().await);
    for place in ["north@waking", "south@waking"] {
        until("the neighbour to be heard", async || {
            let stream = context.get_stream("dream_durable").await.ok()?;
            stream.consumer_info(place).await.ok()
        })
        .await;
    }
    let mut ann = player(&north, "Ann").await;
    let mut bob = player(&south, "Bob").await;
    crate::nodes::sees(&mut ann, "Bob", |text| text.contains("Bob")).await;
    ann.does_for_good("whisper bob first").await;
    hears(&mut bob, "first").await;
    let (_, first) = last_of(&context, "waking_durable").await;
    assert_eq!(first["node"], "north");

    // The neighbour may herald, and is heard.
    let mut kuranes = keeper(&dream, "Kuranes").await;
    kuranes.does_for_good("herald The ships are in.").await;
    bob.find("system", |data| {
        data["message"] == "Kuranes of dream lets you know: The ships are in."
    })
    .await;

    // With its rights on the bus it uses up the next numbers of north, once in north's name and
    // once in its own.
    let neighbour =
        ConnectOptions::with_user_and_password("dream".into(), "change this, too".into())
            .custom_inbox_prefix("_INBOX.dream")
            .connect(broker.url())
            .await
            .unwrap();
    let theirs = jetstream::new(neighbour.clone());
    for ahead in 1..=4 {
        for node in ["north", "cave"] {
            let forged = herald(&first, ahead, node, "dream").to_string();
            let sent = theirs.publish("dream.crossing.herald", forged.into()).await;
            sent.unwrap().await.unwrap();
        }
    }
    acknowledged_in(&context, "dream_durable", "south@waking").await;
    for words in ["one", "two", "three", "four"] {
        ann.does_for_good(&format!("whisper bob {words}")).await;
        hears(&mut bob, words).await;
    }

    // Nor does it help to have the right to herald for the world itself: what crosses is not taken
    // down at home, and the broker's memory of numbers is not believed.
    let (_, last) = last_of(&context, "waking_durable").await;
    for ahead in 1..=4 {
        let forged = herald(&last, ahead, "north", "waking");
        let id = format!("{}.{}", forged["origin"].as_str().unwrap(), forged["seq"]);
        let message = PublishMessage::build()
            .payload(forged.to_string().into())
            .message_id(id);
        let sent = context
            .send_publish("waking.crossing.herald", message)
            .await;
        assert!(!sent.unwrap().await.unwrap().duplicate);
    }
    acknowledged_in(&context, "waking_durable", "south").await;
    for words in ["five", "six", "seven", "eight"] {
        ann.does_for_good(&format!("whisper bob {words}")).await;
        hears(&mut bob, words).await;
    }

    // What the neighbour may not do, the broker does not do for it.
    let (before, _) = last_of(&context, "waking_durable").await;
    let forged = herald(&last, 20, "north", "waking").to_string();
    let refused = theirs
        .publish("waking.crossing.herald", forged.into())
        .await;
    assert!(refused.unwrap().await.is_err());
    assert!(theirs.delete_stream("waking_durable").await.is_err());
    // What the nodes themselves still had to say may have come meanwhile.
    let mut stream = context.get_stream("waking_durable").await.unwrap();
    let after = stream.info().await.unwrap().state.last_sequence;
    for sequence in before + 1..=after {
        let message = stream.get_raw_message(sequence).await.unwrap();
        let message: Value = serde_json::from_slice(&message.payload).unwrap();
        assert_ne!(message["content"]["kind"], "crossing", "{message}");
    }
    for server in [dream, north, south] {
        server.stop().await;
    }
}
