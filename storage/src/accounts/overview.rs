//! Accounts as the operator sees them.

use engine::port::{Role, WorldTime};
use sqlx::{query_as, query_scalar};
use uuid::Uuid;

use super::{Account, AccountCharacter, Accounts, DesignLimits, account_of, bounded, roles};
use crate::clock::wall;
use crate::refusal::AccountRefusal;
use crate::store::{is_nobodys, name_key, reading, role_word, signed, unsigned};

/// How many accounts one answer has.
const PAGE: i64 = 200;

/// An account's columns, the zones of its grant, until when it is banned and why.
type OverviewTuple = (
    Uuid,
    String,
    String,
    bool,
    i64,
    i64,
    Option<i64>,
    Option<String>,
    Option<i64>,
    String,
);

/// An account with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The account.
    pub account: Account,
    /// Its living characters, the most recently played first.
    pub characters: Vec<AccountCharacter>,
    /// How far its grant reaches, if it was made a designer; it may be over.
    pub design: Option<DesignLimits>,
    /// Until when it can't sign in, in microseconds; the greatest time for good.
    pub banned_until: Option<WorldTime>,
    /// Why; may be empty.
    pub ban_reason: String,
}

/// How many sign-ins of an account can be renewed, and when one was last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignIns {
    /// How many.
    pub count: u64,
    /// When the last of them was made or renewed.
    pub last: Option<WorldTime>,
}

impl Overview {
    /// What it may do.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.account.role
    }

    /// When a character of it last entered the world.
    #[must_use]
    pub fn last_played(&self) -> Option<WorldTime> {
        self.characters
            .iter()
            .filter_map(|one| one.last_played)
            .max()
    }
}

impl Accounts {
    /// Accounts by name, those after `after`, 200 at most; guests only if asked for.
    ///
    /// # Errors
    /// `database_connection_error`.
    pub async fn list(&self, after: &str, guests: bool) -> Result<Vec<Overview>, AccountRefusal> {
        let sql = self.store().sql(
            "SELECT id, username, role, guest, created_at, token_generation, design_until,
                 design_zones, banned_until, ban_reason
             FROM accounts
             WHERE username_key > $1 AND closed_at IS NULL AND (guest = $2 OR guest = $3)
             ORDER BY username_key LIMIT $4",
        );
        let after = name_key(after);
        let rows: Vec<OverviewTuple> = bounded(async {
            let after = &after;
            Ok(reading!(self.store(), db => query_as(sql)
                .bind(after).bind(false).bind(guests).bind(PAGE).fetch_all(db).await)?)
        })
        .await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            all.push(self.overview(row).await?);
        }
        Ok(all)
    }

    /// The account of that name.
    ///
    /// # Errors
    /// `resource_not_found`; `database_connection_error`.
    pub async fn show(&self, username: &str) -> Result<(Overview, SignIns), AccountRefusal> {
        if is_nobodys(username) {
            return Err(roles::nobody());
        }
        let sql = self.store().sql(
            "SELECT id, username, role, guest, created_at, token_generation, design_until,
                 design_zones, banned_until, ban_reason
             FROM accounts WHERE username_key = $1 AND closed_at IS NULL",
        );
        let key = name_key(username);
        let row: Option<OverviewTuple> = bounded(async {
            let key = &key;
            Ok(reading!(self.store(), db => query_as(sql).bind(key).fetch_optional(db).await)?)
        })
        .await?;
        let overview = self.overview(row.ok_or_else(roles::nobody)?).await?;
        let account = overview.account.id.0;
        let sql = self
            .store()
            .sql("SELECT renewed_at FROM refresh_tokens WHERE account = $1 AND expires_at > $2");
        let renewed: Vec<i64> = bounded(async {
            Ok(reading!(self.store(), db => query_scalar(sql)
                .bind(account).bind(signed(wall().0)).fetch_all(db).await)?)
        })
        .await?;
        let sign_ins = SignIns {
            count: renewed.len() as u64,
            last: renewed.into_iter().max().map(|at| WorldTime(unsigned(at))),
        };
        Ok((overview, sign_ins))
    }

    async fn overview(&self, row: OverviewTuple) -> Result<Overview, AccountRefusal> {
        let (id, username, role, guest, created_at, generation, ends, zones, until, ban_reason) =
            row;
        let designs = role == role_word(Role::Designer);
        let account = account_of((id, username, role, guest, created_at, generation, ends));
        let now = signed(wall().0);
        Ok(Overview {
            characters: self.characters(account.id).await?,
            account,
            design: designs.then(|| DesignLimits::of(ends, zones.as_deref())),
            banned_until: until
                .filter(|until| now < *until)
                .map(|until| WorldTime(unsigned(until))),
            ban_reason,
        })
    }
}
