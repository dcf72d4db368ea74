//! Global mutes that hold on every node.

use std::time::Duration;

use engine::port::{
    Body, BridgeIn, ChatLine, Content, DeliveryId, Role, Sanction, SanctionAct, StableId, WorldTime,
};
use engine::stage::{STAGE_START, SavedRows};

use super::{awake, node, posted};

pub(super) fn sanctioned(seq: u64, act: SanctionAct, name: &str) -> BridgeIn {
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
            at: WorldTime(1_000 * seq),
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

#[test]
fn of_two_words_about_one_character_the_later_holds_in_whatever_order_they_come() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.bridged(sanctioned(2, SanctionAct::Unmute, "Ann"));
    stage.tick();
    let saved = stage.saved().clone();
    let mut stage = node(saved, STAGE_START.plus(Duration::from_secs(9)), 10);
    stage.enter("Ann");
    stage.parcels();
    stage.bridged(sanctioned(1, SanctionAct::Mute, "Ann"));
    stage.tick();
    assert_eq!(super::processed(&mut stage), [1], "it is done with");
    stage.sends("Ann", None, "global hello");
    stage.tick();
    let heard = stage.heard("Ann");
    assert!(heard.contains("You (global): hello"), "{heard}");
}

#[test]
fn words_that_cross_on_their_way_end_alike_on_both_sides() {
    // Here somebody is silenced while a keeper elsewhere, whose clock is behind, lets them speak.
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter_as("Wilbur", Role::Admin);
    stage.enter("Ann");
    stage.says("Wilbur", "mute_global ann");
    stage.tick();
    let sent = posted(&mut stage);
    stage.bridged(sanctioned(1, SanctionAct::Unmute, "Ann"));
    stage.tick();
    stage.says("Ann", "global hello");
    stage.tick();
    let heard = stage.heard("Ann");
    assert!(heard.contains("You may not speak"), "{heard}");
    // The word that holds is said once more, so that whoever listens last hears it last.
    let again = posted(&mut stage);
    assert_eq!(again.len(), 1);
    let said = |parcel: &engine::port::Parcel| match &parcel.body {
        Body::Content(Content::Sanction(one)) => one.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(said(&again[0]), said(&sent[0]));
    // A keeper here is believed later, too, whatever another node's clock says.
    let mut ahead = sanctioned(2, SanctionAct::Mute, "Ann");
    if let BridgeIn::Delivered {
        content: Content::Sanction(one),
        ..
    } = &mut ahead
    {
        one.at = stage.now().plus(Duration::from_secs(600));
    }
    stage.bridged(ahead.clone());
    stage.tick();
    stage.says("Wilbur", "unmute_global ann");
    stage.tick();
    let BridgeIn::Delivered {
        content: Content::Sanction(one),
        ..
    } = ahead
    else {
        panic!("it is one")
    };
    assert!(said(&posted(&mut stage)[0]).at > one.at);
}
