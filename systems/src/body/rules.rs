//! The numbers about bodies, as designers write them in `rules/body.toml`.

use engine::prelude::*;
use serde::Deserialize;
use toml::Spanned;

use super::{Change, POINT, Posture};
use crate::world::{Problem, Source};

/// Where they are written.
const PATH: &str = "rules/body.toml";

/// The rules about bodies; by default as the domain has them.
#[derive(Resource, Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Determination points that the mortally wounded lose each second.
    pub decay: u16,
    /// Magic points that come back each second to somebody who stands, in billionths.
    pub(super) magic: i64,
    /// How much faster sitting, lying, resting and meditating are.
    pub(super) sitting: f64,
    pub(super) lying: f64,
    rest: f64,
    meditation: f64,
    /// Determination points that a second of rest heals, in billionths.
    pub(super) rest_healing: i64,
    /// How long one rests who doesn't say, and at most, in seconds.
    pub(super) rest_seconds: u64,
    pub(super) rest_seconds_max: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self::from(Written::default())
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Magic {
    per_second: f64,
    sitting: f64,
    lying: f64,
    rest: f64,
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

#[derive(Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wounds {
    decay_per_second: u16,
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

#[derive(Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Rest {
    seconds: u64,
    seconds_max: u64,
}

impl Default for Rest {
    fn default() -> Self {
        Self {
            seconds: 60,
            seconds_max: 300,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    magic: Option<Spanned<Magic>>,
    wounds: Option<Spanned<Wounds>>,
    rest: Option<Spanned<Rest>>,
}

impl From<Written> for Rules {
    fn from(written: Written) -> Self {
        let magic = written.magic.map(Spanned::into_inner).unwrap_or_default();
        let wounds = written.wounds.map(Spanned::into_inner).unwrap_or_default();
        let rest = written.rest.map(Spanned::into_inner).unwrap_or_default();
        Self {
            decay: wounds.decay_per_second,
            magic: nano(magic.per_second),
            sitting: magic.sitting,
            lying: magic.lying,
            rest: magic.rest,
            meditation: magic.meditation,
            rest_healing: nano(wounds.rest_heals_per_second),
            rest_seconds: rest.seconds,
            rest_seconds_max: rest.seconds_max,
        }
    }
}

impl Rules {
    /// Reads the rules and checks them; a world without the file has the default ones.
    pub(crate) fn load(sources: &[Source], problems: &mut Vec<Problem>) -> Self {
        let Some((source, written)) = Source::find::<Written>(sources, PATH, problems) else {
            return Self::default();
        };
        if let Some(magic) = &written.magic {
            let Magic {
                per_second,
                sitting,
                lying,
                rest,
                meditation,
            } = *magic.as_ref();
            let paces = [sitting, lying, rest, meditation];
            let holds = (0.0..=10.0).contains(&per_second)
                && paces.iter().all(|pace| (0.0..=100.0).contains(pace));
            if !holds {
                problems.push(source.problem(
                    &magic.span(),
                    "magic does not come back by 0 to 10 points a second, or a pace is not within 0 to 100",
                ));
            }
        }
        if let Some(wounds) = &written.wounds {
            let Wounds {
                decay_per_second,
                rest_heals_per_second,
            } = *wounds.as_ref();
            let holds = (1..=10).contains(&decay_per_second)
                && (0.0..=10.0).contains(&rest_heals_per_second);
            if !holds {
                problems.push(source.problem(
                    &wounds.span(),
                    "the decay is not 1 to 10 points a second, or what rest heals not within 0 to 10",
                ));
            }
        }
        if let Some(rest) = &written.rest {
            let Rest {
                seconds,
                seconds_max,
            } = *rest.as_ref();
            if !(1..=seconds_max).contains(&seconds) || seconds_max > 86_400 {
                problems.push(source.problem(
                    &rest.span(),
                    "a rest is not of 1 up to its most seconds, which are a day's at most",
                ));
            }
        }
        Self::from(written)
    }

    /// What comes back in a second, in billionths.
    pub(super) fn magic(&self, posture: Posture) -> i64 {
        match posture {
            Posture::Standing => self.magic,
            Posture::Sitting => self.paced(self.sitting),
            Posture::Lying => self.paced(self.lying),
        }
    }

    /// The magic that so long a rest is worth, for those who give it at once (a prayer).
    #[must_use]
    pub fn rested(&self, span: Duration) -> Change {
        Change::Magic(self.over(self.rest, span))
    }

    /// The magic that so long a meditation is worth.
    #[must_use]
    pub fn meditated(&self, span: Duration) -> Change {
        Change::Magic(self.over(self.meditation, span))
    }

    fn paced(&self, pace: f64) -> i64 {
        (self.magic as f64 * pace).round() as i64
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
