//! The numbers about characters, as designers write them in `rules/characters.toml`.

use engine::prelude::Resource;
use serde::Deserialize;
use toml::Spanned;

use super::{Levels, Professions, Rolling, Stats};
use crate::world::{Problem, Source};

/// Where they are written; the professions have a file of their own.
const PATH: &str = "rules/characters.toml";

/// The rules about characters. By default as the domain has them, with no professions.
#[derive(Resource, Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// How stats are rolled.
    pub rolling: Rolling,
    /// What one can live by.
    pub professions: Professions,
    /// How much experience makes a level.
    pub levels: Levels,
    /// Experience for each room that is seen for the first time.
    pub discovery: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    rolling: Option<Spanned<Rolling>>,
    levels: Option<Spanned<WrittenLevels>>,
    experience: Option<Spanned<WrittenExperience>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLevels {
    scale: f64,
    growth: f64,
    cap: u16,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExperience {
    discovery: u32,
}

impl Rules {
    /// Reads the rules and checks them; a world without the file has the default ones.
    pub fn load(sources: &[Source], problems: &mut Vec<Problem>) -> Self {
        let professions = Professions::load(sources, problems);
        let first = Self {
            professions,
            ..Self::default()
        };
        let Some((source, written)) = Source::find::<Written>(sources, PATH, problems) else {
            return first;
        };
        let mut rules = first;
        if let Some(rolling) = written.rolling {
            let Rolling {
                lowest,
                highest,
                size_lowest,
                size_highest,
                size_base,
                attempts,
            } = *rolling.as_ref();
            let size_most = (u16::from(size_highest) + u16::from(size_base)) * 5;
            let holds = Stats::LOWEST <= lowest
                && lowest <= highest
                && highest <= Stats::HIGHEST
                && size_lowest <= size_highest
                && size_most <= u16::from(Stats::HIGHEST)
                && (1..=1_000).contains(&attempts);
            if !holds {
                problems.push(source.problem(
                    &rolling.span(),
                    "what is rolled is not within 1 to 99, lowest first, in 1 to 1000 attempts",
                ));
            }
            rules.rolling = rolling.into_inner();
        }
        if let Some(levels) = written.levels {
            let WrittenLevels { scale, growth, cap } = *levels.as_ref();
            if (1.0..=1e6).contains(&scale)
                && (0.01..=1e3).contains(&growth)
                && (1..=1_000).contains(&cap)
            {
                rules.levels = Levels::of(scale, growth, cap);
            } else {
                problems.push(source.problem(
                    &levels.span(),
                    "the scale of levels is not within 1 to 1000000, their growth not within 0.01 to 1000, or their cap not within 1 to 1000",
                ));
            }
        }
        if let Some(experience) = written.experience {
            rules.discovery = experience.as_ref().discovery;
            if rules.discovery > 10_000 {
                problems.push(source.problem(
                    &experience.span(),
                    "a discovery is worth more than 10000 points of experience",
                ));
            }
        }
        rules
    }
}
