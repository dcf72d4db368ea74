//! The numbers about mutes and bans, as designers write them in `rules/mutes.toml`.

use engine::content;
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Term;

/// The rules about mutes and bans; by default as the domain has them. What was muted under other
/// rules stays so.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// the longest mute or ban that ends by itself, in minutes
    // Ten years; longer is for ever, which is what no number says.
    #[schemars(range(min = 1, max = 5_256_000))]
    pub minutes_max: u32,
    /// the length of a reason in characters, also of `eject`, `unban` and `add_admin`
    #[schemars(range(min = 0, max = 500))]
    pub reason_chars: usize,
    /// how many others one character can have muted
    // A character's mutes are one row, written whole: 2,048 of about 150 bytes are 300 KiB.
    #[schemars(range(min = 1, max = 2048))]
    pub people: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            minutes_max: 10_080,
            reason_chars: 200,
            people: 256,
        }
    }
}

impl content::Rules for Rules {}

impl Rules {
    /// Whether a term is one that these rules allow.
    ///
    /// # Errors
    /// When its minutes or its reason are out of bounds.
    pub fn allow(&self, term: &Term) -> Result<(), Refusal> {
        let (minutes_max, reason_chars) = (self.minutes_max, self.reason_chars);
        let message = if !term
            .span
            .is_none_or(|span| (60..=u64::from(minutes_max) * 60).contains(&span.as_secs()))
        {
            format!("From 1 to {minutes_max} minutes, please.")
        } else if term.reason.chars().count() > reason_chars {
            format!("A reason of at most {reason_chars} characters, please.")
        } else {
            return Ok(());
        };
        Err(Refusal::new(Code::InvalidInput, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::alone;

    fn load(text: &str) -> Result<Rules, Vec<String>> {
        alone("rules/mutes.toml", text)
    }

    #[test]
    fn mute_rules_override_domain_defaults() {
        let rules = load("minutes_max = 60\n").unwrap();
        assert_eq!((rules.minutes_max, rules.reason_chars), (60, 200));
        let shipped = include_str!("../../../world/rules/mutes.toml");
        assert_eq!(load(shipped), Ok(Rules::default()));
    }

    #[test]
    fn mute_rule_mistake_names_key_and_line() {
        for (text, told) in [
            (
                "minutes_max = 0\n",
                "rules/mutes.toml:1: `minutes_max` is 0, not within 1 to 5256000",
            ),
            (
                "\nreason_chars = 501\n",
                "rules/mutes.toml:2: `reason_chars` is 501, not within 0 to 500",
            ),
            (
                "people = 0\n",
                "rules/mutes.toml:1: `people` is 0, not within 1 to 2048",
            ),
        ] {
            assert_eq!(load(text).unwrap_err(), [told]);
        }
        assert!(load("minutes = 3\n").unwrap_err()[0].contains("unknown field `minutes`"));
    }

    #[test]
    fn a_term_is_within_the_rules_or_refused() {
        let rules = load("minutes_max = 60\nreason_chars = 5\n").unwrap();
        let allow = |words: &str| {
            rules
                .allow(&Term::read(words).unwrap())
                .map_err(|one| one.message)
        };
        for fine in ["", "1", "60", "abcde", "60 abcde"] {
            assert_eq!(allow(fine), Ok(()), "{fine}");
        }
        for odd in ["0", "61", "99999999999"] {
            let told = "From 1 to 60 minutes, please.".to_owned();
            assert_eq!(allow(odd), Err(told), "{odd}");
        }
        let told = "A reason of at most 5 characters, please.".to_owned();
        assert_eq!(allow("1 abcdef"), Err(told));
    }
}
