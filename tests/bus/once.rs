//! A consumer that is killed again and again: each effect happens once.

use std::collections::BTreeMap;
use std::time::Duration;

use async_nats::jetstream::{self, message::PublishMessage};
use net::bridge::{Envelope, VERSION};
use sqlx::Row as _;

use crate::broker::Broker;
use crate::harness::{Recipe, beside, line, to_bob, whole};
use crate::keepers::acknowledged_in;

/// Messages sent before each kill.
const EACH: u64 = 40;

fn message(seq: u64) -> PublishMessage {
    let envelope = Envelope {
        version: VERSION,
        id: format!("far.{seq}"),
        node: "far".to_owned(),
        origin: Some("far".to_owned()),
        seq: Some(seq),
        tick: seq,
        at_ms: 0,
        correlation_id: "0000000000000001".to_owned(),
        content: line("whisper", "psst"),
    };
    PublishMessage::build().payload(serde_json::to_vec(&envelope).unwrap().into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumer_kill_before_effect_gives_effect_once() {
    let _beside = beside().await;
    let kills = if whole() { 100 } else { 10 };
    let broker = Broker::start().await;
    let mut recipe = Recipe::new()
        .set("nats.url", broker.url())
        .set("nats.ack_wait_ms", 200)
        .set("server.node", "north");
    let mut server = recipe.start().await;
    server.ready().await;
    let context = jetstream::new(broker.client().await);
    let subject = to_bob();
    let mut seq = 0;
    let mut redelivered = 0.0;
    for kill in 0..kills {
        for _ in 0..EACH {
            seq += 1;
            // Every third is sent twice, as by a sender that did not hear the broker's answer.
            for _ in 0..1 + u64::from(seq % 3 == 0) {
                let sent = context
                    .send_publish(subject.clone(), message(seq))
                    .await
                    .unwrap();
                sent.await.unwrap();
            }
        }
        // At another moment each time: before receipt, before the effect, before it is durable,
        // before its acknowledgement, or after.
        let moment = Duration::from_millis(u64::from(kill % 11_u32) * 9);
        tokio::time::sleep(moment).await;
        redelivered += server.http.figure("kadath_bus_redelivered_total").await;
        recipe = server.kill9().await;
        server = recipe.start().await;
        server.ready().await;
    }
    acknowledged_in(&context, "kadath_durable", "north").await;
    let recipe = server.stop().await;

    let database = format!("sqlite://{}/kadath.db", recipe.data().display());
    let pool = sqlx::SqlitePool::connect(&database).await.unwrap();
    let rows = sqlx::query("SELECT detail FROM facts WHERE kind = 'bus_received'")
        .fetch_all(&pool)
        .await
        .unwrap();
    let mut effects: BTreeMap<u64, u32> = BTreeMap::new();
    for row in rows {
        let detail: serde_json::Value = serde_json::from_str(row.get::<&str, _>(0)).unwrap();
        *effects.entry(detail["seq"].as_u64().unwrap()).or_default() += 1;
    }
    assert!(
        redelivered > 0.0,
        "nothing ever came again: the kills missed"
    );
    println!("{seq} messages over {kills} kills, {redelivered} redelivered before a kill");
    let lost: Vec<u64> = (1..=seq).filter(|seq| !effects.contains_key(seq)).collect();
    let doubled: Vec<_> = effects.iter().filter(|(_, count)| **count != 1).collect();
    assert!(lost.is_empty(), "no effect: {lost:?}");
    assert!(doubled.is_empty(), "more than one effect: {doubled:?}");
}
