//! The numbers about commands, as designers write them in `rules/commands.toml`. How many commands
//! one may give is the operator's to say: see [`CommandLimits`](super::CommandLimits).

use engine::port::Line;
use engine::prelude::*;
use serde::Deserialize;
use toml::Spanned;

use crate::world::{Problem, Source};

/// Where they are written.
const PATH: &str = "rules/commands.toml";

/// The rules about aliases; by default as the domain has them. Aliases that were made under other
/// rules are kept.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub struct AliasRules {
    /// Aliases of one character.
    pub count: usize,
    /// Characters of an alias.
    pub name_chars: usize,
    /// Characters of what it stands for.
    pub command_chars: usize,
    /// Aliases that stand for each other in one line.
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    aliases: Aliases,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Aliases {
    count: Option<Spanned<usize>>,
    name_chars: Option<Spanned<usize>>,
    command_chars: Option<Spanned<usize>>,
    depth: Option<Spanned<usize>>,
}

impl AliasRules {
    /// Reads the rules and checks them; a world without the file has the default ones.
    pub(crate) fn load(sources: &[Source], problems: &mut Vec<Problem>) -> Self {
        let mut rules = Self::default();
        let Some((source, Written { aliases })) = Source::find::<Written>(sources, PATH, problems)
        else {
            return rules;
        };
        let mut take = |key, written, most, into: &mut usize| {
            source.take(key, written, 1..=most, into, problems);
        };
        // A character's aliases are one row, written whole: 500 of them are 500 KiB at worst.
        take("aliases.count", aliases.count, 500, &mut rules.count);
        take(
            "aliases.name_chars",
            aliases.name_chars,
            100,
            &mut rules.name_chars,
        );
        take(
            "aliases.command_chars",
            aliases.command_chars,
            Line::CHARS_MAX,
            &mut rules.command_chars,
        );
        take("aliases.depth", aliases.depth, 100, &mut rules.depth);
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> (AliasRules, Vec<String>) {
        Source::alone(PATH, text, AliasRules::load)
    }

    #[test]
    fn what_a_world_says_of_aliases_counts_and_the_rest_is_as_the_domain_has_it() {
        let (rules, problems) = load("[aliases]\ncount = 2\n");
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!((rules.count, rules.name_chars), (2, 20));
        let shipped = include_str!("../../../world/rules/commands.toml");
        assert_eq!(load(shipped), (AliasRules::default(), Vec::new()));
    }

    #[test]
    fn a_wrong_number_about_aliases_is_told_by_its_key_and_line() {
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
            assert_eq!(load(text).1, [told]);
        }
        assert!(load("[aliases]\nlength = 3\n").1[0].contains("unknown field `length`"));
    }
}
