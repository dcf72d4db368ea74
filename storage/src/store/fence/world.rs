//! The world's changes, which only the elected node writes.

use std::collections::{HashMap, HashSet};

use engine::port::{Owner, StableId};
use sqlx::Error;
use uuid::Uuid;

use super::super::changeset::Changeset;
use super::{FenceTables, LeaseTable, lessee};
use crate::pending::{ComponentChange, EntityChanges, Skipped};

/// Moves the world's changes out of the set. What is removed and not in the database is left in it,
/// too: it may be one's own.
pub(super) async fn skip<T: FenceTables>(
    tables: &mut T,
    set: &mut Changeset<'_>,
    leases: &LeaseTable,
    into: &mut Vec<Skipped>,
) -> Result<(), Error> {
    let stored = stored(tables, set, leases).await?;
    let is_worlds = |entity: Uuid, owner: Owner| {
        owner == Owner::World && !leases.contains_key(&lessee(owner, entity))
    };
    let mut skipped: HashMap<Uuid, EntityChanges> = HashMap::new();
    set.wiped.retain(|(entity, owner)| {
        if is_worlds(*entity, *owner) {
            skipped.entry(*entity).or_default().wiped = true;
        }
        !stored.contains(entity)
    });
    set.removed.retain(|gone| {
        if is_worlds(gone.entity, gone.owner) {
            let changes = skipped.entry(gone.entity).or_default();
            changes.components.push(ComponentChange {
                sequence: gone.sequence,
                component: gone.component.to_owned(),
                row: None,
            });
        }
        !stored.contains(&gone.entity)
    });
    set.rows.retain(|(sequence, row)| {
        if row.owner != Owner::World {
            return true;
        }
        let changes = skipped.entry(row.id.uuid()).or_default();
        changes.components.push(ComponentChange {
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
    Ok(())
}

/// Which of the entities from which something is removed are the world's, as the database has it.
async fn stored<T: FenceTables>(
    tables: &mut T,
    set: &Changeset<'_>,
    leases: &LeaseTable,
) -> Result<HashSet<Uuid>, Error> {
    let removed = set.removed.iter().map(|one| (one.entity, one.owner));
    let entities: Vec<Uuid> = removed
        .chain(set.wiped.iter().copied())
        .filter(|(entity, owner)| !leases.contains_key(&lessee(*owner, *entity)))
        .map(|(entity, _)| entity)
        .collect();
    match entities.is_empty() {
        true => Ok(HashSet::new()),
        false => tables.of_world(entities).await,
    }
}
