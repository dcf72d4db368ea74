//! The professions, as they are written in `rules/professions.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Stat, Stats};
use crate::world::{Problem, Source};

/// Where they are written.
const PATH: &str = "rules/professions.toml";
/// No profession asks for more: a roll that high is rare enough.
const REQUIRES_MAX: u8 = 75;
/// No profession adds more to a stat.
const BONUS_MAX: u8 = 20;

/// A trade, and what it asks and gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profession {
    /// Its number for ever.
    pub number: u16,
    /// Its word.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is.
    pub description: String,
    /// What somebody of it remembers.
    #[serde(default)]
    pub flavor_text: String,
    /// The least of each stat that it asks, before it adds anything.
    #[serde(default)]
    pub requires: BTreeMap<Stat, u8>,
    /// What it adds.
    #[serde(default)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Professions(Vec<Profession>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    professions: Vec<Spanned<Profession>>,
}

impl Professions {
    /// Reads and checks them; a world without the file has none.
    pub(super) fn load(sources: &[Source], problems: &mut Vec<Problem>) -> Self {
        let Some((source, written)) = Source::find::<Written>(sources, PATH, problems) else {
            return Self::default();
        };
        let mut known: Vec<Profession> = Vec::new();
        for entry in written.professions {
            let span = entry.span();
            let one = entry.into_inner();
            let mut mistake = |message: String| problems.push(source.problem(&span, message));
            if one.id.is_empty()
                || one
                    .id
                    .chars()
                    .any(|c| !(c.is_ascii_lowercase() || c == '_'))
            {
                mistake(format!(
                    "profession id `{}` is not a word of a-z and _",
                    one.id
                ));
            }
            if !(1..=64).contains(&one.name.len()) || one.description.trim().is_empty() {
                mistake(format!(
                    "profession `{}` has no name of 1 to 64 bytes, or no description",
                    one.id
                ));
            }
            if known.iter().any(|other| {
                other.id == one.id || other.number == one.number || other.name == one.name
            }) {
                mistake(format!(
                    "profession `{}` has the number, the id or the name of another",
                    one.id
                ));
            }
            for (stat, least) in &one.requires {
                if *least > REQUIRES_MAX {
                    mistake(format!(
                        "profession `{}` requires {} of {}, more than {REQUIRES_MAX}",
                        one.id,
                        least,
                        stat.word()
                    ));
                }
            }
            for (stat, more) in &one.bonus {
                if *more > BONUS_MAX {
                    mistake(format!(
                        "profession `{}` adds {} to {}, more than {BONUS_MAX}",
                        one.id,
                        more,
                        stat.word()
                    ));
                }
            }
            known.push(one);
        }
        known.sort_by_key(|one| one.number);
        Self(known)
    }

    /// The profession of this id or name, in any case.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<&Profession> {
        self.0
            .iter()
            .find(|one| one.id.eq_ignore_ascii_case(word) || one.name.eq_ignore_ascii_case(word))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Profession> {
        self.0.iter()
    }
}
