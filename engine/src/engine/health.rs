//! How well a plugin has behaved lately, and when it is left out.

use std::collections::VecDeque;
use std::time::Duration;

use crate::port::WorldTime;

/// A plugin with this many faults within [`QUARANTINE`] is left out for as long.
pub const FAULTS_MAX: usize = 5;
/// How long a plugin in quarantine is left out, and how long a fault is remembered.
pub const QUARANTINE: Duration = Duration::from_secs(60);

/// A plugin that holds up the world for so long has one fault, and one more each time as long.
pub const HELD_UP: Duration = Duration::from_millis(800);

pub(super) struct Health {
    pub(super) faults: VecDeque<WorldTime>,
    /// Left out until then.
    pub(super) until: Option<WorldTime>,
    /// Had a fault in this tick, so the rest of the tick passes without it.
    pub(super) skipped: bool,
    /// Has missed the tick before this one, or a part of it.
    pub(super) behind: bool,
}

impl Health {
    /// A tick begins at `now`; answers whether the plugin was left out and is back.
    pub(super) fn begin(&mut self, now: WorldTime) -> bool {
        self.behind = self.skipped || self.until.is_some();
        self.skipped = false;
        if self.until.is_some_and(|until| until <= now) {
            self.until = None;
            self.faults.clear();
            return true;
        }
        false
    }
}

/// Counts a fault; with too many of them the plugin is left out for a while. Answers whether that
/// begins now.
pub(super) fn blame(health: &mut Health, now: WorldTime) -> bool {
    while health
        .faults
        .front()
        .is_some_and(|at| now.since(*at) > QUARANTINE)
    {
        health.faults.pop_front();
    }
    health.faults.push_back(now);
    // Those that start in quarantine stay in it.
    let begins = health.faults.len() >= FAULTS_MAX && health.until.is_none();
    if begins {
        health.until = Some(now.plus(QUARANTINE));
    }
    begins
}
