//! The runner without its thread and its clocks: whoever holds it says when the next tick is.

use crossbeam_channel::bounded;

use super::{Ended, Figures, PluginBoard, RunnerConfig, TickPace, watchdog};
use crate::Engine;
use crate::port::{EnginePorts, WorldTime};

/// A world that ticks when it is told to.
pub struct SteppedWorld<W> {
    pace: TickPace<W>,
    slot: u64,
    board: PluginBoard,
}

impl<W: Fn() -> WorldTime> SteppedWorld<W> {
    /// The world of these lanes, by this wall clock. Nothing watches over its plugins' time.
    pub fn new(
        engine: Engine,
        ports: EnginePorts,
        config: RunnerConfig,
        figures: Figures,
        wall: W,
    ) -> Self {
        let (tell, orders) = bounded(watchdog::ORDERS_MAX);
        let board = PluginBoard::new(&engine.plugins(), tell);
        let shown = board.clone();
        Self {
            pace: TickPace::new(engine, ports, orders, config, (figures, shown), wall),
            slot: 0,
            board,
        }
    }

    /// The next tick. `skipped`: so many slots passed meanwhile.
    pub fn tick(&mut self, skipped: u64) {
        self.slot += skipped;
        self.pace.tick(self.slot, std::time::Duration::ZERO, false);
        self.slot += 1;
    }

    /// Whether the last batch may be handed over.
    #[must_use]
    pub fn may_end(&self) -> bool {
        let saves = self.pace.saves.as_ref();
        saves.is_none_or(crossbeam_channel::Sender::is_empty)
    }

    /// The last tick, and the end of the lanes.
    pub fn end(mut self) -> Ended {
        let handed_over = self.pace.tick(self.slot, std::time::Duration::ZERO, true);
        Ended {
            last_tick: self.pace.engine.last_tick(),
            handed_over,
        }
    }

    /// How its plugins are turned off and on.
    #[must_use]
    pub fn board(&self) -> PluginBoard {
        self.board.clone()
    }

    /// The engine.
    pub const fn engine(&mut self) -> &mut Engine {
        &mut self.pace.engine
    }
}
