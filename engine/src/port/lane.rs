//! The lanes: bounded, one-way, and never a wait for the sender.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use tokio::sync::{mpsc, watch};

use super::{
    BridgeIn, Emission, Inbound, MetricsFault, Parcels, SaveBatch, StorageState, StoreAsk,
    StoreReply, Tick,
};

/// How much each lane holds.
#[derive(Clone, Copy, Debug)]
pub struct LaneLimits {
    /// Gateway to world, in lines and arrivals.
    pub inbound: usize,
    /// Storage to world, in replies.
    pub replies: usize,
    /// World to gateway, in ticks.
    pub emissions: usize,
    /// World to storage, in loads under way.
    pub asks: usize,
    /// Bus to world, in messages.
    pub bridged: usize,
    /// World to bus, in ticks.
    pub parcels: usize,
}

impl Default for LaneLimits {
    fn default() -> Self {
        Self {
            // 10,000 players at 10 lines/s fill 5,000 a tick at 20 Hz; three ticks of that.
            inbound: 16_384,
            // One reply per load under way.
            replies: 1_024,
            // 3 s at 20 Hz; what does not fit waits with the runner, bounded there.
            emissions: 64,
            // 500 sign-ins within 10 s are 50/s; a database away for 20 s holds 1,000 of them.
            asks: 1_024,
            // 10,000 messages/s for 3 s.
            bridged: 32_768,
            // 3 s at 20 Hz; what does not fit is dropped and counted, or saved and sent again.
            parcels: 64,
        }
    }
}

/// The sending end of a lane: counts its depth and its refusals.
#[derive(Debug)]
pub struct Lane<T> {
    sender: Sender<T>,
    depth: IntGauge,
    refusals: IntCounter,
}

impl<T> Clone for Lane<T> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            depth: self.depth.clone(),
            refusals: self.refusals.clone(),
        }
    }
}

/// The lane is full, or the other end is gone; the message comes back.
#[derive(Debug, thiserror::Error)]
#[error("the lane is full")]
pub struct Full<T>(pub T);

impl<T> Lane<T> {
    /// Sends without waiting.
    ///
    /// # Errors
    /// Gives the message back when there is no room.
    pub fn try_send(&self, message: T) -> Result<(), Full<T>> {
        match self.sender.try_send(message) {
            Ok(()) => {
                self.depth
                    .set(i64::try_from(self.sender.len()).unwrap_or(i64::MAX));
                Ok(())
            }
            Err(TrySendError::Full(message) | TrySendError::Disconnected(message)) => {
                self.refusals.inc();
                Err(Full(message))
            }
        }
    }

    /// How many messages wait for the other end.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.sender.len()
    }
}

/// How far saving has come; written by the storage threads, read by everyone.
#[derive(Debug)]
pub struct SaveGauge {
    durable: watch::Sender<Tick>,
    durable_mirror: AtomicU64,
    applied: AtomicU64,
    clean: AtomicU64,
    current: AtomicU64,
    accepting: AtomicBool,
    facts_room: AtomicU32,
}

impl SaveGauge {
    fn new() -> Self {
        Self {
            durable: watch::Sender::new(0),
            durable_mirror: AtomicU64::new(0),
            applied: AtomicU64::new(0),
            clean: AtomicU64::new(0),
            current: AtomicU64::new(0),
            accepting: AtomicBool::new(true),
            facts_room: AtomicU32::new(u32::MAX),
        }
    }

    /// The journal holds everything up to `tick`. Wakes whoever waits for the watermark.
    pub fn set_durable(&self, tick: Tick) {
        self.durable_mirror.fetch_max(tick, Ordering::AcqRel);
        self.durable.send_if_modified(|was| {
            let grew = tick > *was;
            *was = tick.max(*was);
            grew
        });
    }

    /// The database holds everything up to `tick`.
    pub fn set_applied(&self, tick: Tick) {
        self.applied.fetch_max(tick, Ordering::AcqRel);
    }

    /// At `tick` nothing was left to save: everything up to it is where everything before it is.
    /// Unheard while no durable actions are welcome: nobody knows then where that is.
    pub fn set_clean(&self, tick: Tick) {
        if !self.accepting.load(Ordering::Acquire) {
            return;
        }
        self.clean.fetch_max(tick, Ordering::AcqRel);
    }

    /// The world has executed `tick`.
    pub fn set_current(&self, tick: Tick) {
        self.current.fetch_max(tick, Ordering::AcqRel);
    }

    /// Whether new durable actions are welcome.
    pub fn set_accepting(&self, accepting: bool) {
        self.accepting.store(accepting, Ordering::Release);
    }

    /// How many more facts can be held.
    pub fn set_facts_room(&self, room: u32) {
        self.facts_room.store(room, Ordering::Release);
    }

    /// The last tick executed.
    #[must_use]
    pub fn current_tick(&self) -> Tick {
        self.current.load(Ordering::Acquire)
    }

    /// Everything up to this tick survives a crash.
    #[must_use]
    pub fn durable_tick(&self) -> Tick {
        self.durable_mirror
            .load(Ordering::Acquire)
            .max(self.clean.load(Ordering::Acquire))
    }

    /// Everything up to this tick is in the database.
    #[must_use]
    pub fn applied_tick(&self) -> Tick {
        // Read before the mirror: a batch that becomes durable in between must not look applied.
        let clean = self.clean.load(Ordering::Acquire);
        let applied = self.applied.load(Ordering::Acquire);
        if applied >= self.durable_mirror.load(Ordering::Acquire) {
            applied.max(clean)
        } else {
            applied
        }
    }

    /// The watermark as a stream of growing ticks.
    #[must_use]
    pub fn watch_durable(&self) -> watch::Receiver<Tick> {
        self.durable.subscribe()
    }

    /// How storage stands, as an input to the next tick. Only batches count for `durable_tick`:
    /// the world asks it whether its last batch has landed.
    #[must_use]
    pub fn state(&self) -> StorageState {
        StorageState {
            durable_tick: self.durable_mirror.load(Ordering::Acquire),
            accepting: self.accepting.load(Ordering::Acquire),
            facts_room: self.facts_room.load(Ordering::Acquire),
        }
    }
}

/// The runner's ends.
#[derive(Debug)]
pub struct EnginePorts {
    /// From the gateway.
    pub inbound: Receiver<Inbound>,
    /// From storage.
    pub replies: Receiver<StoreReply>,
    /// To the gateway.
    pub emissions: mpsc::Sender<Emission>,
    /// To storage: loads.
    pub asks: mpsc::Sender<StoreAsk>,
    /// To storage: one batch is on its way at most, and when the world stops the last one behind
    /// it, so one place is enough.
    pub saves: Sender<SaveBatch>,
    /// From the bus.
    pub bridged: Receiver<BridgeIn>,
    /// To the bus.
    pub parcels: mpsc::Sender<Parcels>,
    /// How far saving has come.
    pub gauge: Arc<SaveGauge>,
    /// Depth of each lane, `kadath_lane_depth{lane}`.
    pub depth: IntGaugeVec,
    /// Refusals of each lane, `kadath_lane_refusals_total{lane}`.
    pub refusals: IntCounterVec,
}

/// The gateway's ends.
#[derive(Debug)]
pub struct NetPorts {
    /// To the world.
    pub inbound: Lane<Inbound>,
    /// From the world.
    pub emissions: mpsc::Receiver<Emission>,
    /// How far saving has come.
    pub gauge: Arc<SaveGauge>,
}

/// Storage's ends.
#[derive(Debug)]
pub struct StorePorts {
    /// Loads asked for.
    pub asks: mpsc::Receiver<StoreAsk>,
    /// To the world.
    pub replies: Lane<StoreReply>,
    /// Batches; when the world stops, the lane closes behind the last one.
    pub saves: Receiver<SaveBatch>,
    /// How far saving has come.
    pub gauge: Arc<SaveGauge>,
}

/// The bridge's ends.
#[derive(Debug)]
pub struct BridgePorts {
    /// To the world.
    pub bridged: Lane<BridgeIn>,
    /// From the world.
    pub parcels: mpsc::Receiver<Parcels>,
    /// How far saving has come.
    pub gauge: Arc<SaveGauge>,
}

/// All lanes.
#[derive(Debug)]
pub struct Lanes {
    /// For the runner.
    pub engine: EnginePorts,
    /// For the gateway.
    pub net: NetPorts,
    /// For storage.
    pub storage: StorePorts,
    /// For the bus; dropped where there is none.
    pub bridge: BridgePorts,
}

/// Makes the lanes and registers their metrics.
///
/// # Errors
/// When `registry` already has lanes.
pub fn lanes(limits: LaneLimits, registry: &Registry) -> Result<Lanes, MetricsFault> {
    let depth = IntGaugeVec::new(
        Opts::new("kadath_lane_depth", "messages waiting in a lane"),
        &["lane"],
    )?;
    let refusals = IntCounterVec::new(
        Opts::new("kadath_lane_refusals_total", "messages a full lane refused"),
        &["lane"],
    )?;
    registry.register(Box::new(depth.clone()))?;
    registry.register(Box::new(refusals.clone()))?;
    let counted = |name: &str| {
        (
            depth.with_label_values(&[name]),
            refusals.with_label_values(&[name]),
        )
    };

    let gauge = Arc::new(SaveGauge::new());
    let (inbound_in, inbound_out) = bounded(limits.inbound);
    let (replies_in, replies_out) = bounded(limits.replies);
    let (saves_in, saves_out) = bounded(1);
    let (emissions_in, emissions_out) = mpsc::channel(limits.emissions);
    let (asks_in, asks_out) = mpsc::channel(limits.asks);
    let (bridged_in, bridged_out) = bounded(limits.bridged);
    let (parcels_in, parcels_out) = mpsc::channel(limits.parcels);
    let (bridged_depth, bridged_refusals) = counted("bridged");
    let (inbound_depth, inbound_refusals) = counted("inbound");
    let (replies_depth, replies_refusals) = counted("replies");
    Ok(Lanes {
        engine: EnginePorts {
            inbound: inbound_out,
            replies: replies_out,
            emissions: emissions_in,
            asks: asks_in,
            saves: saves_in,
            bridged: bridged_out,
            parcels: parcels_in,
            gauge: Arc::clone(&gauge),
            depth: depth.clone(),
            refusals: refusals.clone(),
        },
        net: NetPorts {
            inbound: Lane {
                sender: inbound_in,
                depth: inbound_depth,
                refusals: inbound_refusals,
            },
            emissions: emissions_out,
            gauge: Arc::clone(&gauge),
        },
        storage: StorePorts {
            asks: asks_out,
            replies: Lane {
                sender: replies_in,
                depth: replies_depth,
                refusals: replies_refusals,
            },
            saves: saves_out,
            gauge: Arc::clone(&gauge),
        },
        bridge: BridgePorts {
            bridged: Lane {
                sender: bridged_in,
                depth: bridged_depth,
                refusals: bridged_refusals,
            },
            parcels: parcels_out,
            gauge,
        },
    })
}
