//! A room that is gone from the world, and those who were in it.

use std::collections::BTreeMap;

use engine::Revised;
use engine::content::Carryover;
use engine::prelude::*;

use super::changes::Changes;
use super::{InRoom, LastSpoke, Moved, Occupancy, Pose, Whereabouts};
use crate::describe::RoomLines;
use crate::world::{Atlas, RoomIx, RoomMap};

/// The room somebody was in is gone from the world; they are elsewhere now.
#[derive(Message, Clone, Debug)]
pub struct Displaced {
    /// Who.
    pub actor: Entity,
    /// Where they are.
    pub to: RoomIx,
}

/// Says how this plugin's state is carried over to another atlas.
pub(super) fn carry(reg: &mut Registrar<'_>) {
    let map = |carryover: &Carryover<'_>| carryover.map::<RoomMap>();
    reg.carried(move |place: &mut InRoom, carryover| {
        place.0 = map(carryover).refuge(place.0);
        true
    })
    .carried(move |occupancy: &mut Occupancy, carryover| {
        occupancy.carry(&map(carryover), carryover.to());
        true
    })
    .carried(move |changes: &mut Changes, carryover| {
        changes.carry(&map(carryover));
        true
    })
    .carried(move |lines: &mut RoomLines, carryover| {
        let map = map(carryover);
        lines.carry(|room| map.get(room));
        true
    });
}

/// Says the same of what this plugin declares and `chat` keeps.
pub(crate) fn carry_talk(reg: &mut Registrar<'_>) {
    reg.carried(|pose: &mut Pose, carryover| {
        pose.carry(&carryover.map::<RoomMap>());
        true
    })
    .carried(|spoke: &mut LastSpoke, carryover| {
        spoke.carry(&carryover.map::<RoomMap>());
        true
    });
}

/// Lets those know where they are whose room is gone.
pub(super) fn displace(
    mut revised: MessageReader<Revised>,
    mut people: Query<(&StableId, Entity, &InRoom, &mut Whereabouts), With<Online>>,
    atlas: Res<Atlas>,
    mut moved: MessageWriter<Moved>,
    mut displaced: MessageWriter<Displaced>,
) {
    if revised.read().count() == 0 {
        return;
    }
    let mut gone: BTreeMap<StableId, (Entity, RoomIx)> = BTreeMap::new();
    let mut rooms: BTreeMap<String, u32> = BTreeMap::new();
    for (id, actor, place, mut whereabouts) in &mut people {
        let room = &atlas.room(place.0).id;
        if whereabouts.room == *room {
            continue;
        }
        let was = std::mem::replace(&mut whereabouts.room, room.clone());
        *rooms.entry(was).or_default() += 1;
        gone.insert(*id, (actor, place.0));
    }
    for (room, people) in rooms {
        tracing::warn!(room, people, "room is gone; those in it are moved");
    }
    for (actor, to) in gone.into_values() {
        moved.write(Moved {
            actor,
            from: None,
            to: Some(to),
            way: None,
        });
        displaced.write(Displaced { actor, to });
    }
}
