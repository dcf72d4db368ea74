//! What the gateway tells the world, over one bounded lane.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use engine::port::{Code, Full, Inbound, Refusal};

use super::{BUSY_RETRY_MS, Hub};
use crate::limit::Intake;

impl Hub {
    /// Sends what may be refused.
    ///
    /// # Errors
    /// `server_busy` when the lane is full.
    pub(crate) fn ask(&self, message: Inbound) -> Result<(), Refusal> {
        self.put(message).map(drop)
    }

    /// Sends a session's line.
    ///
    /// # Errors
    /// `server_busy` when the lane is full, or that session's share of it.
    pub(crate) fn offer(&self, intake: &Intake, line: Inbound) -> Result<(), Refusal> {
        if !intake.has_share(self.taken()) {
            return Err(Self::busy());
        }
        intake.stands_at(self.put(line)?);
        Ok(())
    }

    /// How much of what was ever put into the lane the world has taken. May lag behind while
    /// others put something in, but never runs ahead.
    pub(crate) fn taken(&self) -> u64 {
        let offered = self.offered.load(Ordering::Acquire);
        offered.saturating_sub(self.inbound.waiting() as u64)
    }

    /// Whether the world has taken everything.
    pub(crate) fn is_heard(&self) -> bool {
        self.inbound.waiting() == 0 && self.owed().is_empty()
    }

    /// Answers the place in the lane.
    fn put(&self, message: Inbound) -> Result<u64, Refusal> {
        // What is owed comes first: a return must not overtake the loss before it.
        if !self.owed().is_empty() {
            return Err(Self::busy());
        }
        self.send(message).map_err(|_| Self::busy())
    }

    fn send(&self, message: Inbound) -> Result<u64, Full<Inbound>> {
        self.inbound.try_send(message)?;
        Ok(self.offered.fetch_add(1, Ordering::AcqRel) + 1)
    }

    /// What a client hears for which the world has no room just now.
    pub(crate) fn busy() -> Refusal {
        Refusal::of(Code::ServerBusy).after_ms(BUSY_RETRY_MS)
    }

    /// Sends what the world must hear, at once or as soon as there is room. Bounded by what it
    /// is: a session is lost or left once per successful `Arrive` or `Return`.
    pub(crate) fn tell(&self, message: Inbound) {
        let mut owed = self.owed();
        if owed.is_empty() {
            if let Err(full) = self.send(message) {
                owed.push_back(full.0);
            }
        } else {
            owed.push_back(message);
        }
    }

    /// Sends what is owed as far as there is room; answers whether some is left.
    pub(crate) fn settle(&self) -> bool {
        let mut owed = self.owed();
        while let Some(message) = owed.pop_front() {
            if let Err(full) = self.send(message) {
                owed.push_front(full.0);
                return true;
            }
        }
        false
    }

    fn owed(&self) -> std::sync::MutexGuard<'_, VecDeque<Inbound>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
