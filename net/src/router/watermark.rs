//! Who waits for a watermark, and when it is told.

use std::sync::Arc;

use engine::port::Tick;

use super::{Router, WATERMARK_CROWD};
use crate::format::EncodedNote;
use crate::payload::Durable;
use crate::session::{Session, Waker};

impl Router {
    /// Whether so many wait for a watermark that they hear it together.
    pub(super) fn is_crowded(&self) -> bool {
        self.owed.len() >= WATERMARK_CROWD
    }

    /// The watermark, where somebody waits for one that has not been told.
    pub(super) fn watermark(&mut self) -> Option<Durable> {
        let through = self.hub.gauge.durable_tick();
        if self.owed.is_empty() || self.told == Some(through) {
            return None;
        }
        self.told = Some(through);
        Some(Durable {
            run: self.run.clone(),
            through_tick: through,
        })
    }

    /// Queues the watermark for one who may wait for it; answers whom to wake.
    pub(super) fn settle(
        &mut self,
        session: &Session,
        through: Tick,
        encoded: &EncodedNote<'_>,
    ) -> Option<Waker> {
        let (waker, still) = session.pay(through, encoded);
        if !still {
            self.owed.remove(&session.id);
        }
        waker
    }

    /// Queues the watermark for those who wait for one, between two ticks.
    pub(super) fn pay(&mut self) {
        let Some(note) = self.watermark() else {
            return;
        };
        // Encoded once, however many have answers waiting.
        let stamp = Arc::clone(&self.stamp);
        let encoded = EncodedNote::new(&note, self.hub.tick(), &stamp);
        for id in self.owed.iter().copied().collect::<Vec<_>>() {
            match self.hub.directory.find(id) {
                Some(session) => {
                    let waker = self.settle(&session, note.through_tick, &encoded);
                    self.wakers.extend(waker);
                }
                None => drop(self.owed.remove(&id)),
            }
        }
    }
}
