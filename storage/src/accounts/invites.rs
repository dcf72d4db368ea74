//! Invite codes: 12 characters, used once, gone after their time.

use engine::port::{AccountId, Code, WorldTime};
use sqlx::{query, query_as};
use uuid::Uuid;

use super::{Accounts, bounded};
use crate::clock::wall;
use crate::refusal::AccountRefusal;
use crate::store::{is_nobodys, reading, signed, unsigned, writing};

/// Marks a code as used by an account: `code, account, now`. Nothing changes for one that is
/// unknown, used or expired.
pub(super) const USE: &str = "
    UPDATE invites SET used_by = $2, used_at = $3
    WHERE code = $1 AND used_at IS NULL AND expires_at > $3";

/// Refuses where [`USE`] changed nothing.
pub(super) fn was_good(used: u64) -> Result<(), AccountRefusal> {
    if used > 0 { Ok(()) } else { Err(no_good()) }
}

/// Refuses what can't be a code, before a password is hashed or a database asked.
pub(super) fn check(code: &str) -> Result<(), AccountRefusal> {
    if (1..=64).contains(&code.len()) && !is_nobodys(code) {
        return Ok(());
    }
    Err(no_good())
}

fn no_good() -> AccountRefusal {
    AccountRefusal::field(
        Code::ValidationError,
        "invite_code",
        "That invite code is unknown, used or expired.",
    )
}

const CODE_CHARACTERS: usize = 12;
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// What the newcomer types.
    pub code: String,
    /// When it was made.
    pub created_at: WorldTime,
    /// When it ends.
    pub expires_at: WorldTime,
    /// When it was used.
    pub used_at: Option<WorldTime>,
}

impl Accounts {
    /// Makes an invite that is good for `days`.
    ///
    /// # Errors
    /// `database_connection_error`.
    pub async fn create_invite(
        &self,
        by: Option<AccountId>,
        days: u32,
    ) -> Result<Invite, AccountRefusal> {
        let created_at = wall();
        let invite = Invite {
            code: (0..CODE_CHARACTERS)
                .map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]))
                .collect(),
            created_at,
            expires_at: WorldTime(created_at.0 + u64::from(days) * 86_400_000_000),
            used_at: None,
        };
        let sql = self.store().sql(
            "INSERT INTO invites (code, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        );
        bounded(async {
            let by = by.map(|by| by.0);
            let code = &invite.code;
            writing!(self.store(), db => query(sql)
                .bind(code).bind(by)
                .bind(signed(created_at.0)).bind(signed(invite.expires_at.0))
                .execute(db).await.map(|_| ()))?;
            Ok(())
        })
        .await?;
        Ok(invite)
    }

    /// All invites, the newest first, 1,000 at most.
    ///
    /// # Errors
    /// `database_connection_error`.
    pub async fn invites(&self) -> Result<Vec<Invite>, AccountRefusal> {
        let sql = self.store().sql(
            "SELECT code, created_at, expires_at, used_at, created_by FROM invites
             ORDER BY created_at DESC, code LIMIT 1000",
        );
        let rows: Vec<(String, i64, i64, Option<i64>, Option<Uuid>)> =
            bounded(async { Ok(reading!(self.store(), db => query_as(sql).fetch_all(db).await)?) })
                .await?;
        let time = |at: i64| WorldTime(unsigned(at));
        Ok(rows
            .into_iter()
            .map(|(code, created, expires, used, _)| Invite {
                code,
                created_at: time(created),
                expires_at: time(expires),
                used_at: used.map(time),
            })
            .collect())
    }
}
