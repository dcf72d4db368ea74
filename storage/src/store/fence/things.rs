//! Things: what characters have, and what lies about on a node. Whoever changes one must have it, as
//! the database says; and it changes hands only while the leases of all who had it stand. Else the
//! whole thing is a conflict, and stays what it is.

use std::collections::{BTreeMap, HashMap, HashSet};

use engine::port::{Owner, Row, StableId};
use sqlx::Error;
use uuid::Uuid;

use super::super::changeset::{Changeset, NodeJournal};
use super::{Conflict, FenceTables, LeaseTable, RevertedThing, StoredOwner, WriteOutcome};
use crate::pending::OwnerChange;

/// What a set says of a thing.
#[derive(Clone, Copy)]
struct ThingChange<'a> {
    owner: Owner,
    hands: Option<&'a OwnerChange>,
}

/// Moves the changes of things that are not ours to change to the conflicts.
pub(super) async fn admit<T: FenceTables>(
    tables: &mut T,
    set: &mut Changeset<'_>,
    leases: &LeaseTable,
    kept: &mut WriteOutcome,
) -> Result<(), Error> {
    let claims = claims(set);
    if claims.is_empty() {
        return Ok(());
    }
    let known = tables.owners(claims.keys().copied().collect()).await?;
    let blocked = blocked(tables, set.origin, &claims, &known).await?;
    let stands = |entity: &Uuid, claim: &ThingChange<'_>| {
        !blocked.contains(entity)
            && is_ours(*claim, known.get(entity), set.origin)
            && is_leased(*claim, leases, set.origin)
    };
    let refused: Vec<Uuid> = claims
        .iter()
        .filter(|(entity, claim)| !stands(entity, claim))
        .map(|(entity, _)| *entity)
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    for claim in refused.iter().filter_map(|entity| claims.get(entity)) {
        let by = claim.hands.into_iter().flat_map(|hands| &hands.by);
        let late = by.filter(|(id, sequence)| !admits(leases, **id, set.origin, **sequence));
        kept.lost.extend(late.map(|(id, _)| *id));
    }
    take_out(set, &refused, leases, &known, &mut kept.conflicts);
    kept.reverted = reverted(tables, refused, set.origin).await?;
    Ok(())
}

/// The things in a set: what belongs to somebody else than itself.
fn claims<'a>(set: &Changeset<'a>) -> BTreeMap<Uuid, ThingChange<'a>> {
    let rows = set.rows.iter().map(|(_, row)| (row.id.uuid(), row.owner));
    let removed = set.removed.iter().map(|one| (one.entity, one.owner));
    let all = rows.chain(removed).chain(set.wiped.iter().copied());
    let mut claims: BTreeMap<Uuid, ThingChange<'a>> = all
        .filter(|(id, owner)| match owner {
            Owner::World => false,
            Owner::Node => true,
            Owner::Character(owner) => owner.uuid() != *id,
        })
        .map(|(id, owner)| (id, ThingChange { owner, hands: None }))
        .collect();
    for (id, hands) in &set.moved {
        let (owner, hands) = (hands.to, Some(*hands));
        claims.insert(*id, ThingChange { owner, hands });
    }
    claims
}

/// Which of those that the database does not know were refused before: they are somebody else's, or
/// are no more. Others, a node may have of its own without anybody having handed them to it.
async fn blocked<T: FenceTables>(
    tables: &mut T,
    origin: &NodeJournal,
    claims: &BTreeMap<Uuid, ThingChange<'_>>,
    known: &HashMap<Uuid, Vec<StoredOwner>>,
) -> Result<HashSet<Uuid>, Error> {
    let unknown = claims.iter().filter(|(entity, claim)| {
        claim.owner == Owner::Node && claim.hands.is_none() && !known.contains_key(entity)
    });
    let unknown: Vec<Uuid> = unknown.map(|(entity, _)| *entity).collect();
    match unknown.is_empty() {
        true => Ok(HashSet::new()),
        false => tables.refused(origin, unknown).await,
    }
}

/// Whether a thing is, in the database, whose it was here before, or already whose it is now.
fn is_ours(claim: ThingChange<'_>, known: Option<&Vec<StoredOwner>>, origin: &NodeJournal) -> bool {
    let before = claim.hands.map_or(Some(claim.owner), |hands| hands.from);
    let Some(known) = known else {
        return before.is_none() || claim.hands.is_none() && claim.owner == Owner::Node;
    };
    let owners = [before, Some(claim.owner)];
    let owners = owners.iter().flatten();
    let ours: Vec<StoredOwner> = owners
        .map(|owner| StoredOwner::of(*owner, origin))
        .collect();
    known.iter().all(|whose| {
        // A node's own part of what is else the world's.
        let beside =
            *whose == StoredOwner::World && claim.hands.is_none() && claim.owner == Owner::Node;
        beside || ours.contains(whose)
    })
}

fn is_leased(claim: ThingChange<'_>, leases: &LeaseTable, origin: &NodeJournal) -> bool {
    let mut by = claim.hands.into_iter().flat_map(|hands| &hands.by);
    by.all(|(id, sequence)| admits(leases, *id, origin, *sequence))
}

fn admits(leases: &LeaseTable, id: StableId, origin: &NodeJournal, sequence: u64) -> bool {
    let lease = leases.get(&id.uuid());
    lease.is_none_or(|lease| lease.admits(origin, sequence))
}

/// Moves all changes of these entities to the conflicts.
fn take_out(
    set: &mut Changeset<'_>,
    refused: &[Uuid],
    leases: &LeaseTable,
    known: &HashMap<Uuid, Vec<StoredOwner>>,
    into: &mut Vec<Conflict>,
) {
    let newest = set.mark.sequence;
    let mut keep = |entity: Uuid, component: &str, sequence, version, body: Option<String>| {
        if refused.binary_search(&entity).is_err() {
            return true;
        }
        let whose = known.get(&entity).and_then(|known| known.first());
        let (holder, epoch) = match whose {
            Some(StoredOwner::Character(id)) => leases
                .get(&id.uuid())
                .map_or((None, 0), |lease| (lease.node.clone(), lease.epoch)),
            Some(StoredOwner::Node(node)) => (Some(node.clone()), 0),
            Some(StoredOwner::World) | None => (None, 0),
        };
        into.push(Conflict {
            entity: StableId::from_uuid(entity),
            component: component.to_owned(),
            epoch,
            holder,
            sequence,
            version,
            body,
        });
        false
    };
    // Of the whole thing like a removal, but with a body: whose it would have been.
    set.moved.retain(|(entity, hands)| {
        let to = format!("{:?}", hands.to);
        keep(*entity, "", newest, 0, Some(to))
    });
    set.wiped
        .retain(|(entity, _)| keep(*entity, "", newest, 0, None));
    set.removed
        .retain(|one| keep(one.entity, one.component, one.sequence, 0, None));
    set.rows.retain(|(sequence, row)| {
        let body = Some(row.body.clone());
        keep(row.id.uuid(), &row.component, *sequence, row.version, body)
    });
}

/// What these are in the database, as far as their owners are on this node.
async fn reverted<T: FenceTables>(
    tables: &mut T,
    entities: Vec<Uuid>,
    origin: &NodeJournal,
) -> Result<Vec<RevertedThing>, Error> {
    let mut rows: HashMap<StableId, Vec<Row>> = HashMap::new();
    for row in tables.rows_here(origin, &entities).await? {
        rows.entry(row.id).or_default().push(row);
    }
    let entities = entities.into_iter().map(StableId::from_uuid);
    Ok(entities
        .map(|entity| RevertedThing {
            entity,
            rows: rows.remove(&entity).unwrap_or_default(),
        })
        .collect())
}
