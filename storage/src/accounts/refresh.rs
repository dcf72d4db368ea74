//! Refresh tokens: each gives a new token once, and another of its kind.
//!
//! A sign-in that is to go on has one row, which knows the hash of its newest refresh token. An older
//! one can only be shown by somebody who has kept it after its use: then two have it, nobody can say
//! who is right, and the sign-in ends for both. An account's expire when they are not used for
//! `accounts.refresh_days`, a guest's never: without it the guest would be gone.

use engine::port::Code;
use sqlx::{query, query_as};
use uuid::Uuid;

use super::{AccountTuple, Accounts, SignIn, account_of, bans, bounded};
use crate::clock::wall;
use crate::refusal::AccountRefusal;
use crate::store::{PORTION_PAUSE, signed, transaction};

/// How many sign-ins of an account can be renewed, the newest; an account has some devices. At 200
/// bytes each: 3.2 KB an account.
const PER_ACCOUNT: i64 = 16;

/// How many rows one transaction deletes.
const PORTION: i64 = 500;

/// `family, account, hash, renewed_at, expires_at`; a guest's lasts as long as its account.
const KEEP: &str = "
    INSERT INTO refresh_tokens (family, account, secret_hash, renewed_at, expires_at)
    SELECT $1, id, $3, $4, CASE WHEN guest THEN 9223372036854775807 ELSE $5 END FROM accounts
    WHERE id = $2";

/// `account, how many`.
const TRIM: &str = "
    DELETE FROM refresh_tokens WHERE account = $1 AND family NOT IN
    (SELECT family FROM refresh_tokens WHERE account = $1 ORDER BY renewed_at DESC, family LIMIT $2)";

/// All of an account's.
pub(super) const FORGET: &str = "DELETE FROM refresh_tokens WHERE account = $1";

const FIND: &str = "
    SELECT secret_hash, renewed_at, expires_at, banned_until, ban_reason, ban_at
    FROM refresh_tokens JOIN accounts ON accounts.id = account WHERE family = $1";

const OWNER: &str = "
    SELECT id, username, role, guest, accounts.created_at, token_generation, design_until
    FROM accounts JOIN refresh_tokens ON accounts.id = account WHERE family = $1";

/// `family, hash, next hash, now, expires_at`: changes nothing where somebody was faster.
const RENEW: &str = "
    UPDATE refresh_tokens SET secret_hash = $3, renewed_at = $4,
        expires_at = CASE WHEN expires_at = 9223372036854775807 THEN expires_at ELSE $5 END
    WHERE family = $1 AND secret_hash = $2";

const END: &str = "DELETE FROM refresh_tokens WHERE family = $1";

type FoundTuple = (String, i64, i64, Option<i64>, String, Option<i64>);

/// What became of a refresh token that was shown.
enum RefreshOutcome {
    Renewed(AccountTuple),
    /// It was used before.
    Again,
    /// The sign-in is over, or there never was one.
    Over(AccountRefusal),
}

impl Accounts {
    /// A refresh token for the sign-in of a token that was just given.
    ///
    /// # Errors
    /// `invalid_token`; `database_connection_error`.
    pub async fn refresh_token(&self, token: &str) -> Result<String, AccountRefusal> {
        let claims = self.verify(token)?;
        let family = claims.family.ok_or_else(invalid)?;
        let secret = secret();
        let hash = hash_of(&secret);
        let now = signed(wall().0);
        let store = self.store();
        bounded(async {
            transaction!(store, tx => {
                query(store.sql(KEEP))
                    .bind(family)
                    .bind(claims.account.0)
                    .bind(&hash)
                    .bind(now)
                    .bind(self.refresh_until(now))
                    .execute(&mut *tx)
                    .await?;
                query(store.sql(TRIM))
                    .bind(claims.account.0)
                    .bind(PER_ACCOUNT)
                    .execute(&mut *tx)
                    .await?;
            });
            Ok(())
        })
        .await?;
        Ok(written(family, &secret))
    }

    /// Signs in by a refresh token, which is used up by it; answers the next one, too.
    ///
    /// # Errors
    /// `invalid_token` for one that is none, was used before (then the whole sign-in ends) or was
    /// revoked; `token_expired`; `authorization_denied` while the account is banned;
    /// `database_connection_error`.
    pub async fn refresh(&self, shown: &str) -> Result<(SignIn, String), AccountRefusal> {
        let (family, old) = read(shown).ok_or_else(invalid)?;
        if self.inner.tokens.is_family_off(family) {
            return Err(invalid());
        }
        let next = secret();
        let done = bounded(self.renew(family, &hash_of(old), &hash_of(&next))).await?;
        match done {
            RefreshOutcome::Renewed(owner) => {
                let signed = self.signed_in_by(account_of(owner), family).await?;
                Ok((signed, written(family, &next)))
            }
            RefreshOutcome::Again => {
                tracing::warn!("refresh token was used again, its sign-in ends");
                self.inner.tokens.revoke_family(family).await?;
                Err(invalid())
            }
            RefreshOutcome::Over(denied) => Err(denied),
        }
    }

    async fn renew(
        &self,
        family: Uuid,
        old: &str,
        next: &str,
    ) -> Result<RefreshOutcome, AccountRefusal> {
        let store = self.store();
        let now = signed(wall().0);
        let shown = transaction!(store, tx => {
            let found: Option<FoundTuple> =
                query_as(store.sql(FIND)).bind(family).fetch_optional(&mut *tx).await?;
            let Some((hash, renewed_at, expires_at, until, reason, ban_at)) = found else {
                return Ok(RefreshOutcome::Over(invalid()));
            };
            let verdict = if hash != old {
                Some(RefreshOutcome::Again)
            } else if expires_at <= now {
                Some(RefreshOutcome::Over(AccountRefusal::of(Code::TokenExpired)))
            } else if let Err(banned) = bans::check((until, reason)) {
                Some(RefreshOutcome::Over(banned))
            } else {
                // Banned and let in again meanwhile: it was revoked all the same.
                ban_at.filter(|at| *at >= renewed_at).map(|_| RefreshOutcome::Over(invalid()))
            };
            if let Some(verdict) = verdict {
                query(store.sql(END)).bind(family).execute(&mut *tx).await?;
                verdict
            } else {
                let owner = query_as(store.sql(OWNER)).bind(family).fetch_one(&mut *tx).await?;
                let renewed = query(store.sql(RENEW))
                    .bind(family)
                    .bind(old)
                    .bind(next)
                    .bind(now)
                    .bind(self.refresh_until(now))
                    .execute(&mut *tx)
                    .await?;
                match renewed.rows_affected() {
                    0 => RefreshOutcome::Again,
                    _ => RefreshOutcome::Renewed(owner),
                }
            }
        });
        Ok(shown)
    }

    /// Deletes what nobody can use any more, in portions.
    pub(crate) async fn purge_refresh_tokens(&self) {
        loop {
            match self.purge_expired().await {
                Ok(0) => return,
                Ok(_) => tokio::time::sleep(PORTION_PAUSE).await,
                Err(denied) => {
                    let code = denied.refusal.code.word();
                    tracing::warn!(code, "expired refresh tokens could not be deleted");
                    return;
                }
            }
        }
    }

    async fn purge_expired(&self) -> Result<u64, AccountRefusal> {
        let store = self.store();
        bounded(async {
            let gone = transaction!(store, tx => {
                query(store.sql(
                    "DELETE FROM refresh_tokens WHERE family IN
                     (SELECT family FROM refresh_tokens WHERE expires_at <= $1 LIMIT $2)",
                ))
                .bind(signed(wall().0))
                .bind(PORTION)
                .execute(&mut *tx)
                .await?
                .rows_affected()
            });
            Ok(gone)
        })
        .await
    }

    fn refresh_until(&self, now: i64) -> i64 {
        let days = i64::from(self.inner.config.refresh_days);
        now.saturating_add(days * 86_400_000_000)
    }
}

fn invalid() -> AccountRefusal {
    AccountRefusal::of(Code::InvalidToken)
}

/// 256 bits that nobody can guess.
fn secret() -> String {
    let bytes: [u8; 32] = rand::random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// So much chance needs no salt and no slow hash.
fn hash_of(secret: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
    let hex = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    hex.collect()
}

/// As clients have it.
fn written(family: Uuid, secret: &str) -> String {
    format!("{}.{secret}", family.simple())
}

fn read(token: &str) -> Option<(Uuid, &str)> {
    let (family, secret) = token.split_once('.')?;
    let fits = secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    Uuid::try_parse(family)
        .ok()
        .filter(|_| fits)
        .map(|id| (id, secret))
}
