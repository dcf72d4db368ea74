//! Reads, and the small writes that happen once a start or once a day.

use engine::port::{Row, RunId, StableId, Tick, WorldTime};
use serde_json::json;
use sqlx::{Error, query, query_as, query_scalar};
use uuid::Uuid;

use super::changeset::owner_of;
use super::{Pools, Store, reading, signed, unsigned, writing};

/// How far one journal is in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppliedMark {
    pub(crate) node: String,
    pub(crate) journal: Uuid,
    pub(crate) sequence: u64,
    pub(crate) tick: Tick,
    pub(crate) run: RunId,
    pub(crate) now: WorldTime,
    pub(crate) clean: bool,
}

pub(super) type RowTuple = (Uuid, String, i64, i16, Option<String>, Option<Uuid>, String);

/// The rows of a character and of all it owns (`$1`). An older server may still write rows without
/// an owner.
pub(super) const OWNED: &str = "
    SELECT entity, component, version, scope, node, owner, body
    FROM component_rows WHERE owner = $1 OR entity = $1 ORDER BY entity, component";

impl Store {
    /// The world this database belongs to, if it has been given one.
    pub(crate) async fn world(&self) -> Result<Option<Uuid>, Error> {
        let sql = self.sql("SELECT value FROM meta WHERE key = 'world'");
        let text: Option<String> =
            reading!(self, db => query_scalar(sql).fetch_optional(db).await)?;
        text.map(|text| Uuid::parse_str(&text).map_err(|error| Error::Decode(Box::new(error))))
            .transpose()
    }

    /// Gives the database its world, unless it has one; answers the one it has.
    pub(crate) async fn found_world(&self, world: Uuid) -> Result<Uuid, Error> {
        let sql =
            self.sql("INSERT INTO meta (key, value) VALUES ('world', $1) ON CONFLICT DO NOTHING");
        let text = world.to_string();
        writing!(self, db => query(sql).bind(&text).execute(db).await.map(|_| ()))?;
        Ok(self.world().await?.unwrap_or(world))
    }

    /// How far every journal is.
    pub(crate) async fn applied(&self) -> Result<Vec<AppliedMark>, Error> {
        let sql =
            self.sql("SELECT node, journal, sequence, tick, run, world_time, clean FROM applied");
        let rows: Vec<(String, Uuid, i64, i64, i64, i64, bool)> =
            reading!(self, db => query_as(sql).fetch_all(db).await)?;
        Ok(rows
            .into_iter()
            .map(
                |(node, journal, sequence, tick, run, now, clean)| AppliedMark {
                    node,
                    journal,
                    sequence: unsigned(sequence),
                    tick: unsigned(tick),
                    run: RunId(unsigned(run)),
                    now: WorldTime(unsigned(now)),
                    clean,
                },
            )
            .collect())
    }

    /// The rows that `node` loads with the world, in key order.
    pub(crate) async fn world_rows(&self, node: &str) -> Result<Vec<Row>, Error> {
        let sql = self.sql(
            "SELECT entity, component, version, scope, node, owner, body
             FROM component_rows WHERE scope = 0 AND (node IS NULL OR node = $1)
             ORDER BY entity, component",
        );
        let rows: Vec<RowTuple> =
            reading!(self, db => query_as(sql).bind(node).fetch_all(db).await)?;
        Ok(rows.into_iter().map(loaded).collect())
    }

    /// The rows of a character and of all it owns, and those of `others`, in one round trip.
    pub(crate) async fn rows_of(
        &self,
        id: StableId,
        others: &[StableId],
    ) -> Result<Vec<Row>, Error> {
        let rows: Vec<RowTuple> = match self.pools()? {
            Pools::Postgres(db) => {
                let others: Vec<Uuid> = others.iter().map(|id| id.uuid()).collect();
                let sql = self.sql(
                    "SELECT entity, component, version, scope, node, owner, body
                     FROM component_rows WHERE owner = $1 OR entity = $1 OR entity = ANY($2)",
                );
                query_as(sql)
                    .bind(id.uuid())
                    .bind(others)
                    .fetch_all(db)
                    .await?
            }
            Pools::Sqlite { readers: db, .. } => {
                let others = others.iter().map(|id| id.uuid().simple().to_string());
                let others = json!(others.collect::<Vec<_>>()).to_string();
                let sql = self.sql(
                    "SELECT entity, component, version, scope, node, owner, body
                     FROM component_rows WHERE owner = $1 OR entity = $1
                        OR entity IN (SELECT unhex(value) FROM json_each($2))",
                );
                query_as(sql)
                    .bind(id.uuid())
                    .bind(others)
                    .fetch_all(db)
                    .await?
            }
        };
        Ok(rows.into_iter().map(loaded).collect())
    }

    /// Deletes facts older than `before`, a handful of thousands at a time so that nobody waits
    /// long; answers how many went.
    pub(crate) async fn forget_facts(&self, before: WorldTime) -> Result<u64, Error> {
        let sql = self.sql(
            "DELETE FROM facts WHERE (journal, sequence, ordinal) IN
             (SELECT journal, sequence, ordinal FROM facts WHERE at < $1 LIMIT 5000)",
        );
        let before = signed(before.0);
        writing!(self, db => query(sql).bind(before).execute(db).await.map(|done| done.rows_affected()))
    }
}

pub(super) fn loaded(tuple: RowTuple) -> Row {
    let (entity, component, version, scope, node, owner, body) = tuple;
    Row {
        id: StableId::from_uuid(entity),
        component,
        version: u32::try_from(version).unwrap_or(u32::MAX),
        owner: owner_of(scope, node.as_deref(), owner, entity),
        body,
    }
}
