//! Batch statements for SQLite: the rows come as one JSON parameter.

use serde_json::json;
use sqlx::{Error, Sqlite, SqliteConnection, Transaction, query};

use super::Store;
use super::batch_ends::{mark, put_aside};
use super::changeset::{Changeset, NodeJournal};
use super::orders::carry_out;
use crate::pending::PendingFact;

/// Writes the set within `tx`.
pub(crate) async fn write(
    store: &Store,
    tx: &mut Transaction<'_, Sqlite>,
    set: &Changeset<'_>,
) -> Result<(), Error> {
    // First: it holds every other writer of this journal off.
    mark!(store, tx, set);
    if !set.wiped.is_empty() {
        let gone = set.wiped.iter();
        let gone: Vec<_> = gone.map(|(id, _)| id.simple().to_string()).collect();
        query(store.sql(
            "DELETE FROM component_rows
             WHERE entity IN (SELECT unhex(value) FROM json_each($1))",
        ))
        .bind(json!(gone).to_string())
        .execute(&mut **tx)
        .await?;
    }
    if !set.moved.is_empty() {
        let moved = set.moved.iter();
        let values: Vec<_> = moved
            .map(|(id, hands)| {
                let whose = set.origin.columns(hands.to);
                let owner = whose.owner.map(|owner| owner.simple().to_string());
                (id.simple().to_string(), whose.scope, whose.node, owner)
            })
            .collect();
        query(store.sql(
            "UPDATE component_rows SET scope = new.scope, node = new.node, owner = new.owner
             FROM (SELECT unhex(value ->> 0) AS entity, value ->> 1 AS scope, value ->> 2 AS node,
                          unhex(value ->> 3) AS owner FROM json_each($1)) AS new
             WHERE component_rows.entity = new.entity",
        ))
        .bind(parameter(&values)?)
        .execute(&mut **tx)
        .await?;
    }
    if !set.removed.is_empty() {
        let gone: Vec<_> = set
            .removed
            .iter()
            .map(|gone| json!([gone.entity.simple().to_string(), gone.component]))
            .collect();
        query(store.sql(
            "DELETE FROM component_rows WHERE (entity, component) IN
             (SELECT unhex(value ->> 0), value ->> 1 FROM json_each($1))",
        ))
        .bind(json!(gone).to_string())
        .execute(&mut **tx)
        .await?;
    }
    put_rows(store, tx, set.origin, &set.rows).await?;
    put_facts(store, tx, set.origin, &set.facts).await?;
    carry_out!(store, tx, set.origin.journal, &set.facts);
    put_aside!(store, tx, set);
    Ok(())
}

/// Writes rows over their older selves.
pub(crate) async fn put_rows(
    store: &Store,
    tx: &mut SqliteConnection,
    origin: &NodeJournal,
    rows: &[(u64, &engine::port::Row)],
) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let values: Vec<_> = rows
        .iter()
        .map(|(sequence, row)| {
            let whose = origin.columns(row.owner);
            (
                row.id.uuid().simple().to_string(),
                &row.component,
                row.version,
                whose.scope,
                whose.node,
                whose.owner.map(|owner| owner.simple().to_string()),
                &row.body,
                sequence,
            )
        })
        .collect();
    query(store.sql(
        "INSERT INTO component_rows (entity, component, version, scope, node, owner, body, sequence)
         SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4,
                unhex(value ->> 5), value ->> 6, value ->> 7
         FROM json_each($1) WHERE true
         ON CONFLICT (entity, component) DO UPDATE SET
             version = excluded.version, scope = excluded.scope, node = excluded.node,
             owner = excluded.owner, body = excluded.body, sequence = excluded.sequence",
    ))
    .bind(parameter(&values)?)
    .execute(tx)
    .await?;
    Ok(())
}

/// Appends facts; those already there stay.
pub(crate) async fn put_facts(
    store: &Store,
    tx: &mut SqliteConnection,
    origin: &NodeJournal,
    facts: &[&PendingFact],
) -> Result<(), Error> {
    if facts.is_empty() {
        return Ok(());
    }
    let values: Vec<_> = facts
        .iter()
        .map(|pending| {
            let fact = &pending.fact;
            (
                pending.sequence,
                pending.ordinal,
                &fact.kind,
                fact.subject.uuid().simple().to_string(),
                fact.at.0,
                fact.count,
                fact.sum,
                &fact.detail,
            )
        })
        .collect();
    query(store.sql(
        "INSERT INTO facts (journal, sequence, ordinal, kind, subject, at, count, sum, detail)
         SELECT $2, value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3),
                value ->> 4, value ->> 5, value ->> 6, value ->> 7
         FROM json_each($1) WHERE true
         ON CONFLICT (journal, sequence, ordinal) DO NOTHING",
    ))
    .bind(parameter(&values)?)
    .bind(origin.journal)
    .execute(tx)
    .await?;
    Ok(())
}

fn parameter<T: serde::Serialize>(values: &T) -> Result<String, Error> {
    serde_json::to_string(values).map_err(|error| Error::Encode(Box::new(error)))
}
