//! What holds until an instant, or until it is lifted.

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

    /// How long it has left, and why: "for another 5 min: too loud"; when it begins, how long it
    /// is: "for 5 min: too loud".
    #[must_use]
    pub fn told(&self, now: WorldTime) -> String {
        match self.at == now {
            true => given(self.until, &self.reason, now),
            false => told(self.until, &self.reason, now),
        }
    }
}

/// How long something lasts that begins now, and why.
#[must_use]
pub(crate) fn given(until: Option<WorldTime>, reason: &str, now: WorldTime) -> String {
    lasting(until, reason, now, "for")
}

/// How long something lasts, and why.
#[must_use]
pub(crate) fn told(until: Option<WorldTime>, reason: &str, now: WorldTime) -> String {
    lasting(until, reason, now, "for another")
}

fn lasting(until: Option<WorldTime>, reason: &str, now: WorldTime, leads: &str) -> String {
    let span = match until {
        None => "until it is lifted".to_owned(),
        Some(until) => {
            let minutes = until.since(now).as_secs().div_ceil(60).max(1);
            format!("{leads} {minutes} min")
        }
    };
    if reason.is_empty() {
        span
    } else {
        format!("{span}: {reason}")
    }
}
