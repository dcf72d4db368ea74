//! The arithmetic of fights, as designers write it in `rules/combat.toml`.

use std::collections::BTreeMap;

use engine::content::{self, At};
use engine::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;

/// The kinds of damage, by their words.
const KINDS: [&str; 10] = [
    "blunt", "edge", "point", "fire", "cold", "poison", "drowning", "fall", "mental", "occult",
];

/// The rules of fights.
#[derive(Resource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CombatRules {
    /// The clock.
    pub round: RoundRules,
    /// Whether a blow lands.
    pub hit: HitRules,
    /// What those have learned who have learned nothing.
    pub untrained: Untrained,
    /// What bare hands do.
    #[schemars(extend("x-bounds" = "dice", "x-usual" = "`1d6`"))]
    fist: Option<String>,
    /// What is told of blows, by kind of damage and how they went (`miss`, `graze`, `hit`, `hard`, `critical`, `fumble`, `kill`); `any` stands for kinds without words of their own
    #[schemars(extend("x-bounds" = "texts by kind and outcome", "x-usual" = "none"))]
    pub messages: BTreeMap<String, BTreeMap<String, Vec<BlowTexts>>>,
}

/// The clock of fights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RoundRules {
    /// seconds of a round
    #[schemars(range(min = 1, max = 60))]
    pub seconds: u32,
    /// after so many seconds without a blow a fight is over
    #[schemars(range(min = 10, max = 3600))]
    pub idle_seconds: u32,
    /// so long a creature warns before it attacks
    #[schemars(range(min = 1, max = 60))]
    pub warning_seconds: u32,
}

impl Default for RoundRules {
    fn default() -> Self {
        Self {
            seconds: 6,
            idle_seconds: 180,
            warning_seconds: 2,
        }
    }
}

/// Whether a blow lands: `base` and half of what the skills differ by, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HitRules {
    /// between equals
    #[schemars(range(min = 0, max = 100))]
    pub base: i32,
    /// at least
    #[schemars(range(min = 1, max = 50))]
    pub least: i32,
    /// at most
    #[schemars(range(min = 50, max = 99))]
    pub most: i32,
    /// who does not stand
    #[schemars(range(min = -100, max = 0))]
    pub sitting: i32,
    /// at who looks to their guard
    #[schemars(range(min = -100, max = 0))]
    pub guarded: i32,
    /// who fumbled before
    #[schemars(range(min = -100, max = 0))]
    pub fumbled: i32,
}

impl Default for HitRules {
    fn default() -> Self {
        Self {
            base: 50,
            least: 5,
            most: 95,
            sitting: -20,
            guarded: -20,
            fumbled: -20,
        }
    }
}

/// What those have learned who have learned nothing; their dodge is half of their dexterity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Untrained {
    /// with fists and whatever is swung
    #[schemars(range(min = 1, max = 99))]
    pub fighting: i32,
    /// with guns
    #[schemars(range(min = 1, max = 99))]
    pub firearms: i32,
    /// at the wounds of others
    #[schemars(range(min = 1, max = 99))]
    pub first_aid: i32,
}

impl Default for Untrained {
    fn default() -> Self {
        Self {
            fighting: 35,
            firearms: 20,
            first_aid: 30,
        }
    }
}

/// What each reads of a blow, with `{actor}`, `{target}`, `{verb}`, `{damage}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlowTexts {
    /// who strikes
    #[schemars(length(min = 1, max = 300))]
    pub actor: String,
    /// who is struck
    #[schemars(length(min = 1, max = 300))]
    pub target: String,
    /// the others
    #[schemars(length(min = 1, max = 300))]
    pub room: String,
}

impl CombatRules {
    /// What bare hands do.
    pub(super) fn fist(&self) -> Amount {
        let own = self.fist.as_deref().and_then(Amount::read);
        own.or_else(|| Amount::read("1d6"))
            .unwrap_or(Amount::flat(3))
    }
}

impl content::Rules for CombatRules {
    fn check(&mut self, at: &At<'_>) {
        if let Some(fist) = &self.fist {
            let dice = Amount::read(fist).is_some();
            at.key("fist").unless(dice, format!("`{fist}` is no dice"));
        }
        for (kind, outcomes) in &self.messages {
            let at = at.key("messages").key(kind);
            let known = kind == "any" || KINDS.contains(&kind.as_str());
            at.unless(known, format!("`{kind}` is no kind of damage"));
            for (outcome, texts) in outcomes {
                let at = at.key(outcome);
                let known = super::strike::OUTCOMES.contains(&outcome.as_str());
                at.unless(
                    known && !texts.is_empty(),
                    format!("`{outcome}` is no outcome with texts"),
                );
            }
        }
    }
}
