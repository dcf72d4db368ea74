//! What is published of the sheet.

use engine::prelude::*;

use super::verbs::StatusData;
use super::{GameState, Sheet};
use crate::cast::{ANN, FOYER, WHEN, id};
use crate::describe::SheetFields;
use crate::place::{Drops, Listing, Posture, RoomView};
use crate::wall_time::rfc3339;

impl Published for GameState {
    const TYPES: &'static [&'static str] = &["game_state"];

    fn examples() -> Vec<Self> {
        vec![Self {
            player: sheet(),
            room: RoomView::example().into(),
            people: Listing::example(),
            drops: Drops::example(),
        }]
    }
}

impl CommandResult for StatusData {
    const KIND: &'static str = "status";

    fn examples() -> Vec<Self> {
        vec![Self {
            player: sheet(),
            room_name: "The Foyer".to_owned(),
            sub_zone_name: "Arkham Sanitarium".to_owned(),
            next_level_at: Some(30),
        }]
    }
}

fn sheet() -> Sheet {
    Sheet {
        id: id(ANN),
        user_id: id("Ann's account").to_string(),
        name: ANN.to_owned(),
        current_room_id: FOYER.to_owned(),
        experience_points: 12,
        xp: 12,
        level: 1,
        profession_id: Some(1),
        profession_name: Some("Antiquarian".to_owned()),
        profession_description: Some("Buys what the dead leave behind.".to_owned()),
        profession_flavor_text: Some("You have not been able to sell it.".to_owned()),
        position: Posture::Standing,
        stats: [
            ("constitution", 55),
            ("current_dp", 21),
            ("lucidity", 100),
            ("max_dp", 23),
            ("max_lucidity", 100),
            ("max_magic_points", 11),
            ("magic_points", 9),
            ("size", 60),
        ]
        .into(),
        fields: SheetFields(vec![
            ("lucidity_tier", "lucid".into()),
            ("liabilities", vec!["night_frayed_reflexes"].into()),
            ("inventory", serde_json::json!([])),
            ("equipped", serde_json::json!({})),
            ("slots_used", 0.into()),
            ("slots_total", 20.into()),
            ("weight", 0.into()),
            ("weight_max", 500.into()),
            ("status_effects", serde_json::json!([])),
        ]),
        created_at: rfc3339(WHEN),
        last_active: rfc3339(WHEN),
        is_admin: false,
        is_guest: false,
    }
}
