//! What the server says to people in its own name.

use engine::prelude::*;

use crate::place::Rooms;
use crate::presence::{Roster, System};

/// Say something in the server's name.
#[derive(Message, Debug, Clone)]
pub(super) struct Tell {
    /// To whom; `None`: everybody.
    pub(super) to: Option<Entity>,
    pub(super) text: String,
}

/// Tells it.
pub(super) fn tell(
    mut said: MessageReader<Tell>,
    roster: Res<Roster>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for Tell { to, text } in said.read() {
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
