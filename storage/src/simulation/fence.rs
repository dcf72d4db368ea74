//! The fence over simulated tables: what is decided is the fence's own code, what it looks at is
//! what the statements for PostgreSQL would find.

use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use engine::port::{Owner, Row, StableId};
use sqlx::Error;
use uuid::Uuid;

use super::tables::{StoredRow, Tables};
use crate::store::{
    Changeset, Conflict, FenceTables, LeaseTable, NodeJournal, StoredOwner, WriteOutcome, admit,
};

impl Tables {
    /// Takes out of the set what may not be written.
    pub(super) fn admit(&mut self, set: &mut Changeset<'_>) -> Result<WriteOutcome, Error> {
        // Tables in memory keep nobody waiting.
        match pin!(admit(self, set)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(kept) => kept,
            Poll::Pending => Err(Error::WorkerCrashed),
        }
    }

    fn rows_among<'a>(&'a self, entities: &'a [Uuid]) -> impl Iterator<Item = &'a StoredRow> {
        let all = self.rows.values();
        all.filter(|kept| entities.contains(&kept.row.id.uuid()))
    }
}

impl FenceTables for Tables {
    async fn leases(&mut self, characters: Vec<Uuid>) -> Result<LeaseTable, Error> {
        let known = |id: &Uuid| Some((*id, self.leases.characters.get(id)?.lease.clone()));
        Ok(characters.iter().filter_map(known).collect())
    }

    async fn is_elected(&mut self, origin: &NodeJournal) -> Result<bool, Error> {
        let elected = self.leases.elected.as_ref();
        Ok(elected
            .is_some_and(|(node, journal, _)| *node == origin.node && *journal == origin.journal))
    }

    async fn owners(
        &mut self,
        entities: Vec<Uuid>,
    ) -> Result<HashMap<Uuid, Vec<StoredOwner>>, Error> {
        let mut known: HashMap<Uuid, Vec<StoredOwner>> = HashMap::new();
        for kept in self.rows_among(&entities) {
            let whose = match (kept.row.owner, &kept.node) {
                (Owner::Character(id), _) => StoredOwner::Character(id),
                (_, Some(node)) => StoredOwner::Node(node.clone()),
                (_, None) => StoredOwner::World,
            };
            let all = known.entry(kept.row.id.uuid()).or_default();
            if !all.contains(&whose) {
                all.push(whose);
            }
        }
        Ok(known)
    }

    async fn refused(
        &mut self,
        origin: &NodeJournal,
        entities: Vec<Uuid>,
    ) -> Result<HashSet<Uuid>, Error> {
        let all = self.conflicts.iter();
        let ours = all.filter(|(journal, ..)| *journal == origin.journal);
        let entity = ours.map(|(_, _, entity, _)| *entity);
        Ok(entity.filter(|one| entities.contains(one)).collect())
    }

    async fn rows_here(
        &mut self,
        origin: &NodeJournal,
        entities: &[Uuid],
    ) -> Result<Vec<Row>, Error> {
        let leased = |id: StableId| {
            let kept = self.leases.characters.get(&id.uuid());
            kept.is_some_and(|kept| kept.lease.is_of(origin))
        };
        let here = self
            .rows_among(entities)
            .filter(|kept| match kept.row.owner {
                Owner::Character(id) => leased(id),
                Owner::World | Owner::Node => kept.node.as_deref() == Some(origin.node.as_str()),
            });
        Ok(here.map(|kept| kept.row.clone()).collect())
    }

    async fn of_world(&mut self, entities: Vec<Uuid>) -> Result<HashSet<Uuid>, Error> {
        let all = self.rows_among(&entities);
        let worlds = all.filter(|kept| kept.row.owner == Owner::World && kept.node.is_none());
        Ok(worlds.map(|kept| kept.row.id.uuid()).collect())
    }

    async fn put_conflicts(
        &mut self,
        set: &Changeset<'_>,
        conflicts: &[Conflict],
    ) -> Result<(), Error> {
        let journal = set.origin.journal;
        self.conflicts.extend(conflicts.iter().map(|one| {
            let component = one.component.clone();
            (journal, one.sequence, one.entity.uuid(), component)
        }));
        Ok(())
    }
}
