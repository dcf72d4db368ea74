//! Registering, signing in, claiming.

use engine::port::{AccountId, Code, Role};
use sqlx::{query, query_as};
use uuid::Uuid;

use super::{
    Account, AccountTuple, Accounts, SignIn, account_of, bans, bounded, characters, invites, names,
    refresh,
};
use crate::clock::wall;
use crate::refusal::AccountRefusal;
use crate::store::{is_nobodys, name_key, reading, role_word, signed, transaction, writing};

/// An account's columns, its password's hash, until when it is banned and why.
type LoginTuple = (
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

impl Accounts {
    /// Makes an account and signs it in.
    ///
    /// # Errors
    /// `validation_error` with its field, `missing_required_field` for an absent invite code,
    /// `resource_already_exists`, `server_busy`, `database_connection_error`.
    pub async fn register(
        &self,
        username: &str,
        password: &str,
        invite: Option<&str>,
    ) -> Result<SignIn, AccountRefusal> {
        self.invited(invite)?;
        let account = self
            .make(username, password, invite, Role::Player, None)
            .await?;
        self.signed_in(account).await
    }

    /// Makes an account with a character of the same name, both or neither, and signs it in.
    ///
    /// # Errors
    /// As [`Accounts::register`] and [`Accounts::create_character`].
    pub async fn register_to_play(
        &self,
        name: &str,
        password: &str,
        invite: Option<&str>,
    ) -> Result<SignIn, AccountRefusal> {
        self.invited(invite)?;
        names::check_character(name)?;
        let account = self
            .make(name, password, invite, Role::Player, Some(name))
            .await?;
        self.signed_in(account).await
    }

    fn invited(&self, invite: Option<&str>) -> Result<(), AccountRefusal> {
        match invite {
            None if self.inner.config.invites_required => Err(AccountRefusal::field(
                Code::MissingRequiredField,
                "invite_code",
                "An invite code is needed.",
            )),
            Some(code) => invites::check(code),
            None => Ok(()),
        }
    }

    /// Makes an account without signing it in; for the command line.
    ///
    /// # Errors
    /// As [`Accounts::register`], without the invite.
    pub async fn create_account(
        &self,
        username: &str,
        password: &str,
        role: Role,
    ) -> Result<Account, AccountRefusal> {
        self.make(username, password, None, role, None).await
    }

    /// Signs in by name and password.
    ///
    /// # Errors
    /// `authentication_failed`, the same and as slow whether name or password is wrong;
    /// `authorization_denied` while the account is banned; `server_busy`, `database_connection_error`.
    pub async fn login(&self, username: &str, password: &str) -> Result<SignIn, AccountRefusal> {
        // What can't be a password need not be hashed, but it must not be told apart either.
        let key = name_key(username);
        let sql = self.store().sql(
            "SELECT id, username, role, guest, created_at, token_generation, design_until,
                 password_hash, banned_until, ban_reason
             FROM accounts WHERE username_key = $1",
        );
        let found: Option<LoginTuple> = if is_nobodys(username) {
            None
        } else {
            bounded(async {
                let key = &key;
                Ok(reading!(self.store(), db => query_as(sql).bind(key).fetch_optional(db).await)?)
            })
            .await?
        };
        let (account, hash) = match found {
            Some((id, name, role, guest, at, generation, ends, hash, until, reason)) => {
                let account = account_of((id, name, role, guest, at, generation, ends));
                (Some((account, (until, reason))), hash)
            }
            None => (None, None),
        };
        let passwords = &self.inner.passwords;
        let outdated = hash.clone().filter(|hash| passwords.is_outdated(hash));
        let right = passwords.verify(password, hash).await?;
        match account {
            // Only a client that knows the password learns that the account is banned.
            Some((account, ban)) if right => {
                bans::check(ban)?;
                if let Some(outdated) = outdated {
                    self.hash_again(account.id, password, &outdated).await;
                }
                self.signed_in(account).await
            }
            _ => Err(AccountRefusal::of(Code::AuthenticationFailed)),
        }
    }

    /// Turns a guest into a registered account that keeps its characters. Where registering needs
    /// an invite, so does this.
    ///
    /// # Errors
    /// As [`Accounts::register`]; `resource_conflict` if it is no guest.
    pub async fn claim(
        &self,
        account: AccountId,
        username: &str,
        password: &str,
        invite: Option<&str>,
    ) -> Result<SignIn, AccountRefusal> {
        self.invited(invite)?;
        names::check_username(username)?;
        names::check_password(password)?;
        // A hash is dear, so it is made for guests only.
        if !self.me(account).await?.guest {
            return Err(not_a_guest());
        }
        let hash = self.inner.passwords.hash(password).await?;
        let sql = self.store().sql(
            "UPDATE accounts SET username = $2, username_key = $3, username_look = $7,
                 password_hash = $4, guest = $5
             WHERE id = $1 AND guest = $6
             RETURNING id, username, role, guest, created_at, token_generation, design_until",
        );
        let key = name_key(username);
        let claimed: Option<AccountTuple> = bounded(async {
            let store = self.store();
            let claimed = transaction!(store, tx => {
                let claimed: Option<AccountTuple> = query_as(sql)
                    .bind(account.0).bind(username).bind(&key).bind(&hash).bind(false).bind(true)
                    .bind(names::look(username))
                    .fetch_optional(&mut *tx)
                    .await
                    .map_err(name_taken)?;
                if claimed.is_some() {
                    // A guest's lasts as long as the guest, and there is none any more.
                    query(store.sql(refresh::FORGET))
                        .bind(account.0)
                        .execute(&mut *tx)
                        .await?;
                }
                if let (Some(_), Some(code)) = (&claimed, invite) {
                    let used = query(store.sql(invites::USE))
                        .bind(code)
                        .bind(account.0)
                        .bind(signed(wall().0))
                        .execute(&mut *tx)
                        .await?;
                    invites::was_good(used.rows_affected())?;
                }
                claimed
            });
            Ok(claimed)
        })
        .await?;
        match claimed {
            Some(claimed) => self.signed_in(account_of(claimed)).await,
            None => Err(not_a_guest()),
        }
    }

    /// The account itself.
    ///
    /// # Errors
    /// `invalid_token` if it is gone; `database_connection_error`.
    pub async fn me(&self, account: AccountId) -> Result<Account, AccountRefusal> {
        let sql = self.store().sql(
            "SELECT id, username, role, guest, created_at, token_generation, design_until
                 FROM accounts WHERE id = $1",
        );
        let found: Option<AccountTuple> = bounded(async {
            Ok(reading!(self.store(), db => query_as(sql).bind(account.0).fetch_optional(db).await)?)
        })
        .await?;
        found
            .map(account_of)
            .ok_or_else(|| AccountRefusal::of(Code::InvalidToken))
    }

    /// A token and the characters for one who proved who they are.
    pub(super) async fn signed_in(&self, account: Account) -> Result<SignIn, AccountRefusal> {
        self.signed_in_by(account, Uuid::new_v4()).await
    }

    /// The same, by a sign-in that goes on.
    pub(super) async fn signed_in_by(
        &self,
        account: Account,
        family: Uuid,
    ) -> Result<SignIn, AccountRefusal> {
        let characters = self.characters(account.id).await?;
        let tokens = &self.inner.tokens;
        let (token, expires_at) = tokens.issue(account.id, account.generation, family)?;
        Ok(SignIn {
            token,
            expires_at,
            account,
            characters,
        })
    }

    async fn make(
        &self,
        username: &str,
        password: &str,
        invite: Option<&str>,
        role: Role,
        character: Option<&str>,
    ) -> Result<Account, AccountRefusal> {
        names::check_username(username)?;
        names::check_password(password)?;
        let hash = self.inner.passwords.hash(password).await?;
        let account = Account {
            id: AccountId(Uuid::new_v4()),
            username: username.to_owned(),
            role,
            guest: false,
            created_at: wall(),
            generation: 0,
        };
        bounded(self.insert(&account, &hash, invite, character)).await?;
        tracing::info!(account = %account.id, "account made");
        Ok(account)
    }

    /// Hashes a password anew that was hashed at another cost. The sign-in stands without it: the
    /// next one tries again.
    async fn hash_again(&self, account: AccountId, password: &str, outdated: &str) {
        let Ok(hash) = self.inner.passwords.hash(password).await else {
            return;
        };
        let sql = self
            .store()
            // Not over a password that was changed meanwhile.
            .sql("UPDATE accounts SET password_hash = $2 WHERE id = $1 AND password_hash = $3");
        let kept = bounded(async {
            let hash = &hash;
            Ok(writing!(self.store(), db => query(sql)
                .bind(account.0).bind(hash).bind(outdated).execute(db).await.map(|_| ()))?)
        })
        .await;
        if let Err(denied) = kept {
            tracing::warn!(%account, code = denied.refusal.code.word(), "password hash was not renewed");
        }
    }

    /// The account, its character and its invite: all or nothing.
    async fn insert(
        &self,
        account: &Account,
        hash: &str,
        invite: Option<&str>,
        character: Option<&str>,
    ) -> Result<(), AccountRefusal> {
        let store = self.store();
        let at = signed(account.created_at.0);
        let key = name_key(&account.username);
        transaction!(store, tx => {
            query(store.sql(
                "INSERT INTO accounts
                     (id, username, username_key, password_hash, role, guest, created_at, living,
                      username_look)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            ))
            .bind(account.id.0)
            .bind(&account.username)
            .bind(&key)
            .bind(hash)
            .bind(role_word(account.role))
            .bind(account.guest)
            .bind(at)
            .bind(i32::from(character.is_some()))
            .bind(names::look(&account.username))
            .execute(&mut *tx)
            .await
            .map_err(name_taken)?;
            if let Some(name) = character {
                query(store.sql(characters::INSERT))
                    .bind(Uuid::new_v4())
                    .bind(account.id.0)
                    .bind(name)
                    .bind(name_key(name))
                    .bind(None::<String>)
                    .bind(rand::random::<u64>().cast_signed())
                    .bind(at)
                    .bind(names::look(name))
                    .execute(&mut *tx)
                    .await
                    .map_err(characters::name_taken)?;
            }
            if let Some(code) = invite {
                let used = query(store.sql(invites::USE))
                    .bind(code)
                    .bind(account.id.0)
                    .bind(at)
                    .execute(&mut *tx)
                    .await?;
                invites::was_good(used.rows_affected())?;
            }
        });
        Ok(())
    }
}

fn not_a_guest() -> AccountRefusal {
    AccountRefusal::because(Code::ResourceConflict, "Only a guest can be claimed.")
}

/// A unique name that somebody has.
fn name_taken(error: sqlx::Error) -> AccountRefusal {
    names::taken(error, "username", "That user name")
}
