//! What each room does to a mind, looked up once: a dense table per period.

use engine::prelude::*;

use super::NANO;
use super::rules::{Profile, Rules};
use crate::world::{Atlas, RoomIx};

/// The flux of every room by day and by night, and the name each room keeps.
#[derive(Resource, Clone, Debug)]
pub(super) struct Ground {
    rooms: Vec<Plot>,
    /// Where those wake who are carried off.
    pub(super) foyer: RoomIx,
}

/// One room, together, because one look at it needs it all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plot {
    /// In billionths of a point per Mythos minute, by night and by day.
    flux: [i64; 2],
    /// The room's stable id.
    pub(super) id: StableId,
}

impl Plot {
    pub(super) const fn flux(&self, day: bool) -> i64 {
        self.flux[day as usize]
    }
}

impl Ground {
    /// Looks up every room. A drain rate above the rules' greatest counts as that, with a warning.
    pub(super) fn of(rules: &Rules, atlas: &Atlas) -> Self {
        let plot = |(ix, room): (RoomIx, &crate::world::Room)| Plot {
            flux: [false, true].map(|day| nano(flux(rules, atlas, ix, day))),
            id: StableId::named(&room.id),
        };
        warn_of_great_drains(rules, atlas);
        Self {
            rooms: atlas.rooms().map(plot).collect(),
            foyer: atlas.default_room(),
        }
    }

    pub(super) const fn rooms(&self) -> usize {
        self.rooms.len()
    }

    pub(super) fn plot(&self, room: RoomIx) -> &Plot {
        &self.rooms[room.index()]
    }
}

/// The whole number of billionths nearest to a flux.
pub(super) fn nano(points: f64) -> i64 {
    // The rules keep every flux within ±100, far inside an i64.
    (points * NANO).round() as i64
}

/// The flux of a room in points per Mythos minute: the first rule that names the place, and
/// instead of it the drain rate of the sub-zone or else the zone, where there is one.
fn flux(rules: &Rules, atlas: &Atlas, ix: RoomIx, day: bool) -> f64 {
    let (sub_zone, zone) = (atlas.sub_zone(ix), atlas.zone(ix));
    if let Some(rate) = sub_zone.drain_rate.or(zone.drain_rate) {
        return -rate.min(rules.drain_rate_max);
    }
    let room = atlas.room(ix);
    let profile = rules
        .rooms
        .get(&room.id)
        .or_else(|| rules.sub_zones.get(&sub_zone.id))
        .or_else(|| rules.sub_zones.get(&zone.id))
        .or_else(|| rules.environments.get(atlas.environment(room.environment)));
    profile
        .and_then(|profile| profile.by(day))
        .unwrap_or(rules.default)
}

impl Profile {
    fn by(&self, day: bool) -> Option<f64> {
        if day { self.day } else { self.night }.or(self.all)
    }
}

fn warn_of_great_drains(rules: &Rules, atlas: &Atlas) {
    let mut seen = Vec::new();
    for (ix, _) in atlas.rooms() {
        let (sub_zone, zone) = (atlas.sub_zone(ix), atlas.zone(ix));
        let key = match (sub_zone.drain_rate, zone.drain_rate) {
            (Some(rate), _) => (&zone.id, Some(&sub_zone.id), rate),
            (None, Some(rate)) => (&zone.id, None, rate),
            (None, None) => continue,
        };
        if key.2 > rules.drain_rate_max && !seen.contains(&key) {
            tracing::warn!(
                zone = %key.0,
                sub_zone = key.1.map(String::as_str),
                rate = key.2,
                counts_as = rules.drain_rate_max,
                "a lucidity drain rate is too great to be meant"
            );
            seen.push(key);
        }
    }
}
