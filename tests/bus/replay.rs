//! A dead letter is replayed, by whoever put right what was wrong.

use std::collections::BTreeSet;
use std::time::Duration;

use engine::port::BridgeIn;
use net::bridge::{
    DeadLetter, DeadLetterFault, DeadLetters, Envelope, ReplayFault, VERSION, replay,
};

use crate::broker::Broker;
use crate::harness::{Node, beside, line, quick, to_bob, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twice_replayed_dead_letter_reaches_stream_once() {
    let _beside = beside().await;
    let broker = Broker::start().await;
    let node = Node::start("north", quick(&broker.url())).await;
    node.up().await;
    let envelope = Envelope {
        version: VERSION,
        id: "far.1".to_owned(),
        node: "far".to_owned(),
        origin: Some("far".to_owned()),
        seq: Some(1),
        tick: 1,
        at_ms: 0,
        correlation_id: "0000000000000001".to_owned(),
        content: line("whisper", "psst"),
    };
    let subject = to_bob();
    let payload = serde_json::to_vec(&envelope).unwrap();
    let letter = DeadLetter::new(&subject, "whispers", "no room".to_owned(), 3, &payload);
    let letters = DeadLetters::below(node.folder.path(), 10, Duration::from_secs(3_600));
    letters.keep(&letter).unwrap();
    let config = quick(&broker.url());

    replay(&config, "north", &letters, &letter.id)
        .await
        .unwrap();
    let again = replay(&config, "north", &letters, &letter.id).await;
    assert!(
        matches!(
            again,
            Err(ReplayFault::Letter(DeadLetterFault::Replayed(_)))
        ),
        "{again:?}"
    );
    // As if it had been cut off between the broker's answer and the disk.
    letters.keep(&letter).unwrap();
    replay(&config, "north", &letters, &letter.id)
        .await
        .unwrap();

    let mut came = BTreeSet::new();
    until("the letter", async || {
        came.extend(node.heard().into_iter().filter_map(|one| match one {
            BridgeIn::Delivered { origin, seq, .. } => Some((origin, seq)),
            _ => None,
        }));
        (!came.is_empty()).then_some(())
    })
    .await;
    assert_eq!(came, BTreeSet::from([("far".to_owned(), 1)]));
    let stream = async_nats::jetstream::new(broker.client().await)
        .get_stream("kadath_durable")
        .await
        .unwrap();
    assert_eq!(stream.get_info().await.unwrap().state.messages, 1);
    assert_eq!(letters.count(), 0);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn best_effort_replay_is_heard_once_locally() {
    let _beside = beside().await;
    let broker = Broker::start().await;
    let north = Node::start("north", quick(&broker.url())).await;
    let south = Node::start("south", quick(&broker.url())).await;
    let mut west = Node::start("west", quick(&broker.url())).await;
    for node in [&north, &south, &west] {
        node.up().await;
    }
    let envelope = Envelope {
        version: VERSION,
        id: "far.1".to_owned(),
        node: "far".to_owned(),
        origin: None,
        seq: None,
        tick: 1,
        at_ms: 0,
        correlation_id: "0000000000000001".to_owned(),
        content: line("global", "late"),
    };
    let payload = serde_json::to_vec(&envelope).unwrap();
    let letter = DeadLetter::new("kadath.chat.global", "chat", "full".to_owned(), 3, &payload);
    let letters = DeadLetters::below(north.folder.path(), 10, Duration::from_secs(3_600));
    let config = quick(&broker.url());
    let lines = |node: &Node, text: &str| {
        let heard = node.heard().into_iter();
        let wanted = line("global", text);
        heard
            .filter(|came| matches!(came, BridgeIn::Heard { content, .. } if *content == wanted))
            .count()
    };
    // Both listen once both have heard somebody.
    let mut deaf = vec![&north, &south];
    until("both to listen", async || {
        west.say(vec![crate::harness::global("hello")]);
        deaf.retain(|node| lines(node, "hello") == 0);
        deaf.is_empty().then_some(())
    })
    .await;
    for _ in 0..2 {
        letters.keep(&letter).unwrap();
        replay(&config, "north", &letters, &letter.id)
            .await
            .unwrap();
    }
    let (mut here, mut there) = (0, 0);
    west.say(vec![crate::harness::global("that was all")]);
    let mut ended = (false, false);
    until("the last line", async || {
        for (node, count, ended) in [
            (&north, &mut here, &mut ended.0),
            (&south, &mut there, &mut ended.1),
        ] {
            for came in node.heard() {
                if let BridgeIn::Heard { content, .. } = came {
                    *count += u32::from(content == line("global", "late"));
                    *ended |= content == line("global", "that was all");
                }
            }
        }
        (ended == (true, true)).then_some(())
    })
    .await;
    assert_eq!((here, there), (1, 0));
    north.stop().await;
    south.stop().await;
    west.stop().await;
}
