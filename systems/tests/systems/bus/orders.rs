//! Orders from one node to another.

use std::time::Duration;

use engine::port::{
    Body, BridgeIn, ChatLine, Content, Correlation, DeliveryId, Leaving, NodeOrder, OrderAct, Role,
    Topic, WorldTime,
};
use engine::stage::{STAGE_START, SavedRows, Stage};

use super::{awake, node, posted, processed};

pub(super) fn ordered(seq: u64, delivery: u64, act: OrderAct) -> BridgeIn {
    BridgeIn::Delivered {
        delivery: DeliveryId(delivery),
        stream: "kadath_durable".into(),
        origin: "south.1".into(),
        seq,
        correlation: Correlation(0xc0ffee),
        content: Content::Order(NodeOrder {
            by: "Wilbur".into(),
            act,
            until: STAGE_START.plus(Duration::from_secs(600)),
        }),
    }
}

fn kick(name: &str, reason: &str) -> OrderAct {
    OrderAct::Kick {
        name: name.into(),
        reason: reason.into(),
    }
}

/// A world with a keeper and a player.
fn stage() -> Stage {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter_as("Ada", Role::Admin);
    stage.enter("Bob");
    for name in ["Ada", "Bob"] {
        stage.ears(name);
    }
    stage.parcels();
    stage
}

/// What keepers elsewhere are told.
fn reported(stage: &mut Stage) -> Vec<ChatLine> {
    let sent = stage.parcels().into_iter().flat_map(|tick| tick.sent);
    sent.filter_map(|parcel| match (parcel.topic, parcel.body) {
        (Topic::Admin, Body::Content(Content::Chat(line))) => Some(line),
        _ => None,
    })
    .collect()
}

#[test]
fn order_reaches_present_node_without_players() {
    let mut stage = stage();
    stage.bridged(BridgeIn::Awake {
        node: "south".into(),
        players: Vec::new(),
    });
    stage.tick();
    let by = Correlation(stage.session("Ada").0);
    stage.says("Ada", "order south kick Dagon mind your tongue");
    stage.tick();
    let heard = stage.heard("Ada");
    assert!(heard.contains("on its way to south"), "{heard}");
    let sent = posted(&mut stage);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].topic, Topic::Order("south".into()));
    assert_eq!(sent[0].correlation, by);
    let Body::Content(Content::Order(order)) = &sent[0].body else {
        panic!("{:?}", sent[0]);
    };
    assert_eq!(order.by, "Ada");
    assert_eq!(order.act, kick("Dagon", "mind your tongue"));
    let mut acts = Vec::new();
    for line in ["shutdown", "shutdown 60", "shutdown cancel"] {
        stage.says("Ada", &format!("order south {line}"));
        stage.tick();
        stage.tick();
        acts.extend(posted(&mut stage).into_iter().map(|one| one.body));
    }
    let acts: Vec<_> = acts
        .into_iter()
        .map(|body| match body {
            Body::Content(Content::Order(order)) => order.act,
            other => panic!("{other:?}"),
        })
        .collect();
    let shutdown = |seconds| OrderAct::Shutdown { seconds };
    assert_eq!(acts, [shutdown(10), shutdown(60), OrderAct::CancelShutdown]);
}

#[test]
fn order_to_no_node_or_unknown_is_refused() {
    let mut stage = stage();
    stage.bridged(awake("Cat"));
    stage.tick();
    for (line, answer) in [
        (
            "order west kick Cat",
            "No node is called \"west\". There are: south.",
        ),
        ("order north kick Bob", "That is this node"),
        (
            "order south dance",
            "\"dance\" can't be ordered on another node",
        ),
        ("order south kick", "Usage: order <node>"),
        ("order south shutdown 99999", "From 1 to 3600 seconds"),
        ("order south", "Usage: order <node>"),
    ] {
        stage.says("Ada", line);
        stage.tick();
        let heard = stage.heard("Ada");
        assert!(heard.contains(answer), "{line}: {heard}");
    }
    stage.bridged(BridgeIn::Gone {
        node: "south".into(),
    });
    stage.tick();
    stage.says("Ada", "order south kick Cat");
    stage.tick();
    let heard = stage.heard("Ada");
    assert!(heard.contains("There is no other node just now"), "{heard}");
    // To whoever keeps nothing there is no such verb.
    stage.says("Bob", "order south kick Cat");
    stage.tick();
    let heard = stage.heard("Bob");
    assert!(!heard.contains("node"), "{heard}");
    assert!(posted(&mut stage).is_empty());
}

#[test]
fn order_runs_once_and_all_admins_hear() {
    let mut stage = stage();
    for delivery in [5, 6] {
        stage.bridged(ordered(1, delivery, kick("bob", "shouting")));
    }
    stage.tick();
    let ears = stage.ears("Bob");
    assert_eq!(ears.closed, Some(Leaving::Kicked));
    assert!(ears.text().contains("A keeper sends you away: shouting"));
    let told = "Bob is sent away, as Wilbur of south ordered.";
    let lines = reported(&mut stage);
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (lines[0].sender_name.as_str(), &*lines[0].text),
        ("north", told)
    );
    assert_eq!(stage.heard("Ada").matches(told).count(), 1);
    // Delivered again after he is back, also by a world that begins anew: nothing happens.
    stage.enter("Bob");
    stage.bridged(ordered(1, 7, kick("bob", "shouting")));
    stage.tick();
    assert_eq!(processed(&mut stage), [7]);
    assert_eq!(stage.ears("Bob").closed, None);
    let saved = stage.saved().clone();
    let mut stage = node(saved, STAGE_START.plus(Duration::from_secs(9)), 10);
    stage.enter("Bob");
    stage.bridged(ordered(1, 8, kick("bob", "shouting")));
    stage.tick();
    assert_eq!(stage.ears("Bob").closed, None);
}

#[test]
fn order_is_audited_under_connection_of_origin() {
    let mut stage = stage();
    stage.bridged(ordered(1, 1, kick("Bob", "shouting")));
    stage.tick();
    stage.tick();
    let facts = stage.facts().iter();
    let told: Vec<serde_json::Value> = facts
        .filter(|fact| fact.kind == "moderation")
        .map(|fact| serde_json::from_str(&fact.detail).expect("JSON"))
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["verb"], "kick");
    assert_eq!(told[0]["by"], "Wilbur");
    assert_eq!(told[0]["detail"], "ordered on south: shouting");
    assert_eq!(told[0]["correlation_id"], "0000000000c0ffee");
}

#[test]
fn failed_order_is_reported_to_admins_not_retried() {
    let mut stage = stage();
    for (seq, act, why) in [
        (1, kick("Dagon", ""), "Nobody called \"Dagon\" is awake."),
        (2, kick("Ada", ""), "Ada is a keeper, too."),
        (
            3,
            OrderAct::CancelShutdown,
            "The world was not about to end.",
        ),
    ] {
        stage.bridged(ordered(seq, seq, act));
        stage.tick();
        let lines = reported(&mut stage);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].text.contains(why), "{}", lines[0].text);
        assert!(lines[0].text.contains("ordered by Wilbur of south"));
    }
    assert_eq!(stage.ears("Ada").closed, None);
    let mut late = ordered(4, 4, kick("Bob", ""));
    if let BridgeIn::Delivered {
        content: Content::Order(order),
        ..
    } = &mut late
    {
        order.until = WorldTime(STAGE_START.0 - 1);
    }
    stage.bridged(late);
    stage.tick();
    assert!(reported(&mut stage)[0].text.contains("it came too late"));
    assert_eq!(stage.ears("Bob").closed, None);
}

#[test]
fn remote_shutdown_ends_world_unless_canceled() {
    let mut stage = stage();
    stage.bridged(ordered(1, 1, OrderAct::Shutdown { seconds: 5 }));
    stage.tick();
    stage.tick();
    assert!(stage.heard("Bob").contains("The world ends in 5 seconds."));
    stage.bridged(ordered(2, 2, OrderAct::CancelShutdown));
    stage.pass(Duration::from_secs(10));
    assert!(stage.heard("Bob").contains("does not end after all"));
    assert!(!stage.halted());
    stage.bridged(ordered(3, 3, OrderAct::Shutdown { seconds: 5 }));
    stage.pass(Duration::from_secs(6));
    assert!(stage.halted());
}
