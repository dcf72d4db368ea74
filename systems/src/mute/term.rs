//! For how long, why and by whom.

use engine::prelude::*;
use serde::{Deserialize, Serialize};

/// A mute, whoever or whatever it is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// The name of whoever made it.
    pub by: String,
    /// Since when.
    pub at: WorldTime,
    /// From then on it is over; `None`: it stays until it is lifted.
    pub until: Option<WorldTime>,
    /// Why; may be empty.
    pub reason: String,
}

impl Mute {
    /// Whether it is in force.
    #[must_use]
    pub fn holds(&self, now: WorldTime) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// How long it has left, and why: "for another 5 min: too loud".
    #[must_use]
    pub fn told(&self, now: WorldTime) -> String {
        told(self.until, &self.reason, now)
    }
}

/// How long something lasts, and why.
#[must_use]
pub(crate) fn told(until: Option<WorldTime>, reason: &str, now: WorldTime) -> String {
    let span = match until {
        None => "until it is lifted".to_owned(),
        Some(until) => {
            let minutes = until.since(now).as_secs().div_ceil(60).max(1);
            format!("for another {minutes} min")
        }
    };
    if reason.is_empty() {
        span
    } else {
        format!("{span}: {reason}")
    }
}

/// For how long and why, as typed: `[minutes] [reason]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Term {
    pub(super) minutes: Option<u32>,
    pub(super) reason: String,
}

impl Term {
    /// Reads the words. Whether the rules allow it is asked of [`Rules`](super::Rules::allow).
    #[must_use]
    pub fn read(words: &str) -> Self {
        let (first, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
        let numeric = !first.is_empty() && first.chars().all(|c| c.is_ascii_digit());
        let (minutes, reason) = if numeric {
            (Some(first.parse().unwrap_or(u32::MAX)), rest.trim())
        } else {
            (None, words.trim())
        };
        Self {
            minutes,
            reason: reason.to_owned(),
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
        self.minutes
            .map(|minutes| now.plus(Duration::from_secs(u64::from(minutes) * 60)))
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

    #[test]
    fn a_term_is_minutes_and_a_reason_or_either_or_neither() {
        let read = |words: &str| {
            let Term { minutes, reason } = Term::read(words);
            (minutes, reason)
        };
        let term = |minutes, reason: &str| (minutes, reason.to_owned());
        assert_eq!(read(""), term(None, ""));
        assert_eq!(read("5"), term(Some(5), ""));
        assert_eq!(read("5 too loud"), term(Some(5), "too loud"));
        assert_eq!(read("too loud"), term(None, "too loud"));
        assert_eq!(read("99999999999"), term(Some(u32::MAX), ""));
    }

    #[test]
    fn a_mute_ends_at_its_instant() {
        let now = WorldTime(1_000);
        let mute = Term::read("1").mute("Ann", now);
        let end = now.plus(Duration::from_secs(60));
        assert!(mute.holds(WorldTime(end.0 - 1)) && !mute.holds(end));
        assert_eq!(mute.told(WorldTime(end.0 - 1)), "for another 1 min");
    }
}
