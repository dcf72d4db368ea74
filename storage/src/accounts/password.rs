//! New passwords: by a client that knows the old one, or by the operator. Either ends all that was signed
//! in before.

use engine::port::{AccountId, Code};
use sqlx::{query, query_as};

use super::{AccountTuple, Accounts, SignIn, account_of, bans, bounded, names};
use super::{refresh, roles};
use crate::clock::wall;
use crate::refusal::AccountRefusal;
use crate::store::{is_nobodys, name_key, reading, signed, transaction};

/// `account, old hash, hash, now`: changes nothing where somebody was faster.
const CHANGE: &str = "
    UPDATE accounts SET password_hash = $3, token_generation = token_generation + 1,
        tokens_ended_at = $4
    WHERE id = $1 AND password_hash = $2
    RETURNING id, username, role, guest, created_at, token_generation, design_until";

/// `name_key, guest, hash, now`.
const RESET: &str = "
    UPDATE accounts SET password_hash = $3, token_generation = token_generation + 1,
        tokens_ended_at = $4
    WHERE username_key = $1 AND guest = $2
    RETURNING id, username, role, guest, created_at, token_generation, design_until";

impl Accounts {
    /// Gives the account another password and signs it in anew; what was signed in before holds no
    /// more.
    ///
    /// # Errors
    /// `authentication_failed` unless `old` is the password; `validation_error` of `new`;
    /// `resource_conflict` for a guest, which has none; `authorization_denied` while the account is
    /// banned; `invalid_token` when it is gone; `server_busy`; `database_connection_error`.
    pub async fn change_password(
        &self,
        account: AccountId,
        old: &str,
        new: &str,
    ) -> Result<SignIn, AccountRefusal> {
        names::check_new_password(new)?;
        let sql = self.store().sql(
            "SELECT password_hash, guest, banned_until, ban_reason FROM accounts WHERE id = $1",
        );
        let found: Option<(Option<String>, bool, Option<i64>, String)> = bounded(async {
            Ok(reading!(self.store(), db => query_as(sql)
                .bind(account.0).fetch_optional(db).await)?)
        })
        .await?;
        let (hash, guest, until, reason) =
            found.ok_or_else(|| AccountRefusal::of(Code::InvalidToken))?;
        bans::check((until, reason))?;
        let hash = match hash {
            Some(hash) if !guest => hash,
            _ => {
                return Err(AccountRefusal::because(
                    Code::ResourceConflict,
                    "A guest has no password. Claim it, and it has one.",
                ));
            }
        };
        let passwords = &self.inner.passwords;
        if !passwords.verify(old, Some(hash.clone())).await? {
            return Err(AccountRefusal::field(
                Code::AuthenticationFailed,
                "old",
                "That is not the password.",
            ));
        }
        let next = passwords.hash(new).await?;
        let store = self.store();
        let changed: Option<AccountTuple> = bounded(async {
            let changed = transaction!(store, tx => {
                let changed: Option<AccountTuple> = query_as(store.sql(CHANGE))
                    .bind(account.0)
                    .bind(&hash)
                    .bind(&next)
                    .bind(signed(wall().0))
                    .fetch_optional(&mut *tx)
                    .await?;
                if changed.is_some() {
                    query(store.sql(refresh::FORGET)).bind(account.0).execute(&mut *tx).await?;
                }
                changed
            });
            Ok(changed)
        })
        .await?;
        let Some(changed) = changed else {
            return Err(AccountRefusal::because(
                Code::ResourceConflict,
                "The password was changed elsewhere at the same time.",
            ));
        };
        let account = account_of(changed);
        tracing::info!(account = %account.id, "password changed");
        self.tell_ended((account.id, account.generation));
        self.signed_in(account).await
    }

    /// Gives the account of that name another password, for the operator.
    ///
    /// # Errors
    /// `validation_error`; `resource_not_found`, also for a guest; `database_connection_error`.
    pub async fn reset_password(&self, username: &str, new: &str) -> Result<(), AccountRefusal> {
        names::check_new_password(new)?;
        if is_nobodys(username) {
            return Err(roles::nobody());
        }
        let key = name_key(username);
        let hash = self.inner.passwords.hash(new).await?;
        let at = signed(wall().0);
        let store = self.store();
        let changed = bounded(async {
            let changed = transaction!(store, tx => {
                let changed: Option<AccountTuple> = query_as(store.sql(RESET))
                    .bind(&key)
                    .bind(false)
                    .bind(&hash)
                    .bind(at)
                    .fetch_optional(&mut *tx)
                    .await?;
                if let Some((id, ..)) = changed {
                    query(store.sql(refresh::FORGET)).bind(id).execute(&mut *tx).await?;
                    let record = roles::record(&key, "account password", username);
                    query(store.sql(roles::RECORD))
                        .bind(roles::OPERATOR)
                        .bind(at)
                        .bind(record.0)
                        .bind(at)
                        .bind(&record.1)
                        .execute(&mut *tx)
                        .await?;
                }
                changed
            });
            Ok(changed)
        })
        .await?;
        let account = account_of(changed.ok_or_else(roles::nobody)?);
        self.tell_ended((account.id, account.generation));
        Ok(())
    }
}
