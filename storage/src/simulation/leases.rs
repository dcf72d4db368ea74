//! The tables of who is alive, who plays whom and who writes the world, and what the statements of
//! `store/leases.rs` do to them. Time is the database's, whatever the nodes' clocks say.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::port::StableId;
use sqlx::Error;
use tokio::time::Instant;
use uuid::Uuid;

use super::SimulatedDatabase;
use crate::store::{Lease, LeaseStore, NodeJournal, TakenLease};

/// What nodes agree on.
#[derive(Debug, Default)]
pub(super) struct LeaseTables {
    /// The journal of each node, and until when it counts as alive.
    nodes: BTreeMap<String, (Uuid, Instant)>,
    /// Who writes the world, and until when nobody else may.
    pub(super) elected: Option<(String, Uuid, Instant)>,
    pub(super) characters: BTreeMap<Uuid, KeptLease>,
}

/// A character's lease, and whether somebody waits for it.
#[derive(Debug)]
pub(super) struct KeptLease {
    pub(super) lease: Lease,
    wanted: bool,
}

impl LeaseTables {
    fn beat(&mut self, origin: &NodeJournal, lease: Duration) -> bool {
        let now = Instant::now();
        let known = self.nodes.get(&origin.node);
        let free = known.is_none_or(|(journal, until)| *journal == origin.journal || *until <= now);
        if free {
            let life = (origin.journal, now + lease);
            self.nodes.insert(origin.node.clone(), life);
        }
        free
    }

    fn campaign(&mut self, origin: &NodeJournal, lease: Duration) -> bool {
        let now = Instant::now();
        let free = self.elected.as_ref().is_none_or(|(node, journal, until)| {
            (*node == origin.node && *journal == origin.journal) || *until <= now
        });
        if free {
            self.elected = Some((origin.node.clone(), origin.journal, now + lease));
        }
        free
    }

    fn is_alive(&self, lease: &Lease) -> bool {
        let node = lease.node.as_ref().and_then(|node| self.nodes.get(node));
        node.is_some_and(|(journal, until)| *journal == lease.journal && *until > Instant::now())
    }

    /// The new epoch, or `None` and that somebody waits.
    fn take(&mut self, id: Uuid, origin: &NodeJournal, since: u64, force: bool) -> Option<u64> {
        let epoch = match self.characters.get(&id) {
            None => 1,
            Some(KeptLease { lease, .. })
                if force || lease.is_of(origin) || !self.is_alive(lease) =>
            {
                lease.epoch + 1
            }
            Some(_) => {
                if let Some(kept) = self.characters.get_mut(&id) {
                    kept.wanted = true;
                }
                return None;
            }
        };
        let lease = Lease {
            node: Some(origin.node.clone()),
            journal: origin.journal,
            epoch,
            since,
        };
        let wanted = false;
        self.characters.insert(id, KeptLease { lease, wanted });
        Some(epoch)
    }

    fn release(&mut self, id: Uuid, origin: &NodeJournal, epoch: u64) {
        if let Some(kept) = self.characters.get_mut(&id)
            && kept.lease.is_of(origin)
            && kept.lease.epoch == epoch
        {
            kept.lease.node = None;
            kept.wanted = false;
        }
    }

    pub(super) fn retire(&mut self, origin: &NodeJournal) {
        if self.nodes.get(&origin.node).map(|(journal, _)| *journal) == Some(origin.journal) {
            self.nodes.remove(&origin.node);
        }
        if let Some((node, journal, until)) = &mut self.elected
            && *node == origin.node
            && *journal == origin.journal
        {
            *until = Instant::now();
        }
    }
}

impl LeaseStore for SimulatedDatabase {
    async fn beat(&self, origin: &NodeJournal, lease: Duration) -> Result<bool, Error> {
        self.reach().await?;
        let alone = self.tables().leases.beat(origin, lease);
        self.answer().await?;
        Ok(alone)
    }

    async fn campaign(&self, origin: &NodeJournal, lease: Duration) -> Result<bool, Error> {
        self.reach().await?;
        let elected = self.tables().leases.campaign(origin, lease);
        self.answer().await?;
        Ok(elected)
    }

    async fn take(
        &self,
        id: StableId,
        origin: &NodeJournal,
        since: u64,
        force: bool,
    ) -> Result<Option<TakenLease>, Error> {
        self.reach().await?;
        let taken = {
            let mut tables = self.tables();
            let epoch = tables.leases.take(id.uuid(), origin, since, force);
            epoch.map(|epoch| TakenLease {
                epoch,
                rows: tables.rows_of(id, &[]),
            })
        };
        self.answer().await?;
        Ok(taken)
    }

    async fn wanted(&self, origin: &NodeJournal) -> Result<Vec<(StableId, u64)>, Error> {
        self.reach().await?;
        let wanted = {
            let tables = self.tables();
            let all = tables.leases.characters.iter();
            let ours = all.filter(|(_, kept)| kept.wanted && kept.lease.is_of(origin));
            ours.map(|(id, kept)| (StableId::from_uuid(*id), kept.lease.epoch))
                .collect()
        };
        self.answer().await?;
        Ok(wanted)
    }

    async fn lost(&self, held: &[(StableId, u64)]) -> Result<Vec<StableId>, Error> {
        self.reach().await?;
        let mut lost: Vec<StableId> = {
            let tables = self.tables();
            let over = held.iter().filter(|(id, epoch)| {
                let kept = tables.leases.characters.get(&id.uuid());
                kept.is_none_or(|kept| kept.lease.epoch != *epoch || kept.lease.node.is_none())
            });
            over.map(|(id, _)| *id).collect()
        };
        lost.sort_unstable();
        self.answer().await?;
        Ok(lost)
    }

    async fn release(&self, id: StableId, origin: &NodeJournal, epoch: u64) -> Result<(), Error> {
        self.reach().await?;
        self.tables().leases.release(id.uuid(), origin, epoch);
        self.answer().await
    }
}
