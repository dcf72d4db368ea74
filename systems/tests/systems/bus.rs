//! Other nodes, as the world meets them.

use std::time::Duration;

use engine::Seed;
use engine::port::{
    AccountId, Awake, Body, BridgeIn, ChatLine, Content, Correlation, DeliveryId, Mark, Parcel,
    Role, Sanction, SanctionAct, StableId, Topic, WorldTime,
};
use engine::stage::{STAGE_START, SavedRows, Stage};
use systems::Settings;
use systems::bus::BusSettings;

use crate::town::Town;

mod authority;
mod bans;
mod bounds;
mod letters;
mod mutes;
mod orders;
mod shown;
mod worlds;

fn node(saved: SavedRows, now: WorldTime, outbox_max: usize) -> Stage {
    let game = game(now, outbox_max);
    Stage::restored(game, Seed(1), saved, now).expect("the plugins fit together")
}

fn game(now: WorldTime, outbox_max: usize) -> impl engine::Plugin {
    let world = Town::of(&[("porch", "indoors"), ("hall", "indoors")]).load();
    let settings = Settings {
        bus: Some(BusSettings {
            node: "north".into(),
            world: "kadath".into(),
            // A name of its own for each start.
            origin: format!("north.{}", now.0),
            outbox_max,
            forget_after: Duration::from_secs(8 * 86_400),
        }),
        ..Settings::default()
    };
    systems::game(world.expect("the town is sound"), settings)
}

fn awake(name: &str) -> BridgeIn {
    BridgeIn::Awake {
        node: "south".into(),
        players: vec![Awake {
            id: StableId::named(name),
            name: name.into(),
            place: "The Docks".into(),
            admin: false,
        }],
    }
}

fn whisper(seq: u64, delivery: u64) -> BridgeIn {
    BridgeIn::Delivered {
        delivery: DeliveryId(delivery),
        stream: "kadath_durable".into(),
        origin: "south.1".into(),
        seq,
        correlation: Correlation(0xc0ffee),
        content: Content::Chat(ChatLine {
            channel: "whisper".into(),
            message_id: "1".into(),
            sender_id: StableId::named("Bob"),
            sender_name: "Bob".into(),
            text: format!("word {seq}"),
            room_id: None,
            target_id: Some(StableId::named("Ann")),
            target_name: Some("Ann".into()),
        }),
    }
}

/// What a keeper elsewhere has decided about somebody.
fn sanctioned(seq: u64, act: SanctionAct, name: &str, account_id: Option<AccountId>) -> BridgeIn {
    BridgeIn::Delivered {
        delivery: DeliveryId(seq),
        stream: "kadath_durable".into(),
        origin: "south.1".into(),
        seq,
        correlation: Correlation(0xc0ffee),
        content: Content::Sanction(Sanction {
            act,
            target_id: StableId::named(name),
            account_id,
            target_name: name.into(),
            by: "Wilbur".into(),
            reason: "shouting".into(),
            until: None,
            at: WorldTime(1_000 * seq),
        }),
    }
}

/// What must arrive, of all that was sent since it was last asked.
fn posted(stage: &mut Stage) -> Vec<Parcel> {
    let sent = stage.parcels().into_iter().flat_map(|tick| tick.sent);
    sent.filter(|parcel| parcel.mark.is_some()).collect()
}

/// The mark of a message of the world that began at `start`.
fn mark(start: WorldTime, seq: u64) -> Mark {
    Mark {
        origin: format!("north.{}", start.0).into(),
        seq,
    }
}

fn confirmed(seq: u64) -> BridgeIn {
    BridgeIn::Confirmed(mark(STAGE_START, seq))
}

fn processed(stage: &mut Stage) -> Vec<u64> {
    let ticks = stage.parcels().into_iter();
    ticks
        .flat_map(|tick| tick.processed)
        .map(|id| id.0)
        .collect()
}

fn received(stage: &Stage) -> usize {
    let facts = stage.facts().iter();
    facts.filter(|fact| fact.kind == "bus_received").count()
}

#[test]
fn redelivered_message_is_heard_once_answered_twice() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.heard("Ann");
    stage.parcels();
    for delivery in [5, 6] {
        stage.bridged(whisper(1, delivery));
    }
    stage.tick();
    assert_eq!(processed(&mut stage), [5, 6]);
    stage.bridged(whisper(1, 7));
    stage.tick();
    assert_eq!(processed(&mut stage), [7]);
    assert_eq!(
        stage.heard("Ann").matches("Bob whispers: word 1").count(),
        1
    );
    assert_eq!(received(&stage), 1);
}

#[test]
fn restart_knows_only_messages_that_had_effect() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.bridged(whisper(1, 5));
    stage.tick();
    stage.hold_saves(true);
    stage.bridged(whisper(2, 6));
    stage.tick();
    assert_eq!(received(&stage), 1, "the second was never saved");
    let saved = stage.saved().clone();
    let mut stage = node(saved, STAGE_START.plus(Duration::from_secs(9)), 10);
    stage.enter("Ann");
    for seq in [1, 2] {
        stage.bridged(whisper(seq, seq));
    }
    stage.tick();
    let heard = stage.heard("Ann");
    assert!(
        heard.contains("Bob whispers: word 2") && heard.matches("word 1").count() == 1,
        "{heard}"
    );
    assert_eq!(received(&stage), 1);
    assert_eq!(processed(&mut stage), [1, 2]);
}

#[test]
fn unsavable_message_is_not_taken() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.tick();
    stage.set_accepting(false);
    stage.bridged(whisper(1, 5));
    stage.tick();
    assert!(processed(&mut stage).is_empty());
    stage.set_accepting(true);
    stage.bridged(whisper(1, 6));
    stage.tick();
    assert_eq!(processed(&mut stage), [5, 6], "both deliveries of one");
    assert_eq!(received(&stage), 1);
}

#[test]
fn failed_effect_is_not_recorded_as_processed() {
    for (quarantined, answered) in [
        (Vec::new(), vec![DeliveryId(1)]),
        (vec!["mute"], Vec::new()),
    ] {
        let setup = engine::Setup {
            bridge: true,
            quarantined: quarantined.into_iter().map(str::to_owned).collect(),
            ..engine::Setup::default()
        };
        let mut engine = engine::Engine::build(setup, game(STAGE_START, 10)).expect("it fits");
        let output = engine.tick(engine::TickInput {
            now: STAGE_START,
            bridged: vec![sanctioned(1, SanctionAct::Mute, "Ann", None)],
            ..engine::TickInput::default()
        });
        assert_eq!(output.parcels.processed, answered);
    }
}

#[test]
fn whisper_to_other_node_stays_saved_until_confirmed() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.bridged(awake("Bob"));
    stage.tick();
    stage.says("Ann", "whisper bob are you there");
    stage.tick();
    assert!(
        stage
            .heard("Ann")
            .contains("You whisper to Bob: are you there")
    );
    let sent = posted(&mut stage);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].topic, Topic::Whisper(StableId::named("Bob")));
    assert_eq!(sent[0].mark, Some(mark(STAGE_START, 1)));
    stage.pass(Duration::from_secs(5));
    assert!(posted(&mut stage).is_empty(), "not all the time");
    stage.pass(Duration::from_secs(15));
    assert_eq!(posted(&mut stage).len(), 1, "but again after a while");

    // A crash: it is offered again under its own name and number.
    let saved = stage.saved().clone();
    let mut stage = node(saved, STAGE_START.plus(Duration::from_secs(60)), 10);
    stage.tick();
    let sent = posted(&mut stage);
    assert_eq!(
        sent.iter().map(|one| one.mark.clone()).collect::<Vec<_>>(),
        [Some(mark(STAGE_START, 1))]
    );
    assert!(
        matches!(&sent[0].body, Body::Content(Content::Chat(line)) if line.text == "are you there")
    );
    stage.bridged(confirmed(1));
    stage.tick();
    stage.pass(Duration::from_secs(40));
    assert!(posted(&mut stage).is_empty());
    let left = stage
        .saved()
        .keys()
        .filter(|(_, name)| name == "bus_posted");
    assert_eq!(left.count(), 0);
}

#[test]
fn restored_older_save_reuses_no_number() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.bridged(awake("Bob"));
    stage.tick();
    let older = stage.saved().clone();
    stage.says("Ann", "whisper bob one");
    stage.tick();
    assert_eq!(posted(&mut stage)[0].mark, Some(mark(STAGE_START, 1)));
    let later = STAGE_START.plus(Duration::from_secs(60));
    let mut stage = node(older, later, 10);
    stage.enter("Ann");
    stage.bridged(awake("Bob"));
    stage.tick();
    stage.parcels();
    stage.sends("Ann", Some(9), "whisper bob two");
    stage.tick();
    assert_eq!(posted(&mut stage)[0].mark, Some(mark(later, 1)));
}

#[test]
fn who_lists_other_nodes_until_gone() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.bridged(awake("Bob"));
    stage.tick();
    stage.says("Ann", "who");
    stage.tick();
    let heard = stage.heard("Ann");
    assert!(heard.contains("Bob, The Docks, elsewhere"), "{heard}");
    stage.bridged(BridgeIn::Gone {
        node: "south".into(),
    });
    stage.tick();
    stage.says("Ann", "who");
    stage.tick();
    assert!(!stage.heard("Ann").contains("Bob"));
}

#[test]
fn global_speech_and_presence_are_published() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter("Ann");
    stage.says("Ann", "global hello");
    stage.pass(Duration::from_secs(2));
    let parcels = stage.parcels();
    let told: Vec<_> = parcels
        .iter()
        .filter_map(|tick| tick.awake.as_ref())
        .collect();
    assert_eq!(told.last().expect("told")[0].name, "Ann");
    let sent = parcels.iter().flat_map(|tick| &tick.sent);
    let lines = sent.filter(|parcel| parcel.topic == Topic::Global);
    assert_eq!(lines.count(), 1);
    stage.bridged(BridgeIn::Heard {
        node: "south".into(),
        correlation: Correlation(0xc0ffee),
        content: match whisper(1, 1) {
            BridgeIn::Delivered {
                content: Content::Chat(line),
                ..
            } => Content::Chat(ChatLine {
                channel: "global".into(),
                target_id: None,
                ..line
            }),
            other => panic!("{other:?}"),
        },
    });
    stage.tick();
    assert!(stage.heard("Ann").contains("Bob (global): word 1"));
    let again = stage.parcels().into_iter().flat_map(|tick| tick.sent);
    assert_eq!(
        again.filter(|parcel| parcel.topic == Topic::Global).count(),
        0,
        "no echo"
    );
}

#[test]
fn remote_outcome_is_audited_under_own_connection() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.bridged(whisper(1, 5));
    stage.tick();
    let facts = stage.facts().iter();
    let received = facts.filter(|fact| fact.kind == "bus_received");
    let details: Vec<serde_json::Value> = received
        .map(|fact| serde_json::from_str(&fact.detail).expect("JSON"))
        .collect();
    assert_eq!(details.len(), 1);
    assert_eq!(details[0]["correlation_id"], "0000000000c0ffee");
}

#[test]
fn remote_effect_keeps_connection_across_restart() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter_as("Wilbur", Role::Admin);
    stage.bridged(awake("Bob"));
    stage.tick();
    stage.parcels();
    let by = Correlation(stage.session("Wilbur").0);
    for line in ["whisper bob hey", "mute_global bob", "global hello"] {
        stage.says("Wilbur", line);
        stage.tick();
    }
    stage.tick();
    let caused = |stage: &mut Stage| -> Vec<Topic> {
        let sent = stage.parcels().into_iter().flat_map(|tick| tick.sent);
        let by_command = sent.filter(|parcel| parcel.correlation == by);
        by_command.map(|parcel| parcel.topic).collect()
    };
    let bob = StableId::named("Bob");
    let (whisper, mute) = (Topic::Whisper(bob), Topic::Mute(bob));
    assert_eq!(
        caused(&mut stage),
        [whisper.clone(), mute.clone(), Topic::Global]
    );
    let saved = stage.saved().clone();
    let mut stage = node(saved, STAGE_START.plus(Duration::from_secs(60)), 10);
    stage.tick();
    assert_eq!(caused(&mut stage), [whisper, mute]);
}
