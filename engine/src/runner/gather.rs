//! What a tick is given, and what becomes of what it saves.

use super::{
    BRIDGED_PER_TICK_MAX, DraftLane, INBOUND_PER_TICK_MAX, REPLIES_PER_TICK_MAX, Save, Sender,
    TickInput, TickPace, WorldTime,
};
use crate::port::Tick;

impl<W: Fn() -> WorldTime> TickPace<W> {
    /// Takes what has come for a tick.
    pub(super) fn gather(&mut self, slot: u64, stopping: bool) -> TickInput {
        let now = self.epoch.plus(self.rate.slot(slot));
        TickInput {
            now,
            wall_offset: (self.wall)()
                .0
                .cast_signed()
                .wrapping_sub(now.0.cast_signed()),
            heard: self.inbound.try_iter().take(INBOUND_PER_TICK_MAX).collect(),
            stored: self.replies.try_iter().take(REPLIES_PER_TICK_MAX).collect(),
            bridged: self.bridged.try_iter().take(BRIDGED_PER_TICK_MAX).collect(),
            orders: self
                .orders
                .try_iter()
                .chain(self.measured.drain(..))
                .collect(),
            revision: self.draft.as_ref().and_then(DraftLane::next),
            storage: self.gauge.state(),
            stopping,
        }
    }

    /// Hands a batch to whoever saves it; whether there was one, and it was taken.
    pub(super) fn hand_over(&self, save: Save, tick: Tick) -> bool {
        let mut handed_over = false;
        match save {
            // The lane has room: the engine makes no batch before the one before is durable, and
            // its last not before that one was taken.
            Save::Batch(batch) => {
                handed_over = self
                    .saves
                    .as_ref()
                    .is_some_and(|saves| saves.try_send(*batch).is_ok());
                if !handed_over {
                    self.saves_refusals.inc();
                }
            }
            Save::Clean => self.gauge.set_clean(tick),
            Save::Busy => {}
        }
        let waiting = self.saves.as_ref().map_or(0, Sender::len);
        self.saves_depth.set(i64::try_from(waiting).unwrap_or(0));
        handed_over
    }
}
