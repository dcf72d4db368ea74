//! The professions, as they are written in `rules/professions.toml`.

use std::collections::BTreeMap;

use engine::content::{self, At};
use engine::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Stat, Stats};

/// No profession asks for more: a roll that high is rare enough.
const REQUIRES_MAX: u8 = 75;
/// No profession adds more to a stat.
const BONUS_MAX: u8 = 20;

/// A trade, and what it asks and gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profession {
    /// its number for ever
    #[schemars(range(min = 0, max = 65_535))]
    pub number: u16,
    /// its word for ever
    #[schemars(extend("x-bounds" = "a word of a to z and `_`, once"))]
    pub id: String,
    /// what people call it
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// what it is
    #[schemars(length(min = 1, max = 1000))]
    pub description: String,
    /// what somebody of it remembers
    #[serde(default)]
    #[schemars(length(max = 2000))]
    pub flavor_text: String,
    /// the least of each stat that it asks, before it adds anything
    #[serde(default)]
    #[schemars(extend("x-bounds" = "stats, each 0 to 75", "x-usual" = "none"))]
    pub requires: BTreeMap<Stat, u8>,
    /// what it adds to each stat
    #[serde(default)]
    #[schemars(extend("x-bounds" = "stats, each 0 to 20", "x-usual" = "none"))]
    pub bonus: BTreeMap<Stat, u8>,
}

impl Profession {
    /// The first stat that is too low for it.
    #[must_use]
    pub fn shortfall(&self, stats: &Stats) -> Option<Stat> {
        let low = |(stat, least): &(&Stat, &u8)| stats.get(**stat) < **least;
        self.requires.iter().find(low).map(|(stat, _)| *stat)
    }

    /// The stats with what it adds.
    #[must_use]
    pub fn schooled(&self, stats: &Stats) -> Stats {
        let bonus = |stat| self.bonus.get(&stat).copied().unwrap_or(0);
        Stats::of(|stat| stats.get(stat).saturating_add(bonus(stat)))
    }
}

/// Every profession, in the order of their numbers.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Professions {
    professions: Vec<Profession>,
}

impl content::Rules for Professions {
    fn check(&mut self, at: &At<'_>) {
        let at = at.key("professions");
        for (index, one) in self.professions.iter().enumerate() {
            let at = at.item(index);
            let id = &one.id;
            let plain = |c: char| c.is_ascii_lowercase() || c == '_';
            at.key("id").unless(
                !id.is_empty() && id.chars().all(plain),
                format!("profession id `{id}` is not a word of a-z and _"),
            );
            let mut others = self.professions[..index].iter();
            let same = |other: &Profession| {
                other.id == one.id || other.number == one.number || other.name == one.name
            };
            at.unless(
                !others.any(same),
                format!("profession `{id}` has the number, the id or the name of another"),
            );
            for (stat, least) in &one.requires {
                let stat = stat.word();
                at.key("requires").key(stat).unless(
                    *least <= REQUIRES_MAX,
                    format!(
                        "profession `{id}` requires {least} of {stat}, more than {REQUIRES_MAX}"
                    ),
                );
            }
            for (stat, more) in &one.bonus {
                let stat = stat.word();
                at.key("bonus").key(stat).unless(
                    *more <= BONUS_MAX,
                    format!("profession `{id}` adds {more} to {stat}, more than {BONUS_MAX}"),
                );
            }
        }
        self.professions.sort_by_key(|one| one.number);
    }
}

impl Professions {
    /// The profession of this id or name, in any case.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<&Profession> {
        self.professions
            .iter()
            .find(|one| one.id.eq_ignore_ascii_case(word) || one.name.eq_ignore_ascii_case(word))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Profession> {
        self.professions.iter()
    }
}
