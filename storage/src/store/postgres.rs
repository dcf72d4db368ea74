//! Batch statements for PostgreSQL: the rows come as one array per column.

use engine::port::Row;
use sqlx::{Error, PgConnection, Postgres, Transaction, query};
use uuid::Uuid;

use super::batch_ends::{mark, put_aside};
use super::changeset::{Changeset, NodeJournal};
use super::orders::carry_out;
use super::{Store, signed};
use crate::pending::PendingFact;

/// Writes the set within `tx`.
pub(crate) async fn write(
    store: &Store,
    tx: &mut Transaction<'_, Postgres>,
    set: &Changeset<'_>,
) -> Result<(), Error> {
    // First: it holds every other writer of this journal off, also a transaction of our own that
    // a frozen server may still finish after we gave it up.
    mark!(store, tx, set);
    if !set.wiped.is_empty() {
        query(store.sql("DELETE FROM component_rows WHERE entity = ANY($1)"))
            .bind(set.wiped.iter().map(|(id, _)| *id).collect::<Vec<_>>())
            .execute(&mut **tx)
            .await?;
    }
    put_owners(store, tx, set).await?;
    if !set.removed.is_empty() {
        let removed = set.removed.iter();
        let (entities, components): (Vec<Uuid>, Vec<&str>) =
            removed.map(|gone| (gone.entity, gone.component)).unzip();
        query(store.sql(
            "DELETE FROM component_rows AS kept
             USING UNNEST($1::uuid[], $2::text[]) AS gone (entity, component)
             WHERE kept.entity = gone.entity AND kept.component = gone.component",
        ))
        .bind(entities)
        .bind(components)
        .execute(&mut **tx)
        .await?;
    }
    put_rows(store, tx, set.origin, &set.rows).await?;
    put_facts(store, tx, set.origin, &set.facts).await?;
    carry_out!(store, tx, set.origin.journal, &set.facts);
    put_aside!(store, tx, set);
    Ok(())
}

/// Writes whose the rows of entities are that changed hands.
async fn put_owners(
    store: &Store,
    tx: &mut PgConnection,
    set: &Changeset<'_>,
) -> Result<(), Error> {
    if set.moved.is_empty() {
        return Ok(());
    }
    let mut entities: Vec<Uuid> = Vec::with_capacity(set.moved.len());
    let mut scopes: Vec<i16> = Vec::with_capacity(set.moved.len());
    let mut nodes: Vec<Option<&str>> = Vec::with_capacity(set.moved.len());
    let mut owners: Vec<Option<Uuid>> = Vec::with_capacity(set.moved.len());
    for (entity, hands) in &set.moved {
        let whose = set.origin.columns(hands.to);
        entities.push(*entity);
        scopes.push(whose.scope);
        nodes.push(whose.node);
        owners.push(whose.owner);
    }
    query(store.sql(
        "UPDATE component_rows AS kept SET scope = new.scope, node = new.node, owner = new.owner
         FROM UNNEST($1::uuid[], $2::smallint[], $3::text[], $4::uuid[])
              AS new (entity, scope, node, owner)
         WHERE kept.entity = new.entity",
    ))
    .bind(entities)
    .bind(scopes)
    .bind(nodes)
    .bind(owners)
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes rows over their older selves.
pub(crate) async fn put_rows(
    store: &Store,
    tx: &mut PgConnection,
    origin: &NodeJournal,
    rows: &[(u64, &Row)],
) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let column = |length| Vec::with_capacity(length);
    let mut entities: Vec<Uuid> = Vec::with_capacity(rows.len());
    let mut components: Vec<&str> = column(rows.len());
    let mut versions: Vec<i64> = Vec::with_capacity(rows.len());
    let mut scopes: Vec<i16> = Vec::with_capacity(rows.len());
    let mut nodes: Vec<Option<&str>> = Vec::with_capacity(rows.len());
    let mut owners: Vec<Option<Uuid>> = Vec::with_capacity(rows.len());
    let mut bodies: Vec<&str> = column(rows.len());
    let mut sequences: Vec<i64> = Vec::with_capacity(rows.len());
    for (sequence, row) in rows {
        entities.push(row.id.uuid());
        components.push(&row.component);
        versions.push(i64::from(row.version));
        let whose = origin.columns(row.owner);
        scopes.push(whose.scope);
        nodes.push(whose.node);
        owners.push(whose.owner);
        bodies.push(&row.body);
        sequences.push(signed(*sequence));
    }
    query(store.sql(
        "INSERT INTO component_rows (entity, component, version, scope, node, owner, body, sequence)
         SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::bigint[], $4::smallint[], $5::text[],
                              $6::uuid[], $7::text[], $8::bigint[])
         ON CONFLICT (entity, component) DO UPDATE SET
             version = excluded.version, scope = excluded.scope, node = excluded.node,
             owner = excluded.owner, body = excluded.body, sequence = excluded.sequence",
    ))
    .bind(entities)
    .bind(components)
    .bind(versions)
    .bind(scopes)
    .bind(nodes)
    .bind(owners)
    .bind(bodies)
    .bind(sequences)
    .execute(tx)
    .await?;
    Ok(())
}

/// Appends facts; those already there stay.
pub(crate) async fn put_facts(
    store: &Store,
    tx: &mut PgConnection,
    origin: &NodeJournal,
    facts: &[&PendingFact],
) -> Result<(), Error> {
    if facts.is_empty() {
        return Ok(());
    }
    let sequences: Vec<i64> = facts.iter().map(|f| signed(f.sequence)).collect();
    let ordinals: Vec<i32> = facts
        .iter()
        .map(|f| i32::try_from(f.ordinal).unwrap_or(i32::MAX))
        .collect();
    let kinds: Vec<&str> = facts.iter().map(|f| f.fact.kind.as_ref()).collect();
    let subjects: Vec<Uuid> = facts.iter().map(|f| f.fact.subject.uuid()).collect();
    let times: Vec<i64> = facts.iter().map(|f| signed(f.fact.at.0)).collect();
    let counts: Vec<i64> = facts.iter().map(|f| i64::from(f.fact.count)).collect();
    let sums: Vec<i64> = facts.iter().map(|f| f.fact.sum).collect();
    let details: Vec<&str> = facts.iter().map(|f| f.fact.detail.as_ref()).collect();
    query(store.sql(
        "INSERT INTO facts (journal, sequence, ordinal, kind, subject, at, count, sum, detail)
         SELECT $1, new.* FROM UNNEST($2::bigint[], $3::int[], $4::text[], $5::uuid[],
                                      $6::bigint[], $7::bigint[], $8::bigint[], $9::text[]) AS new
         ON CONFLICT (journal, sequence, ordinal) DO NOTHING",
    ))
    .bind(origin.journal)
    .bind(sequences)
    .bind(ordinals)
    .bind(kinds)
    .bind(subjects)
    .bind(times)
    .bind(counts)
    .bind(sums)
    .bind(details)
    .execute(tx)
    .await?;
    Ok(())
}
