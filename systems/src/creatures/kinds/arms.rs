//! What creatures fight with, and leave behind.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::amount::Amount;
use crate::effects::EffectList;
use crate::lucidity::Horror;
use crate::things::DamageKind;

/// How well a creature fights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CreatureSkills {
    /// at striking
    #[schemars(range(min = 1, max = 200))]
    pub fighting: i32,
    /// at not being struck
    #[schemars(range(min = 0, max = 200), extend("x-usual" = "half of its dexterity"))]
    pub dodge: Option<i32>,
}

impl Default for CreatureSkills {
    fn default() -> Self {
        let dodge = None;
        Self {
            fighting: 35,
            dodge,
        }
    }
}

/// What a creature strikes with.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NaturalArms {
    /// how much it harms
    #[schemars(extend("x-bounds" = "dice"))]
    pub(super) damage: String,
    /// how
    pub kind: DamageKind,
    /// what it does, in words before whom: `bites`
    #[schemars(length(min = 1, max = 40))]
    pub verb: String,
    /// what comes of a blow that lands; the target is who is struck, `self` the creature
    #[serde(default)]
    pub on_hit: EffectList,
}

impl NaturalArms {
    /// How much it harms.
    pub(crate) fn amount(&self) -> Amount {
        Amount::read(&self.damage).unwrap_or(Amount::flat(1))
    }
}

/// What a mind has to bear of a creature.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatureSight {
    /// what kind of thing it is; minds get used to kinds
    #[schemars(extend("x-bounds" = "1 to 128 characters, no blanks"))]
    pub archetype: String,
    /// how terrible it is
    pub category: Horror,
}

/// Something that may be found on a dead creature.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LootRule {
    /// what
    #[schemars(extend("x-bounds" = "the id of a thing"))]
    pub thing: String,
    /// how many
    #[serde(default = "one_thing")]
    #[schemars(extend("x-bounds" = "dice or a number, as text"))]
    count: String,
    /// with which probability
    #[serde(default = "certain")]
    #[schemars(range(min = 0, max = 1))]
    pub chance: f64,
}

impl LootRule {
    /// How many.
    pub(in crate::creatures) fn amount(&self) -> Amount {
        let whole = self.count.parse().ok().map(Amount::flat);
        whole
            .or_else(|| Amount::read(&self.count))
            .unwrap_or(Amount::flat(1))
    }
}

fn one_thing() -> String {
    "1".to_owned()
}

const fn certain() -> f64 {
    1.0
}
