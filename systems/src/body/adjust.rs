//! The one door: every change of a body's points is settled here.

use engine::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Condition, POINT, Resting, Vitals};
use crate::character::{SetStat, Settable, Stats};
use crate::place::{InRoom, Posture, PostureTaken};
use crate::world::RoomIx;

/// Hurt, heal, spend or restore: the one way in which a body's points change. What would leave
/// their bounds is lost. The dead are only brought back by [`VitalsCause::RESPAWN`].
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdjustVitals {
    /// Whose.
    pub body: Entity,
    /// Which, and by how much.
    pub change: PointsChange,
    /// Why.
    pub cause: VitalsCause,
    /// By whom, if it is anybody's deed.
    pub by: Option<Entity>,
}

/// A change of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointsChange {
    /// Determination points; what is negative hurts.
    Determination(i32),
    /// Magic in billionths of a point; what is negative is spent.
    Magic(i64),
    /// Just so many determination points, or as many as the body can have.
    DeterminationTo(i16),
    /// Just so many magic points, or as many as the body can have.
    MagicTo(i16),
}

impl PointsChange {
    /// What a body comes to by it.
    fn of(self, before: Vitals, max_dp: i16, max_mp: i16) -> Vitals {
        let up_to = |points: i16, now: i16| i32::from(points) - i32::from(now);
        match self {
            Self::Determination(points) => before.shifted(points, max_dp, max_mp),
            Self::DeterminationTo(points) => {
                before.shifted(up_to(points, before.dp()), max_dp, max_mp)
            }
            Self::Magic(nano) => before.charged(nano, max_dp, max_mp),
            Self::MagicTo(points) => {
                let nano = i64::from(up_to(points, before.mp())) * POINT;
                before.charged(nano, max_dp, max_mp)
            }
        }
    }
}

impl AdjustVitals {
    /// Takes determination points.
    #[must_use]
    pub fn harm(body: Entity, points: u16, cause: VitalsCause) -> Self {
        let change = PointsChange::Determination(-i32::from(points));
        Self {
            body,
            change,
            cause,
            by: None,
        }
    }

    /// Gives determination points back.
    #[must_use]
    pub fn heal(body: Entity, points: u16, cause: VitalsCause) -> Self {
        let change = PointsChange::Determination(i32::from(points));
        Self {
            body,
            change,
            cause,
            by: None,
        }
    }

    /// Gives magic points, or takes them where there are less than none to give.
    #[must_use]
    pub fn magic(body: Entity, points: i32, cause: VitalsCause) -> Self {
        let change = PointsChange::Magic(i64::from(points) * POINT);
        Self {
            body,
            change,
            cause,
            by: None,
        }
    }

    /// Takes magic points.
    #[must_use]
    pub fn spend(body: Entity, points: u16, cause: VitalsCause) -> Self {
        let change = PointsChange::Magic(-i64::from(points) * POINT);
        Self {
            body,
            change,
            cause,
            by: None,
        }
    }

    /// The same as somebody's deed.
    #[must_use]
    pub fn by(self, by: Option<Entity>) -> Self {
        Self { by, ..self }
    }
}

/// Why points changed: a stable word for clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "Cause")]
pub struct VitalsCause(&'static str);

impl VitalsCause {
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
    pub cause: VitalsCause,
    /// By whom, if it is anybody's deed.
    pub by: Option<Entity>,
}

pub(crate) type BodyQuery = (
    Entity,
    &'static StableId,
    &'static Stats,
    &'static mut Vitals,
    &'static mut Posture,
    Option<&'static InRoom>,
    Option<&'static mut Resting>,
    Has<Online>,
);

/// The door itself. What asks from outside is settled when everything is; what happens by the
/// second goes through at once, because a late tick has several seconds, and each must find bodies
/// as the one before left them.
#[derive(SystemParam)]
pub(crate) struct Door<'w, 's> {
    pub(crate) bodies: Query<'w, 's, BodyQuery>,
    pub(super) changed: MessageWriter<'w, VitalsChanged>,
    taken: MessageWriter<'w, PostureTaken>,
}

impl Door<'_, '_> {
    /// Changes a body; whoever has nothing left falls.
    pub(crate) fn change(
        &mut self,
        AdjustVitals {
            body,
            change,
            cause,
            by,
        }: AdjustVitals,
    ) {
        let Ok((_, _, stats, mut vitals, mut posture, place, resting, _)) =
            self.bodies.get_mut(body)
        else {
            return;
        };
        let before = *vitals;
        let (max_dp, max_mp) = (stats.max_dp(), stats.max_mp());
        let now = change.of(before, max_dp, max_mp);
        let dead = before.condition() == Condition::Dead;
        // Only a respawn brings the dead back, and an admin's word that puts them on their feet.
        let cause = if cause == VitalsCause::SET && dead && now.condition() == Condition::Able {
            VitalsCause::RESPAWN
        } else {
            cause
        };
        if dead && cause != VitalsCause::RESPAWN {
            return;
        }
        let room = place.map(|place| place.0);
        if write(&mut vitals, &mut posture, now) {
            let forced = true;
            self.taken.write(PostureTaken { body, room, forced });
        }
        if now.dp() < before.dp()
            && let Some(mut resting) = resting
        {
            resting.disturb();
        }
        if (before.dp(), before.mp()) != (now.dp(), now.mp()) {
            self.changed.write(VitalsChanged {
                body,
                before,
                now,
                max_dp,
                max_mp,
                room,
                cause,
                by,
            });
        }
    }
}

/// Changes the bodies that are to be changed.
pub(super) fn adjust(
    mut wanted: MessageReader<AdjustVitals>,
    mut queue: Local<Vec<(StableId, AdjustVitals)>>,
    mut door: Door<'_, '_>,
) {
    let whose = |one: &AdjustVitals| door.bodies.get(one.body).ok().map(|(_, id, ..)| *id);
    queue.extend(wanted.read().filter_map(|one| Some((whose(one)?, *one))));
    // The order in which bodies lie in memory must not be heard; each body's own order stays.
    queue.sort_by_key(|(id, _)| *id);
    for (_, one) in queue.drain(..) {
        door.change(one);
    }
}

/// Sets what admins set. Points above zero bring the dead back.
pub(super) fn set(mut wanted: MessageReader<SetStat>, mut adjust: MessageWriter<AdjustVitals>) {
    for SetStat { actor, stat, value } in wanted.read() {
        let points = i16::try_from(*value).unwrap_or(i16::MAX);
        let change = match stat {
            Settable::Determination => PointsChange::DeterminationTo(points),
            Settable::Magic => PointsChange::MagicTo(points),
            Settable::Base(_) | Settable::Experience => continue,
        };
        adjust.write(AdjustVitals {
            body: *actor,
            change,
            cause: VitalsCause::SET,
            by: None,
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
