//! Whose time is spent, and where the tick stands right now.
//!
//! The engine has no clock; a stopwatch is lent to it by whoever runs it. Without one, every
//! span is zero and nothing else changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::phase::Phase;
use crate::port::Tick;

/// Nanoseconds of a monotonic clock.
pub type Stopwatch = fn() -> u64;

pub(crate) fn stopped() -> u64 {
    0
}

/// Time per plugin and phase of the last tick, in nanoseconds.
#[derive(Debug, Default)]
pub struct Spent {
    pub(crate) spans: Vec<[u64; 4]>,
}

impl Spent {
    /// `(plugin index, phase, nanoseconds)` of everything that took time.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Phase, u64)> + '_ {
        self.spans.iter().enumerate().flat_map(|(plugin, spans)| {
            Phase::ALL
                .iter()
                .map(move |phase| (plugin, *phase, spans[phase.index()]))
        })
    }

    /// The plugin that took the most, and its nanoseconds.
    #[must_use]
    pub fn slowest(&self) -> Option<(usize, u64)> {
        self.spans
            .iter()
            .map(|spans| spans.iter().sum::<u64>())
            .enumerate()
            .max_by_key(|(plugin, span)| (*span, usize::MAX - plugin))
            .filter(|(_, span)| *span > 0)
    }
}

/// Where the tick is, for a watchdog on another thread: the tick and the plugin being run.
#[derive(Debug, Clone, Default)]
pub struct Beacon(Arc<BeaconCells>);

#[derive(Debug, Default)]
struct BeaconCells {
    tick: AtomicU64,
    /// Plugin index + 1; 0 outside plugins.
    plugin: AtomicU64,
}

impl Beacon {
    pub(crate) fn enter_tick(&self, tick: Tick) {
        self.0.tick.store(tick, Ordering::Relaxed);
    }

    pub(crate) fn enter(&self, plugin: usize) {
        self.0.plugin.store(plugin as u64 + 1, Ordering::Relaxed);
    }

    pub(crate) fn leave(&self) {
        self.0.plugin.store(0, Ordering::Relaxed);
    }

    /// Another plugin is run in between; answers what [`back`](Self::back) is to show again.
    pub(crate) fn instead(&self, plugin: usize) -> u64 {
        self.0.plugin.swap(plugin as u64 + 1, Ordering::Relaxed)
    }

    pub(crate) fn back(&self, shown: u64) {
        self.0.plugin.store(shown, Ordering::Relaxed);
    }

    /// The tick, and the index of the plugin it is in, if it is in one.
    #[must_use]
    pub fn read(&self) -> (Tick, Option<usize>) {
        let plugin = self.0.plugin.load(Ordering::Relaxed);
        (
            self.0.tick.load(Ordering::Relaxed),
            plugin.checked_sub(1).map(|index| index as usize),
        )
    }
}
