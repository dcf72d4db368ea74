//! Everybody in a room, a page at a time by name: for `who here`, and for those who ask by HTTP.

use std::cmp::Ordering;
use std::sync::Arc;

use engine::Asked;
use engine::port::Question;
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::listing::by_name;
use super::{InRoom, Occupant, Posture, Rooms};
use crate::cast::{ANN, BOB, FOYER, id};
use crate::world::RoomIx;

/// The longest page.
const PAGE_MAX: usize = 200;

/// Some of the people in a room.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Page {
    /// The room.
    pub room_id: String,
    /// Their names.
    pub occupants: Vec<String>,
    /// Who they are, in the same order.
    pub players: Vec<Occupant>,
    /// How many people there are in the room.
    pub count: usize,
    /// The name after which the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl CommandResult for Page {
    const KIND: &'static str = "who_here";

    fn examples() -> Vec<Self> {
        let occupant = |name: &str| Occupant {
            id: id(name),
            name: name.to_owned(),
            linkdead: false,
            position: Posture::Standing,
            pose: None,
            marks: Vec::new(),
        };
        vec![Self {
            room_id: FOYER.to_owned(),
            occupants: vec![ANN.to_owned(), BOB.to_owned()],
            players: vec![occupant(ANN), occupant(BOB)],
            count: 3,
            next: Some(BOB.to_owned()),
        }]
    }
}

impl Rooms<'_, '_> {
    /// The first `limit` people in a room whose name comes after `after`, by name, as `viewer` may
    /// see them.
    #[must_use]
    pub fn page(&self, room: RoomIx, viewer: Option<Entity>, after: &str, limit: usize) -> Page {
        let everybody = self.by_name(room);
        let passed = |one: &Entity| {
            let name = self.name(*one).unwrap_or_default();
            by_name(name, after) != Ordering::Greater
        };
        let rest = &everybody[everybody.partition_point(passed)..];
        let shown = &rest[..rest.len().min(limit.clamp(1, PAGE_MAX))];
        let occupant = |one: &Entity| {
            let occupant = self.occupant(*one)?;
            let hidden = viewer.is_some_and(|viewer| self.pose(*one, viewer).is_none());
            let pose = occupant.pose.filter(|_| !hidden);
            Some(Occupant { pose, ..occupant })
        };
        let players: Vec<Occupant> = shown.iter().filter_map(occupant).collect();
        Page {
            room_id: self.atlas.room(room).id.clone(),
            occupants: players.iter().map(|one| one.name.clone()).collect(),
            count: everybody.len(),
            next: players
                .last()
                .filter(|_| shown.len() < rest.len())
                .map(|one| one.name.clone()),
            players,
        }
    }
}

/// Answers those who ask by HTTP who is in a room. A player may ask of the room they are in.
pub(super) fn answer(
    mut asked: MessageReader<Asked>,
    places: Query<&InRoom>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for one in asked.read() {
        let Question::Occupants { room, after, limit } = &one.question;
        let found = rooms.atlas.find(room);
        let is_there = |asker: &&Entity| {
            places
                .get(**asker)
                .is_ok_and(|place| Some(place.0) == found)
        };
        let viewer = one.askers.iter().find(is_there).copied();
        let refused = Refusal::new(
            Code::AuthorizationDenied,
            "You see who is in a room only while you are in it.",
        );
        let answer = match found {
            Some(room) if viewer.is_some() || one.admin => {
                Ok(rooms.page(room, viewer, after, usize::from(*limit)))
            }
            None if one.admin => Err(Refusal::new(
                Code::ResourceNotFound,
                "There is no such room.",
            )),
            // Whether there is such a room is nobody's business elsewhere.
            _ => Err(refused),
        };
        outbox.reply(one.ask, answer.map(|page| Arc::new(page) as _));
    }
}
