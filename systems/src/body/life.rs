//! Bodies come into being, die, and come back.

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::adjust::write;
use super::vitals::Grave;
use super::{
    AdjustVitals, Condition, PointsChange, TakePosture, Vitals, VitalsCause, VitalsChanged,
};
use crate::character::{SetStat, Settable, Stats};
use crate::command::{Needs, Usage, Verb, Words};
use crate::place::{Creature, InRoom, Posture, PostureTaken, Relocate};
use crate::world::{Atlas, RoomIx, RoomMap};

/// Who has a body.
type Incarnate = Or<(With<Online>, With<Creature>)>;

/// Gives bodies to those who come without one, and puts right what a save has wrong.
pub(super) fn embody(
    unborn: Query<(Entity, &Stats, Has<Creature>), (Incarnate, Without<Vitals>)>,
    mut newcomers: Newcomers<'_, '_>,
    mut bodies: Query<(&Stats, &mut Vitals, &mut Posture, Option<&InRoom>)>,
    mut ferry: Ferry<'_, '_>,
) {
    for (actor, stats, creature) in &unborn {
        let vitals = Vitals::full(stats.max_dp(), stats.max_mp());
        let mut actor = ferry.commands.entity(actor);
        actor.try_insert(vitals);
        if creature {
            actor.try_insert(Posture::default());
        }
    }
    for (_, actor) in newcomers.read() {
        let Ok((stats, mut vitals, mut posture, place)) = bodies.get_mut(actor) else {
            continue;
        };
        let now = vitals.within(stats.max_dp(), stats.max_mp());
        write(&mut vitals, &mut posture, now);
        // The limbo of their death may be gone from the world.
        ferry.take_if_dead(actor, &now, place);
    }
}

/// Where a body is to be, because it died or came back. It is asked for again and again, because
/// whoever moves people may be left out for a while. Transient: the dead who come are taken anew.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Bound(RoomIx);

impl Bound {
    /// The same over another atlas; `false`: the place is gone.
    pub(super) fn carry(&mut self, map: &RoomMap) -> bool {
        let to = map.get(self.0);
        self.0 = to.unwrap_or_default();
        to.is_some()
    }
}

/// What takes bodies to limbo and back.
#[derive(SystemParam)]
pub(super) struct Ferry<'w, 's> {
    atlas: Res<'w, Atlas>,
    relocate: MessageWriter<'w, Relocate>,
    commands: Commands<'w, 's>,
}

impl Ferry<'_, '_> {
    fn take(&mut self, actor: Entity, to: RoomIx) {
        self.commands.entity(actor).try_insert(Bound(to));
        self.relocate.write(Relocate::to(actor, to));
    }

    fn take_if_dead(&mut self, actor: Entity, vitals: &Vitals, place: Option<&InRoom>) {
        if vitals.condition() == Condition::Dead
            && let Some(limbo) = self.atlas.limbo_room()
            && place.is_none_or(|place| place.0 != limbo)
        {
            self.take(actor, limbo);
        }
    }
}

/// Takes the dead to limbo whose crossing was broken off.
pub(super) fn bury(
    bodies: Query<(&StableId, Entity, &Vitals, &InRoom), Without<Creature>>,
    mut ferry: Ferry<'_, '_>,
) {
    // In no order of memory: it would be heard.
    let mut bodies: Vec<_> = bodies.iter().collect();
    bodies.sort_unstable_by_key(|(id, ..)| **id);
    for (_, actor, vitals, place) in bodies {
        ferry.take_if_dead(actor, vitals, Some(place));
    }
}

/// Asks once more for those who are not yet where they are to be.
pub(super) fn urge(
    bound: Query<(&StableId, Entity, &Bound)>,
    mut relocate: MessageWriter<Relocate>,
) {
    let mut bound: Vec<_> = bound.iter().map(|(id, one, to)| (*id, one, to.0)).collect();
    bound.sort_unstable();
    let bound = bound.into_iter();
    relocate.write_batch(bound.map(|(_, actor, to)| Relocate::to(actor, to)));
}

/// Lets those be who are where they were to be.
pub(super) fn land(bound: Query<(Entity, &Bound, &InRoom)>, mut commands: Commands<'_, '_>) {
    for (body, to, place) in &bound {
        if place.0 == to.0 {
            commands.entity(body).try_remove::<Bound>();
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
                cause: VitalsCause::REFIT,
                by: None,
            });
        }
    }
}

/// Takes the dead to limbo, and those who are back to where one wakes.
pub(super) fn cross(
    mut changed: MessageReader<VitalsChanged>,
    creatures: Query<(), With<Creature>>,
    mut ferry: Ferry<'_, '_>,
    mut take: MessageWriter<TakePosture>,
) {
    for VitalsChanged {
        body,
        before,
        now,
        room,
        ..
    } in changed.read()
    {
        // Creatures have no limbo.
        if creatures.contains(*body) {
            continue;
        }
        let dead = |vitals: &Vitals| vitals.condition() == Condition::Dead;
        let to = match (dead(before), dead(now)) {
            (false, true) => {
                if let Some(room) = room {
                    let grave = Grave(ferry.atlas.room(*room).id.clone());
                    ferry.commands.entity(*body).try_insert(grave);
                }
                ferry.atlas.limbo_room()
            }
            (true, false) => {
                take.write(TakePosture {
                    body: *body,
                    posture: Posture::Standing,
                });
                Some(ferry.atlas.respawn_room())
            }
            _ => None,
        };
        if let Some(to) = to {
            ferry.take(*body, to);
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
    const WHOLE: bool = true;
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
    mut returns: MessageWriter<Returns>,
    mut answers: MessageWriter<Answer>,
) {
    for Respawn(order) in asked.read() {
        match bodies.get(order.actor) {
            Ok((vitals, stats)) if vitals.condition() == Condition::Dead => {
                let points = i32::from(stats.max_dp()) - i32::from(vitals.dp());
                adjust.write(AdjustVitals {
                    body: order.actor,
                    change: PointsChange::Determination(points),
                    cause: VitalsCause::RESPAWN,
                    by: None,
                });
                returns.write(Returns(*order));
            }
            _ => {
                let message = "You are not dead.";
                answers.write(Answer::refused(*order, Code::GameLogicError, message));
            }
        }
    }
}

/// Somebody asked to come back from the dead, and is answered when their body is what it will be.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct Returns(Order);

/// Answers those who came back, or did not. After all that changes bodies.
pub(super) fn returned(
    mut returns: MessageReader<Returns>,
    bodies: Query<&Vitals>,
    mut answers: MessageWriter<Answer>,
) {
    for Returns(order) in returns.read() {
        answers.write(match bodies.get(order.actor).ok().and_then(held) {
            None => Answer::with(*order, "You follow the sound of running water back."),
            Some(refusal) => Answer::refusal(*order, refusal),
        });
    }
}
