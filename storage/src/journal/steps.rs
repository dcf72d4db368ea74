//! What the journal does, a step at a time and without waiting: whoever takes the steps says how
//! late it is, and waits in between.

use std::io;
use std::time::{Duration, Instant};

use crossbeam_channel::TryRecvError;
use engine::port::{Planted, SaveBatch, is_planted};

use super::record::{Record, frame};
use super::writer_thread::WriterThread;
use crate::batch::{EncodedBatch, encode_batch};
use crate::config::FsyncPolicy;

/// How often an idle journal notes the current tick. A restart after a crash goes on at the next
/// multiple of 1,000,000 ticks: hours at any rate, while idle ticks unnoted are a minute's.
const BEAT_EVERY: Duration = Duration::from_secs(60);

const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_LONGEST: Duration = Duration::from_secs(2);

/// The journal at work.
#[derive(Debug)]
pub(crate) struct JournalSteps {
    journal: WriterThread,
    landing: Option<Landing>,
    synced_at: Instant,
    wrote_at: Instant,
}

/// A record on its way to the disk.
#[derive(Debug)]
struct Landing {
    record: Record,
    framed: Vec<u8>,
    /// The world's last batch, which waits for no interval.
    last: bool,
    /// It is in the file, and waits for the sync.
    appended: bool,
    /// How long it waits after the next failure.
    wait: Duration,
}

/// What is to be done after a step.
#[derive(Debug)]
pub(crate) enum NextStep {
    /// The next, after this pause or a nudge.
    After(StepPause),
    /// None. Whether every batch is durable that was given.
    Over(bool),
}

/// How long there is nothing to be done.
#[derive(Debug)]
pub(crate) struct StepPause {
    /// Until then.
    pub(crate) until: Instant,
    /// Or until the lane has something.
    pub(crate) for_batch: bool,
}

impl JournalSteps {
    pub(crate) const fn new(journal: WriterThread, now: Instant) -> Self {
        Self {
            journal,
            landing: None,
            synced_at: now,
            wrote_at: now,
        }
    }

    /// Does what can be done now. `spoken`: the lane has something or is closed, as far as whoever
    /// waited knows.
    pub(crate) fn step(&mut self, now: Instant, spoken: bool) -> NextStep {
        loop {
            let next = match self.landing.take() {
                Some(landing) => self.land(landing, now, spoken),
                None => self.take_up(now),
            };
            match next {
                Some(NextStep::Over(whole)) => return self.end(whole),
                Some(pause) => return pause,
                None => {}
            }
        }
    }

    fn end(&mut self, whole: bool) -> NextStep {
        if let Err(error) = self.journal.writer.sync() {
            tracing::error!(%error, "journal could not be synced at its end");
        }
        self.journal.pending.close();
        NextStep::Over(whole)
    }

    /// Takes up what is to be written next.
    fn take_up(&mut self, now: Instant) -> Option<NextStep> {
        let journal = &mut self.journal;
        if journal.shared.halted() {
            return Some(NextStep::Over(journal.saves.is_empty()));
        }
        let (record, last) = match journal.saves.try_recv() {
            Ok(batch) => {
                let last = batch.last;
                (journal.record(batch), last)
            }
            Err(TryRecvError::Disconnected) => return Some(NextStep::Over(true)),
            Err(TryRecvError::Empty) if now >= self.wrote_at + BEAT_EVERY => {
                let tick = journal.gauge.current_tick();
                let run = journal.run;
                (Record::Beat { run, tick }, false)
            }
            Err(TryRecvError::Empty) => {
                journal.trim();
                return Some(NextStep::After(StepPause {
                    until: self.wrote_at + BEAT_EVERY,
                    for_batch: true,
                }));
            }
        };
        match frame(&record) {
            Ok(framed) => {
                self.landing = Some(Landing {
                    record,
                    framed,
                    last,
                    appended: false,
                    wait: RETRY_FIRST,
                });
                None
            }
            Err(error) => {
                // A batch of more than 4 GiB. Nothing after it could be saved in order.
                tracing::error!(%error, "journal record can't be encoded, journal stopped");
                let words = Some(error.to_string());
                self.journal.shared.set_trouble(&self.journal.gauge, words);
                Some(NextStep::Over(false))
            }
        }
    }

    /// Writes the record; it is tried again until it lands, or until that is given up on a halt.
    fn land(&mut self, mut landing: Landing, now: Instant, spoken: bool) -> Option<NextStep> {
        let fresh = landing.wait == RETRY_FIRST && !landing.appended;
        if self.journal.shared.halted() && !landing.appended && !fresh {
            return Some(NextStep::Over(false));
        }
        if self.journal.shared.blocked().is_none() {
            match self.attempt(&mut landing, now, spoken) {
                Ok(Some(until)) => {
                    self.landing = Some(landing);
                    return Some(NextStep::After(StepPause {
                        until,
                        for_batch: true,
                    }));
                }
                // While it was written the file may have lost its name.
                Ok(None) => match self.journal.shared.blocked() {
                    Some(reason) => self.failed(&landing, &io::Error::other(reason)),
                    None => {
                        self.landed(landing.record, now);
                        return None;
                    }
                },
                Err(fault) => self.failed(&landing, &fault),
            }
        }
        if self.journal.shared.halted() {
            return Some(NextStep::Over(false));
        }
        let until = now + landing.wait;
        landing.wait = (landing.wait * 2).min(RETRY_LONGEST);
        landing.appended = false;
        self.landing = Some(landing);
        Some(NextStep::After(StepPause {
            until,
            for_batch: false,
        }))
    }

    /// Appends and syncs; answers until when the sync waits for others, if it does.
    fn attempt(
        &mut self,
        landing: &mut Landing,
        now: Instant,
        spoken: bool,
    ) -> io::Result<Option<Instant>> {
        let journal = &mut self.journal;
        if !landing.appended {
            let applied = journal.shared.applied();
            journal.writer.append(&landing.framed, applied)?;
            landing.appended = true;
        } else if spoken {
            // Only a world that stops sends its last batch before this one is durable, and it does
            // not wait long.
            landing.last = true;
        }
        match journal.config.fsync {
            FsyncPolicy::Off if !landing.last => return Ok(None),
            FsyncPolicy::Interval if !landing.last => {
                let due = self.synced_at + Duration::from_millis(journal.config.fsync_interval_ms);
                // The world sends no batch before this one is durable, so waiting here gathers.
                if now < due && !journal.shared.halted() {
                    return Ok(Some(due));
                }
            }
            _ => {}
        }
        if !is_planted(Planted::SyncSkipped) {
            journal.writer.sync()?;
        }
        self.synced_at = now;
        Ok(None)
    }

    fn failed(&mut self, landing: &Landing, fault: &io::Error) {
        if landing.wait == RETRY_FIRST {
            tracing::error!(error = %fault, "journal can't be written, durable actions are refused");
        }
        let journal = &mut self.journal;
        let words = Some(fault.to_string());
        journal.shared.set_trouble(&journal.gauge, words);
        journal.writer.abandon();
    }

    fn landed(&mut self, record: Record, now: Instant) {
        let journal = &mut self.journal;
        journal.writer.settle();
        if journal.shared.trouble().is_some() {
            journal.shared.set_trouble(&journal.gauge, None);
            tracing::info!("journal can be written again");
        }
        if let Record::Batch(batch) = record {
            journal.hand_over(batch);
        }
        self.wrote_at = now;
        self.journal.trim();
    }
}

impl WriterThread {
    fn record(&self, batch: SaveBatch) -> Record {
        let sequence = self.writer.landed() + 1;
        if is_planted(Planted::AnswerBeforeEffect) {
            self.gauge.set_durable(batch.tick);
        }
        Record::Batch(encode_batch(batch, sequence, self.run, &self.left_out))
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
            let early = u64::from(is_planted(Planted::WatermarkEarly));
            self.gauge.set_durable(tick + early);
        }
    }

    /// Deletes what the database has, and tells how much is left.
    fn trim(&mut self) {
        self.writer.trim(self.shared.applied());
        self.shared.set_bytes(self.writer.bytes());
    }
}
