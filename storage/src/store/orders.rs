//! Orders of the world about accounts: carried out in the transaction that writes their facts.
//!
//! A role and a ban each carry when they were last ordered, by the wall clock, and whose journal has
//! that order. Of two journals the later order holds; within one they come as they were given. A
//! time that lies ahead of this machine's clock was written by a clock that was wrong, and holds
//! against nobody.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use engine::port::{AccountAct, AccountOrder, Fact, Unheeded, WorldTime};
use uuid::Uuid;

use super::{is_nobodys, name_key, role_word, signed};
use crate::clock::wall;

/// How far the clocks of two machines may differ; a time further ahead is wrong.
const SKEW_MAX: i64 = 60_000_000;

/// Gives a role, without limits; `character, name_key, at, journal, latest, role`.
const GRANT: &str = "
    UPDATE accounts SET role = $6, role_at = $3, role_by = $4, design_until = NULL,
        design_zones = NULL
    WHERE (role_at IS NULL OR role_by = $4 OR role_at <= $3 OR role_at > $5) AND id IN
    (SELECT account FROM characters WHERE id = $1 OR (name_key = $2 AND deleted_at IS NULL))";

/// Bans or lifts a ban; `character, name_key, at, journal, latest, until, reason`. An admin is not
/// banned: to ban one, revoke the role first.
const BAN: &str = "
    UPDATE accounts SET banned_until = $6, ban_reason = $7, ban_at = $3, ban_by = $4
    WHERE (ban_at IS NULL OR ban_by = $4 OR ban_at <= $3 OR ban_at > $5)
    AND ($6 IS NULL OR role <> 'admin') AND id IN
    (SELECT account FROM characters WHERE id = $1 OR (name_key = $2 AND deleted_at IS NULL))";

/// Whom an order that changed nothing was about; `character, name_key`.
pub(crate) const ABOUT: &str = "
    SELECT role FROM accounts WHERE id IN
    (SELECT account FROM characters WHERE id = $1 OR (name_key = $2 AND deleted_at IS NULL))";

/// Orders that changed nothing and whose givers are not told yet. An admin gives ten a second at
/// most and they are told every two; beyond, the oldest are only in the log. At 500 bytes each:
/// 128 KiB.
const UNHEEDED_MAX: usize = 256;

/// Orders that changed nothing, until the world asks.
#[derive(Debug, Default)]
pub(crate) struct UnheededOrders(Mutex<VecDeque<(AccountOrder, Unheeded)>>);

impl UnheededOrders {
    fn add(&self, order: AccountOrder, why: Unheeded) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A transaction that is tried again finds the same once more.
        if waiting.back().is_some_and(|(last, _)| *last == order) {
            return;
        }
        if waiting.len() >= UNHEEDED_MAX {
            waiting.pop_front();
        }
        waiting.push_back((order, why));
    }

    pub(crate) fn take(&self) -> VecDeque<(AccountOrder, Unheeded)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One statement's text and what is bound to it.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) sql: &'static str,
    pub(crate) character: Uuid,
    pub(crate) name_key: String,
    /// When it was ordered; never ahead of this machine's clock.
    pub(crate) at: i64,
    /// No time after this one can be right.
    pub(crate) latest: i64,
    pub(crate) change: AccountChange,
    pub(crate) order: AccountOrder,
}

/// What the statement sets.
#[derive(Clone, Debug)]
pub(crate) enum AccountChange {
    Role(&'static str),
    Ban(Option<i64>, String),
}

impl Statement {
    /// It changed nothing: `role` is the account's, if there is one.
    pub(crate) fn unheeded(self, role: Option<&str>, waiting: &UnheededOrders) {
        let why = match (role, &self.change) {
            (None, _) => Unheeded::Nobody,
            // Several nodes may order the same.
            (Some(has), AccountChange::Role(wanted)) if has == *wanted => return,
            (Some("admin"), AccountChange::Ban(Some(_), _)) => Unheeded::Admin,
            (Some(_), _) => Unheeded::Older,
        };
        tracing::warn!(
            character = self.order.character.map(tracing::field::display),
            why = ?why,
            "order about an account changed nothing"
        );
        waiting.add(self.order, why);
    }
}

/// The statement of a fact that is an order.
pub(crate) fn statement(fact: &Fact) -> Option<Statement> {
    let order = AccountOrder::of(fact)?;
    let (sql, change) = match &order.act {
        AccountAct::Grant { role } => (GRANT, AccountChange::Role(role_word(*role))),
        AccountAct::Ban { until, reason } => {
            let until = until.map_or(i64::MAX, |WorldTime(at)| signed(at));
            // No text of PostgreSQL holds a NUL, and no fact may stop those behind it.
            let reason = reason.chars().filter(|c| !c.is_control()).collect();
            (BAN, AccountChange::Ban(Some(until), reason))
        }
        AccountAct::Unban => (BAN, AccountChange::Ban(None, String::new())),
    };
    // A name may have a new bearer by now; an id never has.
    let by_name = order.character.is_none() && !is_nobodys(&order.name);
    let now = signed(wall().0);
    Some(Statement {
        sql,
        name_key: if by_name {
            name_key(&order.name)
        } else {
            String::new()
        },
        character: order.character.map_or(Uuid::nil(), |id| id.uuid()),
        at: signed(fact.at.0).min(now),
        latest: now.saturating_add(SKEW_MAX),
        change,
        order,
    })
}

/// Carries out the orders among `facts` of `journal`, in their order, within a transaction of either
/// database.
macro_rules! carry_out {
    ($store:expr, $tx:expr, $journal:expr, $facts:expr) => {
        for order in $facts
            .iter()
            .filter_map(|pending| $crate::store::orders::statement(&pending.fact))
        {
            let query = sqlx::query($store.sql(order.sql))
                .bind(order.character)
                .bind(order.name_key.clone())
                .bind(order.at)
                .bind($journal)
                .bind(order.latest);
            let query = match order.change.clone() {
                $crate::store::orders::AccountChange::Role(role) => query.bind(role),
                $crate::store::orders::AccountChange::Ban(until, reason) => {
                    query.bind(until).bind(reason)
                }
            };
            let done = query.execute(&mut **$tx).await?;
            if done.rows_affected() == 0 {
                let role: Option<String> =
                    sqlx::query_scalar($store.sql($crate::store::orders::ABOUT))
                        .bind(order.character)
                        .bind(order.name_key.clone())
                        .fetch_optional(&mut **$tx)
                        .await?;
                order.unheeded(role.as_deref(), $store.unheeded_orders());
            }
        }
    };
}

pub(crate) use carry_out;
