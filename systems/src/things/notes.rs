//! What those around are told of things that change hands.

use std::sync::Arc;

use engine::Reverted;
use engine::port::SessionId;
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::To;
use super::handle::Handled;
use crate::cast::{ANN, BOB, FOYER, id};
use crate::place::{Rooms, laid};
use crate::presence::System;

/// `inventory_pickup` and `inventory_drop`: somebody here has taken something, or put it down.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("inventory_drop", "inventory_pickup", by = dropped, says = "{message}", ink = Faint, gmcp = Self::packages, examples = Self::shown)]
pub(super) struct Handed {
    #[note(player)]
    player_id: StableId,
    player_name: String,
    #[note(room)]
    room_id: String,
    item_instance_id: StableId,
    item_name: String,
    quantity: u32,
    message: String,
    #[serde(skip)]
    dropped: bool,
}

impl Handed {
    fn of(who: (StableId, &str), room_id: &str, item: (StableId, &str), dropped: bool) -> Self {
        let does = if dropped { "puts down" } else { "takes" };
        Self {
            player_id: who.0,
            player_name: who.1.to_owned(),
            room_id: room_id.to_owned(),
            item_instance_id: item.0,
            item_name: item.1.to_owned(),
            quantity: 1,
            message: format!("{} {does} the {}.", who.1, item.1),
            dropped,
        }
    }
}

impl Handed {
    /// What a GMCP client gets beside the text.
    fn packages(&self) -> Vec<Gmcp> {
        vec![laid(self.item_instance_id, &self.item_name, self.dropped)]
    }

    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        let handed = |dropped| {
            Self::of(
                (id(BOB), BOB),
                FOYER,
                (id("lamp"), "hurricane lamp"),
                dropped,
            )
        };
        vec![handed(false), handed(true)]
    }
}

/// `inventory_given`: somebody here has given something to somebody else here.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("inventory_given", says = "{message}", ink = Faint, examples = Self::shown)]
pub(super) struct Given {
    #[note(player)]
    player_id: StableId,
    player_name: String,
    #[note(room)]
    room_id: String,
    to_id: StableId,
    to_name: String,
    item_instance_id: StableId,
    item_name: String,
    quantity: u32,
    /// In words, for whoever reads it.
    message: String,
}

impl Given {
    /// For whoever has it now, or for the others.
    fn of(
        who: (StableId, &str),
        room_id: &str,
        to: (StableId, &str),
        item: (StableId, &str),
        yours: bool,
    ) -> Self {
        let whom = if yours { "you" } else { to.1 };
        Self {
            player_id: who.0,
            player_name: who.1.to_owned(),
            room_id: room_id.to_owned(),
            to_id: to.0,
            to_name: to.1.to_owned(),
            item_instance_id: item.0,
            item_name: item.1.to_owned(),
            quantity: 1,
            message: format!("{} gives the {} to {whom}.", who.1, item.1),
        }
    }
}

impl Given {
    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
        vec![Self::of(
            (id(BOB), BOB),
            FOYER,
            (id(ANN), ANN),
            (id("lamp"), "hurricane lamp"),
            true,
        )]
    }
}

/// Tells those around who took, put down or gave what.
pub(super) fn tell(
    mut handled: MessageReader<Handled>,
    people: Query<(&StableId, &Character)>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for done in handled.read() {
        let (Some(room), Ok((player_id, character))) = (done.room, people.get(done.actor)) else {
            continue;
        };
        let room_id = &rooms.atlas.room(room).id;
        let me = rooms.session(done.actor);
        let others = |but: &[Option<SessionId>]| -> Arc<[SessionId]> {
            let all = rooms.audience(room);
            let but = |one: &&SessionId| !but.contains(&Some(**one));
            all.iter().filter(but).copied().collect()
        };
        let who = (*player_id, character.name.as_str());
        for (id, name) in done.ids.iter().zip(&done.names) {
            let item = (*id, name.as_str());
            let to = match done.to {
                To::Hands(to) if to != done.actor => to,
                to => {
                    let note = Handed::of(who, room_id, item, matches!(to, To::Floor(_)));
                    outbox.tell(Audience::Many(others(&[me])), note);
                    continue;
                }
            };
            let Ok((to_id, taker)) = people.get(to) else {
                continue;
            };
            let whom = (*to_id, taker.name.as_str());
            let theirs = rooms.session(to);
            let note = Given::of(who, room_id, whom, item, false);
            outbox.tell(Audience::Many(others(&[me, theirs])), note);
            if let Some(session) = theirs {
                outbox.tell_one(session, Given::of(who, room_id, whom, item, true));
            }
        }
    }
}

/// Tells those who had something that they never had it.
pub(super) fn lament(
    mut reverted: MessageReader<Reverted>,
    index: Res<Index>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for Reverted { held_by, .. } in reverted.read() {
        let holder = held_by.and_then(|id| index.get(id));
        if let Some(session) = holder.and_then(|holder| rooms.session(holder)) {
            let message = "Something that you held slips away: it is elsewhere after all.";
            let message = message.to_owned();
            outbox.tell_one(session, System { message });
        }
    }
}
