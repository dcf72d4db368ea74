//! The bounded lane from the world's thread to the recorder's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use prometheus::IntCounter;

use super::{TickRecord, WorldCopy};

/// Ticks in the lane: 12 s at 20 Hz, longer than a disk that is not broken stands still.
pub const RECORD_TICKS_MAX: usize = 256;
/// Things in these ticks, lines and rows and what was said: at 256 bytes each, 64 MiB.
pub const RECORD_WEIGHT_MAX: usize = 262_144;

/// The world's end.
#[derive(Debug)]
pub struct RecordLane {
    sender: Sender<RecordMessage>,
    weight: Arc<AtomicUsize>,
    torn: Arc<AtomicBool>,
    wanted: Arc<AtomicBool>,
    dropped: IntCounter,
}

/// The recorder's end.
#[derive(Debug)]
pub struct RecordIntake {
    receiver: Receiver<RecordMessage>,
    weight: Arc<AtomicUsize>,
    torn: Arc<AtomicBool>,
    wanted: Arc<AtomicBool>,
}

/// What goes over the lane.
#[derive(Debug)]
enum RecordMessage {
    Tick(Box<TickRecord>),
    Checkpoint(Box<WorldCopy>),
}

/// What the recorder's end finds.
#[derive(Debug)]
pub enum LaneItem {
    /// The next tick.
    Tick(Box<TickRecord>),
    /// The world after the tick before. Also the first after a gap.
    Checkpoint(Box<WorldCopy>),
    /// Nothing yet.
    Nothing,
    /// The world has ended, and everything was taken.
    Over,
}

/// Makes the lane; what it refuses is counted in `dropped`.
#[must_use]
pub fn record_lane(dropped: IntCounter) -> (RecordLane, RecordIntake) {
    let (sender, receiver) = bounded(RECORD_TICKS_MAX);
    let (weight, torn) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
    let wanted = Arc::<AtomicBool>::default();
    let lane = RecordLane {
        sender,
        weight: Arc::clone(&weight),
        torn: Arc::clone(&torn),
        wanted: Arc::clone(&wanted),
        dropped,
    };
    let intake = RecordIntake {
        receiver,
        weight,
        torn,
        wanted,
    };
    (lane, intake)
}

impl RecordLane {
    /// Whether the next tick is wanted. Not after one was dropped: what follows a gap can't be
    /// played again.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.torn.load(Ordering::Acquire)
    }

    /// A tick that was not even copied, because the recording has a gap.
    pub fn skip(&self) {
        self.dropped.inc();
    }

    /// Hands over a tick without waiting; where there is no room it is dropped and counted, and
    /// the recording has a gap.
    pub fn offer(&self, record: TickRecord) {
        let weight = record.weight();
        let room = self.weight.load(Ordering::Acquire) + weight <= RECORD_WEIGHT_MAX;
        // One tick alone may be as heavy as it likes: the world holds all of it anyway.
        let fits = room || self.sender.is_empty();
        self.weight.fetch_add(weight, Ordering::AcqRel);
        if !fits
            || self
                .sender
                .try_send(RecordMessage::Tick(Box::new(record)))
                .is_err()
        {
            self.weight.fetch_sub(weight, Ordering::AcqRel);
            self.torn.store(true, Ordering::Release);
            self.dropped.inc();
        }
    }
}

impl RecordLane {
    /// Whether the world is to be copied after a tick that leaves nothing dirty.
    #[must_use]
    pub fn wants_checkpoint(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }

    /// Hands over a copy of the world. From here on the recording is whole again.
    pub fn offer_checkpoint(&self, copy: WorldCopy) {
        // The flag first: what is taken out of the lane may set it again.
        self.wanted.store(false, Ordering::Release);
        let sent = self
            .sender
            .try_send(RecordMessage::Checkpoint(Box::new(copy)));
        if sent.is_ok() {
            self.torn.store(false, Ordering::Release);
        }
    }
}

impl RecordIntake {
    /// What waits; never blocks. The sender would have to wake whoever did.
    #[must_use]
    pub fn take(&self) -> LaneItem {
        match self.receiver.try_recv() {
            Ok(RecordMessage::Tick(record)) => {
                self.weight.fetch_sub(record.weight(), Ordering::AcqRel);
                LaneItem::Tick(record)
            }
            Ok(RecordMessage::Checkpoint(copy)) => LaneItem::Checkpoint(copy),
            Err(TryRecvError::Empty) => LaneItem::Nothing,
            Err(TryRecvError::Disconnected) => LaneItem::Over,
        }
    }

    /// Whether a tick was dropped: what waits in the lane is the last before the gap.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.torn.load(Ordering::Acquire)
    }

    /// Wants no more ticks before the next checkpoint: what is there can't be written.
    pub fn tear(&self) {
        self.torn.store(true, Ordering::Release);
    }

    /// Wants a checkpoint.
    pub fn want_checkpoint(&self) {
        self.wanted.store(true, Ordering::Release);
    }
}
