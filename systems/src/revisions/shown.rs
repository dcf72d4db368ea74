//! What those see whose room is another now.

use std::collections::BTreeSet;

use engine::Revised;
use engine::prelude::*;

use crate::calendar::{Daylight, MythosTime};
use crate::place::{Details, Displaced, DoorViews, RoomUpdate, RoomView, Rooms};
use crate::presence::Say;
use crate::world::{Atlas, RoomIx};

/// Tells those whose room is gone what has happened to them.
pub(super) fn comfort(
    mut displaced: MessageReader<Displaced>,
    atlas: Res<Atlas>,
    mut say: MessageWriter<Say>,
) {
    for Displaced { actor, to } in displaced.read() {
        let name = &atlas.room(*to).name;
        let text = format!("The place where you were is no more. You are in {name} now.");
        let to = Some(*actor);
        say.write(Say { to, text });
    }
}

/// Shows their room to those in it, where it looks otherwise than before or they are in another.
pub(super) fn show(
    mut revised: MessageReader<Revised>,
    mut displaced: MessageReader<Displaced>,
    people: Query<&Character>,
    rooms: Rooms<'_, '_>,
    clock: Res<Clock>,
    daylight: Res<Daylight>,
    mut outbox: ResMut<Outbox>,
) {
    let moved: BTreeSet<Entity> = displaced.read().map(|one| one.actor).collect();
    let Some(revised) = revised.read().last() else {
        return;
    };
    let night = daylight.is_night(MythosTime::at(clock.wall()));
    let was = revised.was::<Atlas>();
    let looks = |atlas: &Atlas, ix: RoomIx| {
        let beside = (&DoorViews::default(), &Details::default());
        RoomView::of(atlas, ix, night, Vec::new(), beside)
    };
    for (ix, room) in rooms.atlas.rooms() {
        let here = rooms.occupants(ix);
        if here.is_empty() {
            continue;
        }
        let before = was.and_then(|was| Some(looks(was, was.find(&room.id)?)));
        let same = before.is_some_and(|before| before == looks(&rooms.atlas, ix));
        for one in here.iter().filter(|one| !same || moved.contains(*one)) {
            let (Some(session), Ok(character)) = (rooms.session(*one), people.get(*one)) else {
                continue;
            };
            let people = rooms.listing_for(ix, *one);
            let update = RoomUpdate::of(rooms.view_for(ix, night, *one), people, rooms.drops(ix));
            outbox.tell_one(session, update.seen_by(&character.name));
        }
    }
}
