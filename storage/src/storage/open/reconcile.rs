//! Journal and database are brought to the same state before the first tick.

use std::time::{Duration, Instant};

use engine::port::{Planted, is_planted};
use uuid::Uuid;

use super::{Opening, off_thread};
use crate::StorageFault;
use crate::backoff::Backoff;
use crate::batch::EncodedBatch;
use crate::identity;
use crate::journal::{self, Closed, Disk, Found, JournalTrace};
use crate::pending::Layer;
use crate::store::{AppliedMark, ErrorClass, NodeJournal, WriteOutcome, error_class, is_hopeless};

impl Opening<'_> {
    /// The last batch that both have, and how far
    /// the run before came.
    pub(super) async fn reconcile(
        &self,
        found: &mut Found,
        disk: &mut dyn Disk,
        origin: &NodeJournal,
        marks: &[AppliedMark],
        world: Uuid,
    ) -> Result<(u64, Option<JournalTrace>), StorageFault> {
        let store = &self.store;
        let mut before = identity::before(found, &origin.node, origin.journal, marks);
        let applied = marks
            .iter()
            .find(|mark| mark.node == origin.node && mark.journal == origin.journal)
            .map_or(0, |mark| mark.sequence);
        if found.identity.is_some() && applied + 1 < found.first_sequence {
            return Err(StorageFault::DatabaseBehind {
                applied,
                first: found.first_sequence,
                target: store.target().to_owned(),
            });
        }
        store.database_identity().open(world, applied);
        let applied = if applied > found.last_sequence && found.identity.is_some() {
            self.drop_older(found, applied, disk)?;
            applied
        } else {
            let late = self.catch_up(&found.segments, applied, origin).await?;
            if late {
                // Not all of the run before survived: only what the database had is promised.
                before = identity::before(&Found::default(), &origin.node, origin.journal, marks);
            }
            found.last_sequence
        };
        Ok((applied, before))
    }

    /// Brings every batch above `applied` into the database, a segment at a time; answers whether
    /// other nodes had taken some of it over.
    async fn catch_up(
        &self,
        segments: &[Closed],
        applied: u64,
        origin: &NodeJournal,
    ) -> Result<bool, StorageFault> {
        let mut next = applied + 1;
        let mut late = false;
        for segment in segments {
            let batches = off_thread(&segment.path, {
                let segment = segment.clone();
                move || journal::batches_from(&segment, next)
            })
            .await?;
            let count = batches.len();
            if let Some(layer) = lacked(batches, &mut next) {
                late |= !self.persist(origin, &layer).await?.conflicts.is_empty();
                tracing::info!(
                    batches = count,
                    through = next - 1,
                    "journal applied to the database"
                );
            }
        }
        Ok(late)
    }

    /// Writes a layer, as patient with the database as the connection was.
    async fn persist(
        &self,
        origin: &NodeJournal,
        layer: &Layer,
    ) -> Result<WriteOutcome, StorageFault> {
        let patience = Duration::from_secs(self.config.database.connect_retry_seconds);
        let began = Instant::now();
        let mut backoff = Backoff::of_writes();
        loop {
            match self.store.write(origin, layer).await {
                Ok(kept) => return Ok(kept),
                Err(error)
                    if began.elapsed() >= patience
                        || is_hopeless(&error)
                        || error_class(&error) != ErrorClass::Passing =>
                {
                    return Err(self.failed()(error));
                }
                Err(error) => {
                    tracing::warn!(
                        database = self.store.target(),
                        %error,
                        "journal can't be applied, trying again"
                    );
                    tokio::time::sleep(backoff.next()).await;
                }
            }
        }
    }

    /// The database has batches that the folder lacks: an older copy of the folder was put back,
    /// or the journal was not synced before a power cut. All the folder holds is applied.
    fn drop_older(
        &self,
        found: &mut Found,
        applied: u64,
        disk: &dyn Disk,
    ) -> Result<(), StorageFault> {
        tracing::warn!(
            applied,
            journal = found.last_sequence,
            "database is ahead of the journal, whose segments are dropped"
        );
        for closed in found.segments.drain(..) {
            disk.remove(&closed.path)
                .map_err(StorageFault::io("remove", &closed.path))?;
        }
        Ok(())
    }
}

/// The batches of a segment merged into one, if there are any; `next` is the one after them.
pub(crate) fn lacked(batches: Vec<EncodedBatch>, next: &mut u64) -> Option<Layer> {
    let mut layer = Layer::default();
    let forgotten = usize::from(is_planted(Planted::PendingLost));
    *next = batches.last().map_or(*next, |batch| batch.sequence + 1);
    for batch in batches.into_iter().skip(forgotten) {
        layer.add(batch);
    }
    layer.mark.is_some().then_some(layer)
}
