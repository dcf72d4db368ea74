//! The numbers, as designers write them in `rules/lucidity.toml`.

mod active;
mod visions;

pub(super) use active::span;
pub use active::{Burdens, Dampening, Encounters, Fall, Recovery, Rescue, Ritual, Shock};
pub use visions::{Hallucinations, Visions};

use std::collections::BTreeMap;

use bevy_ecs::resource::Resource;
use engine::content::{self, At};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lucidity, Tier};
use crate::world::Atlas;

/// The rules of lucidity. By default as the domain has them. Flux is in points per Mythos minute; what is negative drains.
#[derive(Resource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// the flux where nothing else is said, in points per Mythos minute; what is negative drains
    #[schemars(range(min = -100, max = 100))]
    pub default: f64,
    /// no `lucidity_drain_rate` of a zone or sub-zone counts for more
    #[schemars(range(min = 0, max = 100))]
    pub drain_rate_max: f64,
    // A file says itself what places do: of these three nothing is filled in.
    /// Flux by environment.
    #[serde(default)]
    #[schemars(extend("x-name" = "ENVIRONMENT"))]
    pub environments: BTreeMap<String, Profile>,
    /// Flux by sub-zone, or by zone where the sub-zone is not named.
    #[serde(default)]
    #[schemars(extend("x-name" = "SUB_ZONE"))]
    pub sub_zones: BTreeMap<String, Profile>,
    /// Flux by room id.
    #[serde(default)]
    #[schemars(extend("x-name" = "ROOM"))]
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

/// What an operator may set beside the world's own rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LucidityOverrides {
    /// Instead of [`Rules::default`].
    pub default_flux: Option<f64>,
    /// Instead of [`Rules::drain_rate_max`]; 0 lifts it.
    pub drain_rate_max: Option<f64>,
}

impl LucidityOverrides {
    /// Puts what is set in the place of what the world says.
    pub(super) fn apply(self, rules: &mut Rules) {
        if let Some(flux) = self.default_flux {
            rules.default = flux;
        }
        if let Some(most) = self.drain_rate_max {
            rules.drain_rate_max = if most > 0.0 { most } else { f64::MAX };
        }
    }
}

/// A flux by day and night, in points per Mythos minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// by day
    #[schemars(range(min = -100, max = 100))]
    pub day: Option<f64>,
    /// by night
    #[schemars(range(min = -100, max = 100))]
    pub night: Option<f64>,
    /// for whichever of the two is not given
    #[schemars(range(min = -100, max = 100))]
    pub all: Option<f64>,
}

/// What other players in the room do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Companions {
    /// each lucid or uneasy one adds this, up to `companions.cap` together
    #[schemars(range(min = -100, max = 100))]
    pub each: f64,
    /// the most that lucid and uneasy ones add together
    #[schemars(range(min = 0, max = 100))]
    pub cap: f64,
    /// one deranged or catatonic one, or several, add this once
    #[schemars(range(min = -100, max = 100))]
    pub destabilising: f64,
}

/// How staying in one room dulls a drain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Adaptation {
    /// every so many evaluations, `adaptation.step` of a drain's weight is gone
    #[schemars(range(min = 1, max = 65_535))]
    pub window: u16,
    /// the part of a drain's weight that is gone with each window
    #[schemars(range(min = 0, max = 1))]
    pub step: f64,
    /// the least weight of a drain
    #[schemars(range(min = 0, max = 1))]
    pub floor: f64,
}

/// The fewest points of each tier; a mind with fewer than `deranged` is catatonic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tiers {
    /// lucid from here up
    #[schemars(range(min = -99, max = 100))]
    pub lucid: i16,
    /// uneasy from here up
    #[schemars(range(min = -99, max = 100))]
    pub uneasy: i16,
    /// fractured from here up
    #[schemars(range(min = -99, max = 100))]
    pub fractured: i16,
    /// deranged from here up; catatonic below
    #[schemars(range(min = -99, max = 100))]
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

impl content::Rules for Rules {
    fn check(&mut self, at: &At<'_>) {
        if let Some(atlas) = at.content::<Atlas>() {
            self.check_names(atlas, at);
        }
        let Tiers {
            lucid,
            uneasy,
            fractured,
            deranged,
        } = self.tiers;
        at.key("tiers").unless(
            lucid > uneasy && uneasy > fractured && fractured > deranged,
            "the tiers do not fall one below the other",
        );
        active::check(self, at);
        self.hallucinations.check(&at.key("hallucinations"));
    }
}

impl Rules {
    fn check_names(&self, atlas: &Atlas, at: &At<'_>) {
        let environments = at.key("environments");
        for key in self.environments.keys() {
            let known = atlas.environments().any(|known| known == key);
            let at = environments.name(key);
            at.unless(known, format!("unknown environment `{key}`"));
        }
        let sub_zones = at.key("sub_zones");
        for key in self.sub_zones.keys() {
            let mut all = atlas.sub_zones();
            let known = all.any(|(zone, sub_zone)| key == zone || key == sub_zone);
            let at = sub_zones.name(key);
            at.unless(known, format!("`{key}` is neither a sub-zone nor a zone"));
        }
        let rooms = at.key("rooms");
        for key in self.rooms.keys() {
            let known = atlas.find(key).is_some();
            rooms
                .name(key)
                .unless(known, format!("`{key}` is not a room"));
        }
    }

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
