//! The journal's thread: takes the world's batches and makes them durable.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Select, Sender, bounded, select};
use engine::port::{RunId, SaveBatch, SaveGauge};
use prometheus::IntCounter;

use super::record::{Record, frame};
use super::writer::Writer;
use crate::batch::{EncodedBatch, encode_batch};
use crate::config::{FsyncPolicy, JournalConfig};
use crate::pending::PendingChanges;

/// How often an idle journal notes the current tick. A restart after a crash goes on at the next
/// multiple of 1,000,000 ticks: hours at any rate, while idle ticks unnoted are a minute's.
const BEAT_EVERY: Duration = Duration::from_secs(60);

const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_LONGEST: Duration = Duration::from_secs(2);

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

    fn halted(&self) -> bool {
        self.halt.load(Ordering::Acquire)
    }

    fn set_trouble(&self, gauge: &SaveGauge, trouble: Option<String>) {
        let mut state = self.state();
        state.trouble = trouble;
        state.tell(gauge);
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
    pub(crate) fn run(mut self) -> bool {
        let saves = self.saves.clone();
        let nudged = self.shared.nudged.clone();
        let mut synced_at = Instant::now();
        let mut wrote_at = Instant::now();
        let whole = loop {
            if self.shared.halted() {
                break saves.is_empty();
            }
            let idle = BEAT_EVERY.saturating_sub(wrote_at.elapsed());
            select! {
                recv(saves) -> batch => {
                    let Ok(batch) = batch else { break true };
                    if !self.save(batch, &mut synced_at) {
                        break false;
                    }
                    wrote_at = Instant::now();
                }
                recv(nudged) -> _ => {}
                default(idle) => {
                    let beat = Record::Beat { run: self.run, tick: self.gauge.current_tick() };
                    if !self.land(&beat, false, &mut synced_at) {
                        break false;
                    }
                    wrote_at = Instant::now();
                }
            }
            self.writer.trim(self.shared.applied());
            self.shared
                .bytes
                .store(self.writer.bytes(), Ordering::Release);
        };
        if let Err(error) = self.writer.sync() {
            tracing::error!(%error, "journal could not be synced at its end");
        }
        self.pending.close();
        whole
    }

    fn save(&mut self, batch: SaveBatch, synced_at: &mut Instant) -> bool {
        let sequence = self.writer.landed() + 1;
        let record = Record::Batch(encode_batch(batch, sequence, self.run, &self.left_out));
        let last = matches!(&record, Record::Batch(batch) if batch.last);
        if !self.land(&record, last, synced_at) {
            return false;
        }
        if let Record::Batch(batch) = record {
            self.hand_over(batch);
        }
        true
    }

    fn hand_over(&mut self, batch: EncodedBatch) {
        let tick = batch.tick;
        self.writer.land(batch.sequence, tick);
        for command in &batch.commands {
            tracing::debug!(
                correlation_id = %command.correlation,
                command_id = command.command_id,
                tick = command.tick,
                "command durable"
            );
        }
        // Before the watermark: a reader of the watermark may load at once and must find the rows.
        self.pending.add(batch);
        self.gauge.set_facts_room(self.pending.facts_room());
        if !self.durable_at_commit {
            self.gauge.set_durable(tick);
        }
    }

    /// Writes the record until it lands; `false` if that was given up on [`JournalHandle::halt`].
    fn land(&mut self, record: &Record, now: bool, synced_at: &mut Instant) -> bool {
        let framed = match frame(record) {
            Ok(framed) => framed,
            Err(error) => {
                // A batch of more than 4 GiB. Nothing after it could be saved in order.
                tracing::error!(%error, "journal record can't be encoded, journal stopped");
                self.shared
                    .set_trouble(&self.gauge, Some(error.to_string()));
                return false;
            }
        };
        let mut wait = RETRY_FIRST;
        loop {
            if self.shared.blocked().is_none() {
                let fault = match self.attempt(&framed, now, synced_at) {
                    // While it was written the file may have lost its name.
                    Ok(()) if let Some(reason) = self.shared.blocked() => io::Error::other(reason),
                    Ok(()) => {
                        self.writer.settle();
                        break;
                    }
                    Err(fault) => fault,
                };
                if wait == RETRY_FIRST {
                    tracing::error!(error = %fault, "journal can't be written, durable actions are refused");
                }
                self.shared
                    .set_trouble(&self.gauge, Some(fault.to_string()));
                self.writer.abandon();
            }
            if !self.pause(wait) {
                return false;
            }
            wait = (wait * 2).min(RETRY_LONGEST);
        }
        if self.shared.trouble().is_some() {
            self.shared.set_trouble(&self.gauge, None);
            tracing::info!("journal can be written again");
        }
        true
    }

    fn attempt(&mut self, framed: &[u8], now: bool, synced_at: &mut Instant) -> io::Result<()> {
        self.writer.append(framed, self.shared.applied())?;
        match self.config.fsync {
            FsyncPolicy::Off if !now => return Ok(()),
            FsyncPolicy::Interval if !now => {
                let due = *synced_at + Duration::from_millis(self.config.fsync_interval_ms);
                // The world sends no batch before this one is durable, so waiting here gathers.
                while let Some(wait) = due.checked_duration_since(Instant::now())
                    && !wait.is_zero()
                    && self.gather(wait)
                {}
            }
            _ => {}
        }
        self.writer.sync()?;
        *synced_at = Instant::now();
        Ok(())
    }

    /// Waits, but not past a halt, nor when the lane has more or is closed: only a world that
    /// stops sends its last batch before this one is durable, and it does not wait long.
    fn gather(&self, wait: Duration) -> bool {
        let mut news = Select::new();
        let saves = news.recv(&self.saves);
        news.recv(&self.shared.nudged);
        match news.ready_timeout(wait) {
            Ok(ready) if ready == saves => false,
            _ => {
                let _ = self.shared.nudged.try_recv();
                !self.shared.halted()
            }
        }
    }

    /// Waits, but not past a halt; a nudge ends the wait early, since it may have freed space.
    fn pause(&self, wait: Duration) -> bool {
        let _ = self.shared.nudged.recv_timeout(wait);
        !self.shared.halted()
    }
}
