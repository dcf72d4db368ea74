//! From ticks to frames.

use super::file::{Before, Entry, RecordFault, ticks};
use super::{Shadow, TickRecord};
use crate::TickInput;
use crate::port::Tick;

/// Gathers consecutive ticks into chunks, each of which is decoded by itself.
#[derive(Debug, Default)]
pub struct ChunkWriter {
    first: Tick,
    entries: Vec<Entry>,
    before: Before,
    /// About how much the chunk holds, in things.
    weight: usize,
}

impl ChunkWriter {
    /// Adds the next tick; `shadow` follows.
    pub fn push(&mut self, record: TickRecord, shadow: &mut Shadow) {
        if self.entries.is_empty() {
            self.first = record.tick;
        }
        self.weight += record.weight();
        let trace = shadow.trace(&record);
        let TickInput {
            now,
            wall_offset,
            heard,
            stored,
            bridged,
            orders,
            revision,
            storage,
            stopping,
        } = record.input;
        let before = self.before;
        let span = now.0.wrapping_sub(before.now.0).cast_signed();
        let json = |one| serde_json::to_string(one).unwrap_or_default();
        self.entries.push(Entry {
            span_change: span.wrapping_sub(before.span),
            offset_change: wall_offset.wrapping_sub(before.wall_offset),
            heard,
            stored,
            bridged: bridged.iter().map(json).collect(),
            orders,
            revision: revision.map(|next| next.mark),
            storage: (before.storage != Some(storage)).then_some(storage),
            stopping,
            trace,
        });
        self.before = Before {
            now,
            span,
            wall_offset,
            storage: Some(storage),
        };
    }

    /// How many things wait to be written.
    #[must_use]
    pub const fn weight(&self) -> usize {
        self.weight
    }

    /// The gathered ticks as a frame; nothing where there are none.
    ///
    /// # Errors
    /// When they can't be encoded.
    pub fn take(&mut self) -> Result<Option<Vec<u8>>, RecordFault> {
        if self.entries.is_empty() {
            return Ok(None);
        }
        let Self { first, entries, .. } = std::mem::take(self);
        ticks(first, &entries).map(Some)
    }
}
