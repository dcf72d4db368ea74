//! Guests: an account without a password and one character, until claimed or forgotten.

use engine::port::{AccountId, Code, Role};
use sqlx::query;
use uuid::Uuid;

use super::purge::{Due, PORTION};
use super::{Account, Accounts, SignIn, bounded, names};
use crate::clock::{ago, wall};
use crate::refusal::AccountRefusal;
use crate::store::{is_unique_violation, name_key, role_word, signed, transaction};

/// With a syllable pair there are 2.4 million names; ten misses mean that something else is wrong.
const NAME_ATTEMPTS_MAX: u32 = 10;

/// A guest that has not played for so long, in microseconds, does not mean to: ten minutes. Whoever
/// was made a moment ago is on the way in.
const UNPLAYED_MICROS: u64 = 600_000_000;

/// What became of making a guest.
enum Made {
    Guest,
    NameTaken,
    NoRoom,
}

impl Accounts {
    /// Makes a guest with one character and signs it in. Whether guests are welcome is for the
    /// caller to decide. Where there are as many as there may be, the eldest that never played go.
    ///
    /// # Errors
    /// `server_busy` when all have played; `database_connection_error`.
    pub async fn guest(&self) -> Result<SignIn, AccountRefusal> {
        let id = Uuid::new_v4();
        let account = Account {
            id: AccountId(id),
            username: format!("guest-{}", &id.simple().to_string()[..12]),
            role: Role::Player,
            guest: true,
            created_at: wall(),
            generation: 0,
        };
        let mut made_room = false;
        let mut attempt = 0;
        while attempt < NAME_ATTEMPTS_MAX {
            match bounded(self.insert_guest(&account, &names::guest(attempt))).await? {
                Made::Guest => return self.signed_in(account).await,
                Made::NameTaken => attempt += 1,
                Made::NoRoom if made_room => return Err(full()),
                Made::NoRoom => {
                    made_room = true;
                    let before = wall().0.saturating_sub(UNPLAYED_MICROS);
                    let due = Due::Unplayed(signed(before));
                    self.purge_portion(due, PORTION).await?;
                }
            }
        }
        Err(AccountRefusal::later(Code::ServerBusy))
    }

    /// Account and character, both or neither. Two nodes that count at once may go over the limit by
    /// one each.
    async fn insert_guest(&self, account: &Account, name: &str) -> Result<Made, AccountRefusal> {
        let store = self.store();
        let at = signed(account.created_at.0);
        let most = match self.inner.config.max_guests {
            0 => i64::MAX,
            most => i64::from(most),
        };
        transaction!(store, tx => {
            let counted = query(store.sql(
                "INSERT INTO accounts
                     (id, username, username_key, role, guest, living, created_at)
                 SELECT $1, $2, $2, $3, $4, 1, $5
                 WHERE $6 = 9223372036854775807 OR (SELECT count(*) FROM accounts WHERE guest) < $6",
            ))
            .bind(account.id.0)
            .bind(&account.username)
            .bind(role_word(account.role))
            .bind(true)
            .bind(at)
            .bind(most)
            .execute(&mut *tx)
            .await?;
            if counted.rows_affected() == 0 {
                return Ok(Made::NoRoom);
            }
            let made = query(store.sql(super::characters::INSERT))
                .bind(Uuid::new_v4())
                .bind(account.id.0)
                .bind(name)
                .bind(name_key(name))
                .bind(None::<String>)
                .bind(rand::random::<u64>().cast_signed())
                .bind(at)
                .bind(names::look(name))
                .execute(&mut *tx)
                .await;
            match made {
                Ok(_) => {}
                Err(error) if is_unique_violation(&error) => return Ok(Made::NameTaken),
                Err(error) => return Err(error.into()),
            }
        });
        Ok(Made::Guest)
    }

    /// Deletes guests that nobody has used for long, with their characters and their rows.
    pub(crate) async fn purge_guests(&self) {
        let days = self.inner.config.guest_days;
        if days == 0 {
            return;
        }
        self.purge(Due::Unused(signed(ago(days).0))).await;
    }
}

fn full() -> AccountRefusal {
    let mut denied = AccountRefusal::because(
        Code::ServerBusy,
        "There are as many guests as this world takes. Register instead, or come back later.",
    );
    denied.refusal.retry_after_ms = Some(60_000);
    denied
}
