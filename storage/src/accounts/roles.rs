//! Roles and bans as the operator decides them, beside the world. The world hears of it when it next
//! asks who is set apart.

use engine::port::{Code, Role, StableId, WorldTime};
use serde_json::{Value, json};
use sqlx::query;
use uuid::Uuid;

use super::{Accounts, DesignLimits, bounded};
use crate::clock::wall;
use crate::refusal::AccountRefusal;
use crate::store::{is_nobodys, name_key, role_word, signed, transaction};

/// Who has ordered it, in the columns where a journal is named otherwise.
pub(super) const OPERATOR: Uuid = Uuid::nil();

/// `name_key, guest, at, by, role, until, zones`. A designer may do less than an admin: that is no
/// grant.
const GRANT: &str = "
    UPDATE accounts SET role = $5, role_at = $3, role_by = $4, design_until = $6, design_zones = $7
    WHERE username_key = $1 AND guest = $2 AND ($5 <> 'designer' OR role <> 'admin')";

/// `name_key, guest, at, by, role, role before`.
const REVOKE: &str = "
    UPDATE accounts SET role = $5, role_at = $3, role_by = $4, design_until = NULL,
        design_zones = NULL
    WHERE username_key = $1 AND guest = $2 AND role = $6";

/// `name_key, guest, at, by, until, reason`.
const BAN: &str = "
    UPDATE accounts SET banned_until = $5, ban_reason = $6, ban_at = $3, ban_by = $4
    WHERE username_key = $1 AND guest = $2 AND ($5 IS NULL OR role <> 'admin')";

/// A fact of the audit log; `journal, sequence, subject, at, detail`.
pub(super) const RECORD: &str = "
    INSERT INTO facts (journal, sequence, ordinal, kind, subject, at, count, sum, detail)
    VALUES ($1, $2, 0, 'moderation', $3, $4, 1, 0, $5)";

#[derive(Clone, Copy)]
enum Decision<'a> {
    Role(Role),
    Design(&'a DesignLimits),
    Revoke(Role),
    Ban(Option<i64>, &'a str),
}

impl Accounts {
    /// Gives the account of that name a role, without limits.
    ///
    /// # Errors
    /// `resource_not_found`; `resource_conflict` when an admin is to be a designer;
    /// `database_connection_error`.
    pub async fn grant(&self, username: &str, role: Role) -> Result<(), AccountRefusal> {
        let verb = match role {
            Role::Designer | Role::Admin => "account grant",
            Role::Player => "account revoke",
        };
        self.decide(username, verb, Decision::Role(role)).await
    }

    /// Makes the account of that name a designer's within limits, in place of those of before.
    ///
    /// # Errors
    /// As [`Accounts::grant`].
    pub async fn grant_design(
        &self,
        username: &str,
        limits: &DesignLimits,
    ) -> Result<(), AccountRefusal> {
        self.decide(username, "account grant", Decision::Design(limits))
            .await
    }

    /// Takes a role from the account of that name, which is a player's then.
    ///
    /// # Errors
    /// `resource_not_found`; `resource_conflict` when it has another; `database_connection_error`.
    pub async fn revoke(&self, username: &str, role: Role) -> Result<(), AccountRefusal> {
        self.decide(username, "account revoke", Decision::Revoke(role))
            .await
    }

    /// Keeps the account of that name out until then, by the wall clock; `None`: until it is let in.
    ///
    /// # Errors
    /// `resource_not_found`; `authorization_denied` for an admin's; `database_connection_error`.
    pub async fn ban(
        &self,
        username: &str,
        until: Option<WorldTime>,
        reason: &str,
    ) -> Result<(), AccountRefusal> {
        let until = until.map_or(i64::MAX, |until| signed(until.0));
        self.decide(username, "account ban", Decision::Ban(Some(until), reason))
            .await
    }

    /// Lets the account of that name in again.
    ///
    /// # Errors
    /// `resource_not_found`; `database_connection_error`.
    pub async fn unban(&self, username: &str) -> Result<(), AccountRefusal> {
        self.decide(username, "account unban", Decision::Ban(None, ""))
            .await
    }

    async fn decide(
        &self,
        username: &str,
        verb: &str,
        change: Decision<'_>,
    ) -> Result<(), AccountRefusal> {
        if is_nobodys(username) {
            return Err(nobody());
        }
        let key = name_key(username);
        let at = signed(wall().0);
        let (subject, mut detail) = told(&key, verb, username);
        if let Decision::Design(limits) = change {
            limit(&mut detail, limits);
        }
        let detail = detail.to_string();
        let store = self.store();
        let changed = bounded(async {
            let changed = transaction!(store, tx => {
                let sql = match change {
                    Decision::Role(_) | Decision::Design(_) => GRANT,
                    Decision::Revoke(_) => REVOKE,
                    Decision::Ban(..) => BAN,
                };
                let changing = query(store.sql(sql)).bind(&key).bind(false).bind(at).bind(OPERATOR);
                let changing = match change {
                    Decision::Role(role) => changing
                        .bind(role_word(role))
                        .bind(None::<i64>)
                        .bind(None::<String>),
                    Decision::Design(limits) => changing
                        .bind(role_word(Role::Designer))
                        .bind(limits.until_column())
                        .bind(limits.zones_column()),
                    Decision::Revoke(role) => {
                        changing.bind(role_word(Role::Player)).bind(role_word(role))
                    }
                    Decision::Ban(until, reason) => changing.bind(until).bind(reason),
                };
                let changed = changing.execute(&mut *tx).await?.rows_affected();
                if changed > 0 {
                    query(store.sql(RECORD))
                        .bind(OPERATOR)
                        .bind(at)
                        .bind(subject)
                        .bind(at)
                        .bind(&detail)
                        .execute(&mut *tx)
                        .await?;
                }
                changed
            });
            Ok(changed)
        })
        .await?;
        if changed > 0 {
            return Ok(());
        }
        if !self.is_known(&key).await? {
            return Err(nobody());
        }
        Err(unheeded(username, change))
    }

    /// Whether there is an account with a name of that key, not a guest's.
    async fn is_known(&self, key: &str) -> Result<bool, AccountRefusal> {
        let sql = self
            .store()
            .sql("SELECT count(*) FROM accounts WHERE username_key = $1 AND guest = $2");
        let known: i64 = bounded(async {
            Ok(
                crate::store::reading!(self.store(), db => sqlx::query_scalar(sql)
                .bind(key).bind(false).fetch_one(db).await)?,
            )
        })
        .await?;
        Ok(known > 0)
    }
}

/// Why nothing was decided about an account that is there.
fn unheeded(username: &str, change: Decision<'_>) -> AccountRefusal {
    let (code, message) = match change {
        Decision::Ban(..) => (
            Code::AuthorizationDenied,
            "An admin is not banned: revoke the role first.".to_owned(),
        ),
        Decision::Role(_) | Decision::Design(_) => (
            Code::ResourceConflict,
            format!("{username} is an admin, who may do more: revoke that role first."),
        ),
        Decision::Revoke(Role::Admin) => {
            (Code::ResourceConflict, format!("{username} is no admin."))
        }
        Decision::Revoke(_) => (
            Code::ResourceConflict,
            format!("{username} is no designer."),
        ),
    };
    AccountRefusal::because(code, &message)
}

pub(super) fn nobody() -> AccountRefusal {
    AccountRefusal::because(Code::ResourceNotFound, "There is no account of that name.")
}

/// Subject and detail of a record of what the operator did.
pub(super) fn record(key: &str, verb: &str, username: &str) -> (Uuid, String) {
    let (subject, detail) = told(key, verb, username);
    (subject, detail.to_string())
}

fn told(key: &str, verb: &str, username: &str) -> (Uuid, Value) {
    let detail = json!({"verb": verb, "by": "operator", "target": username});
    let subject = StableId::named(&format!("account {key}"));
    (subject.uuid(), detail)
}

/// The record of a grant says how far it reaches; `until` in microseconds, like all times there.
fn limit(detail: &mut Value, limits: &DesignLimits) {
    if let Some(zones) = &limits.zones {
        detail["zones"] = json!(zones);
    }
    if let Some(until) = limits.until {
        detail["until"] = json!(until.0);
    }
}
