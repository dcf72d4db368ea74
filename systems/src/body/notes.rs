//! What people are told about bodies.

mod examples;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::VitalsCause;

/// `player_dp_updated`: what is left of you. Carries the value itself, so a slow client that
/// misses one in between knows all the same.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("player_dp_updated", prose = Self::told, gmcp = Self::packages, replaces = "player_dp_updated", examples = Self::shown)]
pub struct PlayerDpUpdated {
    #[note(player)]
    pub(super) player_id: StableId,
    pub(super) old_dp: i16,
    pub(super) new_dp: i16,
    pub(super) max_dp: i16,
    /// Negative when healed.
    pub(super) damage_taken: i16,
    pub(super) cause: VitalsCause,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[note(room)]
    pub(super) room_id: Option<String>,
}

/// `player_dp_decay`: what the mortally wounded have lost with this second.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("player_dp_decay", prose = Self::told, gmcp = Self::packages, replaces = "player_dp_decay", examples = Self::shown)]
pub struct PlayerDpDecay {
    #[note(player)]
    pub(super) player_id: StableId,
    pub(super) old_dp: i16,
    pub(super) new_dp: i16,
    pub(super) decay_amount: i16,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[note(room)]
    pub(super) room_id: Option<String>,
}

/// `player_mortally_wounded`: somebody in the room, or you, can't get up.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("player_mortally_wounded", prose = Self::told, examples = Self::shown)]
pub struct PlayerMortallyWounded {
    #[note(player)]
    pub(super) player_id: StableId,
    pub(super) player_name: String,
    pub(super) cause: VitalsCause,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[note(room)]
    pub(super) room_id: Option<String>,
    /// For the one whom it befell; for text only.
    #[serde(skip)]
    pub(super) own: bool,
}

/// `player_died`: somebody in the room, or you, is dead.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("player_died", prose = Self::told, examples = Self::shown)]
pub struct PlayerDied {
    #[note(player)]
    pub(super) player_id: StableId,
    pub(super) player_name: String,
    pub(super) cause: VitalsCause,
    /// The room's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[note(room)]
    pub(super) room_id: Option<String>,
    /// The room's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) death_location: Option<String>,
    /// For the one whom it befell; for text only.
    #[serde(skip)]
    pub(super) own: bool,
}

/// `player_respawned`: you are back.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("player_respawned", says = "You draw a breath, and then another. You are alive.", ink = Gain, gmcp = Self::packages, examples = Self::shown)]
pub struct PlayerRespawned {
    #[note(player)]
    pub(super) player_id: StableId,
    pub(super) player_name: String,
    pub(super) respawn_room_id: String,
    /// The id of the room in which you died.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) death_room_id: Option<String>,
    pub(super) old_dp: i16,
    pub(super) new_dp: i16,
    pub(super) max_dp: i16,
}

/// `room_message`: something happens here.
#[derive(Debug, Clone, Serialize, JsonSchema, Note)]
#[note("room_message", prose = Self::told, examples = Self::shown)]
pub struct RoomMessage {
    pub(super) message: String,
    #[note(room)]
    pub(super) room_id: String,
    /// Who did it, if somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[note(player)]
    pub(super) player_id: Option<StableId>,
    /// The hazard that struck, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hazard: Option<String>,
}

impl RoomMessage {
    /// Something that happens in a room.
    pub(crate) fn line(room: &str, text: &str) -> Self {
        Self {
            message: text.trim().to_owned(),
            room_id: room.to_owned(),
            player_id: None,
            hazard: None,
        }
    }

    /// A hazard of a room struck.
    pub(crate) fn hazard(room: &str, hazard: &str, text: &str) -> Self {
        Self {
            message: text.trim().to_owned(),
            room_id: room.to_owned(),
            player_id: None,
            hazard: Some(hazard.to_owned()),
        }
    }
}

impl PlayerDpUpdated {
    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        let (ink, words) = match self.damage_taken {
            1.. => (Ink::Loss, "You are hurt"),
            _ => (Ink::Gain, "You mend"),
        };
        let words = format!(
            "{words}: {} of {} points of determination.",
            self.new_dp, self.max_dp
        );
        Some(Prose::of(ink, words))
    }

    /// What a GMCP client gets beside the text.
    fn packages(&self) -> Vec<Gmcp> {
        vec![Gmcp {
            package: "Char.Vitals",
            data: serde_json::json!({ "current_dp": self.new_dp, "max_dp": self.max_dp }),
        }]
    }
}

impl PlayerDpDecay {
    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        Some(Prose::of(
            Ink::Loss,
            format!("It runs out of you: {}.", self.new_dp),
        ))
    }

    /// What a GMCP client gets beside the text.
    fn packages(&self) -> Vec<Gmcp> {
        vec![Gmcp {
            package: "Char.Vitals",
            data: serde_json::json!({ "current_dp": self.new_dp }),
        }]
    }
}

impl PlayerMortallyWounded {
    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        Some(if self.own {
            Prose::of(
                Ink::Loss,
                "You fall, and your legs do not answer. You are mortally wounded.",
            )
        } else {
            Prose::of(Ink::Name, self.player_name.clone())
                .with(Ink::Loss, " falls and does not get up.")
        })
    }
}

impl PlayerDied {
    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        Some(if self.own {
            Prose::of(
                Ink::Loss,
                "You are dead. When you are ready to come back, type \"respawn\".",
            )
        } else {
            Prose::of(Ink::Name, self.player_name.clone()).with(Ink::Loss, " is dead.")
        })
    }
}

impl PlayerRespawned {
    /// What a GMCP client gets beside the text.
    fn packages(&self) -> Vec<Gmcp> {
        vec![Gmcp {
            package: "Char.Vitals",
            data: serde_json::json!({ "current_dp": self.new_dp, "max_dp": self.max_dp }),
        }]
    }
}

impl RoomMessage {
    /// What a text client reads.
    fn told(&self) -> Option<Prose> {
        let ink = if self.hazard.is_some() {
            Ink::Loss
        } else {
            Ink::Faint
        };
        Some(Prose::of(ink, self.message.clone()))
    }
}
