//! What of a changeset may be written to a shared database: the changes of a character and of all it
//! owns under the lease that holds now, the world's by the node that writes it, a node's own always.
//!
//! A lease says from which batch of which journal on changes carry its epoch, so every change tells
//! its epoch by where it stands in its journal. The leases stay locked until the commit: one that
//! takes a character over waits for it, and then sees what was written.

mod postgres;
mod tables;
mod things;
mod world;

pub(super) use postgres::PostgresFence;
pub(crate) use tables::{FenceTables, Lease, LeaseTable, StoredOwner};

use std::collections::{BTreeSet, HashMap};

use engine::port::{Owner, Row, StableId};
use sqlx::Error;
use uuid::Uuid;

use super::changeset::Changeset;
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
    pub(crate) sequence: u64,
    pub(super) version: u32,
    pub(super) body: Option<String>,
}

/// A thing that stays what it is in the database.
#[derive(Debug)]
pub(crate) struct RevertedThing {
    pub(crate) entity: StableId,
    /// What it is, if its owner is on this node.
    pub(crate) rows: Vec<Row>,
}

/// Under whose lease a removal stands. Of one that an older server wrote only the entity is known.
fn lessee(owner: Owner, entity: Uuid) -> Uuid {
    owner.character().map_or(entity, StableId::uuid)
}

/// Takes out of the set what may not be written. Conflicts are written down with the tables.
pub(crate) async fn admit<T: FenceTables>(
    tables: &mut T,
    set: &mut Changeset<'_>,
) -> Result<WriteOutcome, Error> {
    let mut kept = WriteOutcome::default();
    let leases = leases(tables, set).await?;
    let elected = tables.is_elected(set.origin).await?;
    things::admit(tables, set, &leases, &mut kept).await?;
    late(set, &leases, &mut kept);
    if !elected {
        world::skip(tables, set, &leases, &mut kept.skipped).await?;
    }
    if !kept.conflicts.is_empty() {
        tables.put_conflicts(set, &kept.conflicts).await?;
    }
    Ok(kept)
}

/// The leases of every character whose the changes are.
async fn leases<T: FenceTables>(tables: &mut T, set: &Changeset<'_>) -> Result<LeaseTable, Error> {
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
    match entities.is_empty() {
        true => Ok(HashMap::new()),
        false => tables.leases(entities).await,
    }
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
