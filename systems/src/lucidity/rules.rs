//! The numbers, as designers write them in `rules/lucidity.toml`.

mod active;
mod visions;
mod written;

pub(super) use active::span;
pub use active::{Burdens, Dampening, Encounters, Fall, Recovery, Rescue, Ritual, Shock};
pub use visions::{Hallucinations, Visions};

use std::collections::BTreeMap;

use bevy_ecs::resource::Resource;
use serde::Deserialize;

use super::{Lucidity, Tier};

/// The rules of lucidity. By default as the domain has them. Flux is in points per Mythos minute; what is negative drains.
#[derive(Resource, Clone, Debug, PartialEq)]
pub struct Rules {
    /// The flux where nothing else is said.
    pub default: f64,
    /// No drain rate of a zone or sub-zone counts for more.
    pub drain_rate_max: f64,
    /// Flux by environment.
    pub environments: BTreeMap<String, Profile>,
    /// Flux by sub-zone, or by zone where the sub-zone is not named.
    pub sub_zones: BTreeMap<String, Profile>,
    /// Flux by room id.
    pub rooms: BTreeMap<String, Profile>,
    /// What company does.
    pub companions: Companions,
    /// How a mind gets used to a place.
    pub adaptation: Adaptation,
    /// Where the tiers begin.
    pub tiers: Tiers,
    /// What sights take.
    pub encounters: Encounters,
    /// What rituals give.
    pub recovery: Recovery,
    /// How a lost mind is fetched back.
    pub rescue: Rescue,
    /// How deep a mind can fall.
    pub fall: Fall,
    /// What shocks leave behind.
    pub liabilities: Burdens,
    /// What becomes of words.
    pub dampening: Dampening,
    /// What is seen that is not there.
    pub hallucinations: Hallucinations,
}

/// A flux by day and night.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Profile {
    /// By day.
    pub day: Option<f64>,
    /// By night.
    pub night: Option<f64>,
    /// For whichever of the two is not given.
    pub all: Option<f64>,
}

/// What other players in the room do.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Companions {
    /// Each lucid or uneasy one adds this,
    pub each: f64,
    /// up to this together.
    pub cap: f64,
    /// One deranged or catatonic one, or several, add this once.
    pub destabilising: f64,
}

/// How staying in one room dulls a drain.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adaptation {
    /// Every so many evaluations
    pub window: u16,
    /// this much of the drain's weight is gone,
    pub step: f64,
    /// down to this weight.
    pub floor: f64,
}

/// The fewest points of each tier; a mind with fewer than `deranged` is catatonic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tiers {
    /// Lucid from here up.
    pub lucid: i16,
    /// Uneasy from here up.
    pub uneasy: i16,
    /// Fractured from here up.
    pub fractured: i16,
    /// Deranged from here up.
    pub deranged: i16,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            default: 0.0,
            drain_rate_max: 10.0,
            environments: environments(),
            sub_zones: BTreeMap::new(),
            rooms: BTreeMap::new(),
            companions: Companions::default(),
            adaptation: Adaptation::default(),
            tiers: Tiers::default(),
            encounters: Encounters::default(),
            recovery: Recovery::default(),
            rescue: Rescue::default(),
            fall: Fall::default(),
            liabilities: Burdens::default(),
            dampening: Dampening::default(),
            hallucinations: Hallucinations::default(),
        }
    }
}

/// What each environment does, by day and by night.
fn environments() -> BTreeMap<String, Profile> {
    [
        ("sun_sanctuary", 0.6, 0.3),
        ("sanctuary", 0.6, 0.3),
        ("temple", 0.6, 0.3),
        ("safehouse", 0.6, 0.3),
        ("street_paved", 0.2, 0.0),
        ("camp", 0.2, 0.2),
        ("graveyard", -0.4, -0.8),
        ("haunted", -0.4, -0.8),
        ("eldritch", -1.2, -1.5),
        ("storm", -0.3, -0.3),
        ("forsaken", -0.5, -0.2),
        ("indoors", 0.0, 0.0),
        ("outdoors", 0.0, 0.0),
    ]
    .into_iter()
    .map(|(key, day, night)| {
        let profile = Profile {
            day: Some(day),
            night: Some(night),
            all: None,
        };
        (key.to_owned(), profile)
    })
    .collect()
}

impl Default for Companions {
    fn default() -> Self {
        Self {
            each: 0.1,
            cap: 0.3,
            destabilising: -0.2,
        }
    }
}

impl Default for Adaptation {
    fn default() -> Self {
        Self {
            window: 10,
            step: 0.25,
            floor: 0.5,
        }
    }
}

impl Default for Tiers {
    fn default() -> Self {
        Self {
            lucid: 70,
            uneasy: 40,
            fractured: 20,
            deranged: 1,
        }
    }
}

impl Rules {
    /// The tier of a mind.
    #[must_use]
    pub const fn tier(&self, lucidity: Lucidity) -> Tier {
        let Tiers {
            lucid,
            uneasy,
            fractured,
            deranged,
        } = self.tiers;
        match lucidity.points() {
            points if points >= lucid => Tier::Lucid,
            points if points >= uneasy => Tier::Uneasy,
            points if points >= fractured => Tier::Fractured,
            points if points >= deranged => Tier::Deranged,
            _ => Tier::Catatonic,
        }
    }
}
