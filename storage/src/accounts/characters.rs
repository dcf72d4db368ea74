//! An account's characters.

use engine::port::{AccountId, Code, Role, StableId, WorldTime};
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{AccountCharacter, Accounts, bans, bounded, names, standing};
use crate::clock::wall;
use crate::refusal::AccountRefusal;
use crate::store::{name_key, reading, role_of, signed, transaction, unsigned, writing};
use crate::tokens::Claims;

/// A character that may enter the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmittedCharacter {
    /// Whose it is.
    pub account: AccountId,
    /// The character.
    pub character: AccountCharacter,
    /// What the account may do.
    pub role: Role,
    /// A throw-away account.
    pub guest: bool,
}

/// A character's columns; its account's role, until when a designer's holds, its kind, until when it is
/// banned and why.
type AdmitTuple = (
    Uuid,
    String,
    Option<String>,
    Option<i64>,
    i64,
    Option<i64>,
    String,
    Option<i64>,
    bool,
    Option<i64>,
    String,
);

/// Makes the character of an account the last played; `account, character, at, generation`.
const ADMIT: &str = "
    UPDATE characters SET last_played_at = $3
    WHERE id = (SELECT mine.id FROM characters AS mine
                JOIN accounts ON accounts.id = mine.account
                WHERE mine.account = $1 AND mine.deleted_at IS NULL
                  AND mine.id = COALESCE($2, mine.id)
                  AND accounts.token_generation = $4
                ORDER BY mine.last_played_at DESC NULLS LAST, mine.created_at, mine.id
                LIMIT 1)
    RETURNING id, name, profession, seed, created_at, last_played_at,
              (SELECT role FROM accounts WHERE accounts.id = $1),
              (SELECT design_until FROM accounts WHERE accounts.id = $1),
              (SELECT guest FROM accounts WHERE accounts.id = $1),
              (SELECT banned_until FROM accounts WHERE accounts.id = $1),
              (SELECT ban_reason FROM accounts WHERE accounts.id = $1)";

type CharacterTuple = (Uuid, String, Option<String>, Option<i64>, i64, Option<i64>);

impl Accounts {
    /// The account's living characters, the most recently played first.
    ///
    /// # Errors
    /// `database_connection_error`.
    pub async fn characters(
        &self,
        account: AccountId,
    ) -> Result<Vec<AccountCharacter>, AccountRefusal> {
        let sql = self.store().sql(
            "SELECT id, name, profession, seed, created_at, last_played_at FROM characters
             WHERE account = $1 AND deleted_at IS NULL
             ORDER BY last_played_at DESC NULLS LAST, created_at, id",
        );
        let rows: Vec<CharacterTuple> = bounded(async {
            Ok(reading!(self.store(), db => query_as(sql).bind(account.0).fetch_all(db).await)?)
        })
        .await?;
        Ok(rows.into_iter().map(character_of).collect())
    }

    /// The characters of the account that a token stands for: one query, where there are some.
    ///
    /// # Errors
    /// `invalid_token` for one of before the last change of the password.
    pub async fn characters_by(
        &self,
        claims: Claims,
    ) -> Result<Vec<AccountCharacter>, AccountRefusal> {
        let account = claims.account;
        let sql = self.store().sql(
            "SELECT c.id, name, profession, seed, c.created_at, last_played_at FROM characters c
             JOIN accounts a ON a.id = c.account
             WHERE c.account = $1 AND c.deleted_at IS NULL AND a.token_generation = $2
             ORDER BY last_played_at DESC NULLS LAST, c.created_at, c.id",
        );
        let generation = signed(claims.generation);
        let rows: Vec<CharacterTuple> = bounded(async {
            Ok(reading!(self.store(), db => query_as(sql)
                .bind(account.0).bind(generation).fetch_all(db).await)?)
        })
        .await?;
        if rows.is_empty() && self.me(account).await?.generation != claims.generation {
            return Err(AccountRefusal::of(Code::InvalidToken));
        }
        Ok(rows.into_iter().map(character_of).collect())
    }

    /// Makes a character, from a seed of chance's choice.
    ///
    /// # Errors
    /// As [`create_character_from`](Self::create_character_from).
    pub async fn create_character(
        &self,
        account: AccountId,
        name: &str,
        profession: Option<&str>,
    ) -> Result<AccountCharacter, AccountRefusal> {
        self.create_character_from(rand::random(), account, name, profession)
            .await
    }

    /// Makes a character whose stats are rolled from `seed`.
    ///
    /// # Errors
    /// `validation_error` and `resource_already_exists` with their field; `resource_conflict`
    /// when the account has as many as it may; `too_many_requests` when it has made as many in an
    /// hour as it may; `invalid_token` when the account is gone; `database_connection_error`.
    pub async fn create_character_from(
        &self,
        seed: u64,
        account: AccountId,
        name: &str,
        profession: Option<&str>,
    ) -> Result<AccountCharacter, AccountRefusal> {
        names::check_character(name)?;
        if let Some(profession) = profession {
            names::check_profession(profession)?;
        }
        let character = AccountCharacter {
            id: StableId::from_uuid(Uuid::new_v4()),
            name: name.to_owned(),
            profession: profession.map(str::to_owned),
            seed: Some(seed),
            created_at: wall(),
            last_played: None,
        };
        self.paced(account).await?;
        bounded(self.insert_character(account, &character)).await?;
        Ok(character)
    }

    /// Deletes a character; its name is free again. Its rows stay until they are swept.
    ///
    /// # Errors
    /// `resource_not_found` unless it is a living character of this account;
    /// `database_connection_error`.
    pub async fn delete_character(
        &self,
        account: AccountId,
        character: StableId,
    ) -> Result<(), AccountRefusal> {
        bounded(async {
            let store = self.store();
            let at = signed(wall().0);
            transaction!(store, tx => {
                let gone = query(store.sql(
                    "UPDATE characters SET deleted_at = $3
                     WHERE id = $1 AND account = $2 AND deleted_at IS NULL",
                ))
                .bind(character.uuid())
                .bind(account.0)
                .bind(at)
                .execute(&mut *tx)
                .await?;
                if gone.rows_affected() == 0 {
                    return Err(AccountRefusal::because(
                        Code::ResourceNotFound,
                        "You have no such character.",
                    ));
                }
                query(store.sql("UPDATE accounts SET living = living - 1 WHERE id = $1"))
                    .bind(account.0)
                    .execute(&mut *tx)
                    .await?;
            });
            Ok(())
        })
        .await
    }

    /// The character that the holder of a token plays, which counts as played from now: the one
    /// asked for, or the most recently played. One statement.
    ///
    /// # Errors
    /// `invalid_token` when account or character is gone, the character is another's or the account
    /// has ended its tokens; `resource_not_found` when the account has no character;
    /// `authorization_denied` while the account is banned; `database_connection_error`.
    pub async fn admit(
        &self,
        claims: Claims,
        character: Option<StableId>,
    ) -> Result<AdmittedCharacter, AccountRefusal> {
        let account = claims.account;
        let sql = self.store().sql(ADMIT);
        let id = character.map(StableId::uuid);
        let (at, generation) = (signed(wall().0), signed(claims.generation));
        let found: Option<AdmitTuple> = bounded(async {
            Ok(writing!(self.store(), db => query_as(sql)
                .bind(account.0).bind(id).bind(at).bind(generation).fetch_optional(db).await)?)
        })
        .await?;
        if let Some(found) = found {
            let (id, name, profession, seed, created, played, role, ends, guest, until, reason) =
                found;
            bans::check((until, reason))?;
            return Ok(AdmittedCharacter {
                account,
                character: character_of((id, name, profession, seed, created, played)),
                role: role_of(&role, ends, at),
                guest,
            });
        }
        if self.me(account).await?.generation != claims.generation {
            return Err(AccountRefusal::of(Code::InvalidToken));
        }
        if character.is_some() {
            return Err(AccountRefusal::because(
                Code::InvalidToken,
                "That character is not yours to play.",
            ));
        }
        Err(AccountRefusal::because(
            Code::ResourceNotFound,
            "You have no character yet.",
        ))
    }

    async fn insert_character(
        &self,
        account: AccountId,
        character: &AccountCharacter,
    ) -> Result<(), AccountRefusal> {
        let store = self.store();
        let most = match self.inner.config.characters_max {
            0 => i64::from(i32::MAX),
            most => i64::from(most),
        };
        let hourly = i64::from(self.inner.config.characters_per_hour);
        transaction!(store, tx => {
            // Counting up locks the account: two creations at once can't both be the third.
            let counted = query(store.sql(
                "UPDATE accounts SET living = living + 1 WHERE id = $1 AND living < $2",
            ))
            .bind(account.0)
            .bind(most)
            .execute(&mut *tx)
            .await?;
            if counted.rows_affected() == 0 {
                let known: i64 = query_scalar(store.sql("SELECT count(*) FROM accounts WHERE id = $1"))
                    .bind(account.0)
                    .fetch_one(&mut *tx)
                    .await?;
                return Err(match known {
                    0 => AccountRefusal::of(Code::InvalidToken),
                    _ => AccountRefusal::because(
                        Code::ResourceConflict,
                        "You have as many characters as you may have.",
                    ),
                });
            }
            let made: i64 = query_scalar(store.sql(Self::MADE_LATELY))
                .bind(account.0)
                .bind(standing::hour_ago())
                .fetch_one(&mut *tx)
                .await?;
            if hourly > 0 && made >= hourly {
                return Err(standing::too_many());
            }
            query(store.sql(INSERT))
                .bind(character.id.uuid())
                .bind(account.0)
                .bind(&character.name)
                .bind(name_key(&character.name))
                .bind(&character.profession)
                .bind(character.seed.map(u64::cast_signed))
                .bind(signed(character.created_at.0))
                .bind(names::look(&character.name))
                .execute(&mut *tx)
                .await
                .map_err(name_taken)?;
        });
        Ok(())
    }
}

/// A unique name that some living character has.
pub(super) fn name_taken(error: sqlx::Error) -> AccountRefusal {
    names::taken(error, "name", "That name")
}

/// Makes a character; `id, account, name, name_key, profession, seed, created_at, name_look`.
pub(super) const INSERT: &str = "
    INSERT INTO characters (id, account, name, name_key, profession, seed, created_at, name_look)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

fn character_of((id, name, profession, seed, created, played): CharacterTuple) -> AccountCharacter {
    AccountCharacter {
        id: StableId::from_uuid(id),
        name,
        profession,
        // All 64 bits are chance; the sign is the database's business.
        seed: seed.map(i64::cast_unsigned),
        created_at: WorldTime(unsigned(created)),
        last_played: played.map(|at| WorldTime(unsigned(at))),
    }
}
