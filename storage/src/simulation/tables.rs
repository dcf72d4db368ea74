//! What a simulated database holds, and what a transaction does to it.

use std::collections::{BTreeMap, BTreeSet};

use engine::port::{
    AccountAct, AccountId, AccountOrder, Banned, Fact, Owner, Role, Row, StableId, Standings,
    Unheeded, WorldTime,
};
use sqlx::Error;
use uuid::Uuid;

use super::leases::LeaseTables;
use crate::pending::Layer;
use crate::store::{AppliedMark, Changeset, NodeJournal, WriteOutcome};

/// Somebody's account, with its one character.
#[derive(Clone, Debug)]
pub struct SimulatedAccount {
    /// The account.
    pub account: AccountId,
    /// Its character.
    pub character: StableId,
    /// The character's name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Until when it can't sign in, if it can't.
    pub banned: Option<Banned>,
}

/// A row, and whose own it is if it is a node's.
#[derive(Clone, Debug)]
pub(super) struct StoredRow {
    pub(super) row: Row,
    pub(super) node: Option<String>,
}

/// Everything that is committed.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Nodes share it: what is written passes the fence.
    pub(super) shared: bool,
    pub(super) rows: BTreeMap<(StableId, String), StoredRow>,
    pub(super) leases: LeaseTables,
    /// What came under a lease that was over: journal, batch, entity, component.
    pub(super) conflicts: BTreeSet<(Uuid, u64, Uuid, String)>,
    pub(super) facts: BTreeMap<(Uuid, u64, u32), Fact>,
    pub(super) applied: Vec<AppliedMark>,
    pub(super) accounts: Vec<SimulatedAccount>,
    pub(super) unheeded: Vec<(AccountOrder, Unheeded)>,
    pub(super) commits: u64,
}

impl Tables {
    /// One transaction, as the real databases carry it out: what the fence lets through of wipes,
    /// changes of hands, removals, rows, facts, and how far that reaches.
    pub(super) fn commit(
        &mut self,
        origin: &NodeJournal,
        layer: &Layer,
    ) -> Result<WriteOutcome, Error> {
        let Some(mark) = layer.mark else {
            return Ok(WriteOutcome::default());
        };
        let mut set = Changeset::new(origin, layer, mark);
        let kept = match self.shared {
            true => self.admit(&mut set)?,
            false => WriteOutcome::default(),
        };
        self.put(&set);
        self.commits += 1;
        Ok(kept)
    }

    fn put(&mut self, set: &Changeset<'_>) {
        let (origin, mark) = (set.origin, set.mark);
        let node = |owner| (owner == Owner::Node).then(|| origin.node.clone());
        for (id, _) in &set.wiped {
            let id = StableId::from_uuid(*id);
            self.rows.retain(|(of, _), _| *of != id);
        }
        for (id, hands) in &set.moved {
            let id = StableId::from_uuid(*id);
            let all = self.rows.range_mut((id, String::new())..);
            for (_, kept) in all.take_while(|((of, _), _)| *of == id) {
                kept.row.owner = hands.to;
                kept.node = node(hands.to);
            }
        }
        for gone in &set.removed {
            let id = StableId::from_uuid(gone.entity);
            self.rows.remove(&(id, gone.component.to_owned()));
        }
        for (_, row) in &set.rows {
            let key = (row.id, row.component.clone());
            let (row, node) = ((*row).clone(), node(row.owner));
            self.rows.insert(key, StoredRow { row, node });
        }
        for pending in &set.facts {
            let key = (origin.journal, pending.sequence, pending.ordinal);
            if self.facts.contains_key(&key) {
                continue;
            }
            if let Some(order) = AccountOrder::of(&pending.fact) {
                self.heed(order);
            }
            self.facts.insert(key, pending.fact.clone());
        }
        let ours = |one: &&mut AppliedMark| one.journal == origin.journal;
        let reached = AppliedMark {
            node: origin.node.clone(),
            journal: origin.journal,
            sequence: mark.sequence,
            tick: mark.tick,
            run: mark.run,
            now: mark.now,
            clean: mark.clean,
        };
        match self.applied.iter_mut().find(ours) {
            Some(known) => *known = reached,
            None => self.applied.push(reached),
        }
    }

    fn heed(&mut self, order: AccountOrder) {
        let meant = |one: &&mut SimulatedAccount| {
            order.character == Some(one.character) || one.name.eq_ignore_ascii_case(&order.name)
        };
        let Some(one) = self.accounts.iter_mut().find(meant) else {
            self.unheeded.push((order, Unheeded::Nobody));
            return;
        };
        match &order.act {
            AccountAct::Grant { role } => one.role = *role,
            AccountAct::Ban { .. } if one.role == Role::Admin => {
                self.unheeded.push((order, Unheeded::Admin));
            }
            AccountAct::Ban { until, reason } => {
                one.banned = Some(Banned {
                    account: one.account,
                    until: *until,
                    reason: reason.clone(),
                });
            }
            AccountAct::Unban => one.banned = None,
        }
    }

    /// The rows of a character and of all it owns, and those of `others`.
    pub(super) fn rows_of(&self, id: StableId, others: &[StableId]) -> Vec<Row> {
        let of = |row: &&Row| {
            row.owner == Owner::Character(id) || row.id == id || others.contains(&row.id)
        };
        let all = self.rows.values().map(|kept| &kept.row);
        all.filter(of).cloned().collect()
    }

    /// Whom the accounts set apart at `now` by the wall clock.
    pub(super) fn set_apart(&self, now: WorldTime) -> Standings {
        let mut all = Standings::default();
        for one in &self.accounts {
            match one.role {
                Role::Admin => all.admins.push(one.account),
                Role::Designer => all.designers.push(one.account),
                Role::Player => {}
            }
            let holds = |banned: &&Banned| banned.until.is_none_or(|until| now < until);
            all.banned.extend(one.banned.iter().filter(holds).cloned());
        }
        all.admins.sort_unstable();
        all.designers.sort_unstable();
        all.banned.sort_unstable();
        all
    }
}
