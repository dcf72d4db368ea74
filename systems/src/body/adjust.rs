//! The one door: every change of a body's points is settled here.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Condition, POINT, Posture, PostureTaken, Vitals};
use crate::character::{SetStat, Settable, Stats};
use crate::place::InRoom;
use crate::world::RoomIx;

/// Hurt, heal, spend or restore: the one way in which a body's points change. What would leave
/// their bounds is lost. The dead are only brought back by [`Cause::RESPAWN`].
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdjustVitals {
    /// Whose.
    pub body: Entity,
    /// Which, and by how much.
    pub change: Change,
    /// Why.
    pub cause: Cause,
}

/// A change of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Determination points; what is negative hurts.
    Determination(i32),
    /// Magic in billionths of a point; what is negative is spent.
    Magic(i64),
}

impl AdjustVitals {
    /// Takes determination points.
    #[must_use]
    pub fn harm(body: Entity, points: u16, cause: Cause) -> Self {
        let change = Change::Determination(-i32::from(points));
        Self {
            body,
            change,
            cause,
        }
    }

    /// Gives determination points back.
    #[must_use]
    pub fn heal(body: Entity, points: u16, cause: Cause) -> Self {
        let change = Change::Determination(i32::from(points));
        Self {
            body,
            change,
            cause,
        }
    }

    /// Takes magic points.
    #[must_use]
    pub fn spend(body: Entity, points: u16, cause: Cause) -> Self {
        let change = Change::Magic(-i64::from(points) * POINT);
        Self {
            body,
            change,
            cause,
        }
    }
}

/// Why points changed: a stable word for clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Cause(&'static str);

impl Cause {
    /// What the mortally wounded lose each second.
    pub const DECAY: Self = Self("decay");
    /// What a room does.
    pub const HAZARD: Self = Self("hazard");
    /// Magic that comes back by itself.
    pub const BREATH: Self = Self("regeneration");
    /// What a rest gives.
    pub const REST: Self = Self("rest");
    /// Back from the dead.
    pub const RESPAWN: Self = Self("respawn");
    /// The body became a smaller one.
    pub const REFIT: Self = Self("stats");
    /// An admin's word.
    pub const SET: Self = Self("admin_set");

    /// A cause of another plugin's: a snake_case word of its own.
    #[must_use]
    pub const fn new(word: &'static str) -> Self {
        Self(word)
    }

    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.0
    }
}

/// A body's points are others now. Written once per change, after it.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct VitalsChanged {
    /// Whose.
    pub body: Entity,
    /// What they were.
    pub before: Vitals,
    /// What they are.
    pub now: Vitals,
    /// The most determination points it can have.
    pub max_dp: i16,
    /// The most magic points it can have.
    pub max_mp: i16,
    /// Where it happened, if it was anywhere.
    pub room: Option<RoomIx>,
    /// Why.
    pub cause: Cause,
}

type Body = (
    &'static StableId,
    &'static Stats,
    &'static mut Vitals,
    &'static mut Posture,
    Option<&'static InRoom>,
);

/// Changes the bodies that are to be changed; whoever has nothing left falls.
pub(super) fn adjust(
    mut wanted: MessageReader<AdjustVitals>,
    mut bodies: Query<Body>,
    mut queue: Local<Vec<(StableId, AdjustVitals)>>,
    mut changed: MessageWriter<VitalsChanged>,
    mut taken: MessageWriter<PostureTaken>,
) {
    let whose = |one: &AdjustVitals| bodies.get(one.body).ok().map(|(id, ..)| *id);
    queue.extend(wanted.read().filter_map(|one| Some((whose(one)?, *one))));
    // The order in which bodies lie in memory must not be heard; each body's own order stays.
    queue.sort_by_key(|(id, _)| *id);
    for (
        _,
        AdjustVitals {
            body,
            change,
            cause,
        },
    ) in queue.drain(..)
    {
        let Ok((_, stats, mut vitals, mut posture, place)) = bodies.get_mut(body) else {
            continue;
        };
        let before = *vitals;
        if before.condition() == Condition::Dead && cause != Cause::RESPAWN {
            continue;
        }
        let (max_dp, max_mp) = (stats.max_dp(), stats.max_mp());
        let now = match change {
            Change::Determination(points) => before.shifted(points, max_dp, max_mp),
            Change::Magic(nano) => before.charged(nano, max_dp, max_mp),
        };
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
                cause,
            });
        }
    }
}

/// Sets what admins set. Points above zero bring the dead back.
pub(super) fn set(
    mut wanted: MessageReader<SetStat>,
    bodies: Query<&Vitals>,
    mut adjust: MessageWriter<AdjustVitals>,
) {
    for SetStat { actor, stat, value } in wanted.read() {
        let Ok(vitals) = bodies.get(*actor) else {
            continue;
        };
        let change = match stat {
            Settable::Determination => {
                Change::Determination(value.saturating_sub(i32::from(vitals.dp())))
            }
            Settable::Magic => {
                let has = i64::from(vitals.mp()) * POINT;
                Change::Magic(i64::from(*value) * POINT - has)
            }
            Settable::Base(_) | Settable::Experience => continue,
        };
        let raises = matches!(change, Change::Determination(_)) && *value > 0;
        let dead = vitals.condition() == Condition::Dead;
        adjust.write(AdjustVitals {
            body: *actor,
            change,
            cause: if dead && raises {
                Cause::RESPAWN
            } else {
                Cause::SET
            },
        });
    }
}

/// Writes a body's points; answers whether they made it fall. What is less than a point is no
/// reason to save.
pub(super) fn write(
    vitals: &mut Mut<'_, Vitals>,
    posture: &mut Mut<'_, Posture>,
    now: Vitals,
) -> bool {
    if (vitals.dp(), vitals.mp()) == (now.dp(), now.mp()) {
        *vitals.bypass_change_detection() = now;
    } else {
        **vitals = now;
    }
    now.condition() != Condition::Able && posture.set_if_neq(Posture::Lying)
}
