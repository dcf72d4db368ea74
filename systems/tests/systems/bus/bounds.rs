//! What is too much, from others and for them.

use std::time::Duration;

use engine::port::{BridgeIn, ChatLine, Content, Correlation, Role, StableId, Topic};
use engine::stage::{STAGE_START, SavedRows};

use super::{awake, mark, node, posted, whisper};

#[test]
fn outbox_waits_for_broker_then_sends_in_order() {
    let mut stage = node(SavedRows::new(), STAGE_START, 1_000);
    stage.enter("Ann");
    stage.bridged(awake("Bob"));
    stage.bridged(BridgeIn::Link { up: false });
    stage.tick();
    for _ in 0..3 {
        stage.says("Ann", "whisper bob hey");
        stage.tick();
    }
    stage.pass(Duration::from_secs(40));
    assert_eq!(posted(&mut stage).len(), 0);
    stage.bridged(BridgeIn::Link { up: true });
    stage.tick();
    let sent = posted(&mut stage).into_iter();
    let marks: Vec<_> = sent.filter_map(|one| one.mark).collect();
    assert_eq!(marks, [1, 2, 3].map(|seq| mark(STAGE_START, seq)));
}

#[test]
fn full_outbox_takes_no_more() {
    let mut stage = node(SavedRows::new(), STAGE_START, 2);
    stage.enter("Ann");
    stage.bridged(awake("Bob"));
    stage.tick();
    for _ in 0..3 {
        stage.says("Ann", "whisper bob hey");
        stage.tick();
        stage.tick();
    }
    assert!(stage.heard("Ann").contains("on its way to other nodes"));
    assert_eq!(posted(&mut stage).len(), 2);
}

#[test]
fn full_outbox_still_takes_admin_decisions() {
    let mut stage = node(SavedRows::new(), STAGE_START, 1);
    stage.enter_as("Wilbur", Role::Admin);
    stage.enter("Ann");
    stage.bridged(awake("Bob"));
    stage.tick();
    stage.says("Ann", "whisper bob hey");
    stage.tick();
    stage.says("Wilbur", "mute_global bob");
    stage.pass(Duration::from_secs(1));
    let topics: Vec<_> = posted(&mut stage)
        .into_iter()
        .map(|one| one.topic)
        .collect();
    let bob = StableId::named("Bob");
    assert_eq!(topics, [Topic::Whisper(bob), Topic::Mute(bob)]);
}

#[test]
fn remote_flood_is_bounded_per_tick_and_counted() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.pass(Duration::from_secs(1));
    stage.heard("Ann");
    stage.parcels();
    for n in 0..2_000 {
        let BridgeIn::Delivered { content, .. } = whisper(n, n) else {
            panic!("it is one")
        };
        let Content::Chat(line) = content else {
            panic!("it is one")
        };
        let channel = "global".to_owned();
        stage.bridged(BridgeIn::Heard {
            node: "south".into(),
            correlation: Correlation(0xc0ffee),
            content: Content::Chat(ChatLine { channel, ..line }),
        });
    }
    // What was taken in is heard within a second or two.
    stage.pass(Duration::from_secs(2));
    let heard = stage.heard("Ann").matches("Bob (global)").count() as u64;
    let unheard: u64 = stage.parcels().iter().map(|tick| tick.unheard).sum();
    assert_eq!(heard + unheard, 2_000);
    assert!((100..1_000).contains(&heard), "{heard}");
}

#[test]
fn blocked_message_holds_up_those_behind() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.hold_saves(true);
    stage.set_facts_max(5);
    stage.heard("Ann");
    for seq in 1..=4 {
        stage.bridged(whisper(seq, seq));
    }
    stage.tick();
    let first = stage.heard("Ann");
    assert!(
        first.contains("word 2") && !first.contains("word 4"),
        "{first}"
    );
    stage.hold_saves(false);
    stage.set_facts_max(1_000);
    stage.tick();
    stage.tick();
    let all = format!("{first}{}", stage.heard("Ann"));
    let order: Vec<_> = (1..=4).map(|n| all.find(&format!("word {n}"))).collect();
    assert!(order.is_sorted() && order[0].is_some(), "{all}");
}
