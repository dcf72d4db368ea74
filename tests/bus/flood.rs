//! Ten thousand messages a second, some of them poison.

use std::time::{Duration, Instant};

use bytes::Bytes;
use engine::port::BridgeIn;
use net::bridge::{DeadLetters, Envelope, VERSION};

use crate::broker::Broker;
use crate::harness::{Node, alone, global, line, quick, until, whole};

fn envelope(n: u64) -> Bytes {
    let envelope = Envelope {
        version: VERSION,
        id: n.to_string(),
        node: "elsewhere".to_owned(),
        origin: None,
        seq: None,
        tick: n,
        at_ms: 0,
        correlation_id: "0000000000000001".to_owned(),
        content: line(
            "global",
            "hello everybody, this is a line of ordinary length",
        ),
    };
    serde_json::to_vec(&envelope).unwrap().into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_messages_a_second_pass_and_a_hundred_poisoned_ones_stop_nothing() {
    const RATE: u64 = 10_000;
    const POISON: u64 = 100;
    let _alone = alone().await;
    let seconds = if whole() { 10 } else { 1 };
    let broker = Broker::start().await;
    let node = Node::start("north", quick(&broker.url())).await;
    node.up().await;
    let client = broker.client().await;
    // The bridge's subscription is known to the broker once its own words come through.
    let mut tried = 0;
    until("the subscription", async || {
        tried += 1;
        client
            .publish("kadath.chat.global", envelope(0))
            .await
            .unwrap();
        client.flush().await.unwrap();
        (!node.heard().is_empty()).then_some(())
    })
    .await;
    let before = node.figure("kadath_bus_messages_total");

    let total = RATE * seconds;
    let poison_every = total / POISON;
    let began = Instant::now();
    let mut heard = 0;
    for n in 0..total {
        if n % poison_every == 7 {
            let bad: &[&[u8]] = &[b"\xff\xfe", b"{}", br#"{"version":9}"#];
            let bad = bad[(n / poison_every) as usize % 3];
            client
                .publish("kadath.chat.global", Bytes::copy_from_slice(bad))
                .await
                .unwrap();
        }
        client
            .publish("kadath.chat.global", envelope(n))
            .await
            .unwrap();
        if n % 100 == 0 {
            client.flush().await.unwrap();
            heard += node.heard().len() as u64;
            let due = Duration::from_secs_f64(n as f64 / RATE as f64);
            tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
        }
    }
    client.flush().await.unwrap();
    let sent_in = began.elapsed();
    until("the last", async || {
        heard += node
            .heard()
            .iter()
            .filter(|came| matches!(came, BridgeIn::Heard { .. }))
            .count() as u64;
        (heard >= total).then_some(())
    })
    .await;
    let letters = DeadLetters::below(node.folder.path(), 1_000, Duration::from_secs(3_600));
    until("the dead letters", async || {
        (letters.count() as u64 >= POISON).then_some(())
    })
    .await;
    assert_eq!(letters.count() as u64, POISON);
    assert_eq!(node.figure("kadath_dead_letters"), POISON as f64);
    let passed = node.figure("kadath_bus_messages_total") - before;
    // One that asked for the subscription may have been late.
    assert!(
        (total as f64..=(total + tried) as f64).contains(&passed),
        "{passed}"
    );
    assert_eq!(node.figure("kadath_bus_dropped_total"), 0.0);
    assert_eq!(
        node.figure("kadath_breaker_state"),
        0.0,
        "poison is nobody's failure"
    );

    let families = node.registry.gather();
    let histogram = families
        .iter()
        .find(|family| family.name() == "kadath_bus_processing_seconds")
        .unwrap()
        .get_metric()[0]
        .get_histogram()
        .clone();
    let within = histogram
        .get_bucket()
        .iter()
        .find(|bucket| (bucket.upper_bound() - 0.005).abs() < 1e-9)
        .unwrap()
        .cumulative_count();
    let share = within as f64 / histogram.get_sample_count() as f64;
    println!(
        "{total} messages in {sent_in:?}, {:.3} % of them in the lane within 5 ms, {POISON} poisoned",
        share * 100.0
    );
    assert!(share >= 0.99, "{share}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tick_of_any_number_of_messages_is_one_hand_over() {
    let _alone = alone().await;
    let broker = Broker::start().await;
    let mut node = Node::start("north", quick(&broker.url())).await;
    node.up().await;
    let client = broker.client().await;
    let mut heard = client.subscribe("kadath.chat.global").await.unwrap();
    client.flush().await.unwrap();
    let parcels: Vec<_> = (0..1_000).map(|n| global(&n.to_string())).collect();
    node.say(parcels);
    use futures_util::StreamExt as _;
    for n in 0..1_000 {
        let message = tokio::time::timeout(Duration::from_secs(30), heard.next()).await;
        let message = message.unwrap().unwrap();
        let envelope = net::bridge::open(&message.payload).unwrap();
        assert_eq!(envelope.content, line("global", &n.to_string()), "in order");
    }
    node.stop().await;
}
