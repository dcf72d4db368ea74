//! Deleting an account, while servers may run that its characters play on.
//!
//! A server that has a character in memory saves it again when it leaves, and a journal may hold
//! changes of it that the database has not yet. So the account is closed first: nobody can sign in,
//! its names are free, its tokens are worthless and servers end its sessions, and what the database
//! has of its characters goes at once. What comes late goes with the account's own row, a day after,
//! when nothing can be on its way any more.

use sqlx::{query, query_scalar};
use uuid::Uuid;

use super::purge::Due;
use super::{Accounts, bounded, refresh, roles};
use crate::clock::{ago, wall};
use crate::refusal::AccountRefusal;
use crate::store::{is_nobodys, name_key, reading, signed, transaction};

/// `account, name, now`. No name that can be typed has a blank in it.
const CLOSE: &str = "
    UPDATE accounts SET username = $2, username_key = $2, username_look = NULL,
        password_hash = NULL, role = 'player', design_until = NULL, design_zones = NULL,
        banned_until = NULL, ban_reason = '', living = 0,
        closed_at = $3, tokens_ended_at = $3, token_generation = token_generation + 1
    WHERE id = $1 AND closed_at IS NULL";

impl Accounts {
    /// Deletes the account of that name, a guest's too, with its characters and all that they have;
    /// answers how many lived.
    ///
    /// # Errors
    /// `resource_not_found`; `database_connection_error`.
    pub async fn delete(&self, username: &str) -> Result<u64, AccountRefusal> {
        if is_nobodys(username) {
            return Err(roles::nobody());
        }
        let key = name_key(username);
        let sql = self
            .store()
            .sql("SELECT id FROM accounts WHERE username_key = $1 AND closed_at IS NULL");
        let id: Option<Uuid> = bounded(async {
            let key = &key;
            Ok(reading!(self.store(), db => query_scalar(sql).bind(key).fetch_optional(db).await)?)
        })
        .await?;
        let id = id.ok_or_else(roles::nobody)?;
        bounded(self.close_account(id, &key, username)).await
    }

    async fn close_account(
        &self,
        id: Uuid,
        key: &str,
        username: &str,
    ) -> Result<u64, AccountRefusal> {
        let store = self.store();
        let at = signed(wall().0);
        let lived = transaction!(store, tx => {
            let closed = query(store.sql(CLOSE))
                .bind(id)
                .bind(format!("deleted {}", id.simple()))
                .bind(at)
                .execute(&mut *tx)
                .await?;
            if closed.rows_affected() == 0 {
                return Err(roles::nobody());
            }
            query(store.sql(refresh::FORGET)).bind(id).execute(&mut *tx).await?;
            query(store.sql(
                "DELETE FROM component_rows
                 WHERE owner IN (SELECT characters.id FROM characters WHERE account = $1)
                    OR entity IN (SELECT characters.id FROM characters WHERE account = $1)",
            ))
            .bind(id)
            .execute(&mut *tx)
            .await?;
            let lived = query(store.sql(
                "UPDATE characters SET deleted_at = $2 WHERE account = $1 AND deleted_at IS NULL",
            ))
            .bind(id)
            .bind(at)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            let record = roles::record(key, "account delete", username);
            query(store.sql(roles::RECORD))
                .bind(roles::OPERATOR)
                .bind(at)
                .bind(record.0)
                .bind(at)
                .bind(&record.1)
                .execute(&mut *tx)
                .await?;
            lived
        });
        Ok(lived)
    }

    /// Deletes what is left of accounts that were closed a day ago.
    pub(crate) async fn purge_closed(&self) {
        self.purge(Due::Closed(signed(ago(1).0))).await;
    }
}
