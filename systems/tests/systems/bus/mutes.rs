//! Global mutes that hold on every node.

use std::time::Duration;

use engine::port::{
    Body, BridgeIn, ChatLine, Content, DeliveryId, Role, Sanction, SanctionAct, StableId,
};
use engine::stage::{STAGE_START, SavedRows};

use super::{awake, node, posted};

fn sanctioned(seq: u64, act: SanctionAct, name: &str) -> BridgeIn {
    BridgeIn::Delivered {
        delivery: DeliveryId(seq),
        origin: "south.1".into(),
        seq,
        content: Content::Sanction(Sanction {
            act,
            target_id: StableId::named(name),
            target_name: name.into(),
            by: "Wilbur".into(),
            reason: "shouting".into(),
            until: None,
        }),
    }
}

fn shout(name: &str, text: &str) -> BridgeIn {
    BridgeIn::Heard {
        node: "south".into(),
        content: Content::Chat(ChatLine {
            channel: "global".into(),
            message_id: text.into(),
            sender_id: StableId::named(name),
            sender_name: name.into(),
            text: text.into(),
            room_id: None,
            target_id: None,
            target_name: None,
        }),
    }
}

#[test]
fn whom_a_keeper_elsewhere_silences_may_not_speak_here_until_it_is_lifted() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.bridged(sanctioned(1, SanctionAct::Mute, "Ann"));
    stage.tick();
    stage.says("Ann", "global hello");
    stage.tick();
    let heard = stage.heard("Ann");
    assert!(
        heard.contains("You may not speak until it is lifted: shouting"),
        "{heard}"
    );
    let saved = stage.saved().clone();
    // Without ids: a restored world would take the first ones for resends.
    let mut stage = node(saved, STAGE_START.plus(Duration::from_secs(9)), 10);
    stage.enter("Ann");
    stage.tick();
    stage.sends("Ann", None, "global hello");
    stage.tick();
    let heard = stage.heard("Ann");
    assert!(heard.contains("You may not speak"), "saved: {heard}");
    // Delivered again, it changes nothing; only its end does.
    stage.bridged(sanctioned(2, SanctionAct::Unmute, "Ann"));
    stage.tick();
    stage.bridged(sanctioned(1, SanctionAct::Mute, "Ann"));
    stage.tick();
    stage.sends("Ann", None, "global hello");
    stage.tick();
    let heard = stage.heard("Ann");
    assert!(heard.contains("You (global): hello"), "{heard}");
}

#[test]
fn a_keeper_silences_somebody_awake_on_another_node_and_every_node_is_told() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter_as("Wilbur", Role::Admin);
    stage.enter("Ann");
    stage.bridged(awake("Bob"));
    stage.tick();
    stage.says("Wilbur", "mute_global bob 5 shouting");
    stage.tick();
    stage.tick();
    stage.heard("Ann");
    stage.bridged(shout("Bob", "still here"));
    stage.tick();
    let heard = stage.heard("Ann");
    assert!(!heard.contains("still here"), "{heard}");
    stage.says("Wilbur", "unmute_global bob");
    stage.tick();
    stage.bridged(shout("Bob", "back again"));
    stage.tick();
    let heard = stage.heard("Ann");
    assert!(heard.contains("back again"), "{heard}");
    let sent = posted(&mut stage).into_iter();
    let acts: Vec<_> = sent
        .filter_map(|parcel| match parcel.body {
            Body::Content(Content::Sanction(one)) => {
                assert_eq!(one.target_id, StableId::named("Bob"));
                Some((one.act, one.until.is_some()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        acts,
        [(SanctionAct::Mute, true), (SanctionAct::Unmute, false)]
    );
}
