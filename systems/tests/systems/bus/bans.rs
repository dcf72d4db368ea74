//! Bans that hold on every node.

use engine::port::{
    AccountId, AccountOrder, Body, Content, Correlation, Inbound, Leaving, Role, SanctionAct,
    StableId, Topic,
};
use engine::stage::{STAGE_START, SavedRows, Stage};

use super::{node, posted, sanctioned};

fn account(name: &str) -> AccountId {
    AccountId(StableId::named(name).uuid())
}

fn closed(stage: &mut Stage, name: &str) -> Option<Leaving> {
    stage.ears(name).closed
}

#[test]
fn a_ban_spoken_elsewhere_holds_here() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.ears("Ann");
    stage.bridged(sanctioned(1, SanctionAct::Ban, "Ann", None));
    stage.tick();
    let ears = stage.ears("Ann");
    assert_eq!(ears.closed, Some(Leaving::Kicked));
    let why = "You are banned until it is lifted: shouting";
    assert!(ears.text().contains(why), "{}", ears.text());
    let orders = stage.facts().iter();
    let order = orders.filter_map(AccountOrder::of).next();
    let order = order.expect("the account store is told");
    assert_eq!((order.name.as_str(), order.by.as_str()), ("Ann", "Wilbur"));
}

#[test]
fn remote_ban_ends_every_session_including_linkdead() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    for name in ["Annabel", "Bob", "Cat"] {
        stage.enter(name);
        stage.ears(name);
    }
    // Annabel waits for her connection; Bob is of an account that the other node does not know.
    let session = stage.session("Annabel");
    stage.inbound(Inbound::Lost { session });
    stage.tick();
    stage.bridged(sanctioned(
        1,
        SanctionAct::Ban,
        "Bob",
        Some(account("Annabel")),
    ));
    stage.tick();
    for name in ["Annabel", "Bob"] {
        assert_eq!(closed(&mut stage, name), Some(Leaving::Kicked), "{name}");
    }
    assert_eq!(closed(&mut stage, "Cat"), None);
    stage.tick();
    stage.inbound(Inbound::Return {
        session,
        correlation: Correlation(1),
    });
    stage.tick();
    assert!(
        stage.ears("Annabel").refused.is_some(),
        "she does not come back"
    );
}

#[test]
fn remote_ban_bars_sign_in_until_lifted() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.bridged(sanctioned(
        1,
        SanctionAct::Ban,
        "Ann",
        Some(account("Annabel")),
    ));
    stage.tick();
    // The account store has not heard of it yet, and lets them in.
    for name in ["Ann", "Annabel", "Bob"] {
        stage.enter(name);
    }
    for name in ["Ann", "Annabel"] {
        assert_eq!(closed(&mut stage, name), Some(Leaving::Kicked), "{name}");
    }
    assert_eq!(closed(&mut stage, "Bob"), None);
    let lifted = sanctioned(2, SanctionAct::Unban, "Ann", Some(account("Annabel")));
    stage.bridged(lifted);
    stage.tick();
    for name in ["Ann", "Annabel"] {
        stage.enter(name);
        assert_eq!(closed(&mut stage, name), None, "{name}");
    }
}

#[test]
fn a_ban_spoken_here_goes_to_every_node() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter_as("Wilbur", Role::Admin);
    stage.enter("Ann");
    stage.says("Wilbur", "ban Ann");
    stage.tick();
    stage.tick();
    let sent = posted(&mut stage);
    assert_eq!(sent.len(), 1, "{}", stage.heard("Wilbur"));
    assert_eq!(sent[0].topic, Topic::Ban(StableId::named("Ann")));
    let Body::Content(Content::Sanction(sanction)) = &sent[0].body else {
        panic!("{:?}", sent[0]);
    };
    assert_eq!(
        (sanction.act, sanction.by.as_str()),
        (SanctionAct::Ban, "Wilbur")
    );
    assert_eq!(sanction.target_id, StableId::named("Ann"));
    assert_eq!(sanction.account_id, Some(account("Ann")));
}
