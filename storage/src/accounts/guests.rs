//! Guests: an account without a password and one character, until claimed or forgotten.

use engine::port::{AccountId, Code, Role};
use sqlx::query;
use uuid::Uuid;

use super::{Account, Accounts, Denied, SignIn, bounded, names, role_word};
use crate::identity::wall;
use crate::store::{is_unique_violation, signed, transaction};
use crate::upkeep::ago;

/// With a syllable pair there are 2.4 million names; ten misses mean that something else is wrong.
const NAME_ATTEMPTS_MAX: u32 = 10;

impl Accounts {
    /// Makes a guest with one character and signs it in. Whether guests are welcome is for the
    /// caller to decide.
    ///
    /// # Errors
    /// `database_connection_error`.
    pub async fn guest(&self) -> Result<SignIn, Denied> {
        let id = Uuid::new_v4();
        let account = Account {
            id: AccountId(id),
            username: format!("guest-{}", &id.simple().to_string()[..12]),
            role: Role::Player,
            guest: true,
            created_at: wall(),
        };
        for attempt in 0..NAME_ATTEMPTS_MAX {
            if bounded(self.insert_guest(&account, &names::guest(attempt))).await? {
                return self.signed_in(account).await;
            }
        }
        Err(Denied::later(Code::ServerBusy))
    }

    /// Account and character, both or neither; `false`: the name is taken.
    async fn insert_guest(&self, account: &Account, name: &str) -> Result<bool, Denied> {
        let store = self.store();
        let at = signed(account.created_at.0);
        transaction!(store, tx => {
            query(store.sql(
                "INSERT INTO accounts
                     (id, username, username_key, role, guest, living, created_at)
                 VALUES ($1, $2, $2, $3, $4, 1, $5)",
            ))
            .bind(account.id.0)
            .bind(&account.username)
            .bind(role_word(account.role))
            .bind(true)
            .bind(at)
            .execute(&mut *tx)
            .await?;
            let made = query(store.sql(super::characters::INSERT))
                .bind(Uuid::new_v4())
                .bind(account.id.0)
                .bind(name)
                .bind(names::key(name))
                .bind(None::<String>)
                .bind(rand::random::<u64>().cast_signed())
                .bind(at)
                .bind(names::look(name))
                .execute(&mut *tx)
                .await;
            match made {
                Ok(_) => {}
                Err(error) if is_unique_violation(&error) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        });
        Ok(true)
    }

    /// Deletes guests that nobody has used for long, with their characters and their rows.
    pub(crate) async fn purge_guests(&self) {
        let days = self.inner.config.guest_days;
        if days == 0 {
            return;
        }
        match self.delete_guests(signed(ago(days).0)).await {
            Ok(0) => {}
            Ok(gone) => tracing::info!(accounts = gone, "unused guests deleted"),
            Err(denied) => tracing::warn!(
                code = denied.refusal.code.word(),
                "unused guests could not be deleted"
            ),
        }
    }

    async fn delete_guests(&self, before: i64) -> Result<u64, Denied> {
        let store = self.store();
        let gone = transaction!(store, tx => {
            query(store.sql(
                "DELETE FROM component_rows WHERE entity IN
                 (SELECT mine.id FROM characters AS mine JOIN accounts ON accounts.id = mine.account
                  WHERE accounts.guest AND accounts.created_at < $1 AND NOT EXISTS
                      (SELECT 1 FROM characters AS played
                       WHERE played.account = accounts.id AND played.last_played_at >= $1))",
            ))
            .bind(before)
            .execute(&mut *tx)
            .await?;
            query(store.sql(
                "DELETE FROM accounts
                 WHERE guest AND created_at < $1 AND NOT EXISTS
                     (SELECT 1 FROM characters AS played
                      WHERE played.account = accounts.id AND played.last_played_at >= $1)",
            ))
            .bind(before)
            .execute(&mut *tx)
            .await?
            .rows_affected()
        });
        Ok(gone)
    }
}
