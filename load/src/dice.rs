//! Random numbers of the bots: a hash of a seed, so that a run can be repeated.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A row of numbers of somebody's own: equal seeds and branches give equal rows.
#[derive(Clone, Debug)]
pub(crate) struct BotDice(u64);

impl BotDice {
    /// The row of the `branch`-th player of a run.
    pub(crate) fn new(seed: u64, branch: u64) -> Self {
        let mut dice = Self(seed ^ branch.wrapping_mul(0xd6e8_feb8_6659_fd93));
        dice.next();
        dice
    }

    // splitmix64
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `below`, which is not 0.
    pub(crate) fn below(&mut self, below: usize) -> usize {
        (self.next() % below.max(1) as u64) as usize
    }

    /// From 0 up to, but never, 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The index of one of `weights`, by its weight.
    pub(crate) fn pick(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let sum: f64 = weights.clone().sum();
        let mut left = self.unit() * sum;
        let mut last = 0;
        for (index, weight) in weights.enumerate() {
            if weight > 0.0 {
                last = index;
                if left < weight {
                    return index;
                }
                left -= weight;
            }
        }
        last
    }
}

/// How long somebody thinks between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Think {
    /// Always the same.
    Fixed(Duration),
    /// Anything in between, equally likely.
    Uniform(Duration, Duration),
    /// Memoryless, with this mean: what independent people look like from afar.
    Exponential(Duration),
    /// A log-normal law: most are quick, some take long.
    LogNormal {
        /// Half think shorter.
        median: Duration,
        /// The spread of the logarithm.
        sigma: f64,
    },
}

/// No think time is longer: a bot that draws an hour has left.
const LONGEST: f64 = 600.0;

impl Think {
    pub(crate) fn draw(self, dice: &mut BotDice) -> Duration {
        let seconds = match self {
            Self::Fixed(time) => return time,
            Self::Uniform(from, to) => {
                from.as_secs_f64() + (to.as_secs_f64() - from.as_secs_f64()) * dice.unit()
            }
            Self::Exponential(mean) => -mean.as_secs_f64() * (1.0 - dice.unit()).ln(),
            Self::LogNormal { median, sigma } => {
                // Box and Muller's way to a normal variate.
                let radius = (-2.0 * (1.0 - dice.unit()).ln()).sqrt();
                let normal = radius * (std::f64::consts::TAU * dice.unit()).cos();
                median.as_secs_f64() * (sigma * normal).exp()
            }
        };
        Duration::from_secs_f64(seconds.clamp(0.0, LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dice_seed_repeats_and_branches_differ() {
        let row = |branch| {
            let mut dice = BotDice::new(7, branch);
            std::array::from_fn::<_, 8, _>(|_| dice.next())
        };
        assert_eq!(row(1), row(1));
        assert_ne!(row(1), row(2));
    }

    #[test]
    fn think_times_have_configured_mean() {
        let mean = |think: Think| {
            let mut dice = BotDice::new(3, 0);
            let sum: Duration = (0..20_000).map(|_| think.draw(&mut dice)).sum();
            sum.as_secs_f64() / 20_000.0
        };
        let near = |found: f64, asked: f64| {
            assert!((found / asked - 1.0).abs() < 0.03, "{found}, not {asked}");
        };
        near(mean(Think::Exponential(Duration::from_secs(4))), 4.0);
        let (from, to) = (Duration::from_secs(1), Duration::from_secs(3));
        near(mean(Think::Uniform(from, to)), 2.0);
        let median = Duration::from_secs(2);
        let sigma = 0.5;
        near(
            mean(Think::LogNormal { median, sigma }),
            2.0 * (sigma * sigma / 2.0).exp(),
        );
    }
}
