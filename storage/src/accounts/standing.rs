//! What an account may do now, and who is set apart: asked with each use of a token, and by the
//! world every few seconds.

use engine::port::{AccountId, Banned, Code, Role, StableId, Standings, WorldTime};
use sqlx::{query_as, query_scalar};
use uuid::Uuid;

use super::{Accounts, bans, bounded};
use crate::clock::wall;
use crate::refusal::AccountRefusal;
use crate::store::{Store, reading, role_of, signed, unsigned};

/// How many accounts are set apart at most, in one answer: all admins, then the newest bans. Older
/// ones have been answered before, and whoever they are about does not play any more. At 300 bytes
/// each: 1.2 MB.
const SET_APART_MAX: i64 = 4_096;

impl Accounts {
    /// Who holds this token and may act with it now.
    ///
    /// # Errors
    /// As [`Accounts::verify`], or with `expired_ok` as [`Accounts::verify_expired_ok`]; `invalid_token`
    /// when the account is gone or has ended its tokens; `authorization_denied` while it is banned;
    /// `database_connection_error`.
    pub async fn holder(&self, token: &str, expired_ok: bool) -> Result<AccountId, AccountRefusal> {
        let claims = if expired_ok {
            self.verify_expired_ok(token)?
        } else {
            self.verify(token)?
        };
        let sql = self
            .store()
            .sql("SELECT banned_until, ban_reason, token_generation FROM accounts WHERE id = $1");
        let found: Option<(Option<i64>, String, i64)> = bounded(async {
            Ok(reading!(self.store(), db => query_as(sql)
                .bind(claims.account.0).fetch_optional(db).await)?)
        })
        .await?;
        let (until, reason, generation) =
            found.ok_or_else(|| AccountRefusal::of(Code::InvalidToken))?;
        if unsigned(generation) != claims.generation {
            return Err(AccountRefusal::of(Code::InvalidToken));
        }
        bans::check((until, reason))?;
        Ok(claims.account)
    }

    /// Whether a session of the account's character may go on, and with which role.
    ///
    /// # Errors
    /// `invalid_token` when account or character is gone; `authorization_denied` while the account
    /// is banned; `database_connection_error`.
    pub async fn standing(
        &self,
        account: AccountId,
        character: StableId,
    ) -> Result<Role, AccountRefusal> {
        let sql = self.store().sql(
            "SELECT role, design_until, banned_until, ban_reason FROM accounts WHERE id = $1 AND EXISTS
             (SELECT 1 FROM characters WHERE id = $2 AND account = $1 AND deleted_at IS NULL)",
        );
        let found: Option<(String, Option<i64>, Option<i64>, String)> = bounded(async {
            Ok(reading!(self.store(), db => query_as(sql)
                .bind(account.0).bind(character.uuid()).fetch_optional(db).await)?)
        })
        .await?;
        let (role, ends, until, reason) =
            found.ok_or_else(|| AccountRefusal::of(Code::InvalidToken))?;
        bans::check((until, reason))?;
        Ok(role_of(&role, ends, signed(wall().0)))
    }

    /// How many characters an account has made since then, deleted ones too; `account, since`.
    pub(super) const MADE_LATELY: &str =
        "SELECT count(*) FROM characters WHERE account = $1 AND created_at > $2";

    /// Refuses an account that makes characters too fast, before a write is begun.
    pub(super) async fn paced(&self, account: AccountId) -> Result<(), AccountRefusal> {
        let most = self.inner.config.characters_per_hour;
        if most == 0 {
            return Ok(());
        }
        let sql = self.store().sql(Self::MADE_LATELY);
        let made: i64 = bounded(async {
            Ok(reading!(self.store(), db => query_scalar(sql)
                .bind(account.0).bind(hour_ago()).fetch_one(db).await)?)
        })
        .await?;
        if made >= i64::from(most) {
            return Err(too_many());
        }
        Ok(())
    }
}

/// An hour ago, as the database has it.
pub(super) fn hour_ago() -> i64 {
    signed(wall().0.saturating_sub(3_600_000_000))
}

/// An account has made as many characters in an hour as it may.
pub(super) fn too_many() -> AccountRefusal {
    let mut denied = AccountRefusal::because(
        Code::TooManyRequests,
        "You have made enough characters for a while.",
    );
    denied.refusal.retry_after_ms = Some(600_000);
    denied
}

/// An account that may be set apart: its role and until when that holds, its ban and why.
type StandingTuple = (Uuid, String, Option<i64>, Option<i64>, String);

impl Store {
    /// Who is set apart, sorted: of what the world asks for, all but when.
    pub(crate) async fn set_apart(&self) -> Result<Standings, sqlx::Error> {
        let sql = self.sql(
            "SELECT id, role, design_until, banned_until, ban_reason FROM accounts
             WHERE role <> 'player' OR banned_until IS NOT NULL
             ORDER BY CASE WHEN role = 'player' OR design_until <= $2 THEN 1 ELSE 0 END,
                 ban_at DESC NULLS LAST, id
             LIMIT $1",
        );
        let now = signed(wall().0);
        let rows: Vec<StandingTuple> = reading!(self, db => query_as(sql)
            .bind(SET_APART_MAX).bind(now).fetch_all(db).await)?;
        let mut all = Standings::default();
        for (id, role, ends, until, reason) in rows {
            let account = AccountId(id);
            match role_of(&role, ends, now) {
                Role::Admin => all.admins.push(account),
                Role::Designer => all.designers.push(account),
                Role::Player => {}
            }
            if let Some(until) = until.filter(|until| now < *until) {
                all.banned.push(Banned {
                    account,
                    until: (until != i64::MAX).then(|| WorldTime(unsigned(until))),
                    reason,
                });
            }
        }
        all.admins.sort_unstable();
        all.designers.sort_unstable();
        all.banned.sort_unstable();
        Ok(all)
    }
}
