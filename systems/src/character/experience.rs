//! Experience, and the levels it makes.

use bevy_ecs::entity::EntityHashMap;
use engine::prelude::*;
use schemars::JsonSchema;
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

/// The points at which each level begins, the first at 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "LevelKeys", into = "LevelKeys")]
pub struct Levels {
    keys: LevelKeys,
    begins: Vec<u32>,
}

/// How levels are written: level L above the first begins at ⌊scale · (L - 1) ^ growth⌋ points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct LevelKeys {
    /// level L above the first begins at `scale * (L - 1) ^ growth` points of experience
    #[schemars(range(min = 1, max = 1_000_000))]
    scale: f64,
    /// see `levels.scale`
    #[schemars(range(min = 1, max = 3))]
    growth: f64,
    /// the last level
    #[schemars(range(min = 1, max = 1000))]
    cap: u16,
}

impl Default for LevelKeys {
    fn default() -> Self {
        Self {
            scale: 30.0,
            growth: 1.5,
            cap: 1_000,
        }
    }
}

impl From<LevelKeys> for Levels {
    fn from(keys: LevelKeys) -> Self {
        let LevelKeys { scale, growth, cap } = keys;
        let begins = |level: u16| match level {
            1 => 0,
            _ => (scale * f64::from(level - 1).powf(growth)).floor() as u32,
        };
        // A cap out of bounds is a mistake that is told.
        let begins = (1..=cap.clamp(1, 1_000)).map(begins).collect();
        Self { keys, begins }
    }
}

impl From<Levels> for LevelKeys {
    fn from(levels: Levels) -> Self {
        levels.keys
    }
}

impl Levels {
    /// The level of somebody with so many points, counted from 1.
    #[must_use]
    pub fn level(&self, experience: Experience) -> usize {
        self.begins
            .partition_point(|begins| *begins <= experience.0)
            .max(1)
    }

    /// The points at which the level after `level` begins, if there is one.
    #[must_use]
    pub fn next(&self, level: usize) -> Option<u32> {
        self.begins.get(level).copied()
    }

    /// The line of `status`.
    pub(super) fn words(&self, learnt: Experience) -> String {
        let level = self.level(learnt);
        let next = self.next(level);
        let next = next.map_or_else(String::new, |next| format!(", the next at {next}"));
        format!("Level: {level} ({} experience{next})", learnt.points())
    }
}

impl Default for Levels {
    fn default() -> Self {
        Self::from(LevelKeys::default())
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
    let found = discovered.read().filter(|_| rules.experience.discovery > 0);
    earn.write_batch(found.map(|Discovered { actor, .. }| Earn {
        actor: *actor,
        points: rules.experience.discovery,
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
        assert_eq!([level(0), level(29), level(30), level(84)], [1, 1, 2, 3]);
        assert_eq!(level(u32::MAX), 1_000);
        assert_eq!((levels.next(1), levels.next(1_000)), (Some(30), None));
    }
}
