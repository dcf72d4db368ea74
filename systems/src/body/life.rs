//! Bodies come into being, die, and come back.

use engine::prelude::*;

use super::adjust::write;
use super::vitals::Grave;
use super::{
    AdjustVitals, Cause, Change, Condition, Posture, PostureTaken, TakePosture, Vitals,
    VitalsChanged,
};
use crate::character::{SetStat, Settable, Stats};
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::{InRoom, Relocate};
use crate::world::Atlas;

/// Gives bodies to those who come without one, and puts right what a save has wrong.
pub(super) fn embody(
    mut arrived: MessageReader<Arrived>,
    mut bodies: Query<(&Stats, Option<&mut Vitals>, &mut Posture, Option<&InRoom>)>,
    atlas: Res<Atlas>,
    mut relocate: MessageWriter<Relocate>,
    mut commands: Commands<'_, '_>,
) {
    for Arrived { actor, .. } in arrived.read() {
        let Ok((stats, vitals, mut posture, place)) = bodies.get_mut(*actor) else {
            continue;
        };
        let (max_dp, max_mp) = (stats.max_dp(), stats.max_mp());
        let Some(mut vitals) = vitals else {
            let vitals = Vitals::full(max_dp, max_mp);
            commands.entity(*actor).try_insert(vitals);
            continue;
        };
        let now = vitals.within(max_dp, max_mp);
        write(&mut vitals, &mut posture, now);
        // The limbo of their death may be gone from the world.
        if now.condition() == Condition::Dead
            && let Some(limbo) = atlas.limbo_room()
            && place.is_none_or(|place| place.0 != limbo)
        {
            relocate.write(Relocate {
                actor: *actor,
                to: limbo,
                way: None,
            });
        }
    }
}

/// Keeps points within bounds that have moved.
pub(super) fn refit(
    mut set: MessageReader<SetStat>,
    ids: Query<&StableId>,
    mut bodies: Query<(&Stats, &mut Vitals, &mut Posture, Option<&InRoom>)>,
    mut changed: MessageWriter<VitalsChanged>,
    mut taken: MessageWriter<PostureTaken>,
    mut queue: Local<Vec<(StableId, Entity)>>,
) {
    // Stats move in no other way, and nobody else need be looked at.
    let set = set
        .read()
        .filter(|one| matches!(one.stat, Settable::Base(_)));
    queue.extend(set.filter_map(|one| Some((*ids.get(one.actor).ok()?, one.actor))));
    // In the order of ids, not in that in which they were set.
    queue.sort_unstable();
    queue.dedup();
    for (_, body) in queue.drain(..) {
        let Ok((stats, mut vitals, mut posture, place)) = bodies.get_mut(body) else {
            continue;
        };
        let (max_dp, max_mp) = (stats.max_dp(), stats.max_mp());
        let (before, now) = (*vitals, vitals.within(max_dp, max_mp));
        let room = place.map(|place| place.0);
        if write(&mut vitals, &mut posture, now) {
            let forced = true;
            taken.write(PostureTaken { body, room, forced });
        }
        if (before.dp(), before.mp()) != (now.dp(), now.mp()) {
            changed.write(VitalsChanged {
                body,
                before,
                now,
                max_dp,
                max_mp,
                room,
                cause: Cause::REFIT,
            });
        }
    }
}

/// Takes the dead to limbo, and those who are back to where one wakes.
pub(super) fn cross(
    mut changed: MessageReader<VitalsChanged>,
    atlas: Res<Atlas>,
    mut relocate: MessageWriter<Relocate>,
    mut take: MessageWriter<TakePosture>,
    mut commands: Commands<'_, '_>,
) {
    for VitalsChanged {
        body,
        before,
        now,
        room,
        ..
    } in changed.read()
    {
        let dead = |vitals: &Vitals| vitals.condition() == Condition::Dead;
        let to = match (dead(before), dead(now)) {
            (false, true) => {
                if let Some(room) = room {
                    let grave = Grave(atlas.room(*room).id.clone());
                    commands.entity(*body).try_insert(grave);
                }
                atlas.limbo_room()
            }
            (true, false) => {
                take.write(TakePosture {
                    body: *body,
                    posture: Posture::Standing,
                });
                Some(atlas.respawn_room())
            }
            _ => None,
        };
        if let Some(to) = to {
            relocate.write(Relocate {
                actor: *body,
                to,
                way: None,
            });
        }
    }
}

/// Keeps those who have no strength left from doing anything.
pub(crate) fn held(vitals: &Vitals) -> Option<Refusal> {
    let words = match vitals.condition() {
        Condition::Able => return None,
        Condition::Wounded => "You are mortally wounded, and can't so much as lift a hand.",
        Condition::Dead => "You are dead. Type \"respawn\" to come back.",
    };
    Some(Refusal::new(Code::GameLogicError, words))
}

/// `respawn`
#[derive(Message, Debug)]
pub(super) struct Respawn(Order);

impl Verb for Respawn {
    const WORDS: &'static [&'static str] = &["respawn"];
    const USAGE: &'static str = "respawn";
    const HELP: &'static str = "Brings you back from the dead, whole and on your feet, to where one wakes. Only the dead have a use for it.";
    const LASTS: bool = true;
    const NEEDS: Needs = Needs::NOTHING;

    fn read(order: Order, _: Words<'_>) -> Result<Self, Usage> {
        Ok(Self(order))
    }
}

pub(super) fn respawn(
    mut asked: MessageReader<Respawn>,
    bodies: Query<(&Vitals, &Stats)>,
    mut adjust: MessageWriter<AdjustVitals>,
    mut answers: MessageWriter<Answer>,
) {
    for Respawn(order) in asked.read() {
        answers.write(match bodies.get(order.actor) {
            Ok((vitals, stats)) if vitals.condition() == Condition::Dead => {
                let points = i32::from(stats.max_dp()) - i32::from(vitals.dp());
                adjust.write(AdjustVitals {
                    body: order.actor,
                    change: Change::Determination(points),
                    cause: Cause::RESPAWN,
                });
                Answer::with(*order, "You follow the sound of running water back.")
            }
            _ => Answer::refused(*order, Code::GameLogicError, "You are not dead."),
        });
    }
}
