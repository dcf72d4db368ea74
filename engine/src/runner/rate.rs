//! How often the world ticks, and when each tick is due.

use std::time::Duration;

/// Ticks per second: 1 to 120.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(u32);

impl Rate {
    /// 20 ticks per second.
    pub const DEFAULT: Self = Self(20);

    /// A rate of `hz` ticks per second; `None` outside 1 to 120.
    #[must_use]
    pub const fn hz(hz: u32) -> Option<Self> {
        if hz >= 1 && hz <= 120 {
            Some(Self(hz))
        } else {
            None
        }
    }

    /// The moment of slot `n`, counted from the start.
    #[must_use]
    pub fn slot(self, n: u64) -> Duration {
        let nanos = u128::from(n) * 1_000_000_000 / u128::from(self.0);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The slot that `elapsed` falls into.
    #[must_use]
    pub fn slot_at(self, elapsed: Duration) -> u64 {
        u64::try_from(elapsed.as_nanos() * u128::from(self.0) / 1_000_000_000).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millionth_tick_slot_is_exact() {
        let rate = Rate::hz(60).unwrap();
        assert_eq!(rate.slot(60 * 1_000_000), Duration::from_secs(1_000_000));
        for n in 0..1_000 {
            assert_eq!(rate.slot_at(rate.slot(n) + Duration::from_nanos(1)), n);
        }
    }

    #[test]
    fn rates_outside_1_to_120_do_not_exist() {
        assert_eq!((Rate::hz(0), Rate::hz(121)), (None, None));
        assert!(Rate::hz(1).is_some() && Rate::hz(120).is_some());
    }
}
