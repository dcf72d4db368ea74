//! What is written of a thing's use.

use engine::content::{At, Section};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::effects::{EffectList, Requirement};

/// On whom a thing is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UsedOn {
    /// On oneself, or on somebody who is named.
    #[default]
    Other,
    /// Only on oneself.
    #[serde(rename = "self")]
    Oneself,
    /// On nobody.
    None,
}

/// What a thing is used for.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// what using it is called: `eat`
    #[schemars(length(min = 1, max = 40))]
    pub verb: String,
    /// on whom
    #[serde(default)]
    #[schemars(extend("x-bounds" = "`self`, `other`, `none`", "x-usual" = "`other`: oneself, or who is named"))]
    pub on: UsedOn,
    /// how often it can be used
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_000), extend("x-usual" = "ever again"))]
    pub charges: Option<u16>,
    /// one waits so long before the next of its kind
    #[serde(default)]
    #[schemars(range(min = 0, max = 604_800))]
    pub cooldown_seconds: u32,
    /// what comes of it
    pub effects: EffectList,
}

impl Section for Use {
    fn check(&mut self, _thing: &str, at: &At<'_>) {
        self.effects.check(&at.key("effects"));
        at.key("effects").unless(
            !self.effects.is_empty(),
            "nothing comes of it: write `effects`",
        );
    }
}

/// What is asked of whoever wears or uses a thing: `requires`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct ThingRequirement(pub(super) Requirement);

impl Section for ThingRequirement {
    fn check(&mut self, _thing: &str, at: &At<'_>) {
        self.0.check(at);
    }
}
