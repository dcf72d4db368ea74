//! Writing a layer: one transaction, as many statements for one row as for ten thousand.

use sqlx::Error;

use super::changeset::{Changeset, NodeJournal};
use super::fault::{ErrorClass, error_class};
use super::fence::{self, PostgresFence, WriteOutcome};
use super::{Pools, Store, postgres, quarantine, sqlite};
use crate::pending::Layer;

impl Store {
    /// Writes everything in `layer` and how far that reaches. What the database refuses is put
    /// into quarantine; the rest is written, all or nothing. Safe to repeat. Answers what a shared
    /// database's fence kept out.
    ///
    /// # Errors
    /// When nothing was written, or the database can't say whether it was.
    pub(crate) async fn write(
        &self,
        origin: &NodeJournal,
        layer: &Layer,
    ) -> Result<WriteOutcome, Error> {
        let Some(mark) = layer.mark else {
            return Ok(WriteOutcome::default());
        };
        let mut set = Changeset::new(origin, layer, mark);
        let kept = match self.attempt(&set).await {
            Err(error) if error_class(&error) == ErrorClass::Data => {
                if !quarantine::set_aside(self, &mut set).await? {
                    return Err(error);
                }
                let kept = match self.attempt(&set).await {
                    // Nor does it take the refused as they are into the table for them.
                    Err(error) if error_class(&error) == ErrorClass::Data => {
                        quarantine::spell_out(&mut set);
                        self.attempt(&set).await?
                    }
                    other => other?,
                };
                for row in &set.refused {
                    self.quarantined.inc();
                    tracing::error!(
                        kind = row.kind,
                        entity = %row.entity,
                        name = row.name,
                        reason = row.reason,
                        "row refused by the database and put into quarantine"
                    );
                }
                kept
            }
            other => other?,
        };
        self.database_identity().set_applied(mark.sequence);
        for conflict in &kept.conflicts {
            self.conflicts.inc();
            tracing::warn!(
                entity = %conflict.entity,
                component = conflict.component,
                epoch = conflict.epoch,
                holder = conflict.holder,
                "change came under a lease that was over and is kept as a conflict"
            );
        }
        Ok(kept)
    }

    async fn attempt(&self, set: &Changeset<'_>) -> Result<WriteOutcome, Error> {
        self.count(2);
        match self.pools()? {
            Pools::Sqlite { writer, .. } => {
                let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
                sqlite::write(self, &mut tx, set).await?;
                tx.commit().await?;
                Ok(WriteOutcome::default())
            }
            Pools::Postgres(pool) if self.shared => {
                let mut tx = pool.begin().await?;
                let mut set = set.clone();
                let mut tables = PostgresFence {
                    store: self,
                    tx: &mut tx,
                };
                let kept = fence::admit(&mut tables, &mut set).await?;
                postgres::write(self, &mut tx, &set).await?;
                tx.commit().await?;
                Ok(kept)
            }
            Pools::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                postgres::write(self, &mut tx, set).await?;
                tx.commit().await?;
                Ok(WriteOutcome::default())
            }
        }
    }
}
