//! The numbers about the end of the world, as designers write them in `rules/staff.toml`.

use engine::content::{self, At};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rules about what admins do; by default as the domain has them.
#[derive(
    Resource, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// The end of the world.
    pub shutdown: ShutdownRules,
}

/// The rules about `shutdown`, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShutdownRules {
    /// the countdown of a bare `shutdown`; no longer than the longest
    #[schemars(range(min = 1, max = 86_400))]
    pub seconds: u64,
    /// the longest countdown
    #[schemars(range(min = 1, max = 86_400))]
    pub seconds_max: u64,
    /// what is left is told at each multiple of this
    #[schemars(range(min = 1, max = 3600))]
    pub told_every: u64,
    /// what is left is told at each of so many last seconds
    #[schemars(range(min = 0, max = 60))]
    pub told_last: u64,
}

impl Default for ShutdownRules {
    fn default() -> Self {
        Self {
            seconds: 10,
            seconds_max: 3_600,
            told_every: 10,
            told_last: 10,
        }
    }
}

impl content::Rules for Rules {
    fn check(&mut self, at: &At<'_>) {
        let ShutdownRules {
            seconds,
            seconds_max,
            ..
        } = self.shutdown;
        let at = at.key("shutdown").key("seconds");
        if at.is_written() {
            let message = format!("`shutdown.seconds` is {seconds}, not within 1 to {seconds_max}");
            at.unless(seconds <= seconds_max, message);
        }
        // Unless it is said, the usual countdown is no longer than the longest.
        self.shutdown.seconds = seconds.min(seconds_max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::alone;

    fn load(text: &str) -> Result<Rules, Vec<String>> {
        alone("rules/staff.toml", text)
    }

    #[test]
    fn shutdown_rules_override_domain_defaults() {
        let rules = load("[shutdown]\nseconds_max = 5\n").unwrap().shutdown;
        assert_eq!((rules.seconds, rules.seconds_max), (5, 5));
        assert_eq!((rules.told_every, rules.told_last), (10, 10));
        let shipped = include_str!("../../../world/rules/staff.toml");
        assert_eq!(load(shipped), Ok(Rules::default()));
    }

    #[test]
    fn shutdown_rule_mistake_names_key_and_line() {
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
            assert_eq!(load(text).unwrap_err(), [told]);
        }
    }
}
