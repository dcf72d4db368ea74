//! What lists tell people: notes, and nothing else.

use engine::prelude::*;

use crate::body::RoomMessage;
use crate::place::Rooms;
use crate::world::RoomIx;

/// A text for somebody, or for those in a room.
#[derive(Message, Clone, Debug)]
pub(crate) struct EffectText {
    room: RoomIx,
    /// `None`: all in the room, but these.
    one: Option<Entity>,
    apart: [Option<Entity>; 2],
    text: String,
}

impl EffectText {
    /// For one.
    pub(crate) const fn to(one: Entity, room: RoomIx, text: String) -> Self {
        let (one, apart) = (Some(one), [None; 2]);
        Self {
            room,
            one,
            apart,
            text,
        }
    }

    /// For all in a room but some.
    pub(crate) const fn around(room: RoomIx, apart: [Option<Entity>; 2], text: String) -> Self {
        let one = None;
        Self {
            room,
            one,
            apart,
            text,
        }
    }
}

/// Tells those for whom it is.
pub(super) fn tell(
    mut told: MessageReader<EffectText>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for EffectText {
        room,
        one,
        apart,
        text,
    } in told.read()
    {
        let note = RoomMessage::line(&rooms.atlas.room(*room).id, text);
        let audience = match one {
            Some(one) => rooms.session(*one).map(Audience::One),
            None if *apart == [None; 2] => Some(Audience::Many(rooms.audience(*room))),
            None => {
                let here = rooms.occupants(*room).iter();
                let here = here.filter(|one| !apart.contains(&Some(**one)));
                Some(Audience::Many(
                    here.filter_map(|one| rooms.session(*one)).collect(),
                ))
            }
        };
        if let Some(audience) = audience {
            outbox.tell(audience, note);
        }
    }
}
