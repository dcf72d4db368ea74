//! Day turns to night in places.

use std::collections::BTreeSet;

use engine::prelude::*;

use super::RoomUpdate;
use crate::calendar::{Daylight, MythosHour, MythosTime};
use crate::place::changes::tell_each;
use crate::place::{Listing, Rooms};

/// Shows how places look now to those who are in them when day turns to night or night to day.
pub(in crate::place) fn turn(
    mut hours: MessageReader<MythosHour>,
    rooms: Rooms<'_, '_>,
    clock: Res<Clock>,
    daylight: Res<Daylight>,
    mut outbox: ResMut<Outbox>,
) {
    let now = MythosTime::at(clock.wall());
    // However many hours have struck, only whether it is another time of day counts.
    let before = hours.read().map(|one| one.hour - 1).min();
    if before.is_none_or(|before| daylight.is_night_at(before) == daylight.is_night(now)) {
        return;
    }
    for (ix, room) in rooms.atlas.rooms() {
        if room.night.is_none() || rooms.occupants(ix).is_empty() {
            continue;
        }
        if rooms.has_hidden_ways(ix) {
            // Each sees the ways that they have found.
            for one in rooms.occupants(ix).to_vec() {
                if let Some(session) = rooms.session(one) {
                    let view = rooms.view_for(ix, daylight.is_night(now), one);
                    let people = rooms.listing_for(ix, one);
                    let update = RoomUpdate {
                        turned: true,
                        ..RoomUpdate::of(view, people, rooms.drops(ix))
                    };
                    outbox.tell_one(session, update);
                }
            }
            continue;
        }
        let (list, count) = (rooms.list(ix), rooms.occupants(ix).len());
        let nobody = BTreeSet::new();
        tell_each(&rooms, ix, &nobody, &list.posing, &mut outbox, |hidden| {
            let people = list.people.iter().map(|one| one.seen(hidden)).collect();
            let view = rooms.view(ix, daylight.is_night(now));
            let listing = Listing::new(people, count).among(rooms.npcs(ix));
            RoomUpdate {
                turned: true,
                ..RoomUpdate::of(view, listing, rooms.drops(ix))
            }
        });
    }
}
