//! Thousands of messages a second that must take effect, on a real server.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_nats::jetstream::{self, message::PublishMessage};
use net::bridge::{DeadLetters, Envelope, VERSION};
use sqlx::Row as _;

use crate::broker::Broker;
use crate::harness::{Recipe, beside, line, to_bob, until, whole};

const TICK: Duration = Duration::from_millis(50);
/// Messages sent at once, before their acknowledgements are waited for.
const WINDOW: u64 = 100;
const POISON: u64 = 100;

fn micros() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_micros()).unwrap()
}

fn message(seq: u64, poisoned: bool) -> PublishMessage {
    let envelope = Envelope {
        version: VERSION,
        id: format!("far.{seq}"),
        node: "far".to_owned(),
        origin: Some("far.1".to_owned()),
        seq: Some(seq),
        tick: seq,
        at_ms: 0,
        correlation_id: "0000000000000001".to_owned(),
        content: line(if poisoned { "system" } else { "whisper" }, "psst"),
    };
    PublishMessage::build().payload(serde_json::to_vec(&envelope).unwrap().into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn effect_lands_two_ticks_after_message_among_thousands() {
    let _beside = beside().await;
    let (rate, seconds) = if whole() { (10_000, 5) } else { (2_000, 1) };
    let broker = Broker::start().await;
    let recipe = Recipe::new()
        .set("nats.url", broker.url())
        .set("server.node", "north");
    let server = recipe.start().await;
    server.ready().await;
    let context = jetstream::new(broker.client().await);
    let total = rate * seconds;
    let mut sent_at = Vec::new();
    let began = std::time::Instant::now();
    let mut seq = 0;
    while seq < total {
        let mut promises = Vec::new();
        for _ in 0..WINDOW {
            seq += 1;
            if seq % (total / POISON) == 7 {
                let poison = message(1_000_000 + seq, true);
                promises.push(context.send_publish(to_bob(), poison).await.unwrap());
            }
            sent_at.push(micros());
            promises.push(
                context
                    .send_publish(to_bob(), message(seq, false))
                    .await
                    .unwrap(),
            );
        }
        for promise in promises {
            promise.await.unwrap();
        }
        let due = Duration::from_secs_f64(seq as f64 / rate as f64);
        tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
    }
    let (last, sent_in) = (std::time::Instant::now(), began.elapsed());
    let stream = context.get_stream("kadath_durable").await.unwrap();
    let mut place: jetstream::consumer::PullConsumer = stream.get_consumer("north").await.unwrap();
    until("every message to be acknowledged", async || {
        let info = place.info().await.unwrap();
        (info.num_pending == 0 && info.num_ack_pending == 0).then_some(())
    })
    .await;
    let acknowledged = last.elapsed();
    let letters = DeadLetters::below(&server.recipe.data(), 1_000, Duration::from_secs(3_600));
    assert_eq!(letters.count() as u64, POISON);
    let recipe = server.stop().await;

    let database = format!("sqlite://{}/kadath.db", recipe.data().display());
    let pool = sqlx::SqlitePool::connect(&database).await.unwrap();
    let rows = sqlx::query("SELECT at, detail FROM facts WHERE kind = 'bus_received'")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(rows.len() as u64, total, "each once");
    let mut took: Vec<Duration> = rows
        .iter()
        .map(|row| {
            let detail: serde_json::Value = serde_json::from_str(row.get::<&str, _>(1)).unwrap();
            let seq = usize::try_from(detail["seq"].as_u64().unwrap()).unwrap();
            let at = u64::try_from(row.get::<i64, _>(0)).unwrap();
            Duration::from_micros(at.saturating_sub(sent_at[seq - 1]))
        })
        .collect();
    took.sort_unstable();
    let p99 = took[took.len() * 99 / 100];
    println!(
        "{total} messages in {sent_in:?}, {POISON} poisoned: effect p99 {p99:?} after sending, all acknowledged {acknowledged:?} after the last"
    );
    // The everyday run shares its processors with whatever else is tested.
    let goal = if whole() { 2 * TICK } else { 12 * TICK };
    assert!(p99 <= goal, "{p99:?}");
}
