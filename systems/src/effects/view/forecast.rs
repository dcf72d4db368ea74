//! What a run has changed so far, before owners have written it.

use std::collections::BTreeMap;

use engine::prelude::*;

use super::Scene;
use crate::body::Vitals;
use crate::flags::FlagOwner;
use crate::place::Posture;
use crate::world::RoomIx;

/// Somebody as a list leaves them.
#[derive(Clone, Copy, Debug)]
pub(in crate::effects) struct PersonForecast {
    /// Determination and its most; `None`: no body.
    pub(in crate::effects) dp: Option<(i16, i16)>,
    pub(in crate::effects) mp: i16,
    pub(in crate::effects) max_mp: i16,
    pub(in crate::effects) lucidity: Option<i16>,
    pub(in crate::effects) posture: Posture,
    pub(in crate::effects) room: Option<RoomIx>,
    pub(in crate::effects) learns: bool,
    /// With how many points left somebody is dead.
    pub(in crate::effects) dead_at: i16,
}

impl PersonForecast {
    pub(in crate::effects) fn is_dead(&self) -> bool {
        self.dp.is_some_and(|(dp, _)| dp <= self.dead_at)
    }

    pub(in crate::effects) fn is_down(&self) -> bool {
        self.dp.is_some_and(|(dp, _)| dp <= 0)
    }

    /// Changes determination as its owner will; answers by how much.
    pub(in crate::effects) fn shift_dp(&mut self, points: i32) -> i32 {
        let Some((dp, most)) = self.dp else {
            return 0;
        };
        let now = (i32::from(dp) + points).clamp(Vitals::FLOOR.into(), most.into());
        let now = i16::try_from(now).unwrap_or(dp);
        self.dp = Some((now, most));
        if now <= 0 {
            self.posture = Posture::Lying;
        }
        i32::from(now) - i32::from(dp)
    }
}

/// What a run has changed so far.
#[derive(Default)]
pub(in crate::effects) struct Forecast {
    /// Conditions that come or go.
    pub(super) conditions: BTreeMap<(Entity, String), bool>,
    pub(super) people: BTreeMap<Entity, PersonForecast>,
    pub(super) flags: BTreeMap<(FlagOwner, String), i64>,
    /// How many more of a prototype somebody has, or fewer.
    pub(super) things: BTreeMap<(Entity, String), i64>,
}

impl Scene<'_, '_, '_> {
    /// A condition will be upon somebody, or not.
    pub(in crate::effects) fn expect_condition(&mut self, who: Entity, id: &str, is: bool) {
        self.forecast.conditions.insert((who, id.to_owned()), is);
    }

    /// Whether a condition is upon somebody by now.
    pub(in crate::effects) fn has_condition(&self, who: Entity, id: &str) -> bool {
        let known = self.forecast.conditions.get(&(who, id.to_owned()));
        known
            .copied()
            .unwrap_or_else(|| self.view.ailing.has(who, id))
    }

    /// Whether an owner has room for a key, with those that this run has added.
    pub(in crate::effects) fn flag_has_room(&self, owner: FlagOwner, key: &str) -> bool {
        let flags = &self.view.flags;
        let first = (owner, String::new());
        let of_owner = self.forecast.flags.range(first..);
        let of_owner = of_owner.take_while(|((one, _), _)| *one == owner);
        let fresh = of_owner.filter(|((_, other), count)| {
            other != key && **count != 0 && flags.get(owner, other) == 0
        });
        flags.has_room(owner, key, fresh.count())
    }

    /// So much will be counted under a key.
    pub(in crate::effects) fn expect_count(&mut self, owner: FlagOwner, key: &str, count: i64) {
        self.forecast.flags.insert((owner, key.to_owned()), count);
    }

    /// How many more of a prototype somebody has by now, or fewer.
    pub(in crate::effects) fn expected_things(&self, who: Entity, sort: &str) -> i64 {
        let known = self.forecast.things.get(&(who, sort.to_owned()));
        known.copied().unwrap_or(0)
    }

    /// Somebody will have so many more of a prototype, or fewer.
    pub(in crate::effects) fn expect_things(&mut self, who: Entity, sort: &str, more: i64) {
        let known = self.forecast.things.entry((who, sort.to_owned()));
        *known.or_default() += more;
    }
}
