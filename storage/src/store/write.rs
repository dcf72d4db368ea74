//! Writing a layer: one transaction, as many statements for one row as for ten thousand.

use sqlx::Error;

use super::changeset::{Changeset, Origin};
use super::fault::{Trouble, trouble};
use super::{Pools, Store, postgres, quarantine, sqlite};
use crate::pending::Layer;

impl Store {
    /// Writes everything in `layer` and how far that reaches. What the database refuses is put
    /// into quarantine; the rest is written, all or nothing. Safe to repeat.
    ///
    /// # Errors
    /// When nothing was written, or the database can't say whether it was.
    pub(crate) async fn write(&self, origin: &Origin, layer: &Layer) -> Result<(), Error> {
        let Some(mark) = layer.mark else {
            return Ok(());
        };
        let mut set = Changeset::new(origin, layer, mark);
        match self.attempt(&set).await {
            Err(error) if trouble(&error) == Trouble::Data => {
                if !quarantine::set_aside(self, &mut set).await? {
                    return Err(error);
                }
                self.attempt(&set).await?;
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
                Ok(())
            }
            other => other,
        }
    }

    async fn attempt(&self, set: &Changeset<'_>) -> Result<(), Error> {
        self.count(2);
        match self.pools() {
            Pools::Sqlite { writer, .. } => {
                let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
                sqlite::write(self, &mut tx, set).await?;
                tx.commit().await
            }
            Pools::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                postgres::write(self, &mut tx, set).await?;
                tx.commit().await
            }
        }
    }
}
