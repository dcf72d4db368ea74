//! What one world tells another.

use engine::port::{Body, BridgeIn, Content, Correlation, Crossing, DeliveryId, Role, Topic};
use engine::stage::{STAGE_START, SavedRows};

use super::{node, posted, processed, received};

fn crossed(seq: u64, delivery: u64, event: &str) -> BridgeIn {
    BridgeIn::Delivered {
        delivery: DeliveryId(delivery),
        stream: "dream_durable".into(),
        origin: "north.of-dream".into(),
        seq,
        correlation: Correlation(0xc0ffee),
        content: Content::Crossing(Crossing {
            event: event.into(),
            world: "dream".into(),
            by: "Kuranes".into(),
            text: "the stars are right".into(),
        }),
    }
}

#[test]
fn herald_of_other_world_is_told_once_here() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    for name in ["Ann", "Bob"] {
        stage.enter(name);
    }
    for delivery in [5, 6] {
        stage.bridged(crossed(1, delivery, "herald"));
    }
    stage.tick();
    stage.bridged(crossed(1, 7, "herald"));
    stage.tick();
    assert_eq!(processed(&mut stage), [5, 6, 7]);
    assert_eq!(received(&stage), 1);
    let told = "Kuranes of dream lets you know: the stars are right";
    for name in ["Ann", "Bob"] {
        assert_eq!(stage.heard(name).matches(told).count(), 1, "{name}");
    }
}

/// An event that only a newer version knows.
#[test]
fn unknown_event_is_ignored() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.heard("Ann");
    stage.bridged(crossed(1, 5, "eclipse"));
    stage.tick();
    assert_eq!(processed(&mut stage), [5]);
    assert_eq!(stage.heard("Ann"), "");
}

#[test]
fn herald_is_sent_and_kept_until_confirmed() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter_as("Ada", Role::Admin);
    stage.enter("Bob");
    stage.parcels();
    let by = Correlation(stage.session("Ada").0);
    stage.says("Bob", "herald me, too");
    stage.says("Ada", "herald The gate is open.");
    stage.tick();
    stage.tick();
    let sent = posted(&mut stage);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].topic, Topic::Crossing("herald".into()));
    assert_eq!(sent[0].correlation, by);
    let Body::Content(Content::Crossing(one)) = &sent[0].body else {
        panic!("{:?}", sent[0]);
    };
    assert_eq!((one.world.as_str(), one.by.as_str()), ("kadath", "Ada"));
    assert_eq!(one.text, "The gate is open.");
    let facts = stage.facts().iter();
    assert_eq!(facts.filter(|fact| fact.kind == "moderation").count(), 1);
}
