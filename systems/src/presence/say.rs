//! Lines in the server's name: the one call by which a plugin says something.

use engine::prelude::*;

use super::{Roster, System};
use crate::place::Rooms;

/// Say a line in the server's name. May be written in any phase.
#[derive(Message, Debug, Clone)]
pub struct Say {
    /// To whom; `None`: everybody.
    pub to: Option<Entity>,
    /// The line.
    pub text: String,
}

impl Say {
    /// To one character; nobody hears it if that one is not played.
    pub fn to(actor: Entity, text: impl Into<String>) -> Self {
        Self {
            to: Some(actor),
            text: text.into(),
        }
    }

    /// To everybody who is played.
    pub fn everybody(text: impl Into<String>) -> Self {
        Self {
            to: None,
            text: text.into(),
        }
    }
}

/// Tells what was said.
pub(super) fn tell(
    mut said: MessageReader<Say>,
    roster: Res<Roster>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for Say { to, text } in said.read() {
        let message = System {
            message: text.clone(),
        };
        match to {
            Some(actor) => {
                if let Some(session) = rooms.session(*actor) {
                    outbox.tell_one(session, message);
                }
            }
            None => {
                let all = roster.everybody().filter_map(|one| rooms.session(one));
                outbox.tell(Audience::Many(all.collect()), message);
            }
        }
    }
}
