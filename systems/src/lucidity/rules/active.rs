//! The numbers of everything that happens to a mind at once: shocks, rituals, rescues.
//!
//! Spans are in seconds of world time, which runs as fast as the player's own.

use engine::content::At;
use engine::prelude::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Rules;
use crate::lucidity::{Cause, Lucidity};
use crate::world::Atlas;

/// What a sight does, by how terrible it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Encounters {
    /// Unpleasant.
    pub disturbing: Shock,
    /// A thing of nightmares.
    pub horrific: Shock,
    /// A thing the mind was not made to hold.
    pub cosmic: Shock,
    /// From this exposure on a mind is used to a kind of sight: it pays half of `repeat`, but at
    /// least a point.
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    pub acclimated_from: u32,
    /// The same kind of sight counts again only after so long.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub again_after_seconds: f64,
}

/// What one kind of sight takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shock {
    /// The first time.
    #[schemars(range(min = -200, max = 0))]
    pub first: i16,
    /// The next times.
    #[schemars(range(min = -200, max = 0))]
    pub repeat: i16,
}

/// What the rituals give back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Recovery {
    /// `pray`
    pub pray: Ritual,
    /// `meditate`
    pub meditate: Ritual,
    /// `group_solace`
    pub group_solace: Ritual,
    /// `therapy`
    pub therapy: Ritual,
    /// `folk_tonic`
    pub folk_tonic: Ritual,
}

/// One ritual.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ritual {
    /// The points it gives.
    #[schemars(range(min = 0, max = 200))]
    pub gain: i16,
    /// How long until it can be had again.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub cooldown_seconds: f64,
    /// It brings back as much magic as so long a rest; `meditate`: as so long a meditation.
    #[schemars(range(min = 0, max = 31_536_000))]
    #[serde(default)]
    pub magic_seconds: f64,
    /// How long it takes; whoever does anything else meanwhile but talk breaks it off.
    #[schemars(range(min = 0, max = 3_600))]
    #[serde(default)]
    pub takes_seconds: f64,
    /// Where it can be had: ids of rooms, sub-zones and zones, and environments. Empty: anywhere.
    #[serde(default)]
    #[schemars(extend("x-bounds" = "ids of rooms, sub-zones and zones, and environments"))]
    pub places: Vec<String>,
    /// What is told elsewhere; empty: that this is not the place.
    #[serde(default)]
    #[schemars(extend("x-bounds" = "a text of up to 300 characters"))]
    pub refused: String,
    /// So many others must be there, people of sound mind or creatures of `attended_by`.
    #[schemars(range(min = 0, max = 50))]
    #[serde(default)]
    pub company: u8,
    /// Kinds of creatures that will do for company.
    #[serde(default)]
    #[schemars(extend("x-bounds" = "ids of kinds of creatures"))]
    pub attended_by: Vec<String>,
}

impl Recovery {
    /// The ritual of a cause.
    pub(in crate::lucidity) fn of(&self, cause: Cause) -> &Ritual {
        match cause {
            Cause::PRAY => &self.pray,
            Cause::MEDITATE => &self.meditate,
            Cause::GROUP_SOLACE => &self.group_solace,
            Cause::THERAPY => &self.therapy,
            _ => &self.folk_tonic,
        }
    }
}

/// How a lost mind is fetched back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rescue {
    /// How long it takes.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub channel_seconds: f64,
    /// The points it brings a mind up to.
    #[schemars(range(min = -100, max = 100))]
    pub lifts_to: i16,
    /// How long a rescuer must wait before the next one, from its beginning.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub cooldown_seconds: f64,
    /// How long the passive flux can't make the rescued mind catatonic again.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub shelter_seconds: f64,
    /// What the rescuer pays when it fails.
    #[schemars(range(min = -200, max = 0))]
    pub failure: i16,
}

/// How deep a mind can fall and where it wakes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fall {
    /// From here down a mind is delirious and may ask to wake elsewhere at once.
    #[schemars(range(min = -99, max = 100))]
    pub delirium: i16,
    /// Any other catatonic mind may after so long.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub awaken_after_seconds: f64,
    /// So many points a Mythos minute bring a catatonic mind back where nothing drains it.
    #[schemars(range(min = 0, max = 1))]
    pub drifts_back: f64,
    /// How long after a cry that was heard the next one is heard.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub cry_again_after_seconds: f64,
    /// The points it wakes with then.
    #[schemars(range(min = -100, max = 100))]
    pub delirium_wakes_with: i16,
    /// The points with which a mind wakes that fell to the end of the scale.
    #[schemars(range(min = -100, max = 100))]
    pub sanitarium_wakes_with: i16,
}

/// What shocks leave behind and what that does; see `Liabilities`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Burdens {
    /// A loss of so many points at once leaves a liability; so does a fall of tier.
    #[schemars(range(min = -200, max = 0))]
    pub shock: i16,
    /// A fall of tier leaves one only if the last fall is so long ago.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub fall_again_after_seconds: f64,
    /// `therapy` takes a stack of the heaviest away only so often.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub cure_again_after_seconds: f64,
    /// The most stacks of one.
    #[schemars(range(min = 1, max = 255))]
    pub stacks_max: u8,
    /// `murmuring_chorus`: the part of others' words that is lost.
    #[schemars(range(min = 0, max = 1))]
    pub clarity_lost: f64,
    /// `bleak_outlook`: the part of a passive recovery that is lost.
    #[schemars(range(min = 0, max = 1))]
    pub recovery_lost: f64,
    /// `ritual_compulsion`: what a Mythos day without a ward takes.
    #[schemars(range(min = -200, max = 0))]
    pub unwarded: i16,
    /// `night_frayed_reflexes`: how much likelier a hazard is to strike by night.
    #[schemars(range(min = 0, max = 10))]
    pub night_hazard: f64,
    /// `ethereal_chill`: how much more a cold hazard takes.
    #[schemars(range(min = 0, max = 10))]
    pub cold_hazard: f64,
}

/// What becomes of words, as probabilities per line; see `dampen`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dampening {
    /// A fractured speaker's words end in a sign.
    #[schemars(range(min = 0, max = 1))]
    pub glyph: f64,
    /// A fractured hearer misses the stops.
    #[schemars(range(min = 0, max = 1))]
    pub muffle: f64,
    /// A deranged hearer hears words change places.
    #[schemars(range(min = 0, max = 1))]
    pub scramble: f64,
    /// So many words have one pair of neighbors that change places.
    #[schemars(range(min = 1, max = 1000))]
    pub scramble_words: usize,
    /// The most pairs that change places.
    #[schemars(range(min = 0, max = 1000))]
    pub scramble_pairs: usize,
}

impl Default for Encounters {
    fn default() -> Self {
        let shock = |first, repeat| Shock { first, repeat };
        Self {
            disturbing: shock(-6, -2),
            horrific: shock(-12, -5),
            cosmic: shock(-20, -10),
            acclimated_from: 6,
            again_after_seconds: 300.0,
        }
    }
}

impl Default for Recovery {
    fn default() -> Self {
        let ritual = |gain, minutes, magic_seconds| Ritual {
            gain,
            cooldown_seconds: minutes * 60.0,
            magic_seconds,
            takes_seconds: 0.0,
            places: Vec::new(),
            refused: String::new(),
            company: 0,
            attended_by: Vec::new(),
        };
        Self {
            pray: ritual(8, 15.0, 60.0),
            meditate: ritual(6, 10.0, 180.0),
            group_solace: ritual(4, 20.0, 0.0),
            therapy: ritual(15, 12.0 * 60.0, 0.0),
            folk_tonic: ritual(3, 30.0, 0.0),
        }
    }
}

impl Default for Rescue {
    fn default() -> Self {
        Self {
            channel_seconds: 30.0,
            lifts_to: 1,
            cooldown_seconds: 600.0,
            shelter_seconds: 1_800.0,
            failure: -5,
        }
    }
}

impl Default for Fall {
    fn default() -> Self {
        Self {
            delirium: -10,
            awaken_after_seconds: 60.0,
            drifts_back: 0.05,
            cry_again_after_seconds: 20.0,
            delirium_wakes_with: 10,
            sanitarium_wakes_with: 1,
        }
    }
}

impl Default for Burdens {
    fn default() -> Self {
        Self {
            shock: -15,
            fall_again_after_seconds: 3_600.0,
            cure_again_after_seconds: 86_400.0,
            stacks_max: 5,
            clarity_lost: 0.25,
            recovery_lost: 0.5,
            unwarded: -5,
            night_hazard: 0.1,
            cold_hazard: 0.15,
        }
    }
}

impl Default for Dampening {
    fn default() -> Self {
        Self {
            glyph: 0.2,
            muffle: 0.3,
            scramble: 0.1,
            scramble_words: 4,
            scramble_pairs: 3,
        }
    }
}

/// What no bound of a single key says.
pub(super) fn check(rules: &Rules, at: &At<'_>) {
    let encounters = at.key("encounters");
    let shocks = &rules.encounters;
    for (key, shock) in [
        ("disturbing", shocks.disturbing),
        ("horrific", shocks.horrific),
        ("cosmic", shocks.cosmic),
    ] {
        let message = format!("`encounters.{key}` takes more when repeated");
        encounters
            .key(key)
            .unless(shock.first <= shock.repeat, message);
    }
    check_places(&rules.recovery, at);
    let fall = &rules.fall;
    at.key("fall").unless(
        fall.delirium > Lucidity::FLOOR
            && fall.delirium_wakes_with > fall.delirium
            && fall.sanitarium_wakes_with > fall.delirium,
        "delirium does not begin above the end of the scale, or one wakes from a fall no higher than where it begins",
    );
}

/// Rituals can be had only in places that there are.
fn check_places(recovery: &Recovery, at: &At<'_>) {
    let Some(atlas) = at.content::<Atlas>() else {
        return;
    };
    let known = |name: &str| {
        atlas.find(name).is_some()
            || atlas.environments().any(|known| known == name)
            || atlas
                .sub_zones()
                .any(|(zone, sub_zone)| name == zone || name == sub_zone)
    };
    for (key, ritual) in [
        ("pray", &recovery.pray),
        ("meditate", &recovery.meditate),
        ("group_solace", &recovery.group_solace),
        ("therapy", &recovery.therapy),
        ("folk_tonic", &recovery.folk_tonic),
    ] {
        let at = at.key("recovery").key(key).key("places");
        for name in &ritual.places {
            let message = format!("`{name}` is no room, sub-zone, zone or environment");
            at.unless(known(name), message);
        }
    }
}

/// A span of the rules.
pub(in crate::lucidity) fn span(seconds: f64) -> Duration {
    // The check keeps every span within a year; rules made in code may say anything.
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

impl Encounters {
    /// What the `count`th exposure to a kind of sight takes, counted from 1.
    #[must_use]
    pub const fn loss(&self, shock: Shock, count: u32) -> i16 {
        if count <= 1 {
            shock.first
        } else if count < self.acclimated_from {
            shock.repeat
        } else if shock.repeat / 2 == 0 {
            -1
        } else {
            shock.repeat / 2
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_sight_takes_less_each_stage() {
        let rules = Encounters::default();
        let losses = |shock| {
            (1..=7)
                .map(|count| rules.loss(shock, count))
                .collect::<Vec<_>>()
        };
        assert_eq!(losses(rules.disturbing), [-6, -2, -2, -2, -2, -1, -1]);
        assert_eq!(losses(rules.horrific), [-12, -5, -5, -5, -5, -2, -2]);
        assert_eq!(losses(rules.cosmic), [-20, -10, -10, -10, -10, -5, -5]);
    }
}
