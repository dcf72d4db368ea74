//! The section `[journal]`: sync policy, size of segments, limits.

use serde::{Deserialize, Serialize};

use super::check;
use crate::StorageFault;

/// When the journal makes sure that the disk itself has a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FsyncPolicy {
    /// After every batch. What was called durable survives a power cut.
    #[default]
    Always,
    /// At most once per `fsync_interval_ms`. Just as safe; the watermark comes later.
    Interval,
    /// Never. What was called durable survives the death of the process, not of the machine.
    Off,
}

/// The journal's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalConfig {
    /// When a batch is synced.
    pub fsync: FsyncPolicy,
    /// The shortest time between two syncs under `fsync = "interval"`, in milliseconds.
    pub fsync_interval_ms: u64,
    /// A segment file that has grown to this many bytes is followed by a new one.
    pub segment_bytes: u64,
    /// The most the journal may take on disk, in bytes; 0 lifts the limit.
    pub max_bytes: u64,
    /// How many facts may wait in memory for the database.
    pub facts_max: u32,
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self {
            fsync: FsyncPolicy::Always,
            fsync_interval_ms: 100,
            segment_bytes: 8 * 1024 * 1024,
            // At 100 KiB/s, a busy evening's rate, three hours without a database.
            max_bytes: 1024 * 1024 * 1024,
            // 1,000 players with a fact each per Mythos minute (6.25 s): ten minutes.
            facts_max: 100_000,
        }
    }
}

impl JournalConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// [`StorageFault::Config`], naming the key.
    pub fn validate(&self) -> Result<(), StorageFault> {
        check(
            (1..=10_000).contains(&self.fsync_interval_ms),
            "journal.fsync_interval_ms",
            "must be 1 to 10000",
        )?;
        check(
            (4_096..=1 << 30).contains(&self.segment_bytes),
            "journal.segment_bytes",
            "must be 4096 to 1073741824",
        )?;
        check(
            self.max_bytes == 0 || self.max_bytes >= 16_384,
            "journal.max_bytes",
            "must be 0 (no limit) or at least 16384",
        )?;
        check(
            self.facts_max > 0,
            "journal.facts_max",
            "must be at least 1",
        )
    }

    /// The segment size that leaves room for at least four segments under `max_bytes`, so that
    /// deleting the oldest frees a part and not the whole.
    pub(crate) fn rotate_at(&self) -> u64 {
        match self.max_bytes {
            0 => self.segment_bytes,
            limit => self.segment_bytes.min(limit / 4),
        }
    }
}
