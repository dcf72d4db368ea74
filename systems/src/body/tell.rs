//! Who is told what about bodies.

use std::collections::BTreeMap;

use engine::Bridge;
use engine::port::SessionId;
use engine::prelude::*;

use super::notes::{
    PlayerDied, PlayerDpDecay, PlayerDpUpdated, PlayerMortallyWounded, PlayerRespawned, RoomMessage,
};
use super::rest::Rested;
use super::{Condition, Grave, Vitals, VitalsCause, VitalsChanged};
use crate::bus::show;
use crate::character::{PlayerUpdate, Stats};
use crate::place::{Posture, PostureTaken, Rooms};
use crate::world::RoomIx;

/// Tells everyone concerned what became of whom, and other services of wounds, deaths and returns.
pub(super) fn tell(
    mut changed: MessageReader<VitalsChanged>,
    people: Query<(&StableId, &Character, &Posture, Option<&Grave>)>,
    rooms: Rooms<'_, '_>,
    mut bridge: ResMut<Bridge>,
    mut outbox: ResMut<Outbox>,
    mut queue: Local<Vec<(StableId, VitalsChanged)>>,
) {
    let whose = |one: &VitalsChanged| people.get(one.body).ok().map(|(id, ..)| *id);
    queue.extend(changed.read().filter_map(|one| Some((whose(one)?, *one))));
    // A second passes for everybody in the order of memory, which must not be heard.
    queue.sort_by_key(|(id, _)| *id);
    for (player_id, one) in queue.drain(..) {
        let VitalsChanged {
            body,
            before,
            now,
            max_dp,
            max_mp,
            room,
            cause,
            ..
        } = one;
        let (Ok((_, character, posture, grave)), Some(session)) =
            (people.get(body), rooms.session(body))
        else {
            continue;
        };
        let room_id = room.map(|room| rooms.atlas.room(room).id.clone());
        if before.dp() == now.dp() {
            let note = PlayerUpdate::body(
                player_id,
                figures(&now, max_dp, max_mp),
                posture.word(),
                None,
            );
            outbox.tell_one(session, note);
            continue;
        }
        if cause == VitalsCause::RESPAWN {
            let respawn_room_id = rooms.atlas.room(rooms.atlas.respawn_room()).id.clone();
            let (old_dp, new_dp) = (before.dp(), now.dp());
            let note = PlayerRespawned {
                player_id,
                player_name: character.name.clone(),
                respawn_room_id,
                death_room_id: grave.map(|grave| grave.0.clone()),
                old_dp,
                new_dp,
                max_dp,
            };
            show(&mut bridge, Some(&note.respawn_room_id), &note);
            outbox.tell_one(session, note);
            continue;
        }
        tell_points(
            player_id,
            one,
            room_id.as_deref(),
            session,
            &mut bridge,
            &mut outbox,
        );
        if before.condition() == now.condition() || now.condition() == Condition::Able {
            continue;
        }
        let collapse = Collapse {
            player_id,
            player_name: &character.name,
            cause,
            room,
        };
        collapse.tell(now.condition(), session, &rooms, &mut bridge, &mut outbox);
    }
}

/// Tells somebody of a change of their determination, and other services of decay.
fn tell_points(
    player_id: StableId,
    one: VitalsChanged,
    room_id: Option<&str>,
    session: SessionId,
    bridge: &mut Bridge,
    outbox: &mut Outbox,
) {
    let (old_dp, new_dp) = (one.before.dp(), one.now.dp());
    if one.cause == VitalsCause::DECAY {
        let note = PlayerDpDecay {
            player_id,
            old_dp,
            new_dp,
            decay_amount: old_dp - new_dp,
            room_id: room_id.map(str::to_owned),
        };
        show(bridge, room_id, &note);
        outbox.tell_one(session, note);
    } else {
        let note = PlayerDpUpdated {
            player_id,
            old_dp,
            new_dp,
            max_dp: one.max_dp,
            damage_taken: old_dp - new_dp,
            cause: one.cause,
            room_id: room_id.map(str::to_owned),
        };
        outbox.tell_one(session, note);
    }
}

/// Somebody is wounded to death, or dies.
struct Collapse<'a> {
    player_id: StableId,
    player_name: &'a str,
    cause: VitalsCause,
    room: Option<RoomIx>,
}

impl Collapse<'_> {
    /// Tells whoever fell, those who saw it, and other services.
    fn tell(
        &self,
        condition: Condition,
        session: SessionId,
        rooms: &Rooms<'_, '_>,
        bridge: &mut Bridge,
        outbox: &mut Outbox,
    ) {
        let Self {
            player_id,
            player_name,
            cause,
            room,
        } = *self;
        let room_id = room.map(|room| rooms.atlas.room(room).id.clone());
        let others = room.map(|room| Audience::Except(rooms.audience(room), session));
        if condition == Condition::Wounded {
            let note = |own| PlayerMortallyWounded {
                player_id,
                player_name: player_name.to_owned(),
                cause,
                room_id: room_id.clone(),
                own,
            };
            show(bridge, room_id.as_deref(), &note(false));
            outbox.tell_one(session, note(true));
            if let Some(others) = others {
                outbox.tell(others, note(false));
            }
        } else {
            let death_location = room.map(|room| rooms.atlas.room(room).name.clone());
            let note = |own| PlayerDied {
                player_id,
                player_name: player_name.to_owned(),
                cause,
                room_id: room_id.clone(),
                death_location: death_location.clone(),
                own,
            };
            show(bridge, room_id.as_deref(), &note(false));
            outbox.tell_one(session, note(true));
            if let Some(others) = others {
                outbox.tell(others, note(false));
            }
        }
    }
}

/// Tells who sits, stands or lies now.
pub(super) fn tell_posture(
    mut taken: MessageReader<PostureTaken>,
    people: Query<(&StableId, &Character, &Posture, &Vitals, &Stats)>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for PostureTaken { body, room, forced } in taken.read() {
        let Ok((id, character, posture, vitals, stats)) = people.get(*body) else {
            continue;
        };
        let Some(session) = rooms.session(*body) else {
            continue;
        };
        let figures = figures(vitals, stats.max_dp(), stats.max_mp());
        outbox.tell_one(
            session,
            PlayerUpdate::body(*id, figures, posture.word(), None),
        );
        // Who falls is seen falling; in a crowd it shows in the lists.
        let Some(room) = room.filter(|room| !forced && !rooms.is_crowd(*room)) else {
            continue;
        };
        let does = match posture {
            Posture::Standing => "stands up",
            Posture::Sitting => "sits down",
            Posture::Lying => "lies down",
        };
        let note = RoomMessage {
            message: format!("{} {does}.", character.name),
            room_id: rooms.atlas.room(room).id.clone(),
            player_id: Some(*id),
            hazard: None,
        };
        outbox.tell(Audience::Except(rooms.audience(room), session), note);
    }
}

/// Tells people when their rest is over.
pub(super) fn tell_rest(
    mut rested: MessageReader<Rested>,
    people: Query<(&StableId, &Posture, &Vitals, &Stats)>,
    rooms: Rooms<'_, '_>,
    mut outbox: ResMut<Outbox>,
) {
    for Rested { body, broken } in rested.read() {
        let (Ok((id, posture, vitals, stats)), Some(session)) =
            (people.get(*body), rooms.session(*body))
        else {
            continue;
        };
        let words = if *broken {
            "That is the end of your rest."
        } else {
            "You feel rested."
        };
        let figures = figures(vitals, stats.max_dp(), stats.max_mp());
        outbox.tell_one(
            session,
            PlayerUpdate::body(*id, figures, posture.word(), Some(words)),
        );
    }
}

fn figures(vitals: &Vitals, max_dp: i16, max_mp: i16) -> BTreeMap<&'static str, i64> {
    [
        ("current_dp", vitals.dp()),
        ("max_dp", max_dp),
        ("magic_points", vitals.mp()),
        ("max_magic_points", max_mp),
    ]
    .map(|(name, points)| (name, i64::from(points)))
    .into()
}
