//! Connections that are lost and found again, told to those who stand beside.

use std::collections::{BTreeMap, BTreeSet};

use engine::prelude::*;

use super::System;
use crate::place::{InRoom, Rooms};

/// Those whose connection is away, as far as anybody was told.
#[derive(Resource, Default, Debug)]
pub(super) struct Away(BTreeSet<StableId>);

/// Tells a room whose connection was lost in it or came back. Who was away for less than a tick,
/// or has a new socket before the old one was missed, was never away.
pub(super) fn tell(
    mut lost: MessageReader<LinkLost>,
    mut arrived: MessageReader<Arrived>,
    mut departed: MessageReader<Departed>,
    people: Query<(&StableId, &Character, Has<Linkdead>)>,
    places: Query<&InRoom>,
    rooms: Rooms<'_, '_>,
    mut away: ResMut<Away>,
    mut outbox: ResMut<Outbox>,
) {
    // That they leave is told otherwise.
    for Departed { actor, .. } in departed.read() {
        if let Ok((id, ..)) = people.get(*actor) {
            away.0.remove(id);
        }
    }
    let lost = lost.read().map(|one| one.actor);
    let stirred: BTreeMap<StableId, Entity> = lost
        .chain(arrived.read().map(|one| one.actor))
        .filter_map(|actor| people.get(actor).ok().map(|(id, ..)| (*id, actor)))
        .collect();
    for (id, actor) in stirred {
        let (Ok((_, character, linkdead)), Ok(InRoom(room)), Some(session)) =
            (people.get(actor), places.get(actor), rooms.session(actor))
        else {
            continue;
        };
        let name = &character.name;
        let message = if linkdead && away.0.insert(id) {
            format!("{name}'s eyes grow empty: the link is lost.")
        } else if !linkdead && away.0.remove(&id) {
            format!("Life comes back into {name}'s eyes: the link is restored.")
        } else {
            continue;
        };
        let others = Audience::Except(rooms.audience(*room), session);
        outbox.tell(others, System { message });
    }
}
