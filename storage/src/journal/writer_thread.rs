//! The journal's thread: waits between the steps in which batches are made durable.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crossbeam_channel::{Receiver, Select, Sender, bounded};
use engine::port::{RunId, SaveBatch, SaveGauge};
use prometheus::IntCounter;

use super::steps::{JournalSteps, NextStep, StepPause};
use super::writer::Writer;
use crate::config::JournalConfig;
use crate::pending::PendingChanges;

/// What the journal's thread shares with the rest of storage.
#[derive(Debug)]
pub(crate) struct JournalHandle {
    /// The last batch that the database has synced.
    applied: AtomicU64,
    /// What the segments take on disk.
    bytes: AtomicU64,
    /// Stop now, whatever is under way.
    halt: AtomicBool,
    state: Mutex<Blockers>,
    nudge: Sender<()>,
    nudged: Receiver<()>,
}

/// What keeps batches from becoming durable.
#[derive(Debug, Default)]
struct Blockers {
    /// Why nothing can be written, while that is so.
    trouble: Option<String>,
    /// Why nothing may be written, while that is so.
    blocked: Option<&'static str>,
}

impl JournalHandle {
    pub(crate) fn new(applied: u64) -> Arc<Self> {
        // One nudge says as much as ten.
        let (nudge, nudged) = bounded(1);
        Arc::new(Self {
            applied: AtomicU64::new(applied),
            bytes: AtomicU64::new(0),
            halt: AtomicBool::new(false),
            state: Mutex::default(),
            nudge,
            nudged,
        })
    }

    /// The database has synced everything up to `sequence`: space may be freed.
    pub(crate) fn set_applied(&self, sequence: u64) {
        self.applied.fetch_max(sequence, Ordering::AcqRel);
        let _ = self.nudge.try_send(());
    }

    /// Ends the thread without waiting for anything.
    pub(crate) fn halt(&self) {
        self.halt.store(true, Ordering::Release);
        let _ = self.nudge.try_send(());
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Acquire)
    }

    pub(super) fn set_bytes(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Release);
    }

    /// Why nothing can be written, while that is so.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.state().trouble.clone()
    }

    /// Why nothing may be called durable, while that is so.
    pub(crate) fn blocked(&self) -> Option<&'static str> {
        self.state().blocked
    }

    /// Lets nothing become durable, for this reason, or lets it again.
    pub(crate) fn block(&self, gauge: &SaveGauge, reason: Option<&'static str>) {
        let mut state = self.state();
        state.blocked = reason;
        state.tell(gauge);
        drop(state);
        let _ = self.nudge.try_send(());
    }

    /// The last batch that the database has.
    pub(crate) fn applied(&self) -> u64 {
        self.applied.load(Ordering::Acquire)
    }

    pub(super) fn halted(&self) -> bool {
        self.halt.load(Ordering::Acquire)
    }

    pub(super) fn set_trouble(&self, gauge: &SaveGauge, trouble: Option<String>) {
        let mut state = self.state();
        state.trouble = trouble;
        state.tell(gauge);
    }

    /// Takes the wish for a look, if there is one.
    pub(crate) fn take_nudge(&self) -> bool {
        self.nudged.try_recv().is_ok()
    }

    fn state(&self) -> MutexGuard<'_, Blockers> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Blockers {
    /// Durable actions are welcome while nothing is in the way. Told under the lock, so that of two
    /// who tell the later one is heard.
    fn tell(&self, gauge: &SaveGauge) {
        gauge.set_accepting(self.trouble.is_none() && self.blocked.is_none());
    }
}

/// The thread's state.
#[derive(Debug)]
pub(crate) struct WriterThread {
    pub(crate) writer: Writer,
    pub(crate) run: RunId,
    pub(crate) saves: Receiver<SaveBatch>,
    pub(crate) gauge: Arc<SaveGauge>,
    pub(crate) pending: Arc<PendingChanges>,
    pub(crate) shared: Arc<JournalHandle>,
    pub(crate) config: JournalConfig,
    /// Counts the values that can't be encoded.
    pub(crate) left_out: IntCounter,
    /// With a shared database only the commit there makes a batch durable.
    pub(crate) durable_at_commit: bool,
}

impl WriterThread {
    /// Works until the lane closes or [`JournalHandle::halt`]; answers whether every batch it was given
    /// is durable.
    pub(crate) fn run(self) -> bool {
        let (saves, shared) = (self.saves.clone(), Arc::clone(&self.shared));
        let mut steps = JournalSteps::new(self, Instant::now());
        let mut spoken = false;
        loop {
            match steps.step(Instant::now(), spoken) {
                NextStep::Over(whole) => return whole,
                NextStep::After(pause) => spoken = wait(&pause, &saves, &shared),
            }
        }
    }
}

/// Waits, but not past a nudge, which may be a halt or have freed space; answers whether the lane
/// has something, or is closed.
fn wait(pause: &StepPause, saves: &Receiver<SaveBatch>, shared: &JournalHandle) -> bool {
    let mut news = Select::new();
    news.recv(&shared.nudged);
    let lane = pause.for_batch.then(|| news.recv(saves));
    let patience = pause.until.saturating_duration_since(Instant::now());
    let ready = news.ready_timeout(patience).ok();
    shared.take_nudge();
    ready.is_some() && ready == lane
}
