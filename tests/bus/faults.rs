//! A broker that freezes, dies and comes back.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use engine::port::BridgeIn;

use crate::broker::Broker;
use crate::harness::{Node, beside, global, numbered, quick, until};

/// Offers what is not confirmed again, as the world does; answers what arrived, each with how
/// often.
async fn all_confirmed(node: &mut Node, mut open: BTreeSet<u64>) {
    let mut offered = Instant::now();
    until("the broker to store everything", async || {
        for came in node.heard() {
            if let BridgeIn::Confirmed(mark) = came {
                open.remove(&mark.seq);
            }
        }
        if offered.elapsed() > Duration::from_millis(500) {
            offered = Instant::now();
            node.say(open.iter().copied().take(200).map(numbered).collect());
        }
        open.is_empty().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_broker_is_noticed_in_time_and_recovers() {
    let _beside = beside().await;
    let broker = Broker::start().await;
    let mut node = Node::start("north", quick(&broker.url())).await;
    node.up().await;

    broker.freeze();
    let frozen = Instant::now();
    let state = until("degraded", async || node.bus.health().err()).await;
    let noticed = frozen.elapsed();
    println!("a frozen broker was {state} after {noticed:?} of an interval of 1 s");
    assert_eq!(state, "degraded");
    assert!(
        noticed < Duration::from_secs(3),
        "three intervals: {noticed:?}"
    );

    // Nobody waits for it: a tick's hand-over is a hand-over, and what needs no promise is counted.
    let began = Instant::now();
    for n in 0..200 {
        node.say(vec![global(&n.to_string()), numbered(n + 1)]);
    }
    let handed = began.elapsed();
    assert!(handed < Duration::from_millis(50), "{handed:?}");
    until("drops to be counted", async || {
        (node.figure("kadath_bus_dropped_total") > 0.0).then_some(())
    })
    .await;

    broker.thaw();
    node.up().await;
    all_confirmed(&mut node, (1..=200).collect()).await;
    assert_eq!(node.figure("kadath_bus_connected"), 1.0);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broker_restarts_store_promised_messages_once() {
    let _beside = beside().await;
    let mut broker = Broker::start().await;
    let mut node = Node::start("north", quick(&broker.url())).await;
    node.up().await;
    let mut seq = 0;
    for _ in 0..3 {
        for _ in 0..50 {
            seq += 1;
            node.say(vec![numbered(seq)]);
        }
        broker.kill();
        for _ in 0..50 {
            seq += 1;
            node.say(vec![numbered(seq), global("lost, and counted")]);
        }
        let state = until("its loss", async || node.bus.health().err()).await;
        assert!(
            ["reconnecting", "circuit_open", "connecting", "disconnected"]
                .contains(&state.as_str()),
            "{state}"
        );
        broker.run().await;
        node.up().await;
    }
    all_confirmed(&mut node, (1..=seq).collect()).await;
    // A node that was not there takes all of it, each number once.
    let other = Node::start("south", quick(&broker.url())).await;
    other.up().await;
    let mut seen = Vec::new();
    until("every message", async || {
        for came in other.heard() {
            if let BridgeIn::Delivered { seq, origin, .. } = came {
                assert_eq!(origin, "north.1");
                seen.push(seq);
            }
        }
        (seen.iter().collect::<BTreeSet<_>>().len() as u64 == seq).then_some(())
    })
    .await;
    println!("{seq} messages over 3 restarts of the broker, all arrived");
    assert!(node.figure("kadath_bus_dropped_total") > 0.0);
    node.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unacknowledged_message_returns_acknowledged_does_not() {
    let _beside = beside().await;
    let broker = Broker::start().await;
    let mut north = Node::start("north", quick(&broker.url())).await;
    let south = Node::start("south", quick(&broker.url())).await;
    north.up().await;
    south.up().await;
    north.say(vec![numbered(1), numbered(2)]);
    let next = async |wanted: u64| {
        until("a delivery", async || {
            south.heard().into_iter().find_map(|came| match came {
                BridgeIn::Delivered { delivery, seq, .. } if seq == wanted => Some(delivery),
                _ => None,
            })
        })
        .await
    };
    let mut came = Vec::new();
    until("both", async || {
        came.extend(south.heard().into_iter().filter_map(|came| match came {
            BridgeIn::Delivered { delivery, seq, .. } => Some((seq, delivery)),
            _ => None,
        }));
        (came.len() >= 2).then_some(())
    })
    .await;
    // The first has its effect in tick 10, which is not durable yet.
    let processed = |delivery| engine::port::Parcels {
        tick: 10,
        processed: vec![delivery],
        ..Default::default()
    };
    let first = came.iter().find(|(seq, _)| *seq == 1).unwrap().1;
    south.ports.parcels.try_send(processed(first)).unwrap();
    let again = next(1).await;
    south.ports.parcels.try_send(processed(again)).unwrap();
    south.gauge.set_durable(10);
    // From now on only the second comes again.
    let mut twos = 0;
    until("the second, twice more", async || {
        for came in south.heard() {
            if let BridgeIn::Delivered { seq, .. } = came {
                // One of the first may have been on its way.
                twos += u32::from(seq == 2);
            }
        }
        (twos >= 2).then_some(())
    })
    .await;
    let since = Instant::now();
    while since.elapsed() < Duration::from_millis(2_500) {
        for came in south.heard() {
            assert!(
                !matches!(came, BridgeIn::Delivered { seq: 1, .. }),
                "acknowledged, and delivered again"
            );
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    north.stop().await;
    south.stop().await;
}
