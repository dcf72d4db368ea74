//! The thread that gives the world its pace.
//!
//! It drains the lanes, calls [`Engine::tick`], offers the output and sleeps until the next
//! deadline. The deadline of slot n is start + n / rate, computed from n and never summed, so that
//! no delay adds up; a slot that is already past is skipped and counted.
//! **Invariant:** nothing on this thread waits for anything but the next deadline.

mod board;
mod clocks;
mod draft;
mod output;
mod rate;
mod watchdog;

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use prometheus::{IntCounter, IntGauge};

use crate::port::{
    BridgeIn, EnginePorts, Inbound, Planted, SaveGauge, Stop, StoreReply, Tasks, Tick, WorldTime,
    is_planted,
};
use crate::record::{RecordLane, TickEffects, TickRecord};
use crate::{Engine, FaultReport, PluginOrder, Save, TickInput};
use clocks::wall_now;
use output::Output;

mod figures;
mod gather;
#[cfg(feature = "simulation")]
mod stepped;
pub use board::{BoardFault, PluginBoard, PluginFigures};
pub use clocks::stopwatch;
pub use draft::{DraftDesk, DraftLane, draft_lane};
pub use figures::Figures;
pub use rate::Rate;
#[cfg(feature = "simulation")]
pub use stepped::SteppedWorld;
pub use watchdog::Watch;

/// The most lines and arrivals taken in by one tick; the rest wait in the lane. At 20 Hz this is
/// 160,000 a second, far above what the gateway lets through.
pub const INBOUND_PER_TICK_MAX: usize = 8_192;
/// The most storage replies taken in by one tick; each spawns a character.
pub const REPLIES_PER_TICK_MAX: usize = 256;

/// The most messages of the bus taken in by one tick: 80,000 a second at 20 Hz.
const BRIDGED_PER_TICK_MAX: usize = 4_096;

/// What the runner needs besides the engine and its lanes.
#[derive(Debug)]
pub struct RunnerConfig {
    /// Ticks per second.
    pub rate: Rate,
    /// World time never starts before this: the time the saved world had reached.
    pub not_before: WorldTime,
    /// How long the end may wait for storage to take a batch that is still in the lane.
    pub patience: Duration,
    /// Told which plugin holds up the world, and when it has let go.
    pub watch: Watch,
    /// Cancelled when the world asks for its own end ([`Halt`](crate::Halt)); whoever listens then
    /// stops it in the ordinary way.
    pub halt: Stop,
    /// Takes a copy of every tick's input and of what came of it.
    pub recorder: Option<RecordLane>,
    /// To and from those who keep the world's draft.
    pub draft: Option<DraftLane>,
    /// The most of a tick that a plugin may take, if there is a most.
    pub plugin_time: Option<Duration>,
}

/// The running world.
#[derive(Debug)]
pub struct Running {
    stop: Sender<()>,
    thread: JoinHandle<Ended>,
    watchdog: watchdog::Watchdog,
    board: PluginBoard,
}

/// How the world ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The last tick.
    pub last_tick: Tick,
    /// The last batch was handed to storage.
    pub handed_over: bool,
}

/// The world's thread could not be started or died.
#[derive(Debug, thiserror::Error)]
pub enum RunnerFault {
    /// The thread could not be started.
    #[error("the world's thread could not be started")]
    Spawn(#[from] io::Error),
    /// A bug of the engine itself: plugins' panics are contained.
    #[error("the world's thread panicked: {0}")]
    Panicked(String),
}

/// Starts the world on a thread named `kadath-world`.
///
/// # Errors
/// When the operating system gives no thread.
pub fn spawn(
    engine: Engine,
    ports: EnginePorts,
    config: RunnerConfig,
    figures: Figures,
    tasks: &Tasks,
) -> Result<Running, RunnerFault> {
    let (stop, stopped) = bounded(1);
    let (tell, orders) = bounded(watchdog::ORDERS_MAX);
    let board = PluginBoard::new(&engine.plugins(), tell.clone());
    let shown = board.clone();
    let (beacon, plugins) = (engine.beacon(), engine.plugins());
    let watchdog = watchdog::spawn(beacon, plugins, config.watch.clone(), tell, tasks)?;
    let counted = tasks.count("kadath-world");
    let thread = std::thread::Builder::new()
        .name("kadath-world".into())
        .spawn(move || {
            let _counted = counted;
            TickPace::new(engine, ports, orders, config, (figures, shown), wall_now).run(&stopped)
        })?;
    Ok(Running {
        stop,
        thread,
        watchdog,
        board,
    })
}

impl Running {
    /// Whether the world's thread has ended by itself, which only a bug of the engine can do.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// How its plugins do, and how they are turned off and on.
    #[must_use]
    pub fn board(&self) -> PluginBoard {
        self.board.clone()
    }

    /// Ends the world after a last tick and a last save. Waits for it: not for async tasks.
    ///
    /// # Errors
    /// When the world's thread has died.
    pub fn stop(self) -> Result<Ended, RunnerFault> {
        // A full lane means somebody asked before; a closed one, that it is over.
        let _ = self.stop.try_send(());
        let ended = self.thread.join();
        self.watchdog.stop();
        ended.map_err(|panic| RunnerFault::Panicked(crate::fault::panic_words(panic.as_ref())))
    }
}

struct TickPace<W> {
    engine: Engine,
    /// The wall clock.
    wall: W,
    inbound: Receiver<Inbound>,
    replies: Receiver<StoreReply>,
    bridged: Receiver<BridgeIn>,
    orders: Receiver<PluginOrder>,
    gauge: Arc<SaveGauge>,
    output: Output,
    figures: Figures,
    board: PluginBoard,
    plugin_time: Option<Duration>,
    /// What was measured of the tick before.
    measured: Vec<PluginOrder>,
    rate: Rate,
    patience: Duration,
    halt: Stop,
    recorder: Option<RecordLane>,
    draft: Option<DraftLane>,
    start: Instant,
    /// World time at `start`.
    epoch: WorldTime,
    saves: Option<Sender<crate::port::SaveBatch>>,
    saves_depth: IntGauge,
    saves_refusals: IntCounter,
}

impl<W: Fn() -> WorldTime> TickPace<W> {
    fn new(
        engine: Engine,
        ports: EnginePorts,
        orders: Receiver<PluginOrder>,
        config: RunnerConfig,
        (mut figures, board): (Figures, PluginBoard),
        wall: W,
    ) -> Self {
        let EnginePorts {
            inbound,
            replies,
            emissions,
            asks,
            saves,
            bridged,
            parcels,
            gauge,
            depth,
            refusals,
        } = ports;
        figures.name_plugins(&engine.plugins());
        Self {
            engine,
            inbound,
            replies,
            bridged,
            orders,
            saves_depth: depth.with_label_values(&["saves"]),
            saves_refusals: refusals.with_label_values(&["saves"]),
            output: Output::new(emissions, asks, parcels, &depth, &refusals),
            gauge,
            figures,
            board,
            plugin_time: config.plugin_time,
            measured: Vec::new(),
            rate: config.rate,
            patience: config.patience,
            halt: config.halt,
            recorder: config.recorder,
            draft: config.draft,
            start: Instant::now(),
            epoch: wall().max(WorldTime(config.not_before.0.saturating_add(1))),
            wall,
            saves: Some(saves),
        }
    }

    fn run(mut self, stopped: &Receiver<()>) -> Ended {
        let mut slot = 0_u64;
        loop {
            let deadline = self.start + self.rate.slot(slot);
            match stopped.recv_deadline(deadline) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return self.end(slot),
            }
            let lateness = deadline.elapsed();
            self.tick(slot, lateness, false);
            // The slots that passed meanwhile are skipped: the next tick has a longer dt instead.
            let now = self.rate.slot_at(self.start.elapsed());
            let next = (slot + 1).max(now);
            if next > slot + 1 {
                self.figures.overrun(next - slot - 1, &self.engine);
            }
            slot = next;
        }
    }

    fn tick(&mut self, slot: u64, lateness: Duration, stopping: bool) -> bool {
        let began = Instant::now();
        let worked = board::thread_time();
        let input = self.gather(slot, stopping);
        self.output
            .drained(self.inbound.len(), self.replies.len(), self.bridged.len());
        let recorder = self.recorder.as_ref();
        let mut recorded = recorder
            .filter(|lane| lane.is_whole())
            .map(|_| (input.clone(), Vec::new()));
        if let Some((input, _)) = &mut recorded
            && is_planted(Planted::QuarantineUnrecorded)
        {
            input.orders.clear();
        }
        let (gauge, lanes) = (&self.gauge, &mut self.output);
        let mut output = self.engine.tick_aloud(input, |emission| {
            gauge.set_current(emission.tick);
            if let Some((_, said)) = &mut recorded {
                said.clone_from(&emission.said);
            }
            lanes.offer(emission);
        });
        let tick = self.engine.last_tick();
        match (recorder, recorded) {
            (Some(lane), Some((input, said))) => lane.offer(TickRecord {
                tick,
                input,
                effects: TickEffects::of(said, &output),
            }),
            (Some(lane), None) => lane.skip(),
            (None, _) => {}
        }
        self.offer_checkpoint(&output.save);
        if output.halt {
            self.halt.cancel();
        }
        let handed_over = self.hand_over(std::mem::take(&mut output.save), tick);
        if let Some(lane) = &self.draft {
            lane.offer(output.wishes);
        }
        self.output.offer_asks(output.asks);
        self.output.offer_parcels(output.parcels);
        self.report(&output.faults, tick, worked);
        self.figures.tick(
            &mut self.engine,
            began.elapsed(),
            lateness,
            output.dropped_runs,
        );
        handed_over
    }

    /// Shows what went wrong, and who is left out.
    fn report(&mut self, faults: &[FaultReport], tick: Tick, worked: Duration) {
        for fault in faults {
            self.figures.fault(fault, tick);
            self.board.fault(fault.plugin);
        }
        self.measure(worked);
        if tick.is_multiple_of(16) || !faults.is_empty() {
            self.figures.quarantines(&self.engine);
            self.board.show(&self.engine);
        }
    }

    /// Copies the world for the recorder, if it wants a copy: ahead, kind by kind, and what is left
    /// when nothing is dirty but what is in this tick's batch.
    fn offer_checkpoint(&mut self, save: &Save) {
        let lane = self.recorder.as_ref();
        let Some(lane) = lane.filter(|lane| lane.wants_checkpoint()) else {
            return;
        };
        let clean = matches!(save, Save::Batch(_) | Save::Clean);
        // After a gap the recorder does not know what is saved.
        match (lane.is_whole(), clean) {
            (true, _) if self.engine.copy_ahead() => {}
            (true, true) => lane.offer_checkpoint(self.engine.unsaved()),
            (false, true) => lane.offer_checkpoint(self.engine.checkpoint()),
            (_, false) => {}
        }
    }

    /// Waits until the lane is free, takes everything that is still dirty, and closes the lane.
    ///
    /// Free, not durable: a batch under way may take longer than there is patience (a long sync
    /// interval, a slow commit), and storage goes on when the world has ended.
    fn end(mut self, slot: u64) -> Ended {
        let deadline = Instant::now() + self.patience;
        let mut slot = slot;
        while self.saves.as_ref().is_some_and(|saves| !saves.is_empty())
            && Instant::now() < deadline
        {
            self.tick(slot, Duration::ZERO, false);
            slot += 1;
            std::thread::park_timeout(self.rate.slot(1).min(Duration::from_millis(20)));
        }
        // Nobody else sends, so what is free now is free when the batch comes.
        let handed_over = self.tick(slot, Duration::ZERO, true);
        self.saves = None;
        self.output.flush(deadline);
        Ended {
            last_tick: self.engine.last_tick(),
            handed_over,
        }
    }
}
