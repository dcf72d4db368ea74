//! Mistakes that can be made on purpose, so that the simulation shows that it would find them.
//!
//! Only a build of the tests can make one (feature `simulation`); in every other [`is_planted`] is
//! `false` at compile time, and nothing of this is left. Which mistake is made is each thread's
//! own matter, since a simulated world lives on one.

/// A mistake, by what goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// A watermark speaks of one tick more than is durable.
    WatermarkEarly,
    /// What the journal writes is called durable without a sync.
    SyncSkipped,
    /// What changes hands is saved with its new holder, and not taken from the old one.
    TransferHalved,
    /// A resume begins with a frame that the client has.
    ResumeRepeats,
    /// A batch is called durable before it is written.
    AnswerBeforeEffect,
    /// The first batch that the database lacks is not caught up with at a start.
    PendingLost,
    /// What was turned off is not recorded.
    QuarantineUnrecorded,
    /// What is kept for resumes has no bound.
    RingUnbounded,
    /// A mute is read as it was a while ago.
    MuteStale,
    /// Two executed commands are remembered instead of all that were promised.
    IdForgotten,
    /// Those in a room are listed in the order of a hash.
    RoomUnordered,
    /// What is written to a shared database is written under whatever lease.
    LeaseUnchecked,
}

#[cfg(feature = "simulation")]
mod switch {
    use std::cell::Cell;

    use super::Planted;

    thread_local! {
        static MADE: Cell<Option<Planted>> = const { Cell::new(None) };
    }

    /// Makes this mistake on this thread from now on, or none.
    pub fn plant(mistake: Option<Planted>) {
        MADE.set(mistake);
    }

    /// Whether this mistake is to be made here.
    #[must_use]
    pub fn is_planted(mistake: Planted) -> bool {
        MADE.get() == Some(mistake)
    }
}

#[cfg(feature = "simulation")]
pub use switch::{is_planted, plant};

/// Whether this mistake is to be made here: never.
#[cfg(not(feature = "simulation"))]
#[must_use]
#[inline]
pub const fn is_planted(_: Planted) -> bool {
    false
}
