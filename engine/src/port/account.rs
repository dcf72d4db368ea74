//! What the world orders about accounts: a fact that the database carries out as it writes it.
//!
//! So an order is durable like everything else of its tick, and is carried out in the order in
//! which orders were given, once, whether the database is there now or in an hour.

use serde::{Deserialize, Serialize};

use super::{AccountId, Fact, Role, StableId, Tick, WorldTime};

/// An order about the account that owns a character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountOrder {
    /// The character, where the world knows it; else the living one of `name`.
    pub character: Option<StableId>,
    /// The character's name.
    pub name: String,
    /// The admin's name.
    pub by: String,
    /// What is to be done.
    pub act: AccountAct,
}

/// What is done to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountAct {
    /// It may do this from now on.
    Grant {
        /// What.
        role: Role,
    },
    /// It can't sign in.
    Ban {
        /// Until when, by the wall clock; `None`: until it is lifted.
        until: Option<WorldTime>,
        /// Why, in at most 200 characters.
        reason: String,
    },
    /// It can sign in again.
    Unban,
}

/// Why an order about an account changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unheeded {
    /// There is no such character.
    Nobody,
    /// The account is an admin's, and admins can't be banned.
    Admin,
    /// A later order stands.
    Older,
}

/// Whom the account store sets apart: everybody else is a player and may sign in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standings {
    /// The tick in which the world asked.
    pub asked: Tick,
    /// Orders of this run up to this tick are carried out in it.
    pub as_of: Tick,
    /// The admins' accounts, sorted.
    pub admins: Vec<AccountId>,
    /// The designers' accounts, sorted.
    pub designers: Vec<AccountId>,
    /// The accounts that can't sign in, sorted.
    pub banned: Vec<Banned>,
}

/// An account that can't sign in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Banned {
    /// Which.
    pub account: AccountId,
    /// Until when, by the wall clock; `None`: until the ban is lifted.
    pub until: Option<WorldTime>,
    /// Why; may be empty.
    pub reason: String,
}

impl AccountOrder {
    /// The kind of the facts that are orders.
    pub const KIND: &'static str = "account_order";

    /// The order as a fact.
    #[must_use]
    pub fn fact(&self, at: WorldTime) -> Fact {
        Fact {
            kind: Self::KIND.into(),
            subject: self
                .character
                .unwrap_or_else(|| StableId::named(&format!("character {}", self.name))),
            at,
            count: 1,
            sum: 0,
            detail: serde_json::to_string(self).unwrap_or_default().into(),
            merges: false,
        }
    }

    /// The order that a fact is; `None` for every other fact.
    #[must_use]
    pub fn of(fact: &Fact) -> Option<Self> {
        if fact.kind != Self::KIND {
            return None;
        }
        serde_json::from_str(&fact.detail).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_order_round_trips_through_fact() {
        let order = AccountOrder {
            character: None,
            name: "Wilbur".into(),
            by: "Ann".into(),
            act: AccountAct::Ban {
                until: Some(WorldTime(7)),
                reason: "shouting".into(),
            },
        };
        let fact = order.fact(WorldTime(5));
        assert_eq!(AccountOrder::of(&fact), Some(order));
        let other = Fact {
            kind: "lucidity".into(),
            ..fact
        };
        assert_eq!(AccountOrder::of(&other), None);
    }
}
