//! What of a changeset may be written to a shared database: the changes of a character and of all it
//! owns under the lease that holds now, the world's by the node that writes it, a node's own always.
//!
//! A lease says from which batch of which journal on changes carry its epoch, so every change tells
//! its epoch by where it stands in its journal. The leases stay locked until the commit: one that
//! takes a character over waits for it, and then sees what was written.

mod things;
mod world;

use std::collections::{BTreeSet, HashMap};

use engine::port::{Owner, Row, StableId};
use sqlx::{Error, PgConnection, query, query_as, query_scalar};
use uuid::Uuid;

use super::changeset::{Changeset, NodeJournal};
use super::{Store, signed, unsigned};
use crate::pending::Skipped;

/// What of a write the fence kept out.
#[derive(Debug, Default)]
pub(crate) struct WriteOutcome {
    /// Changes that came too late.
    pub(crate) conflicts: Vec<Conflict>,
    /// Changes of the world, which another node writes.
    pub(crate) skipped: Vec<Skipped>,
    /// Characters whose leases are over.
    pub(crate) lost: BTreeSet<StableId>,
    /// Things that changed hands too late.
    pub(crate) reverted: Vec<RevertedThing>,
}

/// A change under a lease that is over.
#[derive(Debug)]
pub(crate) struct Conflict {
    pub(crate) entity: StableId,
    pub(crate) component: String,
    pub(crate) epoch: u64,
    pub(crate) holder: Option<String>,
    sequence: u64,
    version: u32,
    body: Option<String>,
}

/// A thing that stays what it is in the database.
#[derive(Debug)]
pub(crate) struct RevertedThing {
    pub(crate) entity: StableId,
    /// What it is, if its owner is on this node.
    pub(crate) rows: Vec<Row>,
}

struct Lease {
    node: Option<String>,
    journal: Uuid,
    epoch: u64,
    since: u64,
}

impl Lease {
    fn is_of(&self, origin: &NodeJournal) -> bool {
        self.node.as_deref() == Some(origin.node.as_str()) && self.journal == origin.journal
    }

    fn admits(&self, origin: &NodeJournal, sequence: u64) -> bool {
        self.is_of(origin) && sequence > self.since
    }
}

type LeaseTable = HashMap<Uuid, Lease>;

/// Under whose lease a removal stands. Of one that an older server wrote only the entity is known.
fn lessee(owner: Owner, entity: Uuid) -> Uuid {
    owner.character().map_or(entity, StableId::uuid)
}

/// Takes out of the set what may not be written. Conflicts are written down within `tx`.
pub(super) async fn admit(
    store: &Store,
    tx: &mut PgConnection,
    set: &mut Changeset<'_>,
) -> Result<WriteOutcome, Error> {
    let mut kept = WriteOutcome::default();
    let leases = leases(store, tx, set).await?;
    let elected = elected(store, tx, set.origin).await?;
    things::admit(store, tx, set, &leases, &mut kept).await?;
    late(set, &leases, &mut kept);
    if !elected {
        world::skip(store, tx, set, &leases, &mut kept.skipped).await?;
    }
    put_conflicts(store, tx, set, &kept.conflicts).await?;
    Ok(kept)
}

/// The leases of every character whose the changes are.
async fn leases(
    store: &Store,
    tx: &mut PgConnection,
    set: &Changeset<'_>,
) -> Result<LeaseTable, Error> {
    let owners = set.rows.iter().filter_map(|(_, row)| row.owner.character());
    let hands = set.moved.iter().flat_map(|(_, hands)| hands.by.keys());
    let mut entities: Vec<Uuid> = owners
        .chain(hands.copied())
        .map(StableId::uuid)
        .chain(set.wiped.iter().map(|(id, owner)| lessee(*owner, *id)))
        .chain(set.removed.iter().map(|one| lessee(one.owner, one.entity)))
        .collect();
    entities.sort_unstable();
    entities.dedup();
    if entities.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = store.sql(
        "SELECT entity, node, journal, epoch, since FROM character_leases
         WHERE entity = ANY($1) ORDER BY entity FOR SHARE",
    );
    let rows: Vec<(Uuid, Option<String>, Uuid, i64, i64)> =
        query_as(sql).bind(entities).fetch_all(tx).await?;
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

async fn elected(
    store: &Store,
    tx: &mut PgConnection,
    origin: &NodeJournal,
) -> Result<bool, Error> {
    let sql = store.sql(
        "SELECT TRUE FROM elections
         WHERE role = 'world' AND node = $1 AND journal = $2 FOR SHARE",
    );
    let elected: Option<bool> = query_scalar(sql)
        .bind(&origin.node)
        .bind(origin.journal)
        .fetch_optional(tx)
        .await?;
    Ok(elected.is_some())
}

/// Moves what came under a lease that is over to the conflicts.
fn late(set: &mut Changeset<'_>, leases: &LeaseTable, kept: &mut WriteOutcome) {
    let (origin, newest) = (set.origin, set.mark.sequence);
    let mut keep = |lessee: Uuid, entity: Uuid, component: &str, sequence, row: Option<&Row>| {
        let Some(lease) = leases.get(&lessee) else {
            return true;
        };
        let admitted = lease.admits(origin, sequence);
        if !admitted {
            kept.lost.insert(StableId::from_uuid(lessee));
            kept.conflicts.push(Conflict {
                entity: StableId::from_uuid(entity),
                component: component.to_owned(),
                epoch: lease.epoch,
                holder: lease.node.clone(),
                sequence,
                version: row.map_or(0, |row| row.version),
                body: row.map(|row| row.body.clone()),
            });
        }
        admitted
    };
    set.wiped
        .retain(|(entity, owner)| keep(lessee(*owner, *entity), *entity, "", newest, None));
    set.removed.retain(|one| {
        let lessee = lessee(one.owner, one.entity);
        keep(lessee, one.entity, one.component, one.sequence, None)
    });
    set.rows.retain(|(sequence, row)| {
        row.owner.character().is_none_or(|owner| {
            let entity = row.id.uuid();
            keep(owner.uuid(), entity, &row.component, *sequence, Some(*row))
        })
    });
}

async fn put_conflicts(
    store: &Store,
    tx: &mut PgConnection,
    set: &Changeset<'_>,
    conflicts: &[Conflict],
) -> Result<(), Error> {
    if conflicts.is_empty() {
        return Ok(());
    }
    let all = conflicts.iter();
    let sequences: Vec<i64> = all.clone().map(|one| signed(one.sequence)).collect();
    let entities: Vec<Uuid> = all.clone().map(|one| one.entity.uuid()).collect();
    let components: Vec<&str> = all.clone().map(|one| one.component.as_str()).collect();
    let versions: Vec<i64> = all.clone().map(|one| i64::from(one.version)).collect();
    let bodies: Vec<Option<&str>> = all.clone().map(|one| one.body.as_deref()).collect();
    let holders: Vec<Option<&str>> = all.clone().map(|one| one.holder.as_deref()).collect();
    let epochs: Vec<i64> = all.map(|one| signed(one.epoch)).collect();
    let sql = store.sql(
        "INSERT INTO conflicts
             (node, journal, at, sequence, entity, component, version, body, holder, epoch)
         SELECT $1, $2, $3, late.* FROM UNNEST($4::bigint[], $5::uuid[], $6::text[], $7::bigint[],
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
        .execute(tx)
        .await?;
    Ok(())
}
