//! Whether the database is still the one that this server began with.
//!
//! One that was dropped, restored or exchanged under a running server looks healthy. It lacks what
//! the journal has let go of, so nothing may be written over it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{Error, query_as};
use uuid::Uuid;

use super::changeset::NodeJournal;
use super::{Pools, Store, signed, unsigned};

/// What the database said it is, and how far it said it was.
#[derive(Debug, Default)]
pub(crate) struct DatabaseIdentity {
    world: OnceLock<Uuid>,
    applied: AtomicU64,
}

/// Whose database was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The one that was opened, with all that was ever written to it.
    DatabaseIdentity,
    /// Another one, or what it was some time ago.
    Another,
}

/// World and progress of one journal, if the database knows either.
const LOOK: &str = "
    SELECT (SELECT value FROM meta WHERE key = 'world'),
           (SELECT sequence FROM applied WHERE node = $1 AND journal = $2)";

impl DatabaseIdentity {
    /// The database was opened: it is of this world and has this journal up to `applied`.
    pub(crate) fn open(&self, world: Uuid, applied: u64) {
        // Set once; a store is opened once.
        let _ = self.world.set(world);
        self.set_applied(applied);
    }

    /// The database has committed everything up to `sequence`.
    pub(crate) fn set_applied(&self, sequence: u64) {
        self.applied.fetch_max(sequence, Ordering::AcqRel);
    }

    /// The world as the database keeps it; empty before it was opened.
    pub(crate) fn world(&self) -> String {
        self.world.get().map(Uuid::to_string).unwrap_or_default()
    }

    /// The last batch that the database is known to have.
    pub(crate) fn applied(&self) -> i64 {
        signed(self.applied.load(Ordering::Acquire))
    }
}

impl Store {
    /// Looks whose database it is by now, also while it is blocked. Counted as little as a ping.
    pub(crate) async fn look(&self, origin: &NodeJournal) -> Result<Whose, Error> {
        // Before the question: a commit meanwhile only raises what the database has.
        let applied = self.database_identity.applied();
        let (node, journal) = (&origin.node, origin.journal);
        let (world, found): (Option<String>, Option<i64>) = match &self.pools {
            Pools::Sqlite { readers, .. } => {
                let query = query_as(LOOK).bind(node).bind(journal);
                query.fetch_one(readers).await?
            }
            Pools::Postgres(pool) => {
                let query = query_as(LOOK).bind(node).bind(journal);
                query.fetch_one(pool).await?
            }
        };
        let same = world.is_some_and(|world| world == self.database_identity.world());
        let whole = unsigned(found.unwrap_or(0)) >= unsigned(applied);
        Ok(if same && whole {
            Whose::DatabaseIdentity
        } else {
            Whose::Another
        })
    }
}
