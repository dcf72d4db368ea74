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
use crate::place::Rooms;
use crate::presence::System;

/// `inventory_pickup` and `inventory_drop`: somebody here has taken something, or put it down.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Handed {
    player_id: StableId,
    player_name: String,
    room_id: String,
    item_instance_id: StableId,
    item_name: String,
    quantity: u32,
    #[serde(skip)]
    dropped: bool,
}

impl Note for Handed {
    fn event_type(&self) -> &'static str {
        if self.dropped {
            "inventory_drop"
        } else {
            "inventory_pickup"
        }
    }
    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }
    fn prose(&self) -> Option<Prose> {
        let does = if self.dropped { "puts down" } else { "takes" };
        let words = format!("{} {does} the {}.", self.player_name, self.item_name);
        Some(Prose::of(Ink::Faint, words))
    }
    fn room_id(&self) -> Option<&str> {
        Some(&self.room_id)
    }
    fn player_id(&self) -> Option<StableId> {
        Some(self.player_id)
    }
}

impl Published for Handed {
    const TYPES: &'static [&'static str] = &["inventory_pickup", "inventory_drop"];

    fn examples() -> Vec<Self> {
        let handed = |dropped| Self {
            player_id: id(BOB),
            player_name: BOB.to_owned(),
            room_id: FOYER.to_owned(),
            item_instance_id: id("lamp"),
            item_name: "hurricane lamp".to_owned(),
            quantity: 1,
            dropped,
        };
        vec![handed(false), handed(true)]
    }
}

/// `inventory_given`: somebody here has given something to somebody else here.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Given {
    player_id: StableId,
    player_name: String,
    room_id: String,
    to_id: StableId,
    to_name: String,
    item_instance_id: StableId,
    item_name: String,
    quantity: u32,
    /// Whoever reads it has it now; for text only.
    #[serde(skip)]
    yours: bool,
}

impl Note for Given {
    fn event_type(&self) -> &'static str {
        "inventory_given"
    }
    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }
    fn prose(&self) -> Option<Prose> {
        let to = if self.yours { "you" } else { &self.to_name };
        let words = format!("{} gives the {} to {to}.", self.player_name, self.item_name);
        Some(Prose::of(Ink::Faint, words))
    }
    fn room_id(&self) -> Option<&str> {
        Some(&self.room_id)
    }
    fn player_id(&self) -> Option<StableId> {
        Some(self.player_id)
    }
}

impl Published for Given {
    const TYPES: &'static [&'static str] = &["inventory_given"];

    fn examples() -> Vec<Self> {
        vec![Self {
            player_id: id(BOB),
            player_name: BOB.to_owned(),
            room_id: FOYER.to_owned(),
            to_id: id(ANN),
            to_name: ANN.to_owned(),
            item_instance_id: id("lamp"),
            item_name: "hurricane lamp".to_owned(),
            quantity: 1,
            yours: true,
        }]
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
        for (id, name) in done.ids.iter().zip(&done.names) {
            let to = match done.to {
                To::Hands(to) if to != done.actor => to,
                to => {
                    let note = Handed {
                        player_id: *player_id,
                        player_name: character.name.clone(),
                        room_id: room_id.clone(),
                        item_instance_id: *id,
                        item_name: name.clone(),
                        quantity: 1,
                        dropped: matches!(to, To::Floor(_)),
                    };
                    outbox.tell(Audience::Many(others(&[me])), note);
                    continue;
                }
            };
            let Ok((to_id, taker)) = people.get(to) else {
                continue;
            };
            let given = |yours| Given {
                player_id: *player_id,
                player_name: character.name.clone(),
                room_id: room_id.clone(),
                to_id: *to_id,
                to_name: taker.name.clone(),
                item_instance_id: *id,
                item_name: name.clone(),
                quantity: 1,
                yours,
            };
            let theirs = rooms.session(to);
            outbox.tell(Audience::Many(others(&[me, theirs])), given(false));
            if let Some(session) = theirs {
                outbox.tell_one(session, given(true));
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
