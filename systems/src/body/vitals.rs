//! How much is left of somebody.

use engine::prelude::*;
use serde::{Deserialize, Serialize};

use super::POINT;

/// Determination and magic points. Kept within their bounds by the one system that writes them.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
pub struct Vitals {
    dp: i16,
    mp: i16,
    /// Magic not yet come to a point, in billionths; 0 up to one point.
    #[serde(default)]
    residual: i32,
}

/// The room, by id, in which a body died last; only those who have died have one.
#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[component(summary_tick)]
#[serde(transparent)]
pub struct Grave(pub(super) String);

/// What becomes of a body at its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Up and about.
    Able,
    /// 0 ≥ DP > −10: lies, can't act, and bleeds.
    Wounded,
    /// DP = −10.
    Dead,
}

impl Vitals {
    /// As dead as can be.
    pub const FLOOR: i16 = -10;

    pub(super) const fn full(max_dp: i16, max_mp: i16) -> Self {
        Self {
            dp: max_dp,
            mp: max_mp,
            residual: 0,
        }
    }

    /// Determination points.
    #[must_use]
    pub const fn dp(&self) -> i16 {
        self.dp
    }

    /// Magic points.
    #[must_use]
    pub const fn mp(&self) -> i16 {
        self.mp
    }

    /// Magic not yet come to a point, in points.
    #[must_use]
    pub fn residual(&self) -> f64 {
        f64::from(self.residual) / POINT as f64
    }

    /// What becomes of a body with these points.
    #[must_use]
    pub const fn condition(&self) -> Condition {
        match self.dp {
            dp if dp <= Self::FLOOR => Condition::Dead,
            dp if dp <= 0 => Condition::Wounded,
            _ => Condition::Able,
        }
    }

    /// The same within the bounds of a body.
    pub(super) fn within(self, max_dp: i16, max_mp: i16) -> Self {
        let mp = self.mp.clamp(0, max_mp);
        Self {
            dp: self.dp.clamp(Self::FLOOR, max_dp),
            mp,
            residual: if mp == max_mp {
                0
            } else {
                self.residual.clamp(0, POINT as i32 - 1)
            },
        }
    }

    pub(super) fn shifted(self, points: i32, max_dp: i16, max_mp: i16) -> Self {
        let dp = i32::from(self.dp).saturating_add(points);
        let dp = i16::try_from(dp.clamp(i32::from(Self::FLOOR), i32::from(max_dp)));
        Self {
            dp: dp.unwrap_or(max_dp),
            ..self
        }
        .within(max_dp, max_mp)
    }

    /// Adds magic, in billionths; whole points that it comes to are added, and less than nothing
    /// is nothing.
    pub(super) fn charged(self, nano: i64, max_dp: i16, max_mp: i16) -> Self {
        let most = i64::from(max_mp) * POINT;
        let has = i64::from(self.mp) * POINT + i64::from(self.residual);
        let has = has.saturating_add(nano).clamp(0, most);
        Self {
            mp: i16::try_from(has / POINT).unwrap_or(max_mp),
            residual: i32::try_from(has % POINT).unwrap_or(0),
            ..self
        }
        .within(max_dp, max_mp)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn magic_is_same_however_time_is_split(
            spans in prop::collection::vec(1_i64..40, 1..200),
        ) {
            let pace = POINT / 100;
            let total: i64 = spans.iter().sum();
            let split = spans.iter().fold(Vitals::full(10, 0), |vitals, span| {
                vitals.charged(span * pace, 10, 50)
            });
            prop_assert_eq!(split, Vitals::full(10, 0).charged(total * pace, 10, 50));
        }

        #[test]
        fn points_stay_within_bounds(
            changes in prop::collection::vec((-40_i32..40, -5 * POINT..5 * POINT), 0..60),
            max_dp in 1_i16..40,
            max_mp in 0_i16..20,
        ) {
            let mut vitals = Vitals::full(max_dp, max_mp);
            for (points, nano) in changes {
                vitals = vitals.shifted(points, max_dp, max_mp).charged(nano, max_dp, max_mp);
                prop_assert!((Vitals::FLOOR..=max_dp).contains(&vitals.dp));
                prop_assert!((0..=max_mp).contains(&vitals.mp));
                prop_assert!((0.0..1.0).contains(&vitals.residual()));
            }
        }
    }
}
