//! Comings and goings, told to those who see them.

use std::collections::HashSet;

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cast::{BOB, FOYER, id};
use crate::place::{Moved, Rooms, passed};
use crate::world::WorldHeader;

/// `system`: the server speaks.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("system", says = "{message}", ink = System, example = Self { message: "The server rests at midnight.".to_owned(), })]
pub struct System {
    /// What it says.
    pub message: String,
}

/// `player_entered_game` and `player_left_game`.
#[derive(Debug, Serialize, JsonSchema, Note)]
#[note("player_entered_game", "player_left_game", by = came, says = "{message}", ink = Faint, gmcp = Self::packages, examples = Self::shown)]
pub(super) struct CameOrWent {
    #[note(player)]
    player_id: StableId,
    player_name: String,
    #[note(room)]
    room_id: String,
    message: String,
    #[serde(skip)]
    came: bool,
}

impl CameOrWent {
    /// What a GMCP client gets beside the text.
    fn packages(&self) -> Vec<Gmcp> {
        vec![passed(&self.player_name, self.came)]
    }

    /// Notes as they might be sent.
    fn shown() -> Vec<Self> {
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
    header: Res<WorldHeader>,
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
