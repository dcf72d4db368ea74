//! The numbers about talk, as designers write them in `rules/chat.toml`. How often one may speak is
//! the operator's to say: see [`ChatLimits`](super::ChatLimits).

use std::collections::BTreeMap;

use engine::prelude::*;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::Channel;
use crate::world::{Problem, Source};

/// Where they are written.
const PATH: &str = "rules/chat.toml";
/// The longest line that a channel can be given, in characters.
const CHARS_MAX: usize = 10_000;

/// The rules about talk; by default as the domain has them.
#[derive(Resource, Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    lengths: [usize; Channel::ALL.len()],
    /// What is remembered.
    pub history: Remembered,
}

/// What is remembered of what was said in each place, and shown of it.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Remembered {
    /// The most lines kept of a place,
    pub lines: usize,
    /// and the most bytes of text, whichever is less.
    pub bytes: usize,
    /// How many lines `history` shows unless told otherwise.
    pub shown: usize,
    /// How many lines are shown to whoever comes in,
    pub greeting: usize,
    /// and how old one of these may be.
    pub greeting_seconds: u64,
}

impl Default for Remembered {
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

impl Default for Rules {
    fn default() -> Self {
        let chars = |channel| match channel {
            Channel::Say | Channel::Local => 500,
            Channel::Global => 1_000,
            Channel::Whisper | Channel::System | Channel::Admin => 2_000,
            Channel::Emote => 200,
            Channel::Pose => 100,
        };
        Self {
            lengths: Channel::ALL.map(chars),
            history: Remembered::default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    lengths: BTreeMap<Channel, Spanned<usize>>,
    history: Option<Spanned<Remembered>>,
}

impl Rules {
    /// The longest text on a channel, in characters.
    #[must_use]
    pub const fn chars_max(&self, channel: Channel) -> usize {
        self.lengths[channel.index()]
    }

    /// Reads the rules and checks them; a world without the file has the default ones.
    pub(crate) fn load(sources: &[Source], problems: &mut Vec<Problem>) -> Self {
        let mut rules = Self::default();
        let Some((source, written)) = Source::find::<Written>(sources, PATH, problems) else {
            return rules;
        };
        for (channel, chars) in written.lengths {
            if !(1..=CHARS_MAX).contains(chars.as_ref()) {
                let word = channel.word();
                let message =
                    format!("the longest line on {word} is not of 1 to {CHARS_MAX} characters");
                problems.push(source.problem(&chars.span(), message));
            }
            rules.lengths[channel.index()] = chars.into_inner();
        }
        if let Some(history) = written.history {
            if let Some(mistake) = history.as_ref().mistake() {
                problems.push(source.problem(&history.span(), mistake));
            }
            rules.history = history.into_inner();
        }
        rules
    }
}

impl Remembered {
    fn mistake(&self) -> Option<&'static str> {
        let holds = (1..=1_000).contains(&self.lines)
            && (1_024..=1_024 * 1_024).contains(&self.bytes)
            && (1..=self.lines).contains(&self.shown)
            && self.greeting <= self.lines
            && self.greeting_seconds <= 86_400;
        (!holds).then_some(
            "of a place 1 to 1000 lines and 1 KiB to 1 MiB are remembered, no more are shown than that, and none is shown to newcomers that is older than a day",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> (Rules, Vec<String>) {
        Source::alone(PATH, text, Rules::load)
    }

    #[test]
    fn what_a_world_says_of_talk_counts_and_the_rest_is_as_the_domain_has_it() {
        let (rules, problems) = load("[lengths]\nsay = 30\n[history]\nshown = 7\n");
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(rules.chars_max(Channel::Say), 30);
        assert_eq!(rules.chars_max(Channel::Pose), 100);
        assert_eq!((rules.history.shown, rules.history.lines), (7, 100));
        let shipped = include_str!("../../../world/rules/chat.toml");
        assert_eq!(load(shipped), (Rules::default(), Vec::new()));
    }

    #[test]
    fn what_is_wrong_with_the_numbers_of_talk_is_told_with_its_line() {
        for (text, line) in [
            (
                "[lengths]\nsay = 0\n",
                "rules/chat.toml:2: the longest line on say",
            ),
            ("[lengths]\nshout = 5\n", "rules/chat.toml:2: "),
            (
                "# Here.\n[history]\nshown = 101\n",
                "rules/chat.toml:2: of a place",
            ),
        ] {
            let (_, problems) = load(text);
            assert!(
                problems.len() == 1 && problems[0].starts_with(line),
                "{problems:?}"
            );
        }
    }
}
