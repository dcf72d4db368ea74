//! What each room does to a mind, looked up once: a dense table per period.

use engine::content::{Content, Section, Sections};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::NANO;
use super::rules::{Profile, Rules};
use crate::world::{Atlas, RoomIx};

/// What a zone or sub-zone has instead of what its rooms would have.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SpecialRules {
    /// what it takes from every mind each Mythos minute, instead of what the environments of its rooms do
    #[schemars(range(min = -100, max = 100))]
    lucidity_drain_rate: Option<f64>,
    /// the drain rate is taken besides what the environments of its rooms take
    #[serde(default)]
    lucidity_drain_adds: bool,
}

impl Section for SpecialRules {}

/// The drain rates of zones and sub-zones.
#[derive(Clone, Copy)]
struct Drains<'a>(Option<&'a Sections<SpecialRules>>);

impl Drains<'_> {
    /// The drain rate that holds in a room, with the sub-zone that says so, or else its zone.
    fn of(self, atlas: &Atlas, room: RoomIx) -> Option<(String, f64, bool)> {
        let (sub_zone, zone) = (atlas.sub_zone(room), atlas.zone(room));
        let subjects = [format!("{}/{}", zone.id, sub_zone.id), zone.id.clone()];
        let mut rates = subjects.into_iter().filter_map(|subject| {
            let rules = self.0?.get(&subject)?;
            Some((
                subject,
                rules.lucidity_drain_rate?,
                rules.lucidity_drain_adds,
            ))
        });
        rates.next()
    }
}

/// The flux of every room by day and by night, and the name each room keeps.
#[derive(Resource, Clone, Debug, Default)]
pub(super) struct FluxMap {
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

impl FluxMap {
    /// Looks up every room. A drain rate above the rules' greatest counts as that, with a warning.
    pub(super) fn of(content: &Content) -> Self {
        let (Some(rules), Some(atlas)) = (content.get::<Rules>(), content.get::<Atlas>()) else {
            return Self::default();
        };
        let drains = Drains(content.get());
        let plot = |(ix, room): (RoomIx, &crate::world::Room)| Plot {
            flux: [false, true].map(|day| nano(flux(rules, atlas, drains, ix, day))),
            id: StableId::named(&room.id),
        };
        warn_of_great_drains(rules, atlas, drains);
        Self {
            rooms: atlas.rooms().map(plot).collect(),
            foyer: atlas.default_room(),
        }
    }

    pub(super) fn plot(&self, room: RoomIx) -> &Plot {
        &self.rooms[room.index()]
    }
}

/// The whole number of billionths nearest to a flux.
pub(super) fn nano(points: f64) -> i64 {
    // The rules keep every flux within ±200, far inside an i64.
    (points * NANO).round() as i64
}

/// The flux of a room in points per Mythos minute: the first rule that names the place, and
/// instead of it the drain rate of the sub-zone or else the zone, where there is one; or both
/// together, where that says so and the place drains.
fn flux(rules: &Rules, atlas: &Atlas, drains: Drains<'_>, ix: RoomIx, day: bool) -> f64 {
    let own = own_flux(rules, atlas, ix, day);
    match drains.of(atlas, ix) {
        None => own,
        Some((_, rate, adds)) => {
            let besides = if adds { own.min(0.0) } else { 0.0 };
            besides - rate.min(rules.drain_rate_max)
        }
    }
}

/// What the first rule says that names the place.
fn own_flux(rules: &Rules, atlas: &Atlas, ix: RoomIx, day: bool) -> f64 {
    let (sub_zone, zone) = (atlas.sub_zone(ix), atlas.zone(ix));
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

fn warn_of_great_drains(rules: &Rules, atlas: &Atlas, drains: Drains<'_>) {
    let mut seen = Vec::new();
    for (ix, _) in atlas.rooms() {
        let Some((place, rate, _)) = drains.of(atlas, ix) else {
            continue;
        };
        if rate > rules.drain_rate_max && !seen.contains(&place) {
            tracing::warn!(
                place,
                rate,
                counts_as = rules.drain_rate_max,
                "a lucidity drain rate is too great to be meant"
            );
            seen.push(place);
        }
    }
}
