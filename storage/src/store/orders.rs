//! Orders of the world about accounts: carried out in the transaction that writes their facts.

use engine::port::{AccountAct, AccountOrder, Fact, WorldTime};
use uuid::Uuid;

use super::signed;
use crate::accounts::{name_key, role_word};

/// Gives a role; `character, name_key, at, journal, role`. Within a journal orders come as they
/// were given, whatever the clock says.
const GRANT: &str = "
    UPDATE accounts SET role = $5, role_at = $3, role_by = $4
    WHERE (role_at IS NULL OR role_by = $4 OR role_at <= $3) AND id IN
    (SELECT account FROM characters WHERE id = $1 OR (name_key = $2 AND deleted_at IS NULL))";

/// Bans or lifts a ban; `character, name_key, at, journal, until, reason`.
const BAN: &str = "
    UPDATE accounts SET banned_until = $5, ban_reason = $6, ban_at = $3, ban_by = $4
    WHERE (ban_at IS NULL OR ban_by = $4 OR ban_at <= $3) AND id IN
    (SELECT account FROM characters WHERE id = $1 OR (name_key = $2 AND deleted_at IS NULL))";

/// One statement's text and what is bound to it.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) sql: &'static str,
    pub(crate) character: Uuid,
    pub(crate) name_key: String,
    /// When it was ordered.
    pub(crate) at: i64,
    pub(crate) change: Change,
}

/// What the statement sets.
#[derive(Debug)]
pub(crate) enum Change {
    Role(&'static str),
    Ban(Option<i64>, String),
}

/// The statement of a fact that is an order.
pub(crate) fn statement(fact: &Fact) -> Option<Statement> {
    let AccountOrder {
        character,
        name,
        act,
        ..
    } = AccountOrder::of(fact)?;
    let (sql, change) = match act {
        AccountAct::Grant { role } => (GRANT, Change::Role(role_word(role))),
        AccountAct::Ban { until, reason } => {
            let until = until.map_or(i64::MAX, |WorldTime(at)| signed(at));
            (BAN, Change::Ban(Some(until), reason))
        }
        AccountAct::Unban => (BAN, Change::Ban(None, String::new())),
    };
    Some(Statement {
        sql,
        // A name may have a new bearer by now; an id never has.
        name_key: character.map_or_else(|| name_key(&name), |_| String::new()),
        character: character.map_or(Uuid::nil(), |id| id.uuid()),
        at: signed(fact.at.0),
        change,
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
                .bind(order.name_key)
                .bind(order.at)
                .bind($journal);
            let query = match order.change {
                $crate::store::orders::Change::Role(role) => query.bind(role),
                $crate::store::orders::Change::Ban(until, reason) => query.bind(until).bind(reason),
            };
            query.execute(&mut **$tx).await?;
        }
    };
}

pub(crate) use carry_out;
