//! Comings and goings, told to those who see them.

use std::collections::HashSet;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cast::{BOB, FOYER, id};
use crate::place::{Moved, Rooms};
use crate::world::Header;

/// `system`: the server speaks.
#[derive(Debug, Serialize, JsonSchema)]
pub struct System {
    /// What it says.
    pub message: String,
}

impl Note for System {
    fn event_type(&self) -> &'static str {
        "system"
    }
    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }
    fn prose(&self) -> Option<Prose> {
        Some(Prose::of(Ink::System, self.message.clone()))
    }
}

impl Published for System {
    const TYPES: &'static [&'static str] = &["system"];

    fn examples() -> Vec<Self> {
        vec![Self {
            message: "The server rests at midnight.".to_owned(),
        }]
    }
}

/// `player_entered_game` and `player_left_game`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CameOrWent {
    player_id: StableId,
    player_name: String,
    room_id: String,
    message: String,
    #[serde(skip)]
    came: bool,
}

impl Note for CameOrWent {
    fn event_type(&self) -> &'static str {
        if self.came {
            "player_entered_game"
        } else {
            "player_left_game"
        }
    }
    fn data(&self) -> &dyn erased_serde::Serialize {
        self
    }
    fn prose(&self) -> Option<Prose> {
        Some(Prose::of(Ink::Faint, self.message.clone()))
    }
    fn room_id(&self) -> Option<&str> {
        Some(&self.room_id)
    }
    fn player_id(&self) -> Option<StableId> {
        Some(self.player_id)
    }
}

impl Published for CameOrWent {
    const TYPES: &'static [&'static str] = &["player_entered_game", "player_left_game"];

    fn examples() -> Vec<Self> {
        let one = |came, message: &str| Self {
            player_id: id(BOB),
            player_name: BOB.to_owned(),
            room_id: FOYER.to_owned(),
            message: message.to_owned(),
            came,
        };
        vec![
            one(true, "Bob blinks, as if waking from a long dream."),
            one(false, "Bob falls into a deep and dreamless sleep."),
        ]
    }
}

/// Tells a room who woke in it or faded from it, and newcomers the message of the day.
pub(super) fn tell(
    mut moves: MessageReader<Moved>,
    mut departed: MessageReader<Departed>,
    mut arrived: MessageReader<Arrived>,
    people: Query<(&StableId, &Character)>,
    rooms: Rooms<'_, '_>,
    header: Res<Header>,
    mut outbox: ResMut<Outbox>,
) {
    let lost = departed.read().filter(|one| one.why == Leaving::LinkDead);
    let lost: HashSet<Entity> = lost.map(|one| one.actor).collect();
    for Moved {
        actor, from, to, ..
    } in moves.read()
    {
        let (room, came) = match (from, to) {
            (None, Some(room)) => (*room, true),
            (Some(room), None) => (*room, false),
            _ => continue,
        };
        let Ok((id, character)) = people.get(*actor) else {
            continue;
        };
        // There it is one frame a second for all of them.
        if rooms.is_crowd(room) {
            continue;
        }
        let name = &character.name;
        let message = match (came, lost.contains(actor)) {
            (true, _) => format!("{name} blinks, as if waking from a long dream."),
            (false, true) => format!("{name} grows faint, and is no longer there."),
            (false, false) => format!("{name} falls into a deep and dreamless sleep."),
        };
        let note = CameOrWent {
            player_id: *id,
            player_name: name.clone(),
            room_id: rooms.atlas.room(room).id.clone(),
            message,
            came,
        };
        let to = match rooms.session(*actor) {
            Some(session) => Audience::Except(rooms.audience(room), session),
            None => Audience::Many(rooms.audience(room)),
        };
        outbox.tell(to, note);
    }
    for Arrived { actor, how } in arrived.read() {
        if *how == Arrives::Fresh
            && !header.motd.is_empty()
            && let Some(session) = rooms.session(*actor)
        {
            outbox.tell_one(
                session,
                System {
                    message: header.motd.clone(),
                },
            );
        }
    }
}
