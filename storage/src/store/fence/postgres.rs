//! The fence's tables where they are: in PostgreSQL.

use std::collections::{HashMap, HashSet};

use engine::port::{Owner, Row};
use sqlx::{Error, PgConnection, query, query_as, query_scalar};
use uuid::Uuid;

use super::super::changeset::{Changeset, NodeJournal, owner_of};
use super::super::read::{RowTuple, loaded};
use super::super::{Store, signed, unsigned};
use super::{Conflict, FenceTables, Lease, LeaseTable, StoredOwner};

/// The tables, within a transaction.
pub(crate) struct PostgresFence<'a> {
    pub(crate) store: &'a Store,
    pub(crate) tx: &'a mut PgConnection,
}

impl FenceTables for PostgresFence<'_> {
    async fn leases(&mut self, characters: Vec<Uuid>) -> Result<LeaseTable, Error> {
        let sql = self.store.sql(
            "SELECT entity, node, journal, epoch, since FROM character_leases
             WHERE entity = ANY($1) ORDER BY entity FOR SHARE",
        );
        let rows: Vec<(Uuid, Option<String>, Uuid, i64, i64)> = query_as(sql)
            .bind(characters)
            .fetch_all(&mut *self.tx)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(entity, node, journal, epoch, since)| {
                let lease = Lease {
                    node,
                    journal,
                    epoch: unsigned(epoch),
                    since: unsigned(since),
                };
                (entity, lease)
            })
            .collect())
    }

    async fn is_elected(&mut self, origin: &NodeJournal) -> Result<bool, Error> {
        let sql = self.store.sql(
            "SELECT TRUE FROM elections
             WHERE role = 'world' AND node = $1 AND journal = $2 FOR SHARE",
        );
        let elected: Option<bool> = query_scalar(sql)
            .bind(&origin.node)
            .bind(origin.journal)
            .fetch_optional(&mut *self.tx)
            .await?;
        Ok(elected.is_some())
    }

    async fn owners(
        &mut self,
        entities: Vec<Uuid>,
    ) -> Result<HashMap<Uuid, Vec<StoredOwner>>, Error> {
        let sql = self.store.sql(
            "SELECT DISTINCT entity, scope, node, owner FROM component_rows WHERE entity = ANY($1)",
        );
        let rows: Vec<(Uuid, i16, Option<String>, Option<Uuid>)> = query_as(sql)
            .bind(entities)
            .fetch_all(&mut *self.tx)
            .await?;
        let mut known: HashMap<Uuid, Vec<StoredOwner>> = HashMap::new();
        for (entity, scope, node, owner) in rows {
            let whose = match owner_of(scope, node.as_deref(), owner, entity) {
                Owner::Character(id) => StoredOwner::Character(id),
                Owner::World | Owner::Node => node.map_or(StoredOwner::World, StoredOwner::Node),
            };
            known.entry(entity).or_default().push(whose);
        }
        Ok(known)
    }

    async fn refused(
        &mut self,
        origin: &NodeJournal,
        entities: Vec<Uuid>,
    ) -> Result<HashSet<Uuid>, Error> {
        let sql = self
            .store
            .sql("SELECT DISTINCT entity FROM conflicts WHERE journal = $1 AND entity = ANY($2)");
        let refused: Vec<Uuid> = query_scalar(sql)
            .bind(origin.journal)
            .bind(entities)
            .fetch_all(&mut *self.tx)
            .await?;
        Ok(refused.into_iter().collect())
    }

    async fn rows_here(
        &mut self,
        origin: &NodeJournal,
        entities: &[Uuid],
    ) -> Result<Vec<Row>, Error> {
        let sql = self.store.sql(
            "SELECT kept.entity, component, version, scope, kept.node, owner, body
             FROM component_rows AS kept LEFT JOIN character_leases AS lease ON lease.entity = owner
             WHERE kept.entity = ANY($1)
               AND (kept.node = $2 OR lease.node = $2 AND lease.journal = $3)
             ORDER BY kept.entity, component",
        );
        let here: Vec<RowTuple> = query_as(sql)
            .bind(entities)
            .bind(&origin.node)
            .bind(origin.journal)
            .fetch_all(&mut *self.tx)
            .await?;
        Ok(here.into_iter().map(loaded).collect())
    }

    async fn of_world(&mut self, entities: Vec<Uuid>) -> Result<HashSet<Uuid>, Error> {
        let sql = self.store.sql(
            "SELECT DISTINCT entity FROM component_rows
             WHERE entity = ANY($1) AND scope = 0 AND node IS NULL",
        );
        let stored: Vec<Uuid> = query_scalar(sql)
            .bind(entities)
            .fetch_all(&mut *self.tx)
            .await?;
        Ok(stored.into_iter().collect())
    }

    async fn put_conflicts(
        &mut self,
        set: &Changeset<'_>,
        conflicts: &[Conflict],
    ) -> Result<(), Error> {
        let all = conflicts.iter();
        let sequences: Vec<i64> = all.clone().map(|one| signed(one.sequence)).collect();
        let entities: Vec<Uuid> = all.clone().map(|one| one.entity.uuid()).collect();
        let components: Vec<&str> = all.clone().map(|one| one.component.as_str()).collect();
        let versions: Vec<i64> = all.clone().map(|one| i64::from(one.version)).collect();
        let bodies: Vec<Option<&str>> = all.clone().map(|one| one.body.as_deref()).collect();
        let holders: Vec<Option<&str>> = all.clone().map(|one| one.holder.as_deref()).collect();
        let epochs: Vec<i64> = all.map(|one| signed(one.epoch)).collect();
        let sql = self.store.sql(
            "INSERT INTO conflicts
                 (node, journal, at, sequence, entity, component, version, body, holder, epoch)
             SELECT $1, $2, $3, late.*
             FROM UNNEST($4::bigint[], $5::uuid[], $6::text[], $7::bigint[],
                         $8::text[], $9::text[], $10::bigint[]) AS late
             ON CONFLICT DO NOTHING",
        );
        query(sql)
            .bind(&set.origin.node)
            .bind(set.origin.journal)
            .bind(signed(set.mark.now.0))
            .bind(sequences)
            .bind(entities)
            .bind(components)
            .bind(versions)
            .bind(bodies)
            .bind(holders)
            .bind(epochs)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}
