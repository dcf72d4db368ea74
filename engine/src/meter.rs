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

/// A part of the tick, for who asks where its time goes: the phases with what the engine does
/// beside them, and what the engine does when they are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TickPart {
    /// What came in is taken apart, then the phase.
    Ingest,
    /// The phase.
    Simulate,
    /// The phase, all its rounds.
    Settle,
    /// The phase, then outcomes, departures and destructions.
    Emit,
    /// What changed is collected, and the tick cleaned up.
    Persist,
}

impl TickPart {
    /// All of them, in the order of the tick.
    pub const ALL: [Self; 5] = [
        Self::Ingest,
        Self::Simulate,
        Self::Settle,
        Self::Emit,
        Self::Persist,
    ];

    /// Its name in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Simulate => "simulate",
            Self::Settle => "settle",
            Self::Emit => "emit",
            Self::Persist => "persist",
        }
    }
}

/// Time per plugin and phase of the last tick, and per part of it, in nanoseconds.
#[derive(Debug, Default)]
pub struct Spent {
    pub(crate) spans: Vec<[u64; 4]>,
    parts: [u64; 5],
    /// When the part under way began.
    began: u64,
}

impl Spent {
    pub(crate) fn of(plugins: usize) -> Self {
        Self {
            spans: vec![[0; 4]; plugins],
            ..Self::default()
        }
    }

    /// A tick begins.
    pub(crate) fn begin(&mut self, now: u64) {
        for spans in &mut self.spans {
            *spans = [0; 4];
        }
        self.parts = [0; 5];
        self.began = now;
    }

    /// A part is over, and the next begins.
    pub(crate) fn end(&mut self, part: TickPart, now: u64) {
        self.parts[part as usize] = now.saturating_sub(self.began);
        self.began = now;
    }

    /// What came since the last part is of no part.
    pub(crate) fn skip(&mut self, now: u64) {
        self.began = now;
    }

    /// Each part of the last tick, and its nanoseconds.
    pub fn parts(&self) -> impl Iterator<Item = (TickPart, u64)> + '_ {
        TickPart::ALL.into_iter().zip(self.parts)
    }

    /// `(plugin index, phase, nanoseconds)` of everything that took time.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Phase, u64)> + '_ {
        self.spans.iter().enumerate().flat_map(|(plugin, spans)| {
            Phase::ALL
                .iter()
                .map(move |phase| (plugin, *phase, spans[phase.index()]))
        })
    }

    /// Nanoseconds of each plugin, in their order.
    pub fn each(&self) -> impl Iterator<Item = u64> + '_ {
        self.spans.iter().map(|spans| spans.iter().sum())
    }

    /// The plugin that took the most, and its nanoseconds.
    #[must_use]
    pub fn slowest(&self) -> Option<(usize, u64)> {
        self.each()
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
