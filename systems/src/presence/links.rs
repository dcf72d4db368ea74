//! Connections that are lost and found again, told to those who stand beside.

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::{PresenceSettings, System};
use crate::place::{InRoom, Rooms};

/// Those of whom it was told that their connection is away. Transient.
#[derive(Resource, Default, Debug, Clone, Serialize, Deserialize)]
pub(super) struct Away(BTreeMap<StableId, Entity>);

/// Tells a room whose connection was lost in it, once it has been away for a while, and that it
/// came back, if the loss was told. Whoever is away for a shorter time was never away, and in a
/// crowd nobody is told: there it only shows in the lists.
pub(super) fn tell(
    silent: Query<(&StableId, Entity, &Linkdead)>,
    people: Query<(&Character, Has<Linkdead>)>,
    places: Query<&InRoom>,
    rooms: Rooms<'_, '_>,
    clock: Res<Clock>,
    settings: Res<PresenceSettings>,
    mut away: ResMut<Away>,
    mut outbox: ResMut<Outbox>,
) {
    let mut told = BTreeMap::new();
    // That they leave is told otherwise.
    let back = away.0.extract_if(.., |_, actor| {
        !people.get(*actor).is_ok_and(|(_, linkdead)| linkdead)
    });
    told.extend(back.map(|(id, actor)| (id, (actor, RESTORED))));
    for (id, actor, linkdead) in &silent {
        let late = clock.now.since(linkdead.since) >= settings.link_notice;
        if late && away.0.insert(*id, actor).is_none() {
            told.insert(*id, (actor, LOST));
        }
    }
    for (actor, (before, after)) in told.into_values() {
        let (Ok((character, _)), Ok(InRoom(room)), Some(session)) =
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
