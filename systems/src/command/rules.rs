//! The numbers about commands, as designers write them in `rules/commands.toml`. How many commands
//! one may give is the operator's to say: see [`CommandLimits`](super::CommandLimits).

use engine::content;
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rules about commands; by default as the domain has them.
#[derive(
    Resource, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Short words that a player makes.
    pub aliases: AliasRules,
}

/// The rules about aliases. Aliases that were made under other rules are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AliasRules {
    /// aliases of one character
    // A character's aliases are one row, written whole: 500 of them are 500 KiB at worst.
    #[schemars(range(min = 1, max = 500))]
    pub count: usize,
    /// the length of one, in characters
    #[schemars(range(min = 1, max = 100))]
    pub name_chars: usize,
    /// the length of what it stands for, in characters
    #[schemars(range(min = 1, max = 1000))]
    pub command_chars: usize,
    /// aliases that stand for each other in one line
    #[schemars(range(min = 1, max = 100))]
    pub depth: usize,
}

impl Default for AliasRules {
    fn default() -> Self {
        Self {
            count: 50,
            name_chars: 20,
            command_chars: 200,
            depth: 10,
        }
    }
}

impl content::Rules for Rules {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::alone;

    fn load(text: &str) -> Result<Rules, Vec<String>> {
        alone("rules/commands.toml", text)
    }

    #[test]
    fn alias_rules_override_domain_defaults() {
        let rules = load("[aliases]\ncount = 2\n").unwrap();
        assert_eq!((rules.aliases.count, rules.aliases.name_chars), (2, 20));
        let shipped = include_str!("../../../world/rules/commands.toml");
        assert_eq!(load(shipped), Ok(Rules::default()));
    }

    #[test]
    fn alias_rule_mistake_names_key_and_line() {
        for (text, told) in [
            (
                "[aliases]\ncount = 0\n",
                "rules/commands.toml:2: `aliases.count` is 0, not within 1 to 500",
            ),
            (
                "[aliases]\nname_chars = 101\n",
                "rules/commands.toml:2: `aliases.name_chars` is 101, not within 1 to 100",
            ),
            (
                "[aliases]\n\ncommand_chars = 1001\n",
                "rules/commands.toml:3: `aliases.command_chars` is 1001, not within 1 to 1000",
            ),
            (
                "[aliases]\ndepth = 0\n",
                "rules/commands.toml:2: `aliases.depth` is 0, not within 1 to 100",
            ),
        ] {
            assert_eq!(load(text).unwrap_err(), [told]);
        }
        assert!(load("[aliases]\nlength = 3\n").unwrap_err()[0].contains("unknown field `length`"));
    }
}
