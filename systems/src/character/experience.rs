//! Experience, and the levels it makes.

use bevy_ecs::entity::EntityHashMap;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::{PlayerUpdate, Rules, SetStat, Settable};
use crate::exploration::Discovered;

/// How many points of experience somebody has.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct Experience(u32);

impl Experience {
    /// The points.
    #[must_use]
    pub const fn points(self) -> u32 {
        self.0
    }
}

/// The points at which each level begins; level 1 begins at none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels(Vec<u32>);

impl Levels {
    /// Level L above the first begins at ⌊scale · ln(1 + growth · L)⌋ points; there are `cap` of
    /// them.
    pub(super) fn of(scale: f64, growth: f64, cap: u16) -> Self {
        let begins = |level: u16| (scale * (growth * f64::from(level)).ln_1p()).floor() as u32;
        Self(
            (1..=cap.max(1))
                .map(|level| if level == 1 { 0 } else { begins(level) })
                .collect(),
        )
    }

    /// The level of somebody with so many points, counted from 1.
    #[must_use]
    pub fn level(&self, experience: Experience) -> usize {
        self.0
            .partition_point(|begins| *begins <= experience.0)
            .max(1)
    }

    /// The points at which the level after `level` begins, if there is one.
    #[must_use]
    pub fn next(&self, level: usize) -> Option<u32> {
        self.0.get(level).copied()
    }
}

impl Default for Levels {
    fn default() -> Self {
        Self::of(100.0, 10.0, 1_000)
    }
}

/// Somebody has learnt something: the one way in which experience grows.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earn {
    /// Who.
    pub actor: Entity,
    /// How many points.
    pub points: u32,
}

/// Somebody's experience is another now.
#[derive(Message, Clone, Copy, Debug)]
pub(super) struct Earned {
    actor: Entity,
    before: Experience,
    now: Experience,
}

/// Whoever sees a room for the first time has learnt something.
pub(super) fn explore(
    mut discovered: MessageReader<Discovered>,
    rules: Res<Rules>,
    mut earn: MessageWriter<Earn>,
) {
    let found = discovered.read().filter(|_| rules.discovery > 0);
    earn.write_batch(found.map(|Discovered { actor, .. }| Earn {
        actor: *actor,
        points: rules.discovery,
    }));
}

pub(super) fn earn(
    mut wanted: MessageReader<Earn>,
    mut people: Query<&mut Experience>,
    mut earned: MessageWriter<Earned>,
) {
    for Earn { actor, points } in wanted.read() {
        let Ok(mut experience) = people.get_mut(*actor) else {
            continue;
        };
        let before = *experience;
        let now = Experience(before.0.saturating_add(*points));
        if experience.set_if_neq(now) {
            let actor = *actor;
            earned.write(Earned { actor, before, now });
        }
    }
}

pub(super) fn set(
    mut wanted: MessageReader<SetStat>,
    mut people: Query<&mut Experience>,
    mut earned: MessageWriter<Earned>,
) {
    for SetStat { actor, stat, value } in wanted.read() {
        let (Settable::Experience, Ok(mut experience)) = (*stat, people.get_mut(*actor)) else {
            continue;
        };
        let before = *experience;
        let now = Experience(u32::try_from(*value).unwrap_or(0));
        if experience.set_if_neq(now) {
            let actor = *actor;
            earned.write(Earned { actor, before, now });
        }
    }
}

/// Tells people what they have learnt, once a tick.
pub(super) fn tell(
    mut earned: MessageReader<Earned>,
    people: Query<(&StableId, &Online)>,
    rules: Res<Rules>,
    mut outbox: ResMut<Outbox>,
    mut latest: Local<Vec<Earned>>,
    mut places: Local<EntityHashMap<usize>>,
) {
    for one in earned.read() {
        let place = *places.entry(one.actor).or_insert(latest.len());
        match latest.get_mut(place) {
            Some(known) => known.now = one.now,
            None => latest.push(*one),
        }
    }
    places.clear();
    for Earned { actor, before, now } in latest.drain(..) {
        if let Ok((id, online)) = people.get(actor) {
            let (was, level) = (rules.levels.level(before), rules.levels.level(now));
            let note = PlayerUpdate::experience(*id, now.points(), level, level > was);
            outbox.tell_one(online.session, note);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_begin_where_the_curve_says() {
        let levels = Levels::default();
        let level = |points| levels.level(Experience(points));
        assert_eq!([level(0), level(303), level(304), level(343)], [1, 1, 2, 3]);
        assert_eq!(level(u32::MAX), 1_000);
        assert_eq!((levels.next(1), levels.next(1_000)), (Some(304), None));
    }
}
