//! What recorded ticks depended on, read back.

use super::file::Before;
use super::trace::TickTrace;
use super::{RecordFault, TickEffects, Ticks};
use crate::TickInput;
use crate::content::RevisionMark;
use crate::port::{Tick, WorldTime};

/// A recorded tick, to be played.
#[derive(Debug)]
pub struct RecordedTick {
    /// Which.
    pub tick: Tick,
    /// Everything that it depended on, but the revision that it brought.
    pub input: TickInput,
    /// The revision that it brought, if any.
    pub revision: Option<RevisionMark>,
    pub(super) trace: TickTrace,
}

impl RecordedTick {
    /// Whether this is what came of it then.
    #[must_use]
    pub fn is(&self, effects: &TickEffects) -> bool {
        TickTrace::of(effects, &mut |_, _| {}) == self.trace
    }
}

impl Ticks {
    /// Each tick with its input.
    ///
    /// # Errors
    /// When one can't be decoded.
    pub fn inputs(self) -> impl Iterator<Item = Result<RecordedTick, RecordFault>> {
        let mut before = Before::default();
        (self.first..).zip(self.entries).map(move |(tick, entry)| {
            let bridged = entry.bridged()?;
            let span = before.span.wrapping_add(entry.span_change);
            before = Before {
                now: WorldTime(before.now.0.wrapping_add(span.cast_unsigned())),
                span,
                wall_offset: before.wall_offset.wrapping_add(entry.offset_change),
                storage: entry.storage.or(before.storage),
            };
            let input = TickInput {
                now: before.now,
                wall_offset: before.wall_offset,
                heard: entry.heard,
                stored: entry.stored,
                bridged,
                orders: entry.orders,
                revision: None,
                storage: before.storage.unwrap_or_default(),
                stopping: entry.stopping,
            };
            Ok(RecordedTick {
                tick,
                input,
                revision: entry.revision,
                trace: entry.trace,
            })
        })
    }
}
