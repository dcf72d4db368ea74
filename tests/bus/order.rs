//! In which order what one player says is heard on another node.

use std::collections::BTreeMap;

use crate::broker::Broker;
use crate::harness::{Player, Recipe, Server, beside};
use crate::keepers::keeper;
use crate::nodes::sees;

/// Five lines each; 64 may wait for their turn.
const ROUNDS: usize = 12;

async fn server(broker: &Broker, node: &str) -> Server {
    let server = Recipe::new()
        .set("nats.url", broker.url())
        .set("nats.connections", 5)
        .set("chat.global_per_minute", 0)
        .set("chat.whisper_per_minute", 0)
        .set("chat.system_per_minute", 0)
        .set("chat.admin_per_minute", 0)
        .set("server.node", node)
        .start()
        .await;
    server.ready().await;
    server
}

/// Townspeople talk, too.
fn is_numbered(data: &serde_json::Value) -> bool {
    let words = data["original_content"].as_str();
    words.is_some_and(|words| words.parse::<usize>().is_ok())
}

/// The next line from another node: its channel and its number.
async fn next(player: &mut Player) -> (String, usize) {
    let heard = player.find("chat_message", is_numbered).await;
    let data = &heard["data"];
    let number = data["original_content"].as_str().unwrap().parse();
    (
        data["channel"].as_str().unwrap().to_owned(),
        number.unwrap(),
    )
}

/// A player's lines on the channels of all keep their order, and so do their whispers among
/// themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chat_and_whispers_each_keep_player_order() {
    let _beside = beside().await;
    let broker = Broker::start().await;
    let north = server(&broker, "north").await;
    let south = server(&broker, "south").await;
    let mut ada = keeper(&north, "Ada").await;
    let mut bob = keeper(&south, "Bob").await;
    for player in [&mut ada, &mut bob] {
        sees(player, "the other", |text| {
            text.contains("Ada") && text.contains("Bob")
        })
        .await;
    }
    let mut last = 0;
    let mut ids = Vec::new();
    for _ in 0..ROUNDS {
        for verb in ["global", "whisper bob", "system", "whisper bob", "admins"] {
            last += 1;
            ids.push(ada.begin(&format!("{verb} {last}")).await);
        }
    }
    for id in ids {
        let answer = ada.answer(id).await;
        assert_eq!(answer["data"]["ok"], true, "{answer}");
    }
    let mut heard: BTreeMap<bool, Vec<usize>> = BTreeMap::new();
    for _ in 0..last {
        let (channel, number) = next(&mut bob).await;
        heard.entry(channel == "whisper").or_default().push(number);
    }
    for (whispered, numbers) in heard {
        assert_eq!(numbers.len(), if whispered { 2 } else { 3 } * ROUNDS);
        assert!(numbers.is_sorted(), "whispered {whispered}: {numbers:?}");
    }
    north.stop().await;
    south.stop().await;
}
