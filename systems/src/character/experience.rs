//! Experience, and the levels it makes.

use std::collections::BTreeSet;

use bevy_ecs::entity::EntityHashMap;
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PlayerUpdate, Rules, SetStat, Settable, Stats};
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
    /// determination points that each level above the first gives
    #[schemars(range(min = 0, max = 10))]
    determination: u8,
    /// the most determination points that levels give together
    #[schemars(range(min = 0, max = 100))]
    determination_max: u8,
}

impl Default for LevelKeys {
    fn default() -> Self {
        Self {
            scale: 30.0,
            growth: 1.5,
            cap: 1_000,
            determination: 1,
            determination_max: 20,
        }
    }
}

impl From<LevelKeys> for Levels {
    fn from(keys: LevelKeys) -> Self {
        let LevelKeys {
            scale, growth, cap, ..
        } = keys;
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

    /// The determination points that somebody with so many points has from it.
    fn grit(&self, experience: Experience) -> u8 {
        let each = usize::from(self.keys.determination);
        let grit = each * (self.level(experience) - 1);
        u8::try_from(grit)
            .unwrap_or(u8::MAX)
            .min(self.keys.determination_max)
    }

    /// The line of `status`.
    pub(super) fn words(&self, learnt: Experience, title: Option<&str>) -> String {
        let level = self.level(learnt);
        let next = self.next(level);
        let next = next.map_or_else(String::new, |next| format!(", the next at {next}"));
        let title = title.map_or_else(String::new, |title| format!(", {title}"));
        format!(
            "Level: {level} ({} experience{next}){title}",
            learnt.points()
        )
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

/// What a character has read, so that each of it teaches once. Saved; bounded by what the world has
/// to read, or else by [`READINGS_MAX`].
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct Readings(BTreeSet<String>);

/// The most of it that is remembered; beyond it nothing new is learnt by reading.
const READINGS_MAX: usize = 1_000;

/// Somebody has read something.
#[derive(Message, Clone, Debug)]
pub struct HasRead {
    /// Who.
    pub actor: Entity,
    /// What, by a name that lasts.
    pub what: String,
}

/// Whoever reads something for the first time has learnt something.
pub(super) fn peruse(
    mut read: MessageReader<HasRead>,
    rules: Res<Rules>,
    mut people: Query<&mut Readings>,
    mut earn: MessageWriter<Earn>,
) {
    let points = rules.experience.reading;
    for HasRead { actor, what } in read.read() {
        let Ok(mut readings) = people.get_mut(*actor) else {
            continue;
        };
        // Asked first, because writing would save the whole set with every line read.
        let full = readings.0.len() >= READINGS_MAX;
        if points == 0 || full || readings.0.contains(what) {
            continue;
        }
        readings.0.insert(what.clone());
        let actor = *actor;
        earn.write(Earn { actor, points });
    }
}

/// Gives people the determination of their level.
pub(super) fn harden(
    mut earned: MessageReader<Earned>,
    mut newcomers: Newcomers<'_, '_>,
    mut people: Query<(&Experience, &mut Stats)>,
    rules: Res<Rules>,
) {
    let fit = |(experience, mut stats): (&Experience, Mut<'_, Stats>)| {
        let now = stats.hardened(rules.levels.grit(*experience));
        stats.set_if_neq(now);
    };
    let earned = earned.read().map(|one| one.actor);
    let came = newcomers.read().into_iter().map(|(_, actor)| actor);
    let due: Vec<Entity> = came.chain(earned).collect();
    if rules.is_changed() {
        // Levels may give otherwise now.
        people.iter_mut().for_each(fit);
        return;
    }
    for actor in due {
        if let Ok(known) = people.get_mut(actor) {
            fit(known);
        }
    }
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
    people: Query<(&StableId, &Online, Option<&Stats>)>,
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
        if let Ok((id, online, stats)) = people.get(actor) {
            let (was, level) = (rules.levels.level(before), rules.levels.level(now));
            let mut note = PlayerUpdate::experience(*id, now.points(), level, level > was);
            if level != was {
                let title = rules
                    .title(level)
                    .filter(|title| rules.title(was) != Some(*title));
                note = note.of_level(title, stats.map(Stats::max_dp));
            }
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
