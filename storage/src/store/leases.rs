//! What nodes that share a PostgreSQL agree on there: who is alive, who plays whom, who writes the
//! world. Time is the database's, so that no node's clock matters.

use std::time::Duration;

use engine::port::{Row, StableId};
use sqlx::{Error, PgConnection, PgPool, query, query_as, query_scalar};
use uuid::Uuid;

use super::changeset::NodeJournal;
use super::read::{OWNED, RowTuple, loaded};
use super::{Pools, Store, signed, unsigned};

/// A node goes on living, unless another process has its name and is alive.
const BEAT: &str = "
    INSERT INTO node_leases AS known (node, journal, until)
    VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
    ON CONFLICT (node) DO UPDATE SET journal = excluded.journal, until = excluded.until
    WHERE known.journal = excluded.journal OR known.until <= clock_timestamp()";

/// A node writes the world, unless another does and its time is not over.
const CAMPAIGN: &str = "
    INSERT INTO elections AS held (role, node, journal, term, until)
    VALUES ('world', $1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
    ON CONFLICT (role) DO UPDATE SET
        node = excluded.node, journal = excluded.journal, until = excluded.until,
        term = held.term + CASE WHEN held.node = excluded.node AND held.journal = excluded.journal
                                THEN 0 ELSE 1 END
    WHERE (held.node = excluded.node AND held.journal = excluded.journal)
       OR held.until <= clock_timestamp()";

/// A server has the database for itself, unless another has, or nodes that share it are alive.
const OCCUPY: &str = "
    INSERT INTO elections AS held (role, node, journal, term, until)
    SELECT 'alone', $1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond'
    WHERE NOT EXISTS (SELECT FROM node_leases WHERE until > clock_timestamp())
    ON CONFLICT (role) DO UPDATE SET
        node = excluded.node, journal = excluded.journal, until = excluded.until,
        term = held.term + CASE WHEN held.journal = excluded.journal THEN 0 ELSE 1 END
    WHERE held.journal = excluded.journal OR held.until <= clock_timestamp()";

/// Until when a living server has the database for itself, or, if asked, shares it.
const OCCUPIED: &str = "
    SELECT CAST(EXTRACT(EPOCH FROM max(until)) * 1000000 AS BIGINT) FROM (
        SELECT until FROM elections WHERE role = 'alone'
        UNION ALL SELECT until FROM node_leases WHERE $1
    ) AS known WHERE until > clock_timestamp()";

/// A node leases a character: one that is free, its own, of a node that is dead, or by force.
const TAKE: &str = "
    INSERT INTO character_leases AS held (entity, node, journal, epoch, since)
    VALUES ($1, $2, $3, 1, $4)
    ON CONFLICT (entity) DO UPDATE SET
        node = excluded.node, journal = excluded.journal, epoch = held.epoch + 1,
        since = excluded.since, wanted = FALSE
    WHERE $5 OR held.node IS NULL OR (held.node = excluded.node AND held.journal = excluded.journal)
       OR NOT EXISTS (SELECT FROM node_leases AS known
                      WHERE known.node = held.node AND known.journal = held.journal
                        AND known.until > clock_timestamp())
    RETURNING epoch";

/// A character with its rows, leased under this epoch.
#[derive(Debug)]
pub(crate) struct TakenLease {
    pub(crate) epoch: u64,
    pub(crate) rows: Vec<Row>,
}

impl Store {
    /// Renews a node's life; `false`: another process of its name is alive.
    pub(crate) async fn beat(&self, origin: &NodeJournal, lease: Duration) -> Result<bool, Error> {
        self.renew(BEAT, origin, lease).await
    }

    /// Makes a node the one that writes the world, if nobody else is; answers whether it is.
    pub(crate) async fn campaign(
        &self,
        origin: &NodeJournal,
        lease: Duration,
    ) -> Result<bool, Error> {
        self.renew(CAMPAIGN, origin, lease).await
    }

    /// Takes or keeps the database for `origin` alone, where that has a meaning; answers whether
    /// it has it.
    pub(crate) async fn occupy(
        &self,
        origin: &NodeJournal,
        lease: Duration,
    ) -> Result<bool, Error> {
        self.renew(OCCUPY, origin, lease).await
    }

    /// Until when, in microseconds of the database's clock, some living server has the database
    /// for itself or, with `shared`, shares it.
    pub(crate) async fn occupied_until(&self, shared: bool) -> Result<Option<i64>, Error> {
        query_scalar(self.sql(OCCUPIED))
            .bind(shared)
            .fetch_one(self.postgres()?)
            .await
    }

    /// Whether this is a database that several servers can reach.
    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self.pools, Pools::Postgres(_))
    }

    async fn renew(
        &self,
        text: &'static str,
        origin: &NodeJournal,
        lease: Duration,
    ) -> Result<bool, Error> {
        let done = query(self.sql(text))
            .bind(&origin.node)
            .bind(origin.journal)
            .bind(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX))
            .execute(self.postgres()?)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives up a node's life and its office, for others to follow at once.
    pub(crate) async fn retire(&self, origin: &NodeJournal) -> Result<(), Error> {
        for text in [
            "DELETE FROM node_leases WHERE node = $1 AND journal = $2",
            "UPDATE elections SET until = clock_timestamp() WHERE node = $1 AND journal = $2",
        ] {
            query(self.sql(text))
                .bind(&origin.node)
                .bind(origin.journal)
                .execute(self.postgres()?)
                .await?;
        }
        Ok(())
    }

    /// Leases a character to `origin`, whose batches above `since` then count, and reads its rows.
    /// `None`: a living node has it, which is told that somebody waits.
    pub(crate) async fn take(
        &self,
        id: StableId,
        origin: &NodeJournal,
        since: u64,
        force: bool,
    ) -> Result<Option<TakenLease>, Error> {
        self.count(2);
        let mut tx = self.postgres()?.begin().await?;
        let epoch: Option<i64> = query_scalar(self.sql(TAKE))
            .bind(id.uuid())
            .bind(&origin.node)
            .bind(origin.journal)
            .bind(signed(since))
            .bind(force)
            .fetch_optional(&mut *tx)
            .await?;
        let taken = match epoch {
            // A statement of its own, which sees what was committed while the lease was waited for.
            Some(epoch) => Some(TakenLease {
                epoch: unsigned(epoch),
                rows: self.rows_within(&mut tx, id).await?,
            }),
            None => {
                query(self.sql("UPDATE character_leases SET wanted = TRUE WHERE entity = $1"))
                    .bind(id.uuid())
                    .execute(&mut *tx)
                    .await?;
                None
            }
        };
        tx.commit().await?;
        Ok(taken)
    }

    async fn rows_within(&self, tx: &mut PgConnection, id: StableId) -> Result<Vec<Row>, Error> {
        let rows: Vec<RowTuple> = query_as(self.sql(OWNED))
            .bind(id.uuid())
            .fetch_all(tx)
            .await?;
        Ok(rows.into_iter().map(loaded).collect())
    }

    /// Whom of a node's characters others wait for, with their epochs.
    pub(crate) async fn wanted(&self, origin: &NodeJournal) -> Result<Vec<(StableId, u64)>, Error> {
        let sql = self.sql(
            "SELECT entity, epoch FROM character_leases
             WHERE node = $1 AND journal = $2 AND wanted ORDER BY entity",
        );
        let rows: Vec<(Uuid, i64)> = query_as(sql)
            .bind(&origin.node)
            .bind(origin.journal)
            .fetch_all(self.postgres()?)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(id, epoch)| (StableId::from_uuid(id), unsigned(epoch)))
            .collect())
    }

    /// Which of these leases are over.
    pub(crate) async fn lost(&self, held: &[(StableId, u64)]) -> Result<Vec<StableId>, Error> {
        let (entities, epochs): (Vec<Uuid>, Vec<i64>) = held
            .iter()
            .map(|(id, epoch)| (id.uuid(), signed(*epoch)))
            .unzip();
        let sql = self.sql(
            "SELECT held.entity FROM UNNEST($1::uuid[], $2::bigint[]) AS held (entity, epoch)
             LEFT JOIN character_leases AS lease USING (entity, epoch)
             WHERE lease.node IS NULL ORDER BY held.entity",
        );
        let lost: Vec<Uuid> = query_scalar(sql)
            .bind(entities)
            .bind(epochs)
            .fetch_all(self.postgres()?)
            .await?;
        Ok(lost.into_iter().map(StableId::from_uuid).collect())
    }

    /// Gives a character up, if it is still held under that epoch.
    pub(crate) async fn release(
        &self,
        id: StableId,
        origin: &NodeJournal,
        epoch: u64,
    ) -> Result<(), Error> {
        let sql = self.sql(
            "UPDATE character_leases SET node = NULL, wanted = FALSE
             WHERE entity = $1 AND node = $2 AND journal = $3 AND epoch = $4",
        );
        query(sql)
            .bind(id.uuid())
            .bind(&origin.node)
            .bind(origin.journal)
            .bind(signed(epoch))
            .execute(self.postgres()?)
            .await
            .map(|_| ())
    }

    fn postgres(&self) -> Result<&PgPool, Error> {
        match self.pools()? {
            Pools::Postgres(pool) => Ok(pool),
            Pools::Sqlite { .. } => Err(Error::Configuration(
                "a SQLite file can't be shared by nodes".into(),
            )),
        }
    }
}
