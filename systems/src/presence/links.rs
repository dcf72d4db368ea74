//! Connections that are lost and found again, told to those who stand beside.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::{PresenceSettings, System};
use crate::place::{InRoom, Rooms};

/// Those of whom it was told that their connection is away. Transient.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct Away(BTreeMap<StableId, Entity>);

/// A connection is away for so long that it is told, or back after it was.
#[derive(Message, Debug, Clone, Copy)]
pub(super) struct LinkTold {
    actor: Entity,
    back: bool,
}

/// Finds whose connection has been away for a while, and whose came back, if the loss was told.
/// Whoever is away for a shorter time was never away.
pub(super) fn watch(
    silent: Query<(&StableId, Entity, &Linkdead)>,
    people: Query<(&Character, Has<Linkdead>)>,
    clock: Res<Clock>,
    settings: Res<PresenceSettings>,
    mut away: ResMut<Away>,
    mut tell: MessageWriter<LinkTold>,
) {
    let mut told = BTreeMap::new();
    // That they leave is told otherwise.
    let back = away.0.extract_if(.., |_, actor| {
        !people.get(*actor).is_ok_and(|(_, linkdead)| linkdead)
    });
    told.extend(back.map(|(id, actor)| (id, LinkTold { actor, back: true })));
    for (id, actor, linkdead) in &silent {
        let late = clock.now.since(linkdead.since) >= settings.link_notice;
        if late && away.0.insert(*id, actor).is_none() {
            told.insert(*id, LinkTold { actor, back: false });
        }
    }
    tell.write_batch(told.into_values());
}

/// Tells a room whose connection was lost in it, and that it came back; in a crowd nobody is told:
/// there it only shows in the lists.
pub(super) fn tell(
    mut told: MessageReader<LinkTold>,
    people: Query<&Character>,
    places: Query<&InRoom>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for LinkTold { actor, back } in told.read().copied() {
        let (Ok(character), Ok(InRoom(room)), Some(session)) =
            (people.get(actor), places.get(actor), rooms.session(actor))
        else {
            continue;
        };
        if rooms.is_crowd(*room) {
            continue;
        }
        let (before, after) = if back { RESTORED } else { LOST };
        let message = format!("{before}{}{after}", character.name);
        let others = Audience::Except(rooms.audience(*room), session);
        outbox.tell(others, System { message });
    }
}

/// Before and after the name.
const LOST: (&str, &str) = ("", "'s eyes grow empty: the link is lost.");
const RESTORED: (&str, &str) = ("Life comes back into ", "'s eyes: the link is restored.");
