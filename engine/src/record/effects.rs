//! One tick as the world's thread hands it over: its own copies, nothing encoded yet.

use crate::port::{DraftWish, Outbound, Parcels, SaveBatch, StoreAsk, Tick};
use crate::{FaultReport, LoadedEntity, Save, TickInput, TickOutput};

/// A tick with what it depended on.
#[derive(Clone, Debug)]
pub struct TickRecord {
    /// Which tick.
    pub tick: Tick,
    /// Everything that it depended on.
    pub input: TickInput,
    /// Everything that came of it.
    pub effects: TickEffects,
}

/// What came of a tick.
#[derive(Clone, Debug, Default)]
pub struct TickEffects {
    /// What was said, in order.
    pub said: Vec<Outbound>,
    /// What storage was asked.
    pub asks: Vec<StoreAsk>,
    /// What was wished of those who keep the draft.
    pub wishes: Vec<DraftWish>,
    /// What went to the bus.
    pub parcels: Parcels,
    /// What went wrong, contained.
    pub faults: Vec<FaultReport>,
    /// What came into memory, in order.
    pub loaded: Vec<LoadedEntity>,
    /// What is to be saved, where there is a batch. Its columns are shared with storage.
    pub batch: Option<SaveBatch>,
}

impl TickEffects {
    /// Copies of what a tick put out, beside what it `said`.
    #[must_use]
    pub fn of(said: Vec<Outbound>, output: &TickOutput) -> Self {
        Self {
            said,
            asks: output.asks.clone(),
            wishes: output.wishes.clone(),
            parcels: output.parcels.clone(),
            faults: output.faults.clone(),
            loaded: output.loaded.clone(),
            batch: match &output.save {
                Save::Batch(batch) => Some((**batch).clone()),
                Save::Clean | Save::Busy => None,
            },
        }
    }
}

impl TickRecord {
    /// How many things it holds, as the lane's bound counts them.
    #[must_use]
    pub fn weight(&self) -> usize {
        let TickInput {
            heard,
            stored,
            bridged,
            ..
        } = &self.input;
        let rows: usize = self.effects.batch.iter().map(SaveBatch::rows).sum();
        1 + heard.len()
            + stored.len()
            + bridged.len()
            + self.effects.said.len()
            + self.effects.parcels.sent.len()
            + rows
    }
}
