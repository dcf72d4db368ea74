//! What players see of creatures that come and go.

use engine::prelude::*;

use crate::body::RoomMessage;
use crate::place::{Creature, CreatureLooks, CreatureMoved, Rooms};
use crate::world::Direction;

/// Tells those who are there.
pub(super) fn tell(
    mut moved: MessageReader<CreatureMoved>,
    creatures: Query<&Creature>,
    looks: Res<CreatureLooks>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for CreatureMoved {
        creature,
        from,
        to,
        way,
    } in moved.read()
    {
        let look = creatures.get(*creature).ok();
        let Some(look) = look.and_then(|one| looks.get(&one.kind)) else {
            continue;
        };
        let mut line = |room, text: &str| {
            let audience = rooms.audience(room);
            if !audience.is_empty() {
                let note = RoomMessage::line(&rooms.atlas.room(room).id, text);
                outbox.tell(Audience::Many(audience), note);
            }
        };
        match (from, to, way) {
            (Some(from), Some(to), Some(way)) => {
                line(*from, &format!("{} leaves {way}.", look.begins()));
                let back = match way.opposite() {
                    Direction::Up => "above".to_owned(),
                    Direction::Down => "below".to_owned(),
                    back => format!("the {back}"),
                };
                line(*to, &format!("{} comes in from {back}.", look.some()));
            }
            (None, Some(to), _) => line(*to, &format!("{} comes by.", look.some())),
            // What takes them elsewhere says so itself.
            _ => {}
        }
    }
}
