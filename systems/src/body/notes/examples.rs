//! What is published of these notes.

use super::{
    PlayerDied, PlayerDpDecay, PlayerDpUpdated, PlayerMortallyWounded, PlayerRespawned,
    RoomMessage, VitalsCause,
};
use crate::cast::{ANN, BOB, CORRIDOR, FOYER, id};

impl PlayerDpUpdated {
    /// Notes as they might be sent.
    pub(super) fn shown() -> Vec<Self> {
        vec![Self {
            player_id: id(ANN),
            old_dp: 21,
            new_dp: 19,
            max_dp: 23,
            damage_taken: 2,
            cause: VitalsCause::HAZARD,
            room_id: Some(CORRIDOR.to_owned()),
        }]
    }
}

impl PlayerDpDecay {
    /// Notes as they might be sent.
    pub(super) fn shown() -> Vec<Self> {
        vec![Self {
            player_id: id(ANN),
            old_dp: -3,
            new_dp: -4,
            decay_amount: 1,
            room_id: Some(CORRIDOR.to_owned()),
        }]
    }
}

impl PlayerMortallyWounded {
    /// Notes as they might be sent.
    pub(super) fn shown() -> Vec<Self> {
        vec![Self {
            player_id: id(BOB),
            player_name: BOB.to_owned(),
            cause: VitalsCause::HAZARD,
            room_id: Some(CORRIDOR.to_owned()),
            own: false,
        }]
    }
}

impl PlayerDied {
    /// Notes as they might be sent.
    pub(super) fn shown() -> Vec<Self> {
        vec![Self {
            player_id: id(ANN),
            player_name: ANN.to_owned(),
            cause: VitalsCause::DECAY,
            room_id: Some(CORRIDOR.to_owned()),
            death_location: Some("Behind the Baize Door".to_owned()),
            own: true,
        }]
    }
}

impl PlayerRespawned {
    /// Notes as they might be sent.
    pub(super) fn shown() -> Vec<Self> {
        vec![Self {
            player_id: id(ANN),
            player_name: ANN.to_owned(),
            respawn_room_id: FOYER.to_owned(),
            death_room_id: Some(CORRIDOR.to_owned()),
            old_dp: -10,
            new_dp: 23,
            max_dp: 23,
        }]
    }
}

impl RoomMessage {
    /// Notes as they might be sent.
    pub(super) fn shown() -> Vec<Self> {
        vec![Self {
            message: "A rung turns in its socket, and you drop onto wet stone.".to_owned(),
            room_id: CORRIDOR.to_owned(),
            player_id: None,
            hazard: Some("loose_rungs".to_owned()),
        }]
    }
}
