//! The numbers about bodies, as designers write them in `rules/body.toml`.

use engine::content::{self, At};
use engine::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{POINT, PointsChange};
use crate::place::Posture;

/// The rules about bodies; by default as the domain has them.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// How magic points come back.
    pub(super) magic: Magic,
    /// What wounds do.
    pub(super) wounds: Wounds,
    /// How long one rests.
    pub(super) rest: RestRules,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Magic {
    /// magic points that come back each second to somebody who stands
    #[schemars(range(min = 0, max = 10))]
    per_second: f64,
    /// so many times as fast for those who sit
    #[schemars(range(min = 0, max = 100))]
    pub(super) sitting: f64,
    /// so many times as fast for those who lie
    #[schemars(range(min = 0, max = 100))]
    pub(super) lying: f64,
    /// what a second of a prayer is worth
    #[schemars(range(min = 0, max = 100))]
    rest: f64,
    /// what a second of a meditation is worth
    #[schemars(range(min = 0, max = 100))]
    meditation: f64,
}

impl Default for Magic {
    fn default() -> Self {
        Self {
            per_second: 0.01,
            sitting: 3.0,
            lying: 3.6,
            rest: 3.0,
            meditation: 5.0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wounds {
    /// determination points that the mortally wounded lose each second
    #[schemars(range(min = 1, max = 10))]
    pub(super) decay_per_second: u16,
    /// determination points that a second of rest heals
    #[schemars(range(min = 0, max = 10))]
    rest_heals_per_second: f64,
}

impl Default for Wounds {
    fn default() -> Self {
        Self {
            decay_per_second: 1,
            rest_heals_per_second: 0.1,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RestRules {
    /// how long one rests who doesn't say, in seconds; no longer than the longest
    #[schemars(range(min = 1, max = 86_400))]
    pub(super) seconds: u64,
    /// how long one rests at most, in seconds
    #[schemars(range(min = 1, max = 86_400))]
    pub(super) seconds_max: u64,
}

impl Default for RestRules {
    fn default() -> Self {
        Self {
            seconds: 60,
            seconds_max: 300,
        }
    }
}

impl content::Rules for Rules {
    fn check(&mut self, at: &At<'_>) {
        let RestRules {
            seconds,
            seconds_max,
        } = self.rest;
        let message = format!("`rest.seconds` is {seconds}, not within 1 to {seconds_max}");
        let at = at.key("rest").key("seconds");
        at.unless(seconds <= seconds_max, message);
    }
}

impl Rules {
    /// Determination points that the mortally wounded lose each second.
    #[must_use]
    pub const fn decay(&self) -> u16 {
        self.wounds.decay_per_second
    }

    /// Determination points that a second of rest heals, in billionths.
    pub(super) fn rest_healing(&self) -> i64 {
        nano(self.wounds.rest_heals_per_second)
    }

    /// What comes back in a second, in billionths.
    pub(super) fn magic(&self, posture: Posture) -> i64 {
        match posture {
            Posture::Standing => nano(self.magic.per_second),
            Posture::Sitting => self.paced(self.magic.sitting),
            Posture::Lying => self.paced(self.magic.lying),
        }
    }

    /// The magic that so long a rest is worth, for those who give it at once (a prayer).
    #[must_use]
    pub fn rested(&self, span: Duration) -> PointsChange {
        PointsChange::Magic(self.over(self.magic.rest, span))
    }

    /// The magic that so long a meditation is worth.
    #[must_use]
    pub fn meditated(&self, span: Duration) -> PointsChange {
        PointsChange::Magic(self.over(self.magic.meditation, span))
    }

    fn paced(&self, pace: f64) -> i64 {
        (nano(self.magic.per_second) as f64 * pace).round() as i64
    }

    fn over(&self, pace: f64, span: Duration) -> i64 {
        self.paced(pace)
            .saturating_mul(i64::try_from(span.as_secs()).unwrap_or(i64::MAX))
    }
}

/// The whole number of billionths nearest to so many points.
fn nano(points: f64) -> i64 {
    (points * POINT as f64).round() as i64
}
