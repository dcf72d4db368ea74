//! The numbers about the end of the world, as designers write them in `rules/staff.toml`.

use engine::prelude::*;
use serde::Deserialize;
use toml::Spanned;

use crate::world::{Problem, Source};

/// Where they are written.
const PATH: &str = "rules/staff.toml";

/// The rules about `shutdown`, in seconds; by default as the domain has them.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The countdown unless told otherwise.
    pub seconds: u64,
    /// The longest countdown.
    pub seconds_max: u64,
    /// It is told whenever what is left is a multiple of this,
    pub told_every: u64,
    /// and at each of so many last seconds.
    pub told_last: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            seconds: 10,
            seconds_max: 3_600,
            told_every: 10,
            told_last: 10,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    shutdown: Shutdown,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Shutdown {
    seconds: Option<Spanned<u64>>,
    seconds_max: Option<Spanned<u64>>,
    told_every: Option<Spanned<u64>>,
    told_last: Option<Spanned<u64>>,
}

impl Rules {
    /// Reads the rules and checks them; a world without the file has the default ones.
    pub(crate) fn load(sources: &[Source], problems: &mut Vec<Problem>) -> Self {
        let mut rules = Self::default();
        let Some((source, Written { shutdown })) = Source::find::<Written>(sources, PATH, problems)
        else {
            return rules;
        };
        let Shutdown {
            seconds,
            seconds_max,
            told_every,
            told_last,
        } = shutdown;
        let mut take = |key, written, bounds, into: &mut u64| {
            source.take(key, written, bounds, into, problems);
        };
        let max = &mut rules.seconds_max;
        take("shutdown.seconds_max", seconds_max, 1..=86_400, max);
        // Unless it is said, the usual countdown is no longer than the longest.
        rules.seconds = rules.seconds.min(rules.seconds_max);
        let bounds = 1..=rules.seconds_max;
        take("shutdown.seconds", seconds, bounds, &mut rules.seconds);
        let every = &mut rules.told_every;
        take("shutdown.told_every", told_every, 1..=3_600, every);
        take(
            "shutdown.told_last",
            told_last,
            0..=60,
            &mut rules.told_last,
        );
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> (Rules, Vec<String>) {
        Source::alone(PATH, text, Rules::load)
    }

    #[test]
    fn what_a_world_says_of_its_end_counts_and_the_rest_is_as_the_domain_has_it() {
        let (rules, problems) = load("[shutdown]\nseconds_max = 5\n");
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!((rules.seconds, rules.seconds_max), (5, 5));
        assert_eq!((rules.told_every, rules.told_last), (10, 10));
        let shipped = include_str!("../../../world/rules/staff.toml");
        assert_eq!(load(shipped), (Rules::default(), Vec::new()));
    }

    #[test]
    fn a_wrong_number_about_the_end_is_told_by_its_key_and_line() {
        for (text, told) in [
            (
                "[shutdown]\nseconds = 3601\n",
                "rules/staff.toml:2: `shutdown.seconds` is 3601, not within 1 to 3600",
            ),
            (
                "[shutdown]\nseconds_max = 86401\n",
                "rules/staff.toml:2: `shutdown.seconds_max` is 86401, not within 1 to 86400",
            ),
            (
                "[shutdown]\n\ntold_every = 0\n",
                "rules/staff.toml:3: `shutdown.told_every` is 0, not within 1 to 3600",
            ),
            (
                "[shutdown]\ntold_last = 61\n",
                "rules/staff.toml:2: `shutdown.told_last` is 61, not within 0 to 60",
            ),
        ] {
            assert_eq!(load(text).1, [told]);
        }
    }
}
