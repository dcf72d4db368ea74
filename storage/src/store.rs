//! The database behind the journal: SQLite or PostgreSQL, with the same behaviour.
//!
//! Statements that both understand are written once (numbered parameters, `ON CONFLICT`, times as
//! integers); the batch statements, which each does best in its own way, are in [`sqlite`] and
//! [`postgres`].

mod batch_ends;
mod change_store;
mod changeset;
mod columns;
mod connect;
mod connection_reuse;
mod counters;
mod database_identity;
mod fault;
mod fence;
mod lease_store;
mod leases;
mod migrations;
mod orders;
mod postgres;
mod quarantine;
mod read;
mod requirements;
mod sqlite;
mod sqlite_file;
mod target;
mod write;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prometheus::IntCounter;
use sqlx::{Error, PgPool, SqlitePool};

pub(crate) use change_store::ChangeStore;
#[cfg(feature = "simulation")]
pub(crate) use changeset::Changeset;
pub(crate) use changeset::NodeJournal;
pub(crate) use columns::{is_nobodys, name_key, role_of, role_word, signed, unsigned};
pub(crate) use counters::Counters;
pub(crate) use database_identity::{DatabaseIdentity, Whose};
pub(crate) use fault::{ErrorClass, error_class, is_absent, is_hopeless, is_unique_violation};
#[cfg(feature = "simulation")]
pub(crate) use fence::{Conflict, FenceTables, Lease, LeaseTable, StoredOwner, admit};
pub(crate) use fence::{RevertedThing, WriteOutcome};
pub(crate) use lease_store::LeaseStore;
pub(crate) use leases::TakenLease;
pub(crate) use read::AppliedMark;
pub(crate) use sqlite_file::DatabaseFile;

/// Between two portions of a clean-up, so that a large one leaves the database to others.
pub(crate) const PORTION_PAUSE: Duration = Duration::from_millis(100);

/// One database. Cheap to clone; all clones share the connections.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pools: Pools,
    statements: IntCounter,
    quarantined: IntCounter,
    conflicts: IntCounter,
    /// Orders about accounts that changed nothing.
    unheeded_orders: Arc<orders::UnheededOrders>,
    /// Other nodes write here, too: what is written passes a fence.
    shared: bool,
    /// The database without credentials, for messages.
    target: String,
    /// What this server knows of its database.
    database_identity: Arc<DatabaseIdentity>,
    /// Why nobody may use the database at present.
    blocked: Arc<RwLock<Option<&'static str>>>,
}

/// The open connections.
#[derive(Clone, Debug)]
pub(crate) enum Pools {
    /// SQLite lets one write at a time, so one connection writes and the others read beside it.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// Runs the same read on whichever database is there; `$db` is its pool.
macro_rules! reading {
    ($store:expr, $db:ident => $body:expr) => {
        match $store.pools() {
            Ok($crate::store::Pools::Sqlite { readers: $db, .. }) => $body,
            Ok($crate::store::Pools::Postgres($db)) => $body,
            Err(blocked) => Err(blocked),
        }
    };
}

/// Runs the same single write on whichever database is there; `$db` is its pool.
macro_rules! writing {
    ($store:expr, $db:ident => $body:expr) => {
        match $store.pools() {
            Ok($crate::store::Pools::Sqlite { writer: $db, .. }) => $body,
            Ok($crate::store::Pools::Postgres($db)) => $body,
            Err(blocked) => Err(blocked),
        }
    };
}

/// Runs the same statements as one transaction; leaving early by `?` or `return` rolls it back.
macro_rules! transaction {
    ($store:expr, $tx:ident => $body:expr) => {{
        $store.count(2);
        match $store.pools()? {
            $crate::store::Pools::Sqlite { writer, .. } => {
                // Immediate: a read that later wants to write could otherwise be refused.
                let mut $tx = writer.begin_with("BEGIN IMMEDIATE").await?;
                let done = $body;
                $tx.commit().await?;
                done
            }
            $crate::store::Pools::Postgres(pool) => {
                let mut $tx = pool.begin().await?;
                let done = $body;
                $tx.commit().await?;
                done
            }
        }
    }};
}

pub(crate) use {reading, transaction, writing};

impl Store {
    /// The connections.
    ///
    /// # Errors
    /// While the database is blocked.
    pub(crate) fn pools(&self) -> Result<&Pools, Error> {
        match self.blocked() {
            None => Ok(&self.pools),
            Some(_) => Err(Error::PoolClosed),
        }
    }

    /// Lets nobody use the database, for this reason, or everybody again. What is under way goes on.
    pub(crate) fn block(&self, reason: Option<&'static str>) {
        *self.blocked.write().unwrap_or_else(PoisonError::into_inner) = reason;
    }

    /// Why nobody may use the database at present.
    pub(crate) fn blocked(&self) -> Option<&'static str> {
        *self.blocked.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this server knows of its database.
    pub(crate) fn database_identity(&self) -> &DatabaseIdentity {
        &self.database_identity
    }

    /// The database without credentials, for messages.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// Counts what could not be saved.
    pub(crate) const fn quarantined(&self) -> &IntCounter {
        &self.quarantined
    }

    /// Orders about accounts that changed nothing.
    pub(crate) fn unheeded_orders(&self) -> &orders::UnheededOrders {
        &self.unheeded_orders
    }

    /// Counts one statement; wraps its text, so that none is forgotten.
    pub(crate) fn sql(&self, text: &'static str) -> &'static str {
        self.count(1);
        text
    }

    /// Counts `statements` that have no text of ours: begin and commit.
    pub(crate) fn count(&self, statements: u64) {
        self.statements.inc_by(statements);
    }

    /// Open connections: how many are idle, how many in use.
    pub(crate) fn connections(&self) -> (u32, u32) {
        let split = |size: u32, idle: usize| {
            let idle = u32::try_from(idle).unwrap_or(u32::MAX).min(size);
            (idle, size - idle)
        };
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                let (a_idle, a_used) = split(writer.size(), writer.num_idle());
                let (b_idle, b_used) = split(readers.size(), readers.num_idle());
                (a_idle + b_idle, a_used + b_used)
            }
            Pools::Postgres(pool) => split(pool.size(), pool.num_idle()),
        }
    }

    /// The most connections that may be open.
    pub(crate) fn connections_max(&self) -> u32 {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                writer.options().get_max_connections() + readers.options().get_max_connections()
            }
            Pools::Postgres(pool) => pool.options().get_max_connections(),
        }
    }

    /// Closes every connection; gives up waiting for those in use after `patience`.
    pub(crate) async fn close(&self, patience: Duration) {
        let closing = async {
            match &self.pools {
                Pools::Sqlite { writer, readers } => {
                    readers.close().await;
                    writer.close().await;
                }
                Pools::Postgres(pool) => pool.close().await,
            }
        };
        if tokio::time::timeout(patience, closing).await.is_err() {
            tracing::warn!("database connections in use at the end were dropped");
        }
    }
}
