//! What goes into the engine and what comes out, as plain data.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::checkpoint::WorldState;
use crate::content::{NextRevision, RevisionMark};
use crate::dice::Seed;
use crate::fault::FaultReport;
use crate::meter::Stopwatch;
use crate::persist::LoadedEntity;
use crate::port::{
    BridgeIn, DraftWish, Emission, Inbound, Outbound, Parcels, Row, RunId, SaveBatch, StorageState,
    StoreAsk, StoreReply, Tick, WorldTime,
};

/// What an engine begins with.
#[derive(Debug, Default)]
pub struct Setup {
    /// What all chance grows from.
    pub seed: Seed,
    /// The tick before the first.
    pub last_tick: Tick,
    /// World time of the tick before the first, where the world goes on without a gap: cadences
    /// due since then run, and the first `dt` is counted from it. `None`: time begins with the
    /// first tick, and nothing that fell due while nobody was there is caught up with.
    pub last_now: Option<WorldTime>,
    /// This process start.
    pub run: RunId,
    /// The run before, and the last tick of it that survived.
    pub recovered: Option<(RunId, Tick)>,
    /// The saved rows of the world itself; characters come when they sign in.
    pub rows: Vec<Row>,
    /// Instead of rows: the world as a checkpoint has it.
    pub state: Option<WorldState>,
    /// Which revision the world's content is, where it begins with rows.
    pub revision: RevisionMark,
    /// There is a bus: what is meant for it is collected.
    pub bridge: bool,
    /// Plugins that start in quarantine, by name, because they stopped the world before.
    pub quarantined: Vec<String>,
    /// Also check what hides behind `Commands`: a write by another than the owner is a fault.
    pub strict: bool,
    /// Measures the plugins; without one, all spans are zero.
    pub stopwatch: Option<Stopwatch>,
}

/// Everything that one tick depends on.
#[derive(Debug, Clone, Default)]
pub struct TickInput {
    /// World time of this tick; never before the last tick's.
    pub now: WorldTime,
    /// Microseconds to add to world time to get the wall clock.
    pub wall_offset: i64,
    /// What the gateway said, in order.
    pub heard: Vec<Inbound>,
    /// What storage answered.
    pub stored: Vec<StoreReply>,
    /// What the bus brought, in order.
    pub bridged: Vec<BridgeIn>,
    /// What was measured of plugins since the tick before.
    pub orders: Vec<PluginOrder>,
    /// What the world's content is from this tick on.
    pub revision: Option<NextRevision>,
    /// How storage stands.
    pub storage: StorageState,
    /// The world stops after this tick: its batch is the last, also when nothing changed or the
    /// one before is not durable yet. (Who is connected hears of it from the gateway, once that
    /// batch is on its way.)
    pub stopping: bool,
}

/// What is decided about a plugin outside of the tick, by time that was measured or by whoever runs
/// the server: the tick can't know either, so it is told, and a replay is told the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PluginOrder {
    /// It held up the world for [`HELD_UP`](crate::HELD_UP), once more. Counts as a fault.
    HeldUp {
        /// Its name.
        plugin: String,
    },
    /// It took longer in the tick before than a plugin may. Counts as a fault.
    OverTime {
        /// Its name.
        plugin: String,
        /// How long, in microseconds.
        micros: u64,
    },
    /// It is left out until it is turned on again, or the process ends.
    Off {
        /// Its name.
        plugin: String,
    },
    /// It is no longer left out, whatever it was left out for.
    On {
        /// Its name.
        plugin: String,
    },
}

impl PluginOrder {
    /// Of which plugin it is.
    #[must_use]
    pub fn plugin(&self) -> &str {
        match self {
            Self::HeldUp { plugin }
            | Self::OverTime { plugin, .. }
            | Self::Off { plugin }
            | Self::On { plugin } => plugin,
        }
    }
}

/// Everything that one tick did.
#[derive(Debug, Default)]
pub struct TickOutput {
    /// What is said, in order.
    pub emission: Emission,
    /// What storage is asked.
    pub asks: Vec<StoreAsk>,
    /// What is wished of those who keep the draft.
    pub wishes: Vec<DraftWish>,
    /// What goes to the bus.
    pub parcels: Parcels,
    /// What is to be saved.
    pub save: Save,
    /// What came into memory, in order.
    pub loaded: Vec<LoadedEntity>,
    /// What went wrong, contained.
    pub faults: Vec<FaultReport>,
    /// Cadence runs that were dropped because the tick came far too late.
    pub dropped_runs: u64,
    /// The world asks to be stopped, as a signal would.
    pub halt: bool,
}

/// Whether there is a batch.
#[derive(Debug, Default)]
pub enum Save {
    /// Everything that changed up to this tick.
    Batch(Box<SaveBatch>),
    /// Nothing has changed since the last batch, and that one is durable.
    #[default]
    Clean,
    /// The last batch is not durable yet: what changed waits in the world, coalesced.
    Busy,
}

impl TickOutput {
    /// A hash of everything said and asked: equal for equal worlds and inputs.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hash = Xxh3::new();
        hash.update(&self.emission.tick.to_le_bytes());
        for said in &self.emission.said {
            hash.update(&said_hash(said).to_le_bytes());
        }
        if !self.parcels.is_empty() {
            hash.update(format!("{:?}", self.parcels).as_bytes());
        }
        hash.update(format!("{:?}{:?}", self.asks, self.faults).as_bytes());
        if !self.wishes.is_empty() {
            hash.update(format!("{:?}", self.wishes).as_bytes());
        }
        hash.digest()
    }
}

/// The world could not be built; each line is one mistake.
#[derive(Debug, thiserror::Error)]
pub enum EngineFault {
    /// What the plugins register breaks a rule.
    #[error("the plugins don't fit together:\n  {}", .0.join("\n  "))]
    Plugins(Vec<String>),
    /// The saved world can't be read.
    #[error("the saved world can't be read: {0}")]
    Saved(String),
}

/// A hash of one thing said and who hears it.
pub(crate) fn said_hash(said: &Outbound) -> u64 {
    let mut hash = Xxh3::new();
    match said {
        Outbound::Note { to, note } => {
            hash.update(note.event_type().as_bytes());
            hash.update(&serde_json::to_vec(note.data()).unwrap_or_default());
            for session in to.sessions() {
                hash.update(&session.0.to_le_bytes());
            }
        }
        Outbound::Reply {
            ask,
            answer: Ok(reply),
        } => {
            hash.update(&ask.to_le_bytes());
            hash.update(&serde_json::to_vec(reply.data()).unwrap_or_default());
        }
        other => hash.update(format!("{other:?}").as_bytes()),
    }
    hash.digest()
}
