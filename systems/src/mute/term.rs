//! For how long, why and by whom.

use engine::prelude::*;

use crate::command::{Usage, leading_span};
use crate::hearing::Mute;

/// Said of what begins like a number and is no span.
const NO_SPAN: &str = "For how long is that? Write minutes, or a span like 30m, 1h30m or 2d; or begin the reason with a letter.";

/// Whether a number, or what somebody takes for one, begins with it.
fn is_of_a_number(c: char) -> bool {
    c.is_numeric() || "+-\u{2212}\u{2013}\u{2014}.,~<>=".contains(c)
}

/// For how long and why, as typed: `[minutes] [reason]`, where a span with units may stand for the
/// minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Term {
    pub(super) span: Option<Duration>,
    pub(super) reason: String,
}

impl Term {
    /// Reads the words. Whether the rules allow it is asked of [`Rules`](super::Rules::allow).
    ///
    /// # Errors
    /// When they begin like a number and are no span: nobody means "for ever" by that.
    pub fn read(words: &str) -> Result<Self, Usage> {
        let words = words.trim();
        let (first, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
        if let Some((span, reason)) = leading_span(words) {
            return Ok(Self {
                span: Some(span),
                reason: reason.to_owned(),
            });
        }
        if first.eq_ignore_ascii_case("for") && rest.trim_start().starts_with(is_of_a_number) {
            return Self::read(rest);
        }
        if !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit()) {
            // What no number can hold is too long in any world.
            let minutes = first.parse().unwrap_or(u64::MAX);
            return Ok(Self {
                span: Some(Duration::from_secs(minutes.saturating_mul(60))),
                reason: rest.trim().to_owned(),
            });
        }
        if first.starts_with(is_of_a_number) {
            return Err(Usage::Say(NO_SPAN.to_owned()));
        }
        Ok(Self::because(words))
    }

    /// Only why.
    #[must_use]
    pub fn because(words: &str) -> Self {
        Self {
            span: None,
            reason: words.trim().to_owned(),
        }
    }

    /// The mute that begins now.
    #[must_use]
    pub fn mute(&self, by: &str, now: WorldTime) -> Mute {
        Mute {
            by: by.to_owned(),
            at: now,
            until: self.until(now),
            reason: self.reason.clone(),
        }
    }

    /// When something ends that begins now; `None`: never by itself.
    #[must_use]
    pub fn until(&self, now: WorldTime) -> Option<WorldTime> {
        self.span.map(|span| now.plus(span))
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> (Option<u64>, String) {
        let Term { span, reason } = Term::read(words).unwrap();
        (span.map(|span| span.as_secs()), reason)
    }

    #[test]
    fn mute_term_takes_optional_minutes_and_reason() {
        let term = |minutes: Option<u64>, reason: &str| {
            (minutes.map(|minutes| minutes * 60), reason.to_owned())
        };
        assert_eq!(read(""), term(None, ""));
        assert_eq!(read("5"), term(Some(5), ""));
        assert_eq!(read("5 too loud"), term(Some(5), "too loud"));
        assert_eq!(read("too loud"), term(None, "too loud"));
        assert_eq!(read("for shame"), term(None, "for shame"));
        assert_eq!(read("99999999999999999999").0, Some(u64::MAX));
    }

    #[test]
    fn term_with_units_is_that_span() {
        let term = |seconds, reason: &str| (Some(seconds), reason.to_owned());
        assert_eq!(read("10m flooding"), term(600, "flooding"));
        assert_eq!(read("1h30m"), term(5_400, ""));
        assert_eq!(read("2d spam"), term(172_800, "spam"));
        assert_eq!(read("3 days of peace"), term(259_200, "of peace"));
        assert_eq!(read("for 10m flooding"), term(600, "flooding"));
    }

    #[test]
    fn term_like_a_number_is_refused() {
        for words in [
            "-5",
            "1e9",
            "10x",
            "+5",
            "\u{2212}5",
            "1½h loud",
            "５m",
            ".5h",
            "3rd time",
            "for -5",
        ] {
            assert!(matches!(Term::read(words), Err(Usage::Say(_))), "{words}");
        }
    }

    #[test]
    fn mute_ends_at_exact_instant() {
        let now = WorldTime(1_000);
        let mute = Term::read("1").unwrap().mute("Ann", now);
        let end = now.plus(Duration::from_secs(60));
        assert!(mute.holds(WorldTime(end.0 - 1)) && !mute.holds(end));
        assert_eq!(mute.told(WorldTime(end.0 - 1)), "for another 1 min");
    }
}
