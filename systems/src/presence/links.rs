//! Connections that are lost and found again, told to those who stand beside.

use std::collections::{BTreeMap, BTreeSet};

use engine::prelude::*;

use super::{PresenceSettings, System};
use crate::place::{InRoom, Rooms};

/// Those whose connection is away: since when, and whether anybody was told. Transient.
#[derive(Resource, Default, Debug)]
pub(super) struct Away {
    silent: BTreeMap<StableId, (WorldTime, Entity)>,
    told: BTreeSet<StableId>,
}

/// Tells a room whose connection was lost in it, once it has been away for a while, and that it
/// came back, if the loss was told. Whoever is away for a shorter time was never away, and in a
/// crowd nobody is told: there it only shows in the lists.
pub(super) fn tell(
    mut lost: MessageReader<LinkLost>,
    mut arrived: MessageReader<Arrived>,
    mut departed: MessageReader<Departed>,
    people: Query<(&StableId, &Character, Has<Linkdead>)>,
    places: Query<&InRoom>,
    rooms: Rooms<'_, '_>,
    clock: Res<Clock>,
    settings: Res<PresenceSettings>,
    mut away: ResMut<Away>,
    mut outbox: ResMut<Outbox>,
) {
    let away = &mut *away;
    let mut told = BTreeMap::new();
    let stirred = lost.read().map(|one| one.actor);
    let stirred = stirred.chain(arrived.read().map(|one| one.actor));
    for actor in stirred.chain(departed.read().map(|one| one.actor)) {
        let Ok((id, _, linkdead)) = people.get(actor) else {
            continue;
        };
        // That they leave is told otherwise.
        away.silent.remove(id);
        if linkdead && !away.told.contains(id) {
            away.silent.insert(*id, (clock.now, actor));
        } else if !linkdead && away.told.remove(id) {
            told.insert(*id, (actor, RESTORED));
        }
    }
    let due = away.silent.extract_if(.., |_, (since, _)| {
        clock.now.since(*since) >= settings.link_notice
    });
    for (id, (_, actor)) in due {
        away.told.insert(id);
        told.insert(id, (actor, LOST));
    }
    for (actor, (before, after)) in told.into_values() {
        let (Ok((_, character, _)), Ok(InRoom(room)), Some(session)) =
            (people.get(actor), places.get(actor), rooms.session(actor))
        else {
            continue;
        };
        if rooms.is_crowd(*room) {
            continue;
        }
        let message = format!("{before}{}{after}", character.name);
        let others = Audience::Except(rooms.audience(*room), session);
        outbox.tell(others, System { message });
    }
}

/// Before and after the name.
const LOST: (&str, &str) = ("", "'s eyes grow empty: the link is lost.");
const RESTORED: (&str, &str) = ("Life comes back into ", "'s eyes: the link is restored.");
