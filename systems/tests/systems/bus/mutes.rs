//! Global mutes that hold on every node.

use std::time::Duration;

use engine::port::{
    AccountId, Body, BridgeIn, ChatLine, Content, Correlation, DeliveryId, Role, Sanction,
    SanctionAct, StableId,
};
use engine::stage::{STAGE_START, SavedRows};

use super::{awake, node, posted, sanctioned};

fn shout(name: &str, text: &str) -> BridgeIn {
    BridgeIn::Heard {
        node: "south".into(),
        correlation: Correlation(0xc0ffee),
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
fn remote_silence_holds_until_lifted() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.bridged(sanctioned(1, SanctionAct::Mute, "Ann", None));
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
    stage.bridged(sanctioned(2, SanctionAct::Unmute, "Ann", None));
    stage.tick();
    stage.bridged(sanctioned(1, SanctionAct::Mute, "Ann", None));
    stage.tick();
    stage.sends("Ann", None, "global hello");
    stage.tick();
    let heard = stage.heard("Ann");
    assert!(heard.contains("You (global): hello"), "{heard}");
}

#[test]
fn silencing_on_other_node_reaches_every_node() {
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

/// A player of another node.
fn awake_as(name: &str, admin: bool) -> BridgeIn {
    BridgeIn::Awake {
        node: "south".into(),
        players: vec![engine::port::Awake {
            id: StableId::named(&format!("{name} of the south")),
            name: name.into(),
            place: "The Docks".into(),
            admin,
        }],
    }
}

#[test]
fn exact_remote_name_beats_local_prefix() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.enter("Bobette");
    stage.bridged(awake_as("Bob", false));
    stage.tick();
    stage.says("Ann", "whisper Bob psst");
    stage.tick();
    stage.says("Ann", "mute Bob");
    stage.tick();
    stage.says("Bobette", "say not me");
    stage.tick();
    let heard = stage.heard("Ann");
    for part in [
        "You whisper to Bob: psst",
        "You hear nothing of Bob until",
        "not me",
    ] {
        assert!(heard.contains(part), "{part}: {heard}");
    }
    assert!(!stage.heard("Bobette").contains("psst"));
    assert_eq!(posted(&mut stage).len(), 1);
}

#[test]
fn silenced_player_may_plead_with_remote_admin() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter_as("Ada", Role::Admin);
    stage.enter("Ann");
    stage.bridged(awake_as("Abe", true));
    stage.tick();
    stage.says("Ada", "mute_global Ann");
    stage.tick();
    posted(&mut stage);
    stage.says("Ann", "whisper Abe please");
    stage.tick();
    assert!(stage.heard("Ann").contains("You whisper to Abe: please"));
    assert_eq!(posted(&mut stage).len(), 1);
}

#[test]
fn ban_names_target_and_spares_remote_namesake() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter_as("Ada", Role::Admin);
    stage.enter("Bob");
    stage.tick();
    stage.says("Ada", "ban bob 5 shouting");
    stage.tick();
    let told: Vec<Sanction> = posted(&mut stage)
        .into_iter()
        .filter_map(|parcel| match parcel.body {
            Body::Content(Content::Sanction(sanction)) => Some(sanction),
            _ => None,
        })
        .collect();
    assert_eq!(told[0].target_name, "Bob", "as the character is called");
    assert_eq!(told[0].target_id, StableId::named("Bob"));

    // Another Bob is awake on the node that hears of it.
    let mut there = node(SavedRows::new(), STAGE_START, 10);
    there.enter("Bob");
    let banned = Sanction {
        target_id: StableId::named("Bob of the south"),
        account_id: Some(AccountId(StableId::named("Bob of the south").uuid())),
        ..told[0].clone()
    };
    there.bridged(BridgeIn::Delivered {
        delivery: DeliveryId(1),
        stream: "kadath_durable".into(),
        origin: "south.1".into(),
        seq: 1,
        correlation: Correlation(0xc0ffee),
        content: Content::Sanction(banned),
    });
    there.tick();
    there.tick();
    assert_eq!(there.ears("Bob").closed, None);
    let order = there
        .facts()
        .iter()
        .find_map(engine::port::AccountOrder::of);
    let character = order.expect("the store is told").character;
    assert_eq!(character, Some(StableId::named("Bob of the south")));
}

#[test]
fn remote_global_chat_is_in_local_history() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.bridged(shout("Bob", "is anybody there"));
    stage.tick();
    stage.heard("Ann");
    stage.says("Ann", "history global");
    stage.tick();
    let heard = stage.heard("Ann");
    assert!(heard.contains("Bob (global): is anybody there"), "{heard}");
}

#[test]
fn later_of_two_mutes_holds_in_any_order() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.bridged(sanctioned(2, SanctionAct::Unmute, "Ann", None));
    stage.tick();
    let saved = stage.saved().clone();
    let mut stage = node(saved, STAGE_START.plus(Duration::from_secs(9)), 10);
    stage.enter("Ann");
    stage.parcels();
    stage.bridged(sanctioned(1, SanctionAct::Mute, "Ann", None));
    stage.tick();
    assert_eq!(super::processed(&mut stage), [1], "it is done with");
    stage.sends("Ann", None, "global hello");
    stage.tick();
    let heard = stage.heard("Ann");
    assert!(heard.contains("You (global): hello"), "{heard}");
}

#[test]
fn concurrent_mutes_converge() {
    // Here somebody is silenced while a keeper elsewhere, whose clock is behind, lets them speak.
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter_as("Wilbur", Role::Admin);
    stage.enter("Ann");
    stage.says("Wilbur", "mute_global ann");
    stage.tick();
    let sent = posted(&mut stage);
    stage.bridged(sanctioned(1, SanctionAct::Unmute, "Ann", None));
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
    let mut ahead = sanctioned(2, SanctionAct::Mute, "Ann", None);
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
