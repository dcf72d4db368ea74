//! The journal: what the world was told is durable, on our own disk, before any database has it.
//!
//! A folder of segment files, `NNNNNNNNNNNNNNNN.kjl`, numbered as they were made. Each begins
//! with a header (world, journal, the sequence its first batch will have) and holds records:
//! a length, a checksum, and a [`Record`] in postcard; the bodies of rows are JSON text.
//!
//! - Invariant: batches carry consecutive sequences across all segments; recovery refuses a gap.
//! - Invariant: there is always at least one segment, so the folder never forgets whose it is.
//! - Invariant: after a failed write or sync nothing is assumed about that file. The batch is
//!   written again in a new segment, and where both copies survived, the newer file wins.
//! - A segment is deleted once the database has synced everything in it.

mod disk;
mod record;
mod recover;
mod segment;
mod steps;
#[cfg(test)]
mod tests;
mod writer;
mod writer_thread;

use uuid::Uuid;

#[cfg(feature = "simulation")]
pub(crate) use disk::DiskFile;
pub(crate) use disk::{Disk, RealDisk};
pub use recover::has_journal;
pub(crate) use recover::{Found, JournalTrace, batches_from, recover};
pub(crate) use segment::Closed;
#[cfg(feature = "simulation")]
pub(crate) use steps::{JournalSteps, NextStep};
pub(crate) use writer::{OpenSegment, Start, Writer};
pub(crate) use writer_thread::{JournalHandle, WriterThread};

/// Whose journal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The world, one in journal and database.
    pub(crate) world: Uuid,
    /// This journal; a data folder emptied by hand gets a new one.
    pub(crate) journal: Uuid,
}
