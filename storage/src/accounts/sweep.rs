//! Deleted characters: gone for good after a while, in portions.

use sqlx::query;

use super::{Accounts, bounded};
use crate::clock::ago;
use crate::refusal::AccountRefusal;
use crate::store::{PORTION_PAUSE, signed, transaction};

/// Deleted characters that may go; `never played before, others before`. A portion, so that nobody
/// waits long for the database.
const DUE: &str = "
    SELECT id FROM characters WHERE deleted_at IS NOT NULL
    AND deleted_at < CASE WHEN last_played_at IS NULL THEN $1 ELSE $2 END LIMIT 500";

impl Accounts {
    /// Deletes what is left of deleted characters, with their rows: a day later those that never
    /// played, after `accounts.deleted_days` the others.
    pub(crate) async fn sweep_deleted(&self) {
        let played = match self.inner.config.deleted_days {
            0 => 0,
            days => signed(ago(days).0),
        };
        let mut gone = 0;
        loop {
            match self.sweep_portion(signed(ago(1).0), played).await {
                Ok(0) => break,
                Ok(portion) => gone += portion,
                Err(denied) => {
                    let code = denied.refusal.code.word();
                    tracing::warn!(code, "deleted characters could not be swept");
                    break;
                }
            }
            tokio::time::sleep(PORTION_PAUSE).await;
        }
        if gone > 0 {
            tracing::info!(characters = gone, "deleted characters swept");
        }
    }

    async fn sweep_portion(&self, unplayed: i64, played: i64) -> Result<u64, AccountRefusal> {
        let store = self.store();
        bounded(async {
            let gone = transaction!(store, tx => {
                let due: Vec<uuid::Uuid> = sqlx::query_scalar(store.sql(DUE))
                    .bind(unplayed)
                    .bind(played)
                    .fetch_all(&mut *tx)
                    .await?;
                for id in &due {
                    query(store.sql("DELETE FROM component_rows WHERE owner = $1 OR entity = $1"))
                        .bind(*id)
                        .execute(&mut *tx)
                        .await?;
                    query(store.sql("DELETE FROM characters WHERE id = $1"))
                        .bind(*id)
                        .execute(&mut *tx)
                        .await?;
                }
                due.len() as u64
            });
            Ok(gone)
        })
        .await
    }
}
