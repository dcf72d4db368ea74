//! How well a plugin has behaved lately, and when it is left out.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::port::WorldTime;

/// A plugin with this many faults within [`QUARANTINE`] is left out for as long.
pub const FAULTS_MAX: usize = 5;
/// How long a plugin in quarantine is left out at first, and how long a fault is remembered.
pub const QUARANTINE: Duration = Duration::from_secs(60);
/// Each time a plugin is left out soon after it came back it is for twice as long, this often.
const DOUBLINGS_MAX: u32 = 6;

/// A plugin that holds up the world for so long has one fault, and one more each time as long.
pub const HELD_UP: Duration = Duration::from_millis(800);

/// A plugin's standing. Part of every checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    faults: VecDeque<WorldTime>,
    /// Left out until then.
    pub(crate) until: Option<WorldTime>,
    /// Had a fault in this tick, so the rest of the tick passes without it.
    pub(crate) skipped: bool,
    /// Has missed the tick before this one, or a part of it.
    pub(crate) behind: bool,
    /// How often in a row it was left out soon after it had come back, and when it came back last.
    outs: u32,
    back: Option<WorldTime>,
    /// The world has been told that it is left out.
    told: bool,
}

impl Health {
    /// That of a plugin at the start; one that `is_out` stays out until somebody turns it on.
    pub(crate) fn new(is_out: bool) -> Self {
        let mut health = Self {
            faults: VecDeque::with_capacity(FAULTS_MAX),
            ..Self::default()
        };
        if is_out {
            health.turn_off();
        }
        health
    }

    /// A tick begins at `now`; answers whether the plugin was left out and is back.
    pub(crate) fn begin(&mut self, now: WorldTime) -> bool {
        self.behind = self.skipped || self.until.is_some();
        self.skipped = false;
        if self.until.is_some_and(|until| until <= now) {
            self.until = None;
            self.back = Some(now);
            self.faults.clear();
            return true;
        }
        false
    }

    /// Counts a fault; with too many of them the plugin is left out for a while. Answers whether
    /// that begins now.
    pub(crate) fn blame(&mut self, now: WorldTime) -> bool {
        let old = |at: &WorldTime| now.since(*at) > QUARANTINE;
        while self.faults.front().is_some_and(old) {
            self.faults.pop_front();
        }
        self.faults.push_back(now);
        // Those that are left out for good stay so.
        let begins = self.faults.len() >= FAULTS_MAX && self.until.is_none();
        if begins {
            let pause = |outs: u32| QUARANTINE * 2_u32.pow(outs.min(DOUBLINGS_MAX));
            let well = |back: WorldTime| now.since(back) > pause(self.outs);
            if self.back.is_none_or(well) {
                self.outs = 0;
            }
            self.until = Some(now.plus(pause(self.outs)));
            self.outs += 1;
        }
        begins
    }

    /// Leaves it out until it is turned on.
    pub(crate) fn turn_off(&mut self) {
        self.until = Some(WorldTime(u64::MAX));
    }

    /// It is back at the next tick, and what it did before is forgotten.
    pub(crate) fn turn_on(&mut self, now: WorldTime) {
        self.outs = 0;
        self.faults.clear();
        if self.until.is_some() {
            self.until = Some(now);
        }
    }

    /// Faults that are remembered.
    pub(crate) fn faults(&self) -> usize {
        self.faults.len()
    }

    /// What the world is not told yet: that it is left out, or that it is back.
    pub(crate) fn news(&mut self) -> Option<bool> {
        let out = self.until.is_some();
        (std::mem::replace(&mut self.told, out) != out).then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> WorldTime {
        WorldTime(seconds * 1_000_000)
    }

    /// Fails as fast as it may from `second` on; answers for how long it is left out.
    fn fail(health: &mut Health, second: u64) -> u64 {
        for n in 1..=FAULTS_MAX {
            assert_eq!(health.blame(at(second)), n == FAULTS_MAX);
        }
        let until = health.until.unwrap();
        assert!(health.begin(until));
        until.0 / 1_000_000 - second
    }

    #[test]
    fn pause_grows_while_plugin_keeps_failing() {
        let mut health = Health::new(false);
        let mut now = 1_000;
        for expected in [60, 120, 240, 480, 960, 1_920, 3_840, 3_840] {
            assert_eq!(fail(&mut health, now), expected);
            now += expected + 1;
        }
        // It has behaved for longer than its last pause.
        assert_eq!(fail(&mut health, now + 3_840), 60);
    }

    #[test]
    fn plugin_turned_on_begins_anew() {
        let mut health = Health::new(true);
        assert!(!health.begin(at(1_000_000)), "it stays out for good");
        health.turn_on(at(1_000_000));
        assert!(health.begin(at(1_000_001)));
        assert_eq!(fail(&mut health, 1_000_002), 60);
        health.turn_on(at(1_000_100));
        assert_eq!(fail(&mut health, 1_000_101), 60);
    }

    #[test]
    fn news_are_told_once() {
        let mut health = Health::new(false);
        assert_eq!(health.news(), None);
        health.turn_off();
        assert_eq!([health.news(), health.news()], [Some(true), None]);
        health.turn_on(at(1));
        health.begin(at(2));
        assert_eq!([health.news(), health.news()], [Some(false), None]);
    }
}
