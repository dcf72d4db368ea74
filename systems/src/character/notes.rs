//! What a player is told about its own character.

use std::collections::BTreeMap;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cast::{ANN, id};

/// `player_update`: something of the character is another now. Only what has changed is there.
#[derive(Debug, Clone, Default, Serialize, JsonSchema, Note)]
#[note("player_update", prose = Self::told, gmcp = Self::packages, coalesce = Self::key, examples = Self::shown)]
pub struct PlayerUpdate {
    #[note(player)]
    player_id: Option<StableId>,
    /// Stats by name, as in `game_state`.
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<BTreeMap<&'static str, i64>>,
    /// How the character stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    experience_points: Option<u32>,
    /// The same once more, under the name that older clients know.
    #[serde(skip_serializing_if = "Option::is_none")]
    xp: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<usize>,
    /// What is to be read of it, where there is anything to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl PlayerUpdate {
    /// Experience, and whether it has made a new level.
    pub(super) fn experience(player: StableId, points: u32, level: usize, risen: bool) -> Self {
        Self {
            player_id: Some(player),
            experience_points: Some(points),
            xp: Some(points),
            level: Some(level),
            message: risen
                .then(|| format!("You have learnt from all this. You are of level {level}.")),
            ..Self::default()
        }
    }

    /// What else a new level makes of somebody.
    pub(super) fn of_level(mut self, title: Option<&str>, max_dp: Option<i16>) -> Self {
        if let (Some(message), Some(title)) = (&mut self.message, title) {
            message.push_str(&format!(" You might be called {title} now."));
        }
        self.stats = max_dp.map(|most| [("max_dp", i64::from(most))].into());
        self
    }

    /// How the body stands, with what a text client reads of it.
    pub(crate) fn body(
        player: StableId,
        stats: BTreeMap<&'static str, i64>,
        position: &'static str,
        words: Option<&'static str>,
    ) -> Self {
        Self {
            player_id: Some(player),
            stats: Some(stats),
            position: Some(position),
            message: words.map(str::to_owned),
            ..Self::default()
        }
    }
}

impl PlayerUpdate {
    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        Some(Prose::of(Ink::Gain, self.message.clone()?))
    }

    /// What a GMCP client gets beside the text.
    fn packages(&self) -> Vec<Gmcp> {
        let stats = self.stats.iter().map(|stats| Gmcp {
            package: "Char.Vitals",
            data: serde_json::json!(stats),
        });
        let experience = self.level.map(|level| Gmcp {
            package: "Char.Status",
            data: serde_json::json!({ "level": level, "xp": self.xp }),
        });
        stats.chain(experience).collect()
    }

    /// What a newer one of it replaces.
    fn key(&self) -> Option<&'static str> {
        // Words must be read in their order; figures alone may be skipped for newer ones.
        match (&self.message, &self.stats) {
            (Some(_), _) => None,
            (None, Some(_)) => Some("player_update_body"),
            (None, None) => Some("player_update_experience"),
        }
    }
}

impl PlayerUpdate {
    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        let stats = [
            ("current_dp", 21),
            ("max_dp", 23),
            ("magic_points", 9),
            ("max_magic_points", 11),
        ];
        vec![
            Self::body(id(ANN), stats.into(), "sitting", None),
            Self::experience(id(ANN), 30, 2, true),
        ]
    }
}
