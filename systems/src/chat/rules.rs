//! The numbers about talk, as designers write them in `rules/chat.toml`. How often one may speak is
//! the operator's to say: see [`ChatLimits`](super::ChatLimits).

use engine::content::{self, At};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Channel;

/// The rules about talk; by default as the domain has them.
#[derive(
    Resource, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// How long lines may be.
    pub lengths: Lengths,
    /// What is remembered.
    pub history: HistoryRules,
}

/// The longest line of each channel, in characters. None is longer than a command, 1000 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lengths {
    /// the longest line said to a room, in characters
    #[schemars(range(min = 1, max = 10_000))]
    pub say: usize,
    /// the longest line to a sub-zone, in characters
    #[schemars(range(min = 1, max = 10_000))]
    pub local: usize,
    /// the longest line to everybody, in characters
    #[schemars(range(min = 1, max = 10_000))]
    pub global: usize,
    /// the longest line to one other, in characters
    #[schemars(range(min = 1, max = 10_000))]
    pub whisper: usize,
    /// the longest line to everybody from an admin, in characters
    #[schemars(range(min = 1, max = 10_000))]
    pub system: usize,
    /// the longest line among admins, in characters
    #[schemars(range(min = 1, max = 10_000))]
    pub admin: usize,
    /// the longest gesture of one's own, in characters
    #[schemars(range(min = 1, max = 10_000))]
    pub emote: usize,
    /// the longest pose, in characters
    #[schemars(range(min = 1, max = 10_000))]
    pub pose: usize,
    /// the longest description of oneself, in characters
    #[schemars(range(min = 1, max = 10_000))]
    pub likeness: usize,
}

/// What is remembered of what was said in each place, and shown of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HistoryRules {
    /// lines kept of a place, unless `history.bytes` is less
    #[schemars(range(min = 1, max = 1000))]
    pub lines: usize,
    /// bytes of text kept of a place
    #[schemars(range(min = 1024, max = 1_048_576))]
    pub bytes: usize,
    /// lines that `history` shows unless told otherwise; at most `lines`
    #[schemars(range(min = 1, max = 1000))]
    pub shown: usize,
    /// lines shown to whoever comes in; at most `lines`
    #[schemars(range(min = 0, max = 1000))]
    pub greeting: usize,
    /// no older line is shown to whoever comes in
    #[schemars(range(min = 0, max = 86_400))]
    pub greeting_seconds: u64,
}

impl Default for HistoryRules {
    fn default() -> Self {
        Self {
            lines: 100,
            bytes: 64 * 1024,
            shown: 20,
            greeting: 5,
            greeting_seconds: 600,
        }
    }
}

impl Default for Lengths {
    fn default() -> Self {
        Self {
            say: 500,
            local: 500,
            global: 1_000,
            whisper: 2_000,
            system: 2_000,
            admin: 2_000,
            emote: 200,
            pose: 100,
            likeness: 500,
        }
    }
}

impl Rules {
    /// The longest text on a channel, in characters.
    #[must_use]
    pub const fn chars_max(&self, channel: Channel) -> usize {
        let lengths = &self.lengths;
        match channel {
            Channel::Say => lengths.say,
            Channel::Local => lengths.local,
            Channel::Global => lengths.global,
            Channel::Whisper => lengths.whisper,
            Channel::System => lengths.system,
            Channel::Admin => lengths.admin,
            Channel::Emote => lengths.emote,
            Channel::Pose => lengths.pose,
        }
    }
}

impl content::Rules for Rules {
    fn check(&mut self, at: &At<'_>) {
        let at = at.key("history");
        let lines = self.history.lines;
        for (key, shown) in [
            ("shown", self.history.shown),
            ("greeting", self.history.greeting),
        ] {
            let message = format!("`history.{key}` is {shown}, more than the {lines} lines kept");
            at.key(key).unless(shown <= lines, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::alone;

    fn load(text: &str) -> Result<Rules, Vec<String>> {
        alone("rules/chat.toml", text)
    }

    #[test]
    fn talk_rules_override_domain_defaults() {
        let rules = load("[lengths]\nsay = 30\n[history]\nshown = 7\n").unwrap();
        assert_eq!(rules.chars_max(Channel::Say), 30);
        assert_eq!(rules.chars_max(Channel::Pose), 100);
        assert_eq!((rules.history.shown, rules.history.lines), (7, 100));
        let shipped = include_str!("../../../world/rules/chat.toml");
        assert_eq!(load(shipped), Ok(Rules::default()));
    }

    #[test]
    fn talk_rule_mistake_is_named_with_line() {
        for (text, line) in [
            (
                "[lengths]\nsay = 0\n",
                "rules/chat.toml:2: `lengths.say` is 0, not within",
            ),
            ("[lengths]\nshout = 5\n", "rules/chat.toml:2: "),
            (
                "# Here.\n[history]\nshown = 101\n",
                "rules/chat.toml:3: `history.shown` is 101, more than",
            ),
        ] {
            let problems = load(text).unwrap_err();
            assert!(
                problems.len() == 1 && problems[0].starts_with(line),
                "{problems:?}"
            );
        }
    }
}
