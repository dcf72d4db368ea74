//! Where errors end: attempts, breakers, dead letters, and the people who look at them.

use std::process::Command;
use std::time::Duration;

use async_nats::jetstream;
use bytes::Bytes;
use engine::port::LaneLimits;
use net::bridge::{DeadLetter, DeadLetters, Envelope, VERSION};

use crate::broker::{Broker, settled};
use crate::harness::{Node, beside, line, numbered, quick, until};

fn envelope(text: &str) -> Bytes {
    let envelope = Envelope {
        version: VERSION,
        id: text.to_owned(),
        node: "elsewhere".to_owned(),
        origin: None,
        seq: None,
        tick: 1,
        at_ms: 0,
        correlation_id: "0000000000000001".to_owned(),
        content: line("global", text),
    };
    serde_json::to_vec(&envelope).unwrap().into()
}

/// A message that a full world refuses three times is a dead letter; the fifth opens the breaker.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thrice_refused_message_dead_letters_fifth_opens_breaker() {
    let _beside = beside().await;
    let broker = Broker::start().await;
    let limits = LaneLimits {
        bridged: 1,
        ..LaneLimits::default()
    };
    let node = Node::start_with("north", quick(&broker.url()), limits).await;
    node.up().await;
    let client = broker.client().await;
    let letters = DeadLetters::below(node.folder.path(), 1_000, Duration::from_secs(3_600));
    // Nobody empties the lane: it is full as soon as the subscription stands.
    until("the first letter", async || {
        client
            .publish("kadath.chat.global", envelope("knock"))
            .await
            .unwrap();
        (letters.count() >= 1).then_some(())
    })
    .await;
    let open = format!("{:?}", net::bridge::BreakerState::Open);
    let state = async || {
        let families = node.registry.gather();
        let states = families
            .iter()
            .filter(|one| one.name() == "kadath_breaker_state");
        states
            .flat_map(|one| one.get_metric())
            .map(|one| one.get_gauge().get_value())
            .fold(0.0, f64::max)
    };
    until(&open, async || (state().await == 2.0).then_some(())).await;
    client
        .publish("kadath.chat.global", envelope("too late"))
        .await
        .unwrap();
    let find = |text: &str| {
        let ids = letters.ids().unwrap();
        let mut all = ids.iter().filter_map(|id| letters.read(id).ok());
        all.find(|letter| {
            letter
                .payload
                .as_ref()
                .is_some_and(|one| one.contains(text))
        })
    };
    let late = until("the last letter", async || find("too late")).await;
    assert_eq!(late.attempts, 0, "an open breaker tries nothing: {late:?}");
    assert!(late.error.contains("breaker is open"), "{late:?}");
    let tried = find("knock").unwrap();
    assert_eq!(tried.attempts, 3, "{tried:?}");
    assert!(node.figure("kadath_bus_dropped_total") >= 5.0);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn non_storing_stream_is_seen_despite_broker() {
    let _beside = beside().await;
    let broker = Broker::start().await;
    let mut node = Node::start("north", quick(&broker.url())).await;
    node.up().await;
    node.say(vec![numbered(1)]);
    until("the first to be stored", async || {
        (!node.heard().is_empty() && node.figure("kadath_bus_unconfirmed") == 0.0).then_some(())
    })
    .await;
    // As an operator might, by mistake: the stream takes nothing of more than a byte.
    let context = jetstream::new(broker.client().await);
    let stream = until("the stream", async || {
        context.get_stream("kadath_durable").await.ok()
    })
    .await;
    let sealed = jetstream::stream::Config {
        max_message_size: 1,
        ..stream.cached_info().config.clone()
    };
    context.update_stream(sealed).await.unwrap();
    node.say(vec![numbered(2)]);
    let reason = until("trouble", async || node.bus.health().err()).await;
    assert!(reason.contains("must arrive"), "{reason}");
    node.stop().await;
}

fn dead_letters(data: &std::path::Path, url: &str, words: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_kadath"))
        .env("KADATH_SERVER__DATA", data)
        .env("KADATH_SERVER__NODE", "north")
        .env("KADATH_NATS__URL", url)
        .arg("dead-letters")
        .args(words)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_list_show_replay_and_purge_dead_letters() {
    let _beside = beside().await;
    let broker = Broker::start().await;
    let folder = tempfile::TempDir::with_prefix("kadath-letters-").unwrap();
    let letters = DeadLetters::below(folder.path(), 10, Duration::from_secs(3_600));
    let letter = DeadLetter::new(
        "kadath.chat.global",
        "chat",
        "no room".to_owned(),
        3,
        &envelope("late"),
    );
    letters.keep(&letter).unwrap();
    let url = broker.url();
    let run = |words: &[&str]| {
        let (well, said) = dead_letters(folder.path(), &url, words);
        assert!(well, "{words:?}: {said}");
        said
    };
    let listed = run(&["list"]);
    assert!(
        listed.contains(&letter.id) && listed.contains("no room"),
        "{listed}"
    );
    let shown: DeadLetter = serde_json::from_str(&run(&["show", &letter.id])).unwrap();
    assert_eq!(shown, letter);
    let client = broker.client().await;
    let mut heard = client.subscribe("kadath.chat.global").await.unwrap();
    settled(&client).await;
    let said = run(&["replay", &letter.id]);
    assert!(said.contains("was sent again"), "{said}");
    use futures_util::StreamExt as _;
    let message = tokio::time::timeout(Duration::from_secs(30), heard.next()).await;
    assert_eq!(message.unwrap().unwrap().payload, letter.bytes());
    let again = run(&["replay", &letter.id]);
    assert!(again.contains("nothing was done"), "{again}");
    assert_eq!(run(&["purge", "--older-than", "1h"]), "0 deleted\n");
    assert_eq!(run(&["purge", "--older-than", "0s"]), "1 deleted\n");
    let (well, _) = dead_letters(folder.path(), &url, &["show", &letter.id]);
    assert!(!well, "it is gone");
}
