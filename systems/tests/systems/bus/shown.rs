//! What other services are shown.

use std::time::Duration;

use engine::port::{Body, Role, StableId, Topic};
use engine::stage::{STAGE_START, SavedRows, Stage};
use serde_json::Value;

use super::node;

/// The events of rooms since it was last asked: name, room and data.
fn shown(stage: &mut Stage) -> Vec<(String, String, Value)> {
    let sent = stage.parcels().into_iter().flat_map(|tick| tick.sent);
    sent.filter_map(|parcel| match (parcel.topic, parcel.body) {
        (Topic::Event { name, room }, Body::Note(note)) => {
            assert_eq!(parcel.mark, None, "nobody waits for it");
            assert_eq!(note.event_type(), &*name);
            let data = serde_json::to_value(note.data()).expect("JSON");
            Some((name.to_string(), room.to_string(), data))
        }
        _ => None,
    })
    .collect()
}

#[test]
fn wounds_deaths_and_returns_are_published_as_events() {
    let mut stage = node(SavedRows::new(), STAGE_START, 10);
    stage.enter_as("Ada", Role::Admin);
    stage.enter("Bob");
    stage.parcels();
    stage.ears("Bob");
    stage.says("Ada", "admin set dp Bob 0");
    stage.pass(Duration::from_secs(12));
    stage.says("Bob", "respawn");
    stage.pass(Duration::from_secs(1));
    let all = shown(&mut stage);
    let ears = stage.ears("Bob");
    let bob = serde_json::json!(StableId::named("Bob"));
    for (event, times) in [
        ("player_mortally_wounded", 1),
        ("player_dp_decay", 10),
        ("player_died", 1),
        ("player_respawned", 1),
    ] {
        let of: Vec<_> = all.iter().filter(|(name, ..)| name == event).collect();
        assert_eq!(of.len(), times, "{event}");
        let told = ears.events(event);
        assert_eq!(told.len(), times, "{event}");
        for ((_, room, data), told) in of.into_iter().zip(told) {
            assert_eq!(*data, told, "{event}");
            assert_eq!(data["player_id"], bob);
            let key = match event {
                "player_respawned" => "respawn_room_id",
                _ => "room_id",
            };
            assert_eq!(data[key], room.as_str(), "{event}");
        }
    }
}
