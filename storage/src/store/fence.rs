//! What of a changeset may be written to a shared database: a character's changes under the lease
//! that holds now, the world's by the node that writes it, a node's own always.
//!
//! A lease says from which batch of which journal on changes carry its epoch, so every change tells
//! its epoch by where it stands in its journal. The leases stay locked until the commit: one that
//! takes a character over waits for it, and then sees what was written.

use std::collections::{HashMap, HashSet};

use engine::port::{Row, Scope, StableId};
use sqlx::{Error, PgConnection, query, query_as, query_scalar};
use uuid::Uuid;

use super::changeset::{Changeset, Origin};
use super::{Store, signed, unsigned};
use crate::pending::{Change, Changes};

/// What a fence kept out.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Changes that came too late.
    pub(crate) conflicts: Vec<Conflict>,
    /// Changes of the world, which another node writes.
    pub(crate) skipped: Vec<Skipped>,
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

/// Changes of one entity of the world that were left to whoever writes it.
#[derive(Debug)]
pub(crate) struct Skipped {
    pub(crate) entity: StableId,
    pub(crate) changes: Changes,
    /// The database has rows of it.
    pub(crate) stored: bool,
}

struct Lease {
    node: Option<String>,
    journal: Uuid,
    epoch: u64,
    since: u64,
}

impl Lease {
    fn admits(&self, origin: &Origin, sequence: u64) -> bool {
        self.node.as_deref() == Some(origin.node.as_str())
            && self.journal == origin.journal
            && sequence > self.since
    }
}

/// Takes out of the set what may not be written. Conflicts are written down within `tx`.
pub(super) async fn admit(
    store: &Store,
    tx: &mut PgConnection,
    set: &mut Changeset<'_>,
) -> Result<Kept, Error> {
    let mut kept = Kept::default();
    let leases = leases(store, tx, set).await?;
    let elected = elected(store, tx, set.origin).await?;
    late(set, &leases, &mut kept.conflicts);
    if !elected {
        let stored = stored(store, tx, set, &leases).await?;
        skip(set, &leases, &stored, &mut kept.skipped);
    }
    put_conflicts(store, tx, set, &kept.conflicts).await?;
    Ok(kept)
}

async fn leases(
    store: &Store,
    tx: &mut PgConnection,
    set: &Changeset<'_>,
) -> Result<HashMap<Uuid, Lease>, Error> {
    let rows = set.rows.iter().map(|(_, row)| *row);
    let mut entities: Vec<Uuid> = rows
        .filter(|row| row.scope == Scope::Character)
        .map(|row| row.id.uuid())
        .chain(set.wiped.iter().copied())
        .chain(set.removed.iter().map(|(id, _)| *id))
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

async fn elected(store: &Store, tx: &mut PgConnection, origin: &Origin) -> Result<bool, Error> {
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
fn late(set: &mut Changeset<'_>, leases: &HashMap<Uuid, Lease>, into: &mut Vec<Conflict>) {
    let (origin, newest) = (set.origin, set.mark.sequence);
    let mut keep = |entity: Uuid, component: &str, sequence: u64, row: Option<&Row>| {
        let Some(lease) = leases.get(&entity) else {
            return true;
        };
        let admitted = lease.admits(origin, sequence);
        if !admitted {
            into.push(Conflict {
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
    set.wiped.retain(|entity| keep(*entity, "", newest, None));
    set.removed
        .retain(|(entity, component)| keep(*entity, component, newest, None));
    set.rows.retain(|(sequence, row)| {
        row.scope != Scope::Character || keep(row.id.uuid(), &row.component, *sequence, Some(*row))
    });
}

/// Which of the entities from which something is removed are the world's, as the database has it.
async fn stored(
    store: &Store,
    tx: &mut PgConnection,
    set: &Changeset<'_>,
    leases: &HashMap<Uuid, Lease>,
) -> Result<HashSet<Uuid>, Error> {
    let removed = set.removed.iter().map(|(entity, _)| *entity);
    let entities: Vec<Uuid> = removed
        .chain(set.wiped.iter().copied())
        .filter(|entity| !leases.contains_key(entity))
        .collect();
    if entities.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = store.sql(
        "SELECT DISTINCT entity FROM component_rows
         WHERE entity = ANY($1) AND scope = 0 AND node IS NULL",
    );
    let stored: Vec<Uuid> = query_scalar(sql).bind(entities).fetch_all(tx).await?;
    Ok(stored.into_iter().collect())
}

/// Moves the world's changes out of the set. What is removed and not in the database is left in
/// it, too: it may be one's own.
fn skip(
    set: &mut Changeset<'_>,
    leases: &HashMap<Uuid, Lease>,
    stored: &HashSet<Uuid>,
    into: &mut Vec<Skipped>,
) {
    let mut skipped: HashMap<Uuid, Changes> = HashMap::new();
    let newest = set.mark.sequence;
    set.wiped.retain(|entity| {
        if !leases.contains_key(entity) {
            skipped.entry(*entity).or_default().wiped = true;
        }
        !stored.contains(entity)
    });
    set.removed.retain(|(entity, component)| {
        if !leases.contains_key(entity) {
            let changes = skipped.entry(*entity).or_default();
            changes.components.push(Change {
                sequence: newest,
                component: (*component).to_owned(),
                row: None,
            });
        }
        !stored.contains(entity)
    });
    set.rows.retain(|(sequence, row)| {
        if row.scope != Scope::World {
            return true;
        }
        let changes = skipped.entry(row.id.uuid()).or_default();
        changes.components.push(Change {
            sequence: *sequence,
            component: row.component.clone(),
            row: Some((*row).clone()),
        });
        false
    });
    into.extend(skipped.into_iter().map(|(entity, changes)| Skipped {
        entity: StableId::from_uuid(entity),
        changes,
        stored: stored.contains(&entity),
    }));
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
