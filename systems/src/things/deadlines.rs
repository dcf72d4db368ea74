//! When things come to their end, and placements to their turn: kept in the order of time, so that a
//! tick in which nothing is due costs nothing.

use std::collections::BTreeSet;

use bevy_ecs::lifecycle::Insert;
use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::deeds::ThingDeed;
use super::place::ThingWorld;
use super::{Burning, Placement, Rot};
use crate::presence::Say;

/// What is due when. What is not any more is found out when it is.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ThingDeadlines {
    rot: BTreeSet<(WorldTime, StableId)>,
    placements: BTreeSet<(WorldTime, StableId)>,
    /// When lights go out, and some time before.
    lights: BTreeSet<(WorldTime, StableId)>,
}

pub(super) fn note_rot(
    on: On<Insert<Rot>>,
    rotting: Query<(&StableId, &Rot)>,
    mut deadlines: ResMut<ThingDeadlines>,
) {
    if let Ok((id, Rot(at))) = rotting.get(on.entity) {
        deadlines.rot.insert((*at, *id));
    }
}

pub(super) fn note_placement(
    on: On<Insert<Placement>>,
    placements: Query<(&StableId, &Placement)>,
    mut deadlines: ResMut<ThingDeadlines>,
) {
    if let Ok((id, Placement { due: Some(at) })) = placements.get(on.entity) {
        deadlines.placements.insert((*at, *id));
    }
}

/// How long before a light goes out its bearer is told.
const WARNING: Duration = Duration::from_secs(300);

pub(super) fn note_burning(
    on: On<Insert<Burning>>,
    burning: Query<(&StableId, &Burning)>,
    mut deadlines: ResMut<ThingDeadlines>,
) {
    if let Ok((id, Burning(until))) = burning.get(on.entity) {
        deadlines.lights.insert((*until, *id));
        let micros = u64::try_from(WARNING.as_micros()).unwrap_or(u64::MAX);
        if let Some(before) = until.0.checked_sub(micros) {
            deadlines.lights.insert((WorldTime(before), *id));
        }
    }
}

/// Takes what is due by now.
fn take_due(
    all: &mut BTreeSet<(WorldTime, StableId)>,
    now: WorldTime,
) -> Vec<(WorldTime, StableId)> {
    let due = all.extract_if(.., |(at, _)| *at <= now);
    due.collect()
}

impl ThingDeadlines {
    fn is_due(all: &BTreeSet<(WorldTime, StableId)>, now: WorldTime) -> bool {
        all.first().is_some_and(|(at, _)| *at <= now)
    }

    /// The placements whose turn it is.
    pub(super) fn placements_due(
        deadlines: &mut ResMut<'_, Self>,
        now: WorldTime,
    ) -> Vec<StableId> {
        if !Self::is_due(&deadlines.placements, now) {
            return Vec::new();
        }
        let due = take_due(&mut deadlines.placements, now);
        due.into_iter().map(|(_, id)| id).collect()
    }
}

/// Lets go what has lain there long enough.
pub(super) fn rot(
    mut deadlines: ResMut<ThingDeadlines>,
    rotting: Query<&Rot>,
    index: Res<Index>,
    clock: Res<Clock>,
    mut deeds: MessageWriter<ThingDeed>,
) {
    if !ThingDeadlines::is_due(&deadlines.rot, clock.now) {
        return;
    }
    for (at, id) in take_due(&mut deadlines.rot, clock.now) {
        let thing = index.get(id);
        let still = thing.filter(|thing| rotting.get(*thing).is_ok_and(|rot| rot.0 == at));
        if let Some(thing) = still {
            deeds.write(ThingDeed::Rot { thing });
        }
    }
}

/// Lets lights go out that have burned down, and warns of those that will.
pub(super) fn gutter(
    mut deadlines: ResMut<ThingDeadlines>,
    world: ThingWorld<'_, '_>,
    mut deeds: MessageWriter<ThingDeed>,
    mut say: MessageWriter<Say>,
) {
    let now = world.clock.now;
    if !ThingDeadlines::is_due(&deadlines.lights, now) {
        return;
    }
    for (at, id) in take_due(&mut deadlines.lights, now) {
        let view = world.index.get(id).and_then(|thing| world.view(thing));
        let Some((view, until)) = view.and_then(|view| Some((view, view.burning?))) else {
            continue;
        };
        let (thing, name) = (view.entity, view.name);
        let bearer = world.root(thing).map(|(_, root)| root);
        let told = bearer.filter(|root| *root != thing);
        let text = if until <= now {
            let (lit, fuel) = (Some(false), 0);
            deeds.write(ThingDeed::Kindle { thing, lit, fuel });
            format!("The {name} goes out.")
        } else if at.plus(WARNING) == until {
            format!("The {name} burns low.")
        } else {
            continue;
        };
        say.write_batch(told.map(|who| Say::to(who, text)));
    }
}
