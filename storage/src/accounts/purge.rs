//! Accounts that go for good: with their characters and their rows, in portions, so that nobody waits
//! long for the database.

use sqlx::{query, query_as};
use uuid::Uuid;

use super::{Accounts, bounded};
use crate::refusal::AccountRefusal;
use crate::store::{PORTION_PAUSE, transaction};

/// How many accounts one transaction deletes: some ten milliseconds of the writer. Each has some
/// characters, of up to a hundred rows.
pub(super) const PORTION: i64 = 200;

/// Which accounts may go, by a time in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Due {
    /// Guests that nobody has used since.
    Unused(i64),
    /// Guests made before that never played.
    Unplayed(i64),
    /// Accounts that were closed before.
    Closed(i64),
}

impl Due {
    const fn before(self) -> i64 {
        match self {
            Self::Unused(at) | Self::Unplayed(at) | Self::Closed(at) => at,
        }
    }

    /// `before, how many`: the eldest, each with its characters.
    const fn select(self) -> &'static str {
        match self {
            Self::Unused(_) => {
                "SELECT due.id, characters.id FROM
                 (SELECT id FROM accounts WHERE guest AND created_at < $1 AND NOT EXISTS
                      (SELECT 1 FROM characters AS played
                       WHERE played.account = accounts.id AND played.last_played_at >= $1)
                  ORDER BY created_at LIMIT $2) AS due
                 LEFT JOIN characters ON characters.account = due.id ORDER BY due.id"
            }
            Self::Unplayed(_) => {
                "SELECT due.id, characters.id FROM
                 (SELECT id FROM accounts WHERE guest AND created_at < $1 AND NOT EXISTS
                      (SELECT 1 FROM characters AS played
                       WHERE played.account = accounts.id AND played.last_played_at IS NOT NULL)
                  ORDER BY created_at LIMIT $2) AS due
                 LEFT JOIN characters ON characters.account = due.id ORDER BY due.id"
            }
            Self::Closed(_) => {
                "SELECT due.id, characters.id FROM
                 (SELECT id FROM accounts WHERE closed_at < $1 ORDER BY closed_at LIMIT $2) AS due
                 LEFT JOIN characters ON characters.account = due.id ORDER BY due.id"
            }
        }
    }

    /// `account, before`: nothing, where it was used meanwhile.
    const fn delete(self) -> &'static str {
        match self {
            Self::Unused(_) => {
                "DELETE FROM accounts WHERE id = $1 AND guest AND NOT EXISTS
                 (SELECT 1 FROM characters AS played
                  WHERE played.account = $1 AND played.last_played_at >= $2)"
            }
            Self::Unplayed(_) => {
                "DELETE FROM accounts WHERE id = $1 AND guest AND created_at < $2 AND NOT EXISTS
                 (SELECT 1 FROM characters AS played
                  WHERE played.account = $1 AND played.last_played_at IS NOT NULL)"
            }
            Self::Closed(_) => "DELETE FROM accounts WHERE id = $1 AND closed_at < $2",
        }
    }
}

impl Accounts {
    /// Deletes all that are due, a portion after the other, and the writer is free between them.
    pub(super) async fn purge(&self, due: Due) {
        let mut gone = 0;
        loop {
            match self.purge_portion(due, PORTION).await {
                Ok(0) => break,
                Ok(portion) => gone += portion,
                Err(denied) => {
                    let code = denied.refusal.code.word();
                    tracing::warn!(code, "accounts that are due could not be deleted");
                    break;
                }
            }
            tokio::time::sleep(PORTION_PAUSE).await;
        }
        if gone > 0 {
            tracing::info!(accounts = gone, due = ?due, "accounts that were due deleted");
        }
    }

    /// Deletes the eldest of those that are due; answers how many went.
    pub(super) async fn purge_portion(&self, due: Due, most: i64) -> Result<u64, AccountRefusal> {
        let store = self.store();
        bounded(async {
            let gone = transaction!(store, tx => {
                let all: Vec<(Uuid, Option<Uuid>)> = query_as(store.sql(due.select()))
                    .bind(due.before())
                    .bind(most)
                    .fetch_all(&mut *tx)
                    .await?;
                let (mut gone, mut last) = (0, None);
                for (account, character) in all {
                    // One row for each character, those of an account together.
                    let mut went = last == Some(account);
                    if !went {
                        let deleted = query(store.sql(due.delete()))
                            .bind(account)
                            .bind(due.before())
                            .execute(&mut *tx)
                            .await?
                            .rows_affected();
                        went = deleted > 0;
                        gone += deleted;
                        last = went.then_some(account);
                    }
                    if let (true, Some(character)) = (went, character) {
                        query(store.sql("DELETE FROM component_rows WHERE owner = $1 OR entity = $1"))
                            .bind(character)
                            .execute(&mut *tx)
                            .await?;
                    }
                }
                gone
            });
            Ok(gone)
        })
        .await
    }
}
