//! Things: what characters have, and what lies about on a node. Whoever changes one must have it, as
//! the database says; and it changes hands only while the leases of all who had it stand. Else the
//! whole thing is a conflict, and stays what it is.

use std::collections::{BTreeMap, HashMap, HashSet};

use engine::port::{Owner, Row, StableId};
use sqlx::{Error, PgConnection, query_as, query_scalar};
use uuid::Uuid;

use super::super::Store;
use super::super::changeset::{Changeset, NodeJournal, owner_of};
use super::super::read::{RowTuple, loaded};
use super::{Conflict, LeaseTable, RevertedThing, WriteOutcome};
use crate::pending::OwnerChange;

/// StoredOwner a thing is in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
enum StoredOwner {
    World,
    Node(String),
    Character(StableId),
}

impl StoredOwner {
    fn of(owner: Owner, origin: &NodeJournal) -> Self {
        match owner {
            Owner::World => Self::World,
            Owner::Node => Self::Node(origin.node.clone()),
            Owner::Character(id) => Self::Character(id),
        }
    }
}

/// What a set says of a thing.
#[derive(Clone, Copy)]
struct ThingChange<'a> {
    owner: Owner,
    hands: Option<&'a OwnerChange>,
}

/// Moves the changes of things that are not ours to change to the conflicts.
pub(super) async fn admit(
    store: &Store,
    tx: &mut PgConnection,
    set: &mut Changeset<'_>,
    leases: &LeaseTable,
    kept: &mut WriteOutcome,
) -> Result<(), Error> {
    let claims = claims(set);
    if claims.is_empty() {
        return Ok(());
    }
    let known = known(store, tx, claims.keys().copied().collect()).await?;
    let blocked = blocked(store, tx, set.origin, &claims, &known).await?;
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
    kept.reverted = reverted(store, tx, refused, set.origin).await?;
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

/// StoredOwner these entities are. All rows of a thing say the same.
async fn known(
    store: &Store,
    tx: &mut PgConnection,
    entities: Vec<Uuid>,
) -> Result<HashMap<Uuid, Vec<StoredOwner>>, Error> {
    let sql = store.sql(
        "SELECT DISTINCT entity, scope, node, owner FROM component_rows WHERE entity = ANY($1)",
    );
    let rows: Vec<(Uuid, i16, Option<String>, Option<Uuid>)> =
        query_as(sql).bind(entities).fetch_all(tx).await?;
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

/// Which of those that the database does not know were refused before: they are somebody else's, or
/// are no more. Others, a node may have of its own without anybody having handed them to it.
async fn blocked(
    store: &Store,
    tx: &mut PgConnection,
    origin: &NodeJournal,
    claims: &BTreeMap<Uuid, ThingChange<'_>>,
    known: &HashMap<Uuid, Vec<StoredOwner>>,
) -> Result<HashSet<Uuid>, Error> {
    let unknown = claims.iter().filter(|(entity, claim)| {
        claim.owner == Owner::Node && claim.hands.is_none() && !known.contains_key(entity)
    });
    let unknown: Vec<Uuid> = unknown.map(|(entity, _)| *entity).collect();
    if unknown.is_empty() {
        return Ok(HashSet::new());
    }
    let sql =
        store.sql("SELECT DISTINCT entity FROM conflicts WHERE journal = $1 AND entity = ANY($2)");
    let blocked: Vec<Uuid> = query_scalar(sql)
        .bind(origin.journal)
        .bind(unknown)
        .fetch_all(tx)
        .await?;
    Ok(blocked.into_iter().collect())
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
async fn reverted(
    store: &Store,
    tx: &mut PgConnection,
    entities: Vec<Uuid>,
    origin: &NodeJournal,
) -> Result<Vec<RevertedThing>, Error> {
    let sql = store.sql(
        "SELECT kept.entity, component, version, scope, kept.node, owner, body
         FROM component_rows AS kept LEFT JOIN character_leases AS lease ON lease.entity = owner
         WHERE kept.entity = ANY($1)
           AND (kept.node = $2 OR lease.node = $2 AND lease.journal = $3)
         ORDER BY kept.entity, component",
    );
    let here: Vec<RowTuple> = query_as(sql)
        .bind(&entities)
        .bind(&origin.node)
        .bind(origin.journal)
        .fetch_all(tx)
        .await?;
    let mut rows: HashMap<StableId, Vec<Row>> = HashMap::new();
    for row in here.into_iter().map(loaded) {
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
