//! The numbers about characters, as designers write them in `rules/characters.toml`.

use engine::content::{self, At};
use engine::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Levels, Rolling, Stats};

/// The rules about characters; by default as the domain has them.
#[derive(Resource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// How stats are rolled.
    pub rolling: Rolling,
    /// How much experience makes a level.
    pub levels: Levels,
    /// What experience there is.
    pub experience: Experiences,
    /// What people are called from a level on.
    #[schemars(length(max = 100))]
    pub titles: Vec<LevelTitle>,
}

/// What somebody is called from a level on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelTitle {
    /// the level from which on
    #[schemars(range(min = 1, max = 1000))]
    pub level: u16,
    /// the title
    #[schemars(length(min = 1, max = 40))]
    pub title: String,
}

impl Rules {
    /// What somebody of a level is called, if anything.
    #[must_use]
    pub fn title(&self, level: usize) -> Option<&str> {
        let reached = self.titles.iter();
        let reached = reached.filter(|one| usize::from(one.level) <= level);
        reached
            .max_by_key(|one| one.level)
            .map(|one| one.title.as_str())
    }
}

/// What experience there is to be had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Experiences {
    /// points for each room seen for the first time
    #[schemars(range(min = 0, max = 10_000))]
    pub discovery: u32,
    /// points for each text read for the first time
    #[schemars(range(min = 0, max = 10_000))]
    pub reading: u32,
}

impl content::Rules for Rules {
    fn check(&mut self, at: &At<'_>) {
        let Rolling {
            lowest,
            highest,
            size_lowest,
            size_highest,
            size_base,
            ..
        } = self.rolling;
        let at = at.key("rolling");
        at.unless(
            lowest <= highest && size_lowest <= size_highest,
            "of what is rolled, the lowest is above the highest",
        );
        let size_most = (u16::from(size_highest) + u16::from(size_base)) * 5;
        let message = format!("a size of {size_most} could be rolled, more than 99");
        at.unless(size_most <= u16::from(Stats::HIGHEST), message);
    }
}
